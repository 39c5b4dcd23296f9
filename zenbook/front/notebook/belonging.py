"""Whether a step that is not in the notebook's open run may join it.

A run is to hold what one passage through the notebook gives, so it goes down the notebook: what it
holds already may stand above the step, and not below it. What stands below was made before, of what
the step gave then. Nor does a step belong to it that goes back to a step left out, which is older
than what the run holds.

The notebook's order is that of its file. Where no file is known, the order of first execution
tells which step is the first of all, and of the others those count as below that have read
what the step gave, from it or from what plain cells have made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from zenbook.front.notebook.trail import roots_of, values_of

if TYPE_CHECKING:
    from zenbook.front.notebook.session import Known, Session


def belongs(session: Session, step: str) -> bool:
    """Whether a step may join the open run."""
    held = session.joined.keys()
    return held.isdisjoint(_below(session, step)) and not _goes_back(session, step)


def _below(session: Session, step: str) -> set[str]:
    """The steps that stand below one, as far as anybody knows."""
    order = session.order
    behind = order[order.index(step) + 1 :] if step in order else ()
    if behind and session.joined.keys() <= session.expected:
        return set(behind)
    readers = set(session.downstream_of(step))
    if order:
        return {*behind, *(readers.difference(order) if step in order else readers)}
    met = [name for name in session.trail.steps() if name in session.known]
    if step not in met:
        return readers
    behind = tuple(met[met.index(step) + 1 :])
    return set(behind) if len(behind) + 1 == len(met) else readers | _fed(session, step, behind)


def _fed(session: Session, step: str, behind: tuple[str, ...]) -> set[str]:
    """Those of some steps that have read what plain cells made of what one gives, and those that
    read what these gave."""
    made = session.trail.made_of(step)
    fed = {n for n in behind if not made.isdisjoint(roots_of(values_of(session.known[n])))}
    return fed.union(*map(session.downstream_of, fed))


def _goes_back(session: Session, step: str) -> bool:
    """Whether what a step reads goes back to one that ran before something the run holds, of which
    it was made, became another."""
    held, known = session.joined.keys(), session.known
    left_out = upstream_of(known, step) - held
    return any(
        known[older].at < known[newer].since
        for older in left_out & known.keys()
        for newer in upstream_of(known, older) & held & known.keys()
    )


def upstream_of(known: Mapping[str, Known], step: str) -> set[str]:
    """The steps that one's inputs come from, directly or not, as it ran last."""
    wanted, waiting = set[str](), [step]
    while waiting:
        met = known.get(waiting.pop())
        for edge in met.edges if met else ():
            if edge.source not in wanted and edge.source != step:
                wanted.add(edge.source)
                waiting.append(edge.source)
    return wanted
