"""What the notebook's names stood for at the end of a run, told from the records of its steps.

A step gives names new objects, or names of its inputs to others (``b = a``), and changes objects
in place, for all names that stand for them. So names are followed through the steps in their
order. What the plain cells between them did is on no record: a step that found another value than
the steps before it had left tells that they did something, and then nobody knows the value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zenbook.engine.handles import OutputHandle, RunHandle, StepHandle
    from zenbook.model import Part


@dataclass(frozen=True, slots=True)
class Lost:
    """Stands for a value that is on no record."""

    why: str


@dataclass(slots=True, eq=False)
class _Object:
    """One object of the notebook, with its newest content; ``doubt`` says why it may have become
    another since."""

    content: OutputHandle | Lost
    doubt: str = ""

    def is_beside(self, other: _Object) -> bool:
        """Whether it was kept with the other because they share a part. A frame does not count: it
        looks into the memory of others, and what these are given it mostly does not show."""
        own, its = self.content, other.content
        if self is other or isinstance(own, Lost) or isinstance(its, Lost):
            return False
        is_frame = own.artifact.type.partition(".")[0] == "pandas"
        return own.artifact.blob == its.artifact.blob and not is_frame


def is_notebooks(run: RunHandle) -> bool:
    """Whether its steps were cells, which share their names: functions have names of their own."""
    return run.facts.origin.partition(" ")[0] == "notebook"


def at_end(
    steps: Iterable[StepHandle], name: str | None = None
) -> Mapping[str, OutputHandle | Lost]:
    """What each name, or only this one, stood for; names of one object have one and the same."""
    names: dict[str, _Object] = {}
    for step in steps:
        _follow(step, names)
    found = {n: one for n, one in names.items() if name in (None, n)}
    return {n: Lost(one.doubt) if one.doubt else one.content for n, one in found.items()}


def _follow(step: StepHandle, names: dict[str, _Object]) -> None:
    """Let a step give names what it gave them."""
    record = step.record
    if record is None:
        why = step.line.not_kept or (f"{step.name} {step.status}" if step.line.error else "")
        lost = Lost(why or f"what {step.name} gave is forgotten")
        names |= {name: _Object(lost) for name in step.binds}
        return
    for part in record.fingerprint.parts:
        if part.kind == "input" and part.name in names:
            _find(part, step, names)
    _change(step, names)
    before = dict(names)
    for name, output in step.outputs.items():
        alias = before.get(output.artifact.alias)
        is_alias = alias is not None and not isinstance(alias.content, Lost)
        names[name] = alias if alias is not None and is_alias else _Object(output)
    for name in record.deleted:
        names.pop(name, None)


def _find(part: Part, step: StepHandle, names: dict[str, _Object]) -> None:
    """Compare what a step found with what the steps before it had left."""
    known = names[part.name]
    if isinstance(known.content, Lost):
        return
    if known.content.digest == part.digest:
        known.doubt = ""
    else:
        names[part.name] = _Object(Lost(f"{step.name} found another value, which is not kept"))


def _change(step: StepHandle, names: dict[str, _Object]) -> None:
    """Give objects the content that a step left in them."""
    changed = step.changed
    for name in changed:
        for one in names.values():
            if not one.doubt and name in names and one.is_beside(names[name]):
                one.doubt = f"it shares a part with {name}, which {step.name} changed in place"
    for name, later in changed.items():
        one = names.setdefault(name, _Object(later))
        one.content, one.doubt = later, ""
