"""The one path: identify → decide → restore or execute → keep → show.

A generator, so that *who* executes a step is the only thing that differs between a function,
a coroutine and a notebook cell. It yields :class:`Execute` when the body has to run and is sent
:class:`Ran` when it has; it returns the :class:`~zenbook.model.Outcome`. A call that is a hit
never yields.

The alternative, one function per kind of caller with callbacks for the parts that differ, was
dropped: three copies of this order of events cannot be kept equal.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from zenbook.engine.decide import decide
from zenbook.engine.desk import Desk
from zenbook.engine.identify import Identity, identify
from zenbook.engine.imports import noted_imports
from zenbook.engine.keep import keep, outcome_of
from zenbook.engine.restore import load_inputs, restore
from zenbook.engine.sitting import Sitting
from zenbook.engine.vouched import noted_before
from zenbook.engine.watched import Watched
from zenbook.errors import MustHit, ZenbookError
from zenbook.model import Call, Hit, Miss, Outcome
from zenbook.world.unheard import unheard


@dataclass(frozen=True, slots=True, eq=False)
class Execute:
    """Run this call's body now, with these values, for this reason."""

    call: Call
    values: Mapping[str, Any]
    verdict: Miss
    assigned: tuple[str, ...] = ()
    """Globals that its code assigns, or functions among its inputs."""


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
    bare: Callable[[], Mapping[str, Any]] | None = None
    """The values without those that a record can do without, if there are any."""
    in_reach: Mapping[str, str] = field(default_factory=dict)
    """Inputs that a thread or task could change meanwhile which ran before, and which one."""


Passage = Generator[Execute, Ran, Outcome]


def passage(call: Call, sitting: Sitting, desk: Desk) -> Passage:
    """Take one call through the path; see the module's text.

    Raises MustHit. A fault of zenbook's own never reaches the step: it runs, and is not kept.
    """
    try:
        identity, found = _looked_up(call, sitting, desk)
    except ZenbookError:
        raise
    except Exception as error:  # our own fault, whatever it is, must not become the user's
        return (yield from _unkept(call, desk, error))
    if isinstance(found, Outcome):
        return found
    if call.options.must_hit:
        said = "must_hit" if call.body is not None else "--must-hit"  # a cell has no body to call
        raise MustHit(f"Step {call.step.name} is no hit: {found.why}. Run it without {said}.")
    return (yield from _run_once(identity, found, call, sitting, desk))


@unheard
def _looked_up(call: Call, sitting: Sitting, desk: Desk) -> tuple[Identity, Outcome | Miss]:
    """What identifies the call, and what is found for it, in one look: to begin one takes time."""
    identity = identify(call, desk)
    return identity, _found(identity, call, sitting, desk)


def _found(identity: Identity, call: Call, sitting: Sitting, desk: Desk) -> Outcome | Miss:
    """The restored outcome of a hit, or the miss that says why there is none."""
    verdict = decide(identity, call, sitting, desk)
    if isinstance(verdict, Hit):
        return restore(verdict, identity, call, sitting, desk)
    return verdict


def _run_once(
    identity: Identity, verdict: Miss, call: Call, sitting: Sitting, desk: Desk
) -> Passage:
    """Execute and keep, unless another process has just done so for the same key."""
    with desk.once(identity.fingerprint.key, sitting.patience, sitting.waiting):
        if not identity.obstacle and verdict.cause not in ("forced", "cache disabled"):
            found = unheard(_found)(identity, call, sitting, desk)
            if isinstance(found, Outcome):
                return found
        values = load_inputs(call, desk)
        identity = noted_before(identity, values, call, desk)
        identity = noted_imports(identity, call, desk)
        watched = Watched(desk, call.namespace if call.body is None else None)
        with watched.watching(identity, values):
            loose = watched.loosen(call.loose(), values)
            ran = yield Execute(call, values, verdict, identity.assigned)
            for name, _ in loose.back():
                del values[name]
        return keep(ran, watched, identity, verdict, values, call, sitting, desk)


def _unkept(call: Call, desk: Desk, fault: Exception) -> Passage:
    """Run the step as if there were no zenbook, and say so."""
    told = f"{type(fault).__name__}: {fault}"
    desk.warn_once(
        f"zenbook could not look at step {call.step.name} ({told}), so it runs and is not kept. "
        "This is a fault of zenbook: please report it."
    )
    miss = Miss((), "unknowable", f"zenbook failed ({told})")
    ran = yield Execute(call, load_inputs(call, desk), miss)
    return outcome_of(ran, miss, call, not_kept=miss.why)
