"""Fakes of the store, the clock and the locks: a few lines each, the same behaviour."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping

from zenbook.errors import Damaged
from zenbook.world import blob as blobs
from zenbook.world.ports import Bundle, Put


class MemoryStore:
    """A store that lasts as long as itself."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[bytes, tuple[bytes, ...], int]] = {}

    def put(self, bundle: Bundle) -> Put:
        """Copy a bundle; equal content is kept once."""
        buffers = tuple(map(blobs.flat, bundle.buffers))
        outline = blobs.outline((memoryview(bundle.header), *buffers))
        size = outline.places()[-1]
        self._kept[outline.name] = bundle.header, tuple(map(bytes, buffers)), size
        return Put(outline.name, hashlib.sha256(bundle.header).hexdigest(), size)

    def get(self, blob: str) -> tuple[bytes, tuple[memoryview, ...]]:
        """Header and fresh, writable buffers; Damaged if there is no such blob."""
        if blob not in self._kept:
            raise Damaged("its bytes are gone")
        header, buffers, _size = self._kept[blob]
        return header, tuple(memoryview(bytearray(buffer)) for buffer in buffers)

    def has(self, blob: str) -> bool:
        """Whether the blob is there."""
        return blob in self._kept

    def sizes(self) -> Mapping[str, int]:
        """Bytes by blob."""
        return {name: size for name, (_, _, size) in self._kept.items()}

    def delete(self, blobs: Iterable[str]) -> int:
        """Forget these blobs and say how many were there."""
        return sum(self._kept.pop(blob, None) is not None for blob in blobs)

    def close(self) -> None:
        """Nothing to let go of."""


class FakeClock:
    """Time that stands still until a test moves it. Moving back leaves :meth:`tick` alone."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self._tick = 0.0

    def now(self) -> float:
        """Unix time in UTC seconds."""
        return self._now

    def tick(self) -> float:
        """Monotonic seconds."""
        return self._tick

    def move(self, seconds: float) -> None:
        """Let time pass, or set the clock back with a negative number."""
        self._now += seconds
        self._tick += max(0.0, seconds)


class NoLocks:
    """Locks for one process alone: nobody ever waits."""

    @contextlib.contextmanager
    def once(
        self, key: str, patience: float, waiting: Callable[[], object] = bool
    ) -> Iterator[bool]:
        """Run the block at once."""
        yield False
