"""The notebook as the kernel tells it: what is stale, and what this kernel has not met yet."""

from __future__ import annotations

from dataclasses import replace

from tests.view import samples
from zenbook.front.notebook.session import Known, Session
from zenbook.front.notebook.state import notebook_now
from zenbook.front.notebook.trail import Trail
from zenbook.model import Edge, Record, Run, Step, StepRun
from zenbook.testing import memory_desk


def line(step: str, status: str = "completed", seconds: float = 2.0) -> StepRun:
    return StepRun(step, 0, status, "", "first run", seconds, 0.0, "", "", "")  # type: ignore[arg-type]


def met(step: str, *reads: str, record: Record | None = None) -> Known:
    edges = tuple(Edge(source, "x", step, "x") for source in reads)
    return Known(Step(step, step, "", ("x",), ("x",)), "", "", line(step), edges, record=record)


def session(*known: Known) -> Session:
    made = Session(desk=memory_desk(), pipeline="p", origin="", trail=Trail(None))
    made.known.update({each.step.name: each for each in known})
    return made


def test_a_step_that_ran_again_makes_all_below_it_stale_however_far() -> None:
    kept = session(met("a"), met("b", "a"), met("c", "b"), met("d"), met("e", "c", "a"))
    kept.begin("a", "forced")
    kept.note(met("a"), hit=False)
    stale = {cell.step: cell.stale for cell in notebook_now(kept).cells if cell.stale}
    assert stale == dict.fromkeys("bce", "a ran again")


def test_a_circle_of_steps_ends() -> None:
    assert session(met("a", "b"), met("b", "a")).downstream_of("a") == ["b"]


def ran_before(kept: Session) -> Run:
    """A finished run of the sample pipeline by another kernel."""
    history = kept.desk.history
    version = history.version("p", samples.shape(samples.TRAIN))
    run = history.begin_run("p", version.number, {})
    for step, seconds in (("load_data", 3.0), ("train", 12.0), ("evaluate", 0.5)):
        history.set_step(run.id, line(step, seconds=seconds))
    return history.end_run(run.id, "completed")


def test_steps_this_kernel_has_not_met_are_told_as_history_knows_them() -> None:
    kept = session()
    ran_before(kept)
    cells = {cell.step: cell for cell in notebook_now(kept, ("load_data", "train", "new")).cells}
    assert list(cells) == ["load_data", "train", "new"]
    assert {cell.status for cell in cells.values()} == {None}
    assert (cells["train"].expected, cells["new"].expected) == (12.0, None)
    assert cells["train"].upstream == ("load_data",)
    assert cells["train"].outputs == ("model",)


def test_the_first_run_in_a_kernel_says_how_long_it_will_take() -> None:
    from zenbook.core.view import notebook_view

    kept = session()
    ran_before(kept)
    kept.begin("load_data", "forced")
    view = notebook_view(notebook_now(kept, ("load_data", "train", "evaluate")))
    assert view["progress"] == {"done": 0, "total": 3, "left": 15.5, "step": "load_data"}
    running = view["cells"][0]
    assert (running["status"], running["why"]) == ("running", "forced")


def test_a_state_can_be_made_while_cells_change_it() -> None:
    kept = session(met("a"), met("b", "a"))
    before = notebook_now(kept)
    kept.known["c"] = replace(met("c", "b"))
    assert [cell.step for cell in before.cells] == ["a", "b"]
    assert [cell.step for cell in notebook_now(kept).cells] == ["a", "b", "c"]
