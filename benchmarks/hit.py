"""One hit of a tiny step, all included, beside ``joblib.Memory``."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from benchmarks.row import Row, interleaved


def tiny(x: int) -> int:
    """What both remember."""
    return x + 1


def rows() -> Iterator[Row]:
    """A hit of zenbook must take at most half of joblib's time."""
    import joblib

    from zenbook import step

    ours = step(tiny)
    with tempfile.TemporaryDirectory() as folder:
        theirs = joblib.Memory(folder, verbose=0).cache(tiny)
        assert ours(1) == theirs(1) == 2
        mine, peer = interleaved(lambda: ours(1), lambda: theirs(1), repeats=15, inner=40)
    yield Row("one hit of a tiny step", mine, peer, "joblib.Memory", floor=2.0)
