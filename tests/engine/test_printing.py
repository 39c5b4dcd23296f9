"""Plans and runs print well: what one sees is what one wants to know."""

from __future__ import annotations

import re
from typing import Any

import pytest

import zenbook
from zenbook import pipeline, step
from zenbook.front.script.function import StepFunction

pytestmark = pytest.mark.usefixtures("home")


@step
def load(size: int) -> list[int]:
    return list(range(size))


@step
def fit(data: list[int], name: str) -> int:
    zenbook.log(score=len(data) / 2)
    return len(data)


@step
def report(model: int) -> str:
    return f"<b>{model}</b>"


@pipeline
def study(size: int = 3, name: str = "<i>x</i>") -> None:
    report(fit(load(size), name))


def steady(text: str) -> str:
    return re.sub(r"\d+(\.\d+)? (ms|s)\b", "0 ms", text)


def test_a_plan_prints_each_steps_verdict_cause_and_expected_time() -> None:
    study()
    assert steady(repr(study.plan(name="y"))) == (
        "Plan of study: 1 of 3 steps cached, 1 would run, 1 waits; about 0 ms\n"
        "  load    cached     nothing changed\n"
        "  fit     would run  name '<i>x</i>'→'y' (0 ms last time)\n"
        "  report  unsure     waits for fit (0 ms last time)"
    )


def test_a_plan_of_what_never_ran_knows_no_time() -> None:
    assert repr(study.plan()).splitlines()[:2] == [
        "Plan of study: 0 of 3 steps cached, 1 would run, 2 wait",
        "  load    would run  first run",
    ]


def test_a_run_prints_its_name_tags_parameters_steps_and_metrics() -> None:
    run = study.with_options(name="first try", tags=["best"])()
    assert repr(run) == (
        "Run 1 of study (version 1): completed, first try #best\n"
        "  size=3, name='<i>x</i>'\n"
        "  load    completed  first run\n"
        "  fit     completed  first run  score=1.5\n"
        "  report  completed  first run"
    )


@pytest.mark.parametrize("shown", ["run", "runs", "plan"])
def test_a_table_in_a_notebook_shows_hostile_values_as_text(shown: str) -> None:
    run = study()
    values: dict[str, Any] = {"run": run, "runs": zenbook.runs(), "plan": study.plan(name="<u>")}
    html = values[shown]._repr_html_()
    assert html.startswith("<table>")
    assert html.endswith("</table>")
    assert "<i>" not in html
    assert "<u>" not in html
    assert "&lt;" in html


def test_steps_and_pipelines_name_their_inputs() -> None:
    assert isinstance(fit, StepFunction)
    assert [repr(fit), repr(study)] == ["<step fit(data, name)>", "<pipeline study(size, name)>"]
