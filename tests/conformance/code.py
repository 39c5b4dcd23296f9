"""Scenarios: the code of the step itself is edited."""

from __future__ import annotations

from tests.conformance.scenario import S

S(
    "code.lambda_step",
    "RERUN",
    """
f = step(lambda x: x + 1)
out = f(3)
""",
    [("x + 1", "x + 2")],
)
S(
    "code.docstring",
    "REUSE",
    '''
@step
def f(x):
    """a"""
    return x + 1
out = f(3)
''',
    [('"""a"""', '"""b"""')],
)
S(
    "code.docstring_added",
    "REUSE",
    """
@step
def f(x):
    print(x)
    return None
out = f(3)
""",
    [("    print(x)", '    """b"""\n    print(x)')],
)
S(
    "code.annotation",
    "REUSE",
    """
@step
def f(x):
    y = x
    return y
out = f(3)
""",
    [("def f(x):\n    y = x", "def f(x: int) -> int:\n    y: int = x")],
)
S(
    "code.moved_down",
    "REUSE",
    """
@step
def f(x):
    return x+1
out = f(3)
""",
    [("@step", "\n\nZ=1\n\n@step")],
)
S(
    "code.local_renamed",
    "REUSE",
    """
@step
def f(x):
    a = x+1
    return a
out = f(3)
""",
    [("    a = x+1\n    return a", "    b = x+1\n    return b")],
    soft=True,
)
S(
    "code.step_renamed",
    "REUSE",
    """
@step
def f(x):
    return x+1
out = f(3)
""",
    [("def f", "def g"), ("out = f", "out = g")],
    soft=True,
)
S(
    "code.kwonly_default",
    "RERUN",
    """
@step
def f(x, *, k=1):
    return x + k
out = f(3)
""",
    [("k=1", "k=2")],
)
S(
    "code.mutable_default",
    "RERUN",
    """
@step
def f(x, k=[1]):
    return x + k[0]
out = f(3)
""",
    [("[1]", "[2]")],
)
S(
    "code.positional_vs_keyword",
    "REUSE",
    """
@step
def f(x, y):
    return x + y
out = f(1, 2)
""",
    [("f(1, 2)", "f(x=1, y=2)")],
)
S(
    "code.generator_expr",
    "RERUN",
    """
@step
def f(x):
    return sum(i*2 for i in range(x))
out = f(4)
""",
    [("i*2", "i*3")],
)
S(
    "code.decorator_above",
    "RERUN",
    """
import functools
def twice(fn):
    @functools.wraps(fn)
    def w(*a):
        return fn(*a)*2
    return w
@step
@twice
def f(x):
    return x + 1
out = f(4)
""",
    [("*2", "*3")],
)
S(
    "code.fstring",
    "RERUN",
    """
@step
def f(x):
    return f"{x:.2f}"
out = f(4.567)
""",
    [(".2f", ".1f")],
)
S(
    "code.negative_zero",
    "RERUN",
    """
@step
def f(x):
    return [0.0, x]
out = f(4)
""",
    [("0.0", "-0.0")],
)
S(
    "code.partial_step",
    "RERUN",
    """
from functools import partial
def b(k,x): return k*x
f = step(partial(b, 2))
out = f(4)
""",
    [("b, 2", "b, 3")],
)
S(
    "code.callable_object",
    "RERUN",
    """
class C:
    def __init__(self,k): self.k=k
    def __call__(self,x): return self.k*x
f = step(C(2))
out = f(4)
""",
    [("C(2)", "C(3)")],
)
S(
    "code.callable_object_body",
    "RERUN",
    """
class C:
    def __init__(self,k): self.k=k
    def __call__(self,x): return self.k*x
f = step(C(2))
out = f(4)
""",
    [("self.k*x", "self.k+x")],
)
S(
    "code.staticmethod",
    "RERUN",
    """
class C:
    @staticmethod
    def g(x): return x*2
f = step(C.g)
out = f(4)
""",
    [("x*2", "x*3")],
)
S(
    "code.method_decorated",
    "RERUN",
    """
class C:
    k = 2
    @step
    def g(self, x): return x*self.k
out = C().g(4)
""",
    [("k = 2", "k = 3")],
)
S(
    "code.exec_defined",
    "RERUN",
    """
ns = {}
exec("def g(x):\\n    return x+1", ns)
f = step(ns["g"])
out = f(4)
""",
    [("x+1", "x+2")],
)
S(
    "code.two_lambdas_one_line",
    "RERUN",
    """
fs = [step(lambda x: x+1), step(lambda x: x+2)]
out = [g(1) for g in fs]
""",
    [("x+2", "x+3")],
)
S(
    "code.match",
    "RERUN",
    """
@step
def f(x):
    match x:
        case 3: return "a"
        case _: return "b"
out = f(3)
""",
    [('"a"', '"c"')],
)
S(
    "code.closure_value",
    "RERUN",
    """
def make(k):
    @step
    def f(x): return x*k
    return f
out = make(2)(3)
""",
    [("make(2)", "make(5)")],
)
S(
    "code.nonlocal",
    "RERUN",
    """
def make(k):
    def add(x):
        return x+k
    @step
    def f(x): return add(x)
    return f
out = make(2)(3)
""",
    [("make(2)", "make(5)")],
)
