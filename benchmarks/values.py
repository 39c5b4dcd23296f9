"""What a value is: digests beside xxh3-128 over the same bytes, the C pickler, dill and joblib.

The same bytes of an array that is not C-contiguous are those of its elements in C order, which
whoever wants equal arrays to be equal has to bring into that order first.
"""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.row import Row, interleaved


def rows() -> Iterable[Row]:
    """Every measurement of values, large buffers first."""
    yield from _buffers()
    yield from _containers()


def _buffers() -> Iterable[Row]:
    import joblib
    import numpy as np
    from xxhash import xxh3_128_hexdigest

    from zenbook import fingerprint

    plain = np.random.default_rng(0).random((4000, 4000))
    yield from _beside(
        "digest of a C array, 128 MB",
        lambda: fingerprint(plain),
        {"xxh3-128": (lambda: xxh3_128_hexdigest(plain), 0.8), "joblib.hash": _joblib(plain)},
    )
    fortran = np.asfortranarray(plain)
    yield from _beside(
        "digest of a Fortran array, 128 MB",
        lambda: fingerprint(fortran),
        {
            "xxh3-128": (lambda: xxh3_128_hexdigest(np.ascontiguousarray(fortran)), 0.8),
            "joblib.hash": (lambda: joblib.hash(fortran), 1.0),
        },
    )
    strided = np.repeat(plain[:, :2000], 2, axis=1)[:, ::2]
    yield from _beside(
        "digest of a strided array, 64 MB",
        lambda: fingerprint(strided),
        {
            "xxh3-128": (lambda: xxh3_128_hexdigest(np.ascontiguousarray(strided)), 0.8),
            "joblib.hash": (lambda: joblib.hash(strided), 1.0),
        },
    )
    yield from _tables(plain)


def _tables(plain: Any) -> Iterable[Row]:
    import pandas as pd
    import pyarrow as pa
    from xxhash import xxh3_128_hexdigest

    from zenbook import fingerprint

    frame = pd.DataFrame(plain.reshape(-1, 10))
    yield from _beside(
        "digest of a numeric frame, 128 MB",
        lambda: fingerprint(frame),
        {"xxh3-128": (lambda: xxh3_128_hexdigest(plain), 0.8), "joblib.hash": _joblib(frame)},
    )
    table = pa.table({"a": plain.ravel()})
    yield from _beside(
        "digest of an arrow table, 128 MB",
        lambda: fingerprint(table),
        {"xxh3-128": (lambda: xxh3_128_hexdigest(plain), 0.8)},
    )


def _joblib(value: Any) -> tuple[Callable[[], object], float]:
    import joblib

    return (lambda: joblib.hash(value)), 10.0


def _containers() -> Iterable[Row]:
    import dill

    from zenbook import fingerprint

    source = random.Random(0)
    samples: dict[str, Any] = {
        "200,000 ints": list(range(200_000)),
        "200,000 floats": [source.random() for _ in range(200_000)],
        "200,000 texts": [f"text {number}" for number in range(200_000)],
        "20,000 dicts": [{"id": n, "name": str(n), "tags": [n, "a"]} for n in range(20_000)],
        "a small list": [1, "a", 2.0],
    }
    for name, value in samples.items():
        yield from _beside(
            f"digest of {name}",
            lambda value=value: fingerprint(value),  # type: ignore[misc]
            {
                "C pickler": (lambda value=value: pickle.dumps(value, 5), _least(value)),  # type: ignore[misc]
                "dill": (lambda value=value: dill.dumps(value), _over_dill(value)),  # type: ignore[misc]
            },
            inner=200 if len(value) < 10 else 1,
        )


def _least(value: Any) -> float:
    """Half the pickler's speed, except for three members: there a digest is mostly the call."""
    return 0.5 if len(value) > 10 else 0.1


def _over_dill(value: Any) -> float:
    return 10.0 if len(value) > 10 else 1.0


def _beside(
    name: str,
    ours: Callable[[], object],
    peers: dict[str, tuple[Callable[[], object], float]],
    inner: int = 1,
) -> Iterable[Row]:
    taken = interleaved(ours, *(peer for peer, _ in peers.values()), repeats=5, inner=inner)
    for (peer_name, (_, floor)), seconds in zip(peers.items(), taken[1:], strict=True):
        yield Row(name, taken[0], seconds, peer_name, floor)
