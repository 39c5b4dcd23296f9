"""What a cell lets go of while it runs goes at once, as it does without zenbook."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel, without_steps

LETTING_GO = {
    "a file that is written": (
        "f = open('o.txt', 'w'); n = f.write('hello')",
        "f = None\nprint(open('o.txt').read())",
    ),
    "a file that is deleted": (
        "f = open('o.txt', 'w'); n = f.write('hello')",
        "del f\nprint(open('o.txt').read())",
    ),
    "a file whose name is another's": (
        "f = open('o.txt', 'w'); n = f.write('hello')",
        "f = open('o.txt')\nprint(f.read())\nf.close()",
    ),
    "an object": (
        "import weakref\nclass A: pass\na = A(); r = weakref.ref(a)",
        "print(r() is not None)\ndel a\nprint(r() is None)",
    ),
    "a folder": (
        "import os, tempfile\nt = tempfile.TemporaryDirectory(); p = t.name",
        "t = None\nprint(os.path.exists(p))",
    ),
    "an array": (
        "import numpy as np, weakref\na = np.ones(100); r = weakref.ref(a)",
        "a = a[::2].copy()\nprint(r() is None, a.sum())",
    ),
    "a frame": (
        "import pandas as pd, weakref\nd = pd.DataFrame({'x': [1, 2]}); r = weakref.ref(d)",
        "d = d.x.copy()\nprint(r() is None, d.sum())",
    ),
    "the one that a loop is over": (
        "import weakref\nclass A: pass\na = A(); r = weakref.ref(a)",
        "for a in [1, 2]:\n    print(r() is None)",
    ),
}


@pytest.mark.parametrize("what", LETTING_GO)
def test_it_is_gone_at_once(own: Kernel, what: str) -> None:
    before, body = LETTING_GO[what]
    cells = (before, f"%%step a\n{body}")
    plain = own.play(*without_steps(cells))[-1]
    own.fresh()
    ran = own.play(*cells)[-1]
    assert ran.status == "completed" and not ran.error
    assert ran.stream() == plain.stream()
    own.fresh()
    again = own.play(*cells)[-1]
    assert again.stream() == plain.stream()


STILL_HELD = {
    "changed and let go": "a.append_to([1])\na = None",
    "changed after it was let go": "a = None\nother.append_to([2])",
    "let go, and bound again": "b = a\na.append_to([3])\ndel a\na = b",
    "given another name": "b = a\ndel a\nb.append_to([4])",
    "one of two let go": "b = [a, other]\ndel a",
}


@pytest.mark.parametrize("body", STILL_HELD.values(), ids=STILL_HELD)
def test_what_somebody_else_holds_is_looked_at_like_any_input(own: Kernel, body: str) -> None:
    before = (
        "class Rows:\n    def __init__(self):\n        self.rows = []\n"
        "    def append_to(self, more):\n        self.rows += more\na = Rows(); other = a"
    )
    after = (
        "seen = (other.rows, globals().get('a') is other, globals().get('b') is other,\n"
        "        [x is other for x in globals().get('b', [])] if 'b' in globals()"
        " and type(b) is list else None)"
    )
    cells = (before, f"%%step s\n{body}", after)
    told = []
    for played in (without_steps(cells), cells, cells):
        own.fresh()
        assert all(cell.reply["status"] == "ok" for cell in own.play(*played))
        told.append(own.value("seen"))
    assert told[0] == told[1] == told[2]
