"""Guarded calls end before Stop, a fork or another thread comes in."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

import pytest

from tests.world.bundles import in_process
from zenbook.errors import Busy
from zenbook.world import guard
from zenbook.world.guard import Origin, guarded


@pytest.fixture(autouse=True)
def _default_stop() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_stop_waits_for_the_end_of_the_call_and_then_comes() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt):
        with guarded():
            signal.raise_signal(signal.SIGINT)
            done.append("the call")
    assert done == ["the call"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_stop_waits_for_the_outermost_call() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt):
        with guarded():
            with guarded():
                signal.raise_signal(signal.SIGINT)
            done.append("after the inner call")
    assert done == ["after the inner call"]


def test_without_stop_nothing_is_raised_and_the_next_stop_works_at_once() -> None:
    with guarded():
        pass
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_handler_of_the_program_gets_the_signal_afterwards() -> None:
    heard: list[int] = []

    def hear(signum: int, frame: FrameType | None) -> None:
        heard.append(signum)

    signal.signal(signal.SIGINT, hear)
    with guarded():
        signal.raise_signal(signal.SIGINT)
        assert heard == []
    assert heard == [signal.SIGINT]
    assert signal.getsignal(signal.SIGINT) is hear


def test_an_ignored_stop_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with guarded():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_program_that_dies_of_stop_dies_after_the_call() -> None:
    done = in_process(
        "import signal\n"
        "from zenbook.world.guard import guarded\n"
        "signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        "with guarded():\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "    print('the call', flush=True)\n"
        "print('never')\n"
    )
    assert (done.stdout, done.returncode) == ("the call\n", -signal.SIGINT)


def test_an_error_of_the_call_comes_out_and_everything_is_let_go() -> None:
    with pytest.raises(ValueError, match="mine"), guarded():
        raise ValueError("mine")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    entered = threading.Event()
    thread = threading.Thread(target=lambda: [guarded().__enter__(), entered.set()])
    thread.start()
    thread.join(5)
    assert entered.is_set()
    guard._lock = threading.RLock()


def test_threads_take_turns() -> None:
    inside, worst = [0], [0]

    def work() -> None:
        for _ in range(200):
            with guarded():
                inside[0] += 1
                worst[0] = max(worst[0], inside[0])
                time.sleep(0)
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert worst == [1]


def _hold(seconds: float) -> threading.Thread:
    """A thread that is inside a guarded call for some time, already there on return."""
    entered = threading.Event()

    def work() -> None:
        with guarded():
            entered.set()
            time.sleep(seconds)

    thread = threading.Thread(target=work)
    thread.start()
    entered.wait()
    return thread


def test_stop_ends_the_wait_for_another_thread() -> None:
    thread = _hold(1.5)
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), guarded():
        pass
    waited = time.monotonic() - began
    thread.join()
    timer.join()
    assert waited < 1.0


def test_a_thread_that_never_leaves_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_LOCK_PATIENCE", 0.1)
    thread = _hold(0.5)
    with pytest.raises(Busy), guarded():
        pass
    thread.join()


def test_a_fork_waits_for_another_threads_call_and_works_in_the_child() -> None:
    thread = _hold(0.2)
    pid = os.fork()
    if pid == 0:
        with guarded():
            os._exit(0 if not thread.is_alive() else 3)
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_fork_inside_a_call_ends_well_on_both_sides() -> None:
    with guarded():
        pid = os.fork()
    if pid == 0:
        with guarded():
            stop_works = signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        os._exit(0 if stop_works else 3)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    with guarded():
        pass


def test_a_forked_child_knows_that_it_is_not_the_origin() -> None:
    origin = Origin()
    assert origin.is_here
    pid = os.fork()
    if pid == 0:
        os._exit(0 if not origin.is_here else 3)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_two_hundred_stops_at_random_instants_never_cut_a_call() -> None:
    done = in_process(
        "import os, random, signal, threading, time\n"
        "from zenbook.world.guard import guarded\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "begun = ended = stopped = 0\n"
        "def stop():\n"
        "    begins.wait()\n"
        "    while stopped < 200:\n"
        "        time.sleep(random.random() / 5000)\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        sent.wait(); sent.clear()\n"
        "sent, begins = threading.Event(), threading.Event()\n"
        "thread = threading.Thread(target=stop); thread.start()\n"
        "while stopped < 200:\n"
        "    try:\n"
        "        begins.set()\n"
        "        while True:\n"
        "            with guarded():\n"
        "                begun += 1\n"
        "                sum(range(50))\n"
        "                ended += 1\n"
        "    except KeyboardInterrupt:\n"
        "        stopped += 1\n"
        "        sent.set()\n"
        "thread.join()\n"
        "with guarded(): pass\n"
        "print(begun == ended, begun > 1000)\n"
    )
    assert (done.stdout, done.stderr) == ("True True\n", "")
