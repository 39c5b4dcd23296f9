"""``zenbook run`` and ``zenbook plan``."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from zenbook.engine.pipelines import Wish, narrated_by
from zenbook.errors import MustHit, OptionError, StoreFault, UsageError
from zenbook.front.command.app import json_option, show_error, tell
from zenbook.front.command.parameters import parse, split
from zenbook.front.command.target import PipelineLike, Target, pipeline_of, target_of


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of one run, beside the parameters."""

    no_cache: bool = False
    rerun: tuple[str, ...] = ()
    name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    as_json: bool = False

    def wish(self, base: Wish) -> Wish:
        """The pipeline's own wish with what was said now in its place."""
        return replace(
            base,
            enable_cache=False if self.no_cache else base.enable_cache,
            rerun=self.rerun or base.rerun,
            name=self.name or base.name,
            tags=(*base.tags, *self.tags),
            note=self.note or base.note,
        )


@click.command("run")
@click.argument("file", metavar="FILE[:PIPELINE]")
@click.option("-p", "given", multiple=True, metavar="NAME=VALUE", help="A parameter; repeatable.")
@click.option("--no-cache", is_flag=True, help="Run every step, whatever is kept.")
@click.option("--step", "steps", multiple=True, metavar="NAME", help="With --rerun: this step.")
@click.option("--rerun", is_flag=True, help="Run the steps named by --step although kept.")
@click.option("--name", default="", help="A name for the run.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag for the run; repeatable.")
@click.option("--note", default="", help="A note for the run.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Notebooks: where the executed notebook goes.",
)
@json_option
def run_command(
    file: str,
    given: tuple[str, ...],
    no_cache: bool,
    steps: tuple[str, ...],
    rerun: bool,
    name: str,
    tags: tuple[str, ...],
    note: str,
    output: Path | None,
    as_json: bool,
) -> int:
    """Run the pipeline of a script or a notebook.

    Steps whose code, inputs and surroundings have not changed give back what they gave.
    """
    if steps and not rerun:
        raise OptionError(f"--step {steps[0]} goes with --rerun: which of the two is missing?")
    if rerun and not steps:
        raise OptionError("--rerun wants --step NAME; to run every step, use --no-cache.")
    target = target_of(file)
    asked = Asked(no_cache, steps, name, tags, note, as_json)
    if target.is_notebook:
        return _run_notebook(target, split(given), asked, output)
    if output is not None:
        raise OptionError("--output is for notebooks; a script's results are in its run.")
    pipeline = _imported(target)
    values = parse(pipeline.__wrapped__, split(given), pipeline.name)
    return run_now(pipeline, values, asked, target.file.name)


@click.command("plan")
@click.argument("file", metavar="FILE[:PIPELINE]")
@click.option("-p", "given", multiple=True, metavar="NAME=VALUE", help="A parameter; repeatable.")
@click.option("--no-cache", is_flag=True, help="As if run so.")
@json_option
def plan_command(file: str, given: tuple[str, ...], no_cache: bool, as_json: bool) -> None:
    """Show what a run would do and why; no step runs, and nothing of a notebook does.

    A script is imported, and the plain code in its pipeline's body runs, because that is what
    wires the steps: what it prints goes to standard error, and what it writes it writes. What
    should not happen in a plan belongs into a step.
    """
    target = target_of(file)
    if target.is_notebook:
        return _plan_notebook(target, split(given), no_cache, as_json)
    with redirect_stdout(sys.stderr):
        pipeline = _imported(target, to_run=False)
    values = parse(pipeline.__wrapped__, split(given), pipeline.name)
    show_plan(pipeline, values, no_cache, as_json)


def _plan_notebook(target: Target, texts: Mapping[str, str], no_cache: bool, as_json: bool) -> None:
    """As far as it can be told without a kernel."""
    from zenbook.front.command.pictures import plan_picture
    from zenbook.front.command.tables import plan_page
    from zenbook.front.notebook.headless import plan_notebook

    view = plan_picture(plan_notebook(target.file, texts, no_cache=no_cache))
    tell(view, lambda: plan_page(view), as_json)


def run_now(pipeline: PipelineLike, values: Mapping[str, Any], asked: Asked, origin: str) -> int:
    """Run, telling how it goes; the exit code is 1 if a step failed and 130 if it was stopped."""
    from zenbook.front.command.pictures import run_picture
    from zenbook.front.command.scripts import execute

    with _telling(asked.as_json):
        finished = execute(pipeline, values, asked.wish(pipeline.wish), origin)
    if asked.as_json:
        tell(run_picture(finished.run), lambda: iter(()), as_json=True)
    if finished.error is None:
        return 0
    if isinstance(finished.error, (KeyboardInterrupt, MustHit, StoreFault)):
        raise finished.error
    show_error(finished.error)
    return 1


def show_plan(
    pipeline: PipelineLike, values: Mapping[str, Any], no_cache: bool, as_json: bool
) -> None:
    """Plan, and print what was found; what the pipeline's plain code prints is no part of that."""
    from zenbook.front.command.pictures import plan_picture
    from zenbook.front.command.scripts import foresee
    from zenbook.front.command.tables import plan_page

    with redirect_stdout(sys.stderr):
        plan = foresee(pipeline, values, False if no_cache else None)
    view = plan_picture(plan)
    tell(view, lambda: plan_page(view), as_json)


def _imported(target: Target, *, to_run: bool = True) -> PipelineLike:
    """The target's pipeline; an error of the script itself ends the command with its traceback."""
    try:
        return pipeline_of(target, to_run=to_run)
    except UsageError:
        raise
    except Exception as error:
        show_error(error)
        raise click.exceptions.Exit(1) from error


def _run_notebook(
    target: Target, texts: Mapping[str, str], asked: Asked, output: Path | None
) -> int:
    from zenbook.front.notebook.headless import Wanted, run_notebook

    wanted = Wanted(
        enable_cache=False if asked.no_cache else None,
        rerun=asked.rerun,
        name=asked.name,
        tags=asked.tags,
        note=asked.note,
    )
    return run_notebook(target.file, texts, output=output, wanted=wanted, as_json=asked.as_json)


@contextmanager
def _telling(as_json: bool) -> Iterator[None]:
    """Progress in place on a terminal, plain lines in a log; beside JSON, on standard error."""
    if as_json:
        with redirect_stdout(sys.stderr):
            yield
    elif sys.stdout.isatty():
        from zenbook.front.command.progress import LiveNarrator
        from zenbook.front.command.tables import console_for

        narrator = LiveNarrator(console_for())
        try:
            with narrated_by(narrator):
                yield
        finally:
            narrator.close()
    else:
        logging.getLogger("zenbook").setLevel(logging.INFO)
        yield
