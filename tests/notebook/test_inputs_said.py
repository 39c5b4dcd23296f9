"""``--inputs``: only the data it names are reasons; code counts; what a step leaves is right."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Cell, Kernel


def _restarted(kernel: Kernel, *cells: str) -> Cell:
    """The last cell, after a restart and Run All."""
    kernel.fresh()
    return kernel.play(*cells)[-1]


def _replayed(kernel: Kernel, *cells: str) -> Cell:
    """The last cell, which has to be a hit, after these cells have run once and a restart."""
    assert kernel.play(*cells)[-1].status == "completed"
    again = _restarted(kernel, *cells)
    assert again.status == "cached", again.said
    return again


HELPERS = "K = 10\ndef plus(v):\n    return v + K"
USES_ALL = "%%step s --inputs a\ny = plus(a) + b\nz = [plus(a)]"


# ------------------------------------------------------------ reasons


def test_another_datum_is_no_reason_and_the_named_one_is(kernel: Kernel) -> None:
    kernel.play("a, b = 1, 2", HELPERS, USES_ALL)
    assert kernel.value("y") == 13
    assert kernel.play("b = 30", USES_ALL)[-1].status == "cached"
    assert kernel.play("b = [30]", USES_ALL)[-1].status == "cached"
    assert kernel.play("del b", USES_ALL)[-1].status == "cached"
    changed = kernel.play("a, b = 5, 2", USES_ALL)[-1]
    assert changed.status == "completed" and "a 1→5" in changed.said
    assert kernel.value("y") == 17


def test_a_datum_that_a_helper_reads_is_no_reason_and_the_helper_is(kernel: Kernel) -> None:
    kernel.play("a, b = 1, 2", HELPERS, USES_ALL)
    assert kernel.play("K = 20", USES_ALL)[-1].status == "cached"
    changed = kernel.play(HELPERS.replace("v + K", "v - K"), USES_ALL)[-1]
    assert changed.status == "completed" and "plus() changed" in changed.said
    named = USES_ALL.replace("--inputs a", "--inputs a,K")
    kernel.run(named)
    assert "K 10→11" in kernel.play("K = 11", named)[-1].said


def test_the_class_of_a_datum_and_what_its_methods_call_are_code(kernel: Kernel) -> None:
    box = (
        "class Box:\n    def __init__(self, n): self.n = n\n    def get(self): return twice(self.n)"
    )
    twice = "def twice(v): return v * 2"
    source = "%%step s --inputs a\ny = box.get() + a"
    kernel.play("a = 1", twice, box, "box = Box(3)", source)
    assert kernel.play("box = Box(4)", source)[-1].status == "cached"
    assert kernel.play("def twice(v): return v * 3", source)[-1].status == "completed"
    assert kernel.value("y") == 13
    assert kernel.play(box.replace("self.n)", "-self.n)"), "box = Box(4)", source)[-1].said.count(
        "changed"
    )
    assert kernel.value("y") == -11


def test_constants_of_a_local_module_defaults_and_library_callables_are_code(
    kernel: Kernel,
) -> None:
    module = kernel.folder / "work" / "said_module.py"
    module.write_text("RATE = 2\ndef rated(v):\n    return v * RATE\n")
    source = "%%step s --inputs a\ny = said_module.rated(a), third(a), vec(a).tolist()"
    around = "def third(v, k=3): return v * k"
    made = "import numpy as np\nvec = np.vectorize(lambda v: v + 1)"
    kernel.play("a = 1", "import said_module", around, made, source, source)
    assert kernel.value("y") == (2, 3, 2)
    assert "RATE 2→5" in kernel.play("said_module.RATE = 5", source)[-1].said
    assert kernel.play(around.replace("k=3", "k=4"), source)[-1].status == "completed"
    assert kernel.play(made.replace("v + 1", "v + 2"), source)[-1].status == "completed"
    assert kernel.value("y") == (5, 4, 3)
    assert kernel.run(source).status == "cached"


def test_code_that_is_named_counts_though_the_cell_does_not_show_it(kernel: Kernel) -> None:
    source = "%%step s --inputs a,helper\nexec('y = hel' + 'per(a)')"
    kernel.play("a = 1", "def helper(v): return v + 1", source)
    assert kernel.play("a = 1", source)[-1].status == "cached"
    changed = kernel.play("def helper(v): return v + 2", source)[-1]
    assert changed.status == "completed" and kernel.value("y") == 3


def test_a_name_that_does_not_exist_is_an_error_with_the_name(kernel: Kernel) -> None:
    for said in ("nothing", "+nothing", "a,nothing"):
        cell = kernel.play("a = 1", f"%%step s -i {said}\nran = 1")[-1]
        assert cell.error == "OptionError" and "names nothing" in cell.reply["evalue"]
    assert "ran" not in kernel.names()


def test_plus_adds_to_what_is_found(kernel: Kernel) -> None:
    source = "%%step s --inputs +b\ny = a"
    kernel.play("a, b = 1, 2", source)
    assert "b 2→3" in kernel.play("b = 3", source)[-1].said
    assert "a 1→4" in kernel.play("a = 4", source)[-1].said


# ------------------------------------------------------------ what a step leaves


def test_what_a_step_binds_again_is_an_output(kernel: Kernel) -> None:
    source = "%%step s --inputs a\nx = x + a\nn += a"
    _replayed(kernel, "a, x, n = 1, 10, 20", source)
    assert kernel.value("(x, n)") == (11, 21)
    assert kernel.run(source).status == "cached"


@pytest.mark.parametrize(
    ("made", "change", "after"),
    [
        ("v = [1]", "v.append(a)", "[1, 7]"),
        ("v = {'k': [1]}", "v['k'].append(a)", "{'k': [1, 7]}"),
        ("import numpy as np\nv = np.arange(3)", "v[1] = a", "[0, 7, 2]"),
        ("class Box: pass\nv = Box(); v.n = 1", "v.n = a", "7"),
    ],
    ids=["a list", "a part", "an array", "an object"],
)
def test_what_it_changes_in_place_is_an_output_and_what_it_was_is_a_reason(
    made: str, change: str, after: str, kernel: Kernel
) -> None:
    shown = "getattr(v, 'n', v.tolist() if hasattr(v, 'tolist') else v).__repr__()"
    source = f"%%step s --inputs a\n{change}\ny = a"
    _replayed(kernel, "a = 7", made, "same = v", source)
    assert kernel.value(shown) == after and kernel.value("same is v")
    if "append" in change:
        again = kernel.run(source)
        assert again.status == "completed" and "input v changed" in again.said
        assert kernel.value(shown) == after.replace("7]", "7, 7]")


def test_a_global_that_a_helper_changes_in_place_is_told(kernel: Kernel) -> None:
    helper = "seen = []\ndef note(v):\n    seen.append(v)\n    return v"
    source = "%%step s --inputs a\ny = note(a)"
    told = kernel.play("a = 1", helper, source)[-1]
    assert "seen is a global that the step changed in place" in told.said
    assert kernel.run(source).status == "completed" and kernel.value("seen") == [1, 1]


def test_a_helper_that_binds_a_global_gives_it_again(kernel: Kernel) -> None:
    helper = "def note(v):\n    global last\n    last = v\n    return v"
    source = "%%step s --inputs a\ny = note(a)"
    _replayed(kernel, "a = 7; last = 0", helper, source)
    assert kernel.value("last") == 7


def test_what_moves_on_when_it_is_used_is_not_vouched_for(kernel: Kernel) -> None:
    source = "%%step s --inputs a\ny = a + next(g)"
    cells = ("a = 1", "g = (n for n in range(9))", source, source)
    assert [cell.status for cell in kernel.play(*cells) if cell.line] == ["completed"] * 2
    assert kernel.value("y") == 2
    ignoring = source.replace("--inputs a", "--inputs a --ignore g")
    assert [cell.status for cell in kernel.play(ignoring, ignoring)] == ["completed", "cached"]


def test_the_process_is_not_vouched_for(kernel: Kernel) -> None:
    source = "%%step s --inputs a\nimport os\nos.environ['ZB_SAID'] = '1'\ny = a"
    for cell in kernel.play("a = 1", source, source)[1:]:
        assert cell.status == "completed" and "it changes os.environ" in cell.said
    kernel.quietly("import os; del os.environ['ZB_SAID']")


def test_an_output_that_is_what_is_left_out_is_what_that_is_now(kernel: Kernel) -> None:
    source = "%%step s --inputs a\ny = v\nz = [v[0], a]"
    kernel.play("a = 1; v = [[1], 2]", source)
    again = kernel.play("v = [[3], 4, 5]", source)[-1]
    assert again.status == "cached", again.said
    assert kernel.value("(y, y is v, z, z[0] is v[0])") == (
        [[3], 4, 5],
        True,
        [[3], 1],
        True,
    )
    gone = kernel.play("del v", source)[-1]
    assert gone.error == "NameError" and gone.stream("stderr") == ""


# ------------------------------------------------------------ code that is not seen

HIDDEN = "%%step s --inputs a\nexec('y = a ' + '+ b')"


def test_with_exec_another_datum_is_no_reason_and_the_named_one_is(kernel: Kernel) -> None:
    kernel.play("a, b, c, d = 1, 2, 3, [4]", HIDDEN)
    assert kernel.value("y") == 3
    for other in ("b = 30", "c = 31", "d.append(5)", "del c", "e = 1"):
        assert kernel.play(other, HIDDEN)[-1].status == "cached", other
    assert kernel.play("a = 2", HIDDEN)[-1].status == "completed" and kernel.value("y") == 32


def test_with_exec_a_helper_that_the_cell_names_is_a_reason(kernel: Kernel) -> None:
    source = "%%step s --inputs a\nplus\nexec('y = pl' + 'us(a)')"
    kernel.play("a = 1", HELPERS, source)
    assert kernel.play("K = 1", source)[-1].status == "cached"
    assert kernel.play(HELPERS.replace("+", "-"), source)[-1].status == "completed"
    assert kernel.value("y") == -9


def test_what_exec_binds_to_what_it_was_is_bound_again(kernel: Kernel) -> None:
    source = "%%step s --inputs a\nexec('x = ' + '2')\ny = a"
    kernel.play("a = 1; x = 2", source)
    assert kernel.play("x = 2", source)[-1].status == "cached"
    told = kernel.play("x = 3", source)[-1]
    assert told.status == "completed" and "it may have bound x" in told.said
    assert kernel.value("x") == 2


@pytest.mark.parametrize(
    "hidden",
    ["globals()['x'] = 2", "exec('set' + 'ter()')", "exec('import __main__; __main__.x ' + '= 2')"],
)
def test_what_other_hidden_code_binds_to_what_it_was_is_bound_again(
    hidden: str, kernel: Kernel
) -> None:
    setter = "def setter():\n    global x\n    x = 2"
    source = f"%%step s --inputs a\n{hidden}\ny = a"
    kernel.play("a = 1; x = 2", setter, source)
    assert kernel.play("x = 3", source)[-1].status == "completed"
    assert kernel.value("x") == 2


def test_what_exec_changes_in_place_is_told_and_can_be_named(kernel: Kernel) -> None:
    source = "%%step s --inputs a\nexec('v.app' + 'end(a)')\ny = a"
    told = kernel.play("a = 1; v = []", source)[-1]
    assert "v is changed in place by code that is not seen: add it to --inputs" in told.said
    assert kernel.run(source).status == "completed" and kernel.value("v") == [1, 1]
    named = source.replace("--inputs a", "--inputs a,v")
    _replayed(kernel, "a = 1; v = []", named)
    assert kernel.value("v") == [1]


# ------------------------------------------------------------ --ignore


def test_an_ignored_container_that_is_changed_in_place_is_an_output(kernel: Kernel) -> None:
    source = "%%step s --ignore v\nv.append(a)\ny = a"
    _replayed(kernel, "a = 1; v = []", source)
    assert kernel.value("v") == [1]
    assert kernel.run(source).status == "completed" and kernel.value("v") == [1, 1]


def test_an_ignored_object_that_is_busy_with_itself_is_left_alone(kernel: Kernel) -> None:
    get = "    def get(self):\n        self.calls += 1\n        return 5"
    client = f"class Client:\n    calls = 0\n{get}"
    source = "%%step s --ignore client\ny = client.get() + a"
    kernel.play("a = 1", client, "client = Client()", source)
    assert kernel.run(source).status == "cached" and kernel.value("client.calls") == 1
