"""``%zenbook restore RUN [STEP|OUTPUT]``: put what an old run gave back into the notebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zenbook.errors import UsageError
from zenbook.front.notebook.namespace import bind
from zenbook.front.notebook.rewound import Lost, at_end, is_notebooks

if TYPE_CHECKING:
    from zenbook.engine.handles import OutputHandle
    from zenbook.front.notebook.door import Door


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back: names that were new, and names whose value was replaced. ``lost`` says
    of the others why they were not."""

    run: str
    added: tuple[str, ...]
    replaced: tuple[str, ...]
    lost: tuple[str, ...] = ()

    def __repr__(self) -> str:
        pieces = [f"Restored from run {self.run}."]
        if self.replaced:
            pieces.append(f"Replaced: {', '.join(self.replaced)}.")
        if self.added:
            pieces.append(f"Added: {', '.join(self.added)}.")
        if self.lost:
            pieces.append(f"Not restored: {'; '.join(self.lost)}.")
        return " ".join(pieces)


def restore(door: Door, run: str, name: str | None = None) -> Restored:
    """Bind what the names of a run stood for at its end, or one of them, or what one of its steps
    gave. Raises UsageError.

    ``run`` may be a number of this notebook's pipeline, an id, or ``pipeline:number``.
    """
    from zenbook.engine import verbs
    from zenbook.engine.handles import load_together

    found = verbs.show(run_named(door, run))
    asked = {output.name: output for _, output in verbs.outputs(found.id, name)}
    wanted, lost = asked, dict[str, str]()
    if is_notebooks(found) and (name is None or name in asked):
        end = at_end(found.steps.values(), name)
        wanted = {n: one for n, one in end.items() if not isinstance(one, Lost)}
        lost = {n: one.why for n, one in end.items() if isinstance(one, Lost)}
    named = {n: one for n, one in wanted.items() if n.isidentifier()}
    first = _first_names(named)
    loaded, faults = load_together({n: one for n, one in named.items() if first[n] == n})
    values = {n: loaded[first[n]] for n in named if first[n] in loaded}
    lost |= {n: _said(faults[first[n]], named[n]) for n in named if first[n] in faults}
    told = _grouped(lost)
    if not values:
        why = f": {'; '.join(told)}" if told else ""
        raise UsageError(f"Run {found.number} kept nothing that could be restored{why}.")
    namespace = door.shell.user_ns
    replaced = [n for n in values if n in namespace]
    bind(namespace, values)
    added = [n for n in values if n not in replaced]
    own = "" if found.pipeline == door.session().pipeline else f" of {found.pipeline}"
    return Restored(f"{found.number}{own}", tuple(added), tuple(replaced), told)


def _first_names(named: Mapping[str, OutputHandle]) -> dict[str, str]:
    """For each name the first that stood for the same object."""
    first: dict[int, str] = {}
    return {name: first.setdefault(id(output), name) for name, output in named.items()}


def _said(error: Exception, output: OutputHandle) -> str:
    """Why an output cannot be loaded, without its name in front."""
    if not output.is_there:
        return "`zenbook gc` has evicted it"
    return str(error).removeprefix(f"{output.artifact.name}: ").removesuffix(".")


def _grouped(lost: Mapping[str, str]) -> tuple[str, ...]:
    """``p, q (class P changed)``: names by the reason why they are not restored."""
    names: dict[str, list[str]] = {}
    for name, why in lost.items():
        names.setdefault(why, []).append(name)
    return tuple(f"{', '.join(group)} ({why})" for why, group in names.items())


def run_named(door: Door, run: str) -> str:
    """A bare number means a run of this notebook's pipeline. Raises UsageError if it has none
    of that number."""
    if not run.isdigit():
        return run
    session = door.session()
    name = f"{session.pipeline}:{run}"
    if session.desk.history.run(name) is None:
        newest = [each.number for each in session.desk.history.runs(pipeline=session.pipeline)]
        there = f"its newest is run {newest[0]}" if newest else "it has not run yet"
        raise UsageError(f"{session.pipeline} has no run {run}: {there}. `%runs` lists the runs.")
    return name
