"""Scenarios: what may go wrong."""

from __future__ import annotations

from tests.conformance.scenario import S


def R(name, body, **kw):
    S("failure." + name, "RIGHT", body, **kw)


R(
    "none_result",
    """
@step
def f(x): return None
out=[f(1),f(1)]
""",
)
R(
    "lambda_result",
    """
@step
def f(x): return lambda y: x+y
out=f(1)(2)
""",
)
R(
    "local_class_result",
    """
class A:
    def __init__(self,v): self.v=v
@step
def f(x): return A(x)
r=f(1)
out=[isinstance(r,A),r.v,type(r).__name__]
""",
)
R(
    "enum_result",
    """
from enum import Enum
class C(Enum):
    A=1
@step
def f(x): return C.A
out=f(1) is C.A
""",
)
R(
    "namedtuple_result",
    """
from collections import namedtuple
P=namedtuple("P","a b")
@step
def f(x): return P(x,2)
r=f(1)
out=[r.a,isinstance(r,P)]
""",
)
R(
    "dataclass_result",
    """
from dataclasses import dataclass
@dataclass
class P:
    a: int
@step
def f(x): return P(x)
r=f(1)
out=[r==P(1), isinstance(r,P)]
""",
)
R(
    "exception_not_cached",
    """
n=[0]
@step(ignore=["n"]) if False else step
def f(x):
    raise ValueError("a")
out=[]
for _ in range(2):
    try: f(1)
    except ValueError as e: out.append(str(e))
""",
)
R(
    "nan",
    """
@step
def f(x): return x
out=repr(f(float("nan")))
""",
)
R(
    "file_result",
    """
@step
def f(x): return open("d.txt")
h=f(1); out=h.read(); h.close()
""",
    files={"d.txt": "abc"},
)
R(
    "lock_result",
    """
import threading
@step
def f(x): return threading.Lock()
l=f(1); out=l.acquire()
""",
)
R(
    "thread_result",
    """
import queue
@step
def f(x):
    q=queue.Queue(); q.put(x); return q
out=f(1).get()
""",
)
S(
    "failure.parallel",
    "RIGHT",
    """
import time
@step
def f(x):
    time.sleep(0.3)
    return x
out=f(1)
""",
    parallel=4,
)
R(
    "recursion_output",
    """
@step
def f(n):
    a=[]
    for _ in range(n): a=[a]
    return a
r=f(5000); n=0
while r: r=r[0]; n+=1
out=n
""",
)
R(
    "sys_exit",
    """
@step
def f(x):
    raise SystemExit(3)
try: f(1); out=0
except SystemExit as e: out=e.code
""",
)
R(
    "big_int",
    """
@step
def f(x): return x**5000 % 1000007
out=f(12345678901234567890)
""",
)
R(
    "re_match",
    """
import re
@step
def f(x): return re.match("a",x)
out=f("abc").group()
""",
)
R(
    "class_result",
    """
@step
def f(x):
    class A: v=x
    return A
out=f(3).v
""",
)
R(
    "self_ref",
    """
@step
def f(x):
    a=[x]; a.append(a); return a
r=f(1); out=r[1] is r
""",
)
R(
    "exception_value",
    """
@step
def f(x): return ValueError("q",x)
out=f(1).args
""",
)
R(
    "module_result",
    """
@step
def f(x):
    import math
    return math
out=f(1).pi
""",
)
S(
    "failure.kill",
    "RIGHT",
    """
import os,signal
@step
def f(x):
    if not os.path.exists("mark"):
        open("mark","w").close()
        os.kill(os.getpid(),signal.SIGKILL)
    return x
out=f(1)
""",
    kill=True,
    control=False,
)
S(
    "failure.truncate",
    "RIGHT",
    """
@step
def f(x): return "abc"*1000+str(x)
out=f(3)[-4:]
""",
    damage="truncate",
    control=False,
)
R(
    "kwargs_named_self",
    """
@step
def f(self, call=1, values=2, **options): return [self,call,values,options]
out=f(1,values=5,name=3)
""",
)
