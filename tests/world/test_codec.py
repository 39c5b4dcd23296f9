"""What is kept comes back as what it was, or is refused with a reason."""

from __future__ import annotations

import collections
import copy
import csv
import enum
import gzip
import io
import math
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import types
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any, Generic, TypeVar

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core import digest_corpus as corpus
from zenbook import fingerprint
from zenbook.core.closure import CodeClosure
from zenbook.core.source_shown import LINKS, MANIFEST
from zenbook.errors import Damaged, NotKeepable
from zenbook.world.codec import PickleCodec
from zenbook.world.codec_matches import reduce_match
from zenbook.world.codec_pickler import Packer
from zenbook.world.ports import Bundle

codec = PickleCodec(CodeClosure(), fingerprint)


def reopened(**values: Any) -> dict[str, Any]:
    """The values after a passage through bytes; buffers are copied, as the store does."""
    loaded: dict[str, Any] = {}
    for bundle in codec.pack(values):
        loaded.update(opened(bundle))
    return loaded


def opened(bundle: Bundle) -> dict[str, Any]:
    return codec.unpack(bundle.header, [memoryview(bytearray(one)) for one in bundle.buffers])


atoms = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
values = st.recursive(
    atoms | st.sets(st.text()) | st.frozensets(st.integers()) | st.complex_numbers(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(), inner)
        | st.tuples(inner, inner)
        | st.builds(lambda items: np.array(items, dtype=object), st.lists(atoms))
    ),
    max_leaves=15,
)


@given(values)
@settings(deadline=None, max_examples=150)
def test_what_is_loaded_has_the_digest_of_what_was_kept(value: Any) -> None:
    assert fingerprint(reopened(v=value)["v"]) == fingerprint(value)


NOT_KEPT = {"memoryview(b'ab')"}


@pytest.fixture(scope="module")
def made() -> Iterator[dict[str, Any]]:
    """The corpus, its classes being those of ``__main__`` for the time of this module."""
    main = sys.modules["__main__"]
    before = dict(vars(main))
    namespace = vars(main)
    exec(corpus.PREPARE, namespace)
    yield {text: eval(text, namespace) for text in corpus.EXPRESSIONS}
    namespace.clear()
    namespace.update(before)


@pytest.mark.parametrize("text", [one for one in corpus.EXPRESSIONS if one not in NOT_KEPT])
def test_every_value_of_the_corpus_comes_back(made: dict[str, Any], text: str) -> None:
    value = made[text]
    loaded = reopened(v=value)["v"]
    assert type(loaded) is type(value)
    assert fingerprint(loaded) == fingerprint(value)


def test_equal_values_make_equal_bundles() -> None:
    def pack() -> tuple[Bundle, ...]:
        return codec.pack({"v": {"a": np.arange(10), "b": pd.DataFrame({"x": [1.0, 2.0]})}})

    assert [one.header for one in pack()] == [one.header for one in pack()]


# ------------------------------------------------------------------ identity


def test_values_that_share_objects_share_them_again() -> None:
    shared = [1]
    loaded = reopened(a=shared, b={"inner": shared}, c=[2])
    assert loaded["b"]["inner"] is loaded["a"]
    assert [one.names for one in codec.pack({"a": shared, "b": [shared], "c": [2]})] == [
        ("a", "b"),
        ("c",),
    ]


def test_what_another_value_holds_is_packed_with_it_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed: list[list[str]] = []
    write = Packer.write

    def noting(packer: Packer, values: dict[str, Any]) -> None:
        packed.append(list(values))
        write(packer, values)

    monkeypatch.setattr(Packer, "write", noting)
    base = np.arange(8.0)
    whole = {"part": [1, [2]], "view": base[2:4]}
    values = {"whole": whole, "part": whole["part"], "view": whole["view"], "base": base, "n": 1}
    bundles = codec.pack(values)
    assert packed == [["whole"], ["base"], ["n"], ["whole", "part", "view", "base"]]
    assert [bundle.names for bundle in bundles] == [("whole", "part", "view", "base"), ("n",)]
    loaded = opened(bundles[0])
    assert loaded["whole"]["part"] is loaded["part"]
    assert loaded["whole"]["view"] is loaded["view"]
    assert np.may_share_memory(loaded["view"], loaded["base"])


def test_values_that_share_nothing_that_changes_are_kept_apart() -> None:
    one, other = pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]})
    bundles = codec.pack({"one": one, "other": other, "n": np.arange(3), "m": np.arange(3)})
    assert [bundle.names for bundle in bundles] == [("one",), ("other",), ("n",), ("m",)]


def test_what_a_record_says_of_values_is_not_asked_for_what_it_shares_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = Fraction(1, 2)
    values = {"one": {key: [1]}, MANIFEST: {"links": [("one", key)]}, LINKS: [("one", key)]}
    asked: list[int] = []
    monkeypatch.setattr(Packer, "met", property(lambda it: asked.append(len(it.header)) or {}))
    assert [bundle.names for bundle in codec.pack(values)] == [("one",), (MANIFEST,), (LINKS,)]
    assert len(asked) == 1


def test_an_array_and_its_views_share_memory_again() -> None:
    whole = np.arange(20.0).reshape(4, 5)
    loaded = reopened(whole=whole, rows=whole[1:3], corner=whole[::-2, ::2], turned=whole.T)
    for name in ("rows", "corner", "turned"):
        assert np.shares_memory(loaded[name], loaded["whole"])
    loaded["whole"][1, 0] = -1
    assert loaded["rows"][0, 0] == -1
    assert np.array_equal(loaded["corner"], loaded["whole"][::-2, ::2])


@pytest.mark.parametrize("order", ["C", "F"])
def test_loaded_arrays_can_be_written_to(order: Any) -> None:
    loaded = reopened(v=np.ones((300, 300), order=order))["v"]
    loaded[0, 0] = 5
    assert loaded.flags.writeable


WHOLE = np.random.default_rng(0).random((40, 6, 500))
LYING: dict[str, Any] = {
    "a column": WHOLE[0, :, 3],
    "some columns": WHOLE[:, 1:5, ::3],
    "backwards": WHOLE[0, 0, ::-1],
    "partly backwards": WHOLE[1::-1, ::-1, 7],
    "turned": WHOLE.transpose(1, 0, 2),
    "turned, of its own": WHOLE.transpose(1, 2, 0) + 1,
    "turned, with gaps": WHOLE[:, :, ::2].T,
    "one for many": np.broadcast_to(WHOLE[0, 0], (3, 500)),
    "windows": np.lib.stride_tricks.sliding_window_view(WHOLE[0, 0], 7),
    "a field of records": np.ones(5, "i4,f8")["f1"],
    "half of complex numbers": (WHOLE[0] * (1 + 2j)).imag,
    "read-only": np.broadcast_to(WHOLE[0, 0, ::2], (2, 250)),
}


@pytest.mark.parametrize("name", LYING)
def test_the_elements_of_an_array_lie_as_they_lay(name: str) -> None:
    value = LYING[name]
    loaded = reopened(value=value)["value"]
    assert np.array_equal(loaded, value)
    assert (loaded.strides, loaded.flags.num & 0x407) == (value.strides, value.flags.num & 0x407)


def test_windows_into_an_array_that_lies_turned_look_into_it_again() -> None:
    turned = LYING["turned, of its own"].copy(order="K")
    loaded = reopened(turned=turned, part=turned[2, 5:9])
    assert np.array_equal(loaded["turned"], turned)
    loaded["turned"][2, 5] = 7
    assert (loaded["part"][0] == 7).all() and np.array_equal(loaded["part"][1:], turned[2, 6:9])


def test_a_part_of_windows_that_overlap_has_the_elements_that_it_had() -> None:
    windows = LYING["windows"]
    loaded = reopened(windows=windows, part=windows[1:])
    assert np.array_equal(loaded["windows"], windows)
    assert np.array_equal(loaded["part"], windows[1:])


def test_windows_that_overlap_take_the_room_of_what_they_look_into() -> None:
    windows = np.lib.stride_tricks.sliding_window_view(np.arange(100_000.0), 1000)
    (bundle,) = codec.pack({"windows": windows})
    assert bundle.size < 1_000_000 < windows.nbytes


@pytest.mark.parametrize(("rows", "columns"), [(1_000_000, 2), (20_000, 9)])
def test_an_array_whose_gaps_would_take_much_room_comes_back_without(
    rows: int, columns: int
) -> None:
    value = np.arange(rows * columns, dtype="f8").reshape(rows, columns)[:, 1]
    loaded = reopened(value=value)["value"]
    assert loaded.flags.c_contiguous and np.array_equal(loaded, value)


def test_a_masked_array_has_the_mask_the_flags_and_the_look_that_it_had() -> None:
    bare = np.ma.masked_equal(np.zeros((2, 3)), 1)
    hard = np.ma.array([1, 2, 3], mask=[0, 1, 0], hard_mask=True, fill_value=7)
    hard.unit = "m"
    fields = np.ma.array([(1, 2.0)], mask=[(True, False)], dtype=[("a", int), ("b", float)])
    loaded = reopened(bare=bare, hard=hard, fields=fields, one=np.ma.masked)
    assert loaded["bare"].mask is np.ma.nomask
    assert str(loaded["bare"]) == str(bare)
    assert (loaded["hard"].hardmask, loaded["hard"].fill_value) == (True, 7)
    assert loaded["hard"].sharedmask is hard.sharedmask
    assert loaded["bare"].sharedmask is bare.sharedmask is False
    assert (loaded["hard"].data[1], loaded["hard"].unit) == (2, "m")
    assert loaded["fields"].mask.tolist() == [(True, False)]
    assert loaded["one"] is np.ma.masked
    loaded["bare"][0, 0] = np.ma.masked
    assert loaded["bare"].count() == 5


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_that_is_not_large_owns_its_memory(order: Any) -> None:
    fixed = np.arange(6.0)
    fixed.flags.writeable = False
    loaded = reopened(v=np.zeros((2, 3), order=order), fixed=fixed, large=np.zeros(140_000))
    assert loaded["v"].flags.owndata
    assert loaded["v"].flags.forc
    assert loaded["v"].strides == np.zeros((2, 3), order=order).strides
    assert not loaded["fixed"].flags.writeable
    assert not loaded["large"].flags.owndata  # these pages of the file are read when they are used


def test_an_array_looks_into_the_very_array_that_it_looked_into() -> None:
    whole = np.arange(6.0)
    loaded = reopened(whole=whole, part=whole[::2])
    assert loaded["part"].base is loaded["whole"]


def test_large_arrays_are_handed_out_in_place() -> None:
    array = np.ones(100_000)
    (bundle,) = codec.pack({"v": array})
    assert len(bundle.header) < 1000
    assert np.shares_memory(np.frombuffer(bundle.buffers[0]), array)


# ------------------------------------------------------------------ code


def counter() -> tuple[Any, Any]:
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return count

    return step, lambda: count


def test_closures_share_their_variables_again() -> None:
    step, look = counter()
    step()
    loaded = reopened(step=step, look=look)
    loaded["step"]()
    assert loaded["look"]() == 2
    assert look() == 1


def factorial() -> Any:
    def inner(n: int, more: float = 1.0, *, base: int = 1) -> float:
        return base if n < 2 else n * inner(n - 1)

    inner.note = ["kept"]
    return inner


def test_who_holds_the_generator_that_all_share_holds_it_again() -> None:
    """Every distribution of scipy.stats does; its state at the moment is no part of the value."""
    holder = {"numpy": np.random.mtrand._rand, "random": random.random.__self__}
    before = fingerprint(holder)
    np.random.rand(), random.random()
    assert fingerprint(holder) == before
    loaded = reopened(holder=holder)["holder"]
    assert loaded["numpy"] is holder["numpy"] and loaded["random"] is holder["random"]


@pytest.mark.parametrize("kind", [random.Random, np.random.RandomState])
def test_a_generator_of_its_own_is_its_state(kind: Any) -> None:
    one, other = kind(3), kind(4)
    assert fingerprint(one) == fingerprint(kind(3)) != fingerprint(other)
    one.random_sample() if kind is np.random.RandomState else one.random()
    assert fingerprint(one) != fingerprint(kind(3))
    loaded = reopened(one=one)["one"]
    assert loaded.uniform(0, 1) == one.uniform(0, 1)


class Bunch(dict[str, Any]):
    """A dict whose items are attributes, as statsmodels and many others have one."""

    def __init__(self, **items: Any) -> None:
        super().__init__(items)
        self.__dict__ = self


def test_a_dict_that_is_its_own_namespace_comes_back_as_one() -> None:
    made = Bunch(a=[1, 2], b="text")
    made.whole = made
    loaded = reopened(made=made)["made"]
    loaded.c = 3
    assert (loaded["c"], loaded.a, loaded["b"]) == (3, [1, 2], "text")
    assert loaded.whole is loaded and type(loaded) is Bunch


class Tally(collections.Counter[str]):
    """Counts, and knows what it counts."""


class Grouped(collections.defaultdict[str, list[int]]):
    """Groups, and knows what it groups."""


@pytest.mark.parametrize("made", [collections.Counter("aab"), Tally("ab"), Grouped(list, a=[1])])
def test_attributes_of_a_dictionary_that_python_pickles_without_them_come_back(made: Any) -> None:
    bare, told = fingerprint(made), copy.deepcopy(made)
    made.unit = told.unit = ["words"]
    assert fingerprint(made) == fingerprint(told) != bare
    loaded = reopened(made=made)["made"]
    assert (loaded, type(loaded), vars(loaded)) == (made, type(made), {"unit": ["words"]})
    if isinstance(made, Grouped):
        assert loaded["new"] == []


def test_a_function_that_refers_to_itself_comes_back() -> None:
    loaded = reopened(f=factorial())["f"]
    assert loaded(5) == 120
    assert loaded.__defaults__ == (1.0,)
    assert loaded.note == ["kept"]


def run_main(program: str) -> str:
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert not run.returncode, run.stderr
    return run.stdout.strip()


KEEPER = """
import sys
from zenbook import fingerprint
from zenbook.core.closure import CodeClosure
from zenbook.core.source_shown import LINKS, MANIFEST
from zenbook.world.codec import PickleCodec
from zenbook.world.codec_pickler import Packer
from zenbook.errors import Damaged
codec = PickleCodec(CodeClosure(), fingerprint)
"""


def test_a_function_reads_the_globals_of_where_it_is_loaded() -> None:
    made = run_main(
        KEEPER + "K = 1\ndef f(): return K\n(b,) = codec.pack({'f': f})\nprint(b.header.hex())"
    )
    told = run_main(
        KEEPER + f"K = 2\nf = codec.unpack(bytes.fromhex('{made}'), [])['f']\nprint(f())"
    )
    assert told == "2"


def test_a_function_made_by_exec_takes_along_the_globals_that_it_names() -> None:
    made = run_main(
        KEEPER + "import math, os\nspace = {'exp': math.exp, 'one': lambda: 1}\n"
        "space['unused'] = open(os.devnull)\n"
        "exec('def f(x): return exp(x) + one() + sum([0])', space)\n"
        "(b,) = codec.pack({'f': space['f']})\nprint(b.header.hex())"
    )
    told = run_main(
        KEEPER + f"f = codec.unpack(bytes.fromhex('{made}'), [])['f']\n"
        "print(f(0), sorted(f.__globals__))"
    )
    assert told == "2.0 ['__builtins__', 'exp', 'one']"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("return eval('x')", "made by exec that runs text"),
        ("return eval(x)", "made by exec that calls eval"),
        ("global y; y = x", "made by exec that assigns y"),
    ],
)
def test_a_function_made_by_exec_that_may_reach_any_name_is_refused(body: str, why: str) -> None:
    space: dict[str, Any] = {}
    exec(f"def f(x): {body}", space)
    with pytest.raises(NotKeepable, match=why):
        codec.pack({"f": space["f"]})


DECORATOR = """
import functools
FACTOR = 10
def scaled(function):
    @functools.wraps(function)
    def wrapper(x):
        return FACTOR * function(x)
    return wrapper
"""


def test_a_decorated_function_reads_the_globals_of_its_decorator(tmp_path: Path) -> None:
    (tmp_path / "deco.py").write_text(DECORATOR)
    path = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
    made = run_main(
        KEEPER + path + "from deco import scaled\nf = scaled(lambda x: x + 1)\n"
        "(b,) = codec.pack({'f': f})\nprint(b.header.hex())"
    )
    read = f"f = codec.unpack(bytes.fromhex('{made}'), [])['f']\nprint(f(1))"
    assert run_main(KEEPER + path + "FACTOR = 3\n" + read) == "20"
    alone = run_main(
        KEEPER + f"try:\n    codec.unpack(bytes.fromhex('{made}'), [])\n"
        "except Damaged as error:\n    print(error)"
    )
    assert "wrapper is of module deco, which is not here" in alone


SAME = "class C:\n    def get(self): return 1\n"


@pytest.mark.parametrize(
    ("definition", "told"),
    [
        (SAME, "True 1"),
        (SAME.replace("get(self)", "get(self)  "), "True 1"),
        (SAME.replace("1", "2"), "class C changed"),
        ("", "class C is not defined"),
    ],
)
def test_fault_15_and_16_an_instance_is_of_the_current_class_or_is_not_made(
    definition: str, told: str
) -> None:
    made = run_main(KEEPER + SAME + "(b,) = codec.pack({'v': C()})\nprint(b.header.hex())")
    program = KEEPER + definition + f"header = bytes.fromhex('{made}')\n"
    program += (
        "try:\n    v = codec.unpack(header, [])['v']\n    print(isinstance(v, C), v.get())\n"
        "except Damaged as error:\n    print(error)\n"
    )
    assert told in run_main(program)


def test_fault_14_an_enum_and_a_generic_from_a_cell_are_kept() -> None:
    program = (
        KEEPER
        + "import enum, typing\nT = typing.TypeVar('T')\n"
        + "class E(enum.Enum):\n    A = 1\n"
        + "class Box(typing.Generic[T]):\n    def __init__(self, v): self.v = v\n"
        + "(b,) = codec.pack({'v': [E.A, Box[int](3)]})\n"
        + "v = codec.unpack(b.header, [])['v']\nprint(v[0] is E.A, v[1].v, type(v[1]) is Box)"
    )
    assert run_main(program) == "True 3 True"


T = TypeVar("T")


def inner_enum() -> Any:
    class Hidden(enum.Enum):
        A = 1

    return Hidden.A


def test_a_class_that_no_name_leads_to_is_refused() -> None:
    with pytest.raises(NotKeepable, match="Hidden, which cannot be found by its name"):
        codec.pack({"v": inner_enum()})


# ------------------------------------------------------------------ refused


class OtherType:
    def __reduce__(self) -> Any:
        return int, (1,)


class FailsToLoad:
    def __init__(self) -> None:
        self.a = 1

    def __setstate__(self, state: Any) -> None:
        raise KeyError("state")


class ExitsWhenKept:
    def __getstate__(self) -> Any:
        raise SystemExit(3)


@dataclass
class Box(Generic[T]):
    inside: T


def test_fault_24_what_would_come_back_as_something_else_is_not_kept() -> None:
    with pytest.raises(NotKeepable, match="v would come back as another value"):
        codec.pack({"v": OtherType()})
    with pytest.raises(NotKeepable, match=r"v cannot be loaded again: .*KeyError"):
        codec.pack({"v": FailsToLoad()})


def test_fault_70_an_exit_raised_while_keeping_is_a_reason() -> None:
    with pytest.raises(NotKeepable, match="v cannot be kept: SystemExit"):
        codec.pack({"v": [ExitsWhenKept()]})


@pytest.mark.parametrize("mode", ["r", "w", "a+", "rb", "wb", "ab", "xb", "r+b"])
def test_a_closed_file_comes_back_closed_with_its_name(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "f"
    if mode != "xb":
        path.touch()
    with path.open(mode) as file:
        pass
    loaded = reopened(file=file)["file"]
    assert (type(loaded), loaded.closed, loaded.name) == (type(file), True, str(path))
    assert (loaded.mode, fingerprint(loaded)) == (file.mode, fingerprint(file))
    assert fingerprint(file) != fingerprint(tmp_path)
    with pytest.raises(ValueError, match="closed file"):
        loaded.seek(0)


def test_readers_and_writers_of_closed_files_come_back_as_that(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("w") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerows([["a", "b"], [1, 2]])
    with (tmp_path / "a.csv").open() as file:
        reader = csv.reader(file, delimiter=";")
        assert next(reader) == ["a", "b"]
    loaded = reopened(reader=reader, writer=writer)
    assert loaded["reader"].line_num == 1 and loaded["reader"].dialect.delimiter == ";"
    for goes_on in (lambda: next(loaded["reader"]), lambda: loaded["writer"].writerow([3])):
        with pytest.raises(ValueError, match="closed file"):
            goes_on()
    with (tmp_path / "a.csv").open() as file:
        for still_reading in (csv.reader(file), csv.reader(["a"])):
            with pytest.raises(NotKeepable, match="is a reader or writer of an open file"):
                codec.pack({"v": still_reading})


def test_what_is_over_comes_back_as_that(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    with gzip.open(tmp_path / "z.gz", "wb") as packed:
        packed.write(b"a")
    with closing(sqlite3.connect(":memory:")) as database:
        database.row_factory = sqlite3.Row
    with ThreadPoolExecutor(2) as workers:
        futures = [workers.submit(abs, -3), workers.submit(divmod, 1, 0)]
    with ThreadPool(2) as pool:
        pool.map(abs, [1])
    pool.join()
    with subprocess.Popen(["echo", "a"], stdout=subprocess.PIPE) as program:
        program.communicate()
    with io.StringIO("a") as text, io.BytesIO(b"a") as data:
        text.read()
    with tempfile.NamedTemporaryFile("w") as temporary:
        temporary.write("a")
    over = {
        "text": text,
        "data": data,
        "temporary": temporary,
        "archive": archive,
        "packed": packed,
        "database": database,
        "workers": workers,
        "futures": futures,
        "pool": pool,
        "program": program,
    }
    loaded = reopened(**over)
    for closed in (loaded["text"], loaded["data"], loaded["temporary"]):
        with pytest.raises(ValueError, match="closed file"):
            closed.read()
    assert loaded["temporary"].name == temporary.name
    assert loaded["archive"].namelist() == ["a.txt"]
    assert (loaded["packed"].closed, loaded["packed"].name) == (True, packed.name)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        loaded["database"].execute("SELECT 1")
    assert loaded["database"].row_factory is sqlite3.Row
    with pytest.raises(RuntimeError, match="after shutdown"):
        loaded["workers"].submit(abs, 1)
    assert repr(loaded["pool"]) == repr(pool)
    assert (loaded["program"].poll(), loaded["program"].args) == (0, ["echo", "a"])
    assert loaded["futures"][0].result() == 3
    with pytest.raises(ZeroDivisionError):
        loaded["futures"][1].result()
    for name, value in loaded.items():
        assert fingerprint(value) == fingerprint(over[name]), name


def test_a_closed_file_of_hdf5_and_its_parts_come_back_closed(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["d"] = np.arange(3)
        group, data = file.create_group("g"), file["d"]
        with pytest.raises(NotKeepable, match="is an open file"):
            codec.pack({"v": file})
    loaded = reopened(file=file, group=group, data=data)
    assert [repr(one) for one in loaded.values()] == [repr(file), repr(group), repr(data)]
    assert loaded["file"] == file and not any(loaded.values())
    with pytest.raises(KeyError):
        loaded["file"]["d"]
    with pytest.raises(ValueError, match="Not a file"):
        _ = loaded["file"].filename


FORMULAS = {
    "patsy": """
import numpy

def forbidden(self, *_):
    raise NotImplementedError("Sorry, pickling not yet supported.")

class DesignInfo:
    __getstate__ = forbidden

class DesignMatrix(numpy.ndarray):
    __reduce__ = forbidden
""",
    "statsmodels": """
class ModelData:
    def __setstate__(self, state):
        raise NameError("half")

class PandasData(ModelData):
    pass
""",
}


def test_designs_and_fits_of_formulas_are_kept_by_their_attributes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, source in FORMULAS.items():
        module: Any = types.ModuleType(name)
        module.__file__ = np.__file__
        exec(source, vars(module))
        monkeypatch.setitem(sys.modules, name, module)
    patsy, statsmodels = (sys.modules[name] for name in FORMULAS)
    data, design = statsmodels.PandasData(), patsy.DesignInfo()
    matrix = np.eye(2).view(patsy.DesignMatrix)
    data.design = matrix.design = design
    design.names, design.half = ["a", "b"], len
    loaded = reopened(data=data, matrix=matrix)
    assert loaded["data"].design is loaded["matrix"].design
    assert loaded["matrix"].design.half is len
    assert [*map(fingerprint, loaded.values())] == [fingerprint(data), fingerprint(matrix)]
    assert (type(loaded["matrix"]), loaded["matrix"].tolist()) == (type(matrix), matrix.tolist())
    before = fingerprint(matrix)
    design.names.append("c")
    assert fingerprint(matrix) != before


MATCHES = {
    "searched": lambda: re.search(r"\d+", "x12"),
    "from a place on": lambda: re.compile("(?P<first>b)|c").match("abcb", 1, 3),
    "each of many": lambda: [*re.finditer(r"\b|(\w)(?=-)|,", "ab-,c-")],
    "the last of many": lambda: [*re.finditer("a?", "aab")][-1],
    "the whole": lambda: re.fullmatch("a|ab|(abc)", "abc"),
    "in bytes": lambda: re.search(b"(b)(c)?", b"ab"),
    "one in two lists": lambda: [[match := re.search("a", "a")], [match]],
    "where substituted": lambda: (lambda met: (re.sub("a", met.append, "aba"), met))([]),
}


@pytest.mark.parametrize("case", MATCHES)
def test_a_match_comes_back_as_found(case: str) -> None:
    value = MATCHES[case]()
    loaded = reopened(v=value)["v"]
    assert fingerprint(loaded) == fingerprint(value)
    assert repr(loaded) == repr(value)
    if case == "one in two lists":
        assert loaded[0][0] is loaded[1][0]


def test_many_matches_are_looked_for_once() -> None:
    found = [*re.finditer(r"\w+", "word " * 20_000)]
    start = time.perf_counter()
    (bundle,) = codec.pack({"found": found})
    assert time.perf_counter() - start < 20 * len(found) / 20_000
    assert [match.span() for match in opened(bundle)["found"]] == [match.span() for match in found]


def test_a_match_that_is_not_found_again_is_refused() -> None:
    match = re.search("b", "abc")
    told = ("re", "string", "pos", "endpos", "lastindex", "start", "span")
    other: Any = types.SimpleNamespace(regs=((1, 3),), **{n: getattr(match, n) for n in told})
    with pytest.raises(LookupError, match="not found again"):
        reduce_match(other, {})


def test_fault_67_living_things_are_refused_by_name(tmp_path: Any) -> None:
    import queue

    connection = sqlite3.connect(":memory:")
    file = (tmp_path / "f").open("w")
    jobs: queue.Queue[int] = queue.Queue()
    jobs.put(1)
    cases = {
        "conn is a live sqlite3.Connection": {"conn": connection},
        "numbers is a generator": {"numbers": (i for i in ())},
        "lock is a lock": {"lock": Box(threading.Lock())},
        "jobs is a queue": {"jobs": jobs},
        "out is an open file": {"out": file},
        "found is a match": {"found": re.match(b"a", bytearray(b"a"))},
        "big is a memmap": {"big": np.memmap(tmp_path / "m", mode="w+", shape=(3,))},
    }
    try:
        for told, values in cases.items():
            with pytest.raises(NotKeepable, match=f"^{told}"):
                codec.pack({"fine": 1, **values})
    finally:
        connection.close()
        file.close()


def test_fault_68_deep_nesting_comes_back_right_or_is_refused() -> None:
    value: Any = []
    for _ in range(10_000):
        value = [value]
    with pytest.raises(NotKeepable, match="nested too deeply"):
        codec.pack({"v": value})


def test_fault_69_odd_singletons_come_back() -> None:
    loaded = reopened(a=None, b=math.nan, c=..., d=NotImplemented, e=np.array(1), f=pd.DataFrame())
    assert loaded["a"] is None
    assert loaded["c"] is ...
    assert loaded["d"] is NotImplemented
    assert math.isnan(loaded["b"])
    assert loaded["e"].shape == ()
    assert loaded["f"].empty


def test_fault_67_a_figure_is_kept_and_opens_no_window() -> None:
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    (line,) = axes.plot([1, 2, 3])
    try:
        (bundle,) = codec.pack({"figure": figure, "axes": axes, "line": line})
        before = plt.get_fignums()
        loaded = opened(bundle)
        assert plt.get_fignums() == before
        assert loaded["axes"] in loaded["figure"].axes
        assert loaded["line"] in loaded["axes"].lines
        assert fingerprint(loaded["figure"]) == fingerprint(figure)
    finally:
        plt.close(figure)


def test_a_name_that_is_gone_is_told() -> None:
    (bundle,) = codec.pack({"v": np.arange(3)})
    with pytest.raises(Damaged, match="is not there any more"):
        codec.unpack(bundle.header.replace(b"_frombuffer", b"_frombuffet"), bundle.buffers)


def test_what_has_to_be_told_when_it_is_dropped_is_refused() -> None:
    class Folder:
        def __del__(self) -> None:
            pass

    with pytest.raises(NotKeepable, match="has a __del__"):
        codec.pack({"folder": Folder()})


def test_a_module_made_at_run_time_is_refused() -> None:
    with pytest.raises(NotKeepable, match="was made at run time"):
        codec.pack({"made": types.ModuleType("made")})


class Leaving:
    def __init__(self) -> None:
        self.items, self.seen, self.file = [1], {"a": 1}, open(os.devnull)  # noqa: SIM115

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "seen": {}, "file": None}


def test_what_its_own_class_leaves_out_is_not_lost_in_silence() -> None:
    leaving = Leaving()
    with pytest.raises(NotKeepable, match="would come back without file, which Leaving leaves out"):
        codec.pack({"leaving": leaving})
    leaving.file.close()
    leaving.file = None  # type: ignore[assignment]
    assert reopened(leaving=leaving)["leaving"].seen == {}


def test_what_libraries_pickle_wrongly_is_kept_right_or_not_at_all() -> None:
    kept = np.finfo("f4")
    (bundle,) = codec.pack({"v": kept})
    assert codec.unpack(bundle.header, bundle.buffers)["v"].eps == kept.eps
    stats = pytest.importorskip("scipy.stats")
    if hasattr(stats, "Normal"):
        with pytest.raises(NotKeepable, match="v would come back as another value"):
            codec.pack({"v": stats.Normal(mu=0, sigma=1)})
