"""Faults met in the middle of a step: Stop, forks, pools, threads, recursion."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import zenbook
from zenbook import pipeline, step
from zenbook.engine.desk import StoreWarning, open_desk
from zenbook.engine.identify import identify

pytestmark = pytest.mark.usefixtures("home")


def newest() -> Any:
    return zenbook.runs(limit=1)[0]


def locked(home: Path) -> list[str]:
    """Lock files that somebody holds."""
    held = []
    for path in (home / "locks").glob("*.lock"):
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                held.append(path.name)
    return held


# ---------------------------------------------------------------- 36: Stop


class Stops:
    """Stop comes while this is hashed or written."""

    def __reduce__(self) -> Any:
        raise KeyboardInterrupt


@step
def before() -> int:
    return 1


@step
def stopped_itself(x: int) -> int:
    raise KeyboardInterrupt


@step
def stopped_in_writing(x: int) -> Stops:
    return Stops()


@step
def takes(x: int, value: Any) -> int:
    return x


def stopped_in_hashing(x: int) -> Any:
    return takes(x, Stops())


@pytest.mark.parametrize(
    "last",
    [stopped_itself, stopped_in_writing, stopped_in_hashing],
    ids=["in the step", "while its result is written", "while its input is hashed"],
)
def test_fault_36_a_stopped_run_is_on_record_as_interrupted_and_nothing_of_the_step_is_kept(
    last: Callable[[int], Any], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    @pipeline(name="stopping")
    def work() -> None:
        last(before())

    with pytest.raises(KeyboardInterrupt):
        work()
    run = newest()
    assert (run.status, run.facts.ended is not None) == ("interrupted", True)
    assert [s.status for s in run.steps.values()] == ["completed", "interrupted"]
    assert [s.record is None for s in run.steps.values()] == [False, True]
    assert "Run 1 of stopping interrupted" in capsys.readouterr().out
    assert locked(home) == []
    with pytest.raises(KeyboardInterrupt):
        work()
    assert newest().steps["before"].status == "cached"


# ---------------------------------------------------------------- 38, 40, 41: other processes


@step
def forks(way: str) -> str:
    child = os.fork()
    if child == 0:
        if way == "raises":
            raise ValueError("in the child")
        return "the child's"
    os.waitpid(child, 0)
    return "the parent's"


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
@pytest.mark.parametrize("way", ["raises", "returns"])
def test_fault_38_a_child_forked_in_a_step_keeps_and_notes_nothing(way: str) -> None:
    @pipeline(name="forking")
    def work(way: str) -> None:
        forks(way)

    me = os.getpid()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("warnings.warn", lambda *a, **k: None)
            run = work(way)
    finally:
        if os.getpid() != me:
            os._exit(0)
    assert run.steps["forks"].status == "completed"
    assert run.steps["forks"].output.load() == "the parent's"
    assert [found.status for found in zenbook.runs()] == ["completed"]
    again = work(way).steps["forks"]
    assert (again.status, again.output.load()) == ("cached", "the parent's")


def square(x: int) -> int:
    return x * x


@step
def in_pools(count: int) -> int:
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        forked = sum(pool.map(square, range(count)))
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as spawned:
        return forked + sum(spawned.map(abs, range(count)))


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_fault_40_a_step_may_use_pools_and_leaves_one_record() -> None:
    assert in_pools(4) == 14 + 6
    desk = open_desk()
    assert in_pools(4) == 14 + 6
    record = desk.history.latest("in_pools", "")
    assert record is not None
    assert len(desk.history.candidates(record.fingerprint.key)) == 1


@step
def cubed(x: int) -> int:
    return x**3


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_fault_41_a_step_called_in_workers_is_right_and_locks_nobody_out(home: Path) -> None:
    assert cubed(3) == 27
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map_async(cubed, [3, 4, 4, 5]).get(timeout=60) == [27, 64, 64, 125]
    assert cubed(4) == 64
    assert locked(home) == []


# ---------------------------------------------------------------- 42, 43: threads


@step
def slowly(x: int, ready: Any = None) -> list[int]:
    print("working on", x)
    zenbook.log(x=x)
    return [x] * 100


def test_fault_42_eight_threads_run_steps_at_once_and_all_are_on_record(
    capsys: pytest.CaptureFixture[str],
) -> None:
    start = threading.Barrier(8)

    def work(worker: int) -> list[list[int]]:
        start.wait()
        return [slowly(worker * 10 + i % 3) for i in range(6)]

    with ThreadPoolExecutor(8) as threads:
        given = list(threads.map(work, range(8)))
    assert given == [[[w * 10 + i % 3] * 100 for i in range(6)] for w in range(8)]
    records = [r for r in every_record() if r.step == "slowly"]
    assert sorted(r.metrics["x"] for r in records) == sorted(
        w * 10 + i for w in range(8) for i in range(3)
    )
    capsys.readouterr()
    slowly(71)
    assert capsys.readouterr().out == "working on 71\n"


def every_record() -> Iterator[Any]:
    desk = open_desk()
    for number in range(8):
        for i in range(3):
            found = slowly.call({"x": number * 10 + i, "ready": None}, slowly.options)
            yield from desk.history.candidates(identify(found, desk).fingerprint.key)


def test_fault_42_the_same_step_in_eight_threads_runs_once() -> None:
    ran: list[int] = []

    class Log:  # an ignored list that a step changes is a result of it; an ignored object is not
        def note(self, x: int) -> None:
            ran.append(x)

    @step(ignore=["log"])
    def once(x: int, log: Log) -> int:
        log.note(x)
        return x + 1

    start = threading.Barrier(8)

    def work(_: int) -> int:
        start.wait()
        return once(1, Log())

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(8))) == [2] * 8
    assert ran == [1]


def test_fault_42_eight_pipelines_at_once_are_eight_runs() -> None:
    @pipeline(name="beside")
    def work(x: int) -> None:
        slowly(x)

    with ThreadPoolExecutor(8) as threads:
        runs = list(threads.map(work, range(8)))
    assert {run.status for run in runs} == {"completed"}
    assert sorted(run.number for run in zenbook.runs("beside")) == list(range(1, 9))


@step(ignore=["late"])
def leaves_a_printer(x: int, late: threading.Thread) -> int:
    late.start()
    print("in time")
    return x


@step(ignore=["late", "go"])
def lets_it_print(x: int, late: threading.Thread, go: threading.Event) -> int:
    go.set()
    late.join()
    print("my own words")
    return x


def test_fault_43_what_a_thread_prints_after_its_step_is_in_no_record(
    capsys: pytest.CaptureFixture[str],
) -> None:
    go = threading.Event()
    late = threading.Thread(target=lambda: (go.wait(10), print("too late")))
    assert leaves_a_printer(1, late) == 1
    assert capsys.readouterr().out == "in time\n"
    assert lets_it_print(1, late, go) == 1
    assert capsys.readouterr().out == "too late\nmy own words\n"
    assert lets_it_print(1, late, go) == 1
    assert capsys.readouterr().out == "my own words\n"


# ---------------------------------------------------------------- 44: recursion


@step
def factorial(n: int) -> int:
    return 1 if n == 0 else n * factorial(n - 1)


def test_fault_44_a_step_that_calls_itself_waits_for_nobody() -> None:
    assert factorial(6) == 720
    assert factorial(7) == 5040


@step(ignore=["deep"])
def same_key(x: int, deep: int) -> int:
    return x if deep == 0 else same_key(x, deep - 1) + 1


def test_fault_44_a_step_nested_in_itself_with_the_same_key_runs_through() -> None:
    assert same_key(1, 3) == 4
    assert same_key(1, 3) == 4


# ---------------------------------------------------------------- the user's error is the user's


class Mute(Exception):
    """An error that cannot even say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


@step
def fails(x: int) -> int:
    raise Mute


def test_an_error_that_cannot_be_printed_is_still_the_one_that_is_raised() -> None:
    @pipeline(name="mute")
    def work() -> None:
        fails(1)

    with pytest.raises(Mute):
        work()
    assert newest().status == "failed"
    assert newest().steps["fails"].line.error.startswith("Mute")


def test_a_traceback_goes_from_the_call_to_the_step_with_one_frame_of_ours_between() -> None:
    @step
    def breaks(x: int) -> float:
        return 1 / x

    @pipeline(name="breaking")
    def work() -> None:
        breaks(0)

    for call in (lambda: breaks(0), work):
        with pytest.raises(ZeroDivisionError) as caught:
            call()
        ours = [entry for entry in caught.traceback if "/zenbook/" in str(entry.path)]
        assert caught.traceback[-1].name == "breaks"
        assert len(ours) <= 2


def test_no_warning_is_said_while_all_is_well(recwarn: pytest.WarningsRecorder) -> None:
    before()
    assert not [w for w in recwarn if w.category is StoreWarning]
