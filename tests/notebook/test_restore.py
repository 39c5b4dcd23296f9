"""``%zenbook restore`` gives back what the notebook's names stood for at the end of a run."""

from __future__ import annotations

from tests.notebook.kernel import Kernel

STEPS = ("%%step load\nx = [n]\ny = [7]", "%%step grow\nx.append(10)", "%%step total\nt = sum(x)")


def _told(kernel: Kernel, line: str) -> str:
    cell = kernel.run(line)
    return str(cell.result or cell.reply["evalue"])


def test_restore_gives_inputs_as_the_last_step_that_changed_them_left_them(kernel: Kernel) -> None:
    kernel.play("n = 1", *STEPS)
    kernel.play("n = 2", *STEPS)
    assert _told(kernel, "%zenbook restore 1") == "Restored from run 1. Replaced: x, y, t."
    assert kernel.value("(x, t)") == ([1, 10], 11)
    assert _told(kernel, "%zenbook restore 1 load") == "Restored from run 1. Replaced: x, y."
    assert kernel.value("x") == [1]
    assert _told(kernel, "%zenbook restore 1 grow") == "Restored from run 1. Replaced: x."
    assert kernel.value("x") == [1, 10]
    kernel.run("x = 0")
    kernel.run("%zenbook restore 1 x")
    assert kernel.value("x") == [1, 10]


def test_restore_leaves_a_notebook_as_it_is_that_is_at_the_end_of_that_run(kernel: Kernel) -> None:
    kernel.play("n = 1\nlog = []", *STEPS, "%%step note\nlog.append(n)")
    kernel.run("%zenbook restore latest")
    assert kernel.value("(x, y, t, log)") == ([1, 10], [7], 11, [1])


def test_restore_follows_objects_from_name_to_name(kernel: Kernel) -> None:
    swap = "%%step swap\nx, y = y, x\nz = x"
    kernel.play("n = 1", STEPS[0], swap, "%%step grow\nz.append(2)", "%%step drop\ndel y")
    kernel.run("del x, z")
    assert _told(kernel, "%zenbook restore 1") == "Restored from run 1. Added: x, z."
    assert kernel.value("(x, x is z)") == ([7, 2], True)


def test_restore_gives_outputs_of_one_step_with_what_they_share(kernel: Kernel) -> None:
    kernel.play("n = 1", "%%step a\nx = [n]\ny = {'x': x}")
    kernel.run("x = y = 0")
    kernel.run("%zenbook restore 1")
    assert kernel.value("(y, y['x'] is x)") == ({"x": [1]}, True)


def test_restore_gives_nothing_that_shares_a_part_with_what_was_changed_later(
    kernel: Kernel,
) -> None:
    shared = "%%step a\nx = [n]\ny, z, w = {'x': x}, {'x': x}, [3]"
    grow = "%%step b\nx.append(2)\nz"
    kernel.play("n = 1", shared, grow, "x = y = z = w = 0")
    assert _told(kernel, "%zenbook restore 1") == (
        "Restored from run 1. Replaced: x, z, w. Not restored: y (it shares a part with x, which b "
        "changed in place)."
    )
    assert kernel.value("(x, y, z, w, z['x'] is x)") == ([1, 2], 0, {"x": [1, 2]}, [3], True)


def test_one_lost_class_takes_nothing_else_with_it(kernel: Kernel) -> None:
    kernel.play("class P: pass", "%%step a\np = P()\nq = [p]\nbig = [1]", "%%step b\nn = 3")
    kernel.play("class P:\n    x = 1", "p = q = big = n = None")
    assert _told(kernel, "%zenbook restore 1") == (
        "Restored from run 1. Replaced: big, n. Not restored: p, q (class P changed)."
    )
    assert kernel.value("(p, big, n)") == (None, [1], 3)
    wrong = kernel.run("%zenbook restore 1 p")
    assert (wrong.error, wrong.reply["evalue"]) == (
        "UsageError",
        "Run 1 kept nothing that could be restored: p (class P changed).",
    )


def test_restore_says_what_is_on_no_record(kernel: Kernel) -> None:
    kernel.play("%%step a\nw = [1]\nv = 2", "w = w + [7]", "%%step b\nz = sum(w)")
    kernel.play("import threading", "%%step c\nlock = threading.Lock()\nv = 3", "w = v = z = 0")
    assert _told(kernel, "%zenbook restore 1") == (
        "Restored from run 1. Replaced: z. Not restored: w (b found another value, which is not "
        "kept); v, lock (lock is a lock)."
    )
    assert kernel.value("(w, v, z)") == (0, 0, 8)


def test_restore_gives_the_names_that_a_function_has_not_returned(kernel: Kernel) -> None:
    body = "size = 3\nX = [i * n for i in range(size)]"
    indented = body.replace("\n", "\n    ")
    function = f"from zenbook import step\n@step\ndef load(n):\n    {indented}\n    return X"
    kernel.play(function, "load(2)")
    kernel.fresh()
    kernel.run("n = 2")
    assert kernel.run(f"%%step load\n{body}").status == "cached"
    kernel.run("size = X = 0")
    kernel.run("%zenbook restore latest")
    assert kernel.value("(size, X)") == (3, [0, 2, 4])


def test_restore_follows_no_names_through_functions_that_have_their_own(kernel: Kernel) -> None:
    steps = (
        "@step\ndef load(): return [1]",
        "@step\ndef grow(numbers): numbers.append(2)",
        "@step\ndef more(numbers): return [0, *numbers]",
        "@pipeline\ndef growing():\n    a = load()\n    grow(a)\n    more(more(load()))",
    )
    kernel.play("from zenbook import pipeline, step", *steps, "growing();")
    told = _told(kernel, "%zenbook restore growing:1")
    assert told == "Restored from run 1 of growing. Added: output, numbers."
    assert kernel.value("(numbers, output)") == ([1, 2], [0, 0, 1])
