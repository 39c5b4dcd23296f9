# ruff: noqa: E501

"""Scenarios: an input is another value, or an equal one."""

from __future__ import annotations

from tests.conformance.scenario import S


def D(name, truth, a, b, reveal="repr(x)", setup="", **kw):
    prog = setup + "\n@step\ndef f(x):\n    return " + reveal + "\nARG = %s\nout = f(ARG)\n"
    S("data." + name, truth, prog % a, prog % b, **kw)


NP = "import numpy as np"
PD = "import pandas as pd, numpy as np"
D("set_order", "REUSE", "{'a','b','c'}", "{'c','b','a'}", "sorted(x)")
D("dict_order", "RERUN", "{'a':1,'b':2}", "{'b':2,'a':1}", "list(x)")
D("int_bool", "RERUN", "1", "True")
D("int_float", "RERUN", "1", "1.0")
D("list_tuple", "RERUN", "[1]", "(1,)")
D("nested_type", "RERUN", "[1,[2]]", "[1,(2,)]")
D("str_interned", "REUSE", "'abc'", "''.join(['a','bc'])")
D("np_dtype", "RERUN", "np.zeros(2)", "np.zeros(2,dtype='f4')", "str(x.dtype)", NP)
D(
    "np_order",
    "REUSE",
    "np.arange(6).reshape(2,3)",
    "np.asfortranarray(np.arange(6).reshape(2,3))",
    "x.tolist()",
    NP,
)
D("np_strided", "REUSE", "np.arange(3)*2", "np.arange(6)[::2]", "x.tolist()", NP)
D("np_nan", "REUSE", "np.array([np.nan])", "np.array([float('nan')])", "x.tolist().__len__()", NP)
D("np_str", "RERUN", "np.array(['a'])", "np.array(['b'])", "x.tolist()", NP)
D(
    "np_obj",
    "RERUN",
    "np.array([1,'a'],dtype=object)",
    "np.array([1,'b'],dtype=object)",
    "x.tolist()",
    NP,
)
D(
    "np_masked",
    "RERUN",
    "np.ma.array([1,2],mask=[0,1])",
    "np.ma.array([1,2],mask=[1,0])",
    "x.tolist()",
    NP,
)
D(
    "np_dt",
    "RERUN",
    "np.array(['2020-01-01'],dtype='M8[D]')",
    "np.array(['2020-01-01'],dtype='M8[s]')",
    "str(x.dtype)",
    NP,
)
D(
    "np_struct",
    "RERUN",
    "np.zeros(1,dtype=[('a',int)])",
    "np.zeros(1,dtype=[('b',int)])",
    "x.dtype.names",
    NP,
)
D("np_0d", "RERUN", "np.array(1)", "np.array([1])", "x.shape", NP)
D(
    "np_endian",
    "RERUN",
    "np.array([1],dtype='>i4')",
    "np.array([1],dtype='<i4')",
    "x.dtype.byteorder",
    NP,
)
D(
    "pd_index",
    "RERUN",
    "pd.DataFrame({'a':[1,2]})",
    "pd.DataFrame({'a':[1,2]},index=[5,6])",
    "list(x.index)",
    PD,
)
D(
    "pd_cat",
    "RERUN",
    "pd.Categorical(['a'],categories=['a','b'])",
    "pd.Categorical(['a'],categories=['a','c'])",
    "list(x.categories)",
    PD,
)
D(
    "pd_cat_order",
    "RERUN",
    "pd.Series(pd.Categorical(['a'],ordered=False))",
    "pd.Series(pd.Categorical(['a'],ordered=True))",
    "x.cat.ordered",
    PD,
)
D(
    "pd_tz",
    "RERUN",
    "pd.Timestamp('2020',tz='UTC')",
    "pd.Timestamp('2020',tz='Asia/Tokyo')",
    "str(x.tz)",
    PD,
)
D(
    "pd_freq",
    "RERUN",
    "pd.date_range('2020',periods=3,freq='D')",
    "pd.DatetimeIndex(['2020-01-01','2020-01-02','2020-01-03'])",
    "str(x.freq)",
    PD,
)
D(
    "pd_multi",
    "RERUN",
    "pd.MultiIndex.from_tuples([(1,2)],names=['a','b'])",
    "pd.MultiIndex.from_tuples([(1,2)],names=['a','c'])",
    "list(x.names)",
    PD,
)
D("pd_str", "RERUN", "pd.Series(['a','b'])", "pd.Series(['a','c'])", "x.tolist()", PD)
D(
    "pd_na",
    "RERUN",
    "pd.Series([1,None],dtype='Int64')",
    "pd.Series([1,2],dtype='Int64')",
    "str(x.tolist())",
    PD,
)
D(
    "pd_same",
    "REUSE",
    "pd.DataFrame({'a':[1,2],'b':[3,4]})",
    "pd.DataFrame({'a':[1,2]}).assign(b=[3,4])",
    "x.sum().sum()*1.0",
    PD,
)
D(
    "pd_slice",
    "REUSE",
    "pd.DataFrame({'a':[1,2]})",
    "pd.DataFrame({'a':[1,2,3]}).iloc[:2]",
    "x.values.tolist()",
    PD,
    soft=True,
)
D("decimal", "RERUN", "Decimal('1.0')", "Decimal('1.00')", "str(x)", "from decimal import Decimal")
D(
    "datetime_fold",
    "RERUN",
    "datetime(2020,1,1)",
    "datetime(2020,1,1,fold=1)",
    "x.fold",
    "from datetime import datetime",
)
D("path", "RERUN", "Path('a')", "Path('b')", "str(x)", "from pathlib import Path")
D("regex", "RERUN", "re.compile('a')", "re.compile('a',re.I)", "bool(x.match('A'))", "import re")
D("range", "RERUN", "range(3)", "range(0,3,2)", "list(x)")
D(
    "frozenset_nested",
    "REUSE",
    "frozenset([frozenset('ab'),frozenset('cd')])",
    "frozenset([frozenset('dc'),frozenset('ba')])",
    "sorted(map(sorted,x))",
)
D(
    "deque_maxlen",
    "RERUN",
    "deque([1],3)",
    "deque([1],4)",
    "x.maxlen",
    "from collections import deque",
)
D(
    "counter",
    "RERUN",
    "Counter('aab')",
    "dict(Counter('aab'))",
    "type(x).__name__",
    "from collections import Counter",
)
D(
    "ordered",
    "RERUN",
    "OrderedDict(a=1)",
    "dict(a=1)",
    "type(x).__name__",
    "from collections import OrderedDict",
)
D(
    "defaultdict",
    "RERUN",
    "defaultdict(int,a=1)",
    "defaultdict(list,a=1)",
    "repr(x['q'])",
    "from collections import defaultdict",
)
D("lambda_arg", "RERUN", "lambda: 1", "lambda: 2", "x()")
D("class_arg", "RERUN", "type('A',(),{'v':1})", "type('A',(),{'v':2})", "x.v")
D("builtin_fn", "RERUN", "len", "sum", "x([1,2])")
D("ufunc", "RERUN", "np.add", "np.multiply", "int(x(2,3))", NP)
D(
    "sk_model",
    "RERUN",
    "LR().fit(X,Y)",
    "LR(fit_intercept=False).fit(X,Y)",
    "round(float(x.coef_[0]),6)",
    "import numpy as np\nfrom sklearn.linear_model import LinearRegression as LR\nX = np.arange(6.0).reshape(3, 2); Y = np.array([1.0, 2.0, 3.5])\n",
)
D(
    "sk_same",
    "REUSE",
    "LR().fit(X,Y)",
    "LR().fit(X.copy(),Y.copy())",
    "round(float(x.coef_[0]),6)",
    "import numpy as np\nfrom sklearn.linear_model import LinearRegression as LR\nX = np.arange(6.0).reshape(3, 2); Y = np.array([1.0, 2.0, 3.5])\n",
)
D(
    "sk_rf_same",
    "REUSE",
    "RF(3,random_state=0).fit(X,Y)",
    "RF(3,random_state=0).fit(X,Y)",
    "x.predict(X).tolist()",
    "import numpy as np\nfrom sklearn.ensemble import RandomForestClassifier as RF\nX = np.arange(12.0).reshape(6, 2); Y = np.array([1,0,1,0,1,0])\n",
)
D(
    "inst_dict_order",
    "REUSE",
    "O(a=1,b=2)",
    "O(b=2,a=1)",
    "[x.a,x.b]",
    "class O:\n    def __init__(self,**k):\n        self.__dict__.update(k)\n",
    soft=True,
)
D("complex", "RERUN", "1j", "2j")
D("bytes_arr", "RERUN", "b'a'", "bytearray(b'a')", "type(x).__name__")
D("memoryview", "RERUN", "memoryview(b'a')", "memoryview(b'b')", "bytes(x)")
D(
    "date",
    "RERUN",
    "date(2020,1,1)",
    "datetime(2020,1,1)",
    "type(x).__name__",
    "from datetime import date, datetime",
)
D("uuid", "RERUN", "uuid.UUID(int=1)", "uuid.UUID(int=2)", "str(x)", "import uuid")
D("fraction", "RERUN", "Fraction(1,2)", "0.5", "type(x).__name__", "from fractions import Fraction")
D("ellipsis", "RERUN", "...", "None", "repr(x)")
D("notimpl", "RERUN", "NotImplemented", "None", "repr(x)")
D("slice", "RERUN", "slice(1)", "slice(2)", "[1,2,3][x]")
D("int_subclass", "RERUN", "I(1)", "1", "type(x).__name__", "class I(int): pass")
D("str_subclass", "RERUN", "I('a')", "'a'", "type(x).__name__", "class I(str): pass")
D(
    "dict_subclass_attr",
    "RERUN",
    "mk(1)",
    "mk(2)",
    "x.q",
    "class I(dict): pass\ndef mk(v):\n    d=I(a=1); d.q=v\n    return d\n",
)
D(
    "ndarray_subclass",
    "RERUN",
    "np.arange(2).view(A)",
    "np.arange(2)",
    "type(x).__name__",
    "import numpy as np\nclass A(np.ndarray): pass",
)
D(
    "csr",
    "RERUN",
    "sp.csr_matrix([[1,0]])",
    "sp.csr_matrix([[2,0]])",
    "x.sum()",
    "import scipy.sparse as sp",
)
D("exc", "RERUN", "ValueError('a')", "ValueError('b')", "str(x)")
D(
    "pt",
    "RERUN",
    "partial(int,base=2)",
    "partial(int,base=8)",
    "x('10')",
    "from functools import partial",
)
D(
    "tzinfo",
    "RERUN",
    "timezone.utc",
    "timezone(timedelta(hours=1))",
    "str(x)",
    "from datetime import timezone, timedelta",
)
D(
    "weird_eq",
    "RERUN",
    "Q(1)",
    "Q(2)",
    "x.v",
    "class Q:\n    def __init__(self,v): self.v=v\n    def __eq__(self,o): return True\n    def __hash__(self): return 1\n",
)
D(
    "getstate",
    "RERUN",
    "Q(1)",
    "Q(2)",
    "x.v",
    "class Q:\n    def __init__(self,v): self.v=v\n    def __getstate__(self): return {'v':self.v}\n",
)
