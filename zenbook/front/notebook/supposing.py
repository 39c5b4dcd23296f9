"""What a plan supposes of cells that are no steps: Run All would run them, the plan does not.

They are taken to give again what they gave, so that most inputs count as the step found them (see
:mod:`trail`); for random states see :mod:`dice`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from zenbook.core.fingerprint import fingerprint_of
from zenbook.engine.desk import Desk
from zenbook.engine.identify import Identity
from zenbook.front.notebook.dice import Dice, counted, moves
from zenbook.front.notebook.session import Known, Session
from zenbook.front.notebook.trail import values_of
from zenbook.model import (
    Artifact,
    Call,
    Hit,
    Miss,
    Part,
    PlannedStep,
    Reference,
    Unsure,
    Verdict,
)

# ------------------------------------------------------------------ inputs


def as_found(
    identity: Identity, known: Known, names: Collection[str], handed: Mapping[str, Reference]
) -> Identity:
    """The identity with the inputs of these names as the step found them when it ran last, and the
    globals that it fills as they are ``handed`` to it."""
    if known.fingerprint is None or not (names or handed):
        return identity
    parts, then, values = identity.fingerprint.parts, known.fingerprint.parts, values_of(known)
    moved = {part.name: part for name, part in values.items() if name in names}
    for name, given in handed.items():
        if name in values and values[name].kind == "use":
            moved[name] = replace(values[name], digest=given.artifact.digest)
    gone = {name: part for name, part in moved.items() if part.kind == "input"}
    if any(part.name.endswith("()") and part not in parts for part in moved.values()):
        known_uses = {part.name for part in then}  # another helper than it used reads other values
        parts = tuple(p for p in parts if p.kind != "use" or p.name in known_uses)
    supposed = [*_supposed(parts, moved), *_missing(parts, gone, then)]
    return replace(identity, fingerprint=fingerprint_of(supposed))


def with_filled(call: Call, known: Known, names: Collection[str]) -> Call:
    """The call with those globals among these that it fills as the step found them."""
    if known.record is None:
        return call
    found = {n: part for n, part in values_of(known).items() if n in names and n in call.vouched}
    told = {n: Artifact(n, part.digest, "", 0, "") for n, part in found.items()}
    given = {n: Reference(artifact, known.record) for n, artifact in told.items()}
    return replace(call, values={**call.values, **given})


def _supposed(parts: Iterable[Part], moved: Mapping[str, Part]) -> Iterator[Part]:
    for part in parts:
        yield moved.get(part.name, part) if part.kind in ("input", "use") else part


def _missing(
    parts: Iterable[Part], gone: Mapping[str, Part], then: Iterable[Part]
) -> Iterator[Part]:
    """What deleted inputs add: themselves, and the libraries that they are made of."""
    there = {(part.kind, part.name) for part in parts}
    yield from (part for name, part in gone.items() if ("input", name) not in there)
    absent = gone.keys() - {name for kind, name in there if kind == "input"}
    libraries = (part for part in then if absent and part.kind == "environment")
    yield from (part for part in libraries if (part.kind, part.name) not in there)


# ------------------------------------------------------------------ random states


@dataclass(frozen=True, slots=True)
class _Thrown:
    """Random states as they may be, in the place of those that are."""

    real: Any
    supposed: Mapping[str, str]

    def states(self) -> Mapping[str, str]:
        return self.supposed

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def thrown(
    dice: Dice,
    session: Session,
    known: Known,
    planned: Mapping[str, PlannedStep],
    ask: Callable[[Desk], Hit | Miss],
) -> Verdict:
    """The verdict under every random state that the step may find, if it is one and the same."""
    desk, libraries = session.desk, sorted(counted(known))
    if not libraries:
        return ask(desk)
    movers = [n for n in planned if any(_may_move(session, planned[n], lib) for lib in libraries)]
    before = session.known[movers[-1]] if movers else None
    for name in movers:
        if isinstance(planned[name].verdict, Hit):
            continue
        if any(dice.follows(known, session.known[name], library) for library in libraries):
            return Unsure((name,))
    below = [each for name, each in session.known.items() if name not in planned]
    found = dice.found(known, before, desk.randomness.states())
    if any(_handed_up(known, each, library) for each in below for library in libraries):
        found = ()
    told = [ask(replace(desk, randomness=_Thrown(desk.randomness, each))) for each in found]
    for verdict in told or [ask(desk)]:
        if isinstance(verdict, Miss) and not _is_chance(verdict):
            return verdict
    if told and all(isinstance(verdict, Hit) for verdict in told):
        return told[0]
    return Unsure((f"the random state of {' and '.join(libraries)}",))


def _may_move(session: Session, planned: PlannedStep, library: str) -> bool:
    """Whether a step moves a random state, or may do so with the other code that it would run."""
    known, verdict = session.known[planned.step], planned.verdict
    anew = isinstance(verdict, Miss) and verdict.cause in ("code changed", "use changed")
    return anew or moves(known, library)


def _handed_up(known: Known, below: Known, library: str) -> bool:
    """Whether a step found the state that one below it had left: the cells ran out of order."""
    left = below.random_after.get(library)
    return moves(below, library) and known.random.get(library) == left


def _is_chance(miss: Miss) -> bool:
    """Whether nothing but a random state stands against a hit."""
    return bool(miss.changes) and all(change.part.kind == "random" for change in miss.changes)
