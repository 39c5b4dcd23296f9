"""What a step prints is shown live, recorded in order, and shown again on a hit."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import io
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zenbook.testing.watch import FakeCapture
from zenbook.world import capture as module
from zenbook.world.capture import SystemCapture, Tape, capture_for


def shown(work: Callable[[], Any]) -> tuple[str, Tape]:
    """What appeared on stdout, and the recording."""
    screen = io.StringIO()
    with contextlib.redirect_stdout(screen), capture_for().recording() as tape:
        work()
    return screen.getvalue(), tape


def texts(tape: Tape) -> list[tuple[str, str]]:
    return [(event["name"], event["text"]) for event in tape.events]


def test_output_is_live_and_recorded_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    with capture_for().recording() as tape:
        print("one")
        print("two", file=sys.stderr)
        sys.stdout.writelines(["three\n", "four\n"])
        assert capsys.readouterr() == ("one\nthree\nfour\n", "two\n")
    assert texts(tape) == [("stdout", "one\n"), ("stderr", "two\n"), ("stdout", "three\nfour\n")]


def test_a_replay_goes_to_the_streams_of_now(capsys: pytest.CaptureFixture[str]) -> None:
    _, tape = shown(lambda: print("working on 3"))
    capture_for().replay(tape.events)
    assert capsys.readouterr().out == "working on 3\n"
    with contextlib.redirect_stdout(io.StringIO()) as elsewhere:
        capture_for().replay(tape.events)
    assert elsewhere.getvalue() == "working on 3\n"


def test_a_nested_steps_replay_is_recorded_by_the_step_around_it() -> None:
    _, inner = shown(lambda: print("inner"))
    _, outer = shown(lambda: (print("outer"), capture_for().replay(inner.events)))
    assert texts(outer) == [("stdout", "outer\ninner\n")]


def test_output_redirected_inside_the_step_is_its_own() -> None:
    def work() -> None:
        print("seen")
        with contextlib.redirect_stdout(io.StringIO()):
            print("hidden")

    assert texts(shown(work)[1]) == [("stdout", "seen\n")]


def test_warnings_and_logging_are_recorded() -> None:
    script = (
        "import logging, sys, warnings\n"
        "from zenbook.world.capture import capture_for\n"
        "logging.basicConfig(stream=sys.stderr)\n"
        "with capture_for().recording() as tape:\n"
        "    warnings.warn('careful')\n"
        "    logging.warning('logged')\n"
        "print([(e['name'], e['text'].splitlines()) for e in tape.events])\n"
    )
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=True
    )
    ((name, lines),) = ast.literal_eval(ran.stdout)
    assert (name, lines) == ("stderr", ran.stderr.splitlines())
    assert "careful" in lines[0]
    assert lines[-1] == "WARNING:root:logged"


def test_a_thread_of_the_step_is_recorded_and_a_strangers_is_not() -> None:
    wake, done = threading.Event(), threading.Event()

    def stranger() -> None:
        wake.wait()
        print("stranger")
        done.set()

    other = threading.Thread(target=stranger)
    other.start()

    def work() -> None:
        own = threading.Thread(target=print, args=("own",))
        own.start()
        own.join()
        wake.set()
        done.wait()

    live, tape = shown(work)
    other.join()
    assert live == "own\nstranger\n"
    assert texts(tape) == [("stdout", "own\n")]


def test_steps_in_threads_of_one_pool_are_recorded_apart() -> None:
    turn = threading.Barrier(2)

    def step(name: str) -> list[tuple[str, str]]:
        turn.wait()
        with capture_for().recording() as tape:
            turn.wait()
            print(name)
            turn.wait()
        return texts(tape)

    with contextlib.redirect_stdout(io.StringIO()), ThreadPoolExecutor(2) as pool:
        told = list(pool.map(step, ["a", "b"]))
    assert told == [[("stdout", "a\n")], [("stdout", "b\n")]]


def test_a_thread_that_prints_after_the_end_is_in_no_record() -> None:
    go = threading.Event()
    late = threading.Thread(target=lambda: (go.wait(), print("late")))
    screen = io.StringIO()
    with contextlib.redirect_stdout(screen):
        with capture_for().recording() as tape:
            late.start()
        with capture_for().recording() as next_tape:
            go.set()
            late.join()
    assert screen.getvalue() == "late\n"
    assert (texts(tape), texts(next_tape)) == ([], [])


def test_concurrent_async_steps_are_recorded_apart() -> None:
    async def step(name: str) -> list[tuple[str, str]]:
        with capture_for().recording() as tape:
            for number in range(2):
                print(name, number)
                await asyncio.sleep(0)
        return texts(tape)

    async def both() -> list[Any]:
        return list(await asyncio.gather(step("a"), step("b")))

    with contextlib.redirect_stdout(io.StringIO()):
        results = asyncio.run(both())
    assert results == [[("stdout", "a 0\na 1\n")], [("stdout", "b 0\nb 1\n")]]


def test_the_streams_are_as_before_afterwards() -> None:
    screen = io.StringIO()
    with contextlib.redirect_stdout(screen), capture_for().recording():
        assert "write" in vars(screen)
    assert vars(screen) == {}


def test_somebody_elses_wrapper_around_ours_survives() -> None:
    screen, heard = io.StringIO(), list[str]()
    with contextlib.redirect_stdout(screen):
        with capture_for().recording():
            ours = screen.write
            screen.write = lambda text: (heard.append(text), ours(text))[1]  # type: ignore[method-assign]
        print("after")
    assert heard == ["after", "\n"]
    assert screen.getvalue() == "after\n"


def test_an_error_ends_the_recording_properly() -> None:
    screen = io.StringIO()
    with contextlib.redirect_stdout(screen), pytest.raises(ZeroDivisionError):
        with capture_for().recording():
            print("before")
            print(1 // 0)
    assert vars(screen) == {}
    assert screen.getvalue() == "before\n"


def test_no_stream_at_all_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with capture_for().recording() as tape:
        print("nowhere")
    capture_for().replay([{"kind": "stream", "name": "stdout", "text": "x"}])
    assert texts(tape) == []


def test_fault_65_very_long_output_is_capped_with_a_mark() -> None:
    live, tape = shown(lambda: [print("x" * 99_999) for _ in range(300)])
    assert len(live) == 30_000_000
    ((_, text),) = texts(tape)
    assert len(text) < 1_000_100
    assert text.endswith("\n[zenbook: output beyond 1 MB was not kept]\n")
    assert tape.remarks == ("output beyond 1 MB was not kept",)


def test_fault_85_secrets_are_shown_live_and_masked_in_the_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SERVICE_TOKEN", "canary-4711-value")

    def work() -> None:
        sys.stdout.write("token canary-47")
        sys.stdout.write("11-value\n")
        print("https://me:canary-pw@host/x?y")
        print("sk-" + "canary0123456789abcdef")

    live, tape = shown(work)
    assert live.count("canary") == 3
    assert texts(tape) == [("stdout", "token •••\nhttps://•••@host/x?y\n•••\n")]


def test_displays_recorded_in_a_notebook_replay_as_text_in_a_script() -> None:
    events = [
        {
            "kind": "display",
            "data": {"text/plain": "<b>"},
            "metadata": {},
            "id": "",
            "update": False,
        },
        {"kind": "clear", "wait": False},
        {"kind": "result", "data": {"text/plain": "42"}, "metadata": {}},
    ]
    live, _ = shown(lambda: capture_for().replay(events))
    assert live == "<b>\n"  # a script drops the value of an expression


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(["stdout", "stderr"]), st.text(max_size=20))))
def test_a_replay_writes_exactly_what_was_written(writes: list[tuple[str, str]]) -> None:
    def write_all() -> None:
        for name, text in writes:
            getattr(sys, name).write(text)

    first, tape = _both(write_all)
    second, _ = _both(lambda: capture_for().replay(tape.events))
    assert first == second
    assert json.loads(json.dumps(tape.events)) == list(tape.events)


def _both(work: Callable[[], Any]) -> tuple[tuple[str, str], Tape]:
    out, err = io.StringIO(newline=""), io.StringIO(newline="")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        with capture_for().recording() as tape:
            work()
    return (out.getvalue(), err.getvalue()), tape


def test_the_fake_replays_into_the_recording_around_it_as_the_real_one() -> None:
    fake = FakeCapture()
    event = {"kind": "stream", "name": "stdout", "text": "x"}
    with fake.recording() as outer:
        with fake.recording() as inner:
            fake.show(event)
        fake.replay(inner.events)
    assert outer.events == [event, event] == fake.screen


def test_nothing_is_left_tapped_by_these_tests() -> None:
    assert module._taps == {}
    assert isinstance(capture_for(), SystemCapture)
