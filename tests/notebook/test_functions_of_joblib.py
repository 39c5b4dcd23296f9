"""Functions whose results a ``joblib.Memory`` keeps count by their code and by what the memory was
told, not by when they were made."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import OTHER_PYTHON, Kernel

pytestmark = pytest.mark.skipif(bool(OTHER_PYTHON), reason="joblib is not there")
MEMORY = "import joblib\nmemory = joblib.Memory('kept', verbose=0)"
MADE = "@memory.cache\ndef more(x, y=0):\n    return x + 1 + y"
HELPER = "def both():\n    return more(1), more(1, y=5)"
STEPS = ("%%step ask\nmore.func(1)", "%%step call\nmore(1), more(1, y=5)", "%%step help\nboth()")
EDITS = {
    "its code": ("x + 1", "x + 2", "(3, 8)"),
    "an input that is left out": (".cache", ".cache(ignore=['y'])", "(2, 2)"),
}


@pytest.mark.parametrize(("before", "after", "gives"), EDITS.values(), ids=[*EDITS])
def test_a_function_counts_by_its_code_and_its_options(
    own: Kernel, before: str, after: str, gives: str
) -> None:
    cells = (MEMORY, MADE, HELPER, *STEPS)
    for expected in (["completed"] * 3, None, ["cached"] * 3):
        told = own.play(*cells)[3:]
        assert expected in (None, [cell.status for cell in told]), [cell.said for cell in told]
        own.restart()
    assert [cell.result for cell in told] == ["2", "(2, 7)", "(2, 7)"]
    edited = own.play(MEMORY, MADE.replace(before, after), HELPER, *STEPS)[3:]
    assert [cell.status for cell in edited] == ["completed"] * 3, [cell.said for cell in edited]
    assert [cell.result for cell in edited[1:]] == [gives, gives]
    assert "more changed" in edited[2].said


def test_a_step_that_computes_with_one_is_cached_at_once(own: Kernel) -> None:
    assert own.play(MEMORY, MADE, STEPS[0])[-1].status == "completed"
    own.restart()
    again = own.play(MEMORY, MADE, STEPS[0])[-1]
    assert (again.status, again.result) == ("cached", "2"), again.said


PARALLEL = (
    "from joblib import Parallel, delayed\nabove = Parallel(n_jobs=2, verbose=0, batch_size={0})",
    "%%step a\nwith Parallel(n_jobs=2) as p:\n    y = p(delayed(abs)(-i) for i in range(9))",
    "%%step b\nz = above(delayed(abs)(-i) for i in range(3))",
    "w = p(delayed(abs)(-i) for i in range(2)), above(delayed(abs)(i) for i in range(2)), p.n_jobs",
)


def test_what_hands_calls_to_workers_is_its_settings_between_its_calls(own: Kernel) -> None:
    for size, statuses in (
        (1, ["completed", "completed"]),
        (1, ["cached", "cached"]),
        (2, ["cached", "completed"]),
    ):
        played = own.play(PARALLEL[0].format(size), *PARALLEL[1:])
        assert [cell.status for cell in played[1:3]] == statuses, [c.said for c in played]
        assert own.ask("y, z, w") == str(([*range(9)], [0, 1, 2], ([0, 1], [0, 1], 2)))
        own.restart()


PURE = """
import collections, dataclasses, enum, functools, logging, re
from pathlib import Path
LOG, HERE = logging.getLogger(__name__), Path("x")
Pair = collections.namedtuple("Pair", "a b")
class Color(enum.Enum): RED = 1
@dataclasses.dataclass
class Grown:
    n: int
    held: list = dataclasses.field(default_factory=list)
    def grow(self):
        self.n += 1
        return self
def same(f):
    @functools.wraps(f)
    def inner(*given): return f(*given)
    return inner
@same
def pair(x): return Pair(Color.RED, Grown(x).grow())
SETTINGS = {"factor": 2}
PATTERN = re.compile("a+")
class Model:
    def __init__(self): self.seen = []
    def fit(self, x): self.seen.append(x); return self
def f(x):
    found = {}
    found[x] = SETTINGS["factor"] * x
    assert "factor" in SETTINGS and len(SETTINGS) == 1 and [*map(str, SETTINGS.items())]
    return Model().fit(found[x]).seen[0]
"""
KEEPS = {
    "a global": "FACTOR = 1\ndef keep(x):\n    global FACTOR\n    FACTOR = x\n"
    "def f(x): return x * FACTOR",
    "a table": "KEPT = {}\ndef keep(x): KEPT['x'] = x\ndef f(x): return x * KEPT.get('x', 1)",
    "a table that is handed on": "KEPT = {}\ndef fill(kept, x): kept['x'] = x\n"
    "def keep(x): fill(KEPT, x)\ndef f(x): return x * KEPT.get('x', 1)",
    "another name of a table": "KEPT = {}\ndef keep(x):\n    kept = KEPT\n    kept['x'] = x\n"
    "def f(x): return x * KEPT.get('x', 1)",
    "a class": "class C:\n    x = 1\n    @classmethod\n    def keep(cls, x): cls.x = x\n"
    "keep = C.keep\ndef f(x): return x * C.x",
    "an iterator": (
        "import itertools\nCOUNT = itertools.count(1)\ndef keep(x): next(COUNT)\n"
        "def f(x): return x * next(COUNT)"
    ),
    "itself among the modules": (
        "import sys\nN = 1\ndef keep(x):\n    me = sys.modules[__name__]\n    me.N += 1\n"
        "def f(x): return x * N"
    ),
    "a random state": (
        "import random\nrandom.seed(1)\ndef keep(x): random.random()\n"
        "def f(x): return x * random.random()"
    ),
    "an instance": "class C:\n    x = 1\n    def put(self, x): self.x = x\nHELD = C()\n"
    "def keep(x): HELD.put(x)\ndef f(x): return x * HELD.x",
}
BY_ONE_WORKER = "from joblib import Parallel, delayed\nimport zq_mod as mod\n"
BY_ONE_WORKER += "from joblib.externals.loky import get_reusable_executor\n"
BY_ONE_WORKER += (
    "def away(f, *a): return get_reusable_executor(max_workers=1).submit(f, *a).result()"
)
STEP = "%%step s\ny = away(mod.f, 5)"


def test_calls_of_plain_cells_that_leave_nothing_in_workers_are_no_reason(own: Kernel) -> None:
    (own.folder / "work" / "zq_mod.py").write_text(PURE)
    for status in ("completed", "cached", "cached"):
        played = own.play(BY_ONE_WORKER, "away(mod.f, 3)", STEP)
        assert (played[-1].status, own.value("y")) == (status, 10), played[-1].said
        own.restart()


@pytest.mark.parametrize("text", KEEPS.values(), ids=KEEPS)
def test_what_a_plain_cell_had_a_worker_keep_is_a_reason(text: str, own: Kernel) -> None:
    (own.folder / "work" / "zq_mod.py").write_text(text)
    for status in ("completed", "cached"):
        assert own.play(BY_ONE_WORKER, STEP)[-1].status == status
        alone = own.value("y")
        own.restart()
    own.play(BY_ONE_WORKER, "away(mod.keep, 3)", "y = away(mod.f, 5)")
    assert (expected := own.value("y")) != alone
    own.restart()
    played = own.play(BY_ONE_WORKER, "away(mod.keep, 3)", STEP)
    assert own.value("y") == expected, played[-1].said
    own.restart()
    assert own.play(BY_ONE_WORKER, STEP)[-1].status == "cached"
    assert own.value("y") == alone
