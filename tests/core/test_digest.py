"""What counts in a value, and what does not."""

from __future__ import annotations

import collections
import copy
import functools
import io
import itertools
import json
import os
import pickle
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core import digest_corpus as corpus
from zenbook import fingerprint
from zenbook.core import digest_pieces, digest_stream
from zenbook.core.digest_stream import write, write_deep, write_with_sets
from zenbook.errors import NotDigestible

atoms = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.binary(max_size=8)
)
keys = st.integers() | st.text(max_size=5) | st.tuples(st.integers(), st.text(max_size=3))
values = st.recursive(
    atoms | st.sets(keys, max_size=5) | st.frozensets(st.text(max_size=3), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(keys, inner, max_size=4)
        | st.tuples(inner, inner)
        | st.tuples(inner)
    ),
    max_leaves=25,
)


def refuse(value: Any) -> Any:
    raise AssertionError(f"{value!r} is builtin")


# ------------------------------------------------------------------ the same everywhere


def test_digests_are_the_same_in_other_processes_with_other_hash_seeds() -> None:
    program = Path(corpus.__file__)
    told = []
    for seed in ("1", "2", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.getcwd()}
        run = subprocess.run(
            [sys.executable, str(program)], env=environment, capture_output=True, check=True
        )
        told.append(json.loads(run.stdout))
    assert told[0] == told[1] == told[2]
    assert len(told[0]) > 100


def test_all_values_of_the_corpus_differ_from_each_other() -> None:
    by_digest: dict[str, list[str]] = {}
    for text, digest in corpus.digests().items():
        by_digest.setdefault(digest, []).append(text)
    assert [texts for texts in by_digest.values() if len(texts) > 1] == []


@pytest.mark.parametrize(
    "index",
    [
        pd.Index(["a"]),
        pd.RangeIndex(2),
        pd.MultiIndex.from_tuples([(1, 2)]),
        pd.date_range("2020", periods=2),
    ],
    ids=lambda index: type(index).__name__,
)
def test_attributes_of_an_index_count_and_what_it_remembers_does_not(index: Any) -> None:
    before = fingerprint(index)
    assert index.is_unique and index.get_indexer(index[:1]).tolist() == [0]
    assert fingerprint(index) == before
    index.note = 1
    assert before != fingerprint(index) != fingerprint(index.copy())
    one = fingerprint(index)
    index.note = 2
    assert fingerprint(index) != one


@given(values)
@settings(deadline=None, max_examples=150)
def test_a_copy_has_the_digest_of_its_original(value: Any) -> None:
    assert fingerprint(copy.deepcopy(value)) == fingerprint(value)
    assert fingerprint(pickle.loads(pickle.dumps(value))) == fingerprint(value)


@given(values, values)
@settings(deadline=None, max_examples=200)
def test_different_values_have_different_digests(one: Any, other: Any) -> None:
    same = repr_in_order(one) == repr_in_order(other)
    assert (fingerprint(one) == fingerprint(other)) == same


def repr_in_order(value: Any) -> str:
    """A text that is equal for equal values of equal types, dict order included."""
    if isinstance(value, (set, frozenset)):
        return f"{type(value).__name__}{sorted(map(repr_in_order, value))}"
    if isinstance(value, dict):
        return f"{{{[(repr_in_order(k), repr_in_order(v)) for k, v in value.items()]}}}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}{[repr_in_order(one) for one in value]}"
    return repr(value)


@given(values)
@settings(deadline=None, max_examples=200)
def test_the_deep_writer_writes_what_the_fast_one_writes(value: Any) -> None:
    fast, marked, deep = [], [], []
    write_with_sets(value, refuse, marked.append)
    write_deep(value, refuse, deep.append)
    assert b"".join(marked) == b"".join(deep)
    try:
        write(value, refuse, fast.append)
    except digest_stream.NeedsMarks:
        return
    assert b"".join(fast) == b"".join(marked)


@pytest.mark.parametrize("size", [0, 1, 2, 999, 1000, 1001, 2000, 2001])
def test_both_writers_batch_long_containers_alike(size: int) -> None:
    inner: list[Any] = [[]]
    for value in ([inner] * size, dict.fromkeys(range(size), inner), (inner,) * size):
        fast, deep = [], []
        write(value, refuse, fast.append)
        write_deep(value, refuse, deep.append)
        assert b"".join(fast) == b"".join(deep)


nested = st.recursive(
    st.integers() | st.text(max_size=3) | st.just(Ellipsis),
    lambda inner: (
        st.lists(inner, max_size=12)
        | st.dictionaries(st.integers(), inner, max_size=5)
        | st.lists(inner, max_size=12).map(tuple)
    ),
    max_leaves=60,
)


@given(nested, st.integers(0, 30), st.integers(0, 3))
@settings(deadline=None, max_examples=150)
def test_what_is_written_in_pieces_is_what_is_written_at_once(
    value: Any, nodes: int, apart: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digest_pieces, "_NODES", nodes)
        patch.setattr(digest_pieces, "_APART", apart)
        assert in_pieces(value) == at_once(value)


@pytest.mark.parametrize("size", [1999, 2000, 2001, 2003, 2004, 4000, 4001, 6003])
@pytest.mark.parametrize("member", [7, "text", [1, [2]], ...])
def test_slices_of_a_long_value_join_to_what_is_written_at_once(size: int, member: Any) -> None:
    for value in ([member] * size, (member,) * size, [member] * (size - 1) + [b"x" * 70_000]):
        for whole in (value, {"a": value, "b": (value, 1)}):
            assert in_pieces(whole) == at_once(whole)


def test_a_long_dict_is_told_from_its_keys_and_values() -> None:
    long = {number: str(number) for number in range(5000)}
    assert fingerprint(long) == fingerprint(dict(long))
    others = [[[*long], [*long.values()]], dict(reversed(long.items())), {**long, 7: "8"}]
    assert fingerprint(long) not in map(fingerprint, others)


def in_pieces(value: Any) -> bytes:
    written: list[bytes] = []
    digest_pieces.write_pieces(value, by_name, written.append)
    return b"".join(written)


def at_once(value: Any) -> bytes:
    written: list[bytes] = []
    write(value, by_name, written.append)
    return b"".join(written)


def by_name(value: Any) -> Any:
    return "one", [repr(value)]


def test_the_depth_of_the_caller_does_not_count() -> None:
    value: list[Any] = []
    for _ in range(150):
        value = [value, {"k": (1,)}]

    def deep(levels: int) -> str:
        return fingerprint(value) if levels == 0 else deep(levels - 1)

    assert deep(0) == deep(500) == deep(sys.getrecursionlimit() - 250)


# ------------------------------------------------------------------ aliasing, depth, cycles


def test_aliasing_does_not_count() -> None:
    a = [1]
    assert fingerprint([a, a]) == fingerprint([[1], [1]])
    text = "".join(["x", "y"])
    assert fingerprint([text, "xy"]) == fingerprint(["xy", "xy"])
    array = np.arange(3)
    assert fingerprint([array, array]) == fingerprint([np.arange(3), np.arange(3)])


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: (v,), lambda v: {"k": v}])
def test_three_thousand_levels_are_digested(wrap: Any) -> None:
    def nest(core: int) -> Any:
        value: Any = core
        for _ in range(3000):
            value = wrap(value)
        return value

    assert fingerprint(nest(1)) == fingerprint(nest(1)) != fingerprint(nest(2))


class Link:
    def __init__(self, value: int, following: Link | None) -> None:
        self.value = value
        self.following = following


def chain(*last: int) -> Link:
    link = None
    for value in (*last, *range(5000)):
        link = Link(value, link)
    assert link is not None
    return link


def test_fault_68_a_linked_list_of_5000_is_digested() -> None:
    assert fingerprint(chain(1)) == fingerprint(chain(1)) != fingerprint(chain(2))


def test_sharing_without_end_is_digested_in_little_time(monkeypatch: Any) -> None:
    monkeypatch.setattr(digest_stream, "LIMIT", 1 << 20)

    def doubled(core: int) -> list[Any]:
        value: list[Any] = [core]
        for _ in range(40):
            value = [value, value]
        return value

    assert fingerprint(doubled(1)) == fingerprint(doubled(1)) != fingerprint(doubled(2))


def test_a_value_longer_than_the_limit_is_told_by_its_contents(monkeypatch: Any) -> None:
    monkeypatch.setattr(digest_stream, "LIMIT", 10_000)
    long = list(range(100_000))
    assert fingerprint([long, {1}]) == fingerprint([list(long), {1}])
    assert fingerprint([long, {1}]) != fingerprint([[*long[:-1], 0], {1}])


def cyclic(last: Any) -> list[Any]:
    value: list[Any] = [1, {"k": [2]}]
    value[1]["k"].append(value)
    value.append(last)
    return value


def test_cycles_are_told_by_their_contents() -> None:
    assert fingerprint(cyclic(1)) == fingerprint(cyclic(1)) != fingerprint(cyclic(2))
    loaded = pickle.loads(pickle.dumps(cyclic({"s"})))
    assert fingerprint(loaded) == fingerprint(cyclic({"s"}))


# ------------------------------------------------------------------ arrays and tables


def test_the_layout_of_an_array_does_not_count() -> None:
    plain = np.random.default_rng(0).random((700, 900))
    wide = np.zeros((700, 1800))
    wide[:, ::2] = plain
    frozen = plain.copy()
    frozen.setflags(write=False)
    expected = fingerprint(plain)
    for other in (
        np.asfortranarray(plain),
        wide[:, ::2],
        plain[::-1][::-1],
        frozen,
        plain.T.copy().T,
    ):
        assert fingerprint(other) == expected
    plain[699, 899] += 1
    assert fingerprint(plain) != expected


@pytest.mark.parametrize("shape", [(700, 900), (3, 70_001), (200_000, 3), (64, 64), (65, 300)])
@pytest.mark.parametrize("dtype", ["f8", ">i4", "M8[s]", "c16", "U2", "?"])
def test_a_matrix_is_the_same_in_either_order(shape: tuple[int, int], dtype: str) -> None:
    plain = np.random.default_rng(0).integers(0, 99, shape).astype(dtype)
    turned = np.asfortranarray(plain)
    assert fingerprint(turned) == fingerprint(plain) == fingerprint(turned)
    assert fingerprint(turned.T) == fingerprint(np.ascontiguousarray(plain.T))
    assert fingerprint(turned.T) != fingerprint(plain)


@pytest.mark.parametrize("axes", [*itertools.permutations(range(3))])
def test_axes_may_lie_in_any_order(axes: tuple[int, ...]) -> None:
    plain = np.random.default_rng(0).random((60, 61, 62))
    back = np.argsort(axes)
    assert fingerprint(plain.transpose(axes).copy().transpose(back)) == fingerprint(plain)
    assert fingerprint(plain.reshape(61, 60, 62)) != fingerprint(plain)


def test_a_matrix_met_before_is_told_from_a_changed_one() -> None:
    turned = np.asfortranarray(np.random.default_rng(0).random((500, 600)))
    before = fingerprint(turned)
    turned[3, 4] += 1
    after = fingerprint(turned)
    assert before != after == fingerprint(np.ascontiguousarray(turned))


def test_padding_of_records_does_not_count() -> None:
    kind = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    one, other = np.zeros(5, kind), np.zeros(5, kind)
    one.view("u1")[3] = 77
    assert fingerprint(one) == fingerprint(other)
    other["b"][2] = 1.0
    assert fingerprint(one) != fingerprint(other)


def test_how_a_frame_was_built_does_not_count() -> None:
    built = pd.DataFrame({"a": [1, 2]})
    built["b"] = ["x", "y"]
    built["c"] = [3, 4]
    at_once = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [3, 4]})
    assert fingerprint(built) == fingerprint(at_once)
    stacked = pd.concat([at_once[:1], at_once[1:]])
    assert fingerprint(stacked.reset_index(drop=True)) == fingerprint(at_once)


def frame() -> pd.DataFrame:
    return pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})


CHANGES = {
    "a value": lambda f: f.assign(a=[1.0, 3.0]),
    "a text": lambda f: f.assign(b=["x", "z"]),
    "a dtype": lambda f: f.astype({"a": "float32"}),
    "a column's name": lambda f: f.rename(columns={"a": "A"}),
    "the order of columns": lambda f: f[["b", "a"]],
    "the index": lambda f: f.set_index(pd.Index([5, 6])),
    "the index's name": lambda f: f.rename_axis("i"),
    "attrs": lambda f: (f.attrs.update(unit="m"), f)[1],
    "flags": lambda f: f.set_flags(allows_duplicate_labels=False),
    "an attribute of its own": lambda f: (object.__setattr__(f, "note", "n"), f)[1],
    "a missing value": lambda f: f.assign(b=["x", None]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_a_frame_counts(change: str) -> None:
    assert fingerprint(CHANGES[change](frame())) != fingerprint(frame())


def test_what_pandas_leaves_in_a_frame_or_series_does_not_count() -> None:
    table, series = frame(), pd.Series(["x"])
    before = fingerprint([table, series])
    _ = table.plot, series.str, series.plot, table.b.str.upper(), table["b"].iloc[0]
    object.__setattr__(series, "str", series.str)  # as pandas itself did before 3
    assert fingerprint([table, series]) == before
    assert fingerprint([pickle.loads(pickle.dumps(one)) for one in (table, series)]) == before


def test_chunks_and_slices_of_tables_do_not_count() -> None:
    table = pa.table({"a": [1, None, 3], "b": ["x", "yy", None], "c": [[1], [], None]})
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    assert fingerprint(chunked) == fingerprint(table)
    assert fingerprint(table.slice(1)) != fingerprint(table)
    whole = pl.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    parts = pl.concat([whole[:1], whole[1:]], rechunk=False)
    assert fingerprint(parts) == fingerprint(whole)


def test_what_lies_under_a_missing_value_does_not_count() -> None:
    one = pd.Series([1, 2, 3], dtype="Int64")
    other = pd.Series([1, 9, 3], dtype="Int64")
    one[1] = other[1] = pd.NA
    assert fingerprint(one) == fingerprint(other)


# ------------------------------------------------------------------ code and objects


def local_class(body: str) -> Any:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(f"class C:\n{body}", namespace)
    return namespace["C"]


def test_an_instance_counts_with_the_code_of_its_class() -> None:
    one = local_class("    def get(self): return 1")()
    same = local_class("    def get(self):  # as before\n        return 1")()
    other = local_class("    def get(self): return 2")()
    assert fingerprint(one) == fingerprint(same) != fingerprint(other)


def test_slots_are_state() -> None:
    kind = local_class("    __slots__ = ('a',)")
    one, other = kind(), kind()
    one.a = other.a = 1
    assert fingerprint(one) == fingerprint(other)
    other.a = 2
    assert fingerprint(one) != fingerprint(other)


def test_what_xarray_makes_when_it_is_asked_for_is_there_before(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "xarray", types.ModuleType("xarray"))
    kind: Any = type("Dataset", (), {"__slots__": ("_attrs", "x"), "__module__": "xarray"})
    monkeypatch.setattr(sys.modules["xarray"], "Dataset", kind, raising=False)
    one, asked = kind(), kind()
    one._attrs, asked._attrs = None, {}
    one.x = asked.x = 1
    assert fingerprint(one) == fingerprint(asked)
    assert one._attrs == {}
    asked._attrs["units"] = "m"
    assert fingerprint(one) != fingerprint(asked)


def test_packages_of_the_classes_met_are_gathered() -> None:
    from zenbook.core.closure import CodeClosure
    from zenbook.core.digest import Digester

    digester = Digester(CodeClosure())
    digester.digest([pd.DataFrame({"a": [1]}), np.random.default_rng(0)])
    assert {"pandas", "numpy"} <= digester.packages


# ------------------------------------------------------------------ what has no digest


def refused() -> dict[str, Any]:
    import queue
    import socket
    import sqlite3
    import zlib

    jobs: queue.Queue[int] = queue.Queue()
    jobs.put(1)
    return {
        "generator": (i for i in ()),
        "lock": threading.Lock(),
        "thread": threading.Thread(),
        "queue": jobs,
        "Connection": sqlite3.connect(":memory:"),
        "socket": socket.socket(),
        "file": open(os.devnull),
        "Compress": zlib.compressobj(),
    }


def test_fault_67_living_things_are_refused_with_a_reason_and_a_place() -> None:
    things = refused()
    try:
        for word, thing in things.items():
            with pytest.raises(NotDigestible, match=word) as caught:
                fingerprint({"config": [1, thing]})
            assert caught.value.where == "['config'][1]"
    finally:
        for name in ("Connection", "socket", "file"):
            things[name].close()


@pytest.mark.parametrize("error", [ValueError, SystemExit, BaseException, GeneratorExit])
def test_fault_70_whatever_a_reduction_raises_is_told_as_not_digestible(error: type) -> None:
    class Odd:
        def __reduce__(self) -> Any:
            raise error("no")

    with pytest.raises(NotDigestible, match=r"Odd raised|cannot be described"):
        fingerprint([Odd()])


def test_a_memmap_of_a_deleted_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m"
    mapped = np.memmap(path, dtype="u1", mode="w+", shape=(4,))
    fingerprint(mapped)
    path.unlink()
    with pytest.raises(NotDigestible, match="deleted"):
        fingerprint(mapped)


@pytest.mark.parametrize("make", [lambda: io.StringIO("a,b"), lambda: io.BytesIO(b"a,b")])
def test_a_file_in_memory_is_its_content_and_position(make: Any) -> None:
    one, other = make(), make()
    assert vars(other) == {}  # looking makes the dictionary
    assert fingerprint(one) == fingerprint(other)
    other.read(1)
    assert fingerprint(one) != fingerprint(other)


def test_functions_that_a_library_makes_by_exec_are_told_apart_by_their_code() -> None:
    made = []
    for body in ("x + 1", "x + 2", "x + 1"):
        space: dict[str, Any] = {"__name__": "numpy"}
        exec(f"def f(x): return {body}", space)
        made.append(fingerprint(space["f"]))
    assert made[0] == made[2] != made[1]


@pytest.mark.parametrize(
    "make",
    [
        lambda: functools.partial(print, 1),
        lambda: ValueError("x"),
        lambda: OSError(2, "x"),
        lambda: io.BytesIO(b"1"),
        lambda: collections.deque([1]),
    ],
)
def test_to_be_asked_for_its_attributes_changes_nothing(make: Callable[[], Any]) -> None:
    """Some objects have a dictionary for them only from then on, and tell pickle of it."""
    asked = make()
    getattr(asked, "__dict__", None)
    assert fingerprint(asked) == fingerprint(make())
