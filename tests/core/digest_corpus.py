"""A fixed set of values with expressions that make them; run as a program it prints digests."""

from __future__ import annotations

import json
import sys
from typing import Any

PREPARE = """
import csv, hashlib, hmac, json, sqlite3, struct, typing
import array, collections, dataclasses, datetime, decimal, enum, fractions, functools, ipaddress
import operator, pathlib, random, re, types, uuid, zoneinfo
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import scipy.sparse as sp
import scipy.special
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon
from matplotlib.text import Text
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier

class Colour(enum.Enum):
    RED = 1
    BLUE = "b"

class Access(enum.Flag):
    READ = 1
    WRITE = 2

@dataclasses.dataclass
class Point:
    x: int
    y: object = None

@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    x: int

class Node:
    def __init__(self, name):
        self.name = name
        self.friends = set()

    def hello(self):
        return self.name

Pair = collections.namedtuple("Pair", "a b")

def ring(*names):
    nodes = [Node(name) for name in names]
    for one, other in zip(nodes, nodes[1:] + nodes[:1]):
        one.friends |= {other, nodes[0]}
    return nodes[0]

def loop():
    items = [1]
    items.append(items)
    return items

def add(a, b=2):
    return a + b

def row(number):
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    found = connection.execute(f"SELECT {number} AS a").fetchone()
    connection.close()
    return found
"""

EXPRESSIONS = [
    *("None", "True", "False", "0", "1", "-1", "2**70", "1.0", "0.0", "-0.0", "float('nan')"),
    *("float('inf')", "1j", "...", "NotImplemented", "''", "'ab'", "'\\udcff'", "b'ab'", "b''"),
    *("bytearray(b'ab')", "memoryview(b'ab')", "range(3)", "range(0, 3, 2)", "slice(1, 2)"),
    *("[]", "()", "{}", "set()", "frozenset()", "[1, 2]", "(1, 2)", "Pair(1, 2)", "[[1], [1]]"),
    *("{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}", "set('hello world')", "frozenset('hello world')"),
    *("{1, 'a', None, 2.5, (1, 'b')}", "{frozenset('ab'), frozenset('cd')}", "[{'x', 'y', 'z'}]"),
    *("{(1, 2), (3, 4)}", "{'k': [1, {'q': {1.5, 2.5}}]}", "{Colour.RED, Colour.BLUE}"),
    *("collections.OrderedDict(a=1)", "collections.defaultdict(list, a=[1])"),
    *("collections.Counter('aab')", "collections.deque([1, 2])", "collections.deque([1], 5)"),
    *("Colour.RED", "Access.READ | Access.WRITE", "Point(1)", "Point(1, [2])", "Slotted(1)"),
    *("Node('a')", "Node('a').hello", "ring('a', 'b', 'c', 'd')", "loop()", "add", "Point"),
    *("lambda x: x + 1", "functools.partial(add, 1)", "int", "len", "[].append", "operator.add"),
    *("operator.itemgetter(1)", "decimal.Decimal('1.50')", "fractions.Fraction(1, 3)"),
    *("datetime.date(2020, 1, 2)", "datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc)"),
    *("datetime.timedelta(1)", "zoneinfo.ZoneInfo('UTC')", "uuid.UUID(int=5)"),
    *("pathlib.PurePosixPath('a/b')", "re.compile('a+')", "re.compile('a+', re.I)"),
    "ValueError('a', 1)",
    *("random.Random(1)", "np.random.default_rng(1)", "array.array('i', [1])"),
    *("types.SimpleNamespace(a=1)", "ipaddress.ip_address('127.0.0.1')", "np", "list[int]"),
    *("np.float64(1.0)", "np.float32(1.0)", "np.int64(1)", "np.bool_(True)", "np.str_('ab')"),
    *("np.datetime64('2020-01-01')", "np.dtype('i4')", "np.add", "np.arange(6)"),
    *("np.arange(6, dtype='i4')", "np.arange(6, dtype='>i8')", "np.arange(6).reshape(2, 3)"),
    *("np.arange(6).reshape(3, 2)", "np.zeros((2, 3))", "np.array(1.5)", "np.array([], 'f4')"),
    *("np.array(['a', 'bc'])", "np.array([{1}, 'x', None], dtype=object)"),
    *("np.array([(1, 2.0)], dtype=[('a', 'i1'), ('b', 'f8')])", "np.matrix([[1]])"),
    *("np.ma.array([1, 2], mask=[0, 1])", "np.ma.array([1, 2])", "np.array(['NaT'], 'M8[ns]')"),
    "np.ma.array([1, 2], mask=[0, 0])",
    *("np.arange(3, dtype='longdouble')", "np.arange(3) + 1j", "np.array([True, False])"),
    *("pd.DataFrame({'a': [1, 2]})", "pd.DataFrame({'b': [1, 2]})"),
    "pd.DataFrame({'a': [1.0, 2]})",
    *("pd.DataFrame({'a': ['x', None], 'b': [1, 2]})", "pd.Series([1, 2])", "pd.NA", "pd.NaT"),
    *("pd.Series([1, 2], name='n')", "pd.Series([1, 2], index=[5, 6])"),
    "pd.Timestamp('2020', tz='UTC')",
    *("pd.Series([1, None], dtype='Int64')", "pd.Categorical(['a', 'b'])", "pd.Timestamp('2020')"),
    *("pd.Series(['a'], dtype='category')", "pd.Categorical(['a', 'b'], ['b', 'a'])"),
    *("pd.date_range('2020', periods=3)", "pd.date_range('2020', periods=3, tz='Europe/Rome')"),
    *("pd.MultiIndex.from_tuples([(1, 'a'), (2, 'b')])",),
    "pd.period_range('2020', periods=2, freq='M')",
    *("pd.interval_range(0, 2)", "pd.Series([0, 0, 1], dtype='Sparse[int]')", "pd.Index(['a'])"),
    *("pd.Timedelta(1, 's')", "pa.table({'a': [1, None], 'b': ['x', 'y']})"),
    "pa.array([[1], [2, 3]])",
    *("pa.array(['a', 'b']).dictionary_encode()", "pa.array([True, None])", "pa.array([{'a': 1}])"),
    *("pl.DataFrame({'a': [1, 2], 'b': ['x', None]})", "pl.Series('n', [1.0, 2.0])"),
    "pl.col('a') + 1",
    *("sp.csr_matrix([[0, 1], [2, 0]])", "sp.csc_array([[0, 1], [2, 0]])", "sp.dok_array((2, 2))"),
    "LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])",
    "DecisionTreeClassifier(random_state=0).fit([[1.0], [2.0], [3.0]], [0, 1, 0])",
]  # fmt: skip


DESCRIBED = [
    *("{'a': 1}.keys()", "{'a': 1}.values()", "{'a': 1}.items()", "{'b': 1}.keys()"),
    *("np.frompyfunc(add, 2, 1)", "np.frompyfunc(lambda a, b: a, 2, 1)"),
    "np.frompyfunc(abs, 1, 1)",
    *("np.frompyfunc(add, 2, 1, identity=0)", "scipy.special.expit", "scipy.special.logit"),
    *("hashlib.sha1(b'a')", "hashlib.sha1(b'b')", "hashlib.md5(b'a')", "hashlib.shake_128(b'a')"),
    *("hashlib.shake_128(b'b')", "hashlib.blake2b(b'a')", "hmac.new(b'a', b'b', 'sha1')"),
    *("hmac.new(b'c', b'b', 'sha1')", "struct.Struct('<i')", "struct.Struct('<q')"),
    *("struct.Struct('<i').pack", "struct.Struct('<q').pack", "np.add.reduce", "np.add.outer"),
    *("np.multiply.reduce", "np.arange(7).sum", "np.arange(8).sum"),
    *("functools.cmp_to_key(add)", "functools.cmp_to_key(lambda a, b: b - a)"),
    *("re.match('a(.)', 'ab')", "re.match('a(.)', 'ac')", "re.match('a.', 'ab')", "row(1)"),
    *("row(2)", "json.JSONDecoder().scan_once", "json.JSONDecoder(parse_int=str).scan_once"),
    *("next(pd.DataFrame({'a': [1]}).itertuples())", "next(pd.DataFrame({'b': [1]}).itertuples())"),
    *("dataclasses.make_dataclass('P', [('a', int, 1)])",),
    *("dataclasses.make_dataclass('P', [('a', int, 2)])",),
    *("types.new_class('A', (), {}, lambda made: made.update(x=1))",),
    *("types.new_class('A', (), {}, lambda made: made.update(x=2))",),
    *("csv.Sniffer().sniff('a;b\\n1;2')", "csv.Sniffer().sniff('a,b\\n1,2')"),
    *("typing.NewType('U', int)", "typing.NewType('U', str)", "typing.TypeVar('U')"),
    *("typing.TypeVar('U', bound=int)", "typing.TypeVar('U', int, str)"),
    *("Line2D([0], [0], color='r')", "Line2D([0], [0], color='g')", "Line2D([0], [1], color='g')"),
    *("Patch(color='r')", "Patch(color='g')", "Text(0, 0, 'a')", "Text(0, 0, 'a', color='r')"),
    *("Text(0, 1, 'a')", "Polygon([[0, 0], [1, 1]])", "Polygon([[0, 0], [2, 1]])"),
]  # fmt: skip
"""Values that count as inputs, and of which some cannot be kept."""


def made() -> dict[str, Any]:
    """Every expression with its value, made anew."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(PREPARE, namespace)
    return {text: eval(text, namespace) for text in [*EXPRESSIONS, *DESCRIBED]}


def digests() -> dict[str, str]:
    """Every expression with its digest."""
    from zenbook import fingerprint

    return {text: fingerprint(value) for text, value in made().items()}


if __name__ == "__main__":
    json.dump(digests(), sys.stdout)
