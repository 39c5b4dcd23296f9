"""How a step cell ends: errors, Stop, options that are wrong, and cells that are no step."""

from __future__ import annotations

import re
import time

import pytest

from tests.notebook.kernel import Kernel


def test_an_error_shows_the_cells_own_lines_and_nothing_is_kept(kernel: Kernel) -> None:
    failing = "%%step a\nx = 1\ny = x / 0\nz = 2"
    plain = kernel.run("#\nx = 1\ny = x / 0\nz = 2")
    kernel.another()
    cell = kernel.run(failing)
    assert (cell.reply["status"], cell.error, cell.status) == (
        "error",
        "ZeroDivisionError",
        "failed",
    )
    assert "----> 3 y = x / 0" in cell.traceback and "zenbook" not in cell.traceback
    assert cell.traceback.count("\n") == plain.traceback.count("\n")
    assert "nothing kept" in cell.said
    assert kernel.names() == {"x": "1"}
    assert kernel.run("%%step a\nx = 1\ny = x / 1\nz = 2").status == "completed"


def test_an_error_of_a_function_made_by_a_hit_shows_its_lines(kernel: Kernel) -> None:
    cell = "%%step a\ndef f(n):\n    return 1 / n\nx = f(1)"
    kernel.run(cell)
    kernel.fresh()
    assert kernel.run(cell).status == "cached"
    assert "----> 3     return 1 / n" in kernel.run("f(0)").traceback


def test_debug_finds_the_frame_of_a_failed_step(kernel: Kernel) -> None:
    kernel.run("%%step a\nq = 5\ndef f():\n    inner = 42\n    raise ValueError('no')\nf()")
    asked = kernel.run("import sys; sys.last_traceback.tb_next.tb_next.tb_frame.f_locals['inner']")
    assert asked.result == "42"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--mustt-hit", "Did you mean --must-hit?"),
        ("a b", "one name"),
        ("a --ttl soon", "--ttl takes a time"),
        ("a --seed x", "--seed takes a whole number"),
        ("a --rng maybe", "auto, key, ignore"),
        ("a --enable-cache --no-cache", "contradict"),
        ("../../x", "is no name"),
        ("a -i", "needs a value"),
        ("a --inputs nowhere", "nowhere"),
    ],
)
def test_a_wrong_option_stops_the_cell_before_its_body(
    line: str, told: str, kernel: Kernel
) -> None:
    cell = kernel.run(f"%%step {line}\nran = 1")
    assert cell.error == "OptionError"
    assert told in str(cell.reply["evalue"])
    assert "ran" not in kernel.names()


def test_must_hit_is_an_error_instead_of_a_run(kernel: Kernel) -> None:
    assert kernel.run("%%step a --must-hit\nx = 1").error == "MustHit"
    assert kernel.names() == {}
    kernel.run("%%step a\nx = 1")
    kernel.fresh()
    assert kernel.run("%%step a --must-hit\nx = 1").status == "cached"


def test_a_dry_run_says_the_verdict_and_runs_nothing(kernel: Kernel) -> None:
    assert "would run: first run" in kernel.run("%%step a -n\nx = 1").said
    assert kernel.names() == {}
    kernel.run("%%step a\nx = 1")
    assert "would be cached" in kernel.run("%%step a -n\nx = 1").said


def test_a_syntax_error_is_plain_and_makes_no_step(kernel: Kernel) -> None:
    cell = kernel.run("%%step a\nx = = 1")
    assert cell.error == "SyntaxError" and cell.line is None
    assert kernel.run("%%step a\n").line is None
    assert kernel.run("%%step a\nx = 1").status == "completed"


def test_time_above_the_step_line_runs_uncached_with_a_hint(kernel: Kernel) -> None:
    cell = kernel.run("%%time\n%%step a\nx = 1")
    assert cell.line is None and "put %%step on the first line" in cell.stream("stderr")
    assert kernel.names()["x"] == "1"


def test_time_below_the_step_line_is_cached_with_its_names(kernel: Kernel) -> None:
    source = "%%step a\n%%time\nx = 1\ny = !echo hi"
    assert kernel.run(source).status == "completed"
    kernel.fresh()
    again = kernel.run(source)
    assert again.status == "cached" and "Wall time" in again.stream()
    assert kernel.value("x") == 1


def test_a_question_to_the_user_is_not_kept(kernel: Kernel) -> None:
    cell = kernel.run("%%step a\nname = input('who? ')", answer="me")
    assert "not kept: it asked for input" in cell.said and kernel.value("name") == "me"


def test_a_failing_step_ends_what_runs_all(kernel: Kernel) -> None:
    played = kernel.play("%%step a\nx = 1", "%%step b\nraise KeyError('k')", "%%step c\ny = 1")
    assert [cell.reply["status"] for cell in played] == ["ok", "error"]


@pytest.mark.parametrize(
    "body",
    [
        "import time\nstarted = 1\ntime.sleep(30)",
        "import asyncio\nstarted = 1\nawait asyncio.sleep(30)",
    ],
    ids=["sync", "async"],
)
def test_fault_36_37_stop_ends_a_step_within_two_seconds(body: str, kernel: Kernel) -> None:
    message = kernel.send(f"%%step a\n{body}\nended = 1")
    time.sleep(0.7)
    kernel.interrupt()
    began = time.monotonic()
    cell = kernel.finish(message, timeout=10)
    assert time.monotonic() - began < 2
    assert cell.error in ("KeyboardInterrupt", "CancelledError")
    assert cell.status == "interrupted", cell.said
    assert kernel.names().keys() >= {"started"} and "ended" not in kernel.names()
    assert kernel.run("%%step a\nx = 1").status == "completed"


@pytest.mark.parametrize(
    "body",
    ["!sleep 5", "x = !sleep 5", "try:\n    time.sleep(5)\nexcept BaseException:\n    x = 1"],
)
def test_a_step_that_was_stopped_and_went_on_is_not_kept(body: str, kernel: Kernel) -> None:
    kernel.run("import time")
    message = kernel.send(f"%%step s\n{body}\ny = 1")
    time.sleep(1)
    kernel.interrupt()
    stopped = kernel.finish(message)
    assert stopped.status == "completed"
    assert "not kept: it was interrupted and went on" in stopped.said
    assert "would run" in kernel.run(f"%%step s --dry-run\n{body}\ny = 1").said


RUNS = "[(r.status, [(s.name, s.status) for s in r.steps.values()])"
RUNS += " for r in __import__('zenbook').runs()]"


@pytest.mark.parametrize("line", ["%%step t", "%%step"], ids=["named", "unnamed"])
@pytest.mark.parametrize("awaits", ["", "import asyncio\nawait asyncio.sleep(0)\n"])
def test_fault_36_stop_ends_hashing_and_is_told_and_on_record(
    awaits: str, line: str, kernel: Kernel
) -> None:
    slow = "import time; time.sleep(20); return (int, ())"
    kernel.run(f"class Slow:\n    def __reduce__(self):\n        {slow}")
    kernel.run("s = Slow()")
    source = f"{line}\n{awaits}t = s"
    message = kernel.send(source)
    time.sleep(0.7)
    kernel.interrupt()
    began = time.monotonic()
    cell = kernel.finish(message, timeout=30)
    assert time.monotonic() - began < 2 and cell.error == "KeyboardInterrupt"
    assert cell.status == "interrupted" and "t" not in kernel.names()
    assert "nothing kept · Stop came while its inputs were looked at" in cell.said, cell.said
    assert kernel.value(RUNS) == [("interrupted", [("t", "interrupted")])]
    kernel.run("s = 1")
    again = [kernel.run(source) for _ in range(2)]
    assert [cell.status for cell in again] == ["completed", "cached"]
    assert "its last run was stopped" in again[0].said


def test_stop_while_inputs_are_looked_at_leaves_the_steps_above_in_the_run(kernel: Kernel) -> None:
    kernel.run("import time\nclass Slow:\n    def __reduce__(self): time.sleep(20)\ns = 1")
    kernel.play("%%step a\nx = 1", "%%step b\nt = s, x")
    kernel.run("s = Slow()")
    message = kernel.send("%%step b\nt = s, x")
    time.sleep(0.7)
    kernel.interrupt()
    assert kernel.finish(message).status == "interrupted"
    first = ("completed", [("a", "completed"), ("b", "completed")])
    assert kernel.value(RUNS) == [
        ("interrupted", [("a", "cached"), ("b", "interrupted")]),
        first,
    ]
    assert kernel.value("t") == (1, 1)
    kernel.run("s = 1")
    assert kernel.run("%%step b\nt = s, x").status == "cached"


def test_stop_of_a_dry_run_is_no_run(kernel: Kernel) -> None:
    kernel.run("import time\nclass Slow:\n    def __reduce__(self): time.sleep(20)\ns = Slow()")
    message = kernel.send("%%step a --dry-run\nt = s")
    time.sleep(0.7)
    kernel.interrupt()
    cell = kernel.finish(message)
    assert "Stop came while its inputs were looked at" in cell.said
    assert kernel.value(RUNS) == []


def test_our_own_fault_costs_one_line_and_not_the_cell(kernel: Kernel) -> None:
    kernel.run(
        "import zenbook.front.notebook.passing as _p\n_real = _p.read_cell\n"
        "def _broken(*a, **k): raise RuntimeError('ours')\n_p.read_cell = _broken"
    )
    cell = kernel.run("%%step a\nx = 1\nx")
    kernel.run("_p.read_cell = _real")
    assert cell.result == "1" and "runs uncached (RuntimeError: ours)" in cell.stream("stderr")
    assert kernel.run("%%step a\nx = 2").status == "completed"


def test_a_step_run_by_another_cells_code_is_a_step(kernel: Kernel) -> None:
    kernel.run("get_ipython().run_cell('%%step a\\nx = 1')")
    assert kernel.run("%%step b\ny = x").said.endswith("run 1")
    assert "a" in kernel.run("%runs").result  # type: ignore[operator]


def test_debug_stands_in_the_users_frame_at_the_right_line(kernel: Kernel) -> None:
    lines = "[(f.name, f.lineno) for f in __import__('traceback').extract_tb(sys.last_traceback)]"
    found = []
    for first in ("# a plain cell", "%%step a"):
        kernel.run(f"{first}\nq = 5\n\nq / 0")
        kernel.run("import sys")
        found.append(kernel.value(lines))
        assert kernel.value("sys.last_value.__traceback__ is sys.last_traceback") is True
    assert found[0] == found[1] and found[1][-1][1] == 4


FAILING = "{0}\nq = 5\ndef f(n):\n    inner = [n]\n    return inner / 0\n\nf(q)"


def test_debug_answers_as_after_a_plain_cell(kernel: Kernel) -> None:
    asked = ("p inner", "l", "u", "p q", "p q + 1", "w", "d", "inner.append(9)", "p inner", "q")
    plain, step = (_debugged(kernel, first, asked) for first in ("# a plain cell", "%%step a"))
    assert step == plain
    assert "[5]" in step and "[5, 9]" in step and "> 5     return inner / 0" in step
    assert "> 7 f(q)" in step


def test_debug_after_a_function_that_a_hit_made_stands_in_the_cells_text(kernel: Kernel) -> None:
    cell = "{0}\nK = 2\ndef f(n):\n    inner = n * K\n    return inner / 0\nx = 1"
    told = []
    for first in ("# a plain cell", "%%step a"):
        for _ in range(2):
            kernel.run(cell.format(first))
        kernel.run("f(4)")
        told.append(_tidy(kernel.run("%debug", answer=["p inner", "l", "u", "q"]).stream()))
        kernel.another()
    assert told[0] == told[1] and "8" in told[1] and "return inner / 0" in told[1]


def _debugged(kernel: Kernel, first: str, asked: tuple[str, ...]) -> str:
    """What %debug says after a failing cell, without what differs between any two kernels."""
    kernel.another()
    cell = kernel.run(FAILING.format(first))
    assert cell.error == "TypeError"
    debugged = kernel.run("%debug", answer=asked)
    assert debugged.reply["status"] == "ok", debugged.traceback
    return _tidy(debugged.stream())


def _tidy(said: str) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
    plain = re.sub(r"ipykernel_\d+/\d+\.py|ipython-input-\S+|In\s?\[\d+\]", "cell", plain)
    return plain.replace("# a plain cell", "# %%step a")


def test_stop_ends_the_wait_for_another_kernel_within_two_seconds(kernel: Kernel) -> None:
    source = "%%step a\nimport time\ntime.sleep(30)\nx = 1"
    other = Kernel(kernel.folder)
    try:
        other.send(source)
        while not any(kernel.home.glob("locks/*.lock")):
            time.sleep(0.05)
        message = kernel.send(source)
        time.sleep(0.7)
        kernel.interrupt()
        began = time.monotonic()
        cell = kernel.finish(message, timeout=30)
        assert time.monotonic() - began < 2 and cell.error == "KeyboardInterrupt"
        assert "Stop came while it waited for the result of another kernel" in cell.said
        assert kernel.value(RUNS)[0] == ("interrupted", [("a", "interrupted")])
        assert kernel.run("%%step b\nx = 1").status == "completed"
    finally:
        other.kill()


@pytest.mark.parametrize("asks", ["input('who? ')", "__import__('getpass').getpass('who? ')"])
def test_the_traceback_of_a_question_has_no_frame_of_ours(asks: str, kernel: Kernel) -> None:
    body = f"def ask(): return {asks}\nname = ask()"
    plain, cell = kernel.run(f"# %%step a\n{body}"), kernel.run(f"%%step a\n{body}")
    named = r"In\[\d+\]|ipykernel_\d+/\d+\.py"  # as this IPython or an older one names a cell
    same = [re.sub(named, "", each.traceback) for each in (plain, cell)]
    assert same[0] == same[1] and "StdinNotImplementedError" in same[0]
