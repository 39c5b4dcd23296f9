"""What a step assigns to classes, modules and functions is seen before or after it ran."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.programs import program, uses_of
from zenbook.core.closure import CodeClosure
from zenbook.core.digest import Digester

HEAD = """
import mod
class Base:
    total = 0
class C(Base):
    n = 0
    @classmethod
    def bump(cls):
        cls.n += 1
    def more(self):
        type(self).n = self.n + 1
    class Inner:
        depth = 0
def helper():
    return 1
"""
IN_THE_CODE = {
    "what is new": ("C.fresh = 1", "C.fresh"),
    "what can change": ("C.made = []", "C.made"),
    "nested": ("C.Inner.depth += 1", "C.Inner.depth"),
    "a module's": ("mod.N += 1", "mod.N"),
    "a module's by setattr": ("setattr(mod, 'N', 1)", "mod.N"),
    "a module imported in the body": ("import mod as m; m.N += 1", "m.N"),
    "the same, plainly": ("import mod as m; m.N = 1", "m.N"),
    "a function's": ("helper.calls = 1", "helper.calls"),
}
WHILE_IT_RUNS = {
    "augmented": ("C.n += 1", "C.n"),
    "plain": ("C.n = 1", "C.n"),
    "deleted": ("del C.n", "C.n"),
    "by a text": ("setattr(C, 'n', 1)", "C.n"),
    "class method": ("C.bump()", "C.n"),
    "instance's class": ("C().more()", "C.n"),
    "dunder class": ("C().__class__.n = 5", "C.n"),
    "base": ("C.__bases__[0].total = 2", "Base.total"),
    "another name": ("k = C; k.n += 1", "C.n"),
    "setattr": ("k = C; setattr(k, 'm', 1)", "C.m"),
    "a function's": ("g = helper; g.calls = 1", "helper.calls"),
}
FILES = {"mod.py": "N = 1\n"}


def step(statement: str) -> str:
    return f"{HEAD}\ndef f(x=0):\n    {statement}\n    return x, C, helper\n"


@pytest.mark.parametrize("title", IN_THE_CODE)
def test_the_code_says_that_it_assigns(title: str, tmp_path: Path) -> None:
    statement, name = IN_THE_CODE[title]
    with program(tmp_path, step(statement), FILES) as space:
        assert uses_of(space["f"]).obstacles == (f"{name} is assigned by the step",)


@pytest.mark.parametrize("title", WHILE_IT_RUNS)
def test_what_was_assigned_is_seen_afterwards(title: str, tmp_path: Path) -> None:
    statement, name = WHILE_IT_RUNS[title]
    closure = CodeClosure()
    with program(tmp_path, step(statement), FILES) as space:
        uses_of(space["f"], closure)
        assigned = closure.members()
        assert assigned() == ()
        space["f"]()
        assert assigned() == (f"{name} is assigned by the step",)


def test_a_class_that_only_an_input_is_made_of_is_seen_too(tmp_path: Path) -> None:
    closure = CodeClosure()
    with program(tmp_path, f"{HEAD}\ndef f(c):\n    c.more()\n", FILES) as space:
        uses_of(space["f"], closure)
        value = space["C"]()
        Digester(closure).digest(value)
        assigned = closure.members()
        space["f"](value)
        assert assigned() == ("C.n is assigned by the step",)


@pytest.mark.parametrize(
    "statement", ["c = C(); c.n += 1", "x = C.n + 1", "x = C().n", "x = mod.N + 1", "x == C.n < 3"]
)
def test_reading_and_setting_what_is_the_steps_own_is_no_assignment(
    statement: str, tmp_path: Path
) -> None:
    closure = CodeClosure()
    with program(tmp_path, step(statement), FILES) as space:
        assert uses_of(space["f"], closure).obstacles == ()
        assigned = closure.members()
        space["f"]()
        assert assigned() == ()


@pytest.mark.parametrize("given, name", [("C", "C.n"), ("Base", "Base.total")])
def test_a_class_of_which_one_value_counts_is_compared_whole(
    given: str, name: str, tmp_path: Path
) -> None:
    closure = CodeClosure()
    body = f"def f(c):\n    setattr(c, {name.partition('.')[2]!r}, 5)\n    return C.n, C.total\n"
    with program(tmp_path, f"{HEAD}\n{body}", FILES) as space:
        used = uses_of(space["f"], closure)
        assert {part.name for part in used.parts} == {"C.n", "C.total"}
        assigned = closure.members()
        space["f"](space[given])
        assert assigned() == (f"{name} is assigned by the step",)


REACHED = {
    "time.strftime('%H')": "time",
    "decimal.Decimal(1) / 3": "decimal",
    "Decimal(1) / 3": "decimal",
    "D / 3": "decimal",
    "datetime.date.today()": "datetime",
    "np.arange(3)": "numpy",
    "(__import__('calendar')).month(1, 1)": "calendar",
    "late()": "locale",
    "beside()": "locale",
}
REACHING = """
import datetime, decimal, time
from time import perf_counter
import numpy as np
from decimal import Decimal
D = Decimal(1)
def late():
    from locale import format_string
    return format_string("%d", 3)
def beside():
    import other
    return other
"""


@pytest.mark.parametrize("expression", REACHED)
def test_the_modules_reached_are_named(expression: str, tmp_path: Path) -> None:
    text = f"{REACHING}\ndef f():\n    return {expression}\n"
    with program(tmp_path, text, {"other.py": "import locale\n"}) as space:
        assert REACHED[expression] in uses_of(space["f"]).modules


def test_a_clock_is_not_the_time_zone(tmp_path: Path) -> None:
    text = f"{REACHING}\ndef f():\n    time.sleep(0)\n    return time.time() - perf_counter()\n"
    with program(tmp_path, text) as space:
        assert "time" not in uses_of(space["f"]).modules
