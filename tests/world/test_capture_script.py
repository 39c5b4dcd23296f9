"""What a notebook would show is recorded in a script, which shows what it always did."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from IPython.display import clear_output, display

from zenbook.core.source_shown import note
from zenbook.world.capture import Tape, capture_for

display_home = sys.modules[display.__module__]


@pytest.fixture(autouse=True)
def _figures() -> Iterator[None]:
    mpl.use("agg")
    plt.close("all")
    yield
    plt.close("all")


def recorded(work: Callable[[], Any]) -> tuple[str, Tape]:
    """What a script shows, and the recording."""
    screen = io.StringIO()
    with contextlib.redirect_stdout(screen), capture_for().recording() as tape:
        work()
    return screen.getvalue(), tape


def recorded_quietly(number: int) -> None:
    """A step of many that run at once."""
    with capture_for().recording():
        assert number >= 0


def kinds(tape: Tape) -> list[str]:
    """What was recorded, in order: texts as they are, pictures by when they are shown."""
    found: list[str] = []
    for event in tape.events:
        if event["kind"] == "display":
            what = "picture" if "image/png" in event["data"] else "table"
            found.append(f"late {what}" if event.get("late") else what)
        else:
            found.append(str(event.get("text", event["kind"])))
    return found


def test_a_displayed_table_is_recorded_as_one_and_printed_as_ever() -> None:
    table = pd.DataFrame({"a": [1]})
    live, tape = recorded(lambda: (print("before"), display(table, "and"), print("after")))
    assert live == f"before\n{table} and\nafter\n"
    assert kinds(tape) == ["before\n", "table", "table", "after\n"]
    assert "<table" in tape.events[1]["data"]["text/html"]
    screen = io.StringIO()
    with contextlib.redirect_stdout(screen):
        capture_for().replay(tape.events)
    assert screen.getvalue() == live


def test_figures_left_open_are_recorded_as_pictures_and_stay_open() -> None:
    live, tape = recorded(lambda: (plt.plot([1, 2]), print("text"), plt.figure()))
    assert (live, kinds(tape)) == ("text\n", ["text\n", "late picture", "late table"])
    assert tape.events[-1]["data"] == {"text/plain": "<Figure size 640x480 with 0 Axes>"}
    assert plt.get_fignums() == [1, 2]


def test_a_figure_is_recorded_where_it_is_shown_or_at_the_end_before_all_are_closed() -> None:
    def work() -> None:
        plt.plot([1, 2])
        print("one")
        plt.show()
        print("two")
        plt.figure()
        plt.plot([2, 1])
        note(names={})  # what a step function does before it closes its figures
        plt.close("all")

    _, tape = recorded(work)
    assert kinds(tape) == ["one\n", "picture", "two\n", "late picture"]


def test_figures_that_a_step_closes_by_itself_are_not_shown() -> None:
    assert kinds(recorded(lambda: (plt.plot([1]), plt.close("all")))[1]) == []


def test_drawing_a_picture_is_not_noticed() -> None:
    drawn: list[object] = []

    def work() -> None:
        figure = plt.figure()
        figure.canvas.mpl_connect("draw_event", drawn.append)
        figure.add_subplot().set_title("\N{SNOWMAN} \uffff")

    assert kinds(recorded(work)[1]) == ["late picture"] and drawn == []


def test_many_steps_at_once_leave_the_libraries_as_they_were() -> None:
    figure = plt.figure()
    before = (plt.show, figure.stale_callback, vars(display_home).get("print", print))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: recorded_quietly(n), range(400)))
    assert (plt.show, figure.stale_callback, vars(display_home)["print"]) == before
    display("still works")


def test_a_figure_closed_by_name_is_not_shown() -> None:
    def work() -> None:
        plt.plot([1])
        plt.close()

    assert kinds(recorded(work)[1]) == []


def _into_an_open_figure() -> Callable[[], Any]:
    plt.plot([1])
    return lambda: plt.title("later")


def _once_shown() -> Callable[[], Any]:
    def work() -> None:
        figure = plt.figure()
        axes = figure.add_subplot()
        plt.show()
        axes.plot([1])

    return work


def _in_a_thread() -> Callable[[], Any]:
    def work() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(display, "from a thread").result()

    return work


class _Own:
    def _repr_html_(self) -> str:
        raise AssertionError("nobody has asked for it")


def _undrawable() -> Callable[[], Any]:
    def work() -> None:
        figure = plt.figure()
        figure.add_subplot().set_title(r"$\foo$")
        plt.close()
        display(figure)

    return work


UNLIKE = {
    "a display from a thread": _in_a_thread,
    "an object that shows itself": lambda: lambda: display(_Own()),
    "a cleared output": lambda: lambda: (clear_output(wait=True), print("next")),
    "a figure that cannot be drawn": _undrawable,
    "drawing into a figure that was open": _into_an_open_figure,
    "drawing into a figure that was shown": _once_shown,
    "a display that is updated": lambda: lambda: display("a", display_id="x"),
    "a display of raw data": lambda: lambda: display({"text/plain": "a"}, raw=True),
}


@pytest.mark.parametrize("case", UNLIKE)
def test_what_a_notebook_would_show_otherwise_is_said(case: str) -> None:
    _, tape = recorded(UNLIKE[case]())
    assert "unlike" in kinds(tape)


def test_a_figure_left_alone_is_no_difference_and_gets_its_callback_back() -> None:
    figure = plt.figure()
    callback = figure.stale_callback
    _, tape = recorded(lambda: print("nothing drawn"))
    assert kinds(tape) == ["nothing drawn\n"]
    assert figure.stale_callback is callback
