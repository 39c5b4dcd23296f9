"""What to say of a run that nobody can find by what was said."""

from __future__ import annotations

from zenbook.errors import UsageError
from zenbook.world.ports import History


def no_such_run(reference: str, history: History) -> UsageError:
    """The error for a run that is not on record; a bare number wants its pipeline."""
    newest = history.runs(limit=1)
    if not newest:
        return UsageError("There is no run yet: run a step or a pipeline first.")
    told = f"There is no run {reference!a}."
    if reference.isascii() and reference.isdigit():
        told += f" Runs are counted within their pipeline, as in {newest[0].pipeline}:{reference}."
    return UsageError(f"{told} `zenbook runs` lists them.")
