# ruff: noqa: E501, ISC004  (cells are quoted as they stand in a notebook)
"""Nothing of a notebook changes by being a step: plain, first run and hit show the same."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.notebook.kernel import Cell, Kernel, without_steps

CACHED: dict[str, list[str]] = {
    "values and prints": ["%%step a\nx = 1\nprint('hi')\ny = [x, 2]", "%%step b\nz = y + [3]\nz"],
    "a last expression": ["%%step a\nx = {'k': 1}\nx['k'] + 1", "_ + 1", "Out[max(Out)]"],
    "a bare last name": ["%%step a\nx = {'k': 1}\nx", "_ is x"],
    "a silenced last expression": ["%%step a\nx = 5\nx + 1;", "'_' in globals() and _"],
    "None as the last value": ["%%step a\nx = None\nx"],
    "a function that asks as the last value": [
        "%%step a\nx = 1\ninput",
        "%%step b\nimport getpass\ny = getpass.getpass.__name__, input.__name__, input.__self__ is None",
        "y",
    ],
    "functions and classes": [
        "%%step a\nimport math\nK = 3\ndef f(n, k=K):\n    return math.sqrt(n) * k\n"
        "class P:\n    def __init__(self, v): self.v = v\n    def __repr__(self): return f'P({self.v})'\n"
        "p = P(f(4))",
        "isinstance(p, P), p, f(9), type(p) is P",
        "import inspect\nprint(inspect.getsource(f))",
    ],
    "decorators": [
        "def twice(f):\n    def g(*a): return 2 * f(*a)\n    return g",
        "%%step a\n@twice\ndef f(x): return x + 1\ny = f(1)",
        "f(2), y",
    ],
    "a generator function": [
        "%%step a\ndef g():\n    yield 1\n    yield 2\nt = sum(g())",
        "list(g()), t",
    ],
    "a class that counts its instances": [
        "%%step a\nclass Acc:\n    n = 0\n    seen: list = []\n    def __init__(self):\n"
        "        Acc.n += 1\n        self.seen.append(self.n)\n        Acc.last = str(self.n)\n"
        "c, d = Acc(), Acc()",
        "e = Acc()\nAcc.n, c.seen, c.seen is e.seen, Acc.last, type(d) is Acc, vars(Acc)['seen'] is e.seen",
    ],
    "a class that counts, of which the step makes no instance": [
        "class M:\n    tag, n = 'm', 0\n    def __init__(self): M.n += 1; self.v = 1\n    def grow(self): self.v += 1\nm = M()",
        "%%step a\nm.grow()\nx = M.tag, M.n, isinstance(m, M), type(m).__name__",
        "m.v, x, M.n",
    ],
    "classes below one that counts": [
        "%%step a\nclass Base:\n    names = set()\n    made = {}\n"
        "    def __init__(self):\n        self.names.add(type(self).__name__)\n"
        "        Base.made[len(self.made)] = type(self).__name__, 1\n"
        "class Sub(Base): pass\nb = Base(), Sub()",
        "s = Sub()\nsorted(Base.names), Sub.made, s.made is b[0].made",
    ],
    "a decorator that notes what it decorates": [
        "%%step a\ndef deco(f):\n    deco.seen.append(f.__name__)\n    return f\ndeco.seen = []\n"
        "@deco\ndef g(x): return x + 1\ny = g(1)",
        "@deco\ndef h(): pass\ndeco.seen, g(4)",
    ],
    "a function that counts its calls": [
        "%%step a\ndef f(x):\n    f.calls += 1\n    return x\nf.calls = 0\ny = f(1) + f(2)",
        "f(3); f.calls, y",
    ],
    "a star import": ["%%step a\nfrom math import *\nr = floor(pi * 100)", "r, ceil(e)"],
    "global in a function": ["%%step a\ndef f():\n    global made\n    made = 7\nf()", "made"],
    "walrus, match, try": [
        "%%step a\nif (n := 3) > 2:\n    big = True\nmatch [1, 2]:\n    case [h, *t]:\n        m = h\n"
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    msg = str(e)\nwith open('f.txt', 'w') as fh:\n"
        "    fh.write('x')\ndel fh",
        "n, big, m, h, t, msg, 'e' in globals()",
    ],
    "del": ["a = 1; b = 2", "%%step s\nc = a + b\ndel a", "'a' in globals(), b, c"],
    "a branch not taken": [
        "flag = False; v = 'old'",
        "%%step s\nif flag:\n    v = 'new'\nw = 1",
        "v, w",
    ],
    "a loop run again": [
        "xs = [1, 2]",
        "%%step s\nfor i in xs:\n    v = 'a'\nw = 1",
        "i, v, w",
    ],
    "alias among outputs": ["%%step a\nx = [1]\ny = x", "y.append(2); x"],
    "alias to an input": ["x = [1]", "%%step a\ny = x", "y.append(2); x"],
    "a part of an input": [
        "d = {'k': [1]}",
        "%%step a\ny = d['k']\nz = [y, 0]",
        "y.append(2); d, z",
    ],
    "a part that was put into an input": [
        "d = {'k': [0]}",
        "%%step a\nd['k'] = [1]\ny = d['k']",
        "y.append(9); y, d",
    ],
    "a part that was changed with its input": [
        "d = {'k': [0]}",
        "%%step a\nd['k'].append(1)\ny = d['k']",
        "y.append(9); y, d",
    ],
    "an attribute that was changed": [
        "class O: pass\nx = O(); x.p = [0]",
        "%%step a\nx.p = x.p + [2]\ny = x.p",
        "y.append(9); y, x.p",
    ],
    "an array that was put into an input": [
        "import numpy as np\nx = [np.zeros(3)]",
        "%%step a\nx[0] = x[0] + 1\ny = x[0]",
        "y[0] = 9; y, x",
    ],
    "a window into what was changed": [
        "import numpy as np\nx = np.zeros(3)",
        "%%step a\nx += 1\ny = x[1:]",
        "y[0] = 9; y, x",
    ],
    "in place, held by another": [
        "import collections\nd = collections.deque([1])\nh = [d]",
        "%%step a\nd.append(2)",
        "h, d, h[0] is d",
    ],
    "a figure that later cells look at": [
        "%matplotlib inline\nimport matplotlib.pyplot as plt",
        "%%step a\nfig, ax = plt.subplots()\nax.plot([1, 2])",
        "%%step b\nfig.savefig('a.png')\nn = len(fig.axes)",
        "%%step c\nt = ax.get_title()",
        "fig.axes[0] is ax, n, t",
    ],
    "a namespace that fills its cache": [
        "from types import SimpleNamespace as N\nX = [1, 2]\nm = N(data=X, cache={})",
        "%%step a\nm.cache['sum'] = sum(m.data)",
        "X.append(3); m, m.data is X",
    ],
    "a model that fills its cache": [
        "import numpy as np\nclass M:\n    def __init__(s, X): s.X, s.shape, s.cache = X, (X.shape, [X]), {}\n    def total(s):\n        s.cache.setdefault('t', float(s.X.sum()))\n        return s.cache['t']\nX = np.arange(3.)\nm = M(X)\nn = M(X)",
        "%%step a\nt = m.total()",
        "X[0] = 9; m.X, m.shape, m.cache, m.X is X, m.shape[1][0] is X, n.X is X, t",
    ],
    "a part of an input in a slot": [
        "class S:\n    __slots__ = ('p',)\nX = [1]",
        "%%step a\ns = S()\ns.p = X\nk = {(1, 2): X}",
        "X.append(2); s.p, s.p is X, k",
    ],
    "a part of an input in an array of objects": [
        "import numpy as np\nX = [1]",
        "%%step a\na = np.array([None, None])\na[1] = X",
        "X.append(2); a, a[1] is X",
    ],
    "a file opened in a with statement": [
        "%%step a\nwith open('f.txt', 'w') as out:\n    n = out.write('x')\nwith open('f.txt') as file:\n    text = file.read()",
        "text, n, out.closed, file.name, file.mode, file.closed",
        "%%step b\nm = file.name + text",
        "m",
    ],
    "what is over when its with statement ends": [
        "%%step a\nimport zipfile, sqlite3, contextlib, subprocess\nfrom concurrent.futures import ThreadPoolExecutor, ProcessPoolExecutor\n"
        "with zipfile.ZipFile('z.zip', 'w') as z: z.writestr('a', 'b')\n"
        "with contextlib.closing(sqlite3.connect(':memory:')) as db: rows = db.execute('SELECT 1').fetchall()\n"
        "with ThreadPoolExecutor(2) as workers: futures = [workers.submit(abs, -1)]\n"
        "with ProcessPoolExecutor(1) as others: done = list(others.map(abs, [-1]))",
        "%%step b\nn = z.namelist()",
        "z.namelist(), rows, futures[0].result(), done, n",
    ],
    "archives and packed files that are closed": [
        "import bz2, io, lzma, tarfile",
        "%%step a\n"
        "with tarfile.open('t.tgz', 'w:gz') as t:\n"
        "    entry = tarfile.TarInfo('n'); entry.size = 2; t.addfile(entry, io.BytesIO(b'hi'))\n"
        "with tarfile.open('t.tgz') as u: u.extractall('un', filter='data')\n"
        "with lzma.open('x.xz', 'wb') as packed: packed.write(b'hallo')\n"
        "with bz2.open('x.bz2', 'wb') as small: small.write(b'hallo')\n"
        "with lzma.open('x.xz', 'rt') as text: hallo = text.read()",
        "%%step b\nn = [m.name for m in u]",
        "n, t.closed, t.mode, u.closed, packed.closed, small.closed, text.closed, hallo",
    ],
    "a library's class that counts": [
        "from concurrent.futures import ThreadPoolExecutor as E\nE(1).shutdown()",
        "%%step a\nfrom concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(1) as w: pass\ndel w",
        "ThreadPoolExecutor is E",
    ],
    "classes made by a call": [
        "%%step a\nfrom collections import namedtuple\nfrom enum import Enum\nP = namedtuple('P', 'x y')\nColor = Enum('Color', ['RED'])\np = [P(1, 2), Color.RED]",
        "type(p[0]) is P, p[1] is Color.RED, P(3, 4)",
        "%%step b\nq = P(p[0].x, Color.RED)",
        "q, type(q) is P",
    ],
    "windows into an input": [
        "import numpy as np\nx = np.arange(6.)\nd = {'x': np.ones((2, 3))}",
        "%%step a\ny = x[::-2]\nz = [x.reshape(2, 3)[:, 1]]\nw = d['x'].T[1:]\nu = x.view('i8')",
        "y[0] = 9; z[0][0] = 8; w[0, 0] = 7; u[2] = 0; x, y, z, d, w, u",
    ],
    "in place, with windows into it": [
        "import numpy as np\nx = np.arange(6.)\ny = x[:2]",
        "%%step a\nx *= 3\nn = 1",
        "y[0] = 5; x, y",
    ],
    "in place, after it was shown": [
        "import collections\nd = collections.deque([1])\nd",
        "%%step a\nd.append(2)\nn = len(d)",
        "Out[max(Out)] is d, _ is d, d",
    ],
    "in place": [
        "x = [1]; w = x; h = [x]",
        "%%step a\nx.append(2)\nn = len(x)",
        "x, w, h, w is x, h[0] is x",
    ],
    "in place, an array": [
        "import numpy as np\nA = np.zeros(3); V = A",
        "%%step a\nA[0] = 5\ns = A.sum()",
        "A, V, V is A, s",
    ],
    "in place, an object": [
        "class M:\n    w = 0\n    def fit(self): self.w = 9; return self\nm = M(); held = [m]",
        "%%step a\nm.fit()\nscore = m.w",
        "m.w, held[0].w, held[0] is m, score",
    ],
    "in place, itself and another that holds it": [
        "x = [1]; x.append(x); d = {'x': x}; d['d'] = d",
        "%%step a\nd['n'] = 1\nx.append(2)",
        "x.append(3); d, d['d'] is d, d['x'] is x, x[1] is x, x",
    ],
    "an input put into another": [
        "import numpy as np\nclass M: pass\nX = [1]; P = {'p': [2]}; A = np.arange(4.); d = {}; l = []; m = M()",
        "%%step a\nd['X'] = X\nl.append((X, P['p']))\nm.A, m.w = A, A[1:]",
        "X.append(2); P['p'].append(3); A[2] = 9; d, l, m.A, m.w, d['X'] is X, m.A is A",
    ],
    "a window inside what was changed": [
        "import numpy as np\nd = {'x': np.zeros(3)}\nd['w'] = d['x'][1:]",
        "%%step a\nd['n'] = 1",
        "d['x'][2] = 7; d",
    ],
    "a part of an input in tuples": [
        "from typing import NamedTuple\nclass P(NamedTuple):\n    x: list\nX = [1]; Y = {'k': (X,)}",
        "%%step a\nt = ((X, 1), [(Y['k'][0],)])\nu = [t, t, P(X)]",
        "X.append(2); t, u, u[0][0][0] is X, u[2].x is X",
    ],
    "a part of an input in closures and defaults": [
        "X = [1]; hooks = []\ndef mk(x): return lambda: x",
        "%%step a\nf = mk(X)\ng = lambda x=X: x\nhooks.append(mk(X))",
        "X.append(2); f(), g(), hooks[0](), g() is X",
    ],
    "functions that are handed on": [
        "def g(a): return a\nclass A:\n    def m(self): pass\n    @staticmethod\n    def s(): pass",
        "%%step a\nq = g\nL = [g, A.m, A.s]\ndef h(): pass\nD = {'h': h}\n"
        "for i in [1]:\n    def fresh(a=[]):\n        a.append(1)\n        return a",
        "q is g, L == [g, A.m, A.s], D['h'] is h, fresh(), fresh()",
    ],
    "a part of what a helper uses": [
        "T = {'q': [1]}; COLS = ['a']\nclass C: L = [5]\ndef mk():\n    st = [6]\n    def f(): return st\n    return f\nh = mk()\n"
        "def get(k): return T[k]\ndef cols(d=[7]): return [('n', COLS), d]\ndef l(): return C.L",
        "%%step a\nx = get('q')\ny = cols()\nz = {'f': h(), 'l': l()}",
        "x.append(2); COLS.append('b'); y[1].append(8); z['f'].append(9); z['l'].append(0)\n"
        "x, T, y, cols(), h(), C.L, get('q') is x, y[0][1] is COLS",
    ],
    "await": ["%%step a\nimport asyncio\nawait asyncio.sleep(0.001)\nx = 4\nprint('slept')", "x"],
    "async functions": ["%%step a\nasync def f(): return 3\nx = await f()", "x, await f()"],
    "shell commands": [
        "word = 'hi'",
        "%%step a\n!echo {word} there\nout = !echo $word",
        "list(out)",
    ],
    "a shell cell": ["%%step a\n%%bash\necho from bash", "1"],
    "%%capture above": ["%%capture cap\n%%step a\nprint('caught')\nx = 3", "cap.stdout, x"],
    "%%capture above, with a last value": [
        "%%capture cap\n%%step a\nprint('caught')\n[3]",
        "cap.stdout, [o.data for o in cap.outputs], _",
    ],
    "how a program ended": [
        "!true",
        "%%step a\n!exit 3",
        "%%step b\nc = _exit_code",
        "_exit_code, c",
    ],
    "a generator that is done": [
        "%%step a\ndef squares(n):\n    for i in range(n): yield i * i\n"
        "g = squares(3)\ntotal = sum(g)\nh = (i for i in [1])\nrest = [*h]",
        "%%step b\nmore = sum(g) + total",
        "list(g), next(h, 'done'), g.__qualname__, g.gi_frame, h.__name__, more",
    ],
    "a progress bar that is done": [
        "from tqdm import tqdm\nrows = [1, 2, 3]",
        "%%step a\nbar = tqdm(rows, desc='all', bar_format='{n}')\n"
        "for row in bar: pass\nfor n in (short := tqdm(range(2), disable=True)): pass",
        "rows.append(4); bar.close(); bar.refresh(); bar.set_postfix(loss=1)\n"
        "bar.n, bar.total, bar.desc, bar.iterable is rows, list(bar), bar.postfix, str(bar), [*short]",
    ],
    "how a program of a helper ended": [
        "def f():\n    code = 4\n    !exit {code}",
        "%%step a\nf()\nx = 1",
        "_exit_code",
    ],
    "a text for the next cell": ["%%step a\nget_ipython().set_next_input('x = 1')\ny = 2", "y"],
    "annotations": [
        "q: int = 1",
        "%%step a\nx: int = 3\ny: 'any' = [x]\nz: list",
        "__annotations__",
    ],
    "a masked array without a mask": [
        "%%step a\nimport numpy as np\nm = np.ma.masked_equal(np.zeros((2, 3)), 1)",
        "m, m.mask is np.ma.nomask",
    ],
    "an array that is resized": [
        "%%step a\nimport numpy as np\nA = np.arange(6.)\nX = np.arange(6.)",
        "%%step b\ny = X.sum()\nv = A[::2]",
        "X.resize(12); X, y, v, v.base is A",
    ],
    "warnings and logging": [
        "%%step a\nimport sys, logging\nprint('err', file=sys.stderr)\n"
        "logging.getLogger('q').error('logged')\nx = 1",
        "x",
    ],
    "loggers that notebook, handlers and objects hold": [
        "import logging, sys\nlog = logging.getLogger('lg')\nlog.handlers[:] = [logging.StreamHandler(sys.stdout)]\n"
        "class K:\n    def __init__(self): self.log = log\nk = K()",
        "%%step a\nlog.warning('one')\nx = 1",
        "%%step b\nk.log.warning('two')\nk.v = 3\nother = logging.getLogger('lg.other')",
        "k.log is log, k.v, other.parent is log",
    ],
    "rich displays": [
        "%%step a\nfrom IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'))\nprint('p')\n"
        "display({'text/plain': 'raw'}, raw=True)\nx = 1",
        "x",
    ],
    "clear_output": [
        "%%step a\nfrom IPython.display import clear_output\nfor i in range(3):\n    clear_output(wait=True)\n"
        "    print(i)\nx = 1",
        "x",
    ],
    "lambda and closure": [
        "%%step a\ndef mk(n):\n    return lambda v: v + n\nadd3 = mk(3)",
        "add3(4)",
    ],
    "an Enum and a dataclass": [
        "%%step a\nimport enum, dataclasses\nclass C(enum.Enum):\n    R = 1\n"
        "@dataclasses.dataclass\nclass D:\n    c: C\n    n: int = 2\nd = D(C.R)\nc = C.R",
        "c is C.R, d == D(C.R), isinstance(d, D), d",
    ],
    "odd values": [
        "%%step a\nx = None; y = ...; z = NotImplemented; n = float('nan')",
        "x, y, z, n",
    ],
    "a frame": [
        "%%step a\nimport pandas as pd\ndf = pd.DataFrame({'a': [1, 2], 'b': list('xy')})\ndf",
        "df.a.sum()",
    ],
    "%step as the first code line": ["# a comment\n\n%step a\nx = 2\nprint(x)", "x"],
}


@pytest.mark.parametrize("case", CACHED)
def test_a_step_shows_and_leaves_what_a_plain_cell_does(case: str, kernel: Kernel) -> None:
    cells = CACHED[case]
    plain = _seen(kernel, without_steps(cells))
    kernel.another()
    cold = _seen(kernel, cells)
    kernel.fresh()
    warm = _seen(kernel, cells)
    again = [cell.status for cell in warm[2] if cell.line]
    assert cold[:2] == plain[:2]
    assert warm[:2] == plain[:2]
    assert all(status == "cached" for status in again), [c.said for c in warm[2] if c.line]


NOT_KEPT: dict[str, tuple[list[str], str]] = {
    "exec": (["%%step a\nexec('x = 3')\ny = 1"], "exec()"),
    "globals()": (["%%step a\nglobals()['x'] = 3\ny = 1"], "globals()"),
    "%cd": (["%%step a\n%cd -q /\nx = 1"], "%cd"),
    "os.environ": (["%%step a\nimport os\nos.environ['ZB_T'] = '1'\nx = 1"], "environ"),
    "a generator": (["%%step a\ng = (i for i in range(3))"], "g "),
    "a method of an input": (
        ["x = [1]", "%%step a\nadd = x.append"],
        "add holds a part of an input",
    ),
    "an iterator over an input": (["x = [1]", "%%step a\ni = iter(x)"], "i holds a part of an"),
    "a mock, which makes more of them whatever it is asked": (
        ["from unittest.mock import MagicMock\nm = MagicMock()", "%%step a\nx = [m.foo(3), m]"],
        "m is a mock",
    ),
    "a closure that counts": (
        [
            "def mk():\n    n = 0\n    def f():\n        nonlocal n\n        n += 1\n        return n\n    return f\nf = mk()",
            "%%step a\ny = f()",
        ],
        "f.n is assigned by the step",
    ),
    "a class that counts, of which the step makes an instance": (
        [
            "class M:\n    n = 0\n    def __init__(self): M.n += 1\ndef make(): return M()",
            "%%step a\nx = isinstance(make(), M)",
        ],
        "M.n is assigned by the step",
    ),
    "a figure left open in pyplot": (
        [
            "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt\nplt.close('all')",
            "%%step a\nfig = plt.figure()\nplt.plot([1])",
        ],
        "pyplot has other figures open",
    ),
    "a figure closed in pyplot": (
        [
            "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt\nplt.figure();",
            "%%step a\nplt.close('all')",
        ],
        "pyplot has other figures open",
    ),
    "a view of bytes": (
        ["x = bytearray(3)", "%%step a\nv = memoryview(x)"],
        "v and an input hold the same object where it cannot be put back",
    ),
    "a view of its own bytes": (["%%step a\nv = memoryview(bytearray(3))"], "v cannot be kept"),
    "a weak proxy": (
        ["class K: pass", "%%step a\nimport weakref\nk = K()\nk.p = [weakref.proxy(K())]"],
        "is a weak reference",
    ),
    "a lock": (["%%step a\nimport threading\nlk = threading.Lock()"], "lk "),
    "a connection": (["%%step a\nimport sqlite3\nconn = sqlite3.connect(':memory:')"], "conn "),
    "an open file": (["%%step a\nf = open('/dev/null')"], "f "),
    "a thread left running": (
        [
            "%%step a\nimport threading, time\n"
            "t_ = threading.Thread(target=time.sleep, args=(1,), daemon=True)\nt_.start()\ndel t_\nx = 1"
        ],
        "thread",
    ),
    "a task left running": (
        ["%%step a\nimport asyncio\n_t = asyncio.create_task(asyncio.sleep(1))\nx = 1\n_t"],
        "",
    ),
}


@pytest.mark.parametrize("case", NOT_KEPT)
def test_what_cannot_be_kept_runs_every_time_and_says_why(case: str, kernel: Kernel) -> None:
    cells, reason = NOT_KEPT[case]
    for _ in range(2):
        last = kernel.play(*cells)[-1]
        assert last.reply["status"] == "ok", last.traceback
        assert last.status == "completed", last.said
        assert "not kept: " in last.said and reason in last.said, last.said
        kernel.fresh()


HOLDING = {
    "an instance of itself": "class A:\n    one = None\nA.one = A()",
    "an iterator": "import itertools\nclass A:\n    ids = itertools.count()\nnext(A.ids)",
    "an input": "class A:\n    rows = []\nA.rows.append(row)",
    "what something else holds": "class A:\n    rows = []\nrows = A.rows\nrows.append(1)",
    "another method": "class A: pass\nA.twice = lambda self: 2 * self.n",
    "less than it had": "class A:\n    n = 0\n    m = 1\nA.n = 2\ndel A.m",
}


@pytest.mark.parametrize("what", HOLDING)
def test_a_class_that_the_step_leaves_holding_what_cannot_be_given_again_says_so(
    what: str, kernel: Kernel
) -> None:
    cells = ["row = [1]", f"%%step a\n{HOLDING[what]}\na = A()"]
    kernel.play(*cells)
    for _ in range(2):
        kernel.fresh()
        last = kernel.play(*cells)[-1]
        assert "not kept: A is not what defining it again gives" in last.said, last.said


def _seen(kernel: Kernel, cells: list[str]) -> tuple[list[Any], dict[str, str], list[Cell]]:
    """What every cell showed, and what the names are in the end."""
    played = kernel.play(*cells)
    assert len(played) == len(cells), played[-1].traceback
    return [_shown(cell) for cell in played], kernel.names(), played


def _shown(cell: Cell) -> list[Any]:
    """Outputs without what differs between any two executions."""
    shown = [
        {k: _plain(v) for k, v in output.items() if k not in ("transient", "execution_count")}
        for output in cell.outputs
    ]
    return [*shown, *cell.reply.get("payload", ())]


def _plain(value: Any) -> Any:
    return re.sub(r"0x[0-9a-f]+|ipykernel_\d+/\d+", "…", str(value))


def test_what_a_step_made_is_let_go_with_its_name(kernel: Kernel) -> None:
    cells = [
        "import weakref, numpy as np, pandas as pd",
        "%%step a\nX = np.arange(6.)\nF = pd.DataFrame({'a': X})\nclass Q: pass\nq = Q()",
        "%%step b\ny = X.sum() + F.a.sum()\nr = q",
    ]
    for _ in range(2):
        kernel.play(*cells, "held = [weakref.ref(each) for each in (X, F, q)]\ndel X, F, q, r")
        assert kernel.ask("[each() for each in held]") == "[None, None, None]"
        kernel.fresh()


def test_a_step_that_may_draw_into_an_open_figure_runs(kernel: Kernel) -> None:
    opened = "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt\nplt.close('all')\nfig = plt.figure();"
    draws = "%%step a\nplt.plot([1])\nn = len(plt.gca().lines)"
    other = "%%step b\nm = 1"
    kernel.play(opened, draws, other)
    kernel.fresh()
    _, drew, kept = kernel.play(opened, draws, other)
    assert drew.status == "completed" and "a figure that was open before" in drew.said, drew.said
    assert kept.status == "cached"
    assert kernel.value("len(plt.gcf().axes[0].lines), n") == (1, 1)
    kernel.run("plt.close('all')")
