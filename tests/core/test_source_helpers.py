"""Which helpers above a body count as code that it uses: those that nobody could tell apart."""

from __future__ import annotations

import textwrap

import pytest

from tests.core.test_source import body
from zenbook.core.source import body_of_cell

HELPER = "def scaled(factor, by=1):\n    return [factor * n * by for n in data]"
BODY = "doubled = scaled(2)"
TAKEN_OUT = {
    "a function that reads an input": HELPER,
    "functions that call each other": (
        "def one(n):\n    return n + 1\n" + HELPER.replace("in data", "in data if one(n)")
    ),
    "a function below imports": f"import math\n'''said'''\n{HELPER}",
    "a function that gives a generator": HELPER.replace("[", "(").replace("]", ")"),
    "a function of a keyword with a default": HELPER.replace("by=1", "*, by=1"),
}
LEFT_IN = {
    "a function that nothing calls": (HELPER, "doubled = [2]"),
    "a function with a default that is made": (HELPER.replace("by=1", "by=[1]"), BODY),
    "a decorated function": (f"@cached\n{HELPER}", BODY),
    "a function that is handed on": (HELPER, "doubled = [scaled(n) for n in map(scaled, data)]"),
    "a function that a lambda calls": (HELPER, "doubled = scaled(2)\ng = lambda: scaled(3)"),
    "a function that is bound anew": (HELPER, "doubled = scaled(2)\nscaled = None"),
    "a function that gives a function": (
        "def scaled(factor):\n    return lambda: [factor * n for n in data]",
        "doubled = scaled(2)()",
    ),
    "a function that binds a name outside": (
        "def scaled(factor):\n    nonlocal count\n    count += 1\n    return data",
        "count = 0\ndoubled = scaled(2)",
    ),
    "a function that reads what the body binds": (HELPER, "data = [1]\ndoubled = scaled(2)"),
    "a function that sees names": (
        "def scaled(factor):\n    return sorted(locals())",
        BODY,
    ),
    "a function in a body that sees names": (HELPER, "doubled = scaled(2)\nx = eval('scaled')"),
    "a function below a statement": (f"data = list(data)\n{HELPER}", BODY),
    "a coroutine function": (f"async {HELPER}", "doubled = await scaled(2)"),
}


def function(body: str) -> str:
    make = "async def" if "await" in body else "def"
    return f"{make} f(data):\n" + textwrap.indent(f"{body}\nreturn doubled\n", "    ")


@pytest.mark.parametrize("helper", TAKEN_OUT.values(), ids=TAKEN_OUT)
def test_this_helper_is_code_that_the_body_uses(helper: str) -> None:
    alone = body_of_cell(BODY)
    cell, as_function = body_of_cell(f"{helper}\n{BODY}"), body(function(f"{helper}\n{BODY}"))
    assert cell.key == as_function.key == alone.code != cell.code == as_function.code
    assert "scaled" in [node.name for node in cell.helpers]
    assert as_function.apart is not None
    assert {name for name, *_ in as_function.apart.helpers} == {n.name for n in cell.helpers}


@pytest.mark.parametrize(("helper", "rest"), LEFT_IN.values(), ids=LEFT_IN)
def test_this_helper_is_a_part_of_the_body(helper: str, rest: str) -> None:
    if "nonlocal" not in helper:
        assert (body_of_cell(f"{helper}\n{rest}").key, body_of_cell(helper).helpers) == ("", ())
    left_in = body(function(f"{helper}\n{rest}"))
    assert (left_in.key, left_in.apart) == ("", None)


def test_a_function_that_calls_itself_keeps_its_helpers() -> None:
    text = function(f"{HELPER}\nif not data:\n    f(data)\n{BODY}")
    assert body(text).apart is None


def test_a_builtin_is_what_it_is_at_first_only_where_that_is_said() -> None:
    cell = "list = list(range(3))\ndoubled = list"
    told = body(function(f"import builtins\n\nlist = builtins.list\n\n{cell}"))
    untold = body(function(cell))
    assert told.key == body_of_cell(cell).code != untold.code
    assert untold.key == ""
    bound_first = "list = [1]\ndoubled = list"
    assert body(function(bound_first)).code == body_of_cell(bound_first).code
    for other in ("list = builtins.list", "import builtins\nlist = builtins.dict"):
        assert body(function(f"{other}\n{cell}")).key == ""
