"""``%zenbook restore RUN [STEP|OUTPUT]``: put the outputs of an old run back into the notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zenbook.errors import UsageError
from zenbook.front.notebook.namespace import bind

if TYPE_CHECKING:
    from zenbook.front.notebook.door import Door


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back: names that were new, and names whose value was replaced."""

    run: str
    added: tuple[str, ...]
    replaced: tuple[str, ...]

    def __repr__(self) -> str:
        pieces = [f"Restored from run {self.run}."]
        if self.replaced:
            pieces.append(f"Replaced: {', '.join(self.replaced)}.")
        if self.added:
            pieces.append(f"Added: {', '.join(self.added)}.")
        return " ".join(pieces)


def restore(door: Door, run: str, name: str | None = None) -> Restored:
    """Bind the kept outputs of a run, or of one of its steps, or one of them. Raises UsageError.

    ``run`` may be a number of this notebook's pipeline, an id, or ``pipeline:number``.
    """
    from zenbook.engine import verbs

    found = verbs.show(run_named(door, run))
    # where several steps bind one name, a notebook ends with what the last of them bound
    last = {output.name: output for _, output in verbs.outputs(found.id, name)}
    values = {name: output.load() for name, output in last.items() if name.isidentifier()}
    if not values:
        raise UsageError(f"Run {found.number} kept nothing that could be restored.")
    namespace = door.shell.user_ns
    replaced = [name for name in values if name in namespace]
    bind(namespace, values)
    added = [name for name in values if name not in replaced]
    own = "" if found.pipeline == door.session().pipeline else f" of {found.pipeline}"
    return Restored(f"{found.number}{own}", tuple(added), tuple(replaced))


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
