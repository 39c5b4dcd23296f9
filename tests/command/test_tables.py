"""Views as text: whole pages compared, hostile words shown as what they are."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from zenbook.front.command import tables
from zenbook.front.command.tables import write

GOLDEN = Path(__file__).parents[1] / "golden"
PAGES = {
    "runs": tables.runs_page,
    "plan": tables.plan_page,
    "compare": tables.compare_page,
    "step": tables.step_page,
    "store": tables.store_page,
}


def printed(page: Iterator[Any]) -> str:
    out = io.StringIO()
    write(page, out)
    return out.getvalue()


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


KEPT = {path.stem: golden(path.stem) for path in sorted(GOLDEN.glob("*.json"))}


@pytest.mark.parametrize("view", [view for view in KEPT.values() if view["kind"] in PAGES])
def test_every_kept_view_has_a_page_that_a_log_can_carry(view: Any) -> None:
    text = printed(PAGES[view["kind"]](view))
    assert text.strip()
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_name_in_brackets_is_a_name_and_no_markup() -> None:
    view = golden("plan")
    view["rows"][0]["name"] = "[bold red]train[/]"
    assert "[bold red]train[/]" in printed(tables.plan_page(view))


def test_no_runs_yet_says_how_to_make_one() -> None:
    view = golden("runs_empty")
    assert printed(tables.runs_page(view)) == "No runs yet. Run a pipeline: zenbook run FILE\n"


def test_a_plan_reads_as_one_table() -> None:
    view = {
        "kind": "plan",
        "schema": 1,
        "pipeline": "train",
        "version": None,
        "rows": [
            row("load", "hit", "", 0.0, "kept, spares 1.2 s"),
            row("fit", "miss", "input changed", 12.5, "gamma 0.1→0.2"),
            row("check", "unsure", "", None, "known when fit ran"),
        ],
        "expected": 12.5,
        "saved": 1.2,
        "summary": "1 step would run, 1 cached, 1 not known before, about 12.5 s",
    }
    assert printed(tables.plan_page(view)) == (
        "step   verdict          expected   why\n"
        "load   ↺ cached                    kept, spares 1.2 s\n"
        "fit    ▶ would run      12.5 s     gamma 0.1→0.2\n"
        "check  ◐ not known yet  never ran  known when fit ran\n"
        "1 step would run, 1 cached, 1 not known before, about 12.5 s.\n"
    )


def test_a_long_value_is_not_cut_where_nobody_watches() -> None:
    view = golden("plan")
    view["rows"][0]["why"] = "x" * 300
    assert "x" * 300 in printed(tables.plan_page(view))


def row(name: str, verdict: str, cause: str, expected: float | None, why: str) -> dict[str, Any]:
    return {
        "name": name,
        "verdict": verdict,
        "cause": cause,
        "why": why,
        "expected": expected,
        "changes": [],
        "waits_for": [],
    }
