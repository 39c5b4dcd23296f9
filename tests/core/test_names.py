"""Which names a cell reads before it binds them."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zenbook.core.names import Magic, analyse, transitive_reads

READS = {
    "a plain read": ("y = x + 1", "x"),
    "a bound name": ("x = 1\ny = x", ""),
    "an augmented assignment": ("x += 1", "x"),
    "an item assignment": ("x[i] = v", "x i v"),
    "an attribute assignment": ("x.a = v", "x v"),
    "a name bound in one branch": ("if c:\n    x = 1\ny = x", "c x"),
    "a name bound in both branches": ("if c:\n    x = 1\nelse:\n    x = 2\ny = x", "c"),
    "a branch that raises": ("if c:\n    raise E\nelse:\n    x = 1\ny = x", "c E"),
    "a name bound in a loop": ("for i in r:\n    x = i\ny = x", "r x"),
    "a loop's variable afterwards": ("for i in r:\n    pass\ny = i", "r i"),
    "a loop's variable inside": ("for i in r:\n    y = i", "r"),
    "an endless loop": ("while True:\n    x = f()\n    if x:\n        break\ny = x", "f"),
    "a while loop": ("while c:\n    x = 1\ny = x", "c x"),
    "a try that may break off": ("try:\n    x = f()\nexcept E:\n    pass\ny = x", "f E x"),
    "a try with every end bound": ("try:\n    x = f()\nexcept E:\n    x = 0\ny = x", "f E"),
    "a try with finally": ("try:\n    x = f()\nfinally:\n    z = 1\ny = x, z", "f"),
    "a handler's name": ("try:\n    f()\nexcept E as e:\n    y = e", "f E"),
    "a handler's name afterwards": ("try:\n    f()\nexcept E as e:\n    pass\ny = e", "f E e"),
    "a with block": ("with f() as h:\n    x = h.read()\ny = x", "f"),
    "a with block that swallows": ("with suppress(E):\n    x = f()\ny = x", "suppress E f x"),
    "a match": (
        "match v:\n    case [x, *r]:\n        y = x\n    case K.A:\n        y = r",
        "v K r",
    ),
    "a match that misses": ("match v:\n    case 1:\n        x = 1\ny = x", "v x"),
    "a comprehension": ("y = [i + k for i in r if i > t]", "r k t"),
    "a nested comprehension": ("y = [j for i in r for j in i]", "r"),
    "a walrus": ("if (n := f()) > 1:\n    y = n", "f"),
    "a walrus in an and": ("ok = c and (n := f())\ny = n", "c f n"),
    "a walrus in a comprehension": ("y = [n for i in r if (n := i)]", "r"),
    "a lambda": ("g = lambda v: v + k\ny = g(1)", "k"),
    "a lambda that is not used": ("g = lambda v: v + k", ""),
    "a lambda passed on": ("y = f(lambda v: v + k)", "f k"),
    "a lambda's default": ("g = lambda v=k: v", "k"),
    "a function used": ("def g(a):\n    return a + k\ny = g(1)", "k"),
    "a function not used": ("def g(a):\n    return a + k", ""),
    "a global bound before the call": ("def g(a):\n    return a + k\nk = 1\ny = g(1)", ""),
    "a global bound after the call": ("def g(a):\n    return a + k\ny = g(1)\nk = 1", "k"),
    "a function through a function": (
        "def g():\n    return k\ndef h():\n    return g()\ny = h()",
        "k",
    ),
    "functions that call each other": (
        "def g():\n    return h()\ndef h():\n    return g() + k\ng()",
        "k",
    ),
    "a decorated function": ("@d\ndef g():\n    return k", "d k"),
    "a default": ("def g(a=k):\n    return a", "k"),
    "a local of a function": ("def g():\n    k = 1\n    return k\ny = g()", ""),
    "a global statement": ("def g():\n    global k\n    k += 1\ng()", "k"),
    "a class used": (
        "class A(B):\n    x = k\n    def go(self):\n        return m\na = A()",
        "B k m",
    ),
    "a class not used": ("class A:\n    def go(self):\n        return m", ""),
    "a class's own names": ("class A:\n    x = 1\n    y = x", ""),
    "a deletion": ("x = 1\ndel x\ny = x", "x"),
    "an import": ("import numpy as np\ny = np.abs(x)", "x"),
    "a submodule": ("import os.path\ny = os.path.join(x)", "x"),
    "annotations": ("y: T = x\ndef g(a: U) -> V: ...\ng(1)", "x"),
    "an f-string": ("y = f'{x:{w}}'", "x w"),
    "a shell command": ("get_ipython().system('ls $x {y + z} $$HOME')", "x y z"),
    "a shell capture": ("out = get_ipython().getoutput('cat {path}')", "path"),
    "%time": ("get_ipython().run_line_magic('time', 'm = fit(x)')\ny = m", "fit x"),
    "%timeit": ("get_ipython().run_line_magic('timeit', '-n 3 m = fit(x)')\ny = m", "fit x m"),
    "%%time": ("get_ipython().run_cell_magic('time', '', 'm = fit(x)\\n')", "fit x"),
    "a query": ("y = df.query('a > @limit and b < @other')", "df limit other"),
    "an eval of a text": ("y = eval('a + b')", "a b"),
    "a star in a call": ("y = f(*a, **k)", "f a k"),
    "an await": ("y = await x()", "x"),
    "an async with": ("async with f() as s:\n    y = await s.get(u)", "f u"),
    "an unpacking": ("a, (b, *c) = x\ny = a, b, c", "x"),
    "a chained assignment": ("a = b = x\ny = a + b", "x"),
    "a return inside a lambda's body of a loop": (
        "for i in r:\n    if i:\n        continue\n    x = i",
        "r",
    ),
}


@pytest.mark.parametrize("title", READS)
def test_reads_of(title: str) -> None:
    source, names = READS[title]
    found = analyse(source)
    assert found.reads == set(names.split())


def test_what_a_cell_binds_deletes_defines_and_imports() -> None:
    found = analyse(
        "import numpy as np\nfrom a.b import c as d\nfrom s import *\n"
        "def g(): ...\nclass A: ...\nx, y = 1, 2\ndel y, w\nz.k = 1\nfor i in x: j = i\n"
    )
    assert found.writes == {"np", "d", "g", "A", "x", "i", "j"}
    assert found.deletes == {"y", "w"}
    assert found.functions == {"g"} and found.classes == {"A"} and found.defines == {"g", "A"}
    assert found.imports == {"np": "numpy", "d": "a.b:c"}
    assert found.star_imports == ("s",)
    assert found.mutates == {"z"}


def test_builtins_and_annotations_are_apart() -> None:
    found = analyse("y: Frame = len(x)")
    assert (found.reads, found.builtins_read, found.annotations) == ({"x"}, {"len"}, {"Frame"})


def test_what_is_bound_on_another_path_is_a_maybe() -> None:
    found = analyse("for i in r:\n    x = i\ny = x")
    assert found.maybe_read == {"x"}


def test_calls_that_reach_any_name_are_told() -> None:
    assert analyse("exec(code)").is_dynamic
    assert analyse("def g():\n    return globals()[n]").is_dynamic
    assert analyse("y = sorted(vars())").is_dynamic
    assert analyse("y = vars(*x)").is_dynamic
    assert analyse("y = [n for n in dir() if n > 'x']").is_dynamic
    assert not analyse("y = f(x)").is_dynamic
    assert not analyse("def g(x):\n    return vars(x)\ny = [vars(x), g(x)]").is_dynamic
    assert not analyse("y = dir(x)").is_dynamic


def test_magics_are_told() -> None:
    found = analyse("get_ipython().run_line_magic('cd', '..')\nget_ipython().system('ls')")
    assert found.magics == (Magic("line", "cd", ".."), Magic("system", "!", "ls"))


def test_a_syntax_error_is_one() -> None:
    with pytest.raises(SyntaxError):
        analyse("x = (")


def namespace(text: str) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(text, space)
    return space


FOLLOWED = {
    "a helper": ("K = 1\ndef g():\n    return K\n", "g", "g K"),
    "a helper's helper": (
        "K = 1\ndef h():\n    return K\ndef g():\n    return h()\n",
        "g",
        "g h K",
    ),
    "a lambda": ("K = 1\ng = lambda: K\n", "g", "g K"),
    "a method": ("K = 1\nclass A:\n    def go(self):\n        return K\n", "A", "A K"),
    "an operator of an instance": (
        "K = 1\nclass A:\n    def __add__(self, o):\n        return K\na = A()\n",
        "a",
        "a K",
    ),
    "a property": (
        "K = 1\nclass A:\n    @property\n    def x(self):\n        return K\na = A()\n",
        "a",
        "a K",
    ),
    "a base": (
        "K = 1\nclass B:\n    def go(self):\n        return K\nclass A(B): ...\n",
        "A",
        "A K",
    ),
    "a partial": ("import functools\nK = 1\ng = functools.partial(lambda x: K, 1)\n", "g", "g K"),
    "an lru_cache": (
        "import functools\nK = 1\n@functools.lru_cache\ndef g():\n    return K\n",
        "g",
        "g K",
    ),
    "a wrapper": (
        """
import functools
K = 1
def d(f):
    @functools.wraps(f)
    def w():
        return f()
    return w
@d
def g():
    return K
""",
        "g",
        "g K",
    ),
    "a table of functions": ("K = 1\nT = {'a': lambda: K}\n", "T", "T K"),
    "a bound method": (
        "K = 1\nclass A:\n    def go(self):\n        return K\ng = A().go\n",
        "g",
        "g K",
    ),
    "a library's function": ("import json\ng = json.dumps\n", "g", "g"),
    "a name that is not there": ("", "g", "g"),
}


@pytest.mark.parametrize("title", FOLLOWED)
def test_reads_are_followed_through(title: str) -> None:
    text, start, names = FOLLOWED[title]
    assert transitive_reads([start], namespace(text)) == set(names.split())


# ------------------------------------------------------------------ beside what really happens


class Recording(dict[str, Any]):
    """A namespace that notes which names a program loads before it has bound them."""

    def __init__(self, **names: Any) -> None:
        super().__init__(names)
        self.bound: set[str] = set()
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if name not in self.bound:
            self.read.add(name)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        self.bound.add(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        self.bound.discard(name)
        super().__delitem__(name)


NAMES = st.sampled_from("abcde")


def _indented(block: list[str]) -> str:
    return "".join(f"    {line}\n" for statement in block for line in statement.split("\n"))


def _statements() -> st.SearchStrategy[str]:
    simple = st.one_of(
        st.builds("{} = {}".format, NAMES, NAMES),
        st.builds("{} = {} + {}".format, NAMES, NAMES, NAMES),
        st.builds("{} += {}".format, NAMES, NAMES),
        st.builds("{} = [{} for {} in range(2)][0]".format, NAMES, NAMES, NAMES),
        st.builds("{} = {} and ({} := {})".format, NAMES, NAMES, NAMES, NAMES),
        st.builds("def g(p={}):\n    return {}\n{} = g()".format, NAMES, NAMES, NAMES),
        st.builds("h = lambda: {}\n{} = {}\n{} = h()".format, NAMES, NAMES, NAMES, NAMES),
        st.builds(
            "class K:\n    v = {}\n    def go(self):\n        return {}".format, NAMES, NAMES
        ),
        st.builds("{} = 1\ndel {}".format, NAMES, NAMES),
    )

    def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        block = st.lists(inner, min_size=1, max_size=2).map(_indented)
        return st.one_of(
            st.builds("if {} > 1:\n{}else:\n{}pass".format, NAMES, block, block).map(_tidy),
            st.builds("for {} in range({} % 3):\n{}".format, NAMES, NAMES, block),
            st.builds("while True:\n{}    break".format, block),
            st.builds("try:\n{}except NameError:\n{}".format, block, block),
            st.builds("try:\n{}finally:\n{}".format, block, block),
            st.builds(
                "match {}:\n    case 1:\n        pass\n    case _:\n        {} = 2".format,
                NAMES,
                NAMES,
            ),
        )

    return st.recursive(simple, nested, max_leaves=6)


def _tidy(text: str) -> str:
    return text.removesuffix("pass")


@given(st.lists(_statements(), min_size=1, max_size=5))
@settings(deadline=None, max_examples=300)
def test_whatever_a_cell_really_reads_before_binding_it_is_among_its_reads(
    statements: list[str],
) -> None:
    source = "\n".join(statement.rstrip("\n") for statement in statements)
    space = Recording(a=1, b=2, c=3, d=4, e=5)
    # A name may be deleted before its use; what was read until then counts.
    with contextlib.suppress(NameError, TypeError):
        exec(compile(source, "<cell>", "exec"), space)
    assert space.read & set("abcde") <= analyse(source).reads
