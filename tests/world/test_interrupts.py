"""Stop, pressed while a step runs that goes on all the same."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from tests.programs import Project
from zenbook.world.interrupts import Interrupts


def _press() -> None:
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        signal.pause()


def test_an_interrupt_that_was_caught_is_heard_by_every_step_around_it() -> None:
    outer = Interrupts()
    before = Interrupts()
    assert list(before.changes()) == []
    inner = Interrupts()
    _press()
    assert list(inner.changes()) == list(outer.changes()) == ["it was interrupted and went on"]
    after = Interrupts()
    assert list(after.changes()) == []


def test_a_wakeup_descriptor_of_somebody_else_stays() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        signal.set_wakeup_fd(writer)
        assert list(Interrupts().changes()) == []
        assert signal.set_wakeup_fd(-1) == writer
        left = Interrupts()
        signal.set_wakeup_fd(writer)
        assert list(left.changes()) == []
        assert signal.set_wakeup_fd(-1) == writer
    finally:
        signal.set_wakeup_fd(-1)
        os.close(reader)
        os.close(writer)


def test_nothing_is_left_behind_and_the_handler_stays_pythons_own() -> None:
    heard = Interrupts()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    list(heard.changes())
    assert signal.set_wakeup_fd(-1) == -1


def test_other_threads_hear_nothing() -> None:
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.extend(Interrupts().changes()))
    thread.start()
    thread.join()
    assert said == []


CATCHING = """
import os, signal
from zenbook import pipeline, step

def press():
    os.kill(os.getpid(), signal.SIGINT)
    signal.pause()

@step
def patient(n):
    try:
        {body}
    except KeyboardInterrupt:
        return "half"
    return "whole"

@pipeline
def waiting():
    patient(1)

waiting()
"""


@pytest.mark.parametrize(("body", "ran"), [("press()", 2), ("print('press')", 1)])
def test_a_function_that_catches_stop_runs_each_time(body: str, ran: int, tmp_path: Path) -> None:
    project = Project(tmp_path)
    said = [project.play(CATCHING.format(body=body)).out for _ in range(2)]
    assert "".join(said).count("has finished") == ran
    assert ("not kept: it was interrupted and went on" in said[1]) == (ran == 2)
