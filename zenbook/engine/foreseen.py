"""A pipeline's plan, printed as what one wants to know before running it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from zenbook.engine.narrate import seconds
from zenbook.model import Hit, Miss, Plan, PlannedStep


@dataclass(frozen=True, slots=True, repr=False)
class Foreseen(Plan):
    """A plan that prints, and renders in a notebook, as a table."""

    def __repr__(self) -> str:
        rows = [row_of(step) for step in self.steps]
        first, second = (max((len(row[n]) for row in rows), default=0) for n in (0, 1))
        lines = [f"  {a.ljust(first)}  {b.ljust(second)}  {c}" for a, b, c in rows]
        return "\n".join([self.headline(), *lines])

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row_of(step)) + "</tr>"
            for step in self.steps
        )
        heads = "<tr><th>step</th><th>verdict</th><th>why</th></tr>"
        return f"<table><caption>{escape(self.headline())}</caption>{heads}{rows}</table>"

    def headline(self) -> str:
        """How many steps are cached, run or wait, and how long that takes where it is known."""
        kinds = [type(step.verdict) for step in self.steps]
        hits, runs = kinds.count(Hit), kinds.count(Miss)
        waits = len(kinds) - hits - runs
        told = f"Plan of {self.pipeline}: {hits} of {len(kinds)} steps cached"
        told += f", {runs} would run" if runs else ""
        told += f", {waits} {'waits' if waits == 1 else 'wait'}" if waits else ""
        known = any(step.expected is not None for step in self.steps)
        return told + (f"; about {seconds(self.expected)}" if known and hits < len(kinds) else "")


def row_of(step: PlannedStep) -> tuple[str, str, str]:
    """A step's name, its verdict in two words, and why, with what it took last time."""
    last = f" ({seconds(step.expected)} last time)" if step.expected is not None else ""
    verdict = step.verdict
    if isinstance(verdict, Hit):
        return step.step, "cached", "nothing changed"
    if isinstance(verdict, Miss):
        return step.step, "would run", verdict.why + last
    return step.step, "unsure", f"waits for {', '.join(verdict.waits_for)}{last}"
