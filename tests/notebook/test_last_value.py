"""A step that shows its last value and one that prints it are one step; each does it its way."""

from __future__ import annotations

import itertools
import re

import pytest

from tests.notebook.kernel import OTHER_PYTHON, Cell, Kernel

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


TALKS = "class T:\n    def __str__(self):\n        print('in str')\n        return 'T'\nt = T()"
EDITS = {
    "nothing is shown at all": ["get_ipython().ast_node_interactivity = 'none'", "X = [1]"],
    "something else is shown first": ["X = [1]", "import sys"],
    "what is printed prints": [TALKS],
}
FROM = {
    "nothing is shown at all": ("sum(X)", "print(sum(X))"),
    "something else is shown first": (
        "sys.displayhook(4)\nX.append(3)",
        "sys.displayhook(4)\nprint(X.append(3))",
    ),
    "what is printed prints": ("print('one')\n[t][0]", "print('one')\nprint([t][0])"),
}


@pytest.mark.parametrize("case", EDITS)
def test_a_value_that_becomes_printed_is_printed_as_ever(case: str, kernel: Kernel) -> None:
    first, then = FROM[case]
    plain = kernel.play(*EDITS[case], then)[-1]
    kernel.fresh()
    kernel.play(*EDITS[case], f"%%step s\n{first}")
    kernel.fresh()
    cell = kernel.play(*EDITS[case], f"%%step s\n{then}")[-1]
    kernel.run("get_ipython().ast_node_interactivity = 'last_expr'")
    assert (cell.stream(), cell.result) == (plain.stream(), plain.result)


def test_a_value_that_becomes_shown_is_shown_where_only_some_outputs_are_kept(
    kernel: Kernel,
) -> None:
    kernel.play("X = [1]", "%%step s -o Y\nY = X * 2\nsum(Y);")
    kernel.fresh()
    for status in ("completed", "cached"):
        cell = kernel.play("X = [1]", "%%step s -o Y\nY = X * 2\nsum(Y)")[-1]
        assert (cell.status, cell.result) == (status, "2")
        assert kernel.value("_") == 2
        kernel.fresh()


def test_a_builtin_print_of_ones_own_prints_its_way(kernel: Kernel) -> None:
    mine = "import builtins\nreal = print\nbuiltins.print = lambda value: real('mine', value)"
    kernel.play("X = [1]", mine, "%%step s\nX + [2]")
    assert kernel.run("%%step s\nprint(X + [2])").stream() == "mine [1, 2]\n"
    kernel.run("builtins.print = real")


def test_a_text_at_the_end_is_shown_as_it_stands_now(kernel: Kernel) -> None:
    seen = {}
    for body in ("y = 1\n'done'", "y = 1\n'over'", "y = 1", "'a text alone'", "pass", "'quiet';"):
        for first in ("# plain", "%%step a", "%%step a"):
            kernel.fresh()
            cell = kernel.run(f"{first}\n{body}")
            kept = kernel.value("(_, list(Out.values()))")
            shown = (cell.result, cell.stream(), kept)
            assert seen.setdefault(body, shown) == shown
        assert cell.status == "cached", cell.said
    assert seen["y = 1\n'over'"][0] == "'over'" and seen["pass"][0] is None


@pytest.mark.parametrize("magic", ["%config", "%matplotlib --list"])
def test_what_a_magic_lists_is_shown_for_no_other_cell(magic: str, kernel: Kernel) -> None:
    asked = f"%%step a\n{magic}\nx = 1"
    assert (listed := kernel.run(asked).stream())
    assert kernel.run("%%step b\nx = 1").stream() == ""
    again = kernel.run(asked)
    assert (again.status, again.stream()) == ("cached", listed)
    silent = "%%step c\n%config InlineBackend.figure_format = 'png'\nx = 1"
    assert kernel.run(silent).stream() == ""


TALKING = """
from IPython.display import HTML, display
class Talker:
    count = 0
    @property
    def slow(self): print('computing'); return 1
    @property
    def other(self): print('other'); return 2
    @property
    def counted(self): self.count += 1; return self.count
    def __getattr__(self, name):
        if name.startswith('_'): raise AttributeError(name)
        print('getting'); return name
    def method(self): pass
class Shows(Talker):
    def _ipython_display_(self): print('mine'); display(HTML('x'))
class Html(Talker):
    def _repr_html_(self): print('html'); return '<b>h</b>'
class Text(Talker):
    def __repr__(self): print('text'); return 'T'
t = Talker()
"""
LASTS = {
    "a property that prints": ["t.slow"],
    "two properties": ["t.slow", "t.other"],
    "a property that counts": ["t.counted; t.counted", "print(t.count)"],
    "an attribute that somebody makes": ["t.zork", "t.zork + t.zark", "t.zark"],
    "a value that displays itself": ["Shows()", "print(1)\nShows()"],
    "a name that displays itself": ["s = Shows()\ns", "print(1)\ns", "s"],
    "a name whose page prints": ["s = Html()\nprint(1); s"],
    "a name whose text prints": ["s = Text()\ns", "t = s\nt", "s"],
    "what an exception remembers": [
        "try: 1 / 0\nexcept ArithmeticError as e: x = e",
        "x.__traceback__.tb_lasti",
    ],
    "a method without its parentheses": [
        "x = [1]\nx.append",
        "_(2)",
        "t.method",
        "x, _ == t.method",
    ],
    "a magic that says what it chose": ["%matplotlib inline", "%matplotlib", "x = 1\n%matplotlib"],
}


@pytest.mark.parametrize("case", LASTS)
def test_the_last_value_is_shown_once_and_for_no_other_cell(case: str, kernel: Kernel) -> None:
    plain = [TALKING, *LASTS[case]]
    kernel.play(*plain)  # only the first time an older matplotlib does not know its backend's name
    expected = [seen(cell) for cell in kernel.play(*plain)]
    steps = [f"%%step s{place}\n{body}" for place, body in enumerate(LASTS[case])]
    steps = [
        body if body.startswith("_") else step
        for step, body in zip(steps, LASTS[case], strict=True)
    ]
    for again in (False, True):
        kernel.fresh()
        played = kernel.play(TALKING, *steps)
        assert [seen(cell) for cell in played] == expected
        if again and not (
            OTHER_PYTHON and "%matplotlib" in LASTS[case]
        ):  # there it changes rcParams
            assert all(cell.status in ("", "cached") for cell in played), played[-1].said


def seen(cell: Cell) -> tuple[str, str, list[str], str]:
    result = re.sub(r"0x\w+", "0x", cell.result or "")
    return cell.stream(), result, cell.displayed, cell.error
