"""`zenbook run NOTEBOOK -p NAME=VALUE`: what the value is, where it stands, what is said of it."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

from zenbook.errors import OptionError
from zenbook.front.notebook.given import given_to, inject

PARAMETERS = """%%parameters
flag = True
n = 3
name = "a"
rate = 0.5
sizes = [1, 2]
a, b = 1, "x"
none = None
sure: bool = 1
some: "int | None" = None
mode: Literal["fast", "exact"] = "fast"
weights: list[float] = ()
when: datetime = "now"
late = len("abc")
"""


def book_of(*cells: str) -> Any:
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    return book


def value_of(text: str, *cells: str) -> Any:
    name, _, value = text.partition("=")
    (values,) = given_to(book_of(*(cells or (PARAMETERS,))), {name: value}).values.values()
    return values[name]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("flag=no", False),
        ("flag=1", True),
        ("n=4", 4),
        ("name=5", "5"),
        ("name=true", "true"),
        ("rate=1", 1.0),
        ("rate=1e-3", 0.001),
        ("sizes=[3]", [3]),
        ("sizes=(3,)", [3]),
        ("a=7", 7),
        ("b=7", "7"),
        ("none=7", 7),
        ("none=null", None),
        ("sure=off", False),
        ("some=None", None),
        ("some=4", 4),
        ("mode=exact", "exact"),
        ("weights=[1]", [1]),
        ("when=later", "later"),
        ("late=2", 2),
        ("late=word", "word"),
    ],
)
def test_a_parameter_has_the_type_of_the_notebooks_own(text: str, value: Any) -> None:
    found = value_of(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("flag=maybe", "flag must be true or false, but got 'maybe'."),
        ("n=2.5", "n must be an int, but got '2.5'."),
        ("rate=abc", "rate must be a float, but got 'abc'."),
        ("sizes=3", "sizes must be a list, but got '3'."),
        ("mode=slow", "mode must be one of 'fast', 'exact', but got 'slow'."),
        ("some=x", "some must be an int | None, but got 'x'."),
        ("fla=no", "The notebook has no parameter fla. Did you mean flag?"),
        ("RATE=2", "The notebook has no parameter RATE. Did you mean rate?"),
        (
            "q=2",
            (
                "The notebook has no parameter q. It has flag, n, name, rate, sizes, none, sure, "
                "some, mode, weights, when, late, a, b."
            ),
        ),
    ],
)
def test_a_text_that_does_not_fit_is_refused(text: str, told: str) -> None:
    with pytest.raises(OptionError) as refused:
        value_of(text)
    assert str(refused.value) == told


@pytest.mark.parametrize("text", ["x=2", "x=word"])
def test_what_no_cell_holds_is_what_its_text_is(text: str) -> None:
    assert value_of(text, "print(x)") == {"x=2": 2, "x=word": "word"}[text]


def test_each_value_stands_below_the_cell_that_holds_it() -> None:
    book = book_of("%%parameters\na = 1", "use(a)", "%%parameters\nb = 2.0", "%%step s\nc = a + b")
    inject(book, given_to(book, {"b": "inf", "a": "5"}))
    assert [cell.source for cell in book.cells] == [
        "%%parameters\na = 1",
        "# Parameters\na = 5",
        "use(a)",
        "%%parameters\nb = 2.0",
        "# Parameters\nb = float('inf')",
        "%%step s\nc = a + b",
    ]
    inject(book, given_to(book, {"a": "6"}))
    assert [cell.source for cell in book.cells][1:3] == ["# Parameters\na = 6", "use(a)"]


AGAIN = "k=2 holds down to cell 3, which binds k again."


@pytest.mark.parametrize(
    ("below", "remarks"),
    [
        ("k = 5", (AGAIN,)),
        ("%%parameters\nk = 5", (AGAIN,)),
        ("%%step s\nfor k in range(3): pass", (AGAIN,)),
        ("k = k + 1", ()),
        ("k += 1", ()),
        ("def f(k): return k", ()),
        ("if 'k' not in globals(): k = 1", ()),
        ("not python", ()),
    ],
)
def test_a_cell_that_binds_a_parameter_again_is_named(below: str, remarks: tuple[str]) -> None:
    book = book_of("%%parameters\nk = 1", "print(k)", below)
    assert given_to(book, {"k": "2"}).remarks == remarks


def test_a_value_that_would_change_nothing_is_refused() -> None:
    with pytest.raises(OptionError, match="change nothing: cell 2 binds k, and no cell is said"):
        given_to(book_of("import math", "k = 1", "print(k)"), {"k": "2"})


@pytest.mark.parametrize("cell", ["k = globals().get('k', 1)", "print(k)", "print(k)\nk = 1"])
def test_a_value_that_is_read_stands_above_all_cells(cell: str) -> None:
    given = given_to(book_of(cell), {"k": "2"})
    assert given.values == {-1: {"k": 2}}
    assert given.remarks[0] == "No cell is tagged parameters: k stands above all cells."
