"""The one path: identify → decide → restore or execute → keep → show.

A generator, so that *who* executes a step is the only thing that differs between a function,
a coroutine and a notebook cell. It yields :class:`Execute` when the body has to run and is sent
:class:`Ran` when it has; it returns the :class:`~zenbook.model.Outcome`. A call that is a hit
never yields.

The alternative, one function per kind of caller with callbacks for the parts that differ, was
dropped: three copies of this order of events cannot be kept equal.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from zenbook.engine.decide import decide, look_up
from zenbook.engine.desk import Desk
from zenbook.engine.identify import Identity, identify
from zenbook.engine.keep import Watched, keep, watching
from zenbook.engine.restore import load_inputs, restore
from zenbook.engine.sitting import Sitting
from zenbook.errors import MustHit
from zenbook.model import Call, Hit, Miss, Outcome


@dataclass(frozen=True, slots=True, eq=False)
class Execute:
    """Run this call's body now, with these values, for this reason."""

    call: Call
    values: Mapping[str, Any]
    verdict: Miss


@dataclass(frozen=True, slots=True, eq=False)
class Ran:
    """What running gave: outputs by name, or the error that ended it.

    ``deleted`` names what a cell deleted; ``obstacles`` are a driver's own reasons not to keep
    the result (a cell that called ``input()``).
    """

    values: Mapping[str, Any]
    seconds: float
    error: BaseException | None = None
    deleted: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    run: str = ""
    """The run it belongs to, where the verdict decides that (a notebook); else the sitting's."""
    unrecorded: frozenset[str] = frozenset()
    """Kinds of display events that are no part of the result (a cell's bare last name)."""


Passage = Generator[Execute, Ran, Outcome]


def passage(call: Call, sitting: Sitting, desk: Desk) -> Passage:
    """Take one call through the path; see the module's text."""
    identity = identify(call, desk)
    verdict = decide(identity, call, sitting, desk)
    if isinstance(verdict, Hit):
        outcome = restore(verdict, identity, call, sitting, desk)
        if isinstance(outcome, Outcome):
            return outcome
        verdict = outcome
    if call.options.must_hit:
        raise MustHit(f"Step {call.step.name} is no hit: {verdict.why}. Run it without must_hit.")
    return (yield from _run_once(identity, verdict, call, sitting, desk))


def _run_once(
    identity: Identity, verdict: Miss, call: Call, sitting: Sitting, desk: Desk
) -> Passage:
    """Execute and keep, unless another process has just done so for the same key."""
    with desk.once(identity.fingerprint.key, sitting.patience) as waited:
        if waited and verdict.cause not in ("forced", "cache disabled", "unknowable"):
            second = look_up(identity, call, sitting, desk)
            if isinstance(second, Hit):
                outcome = restore(second, identity, call, sitting, desk)
                if isinstance(outcome, Outcome):
                    return outcome
        values = load_inputs(call, desk)
        watched = Watched()
        with watching(watched, identity, values, desk):
            ran = yield Execute(call, values, verdict)
        return keep(ran, watched, identity, verdict, values, call, sitting, desk)
