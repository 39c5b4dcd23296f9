"""Restore: give back what a hit's record kept. Everything is loaded before anything is touched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from zenbook.core.source_shown import LAST, LEFT, LINKS, LOCAL, MANIFEST
from zenbook.engine.decide import besides, not_kept
from zenbook.engine.desk import Desk
from zenbook.engine.entwined import UNSURE, Entwined, otherwise, roots_of, touched, untied
from zenbook.engine.frames import is_frame
from zenbook.engine.holders import are_held_elsewhere
from zenbook.engine.identify import Identity
from zenbook.engine.imports import imported_again
from zenbook.engine.in_place import replaceable
from zenbook.engine.lending import is_lent, lend, lend_to_changed
from zenbook.engine.sharing import Inseparable, Link, relink
from zenbook.engine.shown import as_printed, as_shown, manner_of
from zenbook.engine.sitting import Sitting
from zenbook.engine.tying import exchanged
from zenbook.engine.windows import as_own, own
from zenbook.errors import Damaged, NotHere, StoreFault, Untrusted
from zenbook.model import Artifact, Call, Hit, Miss, Outcome, Record, Reference
from zenbook.world.unheard import unheard


def restore(
    hit: Hit, identity: Identity, call: Call, sitting: Sitting, desk: Desk
) -> Outcome | Miss:
    """The outcome of a hit, or the miss that a damaged or untrusted result is."""
    record = hit.record
    try:
        if call.prepare is not None:
            call.prepare(_left_on_made(record, desk))
        return _restored(hit, identity, call, sitting, desk)
    except NotHere as error:
        return Miss((), "unknowable", str(error))
    except Damaged as error:
        desk.warn_once(f"The kept result of {record.step} is damaged ({error}); it runs again.")
        return Miss((), "damaged", str(error))
    except Untrusted as error:
        return Miss((), "untrusted", str(error))
    except Inseparable as error:
        return Miss((), "unknowable", str(error))
    except StoreFault as error:
        desk.warn_once(f"The kept result of {record.step} cannot be read ({error}); it runs again.")
        return Miss((), "damaged", str(error))


def _left_on_made(record: Record, desk: Desk) -> Mapping[str, Any]:
    """What the classes and functions that a cell makes held by its end, by their names."""
    kept = [artifact for artifact in record.artifacts if artifact.name == LEFT]
    left: Mapping[str, Any] = {}
    if kept:
        left = desk.vault.load(kept, record.seals, record.python)[LEFT]
    return left


@unheard
def load_inputs(call: Call, desk: Desk, names: Collection[str] | None = None) -> dict[str, Any]:
    """The call's values with every reference loaded, or with those of these names."""
    return {
        name: load(value, desk)
        if type(value) is Reference and (names is None or name in names)
        else value
        for name, value in call.values.items()
    }


def load(reference: Reference, desk: Desk) -> Any:
    """The live value a reference stands for; a fresh object each time."""
    artifact, record = reference.artifact, reference.record
    return desk.vault.load([artifact], record.seals, record.python)[artifact.name]


def _restored(
    hit: Hit, identity: Identity, call: Call, sitting: Sitting, desk: Desk
) -> Outcome | Miss:
    record = hit.record
    identity = imported_again(record, identity, call, desk)
    for artifact in record.artifacts:
        if artifact.alias and artifact.alias not in call.values:
            return Miss((), "unknowable", f"{artifact.alias}, which it hands on, is not there")
    wanted_besides = _wanted_besides(record, call, sitting)
    if sitting.lazy:
        values: Mapping[str, Any] = _references(record, wanted_besides)
        loaded, changed = _load(record, (), desk), {}
        apart = _shared_otherwise(record, _links(loaded) or (), identity, call, desk)
    else:
        if record.changed and not sitting.rebinds and not _can_put_back(record, call):
            return Miss((), "unknowable", "it changes an input in place")
        kept = record.artifacts if sitting.rebinds else _for_functions(record)
        wanted = [artifact for artifact in kept if not (artifact.alias or artifact.name == LEFT)]
        loaded = _load(record, (*wanted, *record.changed), desk)
        shared = _links(loaded)
        if not sitting.rebinds and (cells := loaded.pop(MANIFEST, None)) and shared is not None:
            shared = [*shared, *cells.get("links", ()), *as_own(cells.get("windows", ()))]
        if not sitting.rebinds and shared is None:
            return Miss((), "unknowable", "its result shares memory that cannot be shared again")
        apart = _shared_otherwise(record, shared or (), identity, call, desk)
        changed = {artifact.name[1:]: loaded[artifact.name] for artifact in record.changed}
        lend_to_changed(shared or (), changed, identity, call, desk)
        inputs = {**call.values, **changed} if sitting.rebinds else call.values
        values = _named(record, loaded, inputs, wanted_besides)
        if held := [link for link in shared or () if link[0] in values]:
            lend(held, values, identity, call, desk)
            if not sitting.rebinds:
                rest = (link for link in held if not is_lent(link))
                _share_with_caller(rest, values, changed, call)
    if record.random_after:
        desk.randomness.restore(loaded["%random"])
    if record.reads:
        desk.watch.repeat(record.reads, identity.who)
    return Outcome(
        step=call.step.name,
        status="cached",
        verdict=hit,
        fingerprint=identity.fingerprint,
        record=record,
        values=values,
        seconds=0.0,
        changed=changed,
        links=None if (tied := _links(loaded)) is None else [*tied, *apart],
        displays=_displays(record, loaded, call, desk),
        origin=record.run,
        remarks=record.remarks,
        metrics=record.metrics,
    )


def _share_with_caller(
    links: Iterable[Link], values: dict[str, Any], changed: Mapping[str, Any], call: Call
) -> None:
    """Put the caller's objects into what a function gives back; what such a frame consists of is
    that of its later content, which it is about to be given."""
    given, made = {**call.values, **own(values)}, dict[int, tuple[Any, Any]]()
    for link in links:
        later = changed.get(link[2]) if link[3] else None
        sources = {**given, link[2]: later} if is_frame(later) else given
        relink([link], values, sources, made)


def _shared_otherwise(
    record: Record, links: Sequence[Link], identity: Identity, call: Call, desk: Desk
) -> list[Link]:
    """Which objects that the step left alone its inputs share otherwise by now.

    Raises Inseparable if this is no result for inputs that share other objects than they did.
    """
    if not links and not record.changed:
        return []
    values = {**identity.used, **call.values}
    if told := untied(links, values) or _held_elsewhere(record, links, values):
        raise Inseparable(told)
    return _left_alone(record, links, identity, call, desk) if record.changed else []


def _held_elsewhere(record: Record, links: Sequence[Link], values: Mapping[str, Any]) -> str:
    """A sentence if others hold a part of a value in whose place the step puts an equal one."""
    changed = {artifact.name[1:] for artifact in record.changed}
    for name, value in values.items():
        if name in changed or type(value) is Reference:
            continue
        if are_held_elsewhere(value, exchanged(links, name)):
            return f"it puts an equal object in the place of a part of {name}, which others hold"
    return ""


def _left_alone(
    record: Record, links: Sequence[Link], identity: Identity, call: Call, desk: Desk
) -> list[Link]:
    """Which objects inputs share otherwise by now. Raises Inseparable if a step has changed one."""
    names = {artifact.name[1:] for artifact in record.changed}
    given = load_inputs(call, desk, roots_of(links))
    now = Entwined(identity.used, given)
    now.refuse_unseen(names)
    if now.is_unsure:
        raise Inseparable(UNSURE)
    if not (different := now.differs(links, names)):
        return []
    later = desk.vault.load(record.changed, record.seals, record.python)
    after = {artifact.name[1:]: later[artifact.name] for artifact in record.changed}
    digest = desk.digesting(identity.live)
    values = {**identity.used, **load_inputs(call, desk)}
    if told := touched(different, values, after, digest):
        raise Inseparable(told)
    return otherwise(different)


def _displays(
    record: Record, loaded: Mapping[str, Any], call: Call, desk: Desk
) -> Sequence[Mapping[str, Any]]:
    """What the hit is to show, as this step shows it."""
    events: Sequence[Mapping[str, Any]] = loaded.get("%displays", ())
    if call.shows != "printed" or manner_of(record) == "printed":
        return as_shown(events, call.shows) if events else events
    last = loaded
    if LAST[0] not in loaded:
        kept = [artifact for artifact in record.artifacts if artifact.name == LAST[0]]
        last = desk.vault.load(kept, record.seals, record.python)
    return list(as_printed(events, last[LAST[0]]))


def _for_functions(record: Record) -> list[Artifact]:
    """What a function is given of a record: the outputs, and what a cell says that they share."""
    return [one for one in record.artifacts if one.name[:1] != "%" or one.name == MANIFEST]


def _load(record: Record, artifacts: tuple[Artifact, ...], desk: Desk) -> dict[str, Any]:
    """Load these artifacts together with what stands beside them in the record."""
    beside = [kept for kept in (record.displays, record.links) if kept is not None]
    everything = (*artifacts, *record.random_after, *beside)
    if not everything:
        return {}
    return desk.vault.load(everything, record.seals, record.python)


def _links(loaded: Mapping[str, Any]) -> list[Link] | None:
    """Where outputs hold objects of inputs and of used values; None if nobody can say."""
    links = loaded.get(LINKS, ())
    if not links:
        return None if links is None else []
    return [(name.removeprefix(LOCAL), *rest) for name, *rest in links]


def references(record: Record, call: Call, sitting: Sitting) -> dict[str, Any]:
    """What a hit hands on to later steps while nothing is loaded, by name; a plan's too."""
    return _references(record, _wanted_besides(record, call, sitting))


def _wanted_besides(record: Record, call: Call, sitting: Sitting) -> set[str]:
    """What the call is given besides the record's outputs."""
    missing = not_kept(record, call)
    return missing and missing & besides(record, call, sitting)


def _references(record: Record, wanted: Iterable[str]) -> dict[str, Any]:
    """Outputs by name as references, and what is wanted besides them."""
    kept = {artifact.name: Reference(artifact, record) for artifact in record.outputs}
    changed = {artifact.name[1:]: Reference(artifact, record) for artifact in record.changed}
    return kept | {name: changed.get(name) for name in wanted if name not in kept}


def _named(
    record: Record, loaded: Mapping[str, Any], inputs: Mapping[str, Any], wanted: Collection[str]
) -> dict[str, Any]:
    """Outputs by name, and what is wanted besides them; an output that is an input stays it."""
    kept = {
        artifact.name.removeprefix(LOCAL): (
            inputs[artifact.alias] if artifact.alias else loaded[artifact.name]
        )
        for artifact in record.artifacts
        if artifact.alias or artifact.name in loaded
    }
    if not wanted:
        return kept
    changed = {artifact.name[1:] for artifact in record.changed}
    return kept | {n: inputs[n] if n in changed else None for n in wanted if n not in kept}


def _can_put_back(record: Record, call: Call) -> bool:
    names = [artifact.name[1:] for artifact in record.changed]
    return all(name in call.values and replaceable(call.values[name]) for name in names)
