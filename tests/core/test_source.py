"""The normal form: a cell and the function made of it are one step, and nothing else is."""

from __future__ import annotations

import itertools
import linecache
import textwrap
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zenbook.core.source import Body, body_of_cell, body_of_function, code_of_cell, output_names

_numbers = itertools.count()


def function_of(text: str, name: str = "f") -> Callable[..., Any]:
    """Define a function as a notebook does, with its source at hand."""
    text = textwrap.dedent(text)
    file = f"<test {next(_numbers)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space: dict[str, Any] = {"Annotated": Annotated, "__name__": "__main__"}
    exec(compile(text, file, "exec", dont_inherit=True), space)
    found: Callable[..., Any] = space[name]
    return found


def body(text: str, name: str = "f") -> Body:
    return body_of_function(function_of(text, name))


def as_function(cell: str, returns: str, inputs: str = "", *, is_async: bool = False) -> str:
    head = f"{'async ' if is_async else ''}def f({inputs}):\n"
    return head + textwrap.indent(f"{cell.strip()}\nreturn {returns}\n", "    ")


CELLS = {
    "plain statements": ("y = x + 1\nz = y * 2", "y, z"),
    "imports at the top": ("import numpy as np\nfrom math import sin as s\ny = np.abs(s(x))", "y"),
    "a docstring": ('"""Says."""\ny = x', "y"),
    "annotations": ("y: int = x\nz: 'list[int]' = [y]", "y, z"),
    "a bare annotation": ("y: int\ny = x", "y"),
    "a loop": ("t = 0\nfor i in range(x):\n    t += i\nelse:\n    t = -t", "t"),
    "a while loop": ("t = x\nwhile t > 3:\n    t -= 1\n    if t == 5:\n        break", "t"),
    "a try statement": ("try:\n    y = 1 / x\nexcept ZeroDivisionError as e:\n    y = 0", "y"),
    "a with statement": ("with open(x) as fh:\n    text = fh.read()", "text"),
    "a match statement": (
        "match x:\n    case [a, *b]:\n        y = a\n    case _:\n        y = 0",
        "y",
    ),
    "a comprehension": ("y = [i * x for i in range(3) if (k := i)]", "y"),
    "a function with a docstring": ("def g(v):\n    'says'\n    return v + x\ny = g(1)", "y"),
    "an annotated function": ("def g(v: int) -> int:\n    return v\ny = g(x)", "y"),
    "a class": (
        "class A:\n    'says'\n    k: int = 1\n    def go(self): return self.k\ny = A().go()",
        "y",
    ),
    "a lambda": ("g = lambda v: v + x\ny = g(1)", "y"),
    "a function that does nothing": ("def g():\n    'says'\ny = g()", "y"),
    "a final attribute": ("model = fit(x)\nmodel.coef_", "model"),
    "a final name": ("model = fit(x)\nmodel", "model"),
    "a final call": ("model = fit(x)\nprint(model)", "model"),
    "a deletion": ("y = x\nw = 1\ndel w", "y"),
    "an f-string": ("y = f'{x!r:>{3}} and {x}'", "y"),
    "a starred assignment": ("a, *b = x\nc = {**a, 'k': b}", "a, b, c"),
    "a top-level await": ("y = await x()", "y"),
    "an async loop": ("y = []\nasync for i in x():\n    y.append(i)", "y"),
    "magics for looks only": (
        "get_ipython().run_line_magic('matplotlib', 'inline')\ny = x",
        "y",
    ),
    "an input changed in place": ("x['b'] = 1", "x"),
}


@pytest.mark.parametrize("title", CELLS)
def test_a_cell_equals_the_function_made_of_it(title: str) -> None:
    cell, returns = CELLS[title]
    is_async = "await" in cell or "async" in cell
    kept = "\n".join(line for line in cell.splitlines() if "get_ipython" not in line)
    kept = kept.removesuffix("\nmodel")
    made = body(as_function(kept, returns, "x", is_async=is_async))
    found = body_of_cell(cell)
    assert found.code == made.code
    assert made.returns == made.outputs == tuple(returns.split(", "))
    assert found.is_async is made.is_async is is_async


_STATEMENTS = [
    "a = x",
    "b: int = x",
    "import json",
    "'a remark'",
    "if x:\n    a = 1\nelse:\n    pass",
    "for i in x:\n    'says'\n    a = i",
    "def g(v: int = 1):\n    'says'\n    return v",
    "c = lambda: x",
    "x.append(1)",
    "pass",
]


@given(st.lists(st.sampled_from(_STATEMENTS), min_size=1, max_size=6))
@settings(deadline=None, max_examples=60)
def test_any_statements_give_a_cell_and_a_function_the_same_form(statements: list[str]) -> None:
    cell = "\n".join([*statements, "y = 1"])
    assert body_of_cell(cell).code == body(as_function(cell, "y", "x")).code


def test_two_different_bodies_among_these_never_share_a_form() -> None:
    forms = {body_of_cell(f"{cell}\nlast = 0").code for cell, _ in CELLS.values()}
    same = {"a bare annotation", "annotations", "a final name"}
    assert len(forms) >= len(CELLS) - len(same)


def test_imports_are_told_by_what_they_mean() -> None:
    told = body_of_cell("import numpy as np, os.path\nfrom sklearn.svm import SVC as S\n").imports
    assert told == {"np": "numpy", "os": "os", "S": "sklearn.svm:SVC"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("def f(x):\n    a = b = x\n    return a, b", ("a", "b")),
        ("def f(x):\n    a = x\n    return a", ("a",)),
        ("def f(x):\n    return x + 1", ("output",)),
        ("def f(x):\n    return x, x + 1", ("output_0", "output_1")),
        ("def f(x):\n    return (x,)", ("output",)),
        ("def f(x):\n    return [x, x]", ("output",)),
        ("def f(x):\n    return *x, 1", ("output",)),
        ("def f(x):\n    return x, x", ("output_0", "output_1")),
        ("def f(x):\n    if x:\n        return 1, 2\n    return 3, 4", ("output_0", "output_1")),
        ("def f(x):\n    if x:\n        return 1, 2\n    return 3", ("output",)),
        ("def f(x):\n    pass", ("output",)),
        ("def f(x):\n    return LATER", ("output",)),
        ("def f(x) -> int:\n    a = x\n    return a", ("a",)),
        ("def f(x) -> Annotated[int, 'n']:\n    a = x\n    return a", ("n",)),
        ("def f(x) -> Annotated[tuple, 'n']:\n    return x, x", ("n",)),
        ("def f(x) -> tuple[int, str]:\n    return g(x)", ("output_0", "output_1")),
        ("def f(x) -> tuple[int, ...]:\n    return g(x)", ("output",)),
        ("def f(x) -> tuple[Annotated[int, 'n'], str]:\n    return g(x)", ("n", "output_1")),
        (
            "def f(x) -> tuple[Annotated[int, 'n'], str]:\n    a = b = x\n    return a, b",
            ("n", "b"),
        ),
        (
            (
                "from __future__ import annotations\ndef f(x) -> tuple["
                "Annotated[np.A, 'n'], Annotated[int, 'm']]:\n    return g(x)"
            ),
            ("n", "m"),
        ),
        ("N = Annotated[int, 'n']\ndef f(x) -> 'N':\n    return x", ("n",)),
        ("def f(x) -> 'Annotated[T, \"n\"]':\n    return x", ("n",)),
    ],
)
def test_the_names_of_outputs(text: str, names: tuple[str, ...]) -> None:
    assert output_names(function_of(text)) == names


def test_an_output_renamed_by_annotation_keeps_the_return_in_the_code() -> None:
    text = "def f(x) -> Annotated[int, 'n']:\n    a = b = x\n    return a"
    assert body(text).code != body(text.replace("return a", "return b")).code
    two = (
        "def f(x) -> tuple[Annotated[int, 'n'], Annotated[int, 'm']]:\n"
        "    a = b = x\n    return a, b"
    )
    swapped = two.replace("'n'", "'k'").replace("'m'", "'n'").replace("'k'", "'m'")
    assert body(two).code != body(swapped).code


def test_falling_off_the_end_is_told_from_returning_a_name() -> None:
    text = "def f(x):\n    a = x\n    return a"
    assert body(text).outputs != body(text.replace("    return a", "")).outputs
    text = "def f(x):\n    output = x\n    return output"
    assert body(text).code != body(text.replace("    return output", "")).code


def test_stars_count_and_names_and_defaults_of_parameters_are_inputs() -> None:
    plain = body("def f(a):\n    return len(a)")
    assert plain.code != body("def f(*a):\n    return len(a)").code
    assert body("def f(*a):\n    return 1").code != body("def f(**a):\n    return 1").code
    assert plain.code == body("def f(a, b=1, *, c=2):\n    return len(a)").code
    assert body("def f(a, b=1, *c, d, **e):\n    return 1").inputs == ("a", "b", "d", "c", "e")


def test_the_own_name_is_read_as_itself_only_where_it_is_that_global() -> None:
    text = "def f(n):\n    return n and f(n - 1)"
    assert body(text).code == body(text.replace("f(", "g("), "g").code
    local = "def f(n):\n    f = n\n    return f + 1"
    assert body(local).code == body(local.replace("def f", "def g"), "g").code


def test_a_source_that_is_not_what_was_compiled_is_not_believed() -> None:
    text = "def f(x):\n    return x + 1001\n"
    function = function_of(text)
    linecache.cache[function.__code__.co_filename] = (
        1,
        None,
        ["def f(x):\n", "    return x + 1002\n"],
        function.__code__.co_filename,
    )
    unbelieved = body_of_function(function).code
    assert unbelieved != body(text.replace("1001", "1002")).code
    body_of_function.__globals__["_remembered"].clear()
    assert unbelieved != body(text).code


def test_functions_without_a_source_have_a_form_of_their_code() -> None:
    space: dict[str, Any] = {}
    exec("def f(x):\n    'says'\n    return x + 1\ndef g(x):\n    return x + 1", space)
    exec("def h(x):\n    return x + 2", space)
    f, g, h = (body_of_function(space[name]).code for name in "fgh")
    assert f == g != h


def test_lambdas_and_decorated_and_nested_functions() -> None:
    made = function_of(
        "def deco(fn):\n    def w(*a):\n        return fn(*a) + 1\n    return w\n"
        "@deco\ndef f(x):\n    return x\n"
    )
    assert "return fn(*a) + 1" in body_of_function(made).source
    one = function_of("f = lambda x: x + 1")
    assert body_of_function(one).code != body_of_function(function_of("f = lambda x: x + 2")).code


def test_bound_methods_and_callables_are_read_through() -> None:
    class Scale:
        def go(self, x: int) -> int:
            y = x + 1
            return y

        def __call__(self, x: int) -> int:
            y = x + 1
            return y

    assert body_of_function(Scale().go).code == body_of_function(Scale()).code
    with pytest.raises(TypeError):
        body_of_function(len)


def test_the_code_of_a_cell_is_a_function_of_its_inputs() -> None:
    code = code_of_cell("from m import *\ny = helper(x)\nz = [y * k for k in x]", ["x"])
    assert code.co_varnames[: code.co_argcount] == ("x",)
    assert set(code.co_names) == {"helper"}
    is_awaited = code_of_cell("y = await x()", ["x"])
    assert is_awaited.co_flags & 0x80


def test_the_source_people_read_is_as_they_wrote_it() -> None:
    text = "def f(x):\n    # why\n    return x  # what\n"
    assert body(text).source == text
    assert body_of_cell("y = x  # what\n").source == "y = x  # what"
