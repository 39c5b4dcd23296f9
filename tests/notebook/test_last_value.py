"""A step that shows its last value and one that prints it are one step; each does it its way."""

from __future__ import annotations

import itertools

import pytest

from tests.notebook.kernel import Cell, Kernel

SHOWN = "Y = sum(X)\nprint('first')\n[n * 2 for n in X]"
PRINTED = "Y = sum(X)\nprint('first')\nprint([n * 2 for n in X])"


def function_of(body: str) -> str:
    lines = "".join(f"\n    {line}" for line in (*body.split("\n"), "return Y"))
    return f"@step\ndef s(X):{lines}"


FORMS = {
    "a cell that shows it": f"%%step s\n{SHOWN}",
    "a cell that prints it": f"%%step s\n{PRINTED}",
    "a cell that ends in a semicolon": f"%%step s\n{SHOWN};",
    "a function that drops it": function_of(SHOWN),
    "a function that prints it": function_of(PRINTED),
}
OUTPUT = {
    "a cell that shows it": ("first\n", "[0, 2, 4]"),
    "a cell that prints it": ("first\n[0, 2, 4]\n", None),
    "a cell that ends in a semicolon": ("first\n", None),
    "a function that drops it": ("first\n", None),
    "a function that prints it": ("first\n[0, 2, 4]\n", None),
}
FOUND = {
    "a cell that prints it": {"a function that prints it"},
    "a cell that ends in a semicolon": {"a function that drops it"},
}
"""The forms that find what these have kept: cells do not note a value that they do not show."""


def play(form: str, kernel: Kernel) -> tuple[Cell, tuple[str, str | None]]:
    """The form in a new kernel, and what it showed."""
    kernel.fresh()
    kernel.play("X = [0, 1, 2]", "from zenbook import step")
    cell = kernel.run(FORMS[form])
    if form.startswith("a function"):
        cell = kernel.run("Y = s(X)")
    assert kernel.value("Y") == 3
    return cell, (cell.stream(), cell.result)


@pytest.mark.parametrize(("first", "then"), [*itertools.permutations(FORMS, 2)])
def test_each_form_shows_what_it_would_show(first: str, then: str, kernel: Kernel) -> None:
    assert play(first, kernel)[1] == OUTPUT[first]
    cell, shown = play(then, kernel)
    assert shown == OUTPUT[then]
    if cell.line:
        found = then in FOUND.get(first, FORMS)
        assert cell.status == ("cached" if found else "completed"), cell.said
    assert play(then, kernel)[1] == OUTPUT[then]
    assert play(first, kernel)[1] == OUTPUT[first]


def test_a_print_of_ones_own_is_no_showing(kernel: Kernel) -> None:
    for expected in ("completed", "cached"):
        kernel.play("def print(value): display(f'<{value}>')", "X = [0, 1]")
        cell = kernel.run("%%step s\nprint(X + [2])")
        assert (cell.status, cell.displayed) == (expected, ["'<[0, 1, 2]>'"])
        kernel.fresh()
        kernel.run("X = [0, 1]")
        assert kernel.run("%%step s\nX + [2]").result == "[0, 1, 2]"
        kernel.fresh()
