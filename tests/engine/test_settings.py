"""Settings outside a step, and state that it changes: no hit where a cold run gives another."""

from __future__ import annotations

import decimal
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from zenbook import step
from zenbook.core.closure import Uses
from zenbook.engine import identify
from zenbook.engine.desk import close_desks, open_desk

left = threading.Semaphore(5)
"""Counts down; zenbook knows that a semaphore carries no result."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("ZENBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    close_desks()


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def move() -> None:
    os.environ["TZ"] = "Asia/Tokyo"
    time.tzset()


@step
def hour(x: int) -> str:
    return time.strftime("%H", time.localtime(x))


def test_another_time_zone_is_a_miss(zone: None) -> None:
    assert (hour(0), hour(0)) == ("00", "00")
    move()
    assert hour(0) == "09"


@step
def third(x: Any) -> str:
    return str(x / 3)


def test_another_decimal_context_is_a_miss_though_only_the_input_knows_of_decimals() -> None:
    with decimal.localcontext():
        assert third(decimal.Decimal(1)) == "0." + "3" * 28
        decimal.getcontext().prec = 5
        assert third(decimal.Decimal(1)) == "0.33333"
    assert third(decimal.Decimal(1)) == "0." + "3" * 28


@step
def text_of(values: Any) -> str:
    return repr(values)


SHOWN: dict[str, tuple[Any, Callable[[], Any]]] = {
    "numpy": (np.array([1.23456]), lambda: np.printoptions(precision=2)),
    "pandas": (pd.DataFrame({"a": [1.23456]}), lambda: pd.option_context("display.precision", 2)),
}


@pytest.mark.parametrize("library", SHOWN)
def test_other_options_of_a_library_are_a_miss(library: str) -> None:
    value, other = SHOWN[library]
    before = text_of(value)
    with other():
        assert text_of(value) == repr(value) != before
    assert text_of(value) == before == repr(value)


def test_a_list_among_the_options_that_is_changed_in_place_is_seen() -> None:
    uses = Uses(modules=frozenset({"matplotlib"}))
    with mpl.rc_context({"font.sans-serif": ["One"]}):
        before = identify._library_settings(uses, set(), set())
        mpl.rcParams["font.sans-serif"].insert(0, "Another")
        assert identify._library_settings(uses, set(), set()) != before != ()


class Drawing:
    def draw(self, frame: pd.DataFrame) -> Any:
        return frame.plot()


class Summing:
    def sum(self, frame: pd.DataFrame) -> Any:
        return frame.sum()


def draw_by_name(frame: pd.DataFrame) -> Any:
    return getattr(frame, "".join(["pl", "ot"]))()


def draw_by_import(frame: pd.DataFrame) -> Any:
    from pandas import plotting as drawing

    return drawing.scatter_matrix(frame)


DRAWING: dict[str, tuple[Any, bool]] = {
    "a table read, grouped and summed": (lambda x, _: x.groupby("a").b.sum(), False),
    "a method of an input that sums": (lambda x, one: Summing().sum(x), False),
    "a plot": (lambda x, _: x.a.plot.line().get_figure(), True),
    "a histogram": (lambda x, _: x.hist(), True),
    "a plot by a method of what it uses": (lambda x, _: Drawing().draw(x), True),
    "a plot by a computed name": (lambda x, _: draw_by_name(x), True),
    "a plot by what a helper imports": (lambda x, _: draw_by_import(x), True),
    "a style of a table": (lambda x, _: x.style.background_gradient(cmap=None), True),
}


@pytest.mark.parametrize("case", DRAWING)
def test_the_style_of_pictures_counts_where_a_table_may_be_drawn(case: str) -> None:
    function, may_draw = DRAWING[case]
    frame = pd.DataFrame({"a": [1], "b": [2]})
    assert _counts_style({"x": frame, "_": None}, function) == may_draw


def test_the_style_of_pictures_counts_where_an_input_draws() -> None:
    frame = pd.DataFrame({"a": [1], "b": [2]})
    assert _counts_style({"x": frame, "one": Drawing()}, lambda x, one: one.draw(x))
    assert not _counts_style({"x": frame, "one": Summing()}, lambda x, one: one.sum(x))
    assert _counts_style({"x": frame, "f": frame.hist}, lambda x, f: f())


def _counts_style(values: dict[str, Any], function: Callable[..., Any]) -> bool:
    drawn = step(name="drawn")(function)

    def key() -> str:
        return identify.identify(drawn.call(values, drawn.options), open_desk()).fingerprint.key

    plain = key()
    with mpl.rc_context({"figure.dpi": 77}):
        return key() != plain


@step
def plain(x: int) -> int:
    left.acquire()
    return x


def test_a_step_that_uses_no_such_library_does_not_know_of_them(zone: None) -> None:
    assert plain(1) == 1
    move()
    with decimal.localcontext(), np.printoptions(precision=1):
        decimal.getcontext().prec = 7
        assert plain(1) == 1
    assert left._value == 4


class Counter:
    n = 0


@step
def count(x: int) -> int:
    Counter.n += 1
    return x


def test_a_step_that_counts_in_a_class_is_not_kept() -> None:
    Counter.n = 0
    count(1), count(2)
    count(1)
    assert Counter.n == 3


@step
def count_in(kind: Any) -> str:
    kind.n += 1
    return "done"


@pytest.mark.parametrize("given", [Counter, Counter()], ids=["class", "instance"])
def test_a_step_that_counts_in_what_it_is_given_is_never_stale(given: Any) -> None:
    Counter.n = 0
    for expected in (1, 2, 3):
        count_in(given)
        assert given.n == expected


@step
def count_in_class_of(value: Counter) -> str:
    type(value).n += 1
    return "done"


def test_a_step_that_counts_in_the_class_of_an_input_is_not_kept() -> None:
    Counter.n = 0
    for expected in (1, 2, 3):
        count_in_class_of(Counter())
        assert Counter.n == expected
