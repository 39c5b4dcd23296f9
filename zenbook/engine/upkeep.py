"""Upkeep of the zenbook folder: how full it is, what may go, what must stay, what is forgotten.

Constraints
    - Nothing is deleted silently: each eviction is an event in the history before the bytes go.
    - A pinned run's artifacts, those a running run uses, and those used within the last ten
      minutes stay, whatever the limit. Of the rest the longest unused go first.
    - History is not what takes space, so collection leaves it alone: a record whose bytes were
      evicted still tells what ran; its step simply runs again.
    - Bytes nobody refers to may belong to a step that is just being kept. They go when nobody
      has referred to them for ten minutes, and never while a result is between put and record.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from zenbook.core.view import Kept
from zenbook.engine.fsck import Problem, Report, fsck
from zenbook.engine.run_names import no_such_run
from zenbook.engine.upkeep_answers import Collected, Evicted, Forgotten, Status
from zenbook.errors import UsageError
from zenbook.model import Artifact, Run

if TYPE_CHECKING:
    from zenbook.world.history import SqliteHistory
    from zenbook.world.history_upkeep import Reference
    from zenbook.world.ports import Clock
    from zenbook.world.store import DiskStore

__all__ = [
    "DEFAULT_LIMIT",
    "Collected",
    "Evicted",
    "Forgotten",
    "Problem",
    "Report",
    "Status",
    "forget",
    "fsck",
    "gc",
    "pin",
    "set_limit",
    "status",
    "unpin",
]

DEFAULT_LIMIT = 20_000_000_000
"""Bytes of results a folder may hold before ``gc`` evicts, unless it was told otherwise."""

GRACE = 600.0
"""Seconds a result that was just made or used is safe from eviction."""

_LARGEST = 20


# ---------------------------------------------------------------- the verbs


def status(*, home: Path | None = None) -> Status:
    """Say where this project's zenbook folder is and how full it is. Changes nothing."""
    from zenbook.world import history_upkeep as rows

    folder = _folder(home)
    if not (folder / "history.db").exists():
        return Status(_size_of(folder), DEFAULT_LIMIT, 0, 0, 0, 0, 0, path=folder)
    with _opened(folder, read_only=True) as (history, store, _):
        sizes = store.sizes()
        held = rows.references(history)
        records, runs, pinned = rows.counts(history)
        kept = tuple(_kept(held, sizes))
        largest = tuple(replace(one, run=_named(history, one.run)) for one in kept[:_LARGEST])
        return Status(
            size=_size_of(folder),
            limit=rows.limit_of(history, DEFAULT_LIMIT),
            artifacts=len(kept),
            records=records,
            runs=runs,
            pinned=pinned,
            reclaimable=sum(sizes[blob] for blob in _orphans(held, sizes))
            + sum(store.drafts().values()),
            largest=largest,
            path=folder,
            evicted=len(rows.told(history, "evicted")),
        )


def gc(limit: int | None = None, *, dry_run: bool = False, home: Path | None = None) -> Collected:
    """Collect what nobody needs, then evict the longest unused results until the limit is kept.

    ``limit`` in bytes is for this time; the folder's own (:func:`set_limit`) is the default.
    Raises UsageError for a negative limit, Busy while a result is being kept for long.
    """
    from zenbook.world.history_keeping import collecting

    if limit is not None and limit < 0:
        raise UsageError(f"A limit is a number of bytes, 0 or more, not {limit}.")
    folder = _existing(home)
    with _opened(folder) as (history, store, clock), collecting(folder):
        return collect(history, store, clock, limit=limit, dry_run=dry_run)


def collect(
    history: SqliteHistory,
    store: DiskStore,
    clock: Clock,
    *,
    limit: int | None = None,
    dry_run: bool = False,
) -> Collected:
    """Do what :func:`gc` says, with these parts; the caller holds off those who keep."""
    from zenbook.world import history_upkeep as rows

    limit = rows.limit_of(history, DEFAULT_LIMIT) if limit is None else limit
    if not dry_run:
        _finish_forgetting(history, store)
    last, held, sizes = rows.last_record(history), rows.references(history), dict(store.sizes())
    now, orphans = clock.now(), _orphans(held, sizes)
    gone = rows.aged_orphans(history, orphans, now, GRACE, note=not dry_run)
    left = sum(sizes.values()) - sum(sizes[blob] for blob in gone)
    evicted = tuple(_to_evict(held, sizes, left - limit, now))
    swept = sum(store.drafts().values())
    if not dry_run:
        store.sweep()
        told = {one.blob: {"size": one.size, "steps": list(one.steps)} for one in evicted}
        orphaned = {blob: {"size": sizes[blob]} for blob in gone}
        spared = _delete(history, store, last, {"collected": orphaned, "evicted": told}, now)
        gone = [blob for blob in gone if blob not in spared]
        evicted = tuple(one for one in evicted if one.blob not in spared)
    freed = sum(sizes[blob] for blob in gone) + sum(one.size for one in evicted)
    size = sum(sizes.values()) - freed
    return Collected(evicted, len(gone), freed + swept, size, limit, dry_run)


def set_limit(limit: int, *, home: Path | None = None) -> None:
    """Set how many bytes of results this folder may hold before ``gc`` evicts."""
    from zenbook.world import history_upkeep as rows

    if limit < 0:
        raise UsageError(f"A limit is a number of bytes, 0 or more, not {limit}.")
    with _opened(_existing(home)) as (history, _, _clock):
        rows.set_limit(history, limit)


def pin(run: str = "latest", *, home: Path | None = None) -> Run:
    """Keep all that a run made or used from eviction. Raises UsageError for an unknown run."""
    return _set_pin(run, True, home)


def unpin(run: str = "latest", *, home: Path | None = None) -> Run:
    """Let go of a pinned run. Raises UsageError for an unknown run."""
    return _set_pin(run, False, home)


def forget(run: str, *, home: Path | None = None) -> Forgotten:
    """Really delete a run: its lines, its records, and the bytes that no other record needs; also
    where other runs were given its results, unless one of them is pinned.

    Copies of the history that were set aside (``bad/``, ``backup/``) are deleted too, and the
    files are scrubbed. Raises UsageError for a run that is unknown, pinned or still running, or
    whose results a pinned run was given; Busy if another process keeps the files from being
    scrubbed.
    """
    from zenbook.world import history_forgetting as rows
    from zenbook.world.history_keeping import collecting

    folder = _existing(home)
    with _opened(folder) as (history, store, clock), collecting(folder):
        found = _find(history, run)
        if found.status == "running":
            named = f"Run {found.number} of {found.pipeline}"
            raise UsageError(f"{named} is still running; stop it before it is forgotten.")
        sizes = store.sizes()
        going = rows.forget_rows(history, found, clock.now())
        _finish_forgetting(history, store)
        store.sweep()
        for copies in (folder / "bad", folder / "backup"):
            if copies.is_dir():
                shutil.rmtree(copies)
        store.close()
        history.close()
        rows.scrub(folder / "store" / "cache.db")
        rows.scrub(folder / "history.db")
    freed = sum(sizes.get(blob, 0) for blob in going.blobs)
    return Forgotten(
        found.id,
        len(going.blobs),
        freed,
        found.reference,
        going.gone,
        going.stays,
        going.kept_by,
        going.given_to,
    )


# ---------------------------------------------------------------- how


@contextmanager
def _opened(
    folder: Path, *, read_only: bool = False
) -> Iterator[tuple[SqliteHistory, DiskStore, Clock]]:
    """The history and the store of a folder, closed again afterwards."""
    from zenbook.world.clock import SystemClock
    from zenbook.world.history import SqliteHistory
    from zenbook.world.store import DiskStore
    from zenbook.world.trust import sign, verify

    clock = SystemClock()
    history = SqliteHistory(folder, sign, verify, clock, read_only=read_only)
    store = DiskStore(folder, read_only=read_only)
    try:
        yield history, store, clock
    finally:
        history.close()
        store.close()


def _folder(home: Path | None) -> Path:
    from zenbook.world.home import find_home, is_home

    folder = find_home() if home is None else home
    is_home(folder)
    return folder


def _existing(home: Path | None) -> Path:
    folder = _folder(home)
    if not folder.is_dir():
        raise UsageError(f"There is no zenbook folder at {folder} yet; run something first.")
    return folder


def _find(history: SqliteHistory, run: str) -> Run:
    found = history.run(run)
    if found is None:
        raise no_such_run(run, history)
    return found


def _set_pin(run: str, pinned: bool, home: Path | None) -> Run:
    from zenbook.world import history_upkeep as rows

    with _opened(_existing(home)) as (history, _, clock):
        found = _find(history, run)
        rows.pin(history, found, pinned, clock.now())
        return found


def _orphans(held: Iterable[Reference], sizes: Mapping[str, int]) -> frozenset[str]:
    return frozenset(sizes).difference(*(reference.blobs for reference in held))


def _to_evict(
    held: Sequence[Reference], sizes: Mapping[str, int], excess: int, now: float
) -> list[Evicted]:
    """The longest unused blobs that make up ``excess`` bytes, as far as they may go."""
    used: dict[str, float] = {}
    steps: dict[str, set[str]] = {}
    kept: set[str] = set()
    for reference in held:
        # A time in the future comes from a clock that was wrong: it protects nothing.
        fresh = abs(now - reference.used) < GRACE
        for blob in reference.blobs & sizes.keys():
            used[blob] = max(used.get(blob, 0.0), reference.used)
            steps.setdefault(blob, set()).add(reference.step)
            if fresh or reference.pinned or reference.running:
                kept.add(blob)
    evicted = []
    for blob in sorted(used.keys() - kept, key=lambda blob: (used[blob], blob)):
        if excess <= 0:
            break
        excess -= sizes[blob]
        evicted.append(Evicted(blob, sizes[blob], tuple(sorted(steps[blob]))))
    return evicted


def _delete(
    history: SqliteHistory,
    store: DiskStore,
    last: int,
    going: Mapping[str, Mapping[str, Mapping[str, object]]],
    now: float,
) -> frozenset[str]:
    """Say what goes, by kind of event, then delete it; give back what had to be spared.

    Spared is what a record added since (after number ``last``) refers to.
    """
    from zenbook.world import history_upkeep as rows
    from zenbook.world.history_recovery import checkpoint
    from zenbook.world.history_rows import blobs_of

    added = [record for _, record in rows.every_claim(history, after=last) if record is not None]
    spared = frozenset[str]().union(*map(blobs_of, added))
    for kind, facts in going.items():
        chosen = {blob: said for blob, said in facts.items() if blob not in spared}
        rows.tell(history, kind, now, chosen)
        checkpoint("eviction told")
        for blob in chosen:
            store.delete((blob,))
            checkpoint("blob deleted")
    return spared


def _finish_forgetting(history: SqliteHistory, store: DiskStore) -> None:
    """Delete the blobs of forgotten runs, also those a killed process left to us."""
    from zenbook.world import history_forgetting as rows
    from zenbook.world.history_recovery import checkpoint
    from zenbook.world.history_upkeep import references

    going = rows.still_to_forget(history)
    if not going:
        return
    held = frozenset[str]().union(*(one.blobs for one in references(history)))
    store.delete(sorted(going - held))
    checkpoint("blobs forgotten")
    rows.forgetting_done(history, going)


def _kept(held: Sequence[Reference], sizes: Mapping[str, int]) -> list[Kept]:
    """Artifacts whose bytes are there, the largest first; equal bytes are told once."""
    found: dict[tuple[str, str], Kept] = {}
    for reference in held:
        for artifact in reference.artifacts:
            if artifact.blob in sizes:
                found[_identity(artifact)] = Kept(
                    reference.step, reference.run, artifact, reference.pinned
                )
    return sorted(found.values(), key=lambda kept: (-kept.artifact.size, kept.artifact.name))


def _named(history: SqliteHistory, run: str) -> str:
    """A run as people name it, ``first_pipeline:1``."""
    place = history.place_of(run)
    return f"{place[0]}:{place[1]}" if place is not None else run


def _identity(artifact: Artifact) -> tuple[str, str]:
    return artifact.blob, artifact.name


def _size_of(folder: Path) -> int:
    """Bytes of all files below a folder; links are not followed."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                facts = os.lstat(os.path.join(parent, name))
            except FileNotFoundError:
                continue  # Deleted by another process since it was listed.
            if stat.S_ISREG(facts.st_mode):
                total += facts.st_size
    return total
