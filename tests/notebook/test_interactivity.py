"""Whatever IPython is told to show of a cell, a hit shows it and leaves ``_`` and ``Out`` so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.notebook.kernel import Kernel, without_steps

CELLS = {
    "several values": ["'before'", "%%step a\nx = [1]\nx\nx + [2]\ny = 3\ny * 2\ny", "_ , 1"],
    "a value shown twice": ["7", "%%step a\nx = {'k': 1}\nx\nx"],
    "more than three": ["%%step a\nfor i in range(5):\n    i * i\nx = 1\n'end'"],
    "a loop at the end": ["'before'", "%%step a\nx = 4\nfor i in range(x):\n    [i]"],
    "None at the end": ["'before'", "%%step a\nx = 2\nx + 1\nn = None\nn"],
    "an assignment at the end": ["%%step a\nx = 2\nx + 1\ny = [x]"],
    "several targets": ["%%step a\nx = 2\nx\ny = z = [x]"],
    "nothing to show": ["'before'", "%%step a\nx = 2\nprint(x)"],
    "silenced": ["'before'", "%%step a\nx = 2\nx\nx + 1;"],
    "a text first": ["%%step a\n'shown'\nx = 2\nx"],
    "an attribute": ["%%step a\nimport types\ns = types.SimpleNamespace(v=[5])\n1\ns.v"],
    "the display hook called": ["%%step a\nimport sys\nsys.displayhook([8])\nx = 1\nx + 1"],
    "a value shown by await": ["%%step a\nimport asyncio\nawait asyncio.sleep(0, [3])\nx = 1\nx"],
}
LEFT = (
    "[repr([_, __, ___]), [repr(v) for v in Out.values()], [n in globals() for n in"
    " [f'_{k}' for k in Out]], [any(v is w for w in globals().values()) for v in Out.values()],"
    " _ is globals().get('x'), _ is globals().get('y'), list(_oh.values())[-1:] == [_] or not Out]"
)


@pytest.mark.parametrize("how", ["all", "last", "last_expr", "last_expr_or_assign", "none"])
@pytest.mark.parametrize("case", CELLS)
def test_a_hit_shows_and_leaves_the_values_a_plain_cell_does(
    case: str, how: str, kernel: Kernel
) -> None:
    plain = _played(kernel, how, without_steps(CELLS[case]))
    kernel.another()
    cold = _played(kernel, how, CELLS[case])
    kernel.fresh()
    warm = _played(kernel, how, CELLS[case])
    kernel.quietly("get_ipython().ast_node_interactivity = 'last_expr'")
    assert cold[:3] == plain[:3]
    assert warm[:3] == plain[:3]
    assert warm[3] == ["cached"]


def test_texts_that_all_shows_are_a_reason(kernel: Kernel) -> None:
    kernel.quietly("get_ipython().ast_node_interactivity = 'all'")
    first = kernel.run("%%step a\n'one'\nx = 1\nx")
    kernel.fresh()
    other = kernel.run("%%step a\n'two'\nx = 1\nx")
    kernel.quietly("get_ipython().ast_node_interactivity = 'last_expr'")
    assert [first.status, other.status] == ["completed", "completed"]
    assert [o["data"]["text/plain"] for o in other.outputs] == ["'two'", "1"]


def test_the_history_of_outputs_knows_what_a_hit_showed(kernel: Kernel) -> None:
    cells = ["%%step a\nx = 1\n[x, 2]"]
    last = "list(get_ipython().history_manager.output_hist_reprs.items())[-1][1]"
    kernel.play(*cells, "'other'")
    kernel.fresh()
    assert kernel.play(*cells)[0].status == "cached"
    assert kernel.value(last) == "[1, 2]"


def _played(kernel: Kernel, how: str, cells: list[str]) -> tuple[Any, Any, Any, list[str]]:
    kernel.quietly(f"get_ipython().ast_node_interactivity = {how!r}")
    played = kernel.play(*cells)
    assert all(cell.reply["status"] == "ok" for cell in played), played[-1].traceback
    shown = [
        [(o["type"], o.get("text") or o["data"]["text/plain"]) for o in cell.outputs]
        for cell in played
    ]
    left = kernel.ask(LEFT)
    return shown, left, kernel.names(), [cell.status for cell in played if cell.line]


def test_a_semicolon_keeps_a_kept_value_from_being_shown_and_its_removal_shows_it(
    kernel: Kernel,
) -> None:
    shown, quiet = "%%step a\nx = 1\nx + 1", "%%step a\nx = 1\nx + 1;  # quiet"
    assert [kernel.run(cell).result for cell in (shown, quiet, shown)] == ["2", None, "2"]
    assert kernel.value("_") == 2
    kernel.another()
    first, again, other = (kernel.run(cell) for cell in (quiet, quiet, shown))
    assert (first.result, again.result, again.status) == (None, None, "cached")
    assert (other.result, other.status) == ("2", "completed")
