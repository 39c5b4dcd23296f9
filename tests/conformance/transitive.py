"""Scenarios: what the step uses is edited."""

from __future__ import annotations

from tests.conformance.scenario import S


def T(name, truth, body, edits, **kw):
    S("transitive." + name, truth, body, edits, **kw)


def M(name, truth, body, f1, f2, **kw):
    S("transitive." + name, truth, body, None, f1, f2, **kw)


M(
    "submodule",
    "RERUN",
    """
import pkg.sub
@step
def f(x): return pkg.sub.h(x)
out = f(3)
""",
    {"pkg/__init__.py": "", "pkg/sub.py": "def h(x):\n    return x*2\n"},
    {"pkg/sub.py": [("*2", "*3")]},
)
M(
    "relative",
    "RERUN",
    """
from pkg import h
@step
def f(x): return h(x)
out = f(3)
""",
    {
        "pkg/__init__.py": "from .a import h\n",
        "pkg/a.py": "from .b import K\ndef h(x):\n    return x*K\n",
        "pkg/b.py": "K=2\n",
    },
    {"pkg/b.py": "K=3\n"},
)
M(
    "import_inside",
    "RERUN",
    """
@step
def f(x):
    from mylib import h
    return h(x)
out = f(3)
""",
    {"mylib.py": "def h(x):\n    return x*2\n"},
    {"mylib.py": [("*2", "*3")]},
)
M(
    "import_inside_helper_module",
    "RERUN",
    """
@step
def f(x):
    import mylib
    return mylib.h(x)
out = f(3)
""",
    {"mylib.py": "import other\ndef h(x):\n    return x*other.K\n", "other.py": "K=2\n"},
    {"other.py": "K=3\n"},
)
M(
    "importlib",
    "RERUN",
    """
import importlib
@step
def f(x):
    m = importlib.import_module("mylib")
    return m.h(x)
out = f(3)
""",
    {"mylib.py": "def h(x):\n    return x*2\n"},
    {"mylib.py": [("*2", "*3")]},
)
M(
    "star",
    "RERUN",
    """
from mylib import *
@step
def f(x): return h(x)
out = f(3)
""",
    {"mylib.py": "def h(x):\n    return x*2\n"},
    {"mylib.py": [("*2", "*3")]},
)
M(
    "module_const",
    "RERUN",
    """
import cfg
@step
def f(x): return x*cfg.RATE
out = f(3)
""",
    {"cfg.py": "RATE=2\n"},
    {"cfg.py": "RATE=3\n"},
)
M(
    "module_unused_edit",
    "REUSE",
    """
import mylib
@step
def f(x): return mylib.h(x)
out = f(3)
""",
    {"mylib.py": "def h(x):\n    return x*2\ndef u(x):\n    return 1\n"},
    {"mylib.py": [("return 1", "return 2")]},
)
M(
    "module_comment",
    "REUSE",
    """
import mylib
@step
def f(x): return mylib.h(x)
out = f(3)
""",
    {"mylib.py": "def h(x):\n    return x*2\n"},
    {"mylib.py": "# hi\ndef h(x):\n    return x*2 # hey\n"},
)
M(
    "module_alias",
    "RERUN",
    """
import mylib as m
@step
def f(x): return m.h(x)
out = f(3)
""",
    {"mylib.py": "def h(x):\n    return x*2\n"},
    {"mylib.py": [("*2", "*3")]},
)
M(
    "getattr_dynamic",
    "RERUN",
    """
import mylib
@step
def f(n, x): return getattr(mylib, n)(x)
out = f("h", 3)
""",
    {"mylib.py": "def h(x):\n    return x*2\n"},
    {"mylib.py": [("*2", "*3")]},
)
M(
    "module_as_arg",
    "RERUN",
    """
import mylib
@step
def f(m, x): return m.h(x)
out = f(mylib, 3)
""",
    {"mylib.py": "def h(x):\n    return x*2\n"},
    {"mylib.py": [("*2", "*3")]},
)
M(
    "class_in_module",
    "RERUN",
    """
from mylib import A
@step
def f(x): return A().go(x)
out = f(3)
""",
    {"mylib.py": "class A:\n    def go(self, x):\n        return x*2\n"},
    {"mylib.py": [("*2", "*3")]},
)
M(
    "instance_of_module_class",
    "RERUN",
    """
from mylib import A
a = A()
@step
def f(a, x): return a.go(x)
out = f(a, 3)
""",
    {"mylib.py": "class A:\n    def go(self, x):\n        return x*2\n"},
    {"mylib.py": [("*2", "*3")]},
)
M(
    "global_instance",
    "RERUN",
    """
from mylib import A
a = A()
@step
def f(x): return a.go(x)
out = f(3)
""",
    {"mylib.py": "class A:\n    def go(self, x):\n        return x*2\n"},
    {"mylib.py": [("*2", "*3")]},
)
T(
    "dispatch_dict",
    "RERUN",
    """
def a(x): return x+1
T = {"a": a}
@step
def f(x): return T["a"](x)
out = f(3)
""",
    [("x+1", "x+2")],
)
T(
    "lambda_list",
    "RERUN",
    """
L = [lambda x: x+1]
@step
def f(x): return L[0](x)
out = f(3)
""",
    [("x+1", "x+2")],
)
T(
    "lru_cache",
    "RERUN",
    """
import functools
@functools.lru_cache
def h(x): return x+1
@step
def f(x): return h(x)
out = f(3)
""",
    [("x+1", "x+2")],
)
T(
    "singledispatch",
    "RERUN",
    """
import functools
@functools.singledispatch
def h(x): return 0
@h.register
def _(x: int): return x+1
@step
def f(x): return h(x)
out = f(3)
""",
    [("x+1", "x+2")],
)
T(
    "property",
    "RERUN",
    """
class A:
    @property
    def p(self): return 2
@step
def f(x): return A().p*x
out = f(3)
""",
    [("return 2", "return 4")],
)
T(
    "dunder_add",
    "RERUN",
    """
class V:
    def __init__(self,v): self.v=v
    def __add__(self,o): return self.v+o.v
@step
def f(a,b): return a+b
out = f(V(1),V(2))
""",
    [("self.v+o.v", "self.v-o.v")],
)
T(
    "metaclass",
    "RERUN",
    """
class Mt(type):
    def go(cls,x): return x*2
class A(metaclass=Mt): pass
@step
def f(x): return A.go(x)
out = f(3)
""",
    [("x*2", "x*3")],
)
T(
    "super_chain",
    "RERUN",
    """
class B:
    def go(self,x): return x*2
class M1(B): pass
class A(M1):
    def go(self,x): return super().go(x)+1
@step
def f(x): return A().go(x)
out = f(3)
""",
    [("x*2", "x*3")],
)
T(
    "dataclass_default",
    "RERUN",
    """
from dataclasses import dataclass
@dataclass
class P:
    k: int = 2
@step
def f(x): return P().k*x
out = f(3)
""",
    [("= 2", "= 3")],
)
T(
    "enum",
    "RERUN",
    """
from enum import Enum
class C(Enum):
    A = 2
@step
def f(x): return C.A.value*x
out = f(3)
""",
    [("A = 2", "A = 3")],
)
T(
    "global_list",
    "RERUN",
    """
L = [1,2]
@step
def f(x): return sum(L)*x
out = f(3)
""",
    [("[1,2]", "[1,3]")],
)
T(
    "global_np",
    "RERUN",
    """
import numpy as np
W = np.array([1,2])
@step
def f(x): return int(W.sum())*x
out = f(3)
""",
    [("[1,2]", "[1,3]")],
)
T(
    "monkeypatch_attr",
    "RERUN",
    """
class A:
    def go(self,x): return x
A.go = lambda self, x: x*2
@step
def f(x): return A().go(x)
out = f(3)
""",
    [("x*2", "x*3")],
)
T(
    "fn_attribute",
    "RERUN",
    """
def h(x): return x*h.k
h.k = 2
@step
def f(x): return h(x)
out = f(3)
""",
    [("h.k = 2", "h.k = 3")],
)
T(
    "globals_lookup",
    "RERUN",
    """
def h(x): return x*2
@step
def f(x): return globals()["h"](x)
out = f(3)
""",
    [("x*2", "x*3")],
)
T(
    "eval",
    "RERUN",
    """
def h(x): return x*2
@step
def f(x): return eval("h(x)")
out = f(3)
""",
    [("x*2", "x*3")],
)
T(
    "mutual",
    "RERUN",
    """
def ev(n): return True if n==0 else od(n-1)
def od(n): return False if n==0 else ev(n-1)
@step
def f(x): return ev(x)
out = f(4)
""",
    [("return False", "return None"), ("return True", "return 'yes'")],
)
T(
    "step_calls_step",
    "RERUN",
    """
@step
def g(x): return x+1
@step
def f(x): return g(x)*10
out = f(4)
""",
    [("x+1", "x+2")],
)
T(
    "callback_partial_arg",
    "RERUN",
    """
from functools import partial
def h(k,x): return k*x
@step
def f(fn,x): return fn(x)
out = f(partial(h,2),3)
""",
    [("k*x", "k+x")],
)
T(
    "helper_default_global",
    "RERUN",
    """
K = 2
def h(x,k=K): return x*k
@step
def f(x): return h(x)
out = f(4)
""",
    [("K = 2", "K = 3")],
)
T(
    "conditional_def",
    "RERUN",
    """
FLAG = 1
if FLAG:
    def h(x): return x+1
else:
    def h(x): return x-1
@step
def f(x): return h(x)
out = f(4)
""",
    [("FLAG = 1", "FLAG = 0")],
)
T(
    "helper_comment",
    "REUSE",
    """
def h(x):
    return x+1
@step
def f(x): return h(x)
out = f(4)
""",
    [("    return x+1", "    # c\n    return x+1")],
)
T(
    "helper_renamed_module_var",
    "RERUN",
    """
a = 1
b = 2
def h(x): return x+a
@step
def f(x): return h(x)
out = f(4)
""",
    [("x+a", "x+b")],
)
T(
    "comprehension_global",
    "RERUN",
    """
K = [2]
@step
def f(x): return [i*K[0] for i in range(x)]
out = f(4)
""",
    [("[2]", "[3]")],
)
T(
    "closure_counter_state",
    "RERUN",
    """
def mk(v):
    st = {"k": v}
    def h(x): return x*st["k"]
    return h
h = mk(2)
@step
def f(x): return h(x)
out = f(4)
""",
    [("mk(2)", "mk(3)")],
)
T(
    "abc_register",
    "RERUN",
    """
from abc import ABC, abstractmethod
class B(ABC):
    @abstractmethod
    def go(self): ...
    def run(self): return self.go()*2
class A(B):
    def go(self): return 3
@step
def f(b): return b.run()
out = f(A())
""",
    [("*2", "*5")],
)
T(
    "contextmanager",
    "RERUN",
    """
from contextlib import contextmanager
@contextmanager
def cm():
    yield 2
@step
def f(x):
    with cm() as k: return x*k
out = f(4)
""",
    [("yield 2", "yield 3")],
)
T(
    "generator_helper",
    "RERUN",
    """
def gen(n):
    for i in range(n): yield i*2
@step
def f(x): return list(gen(x))
out = f(4)
""",
    [("i*2", "i*3")],
)
T(
    "class_const_in_nested",
    "RERUN",
    """
class Cfg:
    class Inner:
        RATE = 2
@step
def f(x): return Cfg.Inner.RATE*x
out = f(4)
""",
    [("RATE = 2", "RATE = 3")],
)
T(
    "mro_mixin",
    "RERUN",
    """
class Mx:
    def k(self): return 2
class A(Mx, dict): pass
@step
def f(x): return A().k()*x
out = f(4)
""",
    [("return 2", "return 3")],
)
T(
    "slots_class",
    "RERUN",
    """
class A:
    __slots__=("v",)
    def __init__(self,v): self.v=v
@step
def f(a): return a.v
out = f(A(1))
""",
    [("A(1)", "A(2)")],
)
T(
    "namespace_simple",
    "RERUN",
    """
from types import SimpleNamespace
cfg = SimpleNamespace(k=2)
@step
def f(x): return x*cfg.k
out = f(3)
""",
    [("k=2", "k=3")],
)
T(
    "operator_attrgetter",
    "RERUN",
    """
import operator
get = operator.itemgetter(0)
@step
def f(x): return get(x)
out = f([1,2])
""",
    [("itemgetter(0)", "itemgetter(1)")],
)
T(
    "np_vectorize",
    "RERUN",
    """
import numpy as np
def h(x): return x+1
v = np.vectorize(h)
@step
def f(x): return v(x).tolist()
out = f([1,2])
""",
    [("x+1", "x+2")],
)
T(
    "sklearn_pipe_fn",
    "RERUN",
    """
from sklearn.preprocessing import FunctionTransformer
def h(x): return x+1
t = FunctionTransformer(h)
@step
def f(x): return t.transform(x)
out = f(1)
""",
    [("x+1", "x+2")],
)
T(
    "pandas_apply",
    "RERUN",
    """
import pandas as pd
def h(x): return x+1
@step
def f(s): return s.apply(h).tolist()
out = f(pd.Series([1,2]))
""",
    [("x+1", "x+2")],
)
