"""Figures of plotly are kept as they are: what they hold, in its order, and their parts."""

from __future__ import annotations

import re

import pytest

from tests.notebook.kernel import OTHER_PYTHON, Cell, Kernel

pytestmark = pytest.mark.skipif(bool(OTHER_PYTHON), reason="plotly is not there")
pytest.importorskip("plotly")

IMPORTS = (
    "import pandas as pd\nimport plotly.express as px\nimport plotly.graph_objects as go\n"
    "import plotly.io as pio\nfrom plotly.subplots import make_subplots\n"
    "df = pd.DataFrame({'x': [1, 2, 3], 'y': [3, 1, 2]})"
)
MADE = "%%step make\nfig = px.scatter(df, x='x', y='y')"
STEPS = (
    MADE,
    "%%step title\nfig.update_layout(title='t', xaxis_title='k')\nfig",
    "%%step more\nfig.add_trace(go.Bar(x=[1], y=[2]))\nfig.show()",
    "%%step count\nprint(len(fig.data), fig.data[0].x.dtype)\nfig.to_json()",
    (
        "%%step grid\ntwo = make_subplots(rows=1, cols=2)\n"
        "two.add_trace(go.Scatter(x=[1], y=[2]), row=1, col=2)"
    ),
    "%%step there\ntwo.update_xaxes(title='e')\nprint(two.layout.xaxis2.title.text)\ntwo",
)


def _told(cell: Cell) -> str:
    """What a cell showed, under whatever ids."""
    kept = ("type", "name", "text", "data")
    shown = [{name: one[name] for name in kept if name in one} for one in cell.outputs]
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "an id", repr(shown))


def test_steps_with_figures_are_cached_and_show_what_a_plain_run_does(kernel: Kernel) -> None:
    plain = kernel.play(IMPORTS, *(step.partition("\n")[2] for step in STEPS))
    assert sum(bool(cell.outputs) for cell in plain) == 5
    for status in ("completed", "cached"):
        kernel.restart()
        cells = kernel.play(IMPORTS, *STEPS)
        assert [cell.status for cell in cells[1:]] == [status] * 6, [c.said for c in cells]
        assert list(map(_told, cells)) == list(map(_told, plain))


def test_a_part_that_others_hold_stays_the_figures_part(kernel: Kernel) -> None:
    held = "t, axis = fig.data[0], fig.layout.xaxis"
    steps = ("%%step b\nfig.update_traces(name='q')", "%%step c\nt.marker.color = 'red'")
    tell = "(t is fig.data[0], axis is fig.layout.xaxis, t.figure is fig, t.marker.color, t.name)"
    for status in ("completed", "cached"):
        cells = kernel.play(IMPORTS, MADE, held, *steps)
        assert [cell.status for cell in cells[3:]] == [status] * 2, [c.said for c in cells]
        assert kernel.value(tell) == (True, True, True, "red", "q")
        kernel.run("t.name = 'later'")
        assert kernel.value("fig.data[0].name") == "later"
        kernel.restart()


def test_a_part_that_is_kept_with_its_figure_belongs_to_it(kernel: Kernel) -> None:
    step = (
        "%%step both\nfig = px.scatter(df, x='x', y='y')\nt, axis = fig.data[0], fig.layout.xaxis"
    )
    for status in ("completed", "cached"):
        assert kernel.play(IMPORTS, step)[-1].status == status
        kernel.run("t.name = 'n'; axis.title = 'a'")
        assert kernel.value("(fig.data[0].name, fig.layout.xaxis.title.text)") == ("n", "a")
        kernel.restart()


USED = "%%step use\nn = len(fig.to_json())"
EDITS = {
    "a number": ("px.scatter(df, x='x', y='y')", "px.scatter(df, x='x', y='x')"),
    "a type of numbers": ("'x': [1, 2, 3]", "'x': [1.0, 2, 3]"),
    "a colour": ("y='y')", "y='y', color_discrete_sequence=['red'])"),
    "a title": ("y='y')", "y='y', title='t')"),
    "another kind": ("px.scatter", "px.line"),
}


def test_whatever_of_a_figure_is_another_runs_what_uses_it(kernel: Kernel) -> None:
    plain = "fig = px.scatter(df, x='x', y='y')"
    assert kernel.play(IMPORTS, plain, USED)[-1].status == "completed"
    assert kernel.play(IMPORTS, plain, USED)[-1].status == "cached"
    for what, (before, after) in EDITS.items():
        edited = [source.replace(before, after) for source in (IMPORTS, plain)]
        assert edited != [IMPORTS, plain], what
        assert kernel.play(*edited, USED)[-1].status == "completed", what
    kernel.run("fig.layout.on_change(print, 'width')")
    assert kernel.run(USED).status == "completed"


def test_settings_of_plotly_are_reasons_and_a_step_that_sets_them_is_not_kept(
    own: Kernel,
) -> None:
    assert own.play(IMPORTS, MADE)[-1].status == "completed"
    setting = "pio.templates.update(plotly={'layout': {'width': 345}})"
    assert "it changed plotly's settings" in own.run(f"%%step wide\n{setting}").said
    assert own.run(MADE).status == "completed"
    own.restart()
    assert own.play(IMPORTS, MADE)[-1].status == "cached"
    assert own.play(setting, MADE)[-1].status == "cached"
    assert own.value("fig.layout.template.layout.width") == 345
