"""Keep: what a step that ran leaves behind, or the sentence that says why it leaves nothing.

The order matters and is the crash order: bytes first, the record's insert last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zenbook.core.closure_changes import library_changes
from zenbook.core.source_shown import ANY, LINKS, LOST, MANIFEST
from zenbook.core.uncollected import uncollected
from zenbook.engine.counting import is_counted
from zenbook.engine.desk import Desk
from zenbook.engine.drawings import Drawing, without_artists, without_followers
from zenbook.engine.drawn import drawn_by
from zenbook.engine.entwined import UNSURE, changed_in, handed_on
from zenbook.engine.identify import Identity
from zenbook.engine.imports import imports_read
from zenbook.engine.lending import lenders, lent, used_after
from zenbook.engine.made_of import refuse_made_of
from zenbook.engine.mishap import status_of
from zenbook.engine.part_kinds import has_identity
from zenbook.engine.paths import follow
from zenbook.engine.reach import Reach
from zenbook.engine.sharing import Inseparable, Link, links
from zenbook.engine.shown import noted
from zenbook.engine.sitting import Sitting
from zenbook.engine.tying import exchange, ties
from zenbook.engine.vouched import found_changed
from zenbook.engine.watched import Watched
from zenbook.engine.windows import behind_each_other, is_own, refuse_buffers
from zenbook.errors import NotDigestible, NotKeepable, StoreFault
from zenbook.model import Artifact, Call, Miss, Outcome, Read, Record, Status
from zenbook.world.unheard import unheard

if TYPE_CHECKING:
    from zenbook.engine.passage import Ran


@unheard
def keep(
    ran: Ran,
    watched: Watched,
    identity: Identity,
    verdict: Miss,
    values: Mapping[str, Any],
    call: Call,
    sitting: Sitting,
    desk: Desk,
) -> Outcome:
    """The outcome of a step that ran, with its record if its result could be kept."""
    record: Record | None = None
    not_kept = ""
    changed: Mapping[str, Any] = {}
    if ran.error is None:
        try:
            changed = _changed_inputs(identity, values, watched, desk)
            more = (watched, identity, values, changed, call, sitting, desk)
            record = _first_kept(_attempts(ran, values, sitting), lambda it: _record(it, *more))
        except (NotKeepable, Inseparable) as error:
            not_kept = str(error).removeprefix("~")
        except StoreFault as error:
            not_kept = f"the store failed: {error}"
            desk.warn_of(error, "zenbook cannot keep results ({}); steps run without it.")
        except Exception as error:  # our own fault must not become the step's
            not_kept = f"zenbook failed ({type(error).__name__}: {error})"
            desk.warn_once(f"{call.step.name} was {not_kept}; please report this.")
    outcome = outcome_of(ran, verdict, call, not_kept=not_kept)
    return replace(
        outcome,
        values={name: value for name, value in ran.values.items() if not name.startswith("%")},
        fingerprint=identity.fingerprint,
        record=record,
        changed=changed,
        origin=ran.run or sitting.run,
        remarks=record.remarks if record else (*ran.remarks, *watched.remarks),
    )


def outcome_of(ran: Ran, verdict: Miss, call: Call, *, not_kept: str) -> Outcome:
    """The outcome of a step that ran and left no record."""
    return Outcome(
        step=call.step.name,
        status=_status(ran),
        verdict=verdict,
        fingerprint=None,
        record=None,
        values=ran.values,
        seconds=ran.seconds,
        error=ran.error,
        not_kept=not_kept,
        remarks=ran.remarks,
        metrics=ran.metrics,
    )


def _status(ran: Ran) -> Status:
    if ran.error is None:
        return "completed"
    return status_of(ran.error)


def _changed_inputs(
    identity: Identity, values: Mapping[str, Any], watched: Watched, desk: Desk
) -> dict[str, Any]:
    """Inputs whose digest differs from before: the step changed them in place. So are arrays that
    have become read-only, or are so no more, which no digest tells; raises NotKeepable where
    another input holds one."""
    locked: set[str] = set()
    for (_, name), *further in watched.entwined.locked() if watched.entwined else ():
        if further or name not in identity.digests:
            raise NotKeepable(name, "holds an array that became read-only, or is so no more")
        locked.add(name)
    return {
        name: values[name]
        for name, before in identity.digests.items()
        if name in values  # else nobody holds it any more
        and (name in locked or _digest_after(values[name], identity, desk) != before)
    }


def _digest_after(value: Any, identity: Identity, desk: Desk) -> str:
    try:
        return desk.digester(identity.live).digest(value)
    except NotDigestible:
        return "not digestible"


def _attempts(ran: Ran, inputs: Mapping[str, Any], sitting: Sitting) -> Iterator[Ran]:
    """What may be kept, the best first: a function's record can do without what it drops, and a
    cell's without what it binds to names like ``_``."""
    hidden = {name: value for name, value in ran.values.items() if name.startswith("%")}
    if sitting.rebinds or not hidden:
        yield ran
        if ran.bare is not None:
            yield replace(ran, values=ran.bare())
        return
    rest = {name: value for name, value in ran.values.items() if name not in hidden}
    bare = replace(ran, values={**rest, LOST: (ANY,)})
    with suppress(Inseparable):
        links(hidden, inputs)
        yield ran
    yield bare


def _first_kept(attempts: Iterable[Ran], kept: Callable[[Ran], Record]) -> Record:
    """The record of the first that can be kept. Raises what stands against the last."""
    refused: NotKeepable | Inseparable | None = None
    try:
        for attempt in attempts:
            try:
                return kept(attempt)
            except (NotKeepable, Inseparable) as error:
                refused = error
        assert refused is not None
        raise refused
    finally:
        del refused  # its traceback holds this frame, and that all that the step was given


def _record(
    ran: Ran,
    watched: Watched,
    identity: Identity,
    values: Mapping[str, Any],
    changed: Mapping[str, Any],
    call: Call,
    sitting: Sitting,
    desk: Desk,
) -> Record:
    """Write the bytes, then the record. Raises NotKeepable or StoreFault; nothing is then left."""
    _refuse(_obstacles(ran, watched, identity, values, changed, sitting, desk))
    drawn, random_reads, random_remarks = drawn_by(watched, call, desk)
    displays = [shown for shown in watched.displays if shown.get("kind") not in ran.unrecorded]
    seen = (*watched.seen.reads, *desk.capture.how_shown(displays))
    outputs = _outputs(ran, call)
    keepable = dict(outputs)
    keepable.update({f"~{name}": value for name, value in changed.items()})
    if drawn:
        keepable["%random"] = desk.randomness.save(drawn)
    if displays:
        keepable["%displays"] = displays
    used = used_after(identity, call, desk, outputs)
    with uncollected():
        shared = _shared(outputs, watched, identity, values, changed, used, sitting)
    if shared != []:
        keepable[LINKS] = shared
    with desk.keeping():
        artifacts, seals = desk.vault.keep(keepable)
        by_name = {artifact.name: artifact for artifact in artifacts}
        made = tuple(_alias(by_name[name], outputs[name], values) for name in outputs)
        return desk.history.add(
            Record(
                id=desk.new_id(),
                step=call.step.name,
                fingerprint=identity.fingerprint,
                reads=(*_reads(seen, changed, identity, call, desk), *random_reads),
                wrote=watched.seen.wrote,
                artifacts=made,
                changed=tuple(by_name[f"~{name}"] for name in changed),
                deleted=ran.deleted,
                random_after=(by_name["%random"],) if drawn else (),
                displays=noted(by_name.get("%displays"), call.shows),
                links=by_name.get(LINKS),
                seals=seals,
                seconds=ran.seconds,
                started=watched.started,
                python=desk.python,
                run=ran.run or sitting.run,
                metrics=ran.metrics,
                remarks=_remarks(ran, watched, identity, random_remarks),
            )
        )


def _shared(
    outputs: Mapping[str, Any],
    watched: Watched,
    identity: Identity,
    values: Mapping[str, Any],
    changed: Mapping[str, Any],
    used: Mapping[str, Any],
    sitting: Sitting,
) -> list[Link] | None:
    """What outputs and changed inputs share with others, and these among themselves; None if a hit
    could not put that together again. Raises Inseparable."""
    results = {n: value for n, value in (*outputs.items(), *changed.items()) if n != MANIFEST}
    reach = Reach(results.values())
    refuse_made_of(results, reach, (*values.values(), *used.values()))
    drawings: Sequence[Drawing] = ()
    if sitting.rebinds and watched.entwined:  # nobody can exchange a figure of a caller's
        drawings = watched.entwined.drawings.changed(changed)
    tied = without_followers(changed, drawings), without_artists(values, drawings)
    shared = _links(outputs, values, tied, used, reach, sitting)
    if shared is not None:
        handed = _handed_on(outputs, values, shared, {**lenders(used), **values})
        shared += _exchanged(watched, identity, values, changed)
        shared += _entwined(watched, changed, handed)
        shared += [drawing.link for drawing in drawings]
        if watched.entwined is not None and any(map(is_counted, reach.others)):
            shared += watched.entwined.counted.links(outputs, changed)
    return shared


def _obstacles(
    ran: Ran,
    watched: Watched,
    identity: Identity,
    values: Mapping[str, Any],
    changed: Mapping[str, Any],
    sitting: Sitting,
    desk: Desk,
) -> Iterator[str]:
    """Every reason why this result must not be kept, the most telling first."""
    if watched.fault:
        yield watched.fault
    if identity.obstacle:
        yield identity.obstacle
    yield from identity.unkept
    yield from library_changes(identity.changing)
    if not sitting.rebinds:
        yield from (f"{name} is a global that the step assigns" for name in identity.assigned)
    yield from ran.obstacles
    reached = ((n, other) for n, other in ran.in_reach.items() if n in changed)
    yield from (f"{n} may have been changed by {other}" for n, other in reached)
    yield from watched.seen.obstacles
    for name, (constant, before) in identity.constants.items():
        if sitting.rebinds and _is_one_of(constant, values):
            continue  # kept as a changed input
        if _digest_after(constant, identity, desk) != before:
            yield f"{name} is a global that the step changed in place"


def _refuse(obstacles: Iterable[str]) -> None:
    """Raise for the first obstacle there is; each reads "SUBJECT why"."""
    for obstacle in obstacles:
        subject, _, why = obstacle.partition(" ")
        raise NotKeepable(subject, why)


def _reads(
    seen: Sequence[Read],
    changed: Iterable[str],
    identity: Identity,
    call: Call,
    desk: Desk,
) -> Iterator[Read]:
    """What it found while it ran, apart from random states."""
    yield from seen
    yield from _said_before(seen, identity, desk)
    yield from found_changed(changed, identity, call)
    yield from imports_read(call, desk)


def _said_before(seen: Iterable[Read], identity: Identity, desk: Desk) -> Iterator[Read]:
    """Warnings and log records of earlier runs of the very same: hidden now, they may be shown,
    or be errors, another time."""
    known = {read.name for read in seen if read.kind == "setting"}
    for record in desk.candidates(identity.fingerprint.key):
        for read in record.reads:
            if read.kind == "setting" and read.name not in known:
                known.add(read.name)
                yield desk.watch.again(read, identity.who)


def _outputs(ran: Ran, call: Call) -> dict[str, Any]:
    only = call.options.keep_only
    return {name: value for name, value in ran.values.items() if not only or name in only}


def _links(
    outputs: Mapping[str, Any],
    inputs: Mapping[str, Any],
    tied: tuple[Mapping[str, Any], Mapping[str, Any]],
    used: Mapping[str, Any],
    made: Reach,
    sitting: Sitting,
) -> list[Link] | None:
    """Where outputs hold objects of inputs and of used values; None if a hit could not put them
    together again, or the outputs with each other. A notebook finds those of inputs itself, all
    but what changed inputs hold: these are ``tied``, and the inputs that they may hold."""
    inner = {name: value for name, value in outputs.items() if not _is_one_of(value, inputs)}
    if sitting.rebinds:
        return [*ties(*tied, lenders(used)), *lent(inner, inputs, used, made)]
    try:
        refuse_buffers(inner, made)
        found = [*links(inner, inputs), *lent(inner, inputs, used, made)]
        found += behind_each_other(inner, found, made)
        found += ties(*tied, lenders(used))  # a function's caller needs none; a cell does
        return found
    except Inseparable:
        return None


def _is_one_of(value: Any, inputs: Mapping[str, Any]) -> bool:
    return any(value is given for given in inputs.values())


def _exchanged(
    watched: Watched, identity: Identity, values: Mapping[str, Any], changed: Mapping[str, Any]
) -> list[Link]:
    """Places in inputs and used values where the step put another object than was there, equal or
    not."""
    before = watched.entwined
    if before is None:
        return []
    everything = {**identity.used, **values}
    same = {name: value for name, value in everything.items() if not _is_one_of(value, changed)}
    seen = ((n, way) for name in changed for n, way, _ in before.exchanged({name: changed[name]}))
    places = (*seen, *before.moved(changed), *before.replaced(same))
    return [exchange(name, way) for name, way in places]


def _entwined(watched: Watched, changed: Mapping[str, Any], handed: Iterable[Any]) -> list[Link]:
    """What inputs had in common with each other, as far as the step changed it or handed it on."""
    before = watched.entwined
    if before is None:
        return []
    before.refuse_unseen(changed.keys())
    if before.is_untwined:
        return []
    parts = list(handed)
    if before.is_unsure and (parts or changed):
        raise Inseparable(UNSURE)
    ways = (pair for part in parts for pair in before.ways_to(part))
    return [*changed_in(before.pairs_of(changed)), *handed_on(ways)]


def _handed_on(
    outputs: Mapping[str, Any],
    inputs: Mapping[str, Any],
    shared: Iterable[Link],
    holders: Mapping[str, Any],
) -> Iterator[Any]:
    """The inputs' and used values' objects that outputs are, hold, or look into."""
    yield from (value for value in outputs.values() if _is_one_of(value, inputs))
    for link in (*shared, *outputs.get(MANIFEST, {}).get("links", ())):
        if not (link[0].startswith("~") or is_own(link)):
            yield follow(holders[link[2]], link[3])


def _alias(artifact: Artifact, value: Any, inputs: Mapping[str, Any]) -> Artifact:
    """Mark an output that *is* one of the inputs (immutable values have no identity to keep)."""
    if not has_identity(value):
        return artifact
    for name, given in inputs.items():
        if given is value:
            return replace(artifact, alias=name)
    return artifact


def _remarks(
    ran: Ran, watched: Watched, identity: Identity, random_remarks: Sequence[str]
) -> tuple[str, ...]:
    said = (*identity.remarks, *random_remarks, *watched.remarks, *ran.remarks)
    return tuple(dict.fromkeys(said))
