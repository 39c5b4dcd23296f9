"""The golden Views: one of each kind, an empty one, and a hostile one."""

from __future__ import annotations

import json
from pathlib import Path

from tests.view import samples
from zenbook.core.view import (
    CellNow,
    Kept,
    NotebookNow,
    StoreStatus,
    View,
    compare_view,
    graph_view,
    live_graph,
    notebook_view,
    plan_view,
    runs_view,
    step_view,
    store_view,
)
from zenbook.model import Plan

GOLDEN = Path(__file__).parents[1] / "golden"


def store_status() -> StoreStatus:
    kept = [
        Kept(record.step, record.run, artifact, pinned=record.id == "k-load")
        for record in samples.RECORDS.values()
        for artifact in record.artifacts
    ]
    return StoreStatus(1_746_633, 20_000_000_000, 9, 6, 4, 1, 412_880, kept)


def notebook_now() -> NotebookNow:
    cells = (
        CellNow(
            "load_data",
            "%%step load_data\n" + samples.LOAD,
            "cached",
            "unchanged since run 1",
            (),
            0.004,
            3.2,
            0.0,
            outputs=("X_train", "X_test", "y_train", "y_test"),
            size=934_440,
            origin="r-1",
            version=1,
        ),
        CellNow(
            "train",
            "%%step train\n" + samples.TRAIN_2,
            "running",
            "gamma 0.0016→0.002",
            ("load_data",),
            None,
            0.0,
            12.1,
            samples.NOON - 5,
            inputs=("X_train", "y_train", "gamma"),
            outputs=("model",),
            version=2,
        ),
        CellNow(
            "evaluate",
            "%%step evaluate\n" + samples.SCORE,
            "completed",
            "input model changed",
            ("train", "load_data"),
            0.58,
            0.0,
            0.58,
            stale="train runs again",
            inputs=("model", "X_test", "y_test"),
            outputs=("score",),
            version=1,
        ),
        CellNow(
            "report",
            "%%step report\n" + samples.REPORT,
            None,
            "",
            ("train", "load_data"),
            None,
            0.0,
            1.9,
            inputs=("model", "X_test", "y_test"),
        ),
    )
    return NotebookNow("train_digits", 2, True, samples.RUN_4, cells)


def views() -> dict[str, View]:
    now = notebook_now()
    evil, evil_version = samples.hostile_run(), samples.hostile_version()
    versions = (samples.VERSION_2, samples.VERSION_1)
    graph = graph_view(
        samples.RUN_3,
        samples.VERSION_2,
        samples.RECORDS,
        {"report": "train was edited"},
        {"train": 2},
    )
    return {
        "runs": runs_view(samples.RUNS, 1240, 0, {"r-1"}),
        "runs_empty": runs_view((), 0, 0),
        "graph": graph,
        "graph_empty": graph_view(None, None),
        "compare": compare_view(
            samples.RUN_1, samples.RUN_3, versions[1], versions[0], samples.RECORDS
        ),
        "step": step_view(
            "train",
            samples.RUN_3,
            samples.RECORDS["k-train-2"],
            samples.RUN_3,
            versions,
            samples.EVENTS,
        ),
        "step_cached": step_view(
            "load_data", samples.RUN_3, samples.RECORDS["k-load"], samples.RUN_1, versions
        ),
        "step_failed": step_view("report", samples.RUN_3, None, None, versions),
        "plan": plan_view(samples.PLAN, 2),
        "plan_empty": plan_view(Plan("train_digits", ())),
        "store": store_view(store_status()),
        "notebook": notebook_view(now, live_graph(now), 7),
        "hostile_runs": runs_view((evil,), 1, 0),
        "hostile_graph": graph_view(evil, evil_version, stale={samples.EVIL: samples.EVIL}),
        "hostile_step": step_view(
            samples.EVIL,
            evil,
            None,
            evil,
            (evil_version,),
            [{"name": "stdout", "text": samples.EVIL}],
        ),
        "hostile_compare": compare_view(evil, samples.RUN_1, evil_version, samples.VERSION_1),
    }


def text(view: View) -> str:
    return json.dumps(view, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, view in views().items():
        (GOLDEN / f"{name}.json").write_text(text(view), encoding="utf-8")
