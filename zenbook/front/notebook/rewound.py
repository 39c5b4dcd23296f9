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
    from zenbook.engine.handles import OutputHandle, StepHandle


@dataclass(frozen=True, slots=True)
class Lost:
    """Stands for a value that is on no record."""

    why: str


@dataclass(slots=True, eq=False)
class _Object:
    """One object of the notebook, with its newest content."""

    content: OutputHandle | Lost


def at_end(
    steps: Iterable[StepHandle], name: str | None = None
) -> Mapping[str, OutputHandle | Lost]:
    """What each name, or only this one, stood for; names of one object have one and the same."""
    names: dict[str, _Object] = {}
    for step in steps:
        _follow(step, names)
    return {n: one.content for n, one in names.items() if name in (None, n)}


def _follow(step: StepHandle, names: dict[str, _Object]) -> None:
    """Let a step give names what it gave them."""
    record = step.record
    if record is None:
        why = step.line.not_kept or (f"{step.name} {step.status}" if step.line.error else "")
        lost = Lost(why or f"what {step.name} gave is forgotten")
        names |= {name: _Object(lost) for name in step.binds}
        return
    for part in record.fingerprint.parts:
        known = names.get(part.name) if part.kind == "input" else None
        content = known.content if known is not None else None
        if content is not None and not isinstance(content, Lost) and content.digest != part.digest:
            told = f"{step.name} found another value, which is not kept"
            names[part.name] = _Object(Lost(told))
    for name, later in step.changed.items():
        names.setdefault(name, _Object(later)).content = later
    before = dict(names)
    for name, output in step.outputs.items():
        alias = before.get(output.artifact.alias)
        is_alias = alias is not None and not isinstance(alias.content, Lost)
        names[name] = alias if alias is not None and is_alias else _Object(output)
    for name in record.deleted:
        names.pop(name, None)
