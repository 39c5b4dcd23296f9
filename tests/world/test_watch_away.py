"""What a step does in forked children and in workers of joblib is noted as what it does itself."""

from __future__ import annotations

import functools
import importlib
import multiprocessing
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor, reusable_executor

from tests.world.watching import holds, names, see
from zenbook.world import watch_scope, watch_workers
from zenbook.world.module_states import module_states
from zenbook.world.modules_keeping import NOWHERE, keeping
from zenbook.world.variables_set import is_about_variables_set
from zenbook.world.watch_in_worker import REMEMBERED

JOINED = "".join
"""Makes paths of pieces, so that no literal names them."""


@pytest.fixture(autouse=True)
def _workers_without_calls_of_other_tests() -> None:
    executor = reusable_executor._executor
    if executor is not None and watch_workers._others(executor):
        executor.shutdown()


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.csv").write_text("1")
    (tmp_path / "in/old").mkdir()
    with sqlite3.connect(tmp_path / "in/base.db") as connection:
        connection.execute("create table t (x)")
    connection.close()
    yield tmp_path
    _end_workers()


def _end_workers() -> None:
    if (executor := reusable_executor._executor) is not None:
        executor.shutdown(kill_workers=True)


def _itself(call: Callable[[], Any]) -> Any:
    return call()


def _forked(call: Callable[[], Any]) -> Any:
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(call)


def _by_joblib(call: Callable[[], Any]) -> Any:
    return Parallel(n_jobs=2)(delayed(call)() for _ in range(1))[0]


def _by_one_worker(call: Callable[[], Any]) -> Any:
    """It waits for the next call however long the looks at all modules of the tests take."""
    return get_reusable_executor(max_workers=1, timeout=300).submit(call).result()


def _spawned(call: Callable[[], Any]) -> Any:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(call)


AWAY = {"forked": _forked, "joblib": _by_joblib, "spawned": _spawned}


def _reads() -> str:
    return Path(JOINED(["in/", "a.csv"])).read_text()


def _reads_in_vain() -> bool:
    try:
        Path(JOINED(["in/", "z.csv"])).read_text()
    except FileNotFoundError:
        return False
    return True


def _exists() -> bool:
    return os.path.exists(JOINED(["in/", "z.csv"]))


def _lists() -> list[str]:
    return sorted(os.listdir(JOINED(["in", ""])))


def _globs() -> list[Path]:
    return sorted(Path(JOINED(["in", ""])).glob(JOINED(["*.", "csv"])))


def _asks() -> str | None:
    return os.environ.get(JOINED(["ZB_", "BONUS"]))


def _asks_where() -> str:
    return os.getcwd()


def _writes() -> None:
    Path(JOINED(["in/", "new.txt"])).write_text("new")


def _reads_and_writes() -> None:
    path = Path(JOINED(["in/", "a.csv"]))
    path.write_text(path.read_text() + "1")


def _forks() -> Any:
    if multiprocessing.current_process().daemon:
        return _reads()  # which may have no children
    return _forked(_reads)


def _overwrites() -> None:
    Path(JOINED(["in/", "a.csv"])).write_text("other")


def _removes() -> None:
    os.remove(JOINED(["in/", "a.csv"]))


def _clears() -> None:
    shutil.rmtree(JOINED(["in/", "old"]))


def _clears_and_fills() -> None:
    shutil.rmtree(JOINED(["in/", "old"]))
    os.makedirs(JOINED(["in/", "old"]))
    Path(JOINED(["in/old/", "x"])).write_text("x")


def _makes_folder() -> None:
    os.makedirs(JOINED(["out/", "deep"]))
    Path(JOINED(["out/", "deep/x"])).write_text("x")


def _lists_then_writes() -> list[str]:
    found = _globs()
    Path(JOINED(["in/", "late.csv"])).write_text("late")
    return [str(each) for each in found]


def _connects() -> list[Any]:
    connection = sqlite3.connect(JOINED(["in/", "base.db"]))
    try:
        return connection.execute("select * from t").fetchall()
    finally:
        connection.close()


def _runs() -> bytes:
    return subprocess.run(["cat", JOINED(["in/", "a.csv"])], capture_output=True).stdout


def _starts() -> int:
    return subprocess.run([sys.executable, JOINED(["too", "l.py"])], check=True).returncode


def _calls() -> int:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", 9))


ACTIONS: list[Callable[[], Any]] = [
    *(_reads, _reads_in_vain, _exists, _lists, _globs, _asks, _asks_where, _writes, _removes),
    *(_reads_and_writes, _clears, _clears_and_fills, _makes_folder, _lists_then_writes),
    *(_runs, _calls, _forks),
]


@pytest.mark.parametrize("way", AWAY)
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.__name__[1:])
def test_it_is_noted_as_what_the_step_does_itself(
    action: Callable[[], Any], way: str, project: Path
) -> None:
    kept = project.parent / "kept"
    shutil.copytree(project, kept)
    by_itself = see(lambda: _itself(action))
    shutil.rmtree(project)
    shutil.copytree(kept, project)
    shutil.rmtree(kept)
    os.chdir(project)
    away = see(lambda: AWAY[way](action))
    assert away.obstacles == by_itself.obstacles == ()
    assert names(away) == names(by_itself)
    asked = {read for read in away.reads if not is_about_variables_set(read.name)}
    assert {read for read in asked if read.name in names(away)} <= {*by_itself.reads}
    assert away.wrote == by_itself.wrote
    assert away.remarks == by_itself.remarks
    assert any((names(by_itself), by_itself.wrote, by_itself.remarks))


@pytest.mark.parametrize("way", AWAY)
def test_a_database_that_is_read_there_counts(way: str) -> None:
    seen = see(lambda: AWAY[way](_connects))
    assert names(seen) == ["in/base.db"]
    assert holds(seen)
    with sqlite3.connect("in/base.db") as connection:
        connection.execute("insert into t values (1)")
    connection.close()
    assert not holds(seen)


@pytest.mark.parametrize("way", AWAY)
def test_word_is_left_in_a_file_where_the_system_has_none_in_memory(
    way: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.delattr(os, "memfd_create")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    seen = see(lambda: AWAY[way](_exists))
    assert names(seen) == ["in/z.csv?"]
    assert list(folder.glob("zenbook-*")) == []


def test_no_word_gets_into_a_file_that_took_the_place_of_the_closed_one(project: Path) -> None:
    def closes() -> None:
        os.closerange(3, 256)
        with open("own.txt", "w") as own:
            os.path.exists("whatever")
            os.dup2(own.fileno(), 40)
            for number in range(3, 40):
                os.dup2(own.fileno(), number)
            os.path.exists("whatever else")

    def body() -> None:
        if (child := os.fork()) == 0:
            try:
                closes()
            finally:
                os._exit(0)
        os.waitpid(child, 0)

    see(body)
    assert (project / "own.txt").read_text() == ""


@pytest.mark.parametrize("way", AWAY)
def test_what_it_read_there_before_the_step_changes_it_counts(way: str) -> None:
    def body() -> None:
        AWAY[way](_reads)
        _overwrites()

    seen = see(body)
    assert names(seen) == ["in/a.csv"]
    assert not holds(seen)


def test_a_random_state_that_a_forked_child_inherits_is_noted() -> None:
    assert see(lambda: _forked(np.random.rand)).has_forked
    assert not see(lambda: os.system("true")).has_forked
    assert not see(lambda: _by_joblib(_asks)).has_forked


# ---------------------------------------------------------------- workers of joblib


def test_calls_that_a_thread_of_an_earlier_steps_workers_hands_on_are_heard(project: Path) -> None:
    def body() -> None:
        Parallel(n_jobs=2, batch_size=1)(delayed(_exists)() for _ in range(40))

    see(body)
    for _ in range(2):
        seen = see(body)
        assert seen.obstacles == ()
        assert names(seen) == ["in/z.csv?"]


OUTDATED = "changed after workers of joblib were started: restart the kernel"


def test_workers_that_have_another_variable_are_an_obstacle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def body() -> list[str | None]:
        return Parallel(n_jobs=2)(delayed(os.getenv)("ZB_BONUS") for _ in range(2))

    seen = see(body)
    assert [read.name for read in seen.reads if read.kind == "variable"] == ["ZB_BONUS"]
    assert seen.obstacles == ()
    monkeypatch.setenv("ZB_BONUS", "1")
    assert not holds(seen)
    assert see(body).obstacles == (f"$ZB_BONUS {OUTDATED}",)
    monkeypatch.delenv("ZB_BONUS")
    assert see(body).obstacles == ()


def test_workers_that_have_an_older_module_are_an_obstacle(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "zb_far.py").write_text("def f(): return 1\n")
    monkeypatch.syspath_prepend(project)
    monkeypatch.delitem(sys.modules, "zb_far", raising=False)
    far = importlib.import_module("zb_far")
    time.sleep(0.02)  # as finely as the system tells when a process was started
    assert see(lambda: _by_one_worker(far.f)).obstacles == ()
    time.sleep(0.02)
    (project / "zb_far.py").write_text("def f(): return 22\n")
    importlib.reload(far)
    assert see(lambda: _by_one_worker(far.f)).obstacles == (f"zb_far {OUTDATED}",)
    _end_workers()
    assert see(lambda: _by_one_worker(far.f)).obstacles == ()


@pytest.mark.parametrize("way", ["joblib", "spawned"])
def test_a_module_that_is_older_in_the_steps_process_than_in_its_workers_is_an_obstacle(
    way: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "zb_near.py").write_text("def f(): return 1\n")
    monkeypatch.syspath_prepend(project)
    monkeypatch.delitem(sys.modules, "zb_near", raising=False)
    see(lambda: None)  # from now on imports are heard
    near = importlib.import_module("zb_near")
    time.sleep(0.02)  # as above
    assert see(lambda: AWAY[way](near.f)).obstacles == ()
    _end_workers()
    (project / "zb_near.py").write_text("def f(): return 22\n")
    time.sleep(0.02)
    told = "zb_near changed after it was imported, and workers import it anew: restart the kernel"
    assert see(lambda: AWAY[way](near.f)).obstacles == (told,)
    assert see(near.f).obstacles == ()
    importlib.reload(near)
    _end_workers()
    assert see(lambda: AWAY[way](near.f)).obstacles == ()


@pytest.mark.parametrize("way", AWAY)
def test_what_a_program_reads_that_is_started_there_is_a_reason(way: str, project: Path) -> None:
    (project / "tool.py").write_text("import zb_part\n")
    (project / "zb_part.py").write_text("X = 1\n")
    for _ in range(2):
        seen = see(lambda: AWAY[way](_starts))
        assert {"tool.py", "zb_part.py"} <= {*names(seen)}
        assert holds(seen)
    (project / "zb_part.py").write_text("X = 22\n")
    assert not holds(seen)


def test_a_worker_listens_no_longer_than_its_step_runs(project: Path) -> None:
    assert see(lambda: _by_one_worker(_exists)).obstacles == ()
    assert _by_one_worker(_listens)
    _by_one_worker(_lists)
    assert not _by_one_worker(_listens)


def test_a_thread_of_a_worker_goes_on_when_its_step_is_over() -> None:
    see(lambda: _by_one_worker(_begins_to_look))
    see(lambda: _by_one_worker(_exists))
    assert _by_one_worker(_ends_looking) == []


_ENDS = threading.Event()
_ERRORS: list[str] = []


def _begins_to_look() -> None:
    def looks() -> None:
        while not _ENDS.wait(0.5):  # the next step has begun by then
            try:
                os.stat(f"in/{time.perf_counter_ns()}")
            except FileNotFoundError:
                continue
            except Exception as error:
                _ERRORS.append(repr(error))

    threading.Thread(target=looks, daemon=True).start()


def _ends_looking() -> list[str]:
    time.sleep(1)
    _ENDS.set()
    return _ERRORS


def _listens() -> bool:
    return bool(watch_scope.running)


REMEMBERS = """
import functools
@functools.lru_cache
def load(): return open('in/' + 'a.csv').read()
HELD = {}
def hold():
    if not HELD:
        HELD['a'] = open('in/' + 'a.csv').read()
    return HELD['a']
class Counter:
    count = 0
def counts(): Counter.count += 1
def assigns():
    global FACTOR
    FACTOR = 3
FACTOR = 2
def leaves_nothing(): return FACTOR
"""


def _module_that_remembers(name: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module of this name, imported; it is older than what happens next."""
    see(lambda: None)  # from now on imports are heard
    (project / f"{name}.py").write_text(REMEMBERS)
    monkeypatch.syspath_prepend(project)
    monkeypatch.delitem(sys.modules, name, raising=False)
    module = importlib.import_module(name)
    time.sleep(0.02)
    return module


@pytest.mark.parametrize("name", ["load", "hold"])
def test_what_a_worker_remembers_of_an_earlier_steps_calls_is_a_reason(
    name: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = getattr(_module_that_remembers("zb_holds", project, monkeypatch), name)
    for _ in range(2):
        seen = see(lambda: _by_one_worker(call))
        assert ("in/a.csv" in names(seen), seen.obstacles) == (True, ())
    _by_one_worker(call)
    assert see(lambda: _by_one_worker(call)).obstacles == (REMEMBERED,)


@pytest.mark.parametrize("name", ["load", "hold", "assigns", "counts", "leaves_nothing"])
def test_what_a_worker_remembers_of_calls_of_no_step_is_known(
    name: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = _module_that_remembers("zb_kept", project, monkeypatch)
    get_reusable_executor().shutdown()
    _by_one_worker(getattr(module, name))
    expected = () if name == "leaves_nothing" else (REMEMBERED,)
    for _ in range(2):
        assert see(lambda: _by_one_worker(module.leaves_nothing)).obstacles == expected


KEEPING = {
    "a deque": (
        "import collections\nLEFT = collections.deque([1, 2, 3])\ndef keep(x): LEFT.popleft()\n"
        "def f(x): return x * LEFT[0]"
    ),
    "a list in a tuple": (
        "KEPT = ([],)\ndef keep(x):\n    for kept in KEPT: kept.append(x)\n"
        "def f(x): return x * (len(KEPT[0]) + 1)"
    ),
    "a default": (
        "def keep(x, kept=[1]):\n    kept.append(x)\n    return kept\n"
        "def f(x): return x * len(keep.__defaults__[0])"
    ),
    "a closure": (
        "def make():\n    n = 1\n    def inner(more):\n        nonlocal n\n        n += more\n"
        "        return n\n    return inner\ninner = make()\ndef keep(x): inner(1)\n"
        "def f(x): return x * inner(0)"
    ),
    "its names by a text": ("N = 1\ndef keep(x): globals()['N'] += 1\ndef f(x): return x * N"),
    "a random generator": (
        "import numpy as np\nRNG = np.random.default_rng(1)\ndef keep(x): RNG.random()\n"
        "def f(x): return x * RNG.random()"
    ),
    "an instance that is called": (
        "class C:\n    n = 1\n    def __call__(self, more):\n        self.n += more\n"
        "        return self.n\nHELD = C()\ndef keep(x): HELD(1)\ndef f(x): return x * HELD(0)"
    ),
    "a thread's own": (
        "import threading\nOWN = threading.local()\ndef keep(x): OWN.n = 2\n"
        "def f(x): return x * getattr(OWN, 'n', 1)"
    ),
    "a context variable": (
        "import contextvars\nVARIABLE = contextvars.ContextVar('v', default=1)\n"
        "def keep(x): VARIABLE.set(2)\ndef f(x): return x * VARIABLE.get()"
    ),
    "an attribute of a class that it makes": (
        "class C:\n    n = 0\n    def __new__(cls):\n        cls.n += 1\n"
        "        return super().__new__(cls)"
    ),
    "what a global holds in a table": "KEPT = {'a': []}\ndef keep(x): return KEPT['a']",
    "a random state of another name": "import random as rd\ndef keep(x): rd.shuffle(x)",
}


@pytest.mark.parametrize("case", KEEPING)
def test_a_module_of_which_it_is_not_plain_that_it_keeps_nothing_keeps_something(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "zb_keeping.py").write_text(KEEPING[case])
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "zb_keeping", raising=False)
    assert keeping(importlib.import_module("zb_keeping")) != NOWHERE


def test_what_cannot_be_compared_is_equal_to_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name, made in {"zb_own": "threading.local()", "zb_lock": "threading.Lock()"}.items():
        (tmp_path / f"{name}.py").write_text(f"import threading\nHELD = {made}")
        monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.import_module(name)
    told = module_states()
    assert told["zb_own"] == "" and told["zb_lock"]


def test_a_pool_that_was_made_before_is_an_obstacle() -> None:
    told = ("it hands calls to a pool of processes that was made before",)
    context = multiprocessing.get_context("fork")
    with context.Pool(1) as pool, ProcessPoolExecutor(1, mp_context=context) as executor:
        executor.submit(_exists).result()
        assert see(lambda: pool.apply(_exists)).obstacles == told
        assert see(lambda: executor.submit(_exists).result()).obstacles == told
    with ThreadPool(1) as threads:
        assert see(lambda: threads.apply(_exists)).obstacles == ()

    def body() -> None:
        with context.Pool(1) as pool, ProcessPoolExecutor(1, mp_context=context) as executor:
            for _ in range(2):
                pool.apply(_exists)
                executor.submit(_exists).result()

    assert see(body).obstacles == ()


class Reading:
    """Reads a file when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _reads, ()


@pytest.mark.parametrize("way", ["joblib", "spawned"])
def test_what_is_read_when_a_call_is_unpickled_counts(way: str) -> None:
    assert "in/a.csv" in names(see(lambda: AWAY[way](functools.partial(_told, Reading()))))


def _told(text: str) -> str:
    return text


def test_what_a_module_read_that_a_worker_imported_in_an_earlier_call_is_a_reason(
    project: Path,
) -> None:
    (project / "zb_conf.py").write_text("X = open('conf.txt').read()\n")
    (project / "conf.txt").write_text("1")
    folder = str(project)

    def imports() -> str:
        sys.path.insert(0, folder)
        try:
            return str(importlib.import_module("zb_conf").X)
        finally:
            sys.path.remove(folder)

    assert "conf.txt" in names(see(lambda: _by_one_worker(imports)))
    assert "conf.txt" in names(see(lambda: _by_one_worker(imports)))
    (project / "conf.txt").write_text("22")
    told = "conf.txt changed after zb_conf had read it: restart the kernel"
    assert told in see(lambda: _by_one_worker(imports)).obstacles


def test_a_call_that_nobody_heard_is_an_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_workers, "_LISTENING", "None")
    unheard = "what workers of joblib asked for could not be heard"
    assert see(lambda: _by_joblib(_exists)).obstacles == (unheard,)


def test_a_call_is_made_where_no_word_can_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: str) -> int:
        raise OSError("too many files are open")

    found: list[bool] = []
    monkeypatch.setattr(os, "memfd_create", full)
    seen = see(lambda: found.append(_by_joblib(_exists)))
    assert found == [False]
    assert seen.obstacles == ("what workers of joblib asked for could not be heard",)


def test_a_call_that_is_not_over_is_an_obstacle() -> None:
    seen = see(lambda: get_reusable_executor(max_workers=1).submit(time.sleep, 1.5))
    assert "workers of joblib are still at work" in seen.obstacles


def test_a_workers_error_is_told_as_without_a_step() -> None:
    def fails() -> None:
        raise ValueError("in vain")

    def told() -> str:
        with pytest.raises(ValueError, match="in vain") as caught:
            _by_joblib(fails)
        return str(caught.value.__cause__)

    texts = [told()]
    see(lambda: texts.append(told()))
    assert texts[0] == texts[1]
