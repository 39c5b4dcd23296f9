"""The composition root: one open zenbook home with everything the engine works with.

A :class:`Desk` holds one object per port. :func:`open_desk` opens the real ones for the home of
the working folder, once per home and process, and never raises for a home that cannot be used:
the desk it then gives remembers for this process only, and one warning says why.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zenbook.errors import NoRoom, NotDigestible, StoreFault
from zenbook.model import Fingerprint, Record, Run, Step, StepRun

if TYPE_CHECKING:
    from zenbook.core.closure import CodeClosure
    from zenbook.core.digest import Digester
    from zenbook.engine.drafts import Draft
    from zenbook.world.ports import (
        Capture,
        Clock,
        History,
        Locks,
        Randomness,
        Store,
        Vault,
        Watch,
    )


_LATELY = 20
"""Runs among which a step that left no record is looked for."""


class StoreWarning(UserWarning):
    """The store or the history is out of order; steps run, but results are not kept."""


@dataclass(slots=True, eq=False)
class Recent:
    """Records found, by key, since anything was written that changes what a key finds."""

    stamp: object = None
    records: dict[str, Sequence[Record]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """Everything one passage needs of the world, behind ports."""

    home: Path | None
    store: Store
    history: History
    vault: Vault
    watch: Watch
    randomness: Randomness
    capture: Capture
    locks: Locks
    clock: Clock
    code: CodeClosure
    python: str
    warned: set[str] = field(default_factory=set)
    fingerprints: dict[object, tuple[object, Fingerprint]] = field(default_factory=dict)
    """Fingerprints made lately, by what they were made of; see :mod:`zenbook.engine.identify`."""
    drafts: dict[str, Callable[[], Draft]] = field(default_factory=dict)
    """What tells of runs without a version that this process has begun, by id."""
    _recent: Recent = field(default_factory=Recent)

    def digester(self, live: bool = False) -> Digester:
        """A fresh digester: what it meets of packages belongs to one call."""
        from zenbook.core.digest import Digester

        return Digester(self.code, live)

    def digesting(self, live: bool) -> Callable[[Any], str | None]:
        """Digests one value after the other; None for what has no digest."""
        digester = self.digester(live)

        def digest(value: Any) -> str | None:
            with suppress(NotDigestible):
                return digester.digest(value)
            return None

        return digest

    def candidates(self, key: str) -> Sequence[Record]:
        """Trusted records of this key, newest first; none if the history is out of order.

        What was found lately is found again without asking, until anything is written that
        changes what a key finds.
        """
        recent = self._recent
        try:
            stamp = self.history.stamp()
            if stamp != recent.stamp:
                recent.stamp = stamp
                recent.records.clear()
                self.vault.forget_recent()
            found = recent.records.get(key)
            if not found:
                found = recent.records[key] = self.history.candidates(key)
            return found
        except StoreFault as error:
            self.warn_of(error, "zenbook cannot read its history ({}); steps run without it.")
            return ()

    def refused(self, key: str) -> str:
        """Why records of this key were refused, "" if none were."""
        try:
            return self.history.rejected(key)
        except StoreFault:
            return ""  # candidates() has told of the fault already

    def latest(self, step: str, pipeline: str) -> Record | None:
        """The record that a miss is told against: what the step's last run in this pipeline made
        or was given."""
        line = self.last_line(step, pipeline)
        try:
            used = self.history.record(line.record) if line is not None and line.record else None
            return used or self.history.latest(step, pipeline)
        except StoreFault:
            return None  # candidates() has told of the fault already

    def expected(self, step: str, pipeline: str) -> float | None:
        """Seconds the step took when it last ran in this pipeline, or when what this pipeline was
        given of it was made; None if neither is known."""
        try:
            seconds = self.history.expected(step, pipeline)
        except StoreFault:
            return None  # a step without a time to expect is still a step
        known = self.latest(step, pipeline) if seconds is None and pipeline else None
        return seconds if known is None else known.seconds

    def last_line(self, step: str, pipeline: str) -> StepRun | None:
        """How a step went in the newest run of its pipeline that has ended it; None if none of
        the last runs has."""
        found = self.last_run(step, pipeline)
        return found[1] if found else None

    def last_run(self, step: str, pipeline: str) -> tuple[Run, StepRun] | None:
        """The newest run of its pipeline that has ended a step, and how the step went in it."""
        for many in (1, _LATELY) if pipeline else ():
            try:
                runs = self.history.runs(pipeline=pipeline, limit=many)
            except StoreFault:
                return None  # candidates() has told of the fault already
            for run, line in ((each, line) for each in runs for line in each.steps):
                if line.step == step and line.status not in ("running", "skipped"):
                    return run, line
        return None

    def step_in(self, run: Run, name: str) -> Step | None:
        """A step as it was in a run; None if nobody knows it: a run that ended without a version,
        in another process."""
        if run.version is None:
            tell = self.drafts.get(run.id)
            return tell().steps.get(name) if tell is not None else None
        for version in self.history.versions(run.pipeline):
            if version.number == run.version:
                return next((step for step in version.shape.steps if step.name == name), None)
        return None

    def missing_blob(self, record: Record) -> str:
        """The name of an artifact whose bytes the store has forgotten, "" if it has all."""
        try:
            gone = [a.name for a in record.artifacts if not self.store.has(a.blob)]
        except StoreFault as error:
            return f"result (the store failed: {error})"
        return gone[0] if gone else ""

    @contextmanager
    def once(self, key: str, patience: float, waiting: Callable[[], object]) -> Iterator[bool]:
        """Hold the key's lock while computing; without it if locks are out of order."""
        try:
            lock = self.locks.once(key, patience, waiting)
            waited = lock.__enter__()
        except StoreFault as error:
            self.warn_of(error, "zenbook cannot lock ({}); two kernels may compute the same step.")
            yield False
            return
        try:
            yield waited
        finally:
            lock.__exit__(None, None, None)

    def keeping(self) -> AbstractContextManager[object]:
        """Hold off a collection of garbage between writing bytes and putting them on record."""
        from zenbook.world.history_keeping import keeping

        return keeping(self.home) if self.home is not None else nullcontext()

    def warn_of(self, fault: StoreFault, sentence: str) -> None:
        """Say a sentence with this fault in it, once per cause: which of the files has met it, and
        with how many bytes, makes no other. A full disk is one cause, whoever meets it first."""
        if isinstance(fault, NoRoom):
            self.warn_once(
                f"zenbook has no room to write in {self.home} ({fault}). Steps run; what finds no "
                "room is neither kept nor put on record, until there is room again.",
                cause="no room",
            )
            return
        why = getattr(fault.__cause__, "strerror", None) or str(fault)
        self.warn_once(sentence.format(fault), cause=sentence.format(why))

    def warn_once(self, message: str, cause: str = "") -> None:
        """Say this once per desk: a fault of the store never floods a notebook."""
        cause = cause or message
        if cause not in self.warned:
            self.warned.add(cause)
            _warn(message)

    def new_id(self) -> str:
        """A sortable, unique id. Order never depends on it."""
        return f"{time.time_ns() // 1_000_000:011x}-{os.urandom(5).hex()}"


_open: dict[Path, Desk] = {}
_nearest: dict[tuple[str, str | None], Desk] = {}


def open_desk(start: Path | None = None) -> Desk:
    """The desk of the home that ``start`` (default: the working folder) belongs to.

    Looking for the home costs several looks at the disk, more than a whole hit may; where it was
    found is remembered by folder and ``ZENBOOK_HOME``.
    """
    place = (str(start or os.getcwd()), os.environ.get("ZENBOOK_HOME"))
    desk = _nearest.get(place)
    if desk is None:
        desk = _nearest[place] = _opened(start)
    return desk


def _opened(start: Path | None) -> Desk:
    from zenbook.world.home import find_home

    home = find_home(start)
    desk = _open.get(home)
    if desk is None:
        desk = _open[home] = _make(home)
    return desk


def close_desks() -> None:
    """Close every open desk; the next call opens its home anew."""
    for desk in _open.values():
        desk.history.close()
        desk.store.close()
    _open.clear()
    _nearest.clear()


def _make(home: Path) -> Desk:
    try:
        return _real(home)
    except StoreFault as error:
        _warn(f"{str(error).rstrip('.')}. Results are remembered for this process only.")
        return _passing()


def _warn(message: str) -> None:
    from zenbook.engine.place import users_place

    warnings.warn_explicit(message, StoreWarning, *users_place())


def _real(home: Path) -> Desk:
    """Wire the real parts; the one place that knows them all."""
    from zenbook.core.closure import CodeClosure
    from zenbook.core.digest import Digester
    from zenbook.world.capture import capture_for
    from zenbook.world.clock import SystemClock
    from zenbook.world.codec import PickleCodec
    from zenbook.world.history import SqliteHistory
    from zenbook.world.home import open_home
    from zenbook.world.locks import FileLocks
    from zenbook.world.randomness import GlobalRandomness
    from zenbook.world.store import DiskStore
    from zenbook.world.trust import python_tag, sign, verify
    from zenbook.world.vault import SealedVault
    from zenbook.world.watch import SystemWatch

    folder = open_home(home)
    code = CodeClosure()

    def describe(value: object) -> tuple[str, set[str]]:
        digester = Digester(code)
        return digester.digest(value), digester.packages

    codec = PickleCodec(code, lambda value: describe(value)[0])
    store = DiskStore(folder)
    return Desk(
        home=folder,
        store=store,
        history=SqliteHistory(folder, sign, verify, SystemClock()),
        vault=SealedVault(codec, store, describe),
        watch=SystemWatch(folder, code),
        randomness=GlobalRandomness(),
        capture=capture_for(None),
        locks=FileLocks(folder),
        clock=SystemClock(),
        code=code,
        python=python_tag(),
    )


def _passing() -> Desk:
    """A desk that keeps nothing beyond this process."""
    from zenbook.testing import memory_desk

    return memory_desk()


def _inherit() -> None:
    """In a forked child the parent's desks are left alone: neither used nor closed."""
    _inherited.extend(_open.values())
    _open.clear()
    _nearest.clear()


_inherited: list[Desk] = []
os.register_at_fork(after_in_child=_inherit)
