"""The command line: ``zenbook VERB``, and what an exported script runs as its ``__main__``.

Only this module is imported with the package; click, rich and the commands follow when they
are used.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zenbook.engine.handles import RunHandle
    from zenbook.front.command.target import PipelineLike
    from zenbook.model import Plan

__all__ = ["cli", "main", "plan", "run"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code is 0, 1 for a failure or 2 for wrong usage."""
    from zenbook.front.command.app import exit_code_of, zenbook

    return exit_code_of(zenbook, arguments, "zenbook")


def cli(pipeline: PipelineLike, arguments: Sequence[str] | None = None) -> None:
    """Run one pipeline as a script's command line: ``python train.py --gamma 0.1 --plan``.

    Ends the process with exit code 0, 1 for a failure or 2 for wrong usage.
    """
    from zenbook.front.command.app import exit_code_of
    from zenbook.front.command.script import script_command

    raise SystemExit(exit_code_of(script_command(pipeline), arguments, None))


def run(
    file: str | Path,
    pipeline: str = "",
    *,
    enable_cache: bool | None = None,
    rerun: Sequence[str] = (),
    **parameters: Any,
) -> RunHandle:
    """Run the pipeline of a script as ``zenbook run`` does, with these parameters.

    Raises UsageError if the file, the pipeline or a parameter is wrong, and the step's own error
    if one fails.
    """
    from zenbook.front.command.scripts import run_file

    return run_file(Path(file), pipeline, enable_cache, tuple(rerun), parameters)


def plan(
    file: str | Path, pipeline: str = "", *, enable_cache: bool | None = None, **parameters: Any
) -> Plan:
    """Every step's verdict, cause and expected seconds for a script, without running any.

    The script is imported, and the plain code in its pipeline's body runs: it wires the steps.
    """
    from zenbook.front.command.scripts import plan_file

    return plan_file(Path(file), pipeline, enable_cache, parameters)
