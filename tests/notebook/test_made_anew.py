"""What a hit executes anew of a cell, and what it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.notebook.kernel import Kernel

REGISTER = "def register(f):\n    found.append(f.__name__)\n    return f"
META = "class M(type):\n    def __init__(cls, *args): found.append(cls)"
ROWS = "from collections import namedtuple\nP = namedtuple('P', fields)"
WRAPPED = (
    "import functools\ndef wrapped(f):\n    @functools.wraps(f)\n"
    "    def inner(*args): return f(*args)\n    return inner"
)
COUNTED = (
    "def counted(f):\n    n = 0\n    def inner():\n        nonlocal n\n        n += 1\n"
    "        return n\n    return inner"
)
COUNTS = (
    "class Counts:\n    def __init__(self, f): self.f, self.n = f, 0\n"
    "    def __call__(self):\n        self.n += 1\n        return self.f()"
)
NOTING = (
    "def noting(seen):\n    def with_(f):\n        def inner(n):\n            seen.append(n)\n"
    "            return f(n)\n        return inner\n    return with_"
)
ANEW = {
    "a decorator that fills a list": (
        f"found = []\n{REGISTER}\n@register\ndef a(): return 1",
        "found, a()",
    ),
    "subclasses that enter a table": (
        "found = {}\nclass B:\n    def __init_subclass__(cls): found['c'] = cls\nclass C(B): pass",
        "found['c'] is C",
    ),
    "a metaclass that fills a list": (
        f"found = []\n{META}\nclass A(metaclass=M): pass",
        "found[0] is A, len(found)",
    ),
    "a class that reads a list": (
        "names = ['x']\nclass A: size = len(names)\na = A()",
        "A.size, type(a) is A",
    ),
    "a class that holds a dictionary": (
        "options = {'a': [1]}\nclass A: options = options\na = A()",
        "A.options is options, a.options is options",
    ),
    "names of a list": (
        "import enum\nnames = ['A', 'B']\nE = enum.Enum('E', names)\ne = E.A",
        "e is E.A, len(E)",
    ),
    "fields of a list": (
        f"fields = ['a']\n{ROWS}\nclass Q(P): pass\nq = Q(1)",
        "q, type(q) is Q",
    ),
    "a list that is filled before": (
        "n = []\nn.extend([1, 2])\ndef f(x=len(n)): return x",
        "n, f()",
    ),
    "a list that a call fills before": (
        "n = []\ndef fill(): n.append(1)\nfill()\ndef f(x=len(n)): return x",
        "n, f()",
    ),
    "a list of a branch": ("if True:\n    n = [1]\nelse:\n    n = [2]\nn.append(3)", "n"),
    "a table of an attempt": ("try:\n    n = {}\nexcept OSError:\n    n = None\nn['a'] = 1", "n"),
    "a number of a branch that a function counts on": (
        "if True:\n    n = 0\ndef count():\n    global n\n    n += 1\ncount()",
        "n",
    ),
    "one list under two names": (
        "n = m = [1]\nn.append(2)\ndef f(x=m): return x",
        "n, m, f(), n is m",
    ),
    "a module that is not installed": (
        "try:\n    import no_such_module\n    found = True\nexcept ImportError:\n    found = False",
        "found, 'no_such_module' in globals()",
    ),
    "a function in place of such a module": (
        "try:\n    from no_such_module import f\nexcept ImportError:\n    def f(): return 2",
        "f()",
    ),
}


@pytest.mark.parametrize("case", ANEW)
def test_definitions_are_made_anew_where_they_need_no_more_than_literals(
    case: str, kernel: Kernel
) -> None:
    body, look = ANEW[case]
    right = kernel.play(body, look)[-1].result
    for status in ("completed", "cached"):
        kernel.fresh()
        done = kernel.play(f"%%step s\n{body}", look)
        assert (done[0].status, done[-1].result) == (status, right)


@pytest.mark.parametrize(
    "body", ["A = type('A', (), {'x': 1})\na = A()", "n = [*'ab']\nclass A: size = len(n)\na = A()"]
)
def test_a_class_that_cannot_be_made_anew_is_said_to_be_not_kept(body: str, kernel: Kernel) -> None:
    for _ in range(2):
        line = kernel.run(f"%%step s\n{body}").line
        assert line is not None and "A is a class made of what the step computes" in str(line)


@pytest.mark.parametrize("body", ["n = 0\nn += 3\ny = n", "n = []\nn.append(3)\ny = n[0]"])
def test_a_name_that_is_not_kept_does_not_stand_for_what_it_began_with(
    body: str, kernel: Kernel
) -> None:
    for expected in (True, False):
        kernel.fresh()
        kernel.run(f"%%step s -o y\n{body}")
        assert kernel.value("(y, 'n' in globals())") == (3, expected)


def test_definitions_that_fail_alone_are_said_not_to_be_made_alone(kernel: Kernel) -> None:
    cells = (REGISTER, "%%step s\nfound = [*()]\n@register\ndef a(): return 1")
    for _ in range(2):
        kernel.fresh()
        done = kernel.play(*cells, "found, a()")
        assert done[-1].result == "(['a'], 1)"
        assert "damaged" not in done[1].stream("stderr")


LEFT = {
    "a function of a branch": ("if True:\n    def f(): return 1\nf.k = 3", "f.k"),
    "a class of a branch": ("if True:\n    class K: k = []\nK.k.append(3)", "K.k"),
    "a function that counts its calls in a closure": (
        f"{COUNTED}\n@counted\ndef f(): return 1\nf()\nf()",
        "f()",
    ),
    "an object that stands for a function": (
        f"{COUNTS}\n@Counts\ndef f(): return 1\nf()\nf()",
        "f(), f.n",
    ),
    "a list that a decorator is given": (
        f"{NOTING}\nseen = []\n@noting(seen)\ndef f(n): return n\nf(1)",
        "f(2), seen",
    ),
    "a default of a decorated function": (
        f"{WRAPPED}\n@wrapped\ndef f(n, seen=[]):\n    seen.append(n)\n    return seen\nf(1)",
        "f(2)",
    ),
}


@pytest.mark.parametrize("case", LEFT)
def test_what_a_cell_leaves_on_what_it_defines_is_not_lost(case: str, kernel: Kernel) -> None:
    body, look = LEFT[case]
    right = kernel.play(body, look)[-1].result
    for _ in range(3):
        kernel.fresh()
        assert kernel.play(f"%%step s\n{body}", look)[-1].result == right


TWICE = {
    "an instance of a class": (
        "class A:\n    def __init__(self, x): self.x = x",
        "a = A(3)",
        "isinstance(a, A), type(a) is A",
    ),
    "rows of a dataclass": (
        "import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int = 0",
        "ps = [P(1), P(2)]",
        "ps.count(P(1))",
    ),
    "members of an enumeration": (
        "import enum\nclass Col(enum.Enum):\n    R = 1\n    G = 2",
        "rows = [Col.R, Col.G]",
        "[one.name for one in rows if one == Col.R]",
    ),
    "a function as a key": ("def f(x): return x", "table = {f: 1}", "table.get(f)"),
    "a class in a list": ("class K: pass", "found = [K]", "K in found"),
    "a named tuple": (
        "from collections import namedtuple\nT = namedtuple('T', 'a b')",
        "t = T(1, 2)",
        "isinstance(t, T)",
    ),
    "a class derived from it": (
        "import abc\nclass I(abc.ABC): pass",
        "class J(I): pass\nj = J()",
        "isinstance(j, I)",
    ),
    "what a function dispatches by": (
        "import functools\nclass A: pass",
        "@functools.singledispatch\ndef g(o): return 0\n@g.register(A)\ndef _(o): return 1",
        "g(A())",
    ),
    **{
        f"a {kind}": (
            f"from typing import *\nT = {kind}('T')",
            f"class Box(Generic[{held}]): pass",
            "T in Box.__parameters__, Box.__parameters__[0] is T",
        )
        for kind, held in (("TypeVar", "T"), ("ParamSpec", "T"), ("TypeVarTuple", "Unpack[T]"))
    },
    "a type variable in a table": (
        "from typing import TypeVar\nT = TypeVar('T', bound=int)",
        "table = {T: 1}",
        "table.get(T)",
    ),
    "a type variable of an instance's class": (
        "from typing import Generic, TypeVar\nT = TypeVar('T')",
        "class Box(Generic[T]): pass\nbox = Box()",
        "T in type(box).__parameters__",
    ),
    "a new type": (
        "from typing import NewType\nT = NewType('T', int)",
        "def f(x: T) -> int: return x\ntable = {T: 1}",
        "f.__annotations__['x'] is T, table.get(T)",
    ),
    "a memoized function": (
        "from functools import cache\n@cache\ndef f(x): return x",
        "table = {f: 1}",
        "table.get(f)",
    ),
    "what pickles by its name": (
        "class Nothing:\n    def __reduce__(self): return 'NOTHING'\nNOTHING = Nothing()",
        "row = {'k': NOTHING}",
        "row['k'] is NOTHING",
    ),
    "a sentinel": ("MISSING = object()", "row = {'k': MISSING}", "row['k'] is MISSING"),
}


@pytest.mark.parametrize("by_step", [False, True], ids=["plain cell", "step"])
@pytest.mark.parametrize("what", TWICE)
def test_a_definition_executed_again_makes_another_thing(
    kernel: Kernel, tmp_path: Path, what: str, by_step: bool
) -> None:
    definition, made, asked = TWICE[what]
    step = f"%%step asks\nr = {asked}\nprint(r)"
    if by_step:
        made = f"%%step makes\n{made}"
    plain = Kernel(tmp_path, load=False)
    try:
        for cells in (
            (definition, made, step),
            (definition, step),
            (None, definition, made, step),
            (None, definition, made, definition, step),
        ):
            for cell in cells:
                if cell is None:
                    kernel.restart()
                    plain.restart()
                    continue
                shown = kernel.run(cell, cell=cell[-9:]).stream()
                bare = cell if not cell.startswith("%%step") else cell.partition("\n")[2]
                assert plain.run(bare).stream() == shown, cells
    finally:
        plain.kill()


def test_the_line_says_that_there_are_two(kernel: Kernel) -> None:
    definition, made, asked = TWICE["rows of a dataclass"]
    kernel.play(definition, made, f"%%step asks\nr = {asked}", definition)
    assert "which of two P its inputs are of" in str(kernel.run("%plan").result)
    again = kernel.run(f"%%step asks\nr = {asked}")
    assert "there are two P: it was made again" in again.said
