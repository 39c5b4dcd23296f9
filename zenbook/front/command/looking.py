"""The verbs that look back: ``runs show why diff restore``."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zenbook.core.naming import nearest
from zenbook.core.preview import is_whole, preview
from zenbook.core.view import runs_view
from zenbook.engine import verbs
from zenbook.engine.desk import open_desk
from zenbook.engine.handles import RunHandle
from zenbook.errors import StoreFault, UsageError, ZenbookError
from zenbook.front.command import pictures, tables
from zenbook.front.command.app import json_option, tell
from zenbook.world.home import find_home, is_home, open_home

if TYPE_CHECKING:
    from rich.console import RenderableType


def _need_home() -> None:
    """Raise HomeError, which says what to do, if there is no home one could look into, and
    UsageError where nothing has run: looking makes no folder."""
    if not is_home(find_home()):
        raise UsageError("There is no run yet: run a step or a pipeline first.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it would say is the error
        usable = open_desk().home is not None
    if not usable:
        open_home(find_home())


NO_RUNS = runs_view([], 0, 0)
_STATUSES = ("completed", "failed", "interrupted", "running")


@click.command("runs")
@click.argument("pipeline", required=False)
@click.option("--tag", help="Only runs with this tag.")
@click.option("--status", type=click.Choice(_STATUSES), help="Only runs that ended so.")
@click.option("--search", default="", help="Only runs that have this text in name, note or such.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1))
@click.option("--offset", default=0, type=click.IntRange(min=0), help="Skip the newest so many.")
@json_option
def runs_command(
    pipeline: str | None,
    tag: str | None,
    status: Any,
    search: str,
    limit: int,
    offset: int,
    as_json: bool,
) -> None:
    """List runs, newest first."""
    if not is_home(find_home()):
        tell(NO_RUNS, lambda: tables.runs_page(NO_RUNS), as_json)
        return
    _need_home()
    found = verbs.runs(pipeline, tag=tag, status=status, search=search, limit=limit, offset=offset)
    if pipeline is not None and found.nothing and not verbs.runs(pipeline, limit=1):
        raise ZenbookError(found.nothing)
    view = pictures.runs_picture(found)
    tell(view, lambda: tables.runs_page(view, found.nothing), as_json)


@click.command("show", short_help="Show one run, or one step of it.")
@click.argument("run", default="latest")
@click.argument("step", required=False)
@json_option
def show_command(run: str, step: str | None, as_json: bool) -> None:
    """Show one run, or one STEP of it: parameters, steps, results and where they are from."""
    _need_home()
    handle = verbs.show(run)
    if step is not None:
        _check_step(handle, step)
        shown = pictures.step_picture(handle.facts, step)
        tell(shown, lambda: tables.step_page(shown), as_json)
        return
    view = pictures.run_picture(handle.facts)
    tell(view, lambda: tables.run_page(view["row"], view["graph"]), as_json)


@click.command("why", short_help="Say why a step ran, or where its result is from.")
@click.argument("step")
@click.argument("run", required=False)
@json_option
def why_command(step: str, run: str | None, as_json: bool) -> None:
    """Say why a STEP ran, or that nothing changed: in RUN, or in the newest run that has it."""
    _need_home()
    handle = verbs.show(run) if run is not None else verbs.newest_with(step)
    _check_step(handle, step)
    view, code = pictures.step_picture(handle.facts, step), verbs.why(step, handle.id).code

    def page() -> Iterator[RenderableType]:
        yield from tables.step_page(view)
        yield from tables.code_page(code)

    tell({**view, "code": code}, page, as_json)


@click.command("diff", short_help="Compare two runs.")
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="RUN")
@json_option
def diff_command(first: str, second: str, as_json: bool) -> None:
    """Compare two runs: parameters, metrics, code, inputs, files and outputs."""
    _need_home()
    view = pictures.compare_picture(verbs.show(first).facts, verbs.show(second).facts)
    tell(view, lambda: tables.compare_page(view), as_json)


@click.command("restore", short_help="Give back what a run gave.")
@click.argument("run")
@click.argument("output", required=False)
@click.option("--step", help="Only the outputs of this step.")
@click.option(
    "-o",
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Save the one OUTPUT here.",
)
def restore_command(run: str, output: str | None, step: str | None, to: Path | None) -> None:
    """Give back what a run's steps gave: all, or one OUTPUT, or those of a step of that name.

    Where several steps have an output of one name, it is named with its step: load.output.

    Inputs that a step changed in place are among them, as it left them.

    Prints a short preview of each, and says which cannot be loaded; `-o FILE` saves one OUTPUT
    whole, in the form its suffix says: .npy for arrays, .csv and .parquet for frames, .json for
    plain values, .txt for its text, .pkl for any value.
    """
    _need_home()
    values, faults = verbs.loaded(run, output, step=step)
    if to is not None and not faults:
        from zenbook.front.command.saving import save

        if len(values) != 1:
            there = f"There is {', '.join(values)}." if values else "There is none."
            raise UsageError(
                "One output is saved to a file: name it, as in "
                f"`zenbook restore RUN OUTPUT -o FILE`. {there}"
            )
        ((name, value),) = values.items()
        save(name, value, to)
        click.echo(f"Saved {name} to {to}.")
        return
    for name, value in values.items():
        click.echo(f"{name} = {preview(value)}")
    if cut := next((name for name, value in values.items() if not is_whole(value)), ""):
        from zenbook.front.command.saving import FORMS

        told = f"`zenbook restore {run} {cut} -o FILE` saves it; FILE ends in one of {FORMS}."
        click.echo(f"{cut} is not shown whole: {told}", err=True)
    if faults:
        raise StoreFault("\n".join(_lost(name, fault) for name, fault in faults.items()))


def _lost(name: str, fault: StoreFault) -> str:
    """Why a value cannot be loaded, with its name as it is told here."""
    step, dot, _ = name.rpartition(".")
    return f"{step}{dot}{str(fault).removeprefix('~')}"


def _check_step(handle: RunHandle, step: str) -> None:
    if step not in handle.steps:
        raise UsageError(
            f"Run {handle.number} of {handle.pipeline} has no step {step}. "
            + nearest(step, list(handle.steps))
        )
