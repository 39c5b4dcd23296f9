"""What to say of a run that nobody can find by what was said."""

from __future__ import annotations

from zenbook.errors import UsageError
from zenbook.world.ports import History

_LOOKED_AT = 100
"""How many of the newest runs are asked for a step of that name."""


def no_such_run(reference: str, history: History) -> UsageError:
    """The error for a run that is not on record; a bare number wants its pipeline, and a
    step or pipeline is told as that."""
    newest = history.runs(limit=1)
    if not newest:
        return UsageError("There is no run yet: run a step or a pipeline first.")
    told = f"There is no run {reference!a}."
    for run in history.runs(limit=_LOOKED_AT):
        name = run.reference
        if run.pipeline == reference:
            return UsageError(f"{told} {reference} is a pipeline: its newest run is {name}.")
        if any(line.step == reference for line in run.steps):
            shown = f"`zenbook show {name} {reference}` shows it in its newest run"
            return UsageError(f"{told} {reference} is a step: {shown}.")
    if reference.isascii() and reference.isdigit():
        told += f" Runs are counted within their pipeline, as in {newest[0].pipeline}:{reference}."
    return UsageError(f"{told} `zenbook runs` lists them.")
