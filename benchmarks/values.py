"""What a value is: digests beside xxh3-128 over the same bytes, the C pickler, dill and joblib.

Equal arrays have equal digests in either order, so a Fortran array is hashed as if it lay in C
order. Turning a matrix that was not met before takes longer than hashing it, whoever does it: xxh3
reads these 128 MB in 4 ms as they lie, the fastest turning in numpy that was found takes 13 to
30 ms. So the peer of that row turns its matrix, too, as the peer of a strided array copies its
elements together; and joblib, which tells the two orders apart, is held to a fifth of its time
there and not to a tenth.

The pickler writes three members in 0.3 µs, less than a call or two in Python take; what one digest
costs at least is therefore measured beside the other hash of values, and the speed at which small
lists are written beside the pickler, by the ten thousand.
"""

from __future__ import annotations

import functools
import itertools
import pickle
import random
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.row import Row, interleaved

Peers = dict[str, tuple[Callable[[], object], float]]
"""What a peer does, and the least ratio, by the peer's name."""


def rows() -> Iterable[Row]:
    """Every measurement of values, large buffers first."""
    yield from _buffers()
    yield from _containers()


def _buffers() -> Iterable[Row]:
    import numpy as np
    from xxhash import xxh3_128_hexdigest

    from zenbook import fingerprint

    plain = np.random.default_rng(0).random((4000, 4000))
    yield from _beside(
        "digest of a C array, 128 MB",
        lambda: fingerprint(plain),
        {"xxh3-128": (lambda: xxh3_128_hexdigest(plain), 0.8), "joblib.hash": _joblib(plain)},
    )
    yield from _not_in_c_order(plain)
    yield from _tables(plain)


def _not_in_c_order(plain: Any) -> Iterable[Row]:
    import numpy as np
    from xxhash import xxh3_128_hexdigest

    from zenbook import fingerprint

    fortran = np.asfortranarray(plain)
    turn = itertools.count()

    def never_met() -> str:
        fortran[0, 0] = next(turn)
        return fingerprint(fortran)

    peers = {
        "xxh3-128": (lambda: xxh3_128_hexdigest(fortran.T), 0.8),
        "joblib.hash": _joblib(fortran),
    }
    turned = {
        "xxh3-128 of it in C order": (
            lambda: xxh3_128_hexdigest(np.ascontiguousarray(fortran)),
            0.8,
        ),
        "joblib.hash": (peers["joblib.hash"][0], 5.0),
    }
    yield from _beside("digest of a Fortran array never met", never_met, turned)
    again = "digest of a Fortran array met before"
    yield from _beside(again, lambda: fingerprint(fortran), peers)
    strided = np.repeat(plain[:, :2000], 2, axis=1)[:, ::2]
    yield from _beside(
        "digest of a strided array, 64 MB",
        lambda: fingerprint(strided),
        {
            "xxh3-128 of a copy": (lambda: xxh3_128_hexdigest(np.ascontiguousarray(strided)), 0.8),
            "joblib.hash": _joblib(strided),
        },
    )


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
    import joblib

    from zenbook import fingerprint

    source = random.Random(0)
    samples: dict[str, Any] = {
        "200,000 ints": list(range(200_000)),
        "200,000 floats": [source.random() for _ in range(200_000)],
        "200,000 texts": [f"text {number}" for number in range(200_000)],
        "100,000 tuples": [(number, number / 2) for number in range(100_000)],
        "a dict of 100,000 ints": {number: number for number in range(100_000)},
        "4 columns of 50,000 ints": {name: list(range(50_000)) for name in "abcd"},
        "20,000 dicts": [{"id": n, "name": str(n), "tags": [n, "a"]} for n in range(20_000)],
        "10,000 small lists": [[number, "a", 2.0] for number in range(10_000)],
    }
    for name, value in samples.items():
        pickled = functools.partial(pickle.dumps, value, 5)
        dilled = functools.partial(dill.dumps, value)
        peers: Peers = {"C pickler": (pickled, 0.5), "dill": (dilled, 10.0)}
        yield from _beside(f"digest of {name}", functools.partial(fingerprint, value), peers)
    few = [1, "a", 2.0]
    peers = {"joblib.hash": (functools.partial(joblib.hash, few), 2.0)}
    yield from _beside("digest of a list of three", lambda: fingerprint(few), peers, inner=200)


def _beside(name: str, ours: Callable[[], object], peers: Peers, inner: int = 1) -> Iterable[Row]:
    """A row for each peer; quick ones take more turns, for a busy moment counts more there."""
    for peer_name, (peer, floor) in peers.items():
        repeats = 5 if peer_name in ("dill", "joblib.hash") else 25
        mine, theirs = interleaved(ours, peer, repeats=repeats, inner=inner)
        yield Row(name, mine, theirs, peer_name, floor)
