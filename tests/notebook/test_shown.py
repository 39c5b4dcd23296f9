"""What a run, a list of runs, a difference and a plan show as the last expression of a cell."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

from tests.notebook.kernel import Kernel
from zenbook.front.page import MIME
from zenbook.front.widget import BUNDLE

WIDGET = "application/vnd.jupyter.widget-view+json"
LIVE = BUNDLE.is_file() and find_spec("anywidget") is not None
FORMS = {MIME, "text/html", "text/plain"} | ({WIDGET} if LIVE else set())
SCRIPT = """
import zenbook

@zenbook.step
def double(number):
    return number * 2

@zenbook.pipeline
def doubling(number: int = 2):
    double(number)
"""


def _two_runs(kernel: Kernel) -> None:
    kernel.run("%pipeline demo --quiet")
    for gamma in (0.5, 0.7):
        kernel.run(f"%%parameters\ngamma = {gamma}")
        kernel.play("%%step load\nX = [1, 2, 3]", "%%step train\nmodel = sum(X) * gamma")


def _forms(kernel: Kernel, source: str) -> dict[str, Any]:
    """The forms of the cell's result."""
    cell = kernel.run(source)
    assert cell.reply["status"] == "ok", cell.traceback
    (result,) = (output for output in cell.outputs if output["type"] == "execute_result")
    forms: dict[str, Any] = result["data"]
    return forms


@pytest.mark.parametrize(
    ("source", "kind", "text", "html"),
    [
        ("%zenbook runs", "runs", "gamma=0.7", "<strong>demo: 2 runs</strong>"),
        ("%runs", "runs", "gamma=0.7", "<strong>demo: 2 runs</strong>"),
        ("import zenbook; zenbook.runs()", "runs", "gamma=0.7", "<strong>demo: 2 runs</strong>"),
        ("%zenbook show", "graph", "Run 2 of demo", "<img alt="),
        ("import zenbook; zenbook.runs()[0]", "graph", "Run 2 of demo", "<img alt="),
        ("%zenbook diff 1 2", "compare", "parameter gamma: 0.5 → 0.7", "demo v1 run 1 → demo"),
        ("%zenbook plan", "plan", "↺ load  cached", "Plan of demo"),
        ("%plan", "plan", "↺ load  cached", "Plan of demo"),
    ],
)
def test_an_answer_shows_its_picture_and_keeps_its_text(
    kernel: Kernel, source: str, kind: str, text: str, html: str
) -> None:
    _two_runs(kernel)
    forms = _forms(kernel, source)
    assert set(forms) == FORMS
    assert forms[MIME]["kind"] == kind
    assert html in forms["text/html"]
    assert text in forms["text/plain"]
    assert forms["text/plain"] == kernel.value("repr(_)")


def test_a_pipeline_of_functions_shows_its_run_and_its_plan(kernel: Kernel) -> None:
    kernel.run(SCRIPT)
    shown = {source: _forms(kernel, source) for source in ("doubling()", "doubling.plan()")}
    assert [forms[MIME]["kind"] for forms in shown.values()] == ["graph", "plan"]
    assert [node["name"] for node in shown["doubling()"][MIME]["nodes"]] == ["double"]
    assert [row["verdict"] for row in shown["doubling.plan()"][MIME]["rows"]] == ["hit"]


def test_a_page_of_runs_says_how_many_there_are_in_all(kernel: Kernel) -> None:
    _two_runs(kernel)
    view = _forms(kernel, "import zenbook; zenbook.runs(limit=1)")[MIME]
    assert (len(view["rows"]), view["total"], view["offset"]) == (1, 2, 0)
    older = _forms(kernel, "zenbook.runs(limit=1, offset=1)")
    assert (older[MIME]["rows"][0]["number"], older[MIME]["total"], older[MIME]["offset"]) == (
        1,
        2,
        1,
    )


def test_no_runs_yet_says_what_to_do(kernel: Kernel) -> None:
    forms = _forms(kernel, "%zenbook runs")
    assert forms["text/plain"] == "no runs yet"
    assert "Run a cell that starts with %%step" in forms["text/html"]


def test_a_difference_whose_runs_are_forgotten_shows_its_text(kernel: Kernel) -> None:
    _two_runs(kernel)
    kernel.run("import zenbook\nmoved = zenbook.diff('demo:1', 'demo:2')")
    kernel.run("zenbook.forget('demo:1')")
    forms = _forms(kernel, "moved")
    assert set(forms) == {"text/plain"}
    assert "parameter gamma: 0.5 → 0.7" in forms["text/plain"]


def test_nothing_of_a_picture_is_imported_before_one_is_shown(kernel: Kernel) -> None:
    kernel.restart()
    loaded = "sorted({'ipywidgets', 'anywidget', 'zenbook.front.widget'} & {*sys.modules})"
    kernel.run("import sys")
    assert kernel.value(loaded) == []
