"""Keeping and loading beside ``np.save``, ``np.load`` and diskcache as it comes.

400 MB of random doubles. Keeping is packing, checksums, the file and its row; the array changes
each time, so that nothing is found again. The value's digest, which a record needs besides, has
rows of its own. Loading is everything between an artifact and a live, checked array.
"""

from __future__ import annotations

import functools
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.row import Row, interleaved
from zenbook.core.closure import CodeClosure
from zenbook.core.digest import Digester
from zenbook.world.codec import PickleCodec
from zenbook.world.store import DiskStore
from zenbook.world.trust import python_tag
from zenbook.world.vault import SealedVault

_MEGABYTE = 1 << 20


def rows() -> Iterator[Row]:
    """Large arrays: kept within 1.5 times ``np.save``, back in a millisecond."""
    import numpy

    with tempfile.TemporaryDirectory() as folder:
        store = DiskStore(Path(folder) / "home")
        array = numpy.random.default_rng(0).random(400 * _MEGABYTE // 8)
        yield from _keeping(Path(folder), store, array)
        yield from _loading(Path(folder), store, array)
        store.close()


def _codec() -> tuple[PickleCodec, Callable[[Any], str]]:
    code = CodeClosure()

    def digest(value: Any) -> str:
        return Digester(code).digest(value)

    return PickleCodec(code, digest), digest


def _keeping(folder: Path, store: DiskStore, array: Any) -> Iterator[Row]:
    import diskcache
    import numpy

    codec, _ = _codec()
    theirs = diskcache.Cache(folder / "diskcache", size_limit=2**40)
    turn = 0

    def fresh(act: Callable[[], object]) -> Callable[[], object]:
        def once() -> object:
            nonlocal turn
            turn += 1
            array[0] = turn
            return act()

        return once

    def keep() -> None:
        (bundle,) = codec.pack({"x": array})
        kept.append(store.put(bundle).blob)

    def save() -> None:
        numpy.save(folder / f"{turn}.npy", array)

    def cached() -> None:
        theirs[turn] = array

    def tidy() -> None:
        """Remove what was written: a full page cache would slow down whoever comes next."""
        store.delete(kept)
        kept.clear()
        theirs.clear()
        for path in folder.glob("*.npy"):
            path.unlink()
        os.sync()

    kept: list[str] = []
    # One peer at a time: diskcache leaves pages behind that cost whoever comes next half a second.
    ours, peer = _best([fresh(keep), fresh(save)], tidy)
    yield Row("keep an array of 400 MB", ours, peer, "np.save", floor=1 / 1.5)
    ours, peer = _best([fresh(keep), fresh(keep), fresh(cached)], tidy)[1:]
    theirs.close()
    yield Row("keep an array of 400 MB", ours, peer, "diskcache as it comes", floor=5.0)


def _best(acts: Sequence[Callable[[], object]], tidy: Callable[[], None]) -> list[float]:
    """Least seconds of each act, in turns, each beginning with a disk that has nothing to do.

    The least and not the median: what a busy disk adds to one call can only be too much.
    """
    least = [math.inf] * len(acts)
    for _ in range(7):
        for which, act in enumerate(acts):
            began = time.perf_counter()
            act()
            least[which] = min(least[which], time.perf_counter() - began)
            tidy()
    return least


def _loading(folder: Path, store: DiskStore, array: Any) -> Iterator[Row]:
    import numpy

    codec, digest = _codec()
    vault = SealedVault(codec, store, lambda value: (digest(value), ()))
    for megabytes in (1, 400):
        part = array[: megabytes * _MEGABYTE // 8]
        numpy.save(folder / "part.npy", part)
        artifacts, seals = vault.keep({"x": part})
        ours, peer = interleaved(
            functools.partial(vault.load, artifacts, seals, python_tag()),
            lambda: numpy.load(folder / "part.npy", mmap_mode="c"),
            repeats=9,
            inner=20,
        )

        yield Row(
            f"load an array of {megabytes} MB on a hit",
            ours,
            peer + 0.001,
            "np.load(mmap_mode) + 1 ms",
            floor=1.0,
        )
