"""What a cell lets go of while it runs goes at once, as it does without zenbook."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel, without_steps

READ = "with open('o.txt', 'rb') as o: print(o.read())"
FILES_HELD = {
    "a list": ("a = [open('o.txt', 'w')]; a[0].write('hello')", "a = None"),
    "a list that is emptied": ("a = [open('o.txt', 'w')]; a[0].write('hello')", "a.clear()"),
    "a dictionary that it is taken from": (
        "a = {1: open('o.txt', 'w')}; a[1].write('hello')",
        "a.pop(1)",
    ),
    "an attribute": (
        "class A: pass\na = A(); a.file = open('o.txt', 'w'); a.file.write('hello')",
        "a.file = None",
    ),
    "an object": (
        "class A: pass\na = A(); a.file = open('o.txt', 'w'); a.file.write('hello')",
        "a = None",
    ),
    "an object that leaves it out": (
        (
            "class A:\n    def __getstate__(self): return {}\na = A()\n"
            "a.file = open('o.txt', 'w'); a.file.write('hello')"
        ),
        "b = [a]\na = b = None",
    ),
    "a table's writer": ("a = csv.writer(open('o.txt', 'w')); a.writerow('hello')", "del a"),
    "a table's writer that is used": (
        "a = csv.writer(open('o.txt', 'w'))",
        "a.writerow([1])\ndel a",
    ),
    "a pickler": ("a = pickle.Pickler(open('o.txt', 'wb')); a.dump(1)", "(a,) = [1]"),
    "a method of it": ("a = open('o.txt', 'w').write; a('hello')", "a = None"),
    "a function's argument": (
        "a = functools.partial(print, file=open('o.txt', 'w')); a('hello')",
        "a = None",
    ),
    "a closure": (
        (
            "def made():\n    file = open('o.txt', 'w')\n"
            "    return lambda text: file.write(text)\na = made(); a('hello')"
        ),
        "a = None",
    ),
}
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
    **{
        f"a file in {where}": (f"import csv, functools, pickle\n{made}", f"{going}\n{READ}")
        for where, (made, going) in FILES_HELD.items()
    },
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
    "the one that a loop is over": (
        "import weakref\nclass A: pass\na = A(); r = weakref.ref(a)",
        "for a in [1, 2]:\n    print(r() is None)",
    ),
}


HELD_IN_PART = {
    "a list of it": (
        "class A: pass\na = A(); a.rows = []; rows = a.rows",
        "a.rows.append(1)\na = None",
        "rows",
    ),
    "a list of it, handed on": (
        "class A: pass\na = A(); a.rows = []; rows = a.rows",
        "b = a.rows\ndel a",
        "b is rows",
    ),
    "its attributes": (
        "class A: pass\na = A(); a.x = 1; d = vars(a)",
        "a.x = 2\ndel a",
        "d",
    ),
    "its memory": (
        "import numpy as np\nx = np.arange(12).reshape(3, 4); v = x.T",
        "x[0] += 100\nx = x.sum()",
        "v.tolist(), int(x)",
    ),
    "its own memory": (
        "import numpy as np\nx = np.ones(4); v = x[1:]",
        "x += 1\nx = x * 2",
        "v.tolist(), x.tolist()",
    ),
    "a frame of it": (
        "import pandas as pd\nclass A: pass\na = A(); a.df = pd.DataFrame({'p': [1]}); d = a.df",
        "a.df['q'] = 3\na = a.df.sum().sum()",
        "list(d), int(a)",
    ),
    "what a frame is made of": (
        "import pandas as pd\ndf = pd.DataFrame({'p': [[1]]}); p = df['p'][0]",
        "df['p'][0].append(2)\ndf = None",
        "p",
    ),
    "a model in a pipeline": (
        (
            "from sklearn.linear_model import LinearRegression\n"
            "from sklearn.pipeline import make_pipeline\n"
            "m = LinearRegression(); a = make_pipeline(m)"
        ),
        "a.fit([[1], [2]], [1, 2])\na = a.predict([[3]]).round(3).tolist()",
        "a, hasattr(m, 'coef_')",
    ),
}


@pytest.mark.parametrize("what", HELD_IN_PART)
def test_a_part_that_somebody_else_holds_is_changed_for_them(own: Kernel, what: str) -> None:
    before, body, seen = HELD_IN_PART[what]
    cells = (before, f"%%step s\n{body}")
    told = []
    for played in (without_steps(cells), cells, cells):
        own.fresh()
        assert all(cell.reply["status"] == "ok" for cell in own.play(*played))
        told.append(own.value(seen))
    assert told[0] == told[1] == told[2]


def test_code_that_runs_as_it_goes_is_run_once(own: Kernel) -> None:
    before = (
        "import weakref\nseen = []\nclass A:\n    def __del__(self): print('bye')\n"
        "class B: pass\na, b = A(), B()\nweakref.finalize(b, seen.append, 1)"
    )
    for _ in range(2):
        own.fresh()
        first, second = own.play(before, "%%step s\na = None\nx = 1", "%%step t\nb = None")[1:]
        assert first.stream() == "bye\n" and own.value("seen") == [1]
        assert "not kept: a was let go of, which runs code" in first.said
        assert "not kept: b was let go of, which runs code" in second.said


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


NOT_KEPT = {
    "an open socket": ("import socket\nother = socket.socket()", "y = other.fileno() > 0, w.x"),
    "a generator": ("other = (i for i in range(3))", "y = next(other), w.x"),
    "a lock that it leaves": ("", "import threading\nlock = threading.Lock(); y = w.x"),
    "a setting of the process": ("import os", "os.environ['SET_HERE'] = '1'; y = w.x"),
    "a changed constant": ("seen = []\ndef see(x): seen.append(x)", "see(1); y = w.x"),
    "itself in a result": ("import socket", "y = [w.x, socket.socket()]"),
    "an error": ("", "y = w.x\nraise ValueError"),
    "an error that it holds": ("", "try:\n    1 / 0\nexcept ZeroDivisionError:\n    y = w.x"),
    "no cache": ("", "#\ny = w.x"),
    "what it prints of it": (
        "import socket\nother = socket.socket()",
        "print(w.x, other.fileno())",
    ),
}


@pytest.mark.parametrize("what", NOT_KEPT)
def test_what_a_step_was_given_goes_where_it_is_not_kept(own: Kernel, what: str) -> None:
    before, body = NOT_KEPT[what]
    option = " --no-cache" if what == "no cache" else ""
    made = "import gc, weakref\nclass W:\n    x = 1\nw = W(); ref = weakref.ref(w); gc.disable()"
    own.play(before or "pass", made, f"%%step s{option}\n{body}")
    own.run("del w")
    try:
        assert own.value("ref() is None")
    finally:
        own.quietly("import gc; gc.enable(); gc.collect()")
