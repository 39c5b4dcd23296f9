"""The ports between the engine and everything outside it.

Each is small enough to fake in a few lines; ``zenbook.testing`` ships those fakes, and they
pass the same port tests as the real ones. The engine knows these protocols and nothing else
of the world.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from zenbook.model import Artifact, Part, Read, Record, Run, Shape, Status, StepRun, Version


@dataclass(frozen=True, slots=True)
class Bundle:
    """Values packed together because they share objects, ready to be written.

    ``header`` is a pickle (protocol 5) of ``{name: value}``; ``buffers`` are its out-of-band
    buffers, in place (no copy). ``names`` says which outputs are inside.
    """

    names: tuple[str, ...]
    header: bytes
    buffers: tuple[memoryview, ...]

    @property
    def size(self) -> int:
        """Bytes of header and buffers together."""
        return len(self.header) + sum(buffer.nbytes for buffer in self.buffers)


@dataclass(frozen=True, slots=True)
class Put:
    """What the store answers to a put: where the bytes are and the seal of their header."""

    blob: str
    """32 hex digits over header and buffers; equal bytes have equal names."""
    seal: str
    """SHA-256 of the header, hex; goes into the signed record."""
    size: int


class Store(Protocol):
    """Digest → bytes. May forget. Raises only :class:`zenbook.errors.StoreFault`."""

    def put(self, bundle: Bundle) -> Put: ...
    def get(self, blob: str) -> tuple[bytes, tuple[memoryview, ...]]:
        """Header and buffers (private, writable mappings), their checksums verified.

        Raises Damaged if the blob is missing or not what was written.
        """
        ...

    def has(self, blob: str) -> bool: ...
    def sizes(self) -> Mapping[str, int]: ...
    def delete(self, blobs: Iterable[str]) -> int: ...
    def close(self) -> None: ...


class History(Protocol):
    """Append-only facts. Raises only :class:`zenbook.errors.StoreFault`.

    Every :class:`Record` given back has passed its signature; those that do not are counted in
    ``rejected`` (reason by record id, for the miss that follows) and never returned.
    """

    def candidates(self, key: str, limit: int = 8) -> Sequence[Record]:
        """Trusted records of this key, newest first."""
        ...

    def stamp(self) -> object:
        """Equal to an earlier stamp only if nothing was written in between, by anybody, that
        changes what a key finds."""
        ...

    def rejected(self, key: str) -> str:
        """Why records of this key were refused ("" if none were): bad signature, foreign, newer."""
        ...

    def latest(self, step: str, pipeline: str) -> Record | None:
        """The newest trusted record of this step name: of this pipeline's runs, of any where
        ``pipeline`` is ""."""
        ...

    def record(self, id: str) -> Record | None: ...
    def add(self, record: Record) -> Record:
        """Sign and insert: the commit point. The record comes back with its sequence number."""
        ...

    def version(self, pipeline: str, shape: Shape) -> Version:
        """Find the shape's version in this pipeline, or give it the next number."""
        ...

    def versions(self, pipeline: str) -> Sequence[Version]: ...
    def begin_run(
        self,
        pipeline: str,
        version: int | None,
        parameters: Mapping[str, str],
        *,
        name: str = "",
        tags: Sequence[str] = (),
        note: str = "",
        origin: str = "",
        lines: Sequence[StepRun] = (),
    ) -> Run:
        """Put a run on record with these lines, status ``running``, from its first moment."""
        ...

    def set_step(self, run: str, step: StepRun) -> None:
        """Insert or replace one step's line of a run (by its name)."""
        ...

    def close_run(self, run: str, status: Status, version: int | None = None) -> None:
        """Close a run; a step of it that is still running counts as interrupted."""
        ...

    def end_run(self, run: str, status: Status, version: int | None = None) -> Run:
        """Close a run; it comes back with its steps."""
        ...

    def annotate(
        self,
        run: str,
        *,
        metrics: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
        note: str | None = None,
        name: str | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        """Add metrics and tags; replace what else is given."""
        ...

    def runs(
        self,
        *,
        pipeline: str | None = None,
        tag: str | None = None,
        status: Status | None = None,
        search: str = "",
        limit: int = 100,
        offset: int = 0,
        order: str = "",
        descending: bool = False,
    ) -> Sequence[Run]:
        """With their steps; newest first, or by ``order``: a column of
        :mod:`zenbook.core.run_order`, a metric or a parameter."""
        ...

    def pinned(self) -> frozenset[str]:
        """Ids of the runs whose results are never evicted."""
        ...

    def count(
        self,
        *,
        pipeline: str | None = None,
        tag: str | None = None,
        status: Status | None = None,
        search: str = "",
    ) -> int:
        """How many runs ``runs`` would give in all its pages."""
        ...

    def run(self, id: str) -> Run | None:
        """By id, by a unique id prefix, or as ``pipeline:number``; ``latest`` is the newest."""
        ...

    def place_of(self, run: str) -> tuple[str, int] | None:
        """The pipeline of a run and its number there, by its whole id; None if it is forgotten."""
        ...

    def expected(self, step: str, pipeline: str) -> float | None:
        """Seconds the step took when it last ran in this pipeline; None if it never did."""
        ...

    def close(self) -> None: ...


class Codec(Protocol):
    """Live values ↔ bundles. Unpacking is called by trust's one choke point only."""

    def pack(self, values: Mapping[str, Any]) -> tuple[Bundle, ...]:
        """Group values by the mutable objects they share; raises NotKeepable naming the value."""
        ...

    def fits(self, value: Any, most: int) -> bool:
        """Whether a value can be packed into so many bytes; takes no longer than that needs."""
        ...

    def unpack(self, header: bytes, buffers: Sequence[memoryview]) -> dict[str, Any]: ...


class Vault(Protocol):
    """The composition of codec, store and trust: keeps live values, gives them back if trusted."""

    def forget_recent(self) -> None:
        """Drop what was opened lately and is remembered in memory; the store has changed."""
        ...

    def keep(self, values: Mapping[str, Any]) -> tuple[tuple[Artifact, ...], Mapping[str, str]]:
        """Artifacts by name in the order given, and the seals by blob.

        Raises NotKeepable or StoreFault.
        """
        ...

    def fits(self, value: Any, most: int) -> bool:
        """Whether a value can be kept in so many bytes, as :class:`Codec` says."""
        ...

    def load(
        self, artifacts: Sequence[Artifact], seals: Mapping[str, str], python: str
    ) -> dict[str, Any]:
        """Live values by artifact name, fresh objects each time.

        Raises Damaged or Untrusted; never anything else.
        """
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What was noticed while a step ran."""

    reads: tuple[Read, ...] = ()
    wrote: tuple[Read, ...] = ()
    remarks: tuple[str, ...] = ()
    """Sentences to show: ``used the network``, ``started a program: !wc``."""
    obstacles: tuple[str, ...] = ()
    """Reasons not to keep the result: a changed working folder, threads left running."""
    sown: Mapping[str, str] = field(default_factory=dict)
    """Random states the step seeded: digest of each just before that, by library; "" where the
    step also asked for or put back a state, so that the one before may matter after all."""
    changed: frozenset[str] = frozenset()
    """What the step changed of the process, by name."""
    has_forked: bool = False
    """Whether children had copies of the random states, and may have drawn from them."""


class Watch(Protocol):
    """Sees what a running step reads of the world, and looks again later."""

    def watching(
        self,
        literals: Sequence[str],
        values: Iterable[Any],
        memoized: Sequence[Any] = (),
        who: str = "",
        *,
        seeks: bool = False,
    ) -> AbstractContextManager[Callable[[], Seen]]:
        """Watch while the block runs. ``literals`` are string constants of the used code and
        ``values`` the inputs: those that look like paths are reads too; ``memoized`` functions
        that the code reaches: what they read to make what they remember is, too; ``who`` tells the
        step from others that do things to this process; ``seeks``: its code goes on where a file is
        missing. Call the result after the block."""
        ...

    def again(self, read: Read, who: str = "") -> Read:
        """The same thing as it is now (equal to ``read`` if nothing changed but by ``who``)."""
        ...

    def repeat(self, reads: Iterable[Read], who: str = "") -> None:
        """Do to this process what a step did that made these reads, and a hit does, too."""
        ...

    def imported(self, modules: Iterable[str]) -> Seen:
        """What these local modules, and all that they import, read when they were imported, as
        reads; an obstacle where that has changed since."""
        ...

    def files(self, patterns: Sequence[str]) -> tuple[Part, ...]:
        """Parts for ``files=``/``--depends``: paths, globs and ``$NAME`` variables."""
        ...


class Randomness(Protocol):
    """The global random states of ``random``, ``numpy`` and ``torch`` (those imported)."""

    def states(self) -> Mapping[str, str]:
        """Digest of each state now, by library."""
        ...

    def seeded(self, library: str) -> bool:
        """Whether this process's program has seeded it."""
        ...

    def save(self, libraries: Iterable[str]) -> Mapping[str, Any]: ...
    def restore(self, states: Mapping[str, Any]) -> None: ...

    def seeding(self, seed: int) -> AbstractContextManager[Callable[[], str]]:
        """Seed every state while the block runs, then put the outer ones back. Call the result
        after the block: why its draws are not repeatable, "" if they are."""
        ...


class Recording(Protocol):
    """Displays in the order in which they were made, as JSON-ready events."""

    @property
    def events(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def remarks(self) -> tuple[str, ...]: ...


class Capture(Protocol):
    """Streams stay live while they are recorded; a hit replays them in order."""

    def recording(self) -> AbstractContextManager[Recording]: ...
    def replay(self, events: Sequence[Mapping[str, Any]]) -> None: ...
    def how_shown(self, events: Sequence[Mapping[str, Any]]) -> tuple[Read, ...]:
        """The settings that decided how these were shown, as reads for the watch to repeat."""
        ...


class Locks(Protocol):
    """One computation per key across processes; correctness never depends on it."""

    def once(
        self, key: str, patience: float, waiting: Callable[[], object] = bool
    ) -> AbstractContextManager[bool]:
        """Hold the key's lock, and call ``waiting`` before a wait for it; True if somebody else
        held it before us (look again), and also when patience (seconds) ran out. A dead holder
        never blocks; KeyboardInterrupt ends the wait."""
        ...


class Clock(Protocol):
    """Time, so that tests may hold it."""

    def now(self) -> float:
        """Unix time in UTC seconds."""
        ...

    def tick(self) -> float:
        """Monotonic seconds."""
        ...
