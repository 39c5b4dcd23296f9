"""Drawn: what a step that ran has done to the random states that all code shares."""

from __future__ import annotations

from zenbook.engine.decide import random_read
from zenbook.engine.desk import Desk
from zenbook.engine.watched import Watched
from zenbook.model import Call, Read


def drawn_by(watched: Watched, call: Call, desk: Desk) -> tuple[list[str], list[Read], list[str]]:
    """Global random states that the step left another way than it found them; which of them were
    a reason, as reads; and what to say of those. A step with a seed has states of its own. A forked
    child may draw from a copy, which nobody sees: one that was seeded is a reason then."""
    if call.options.seed is not None:
        return [], [], []
    after = desk.randomness.states()
    sown = {library for library in after if _sown(library, watched)}
    drawn = [
        library
        for library, state in after.items()
        if library in sown or _moved(library, state, watched, desk)
    ]
    copied = watched.seeded if watched.seen.has_forked else frozenset()
    reads = [
        random_read(library, watched.before.get(library, ""), library in watched.seeded, call)
        for library in dict.fromkeys((*drawn, *sorted(copied)))
        if library not in sown or call.options.rng == "key"
    ]
    remarks = [_unseeded(read.name) for read in reads if read.digest == "unseeded"]
    return drawn, reads, remarks


def _unseeded(library: str) -> str:
    return f"unseeded {'' if library == 'random' else library + ' '}random state"


def _sown(library: str, watched: Watched) -> bool:
    """Whether the step seeded this state before it drew from it: then the state it found is no
    reason. The state it left is kept even where it is the one that it found."""
    before = watched.before.get(library)
    return before is not None and watched.seen.sown.get(library) == before


def _moved(library: str, state: str, watched: Watched, desk: Desk) -> bool:
    """Whether the step drew from this state, or imported the library and seeded it."""
    if library in watched.before:
        return watched.before[library] != state
    return desk.randomness.seeded(library)
