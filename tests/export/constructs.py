"""Every construct of a cell that an export can meet, each as a step of one notebook."""

from __future__ import annotations

ABOVE = """X = [1, 2, 3]
D = {}
RATE = 0.5
def helper(v):
    return v + RATE
class Shape:
    sides = 3
    def area(self):
        return self.sides * RATE"""
"""A plain cell above the steps."""

SHARED = {
    "with_file": "with open('d.txt') as f:\n    text = f.read()",
    "with_suppress": "import contextlib\nwith contextlib.suppress(ValueError):\n    ws = int('3')",
    "with_stream": "import io\nwith io.StringIO('a,b') as stream:\n    wt = stream.read()",
    "with_archive": (
        "import zipfile\nwith zipfile.ZipFile('z.zip', 'w') as zw:\n    zw.writestr('a', 'b')\n"
        "with zipfile.ZipFile('z.zip') as zr:\n    names = zr.namelist()"
    ),
    "with_rows": "import csv\nwith open('c.csv') as f:\n    rd = csv.reader(f)\n    row = next(rd)",
    "with_pool": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(2) as pool:\n    pooled = list(pool.map(abs, [-1, 2]))"
    ),
    "closed": "import sqlite3\ncon = sqlite3.connect(':memory:')\ncon.close()\ncl = 1",
    "tries": (
        "try:\n    te = 1 / 0\nexcept ZeroDivisionError as e:\n    te = str(e)\n"
        "else:\n    te = ''\nfinally:\n    tf = 1"
    ),
    "own_error": "class Bad(Exception):\n    pass\ntry:\n    raise Bad('x')\n"
    "except Bad as bad:\n    told = str(bad)",
    "loops": "tot = 0\nfor i in range(4):\n    tot += i\nwhile tot > 2:\n    tot -= 1\n"
    "else:\n    done = True",
    "branches": "if n > 3:\n    big = 'big'\nelse:\n    small = 'small'\nbr = 1",
    "a_class": "class A:\n    k = 1\n    def m(self):\n        return self.k + n\na = A().m()",
    "subclass": "class Base:\n    def f(self):\n        return 1\nclass Sub(Base):\n"
    "    def f(self):\n        return super().f() + 1\nsb = Sub().f()",
    "a_dataclass": "from dataclasses import dataclass, field\n@dataclass\n"
    "class P:\n    x: int = 0\n"
    "    y: list[int] = field(default_factory=list)\npp = P(1).x",
    "an_enum": "from enum import Enum\nclass Color(Enum):\n    RED = 1\nen = Color.RED.value",
    "a_named_tuple": "from collections import namedtuple\n"
    "Pt = namedtuple('Pt', 'x y')\nnt = Pt(1, 2).x",
    "a_function": "def double(v):\n    return 2 * v\nfd = [*map(double, X)]",
    "decorated": (
        "import functools\ndef twice(g):\n    @functools.wraps(g)\n    def inner(*a):\n"
        "        return g(*a) * 2\n    return inner\n"
        "@twice\ndef dd(v):\n    return v + 1\nde = dd(3)"
    ),
    "remembering": "import functools\n@functools.lru_cache\ndef fib(k):\n"
    "    return k if k < 2 else fib(k - 1) + fib(k - 2)\nfb = fib(10)",
    "nonlocals": (
        "def counter():\n    c = 0\n    def inc():\n        nonlocal c\n        c += 1\n"
        "        return c\n    inc()\n    return inc()\nnl = counter()"
    ),
    "of_other_cells": "hp = helper(3)\nar = Shape().area()",
    "documented": "def dq(v: int) -> int:\n    '''Doc.'''\n    return v\ndoc = dq.__doc__, dq(4)",
    "star": "from math import *\nst = sqrt(16)",
    "imports": "import collections\nfrom json import dumps as say\n"
    "im = say(dict(collections.Counter('ab')))",
    "walrus": "wl = [y for x in range(5) if (y := x * 2) > 2]",
    "matching": "match {'a': 1, 'b': 2}:\n    case {'a': int(ma), **rest}:\n        mm = ma\n"
    "    case _:\n        mm = 0",
    "understood": "cs = {k: v for k, v in zip('ab', [1, 2])}\nce = sorted({c for c in 'hello'})",
    "awaits": "import asyncio\nasync def go():\n    await asyncio.sleep(0)\n"
    "    return len(X)\naw = await go()",
    "generators": "def gg(k):\n    yield from range(k)\n"
    "ge = list(gg(3))\ngs = sum(x * x for x in X)",
    "deletes": "tmp = [1, 2]\nkept = len(tmp)\ndel tmp",
    "grows": "X.append(5)",
    "fills": "D['k'] = len(X)",
    "displays": "display({'a': 1})\ndv = 3",
    "shows": "lv = [1, 2]\nlv",
    "counts": "le = [1, 2]\nlen(le)",
    "looks_at": "la = [1, 2]\nla\n(1).real\nX.__class__.__name__",
    "looks_quietly": "lq = [1, 2]\nShape.sides;",
    "prints": "print('hi')\npr = 4\nprint(pr)",
    "calls_last": "ll = []\nll.append(3)",
    "by_parameter": "pm = n * 2",
    "by_constant": "rt = RATE * 2",
    "formats": "fs = f'{n:>4} {n!r}'",
    "annotated": "an: int = 3\nab: 'list[int]' = [an]",
    "aliased": "Vec = list[float]\nvv: Vec = [1.0]",
    "augmented": "ag = 1\nag += 2\nag *= 3",
    "unpacked": "(ua, ub), *uc = [(1, 2), 3, 4]\nca = cb = [1]\ncb.append(2)",
    "starred": "sd = [*X, *range(2)]\nse = {**D, 'q': 1}",
    "as_program": "if __name__ == '__main__':\n    ifm = 1\nifn = 2",
    "writes": "with open('o.txt', 'w') as fo:\n    fo.write('x')\nfw = 1",
    "reads_written": "from pathlib import Path\nrw = Path('o.txt').read_text()",
    "output": "output = n * 3",
    "outputs": "outputs = [output]\noutput_dir = 'out'",
    "underscored": "_ = [1, 2]\nud = len(_)\n_pv = 3",
    "as_builtin": "max = max(3, 4)\nbm = max",
    "commented": "'''Doc of the cell.'''\nassert n == 5\nsn = 1  # as it is",
    "draws": "import random\nrandom.seed(3)\nrn = random.random()",
    "frames": "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2]})\ndf.head()",
    "arrays": "import numpy as np\nna = np.arange(4)\nnb = na.sum()",
    "partly": "from functools import partial\npt = partial(int, base=2)\npu = pt('11')",
}
"""Steps by name, which cell and function share both ways."""
