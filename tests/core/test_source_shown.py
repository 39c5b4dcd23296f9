"""The value that a function's last expression drops is noted, and nothing else changes."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from zenbook.core.source import body_of_function
from zenbook.core.source_shown import Noted, noting, noting_dropped


@pytest.fixture
def module(tmp_path: Path) -> Any:
    """Makes a module of a text, with its file."""

    def made(text: str) -> ModuleType:
        file = tmp_path / "steps.py"
        file.write_text(text)
        spec = importlib.util.spec_from_file_location("steps_to_note", file)
        assert spec is not None and spec.loader is not None
        found = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found)
        return found

    return made


def _run(function: Any, *arguments: Any) -> tuple[Any, Noted]:
    twin = noting(function)
    assert twin is not None
    with noting_dropped() as noted:
        result = twin(*arguments)
    return result, noted


def _noted(function: Any, *arguments: Any) -> tuple[Any, list[Any]]:
    result, noted = _run(function, *arguments)
    return result, noted.last


NOTED = {
    "a call before the outputs": ("def f(x):\n    y = x + 1\n    [y]\n    return y", (3, [[3]])),
    "a call at the end": ("def f(x):\n    y = x\n    [y]", (None, [[2]])),
    "a value of None": ("def f(x):\n    y = [x]\n    y.append(1)\n    return y", ([2, 1], [None])),
    "behind a docstring": ("def f(x):\n    'Doc.'\n    y = x\n    y * 2\n    return y", (2, [4])),
    "with a default": ("def f(x, *, k=5):\n    y = x\n    y * k\n    return y", (2, [10])),
}


@pytest.mark.parametrize("case", NOTED)
def test_the_value_of_the_last_expression_is_noted(case: str, module: Any) -> None:
    text, expected = NOTED[case]
    assert _noted(module(text).f, 2) == expected


NAMED = {
    "names that are not returned": ("def f(x):\n    y, z = x, 5\n    return y", {"y": 2, "z": 5}),
    "no return": ("def f(x):\n    y = x", {"y": 2}),
    "a returned expression": ("def f(x):\n    y = x\n    return y + 1", {"y": 2}),
    "a loop": (
        "def f(x):\n    y = 0\n    for i in range(x):\n        y += i\n    return y",
        {"y": 1, "i": 1},
    ),
    "a parameter bound anew": (
        "def f(x):\n    x = [x]\n    y = x\n    return y",
        {"x": [2], "y": [2]},
    ),
    "bound in the last expression": (
        "def f(x):\n    y = x\n    (z := y)\n    return y",
        {"y": 2, "z": 2},
    ),
}


@pytest.mark.parametrize("case", NAMED)
def test_the_names_that_a_function_binds_are_noted(case: str, module: Any) -> None:
    text, expected = NAMED[case]
    _, noted = _run(module(text).f, 2)
    assert {"x": 2, **expected} == noted.names


def test_an_early_return_leaves_the_names_unknown(module: Any) -> None:
    text = "def f(x):\n    if x:\n        return 1\n    y = x\n    return 2"
    assert _run(module(text).f, 2)[1].names is None


DROPS_NOTHING = {
    "a returned expression": "def f(x):\n    [x]\n    return x + 1",
    "a print": "def f(x):\n    y = x\n    print(y)\n    return y",
    "a name": "def f(x):\n    y = x\n    y\n    return y",
    "a comment in quotes": "def f(x):\n    y = x\n    'a comment'\n    return y",
    "a generator": "def f(x):\n    yield x\n    [x]",
    "nothing but a docstring": "def f(x):\n    'Doc.'",
}


@pytest.mark.parametrize("case", DROPS_NOTHING)
def test_a_function_that_drops_no_shown_value_is_left_alone(case: str, module: Any) -> None:
    assert noting(module(DROPS_NOTHING[case]).f) is None


def test_a_function_whose_file_says_something_else_is_left_alone(module: Any) -> None:
    function = module("def f(x):\n    y = x\n    [y]\n    return y").f
    Path(function.__code__.co_filename).write_text("def f(x):\n    y = x\n    [y, 1]\n    return y")
    assert noting(function) is None


def test_closures_and_coroutines_are_noted_too(module: Any) -> None:
    made = module(
        "def make(k):\n    def f(x):\n        y = x * k\n        [y, k]\n        return y\n"
        "    return f\nasync def g(x):\n    y = x\n    [y]\n    return y\n"
    )
    assert _noted(made.make(3), 2) == (6, [[6, 3]])
    twin = noting(made.g)
    assert twin is not None
    with noting_dropped() as noted:
        assert asyncio.run(twin(4)) == 4  # type: ignore[arg-type]
    assert noted.last == [[4]]


def test_an_error_in_the_expression_points_to_its_line(module: Any) -> None:
    twin = noting(module("def f(x):\n    y = x\n    (y\n     / 0)\n    return y").f)
    assert twin is not None
    with pytest.raises(ZeroDivisionError) as raised:
        twin(1)
    frames = traceback.extract_tb(raised.value.__traceback__)
    assert [(frame.name, frame.lineno) for frame in frames[1:]] == [("f", 3)]
    assert frames[-1].line == "(y"


def test_closing_all_figures_at_the_end_is_no_part_of_a_body(module: Any) -> None:
    pytest.importorskip("matplotlib")
    head = "import matplotlib.pyplot as plt\nimport types\nfake = types.SimpleNamespace()\n"
    closing = module(f"{head}def f(x):\n    y = plt.plot(x)\n    plt.close('all')\n    return y").f
    code = body_of_function(closing).code
    bare = module(f"{head}def f(x):\n    y = plt.plot(x)\n    return y").f
    assert body_of_function(bare).code == code
    other = module(f"{head}def f(x):\n    y = plt.plot(x)\n    fake.close('all')\n    return y").f
    assert body_of_function(other).code != code
    one = module(f"{head}def f(x):\n    y = plt.plot(x)\n    plt.close(1)\n    return y").f
    assert body_of_function(one).code != code
    sys.modules["matplotlib.pyplot"].close("all")
