"""Scenarios: what a step changes in place."""

from __future__ import annotations

from tests.conformance.scenario import S


def R(name, body, **kw):
    S("mutation." + name, "RIGHT", body, **kw)


R(
    "list_append",
    """
@step
def f(a):
    a.append(1)
    return len(a)
a=[]
out=[f(a),f(a),a]
""",
)
R(
    "dict_nested",
    """
@step
def f(d):
    d["x"]["y"]=1
    return 0
d={"x":{}}
inner=d["x"]
f(d)
out=[d, inner]
""",
)
R(
    "object_attr",
    """
class O: pass
@step
def f(o):
    o.v=5
    return 0
o=O()
f(o)
out=o.v
""",
)
R(
    "global_list",
    """
L=[]
@step
def f(x):
    L.append(x)
    return x
f(1); f(1)
out=L
""",
)
R(
    "global_counter",
    """
N=0
@step
def f(x):
    global N
    N+=1
    return x
f(1); f(1)
out=N
""",
)
R(
    "class_attr",
    """
class C: n=0
@step
def f(x):
    C.n+=1
    return x
f(1); f(2)
out=C.n
""",
)
R(
    "alias_out",
    """
@step
def f(a): return a
a=[1]
b=f(a); b.append(2)
out=a
""",
)
R(
    "alias_nested",
    """
@step
def f(a): return {"in":a}
a=[1]
b=f(a); a.append(2)
out=b
""",
)
R(
    "two_outputs_shared",
    """
@step
def f(x):
    a=[x]
    return a,[a]
a,b=f(1); a.append(2)
out=b
""",
)
R(
    "np_view",
    """
import numpy as np
@step
def f(a): return a[:2]
a=np.arange(4)
b=f(a); a[0]=9
out=b.tolist()
""",
)
R(
    "self_state",
    """
class M:
    def __init__(self): self.n=0
    @step
    def go(self,x):
        self.n+=x
        return self.n
m=M()
out=[m.go(1),m.go(1),m.n]
""",
)
R(
    "set_arg",
    """
@step
def f(s):
    s.add(3)
    return len(s)
s={1}
f(s)
out=sorted(s)
""",
)
R(
    "deque_arg",
    """
from collections import deque
@step
def f(s):
    s.append(3)
    return len(s)
s=deque([1])
f(s)
out=list(s)
""",
)
R(
    "sorted_inplace",
    """
@step
def f(s):
    s.sort()
    return s[0]
s=[3,1]
f(s)
out=s
""",
)
R(
    "series_inplace",
    """
import pandas as pd
@step
def f(s):
    s.iloc[0]=9
    return 0
s=pd.Series([1,2])
f(s)
out=s.tolist()
""",
)
R(
    "df_drop_inplace",
    """
import pandas as pd
@step
def f(d):
    d.drop(columns="a",inplace=True)
    return 0
d=pd.DataFrame({"a":[1],"b":[2]})
f(d)
out=list(d.columns)
""",
)
R(
    "model_fit",
    """
from sklearn.linear_model import LinearRegression
import numpy as np
@step
def f(m,X,y):
    m.fit(X,y)
    return 0
m=LinearRegression()
f(m,np.arange(4.).reshape(4,1),np.arange(4.))
out=round(float(m.coef_[0]),3)
""",
)
R(
    "model_fit_return",
    """
from sklearn.linear_model import LinearRegression
import numpy as np
@step
def f(m,X,y):
    return m.fit(X,y)
m=LinearRegression()
r=f(m,np.arange(4.).reshape(4,1),np.arange(4.))
out=[r is m, round(float(m.coef_[0]),3)]
""",
)
R(
    "mutable_default",
    """
@step
def f(x,acc=[]):
    acc.append(x)
    return list(acc)
out=[f(1),f(1),f(2)]
""",
)
R(
    "env_set",
    """
import os
@step
def f(x):
    os.environ["ZQ"]="1"
    return x
f(1)
out=os.environ.get("ZQ")
""",
)
R(
    "chdir",
    """
import os
@step
def f(x):
    os.chdir("/")
    return x
f(1)
out=os.getcwd()
""",
)
R(
    "iterator_arg",
    """
@step
def f(it): return next(it)
it=iter([1,2,3])
out=[f(it),f(it)]
""",
)
R(
    "generator_result",
    """
@step
def f(x): return (i for i in range(x))
out=[list(f(3)),list(f(3))]
""",
)
R(
    "bytearray_arg",
    """
@step
def f(b):
    b.extend(b"x")
    return 0
b=bytearray(b"a")
f(b)
out=bytes(b)
""",
)
R(
    "same_obj_two_args",
    """
@step
def f(a,b):
    a.append(1)
    return len(b)
a=[]
out=[f(a,a),a]
""",
)
R(
    "closure_state",
    """
def mk():
    n=[0]
    @step
    def f(x):
        n[0]+=1
        return x
    return f,n
f,n=mk()
f(1);f(1)
out=n
""",
)
R(
    "module_state",
    """
import mylib
@step
def f(x):
    mylib.REG.append(x)
    return x
f(1);f(1)
out=mylib.REG
""",
    files={"mylib.py": "REG=[]\n"},
)
R(
    "helper_global_state",
    """
REG=[]
def h(x): REG.append(x)
@step
def f(x):
    h(x)
    return x
f(1);f(1)
out=REG
""",
)
R(
    "class_registry",
    """
class C:
    reg={}
@step
def f(x):
    C.reg[x]=1
    return x
f(1);f(2)
out=C.reg
""",
)
R(
    "returned_then_mutated_input_later",
    """
@step
def f(x): return [v*2 for v in x]
x=[1]
a=f(x); x.append(5); b=f(x)
out=[a,b]
""",
)
R(
    "warn_filter",
    """
import warnings
@step
def f(x):
    warnings.simplefilter("error")
    return x
f(1)
try:
    warnings.warn("x"); out="no"
except UserWarning: out="yes"
""",
)
S(
    "mutation.window_is_a_hit",
    "REUSE",
    """
import numpy as np
@step
def f(a): return a[::2]
@step
def g(a): return {"first": a.reshape(2, 3)[:, 0], "all": a.T}
a = np.arange(6.)
out = [f(a), g(a)]
""",
)
R(
    "window_written_to",
    """
import numpy as np
@step
def f(a): return a[::2]
@step
def g(a): return [a.reshape(2, 3)[:, 0], a[::-1]]
a = np.arange(6.)
y, (z, w) = f(a), g(a)
y[0] = 9
z[1] = 8
w[0] = 7
out = [a, y, z, w]
""",
)
R(
    "window_of_another_layout",
    """
import numpy as np
import os
@step
def f(a): return a[:, 0]
order = "C" if os.path.exists("c") else "F"
open("c", "w").close()
a = np.asarray(np.arange(6.).reshape(2, 3), order=order)
y = f(a)
y[1] = 9
out = [a, y]
""",
)
R(
    "index_named_later",
    """
import pandas as pd
@step
def f(df): return df * 2
df = pd.DataFrame({"a": [1, 2]}, index=[3, 4])
e = f(df)
e.index.name = "i"
out = (df.index.name, e.index.name)
""",
)
R(
    "buffer_written_to",
    """
import numpy as np
@step
def f(n):
    b = bytearray(n)
    return b, np.frombuffer(b, "u1")
@step
def g(b): return np.frombuffer(b, "u1")[1:]
b, a = f(4)
c = g(b)
b[1] = 7
out = [a, c]
""",
)
R(
    "global_lent_by_a_method",
    """
TABLE = [1]
class Store:
    def table(self): return TABLE
@step
def f(store): return store.table()
f(Store()).append(2)
out = TABLE
""",
)
R(
    "global_changed_by_a_method",
    """
TABLE = [1]
class Store:
    def add(self, v): TABLE.append(v)
@step
def f(store): store.add(2)
f(Store())
out = TABLE
""",
)
S(
    "mutation.frame_and_its_columns",
    "REUSE",
    """
import pandas as pd
@step
def f():
    df = pd.DataFrame({"v": [1.0, 2.0], "w": [3.0, 4.0]})
    return df, df["w"].to_numpy(), [df["v"].array]
@step
def g(df): return {"w": df["w"].to_numpy(), "all": df.to_numpy()}
df, w, more = f()
d = g(df)
df.loc[0, "w"] = 9.0
df.loc[1, "v"] = 8.0
out = (df, w, more, d)
""",
)
S(
    "mutation.frame_in_the_memory_of_an_array",
    "REUSE",
    """
import numpy as np, pandas as pd
@step
def f(a): return pd.DataFrame(a, copy=False)
a = np.arange(6.0).reshape(3, 2)
df = f(a)
a[0] = 9.0
df.loc[1, 1] = 8.0
out = (df, a)
""",
)
