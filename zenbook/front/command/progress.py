"""A run as it goes, for someone who watches: one line per step, the running one ticking.

The line is the one that stands under a notebook's cell. A log gets the engine's own plain
lines instead; nothing here is used then.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from zenbook.core.verdict import why_beside
from zenbook.core.view_text import GLYPHS, plain, seconds_text
from zenbook.model import Hit, Miss, Outcome, Run, Version

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_STYLES = {"completed": "green", "cached": "blue", "failed": "bold red", "interrupted": "yellow"}


class LiveNarrator:
    """Hears a run's events and shows them on a terminal, in place."""

    def __init__(self, console: Console) -> None:
        from rich.live import Live

        self._console = console
        self._step = ""
        self._expected: float | None = None
        self._since = 0.0
        self._done = 0
        self._steps = 0
        self._live = Live(
            console=console, get_renderable=self._now, refresh_per_second=8, transient=True
        )

    def registered(self, version: Version) -> None:
        """Tell the version that the run belongs to."""
        self._say(f"Registered pipeline {version.pipeline} (version {version.number}).", "dim")

    def began(self, run: Run, steps: int) -> None:
        """Tell what runs with which parameters, and start to tick."""
        given = ", ".join(f"{name}={shown}" for name, shown in run.parameters.items())
        self._say(f"{run.pipeline} run {run.number}{': ' + given if given else ''}", "bold")
        self._steps = steps
        self._live.start()

    def started(self, step: str, expected: float | None) -> None:
        """Tick for this step from now on."""
        self._step, self._expected, self._since = step, expected, time.monotonic()

    def ended(self, outcome: Outcome) -> None:
        """Leave the step's line standing."""
        self._done += 1
        self._step = ""
        self._say(line_of(outcome), _STYLES.get(outcome.status, ""))

    def skipped(self, step: str) -> None:
        """Leave a line that the step did not run."""
        self._done += 1
        self._say(f"{GLYPHS['skipped']} {step}  skipped: a step before it failed", "dim")

    def finished(self, run: Run) -> None:
        """Stop ticking and sum up."""
        self.close()
        cached = sum(step.status == "cached" for step in run.steps)
        saved = sum(step.saved for step in run.steps)
        spent = seconds_text((run.ended or run.started) - run.started)
        spared = f", {seconds_text(saved)} spared" if saved else ""
        self._say(
            f"{run.status} in {spent}, {cached} of {len(run.steps)} steps cached{spared}",
            "bold" if run.status == "completed" else _STYLES.get(run.status, ""),
        )

    def close(self) -> None:
        """Give the terminal back; may be called again."""
        self._live.stop()

    def _say(self, text: str, style: str = "") -> None:
        from rich.text import Text

        self._console.print(Text(plain(text, 1000), style))

    def _now(self) -> Text:
        from rich.text import Text

        if not self._step:
            return Text("")
        spent = seconds_text(time.monotonic() - self._since)
        usual = f" · last {seconds_text(self._expected)}" if self._expected else ""
        place = f"{self._done + 1}/{self._steps}"
        return Text(f"{GLYPHS['running']} {self._step}  {spent}{usual}  {place}", "cyan")


def line_of(outcome: Outcome) -> str:
    """How one step went, on one line."""
    told = [_verdict(outcome)]
    if outcome.not_kept:
        told.append(f"not kept: {outcome.not_kept}")
    told += outcome.remarks
    glyph = GLYPHS[outcome.status]
    return f"{glyph} {outcome.step}  {' · '.join(part for part in told if part)}"


def _verdict(outcome: Outcome) -> str:
    verdict = outcome.verdict
    if outcome.status == "cached" and isinstance(verdict, Hit):
        return f"cached · saved {seconds_text(verdict.record.seconds)}"
    if outcome.error is not None:
        return f"{outcome.status} after {seconds_text(outcome.seconds)} · nothing kept"
    why = verdict.why if isinstance(verdict, Miss) else ""
    told = why_beside(outcome.not_kept, why)
    return " · ".join(filter(None, (seconds_text(outcome.seconds), told)))
