"""Decide: is a kept result what running now would give? The one decision of zenbook.

Lookup has two phases, as in ccache's manifest and the constructive traces of "Build Systems à
la Carte" (Mokhov, Mitchell, Peyton Jones, 2018): the key finds candidate records, then what
each of them read of the world is looked at again as it is now. A plan, a run and an
explanation all call :func:`decide`; there is no second opinion.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import CodeType

from zenbook.core.source_shown import LOCAL
from zenbook.core.verdict import changes_between, miss_after, miss_for
from zenbook.engine.desk import Desk
from zenbook.engine.identify import Identity, identify
from zenbook.engine.imports import as_imported, is_import
from zenbook.engine.shown import is_shown_so
from zenbook.engine.sitting import Sitting, disabled_by
from zenbook.engine.vouched import as_it_is_now
from zenbook.errors import StoreFault
from zenbook.model import Call, Change, Hit, Miss, Options, Part, Read, Record, Run, StepRun


def decide(identity: Identity, call: Call, sitting: Sitting, desk: Desk) -> Hit | Miss:
    """The verdict on a call. Never runs anything; never raises for a store that is broken."""
    if identity.obstacle:
        return Miss((), "unknowable", identity.obstacle)
    if said := said_to_run(call.options, sitting):
        return said
    return look_up(identity, call, sitting, desk)


def verdict_on(call: Call, sitting: Sitting, desk: Desk) -> Hit | Miss:
    """The verdict on a call of which nothing is known yet."""
    return decide(identify(call, desk), call, sitting, desk)


def said_to_run(options: Options, sitting: Sitting) -> Miss | None:
    """The miss of a step that somebody has told to run, whatever its inputs are."""
    if options.force:
        return Miss((), "forced", "forced")
    if who := disabled_by(sitting, options):
        return Miss((), "cache disabled", f"cache disabled by {who}")
    return None


def look_up(identity: Identity, call: Call, sitting: Sitting, desk: Desk) -> Hit | Miss:
    """Find the newest record that still holds, or say what stands against the nearest one."""
    key = identity.fingerprint.key
    nearest: Miss | None = None
    for record in desk.candidates(key):
        against = _against(record, identity, call, sitting, desk)
        if against is None:
            return Hit(record)
        nearest = nearest or against
    if nearest is not None:
        return nearest
    if refused := desk.refused(key):
        return Miss((), "untrusted", refused)
    return _explain(identity, call, sitting, desk)


def _against(
    record: Record, identity: Identity, call: Call, sitting: Sitting, desk: Desk
) -> Miss | None:
    """What stands against using this record now; None if nothing does."""
    ttl = call.options.ttl
    if ttl is not None and not 0 <= desk.clock.now() - record.started - record.seconds < ttl:
        return Miss((), "expired", "expired")
    changes = _changed_reads(record, identity, call, desk)
    if changes:
        return miss_for(changes)
    if lacking := lacking_in(record, call, sitting):
        return lacking
    if sitting.lazy and (gone := desk.missing_blob(record)):
        return Miss((), "damaged", f"the kept {gone} is gone")
    return None


def lacking_in(record: Record, call: Call, sitting: Sitting) -> Miss | None:
    """The miss of a record that cannot give or show all that the call would."""
    if not is_shown_so(record, call.shows):
        return Miss((), "unknowable", "the value it shows was not kept")
    missing = not_kept(record, call)
    if missing and (missing := missing - besides(record, call, sitting)):
        return Miss((), "unknowable", _not_kept(missing))
    return None


def not_kept(record: Record, call: Call) -> set[str]:
    """The outputs that a call asks for and a record does not have under their names."""
    wanted = set(call.options.keep_only or call.step.outputs)
    return wanted.difference([artifact.name for artifact in record.artifacts])


def _not_kept(missing: set[str]) -> str:
    named = sorted(name for name in missing if not name.startswith("%"))
    return f"{', '.join(named) or 'what the cell shows or defines'} was not kept"


def besides(record: Record, call: Call, sitting: Sitting) -> set[str]:
    """Names that can be given besides the record's outputs.

    A cell is given what a function with its body has bound and not returned. To a function's
    caller an input that was changed in place may be returned under its name, and ``output`` is
    None where a record has none: what a ``return`` gives is code, and would be another key; but for
    that of a variable called so, which the record's cell has not bound.
    """
    if sitting.rebinds:
        dropped = (artifact.name for artifact in record.artifacts)
        return {name.removeprefix(LOCAL) for name in dropped if name.startswith(LOCAL)}
    unnamed = set() if "output" in _variables(call) else {"output"}
    return {*unnamed, *(artifact.name[1:] for artifact in record.changed)}


def _variables(call: Call) -> tuple[str, ...]:
    """The local names of a step's function."""
    code = getattr(call.code, "__code__", call.code)
    return (*code.co_varnames, *code.co_cellvars) if isinstance(code, CodeType) else ()


def _changed_reads(record: Record, identity: Identity, call: Call, desk: Desk) -> list[Change]:
    """Everything the record read or wrote that is different now, most telling first."""
    changes: list[Change] = []
    for read in (*record.reads, *record.wrote):
        now = look_again(read, identity, call, desk)
        if now.digest != read.digest:
            changes.append(Change(read, now))
    return changes


def look_again(read: Read, identity: Identity, call: Call, desk: Desk) -> Read:
    """The same thing as it is now."""
    if read.kind == "input":
        return as_it_is_now(read, call, desk)
    if is_import(read):
        return as_imported(read, call, desk)
    if read.kind != "random":
        return desk.watch.again(read, identity.who)
    digest = desk.randomness.states().get(read.name, "")
    return random_read(read.name, digest, desk.randomness.seeded(read.name), call)


def random_read(library: str, digest: str, seeded: bool, call: Call) -> Read:
    """The part that a global random state is: its digest if the program had seeded it."""
    counts = {"key": True, "ignore": False}.get(call.options.rng, seeded)
    return Read("random", library, digest if counts else "unseeded")


def _explain(identity: Identity, call: Call, sitting: Sitting, desk: Desk) -> Miss:
    """Tell a miss against the newest record of this step's name."""
    nearest = desk.latest(call.step.name, sitting.pipeline)
    changes: Sequence[Change] = ()
    if nearest is not None:
        changes = changes_between(_known(nearest), identity.fingerprint.parts)
    if changes:
        return miss_for(changes)
    last = desk.last_run(call.step.name, sitting.pipeline)
    return miss_after(last[1], _since(*last, identity, desk)) if last else miss_after(None)


def _since(run: Run, line: StepRun, identity: Identity, desk: Desk) -> str:
    """What is known to be another than in a run of which no record tells: its code, where that is
    on record or the run is of this process, and its parameters."""
    if line.key in ("", identity.fingerprint.key):
        return ""
    then, parts = _code_in(run, line.step, desk), identity.fingerprint.parts
    if then and then not in {part.digest for part in parts if part.kind == "code"}:
        return "code changed"
    shown = {part.name: part.shown for part in parts if part.kind == "input"}
    used = {name: text.rpartition("→")[2] for name, text in run.parameters.items()}
    changed = [n for n in used if shown.get(n) and used[n] and shown[n] != used[n]]
    told = (f"{name} {used[name]}→{shown[name]}" for name in changed)
    return next(told, "what it depends on has changed")


def _code_in(run: Run, step: str, desk: Desk) -> str:
    """The digest of a step's code in a run, "" if nobody knows it."""
    try:
        found = desk.step_in(run, step)
    except StoreFault:
        return ""  # candidates() has told of the fault already
    return found.code if found is not None else ""


def _known(record: Record) -> tuple[Part, ...]:
    return record.fingerprint.parts
