"""Narrate: what a run says while it goes, line by line.

The lines are those of ZenML's text, word for word; an indented line below tells why a step ran
or where a cached result came from. They go to the ``zenbook`` logger, which writes plainly to
the current standard output unless the program gave that logger handlers of its own.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, Protocol

from zenbook.core.verdict import why_beside
from zenbook.engine.mishap import described
from zenbook.model import Hit, Miss, Outcome, Run, Version

log = logging.getLogger("zenbook")


class Narrator(Protocol):
    """Hears the events of a pipeline's run, in their order."""

    def registered(self, version: Version) -> None: ...
    def began(self, run: Run, steps: int) -> None: ...
    def started(self, step: str, expected: float | None) -> None: ...
    def ended(self, outcome: Outcome) -> None: ...
    def skipped(self, step: str) -> None: ...
    def finished(self, run: Run) -> None: ...


class LogNarrator:
    """Says it in the log."""

    def registered(self, version: Version) -> None:
        say(f"Registered pipeline {version.pipeline} (version {version.number}).")

    def began(self, run: Run, steps: int) -> None:
        given = ", ".join(f"{name}={shown}" for name, shown in run.parameters.items())
        version = f"version {run.version}" if run.version is not None else "draft"
        say(f"Run {run.number} of {run.pipeline} ({version}){': ' + given if given else ''}")

    def started(self, step: str, expected: float | None) -> None:
        say(f"Step {step} has started.")

    def ended(self, outcome: Outcome) -> None:
        for line in told(outcome):
            say(line)

    def skipped(self, step: str) -> None:
        say(f"Step {step} was skipped: a step before it failed.")

    def finished(self, run: Run) -> None:
        cached = sum(step.status == "cached" for step in run.steps)
        saved = sum(step.saved for step in run.steps)
        spent = seconds((run.ended or run.started) - run.started)
        tail = f", {cached} of {len(run.steps)} steps cached" if run.steps else ""
        say(
            f"Run {run.number} of {run.pipeline} {run.status} in {spent}{tail}"
            + (f", saved {seconds(saved)}." if saved else ".")
        )


def told(outcome: Outcome) -> list[str]:
    """The lines that tell how one step went."""
    lines = [_headline(outcome)]
    if isinstance(outcome.verdict, Hit) and outcome.status == "cached":
        record = outcome.verdict.record
        origin = f"from {outcome.origin_name}, " if outcome.origin_name else ""
        lines.append(f"  {origin}saved {seconds(record.seconds)}")
    elif isinstance(outcome.verdict, Miss) and outcome.status == "completed":
        why = why_beside(outcome.not_kept, outcome.verdict.why)
        lines += [f"  ran: {why}"] if why else []
    if outcome.not_kept:
        lines.append(f"  not kept: {outcome.not_kept}")
    return [*lines, *(f"  {remark}" for remark in outcome.remarks)]


def _headline(outcome: Outcome) -> str:
    if outcome.status == "cached":
        return f"Using cached version of {outcome.step}."
    spent = seconds(outcome.seconds)
    if outcome.status == "completed":
        return f"Step {outcome.step} has finished in {spent}."
    error = described(outcome.error).partition("\n")[0]
    return f"Step {outcome.step} {outcome.status} after {spent}: {error}"


def seconds(amount: float) -> str:
    """A duration for people: ``0.3 s``, ``12.4 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if amount < 0.1:
        return f"{amount * 1000:.0f} ms"
    if amount < 100:
        return f"{amount:.1f} s"
    minutes, rest = divmod(round(amount), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def say(line: str) -> None:
    """Write one line to the log, giving it a plain handler unless the program gave it its own."""
    if not log.handlers:
        log.addHandler(_CurrentStdout())
        log.propagate = False
    if log.level == logging.NOTSET:
        log.setLevel(logging.INFO)
    log.info(line)


class _CurrentStdout(logging.StreamHandler[Any]):
    """Writes to whatever standard output is now: a notebook or a test may have replaced it."""

    def __init__(self) -> None:
        super().__init__(sys.stdout)

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stdout
        super().emit(record)
