"""What a step's result shares with other names it shares again after a hit, or the step runs."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import OTHER_PYTHON, Kernel, without_steps

FRAME = "import pandas as pd\ndf = pd.DataFrame({'k': [1, 2]}, index=[3, 4])"
OBJECTS = "import pandas as pd\ndf = pd.DataFrame({'k': [[1], [2]]})"
STORE = "TABLE = [1]\nclass Store:\n    def table(self):\n        return TABLE\nstore = Store()"
CITY = (
    "class City:\n    def __init__(self, name): self.name, self.done = name, False\n"
    "    def __eq__(self, other): return self.name == other.name\n"
    "    def __hash__(self): return hash(self.name)\n"
    "cities = [City(c) for c in 'abc']\n"
    "import dataclasses\n@dataclasses.dataclass(unsafe_hash=True)\nclass Box:\n    n: int\n"
    "boxes = [Box(1), Box(2)]\n"
    "import attrs\n@attrs.define(unsafe_hash=True)\nclass Tin:\n"
    "    n: int = attrs.field(validator=attrs.validators.gt(0))\n"
    "tins = [Tin(1), Tin(2)]"
)
POINT = (
    "from dataclasses import dataclass, field\nTABLE = [1]\n@dataclass\nclass Point:\n"
    "    table: list = field(default_factory=lambda: TABLE)\nmade = [Point]"
)
CONFIG = (
    "class Config:\n    DEFAULTS = {'lr': 1}\n    def __init__(self):\n"
    "        self.options = self.DEFAULTS\nconfig = Config()"
)
PAIR = (
    "import dataclasses, traitlets\n@dataclasses.dataclass\nclass Pair:\n    x: int\n    y: int = 2"
)

TABLE = (
    "import numpy as np, pandas as pd\n"
    "df = pd.DataFrame({'v': [1.0, 2.0, 3.0], 'w': [4.0, 5.0, 6.0]})"
)
DAYS = (
    "import pandas as pd\n"
    "df = pd.DataFrame({'v': [1.0, 2.0, 3.0]}, index=pd.date_range('2020', periods=3))"
)
OTHERS = (
    "import numpy as np, pandas as pd\ndf = pd.DataFrame({'m': pd.array([1, 2], dtype='Int64'),"
    " 't': pd.to_datetime(['2020', '2021']), 'o': pd.Series(['a', [1]], dtype=object)})"
)
MADE = "import numpy as np, pandas as pd\na = np.arange(6.0)"
COUNTER = (
    "def counting():\n    n = 0\n    def counter():\n        nonlocal n\n        n += 1\n"
    "        return n\n    return counter\ncounter = counting()"
)
LOOP = "rows = {'a': [1], 'b': [2]}\nfirst = rows['a']\nfor name, row in rows.items(): pass"
SETTINGS = "import pathlib\npathlib.Path('settings.py').write_text('RATE = 1')\nimport settings"
CACHING = (
    "class Caching:\n    def __init__(self):\n        self.items, self.seen = [], {}\n"
    "    def __getstate__(self):\n        return {**self.__dict__, 'seen': {}}"
)
TREES = (
    "import numpy as np\nfrom scipy.spatial import cKDTree\n"
    "from sklearn.neighbors import BallTree, KDTree\nX = np.arange(8.0).reshape(4, 2)"
)
PIPELINES = (
    "from sklearn.datasets import load_iris\nfrom sklearn.linear_model import RidgeClassifier\n"
    "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler\n"
    "X, y = load_iris(return_X_y=True)\n"
    "models = {n: make_pipeline(StandardScaler(), RidgeClassifier()) for n in 'ab'}\n"
    "for name, model in models.items(): scaler = model[0]"
)

LOOPED = (
    "fs = []\nfor i in range(3):\n    def cb(i=i): return i\n    fs.append(cb)\n"
    "names = {f: n for n, f in enumerate(fs)}"
)
AGGREGATES = (
    "fs = {'m': lambda s: min(s), 's': lambda s: sum(s)}\nlabels = {v: k for k, v in fs.items()}"
)
HOOKS = (
    "hooks = []\ndef add(f):\n    hooks.append(f)\n    return f\n@add\ndef _(x): return 1\n"
    "@add\ndef _(x): return 2"
)

SHARED = {
    "a column of a frame as an array": (
        TABLE,
        "arr = df['w'].to_numpy()",
        "df.loc[0, 'w'] = 100",
        "arr.tolist(), arr.flags.writeable",
    ),
    "columns of a frame in containers and other shapes": (
        TABLE,
        "columns = {c: df[c].values for c in df}\ny = np.asarray(df['w']).reshape(-1, 1)",
        "df.loc[0, 'w'] = 100",
        "columns, y",
    ),
    "all values of a frame": (TABLE, "x = df.to_numpy()", "df.loc[0, 'w'] = 100", "x, x.strides"),
    "what pandas wraps of a column": (
        TABLE,
        "cc = [df['w'].array]",
        "df.loc[0, 'w'] = 100",
        "list(cc[0])",
    ),
    "columns of other kinds as arrays": (
        OTHERS,
        "m = df['m'].array\nt = df['t'].to_numpy()\no = df['o'].to_numpy()",
        "df.loc[0, 'm'] = 9\ndf.loc[0, 't'] = pd.Timestamp('2022')\ndf.o[1].append(2)",
        "m, t, o",
    ),
    "a part of the rows of a frame": (
        f"{TABLE}\npart = df.iloc[1:]",
        "arr = part['w'].to_numpy()",
        "part.loc[1, 'w'] = 100",
        "arr, df",
    ),
    "frames in the memory of an array": (
        MADE,
        "d = pd.DataFrame(a.reshape(3, 2), copy=False)\ns = pd.Series(a, copy=False)",
        "a[0] = 99\nd.loc[0, 1] = 98",
        "a, d, s",
    ),
    "a frame and its columns made by one step": (
        "import pandas as pd",
        "df = pd.DataFrame({'v': [1.0, 2.0], 'w': [4.0, 5.0]})\nx = [df.v.array, df.to_numpy()]",
        "df.loc[0, 'v'] = 100",
        "x, x[1].flags.writeable",
    ),
    "a frame and the array in whose memory it is": (
        "import numpy as np, pandas as pd",
        "a = np.arange(6.0).reshape(3, 2)\ndf = pd.DataFrame(a, copy=False)\ne = df.add_prefix('')",
        "df.columns = e.columns = [0, 1]\ndf.loc[0, 0] = 99\ne.loc[0, 1] = 98",
        "a, df, e",
    ),
    "a column beside its frame, which copies when it is changed": (
        TABLE,
        "y = df['w']\narr = y.to_numpy()",
        "df.loc[0, 'w'] = 100",
        "arr, y, df",
    ),
    "a column whose frame is gone": (
        TABLE,
        "y = df['w']\narr = y.to_numpy()",
        "del df\ny.loc[0] = 100",
        "arr, y",
    ),
    "a column of a frame into which an array looks from elsewhere": (
        f"{TABLE}\narr = df['w'].to_numpy()",
        "y = df['w']",
        "df.loc[0, 'w'] = 100",
        "arr, y, df",
    ),
    "a column that the step takes out of a frame": (
        f"{TABLE}\narr = df['w'].to_numpy()",
        "y = df.pop('v')\ndf['k'] = 1",
        "df.loc[0, 'w'] = 100",
        "arr, y, df",
    ),
    "a column that is alone in its memory later": (
        TABLE,
        "y = df['w']",
        "arr = df['w'].to_numpy()\ndel df\ny.loc[0] = 100",
        "arr, y",
    ),
    "a column that is taken out, and then alone in its memory": (
        f"{TABLE}\narr = df['w'].to_numpy()",
        "y = df.pop('w')",
        "del df\ny.loc[0] = 100",
        "arr, y",
    ),
    "a column put into a list": (
        f"{TABLE}\nrows = []",
        "rows.append(df['w'])",
        "arr = df['w'].to_numpy()\ndf.loc[0, 'w'] = 100",
        "arr, rows, df",
    ),
    "a frame beside one in the same memory, where the step adds a column": (
        f"{TABLE}\npart = df[:]",
        "df['z'] = 1",
        "arr = df['w'].to_numpy()\ndf.loc[0, 'w'] = 100",
        "arr, part, df",
    ),
    "an index made of a column": (
        f"{TABLE}\narr = df['w'].to_numpy()",
        "by = df.set_index('w')",
        "df.loc[0, 'w'] = 100",
        "arr, by, df",
    ),
    "a column beside its frame, both made by the step": (
        "import pandas as pd",
        "df = pd.DataFrame({'v': [1.0, 2.0], 'w': [4.0, 5.0]})\ny = df['w']",
        "arr = df['w'].to_numpy()\ndf.loc[0, 'w'] = 100",
        "arr, y, df",
    ),
    "a column beside a grouping, in which pandas keeps columns of the frame": (
        TABLE,
        "groups = df.groupby('v')\narr = df['w'].to_numpy()",
        "df.loc[0, 'w'] = 100",
        "arr, groups.w.sum().tolist()",
    ),
    "an array that a global function takes of a frame": (
        f"{TABLE}\ndef column():\n    return df['w'].to_numpy()",
        "arr = column()",
        "df.loc[0, 'w'] = 100",
        "arr",
    ),
    "a column as an array, where the step makes new columns": (
        f"{TABLE}\narr = df['v'].to_numpy()",
        "df.insert(0, 'z', arr * 2)\ndf['w'] = df['w'] * 2",
        "df.loc[0, 'v'] = 100",
        "arr, df",
    ),
    "a column as an array, in whose place the step puts another": (
        f"{TABLE}\narr = df['w'].to_numpy()",
        "df['w'] = df['w'] * 2",
        "df.loc[0, 'w'] = 100",
        "arr, df",
    ),
    "an array turned round": (
        "import numpy as np\na = np.arange(6)",
        "b = a[::-2]\nc = a.reshape(2, 3)[::-1].T",
        "a[5] = 99",
        "b, b.strides, c, c.strides",
    ),
    "a whole part of an array that nobody holds, in two shapes": (
        "import numpy as np",
        "raw = np.arange(40.0).reshape(4, 10)\nx = raw[:, :9]\ny = x.reshape(4, 3, 3)\ndel raw",
        "x[0, 0] = 99",
        "x.sum(), y.sum(), y[0, 0, 0], x.shape, y.shape",
    ),
    "what scikit-learn loads": (
        "from sklearn.datasets import load_digits",
        "digits = load_digits()",
        "digits.images[0, 0, 0] = 99",
        "digits.data.sum(), digits.data[0, 0]",
    ),
    "a table of a class that the step defines": (
        "n = 0",
        CONFIG,
        "Config.DEFAULTS['lr'] = 5",
        "config.options",
    ),
    "what a class of the step knows by who it is": (
        "n = 0",
        "class Node:\n    _END = object()\n    next = _END\nnode = [Node().next]",
        "n = 1",
        "node[0] is Node._END",
    ),
    "the default of a function that the step defines": (
        "n = 0",
        "def more(items=[]):\n    return items\nitems = more()",
        "items.append(1)",
        "more()",
    ),
    "the value of a member that the step defines": (
        "from enum import Enum",
        "class Kind(Enum):\n    A = [1]\nvalue = Kind.A.value",
        "value.append(2)",
        "Kind.A.value",
    ),
    "the defaults of a named tuple of the step": (
        "from collections import namedtuple",
        "Point = namedtuple('Point', 'x y', defaults=[[]])\npoint = Point(1)",
        "point.y.append(2)",
        "Point(1)",
    ),
    "a list of the class of a class of the step": (
        "n = 0",
        "class Meta(type):\n    known = []\nclass One(metaclass=Meta): pass\nknown = Meta.known",
        "known.append(2)",
        "Meta.known",
    ),
    "what says that nothing was given": (
        PAIR,
        "given = [one.default for one in dataclasses.fields(Pair)], traitlets.Undefined",
        "n = 1",
        "given[0][0] is dataclasses.MISSING, given[0][1], given[1] is traitlets.Undefined",
    ),
    "the fields of a class": (
        PAIR,
        (
            "@dataclasses.dataclass\nclass More(Pair):\n    z: int = 3\n"
            "given = dataclasses.fields(Pair), {one.name: one for one in dataclasses.fields(More)}"
        ),
        "n = 1",
        "given[0][0] is dataclasses.fields(Pair)[0], given[1]['z'] is dataclasses.fields(More)[2]",
    ),
    "what an argument parser leaves out": (
        "import argparse\nparser = argparse.ArgumentParser(prog='x')",
        "parser.add_argument('--lr', type=float, default=0.1)",
        "n = 1",
        "parser.parse_args([]), parser.parse_args(['--lr', '2'])",
    ),
    "a picture of each row of a frame": (
        "from sklearn.datasets import load_digits",
        "digits = load_digits(as_frame=True)",
        "digits.images[0, 0, 0] = 99",
        "digits.images.sum(), digits.data.iloc[0, 0], digits.frame.iloc[0, 0]",
    ),
    "a name of an index that another name holds": (
        f"{FRAME}\nix = df.index",
        "df.index.name = 'i'",
        "n = 1",
        "ix.name",
    ),
    "an element of a frame that another name holds": (
        f"{OBJECTS}\nz = df.k[0]",
        "df.k[0].append(9)",
        "n = 1",
        "z",
    ),
    "parts of an input that it changes one by one": (
        LOOP,
        "for name, row in rows.items():\n    row.append(0)",
        "n = 1",
        "first, row, first is rows['a'], row is rows['b']",
    ),
    "pipelines that it fits one by one": (
        PIPELINES,
        "for name, model in models.items():\n    model.fit(X, y)",
        "n = 1",
        "model is models['b'], scaler is model[0], scaler.mean_.sum(), model.predict(X).sum()",
    ),
    "a part of an array of objects that it changes": (
        "import numpy as np\nheld = []\nobjects = np.array([held, None], dtype=object)",
        "objects[0].append(1)",
        "n = 1",
        "held, objects[0] is held",
    ),
    "an input that holds a member of an enumeration": (
        "from enum import Enum\nclass Kind(Enum):\n    A = 1\nd = {'kind': Kind.A, 'names': []}",
        "d['names'].append('x')",
        "n = 1",
        "d, d['kind'] is Kind.A",
    ),
    "a grouping that it goes through": (
        "import pandas as pd\nf = pd.DataFrame({'g': [1, 2], 'z': [1., 3.]})\nby = f.groupby('g')",
        "sizes = {key: len(part) for key, part in by}",
        "f.loc[0, 'z'] = 100.0",
        "[part.z.tolist() for _, part in by], by.get_group(1).z.tolist()",
    ),
    "a table with a default, beside a module of the user's": (
        f"{SETTINGS}\nfrom collections import defaultdict\ntable = defaultdict(list)",
        "table['a'].append(1)",
        "n = 1",
        "table",
    ),
    "a frame that is grouped": (
        "import pandas as pd\nf = pd.DataFrame({'g': [1, 2], 'z': [1., 3.]})",
        "by = f.groupby('g')\none = by.get_group(1)",
        "f.loc[0, 'z'] = 100.0",
        "[part.z.tolist() for _, part in by], by.z.sum().tolist(), one.z.tolist()",
    ),
    "places in a frame": (
        TABLE,
        "places = {'loc': df.loc, 'at': df.at}\nrows = df.iloc",
        "df.iloc[0, 0] = 99",
        "places['loc'][0, 'v'], places['at'][0, 'v'], rows[0, 0], rows.obj is df",
    ),
    "a style": (
        TABLE,
        "styled = df.style",
        "df.iloc[0, 0] = 99",
        "styled.data is df, styled.columns is df.columns",
    ),
    "trees that look for neighbours in an array": (
        TREES,
        "ball, kd = BallTree(X), KDTree(X[1:])\nwithin = {'t': cKDTree(X)}",
        "X[1] = 50",
        (
            "np.asarray(ball.data).tolist(), np.asarray(kd.data).tolist(), within['t'].data is X, "
            "within['t'].query([2, 3]), kd.query([[4, 5]])"
        ),
    ),
    "a tree and the array that it looks at, both made by the step": (
        TREES,
        "Y = X + 1\nball, tree = BallTree(Y), cKDTree(Y)",
        "Y[0] = 50",
        "np.asarray(ball.data).tolist(), tree.data.tolist(), tree.query([2, 3])",
    ),
    "an array that a tree looks at": (
        f"{TREES}\ntree = cKDTree(X)",
        "X[0] = 9",
        "X[1] = 50",
        "tree.data.tolist()",
    ),
    "groupings by labels and by an array": (
        f"{TABLE}\nkeys = np.array([1, 1, 2])",
        "by, groups = df.groupby(level=0), df.groupby(keys)",
        "df.index.name = 'i'\nkeys[0] = 2",
        "by.sum().index.name, groups.v.sum().to_dict()",
    ),
    "a number that is given attributes later": (
        "class Count(int): pass\nc = Count(3)",
        "same, counts = c, [c]",
        "c.note = 1",
        "same is c, counts[0].note",
    ),
    "a text with attributes": (
        "class Tag(str): pass\ntag = Tag('a')\ntag.note = [1]",
        "tags, note = [tag, tag], tag.note",
        "tag.more = 5\ntag.note.append(2)",
        "tags[0].more, tags[0] is tag, note",
    ),
    "what scikit-learn loads as frames": (
        "from sklearn.datasets import load_iris",
        "iris = load_iris(as_frame=True)",
        "iris.data.iloc[0, 0] = 99",
        "iris.data.iloc[0, 0], iris.frame.iloc[0, 0], iris['target'].sum(), vars(iris)",
    ),
    "a function that counts its calls": (
        f"{COUNTER}\nfrom functools import partial",
        "held = [counter]\nlater = partial(counter)",
        "held[0](), later()",
        "counter()",
    ),
    "a function that counts its calls, put into an input": (
        f"{COUNTER}\nd = {{}}",
        "d['f'] = counter",
        "d['f']()",
        "counter()",
    ),
    "an argument of a partial function": (
        "from functools import partial\nxs = [1]",
        "total = partial(sum, xs)",
        "xs.append(5)",
        "total()",
    ),
    "a global that a function hands to an input": (
        "TABLE = [1]\ndef table():\n    return TABLE\nd = {}",
        "d['t'] = table()",
        "d['t'].append(2)",
        "TABLE",
    ),
    "a table of a class of the step, put into an input": (
        "d = {}",
        "class C:\n    TABLE = [1]\nd['t'] = C.TABLE",
        "d['t'].append(2)",
        "C.TABLE",
    ),
    "the name of a series": (
        "import pandas as pd\ns = pd.Series([7, 8], name='s')",
        "s.name = 'q'",
        "n = 1",
        "s.name, s.to_frame().columns.tolist()",
    ),
    "attributes that somebody gives frames and series": (
        "import pandas as pd\ndf = pd.DataFrame({'a': [1]})\ns = pd.Series([1])",
        "df._note = 5\ns.note = [1]\nt = df + 0\nt.attrs['of'] = u = s + 1\nu.note = 'n'",
        "u.note = 'm'",
        "df._note, s.note, t.attrs['of'].note",
    ),
    "attributes that somebody gives an index": (
        "import pandas as pd\ndf = pd.DataFrame({'a': [1]})\ni, c = df.columns, df.index",
        (
            "df.columns.note = 5\ndf.index.note = 'n'\nj = pd.date_range('2020', periods=2)\n"
            "j.note, j.freq = [1], None\nm = pd.MultiIndex.from_tuples([(1, 2)])\nm.note = i"
        ),
        "i.note += 1",
        "i.note, c.note, df.columns.note, df.columns is i, j.note, j.freq, m.note is i",
    ),
    "arrays that become read-only, or are so no more": (
        "import numpy as np\na, b, c = np.ones(3), np.ones(3), np.ones(3)\nb.setflags(write=0)",
        (
            "a.flags.writeable = False\nb.flags.writeable = True\nc[0] = 2\nc.setflags(write=0)\n"
            "d = np.ones(3)\nd.flags.writeable = False"
        ),
        "n = 1",
        "[(x.flags.writeable, x) for x in (a, b, c, d)]",
    ),
    "what an exception was made of, and what stands behind it": (
        "data, first = [1], KeyError('k')",
        (
            "error = ValueError(data)\nerror.__cause__ = first\ntry:\n    try:\n        {}['k']\n"
            "    except KeyError:\n        int('x')\nexcept ValueError as e:\n    second = e"
        ),
        "data.append(2)",
        "error, error.__cause__ is first, second.__context__, second.__suppress_context__",
    ),
    "a tuple whose list is changed": (
        "t = (1, [2])",
        "u = t\nt[1].append(3)\nv = {'t': t}",
        "n = 1",
        "u is t, v['t'] is t, t",
    ),
    "a window that stands in two places": (
        "import numpy as np\na = np.arange(6)",
        (
            "parts = np.split(a, 3)\nfirst, *rest = parts\nb = a + 1\nc = [b[1:]]\nd = c[0]\n"
            "e = {'e': first, 'f': first}"
        ),
        "a[0] = b[1] = 99",
        "first is parts[0], rest[0] is parts[1], c[0] is d, parts, d, e, e['e'] is e['f']",
    ),
    "an array that was broadcast": (
        "import numpy as np\na = np.arange(3)",
        "b = np.broadcast_arrays(a, np.ones((2, 3)))[0]",
        "a[0] = 99",
        "b.tolist()",
    ),
    "what a frame allows": (
        "import pandas as pd\ndf = pd.DataFrame({'a': [1]})",
        "df.flags.allows_duplicate_labels = False",
        "n = 1",
        "df.flags.allows_duplicate_labels",
    ),
    "what a method of an input hands out of a global": (
        STORE,
        "t = store.table()",
        "t.append(2)",
        "TABLE",
    ),
    "what a function inside an input hands out": (
        "TABLE = [1]\ndef table():\n    return TABLE\nfunctions = {'t': table}",
        "t = functions['t']()",
        "t.append(2)",
        "TABLE",
    ),
    "what a dataclass takes from a default factory": (
        POINT,
        "point = made[0]()",
        "point.table.append(2)",
        "TABLE",
    ),
    "the index of a frame": (FRAME, "ix = df.index", "ix.name = 'i'", "df.index.name"),
    "the columns of a frame": (FRAME, "c = [df.columns]", "c[0].name = 'i'", "df.columns.name"),
    "the index of a frame made from it": (
        FRAME,
        "made = {'e': df * 2}",
        "made['e'].index.name = 'i'",
        "df.index.name",
    ),
    "the index of a series": (
        "import pandas as pd\ns = pd.Series([1, 2])",
        "t = s * 2",
        "t.index.name = 'i'",
        "s.index.name",
    ),
    "the index of two frames of one step": (
        "import pandas as pd",
        "g = pd.DataFrame({'k': [1]})\nh = [g * 2]",
        "h[0].index.name = 'i'",
        "g.index.name",
    ),
    "the attributes of a frame": (FRAME, "notes = df.attrs", "notes['unit'] = 'm'", "df.attrs"),
    "an element of a column of objects": (
        OBJECTS,
        "first = df.k[3 - 3]",
        "first.append(5)",
        "list(df.k)",
    ),
    "an element of a series of objects": (
        "import pandas as pd\ns = pd.Series([[1], [2]])",
        "first = s[0]",
        "first.append(5)",
        "list(s)",
    ),
    "the frame that a grouping looks at": (
        FRAME,
        "groups = df.groupby('k')",
        "df['w'] = 1",
        "list(groups.w.sum())",
    ),
    "a frame changed in place beside one with its index": (
        f"{FRAME}\ne = df * 2",
        "df['w'] = 1",
        "e.index.name = 'i'",
        "(df.index.name, e.columns.tolist())",
    ),
    "a frame with other columns beside one with its old ones": (
        f"{FRAME}\ne = df * 2",
        "df.columns = ['z']",
        "e.columns.name = 'c'",
        "(df.columns.name, df.columns.tolist())",
    ),
    "a part of one input that stands in a part of another": (
        "root, pool = {'kids': []}, [{'kids': []} for _ in 'abc']\nroot['kids'].append(pool[1])",
        "root['kids'][0]['kids'].append(pool[2])",
        "pool[2]['n'] = 1",
        "root, pool, root['kids'][0] is pool[1]",
    ),
    "what a part that others hold has from now on": (
        "d = {'a': [[1], [2]]}\nx = d['a']",
        "d['a'].insert(0, [9])\ny, z = d['a'][0], [d['a'][1]]",
        "y.append(4)\nz[0].append(5)",
        "x, y, z, d['a'] is x",
    ),
    "a frame within an input that gets a column": (
        f"{TABLE}\nd = {{'a': df, 'b': [df]}}\narr = df['w'].to_numpy()\nby = df.groupby('v')",
        "d['a']['z'] = 1\nc, seen = d['a']['z'], d['a']['z'].to_numpy()",
        "df.loc[0, 'z'] = 7\ndf.loc[0, 'w'] = 9",
        "df, d['a'] is d['b'][0] is df, arr.tolist(), c.tolist(), seen.tolist(), by.sum()",
    ),
    "attributes of an input as a dictionary": (
        "class C: pass\nc = d = C()\nc.a, c.b = 1, [1]",
        "vars(c)['a'] = 2\nvars(c).update(e=[5])\nf = dict(vars(c))\ng = vars(c)['b']",
        "c.b.append(3)\nf['e'].append(6)",
        "vars(c), vars(d), f, g, c is d",
    ),
    "frames and series of an object that are changed in their places": (
        f"{TABLE}\nfs = [df, df['v'].copy()]\nf, s = fs",
        "fs[0].loc[0, 'w'] = 5\nfs[0].attrs['k'] = [1]\nfs[1].iloc[0] = 6",
        "n = 1",
        "df, df.attrs, s, fs[0] is f is df, fs[1] is s",
    ),
    "a look at a dictionary that may only be read": (
        "import types",
        "d = {'a': [1]}\nlook = types.MappingProxyType(d)\nheld = {'look': look}",
        "d['b'] = 2\nd['a'].append(3)",
        "dict(look), held['look'] is look",
    ),
    "a tree whose nodes know those above them": (
        (
            "root = {'kids': []}\none = {'up': root, 'kids': []}\nroot['kids'].append(one)\n"
            "all_ = [root, one]"
        ),
        "one['kids'].append('x')\nroot['kids'].append('y')\nall_.append(3)",
        "one['up']['kids'].append('z')",
        "one['kids'], root['kids'][1:], root['kids'][0] is one, one['up'] is root is all_[0]",
    ),
    "objects that are hashed by what they are": (
        CITY,
        (
            "first, some = cities[0], cities[1:]\nrows = {c: n for n, c in enumerate(cities)}\n"
            "boxed = {'b': boxes[0], 't': tins[1]}"
        ),
        "for city in rows: city.done = True\nboxed['b'].n = boxed['t'].n = 5",
        "first.done, [c.done for c in cities], some[0] is cities[1], boxes, tins",
    ),
    "a window that is bound again, and what it looks into": (
        "import numpy as np\nx = np.zeros((3, 2))\nrow = x[1]",
        "row += 5\nsame = row\nx[0] = 9",
        "x[1, 0] = 7\nrow[1] = 3",
        "row, x, same is row, row.base is x",
    ),
    "two windows that are bound again": (
        "import numpy as np\nx = np.zeros(4)\na, b = x[:3], x[:0:-1]",
        "a += 1\nb *= 2\ntotal = x.sum()",
        "a[1] = 7\nb[1] = 8",
        "a, b, x, total",
    ),
}
"""What is made first, what the step does, what is changed later, and where it must be seen."""

TABLES = {
    "pyarrow": (
        (
            f"import pyarrow as pa\n{MADE}\n"
            "df = pd.DataFrame({'v': [1.0, 2.0], 'w': [4.0, 5.0], 's': ['x', 'y']})\n"
            "df['c'] = pd.Categorical(['x', 'y'])\n"
            "df['o'] = pd.Categorical([None, 'y'], ['z', 'y'], ordered=True)"
        ),
        (
            "part = [pa.array(a[1:])]\nt = pa.table({'a': a, 'b': a * 2})\n"
            "f = pa.Table.from_pandas(df)"
        ),
        "a[1] = 99\ndf.loc[0, 'w'] = 98\ndf.loc[0, 'c'] = 'y'",
        "part[0].to_pylist(), t.to_pydict(), f.to_pydict(), str(f.schema)",
    ),
    "polars": (
        f"import polars as pl\n{MADE}\nt = pl.DataFrame({{'g': [1, 1, 2], 'v': [1, 2, 3]}})",
        (
            "s = pl.Series('a', a)\ndf = pd.DataFrame({'v': [1.0, 2.0], 's': ['x', 'y']})\n"
            "f = {'f': pl.from_pandas(df), 'g': pl.DataFrame({'a': a[1:], 'b': a[:-1]})}\n"
            "by = t.group_by('g', maintain_order=True)"
        ),
        "a[1] = 99\ndf.loc[0, 'v'] = 98\nt[0, 'v'] = 97",
        (
            "s.to_list(), f['f'].to_dict(as_series=False), f['g'].to_dict(as_series=False), "
            "by.sum().rows()"
        ),
    ),
    "PIL": (
        "import numpy as np\nfrom PIL import Image\na = np.zeros((2, 3), 'u1')",
        (
            "c = np.zeros((2, 3, 4), 'u1')\nimages = [Image.fromarray(a), Image.fromarray(c)]\n"
            "copy = Image.fromarray(a + 1)"
        ),
        "a[0, 0] = 99\nc[1, 1] = 98",
        "[np.asarray(image).tolist() for image in (*images, copy)]",
    ),
}
"""What libraries make in the memory of arrays and frames."""

REFUSED = {
    "a look at an input that may only be read": (
        "import types\nd = {'a': 1}",
        "look = types.MappingProxyType(d)",
        "d['b'] = 2",
        "dict(look)",
    ),
    "a frame that is looked at by way of another one": (
        DAYS,
        "days = df.resample('2D')",
        "df.iloc[0, 0] = 99",
        "days.sum().v.tolist()",
    ),
    "one that is put into an input": (
        f"{DAYS}\nd = {{}}",
        "d['r'] = df.resample('2D')",
        "df.iloc[0, 0] = 99",
        "d['r'].sum().v.tolist()",
    ),
    "one that the step changes": (
        f"{DAYS}\ndays = df.resample('2D')",
        "df.iloc[0, 0] = 50",
        "df.iloc[1, 0] = 99",
        "days.sum().v.tolist()",
    ),
    "what a method is called with": (
        "import operator\nv, w = [1], [2]",
        "add = operator.methodcaller('append', v)\nput = operator.methodcaller('update', a=w)",
        "v.append(5)\nw.append(6)\na, b = [], {}\nadd(a)\nput(b)",
        "a, b",
    ),
    "a member of a set that is hashed by what it is": (
        CITY,
        "some = set(cities[:2])",
        "for city in some: city.done = True",
        "[c.done for c in cities]",
    ),
    "an input whose class leaves out a part of it when it is kept": (
        f"{CACHING}\none = Caching()\none.seen['a'] = 1",
        "one.items.append(1)",
        "n = 1",
        "one.seen, one.items",
    ),
    "a part of an input whose class leaves out a part of it": (
        f"{CACHING}\none = Caching()\none.seen['a'] = 1\nall_ = [one]",
        "all_[0].items.append(1)",
        "n = 1",
        "one.seen, one.items, all_[0] is one",
    ),
    "an exception of an input in a group": (
        "error = ValueError(1)",
        "group = ExceptionGroup('g', [error])",
        "error.note = 1",
        "group.exceptions[0] is error",
    ),
    "an array within an input that becomes read-only": (
        "d = {'a': np.ones(3)}",
        "d['a'].flags.writeable = False",
        "n = 1",
        "d['a'].flags.writeable",
    ),
    "a column that is changed in place, into which an array looks": (
        f"{TABLE}\narr = df['w'].to_numpy()",
        "df.loc[0, 'w'] = 100",
        "n = 1",
        "arr, df",
    ),
    "a column of a frame within an input, into which an array looks": (
        f"{TABLE}\nd = {{'a': df}}\narr = df['w'].to_numpy()",
        "d['a'].loc[0, 'w'] = 100",
        "n = 1",
        "arr, df, d['a'] is df",
    ),
    "attributes of an input": ("c = C()", "d = vars(c)", "d['a'] = 2", "c.a"),
    "attributes of an input, put into another": (
        "c, e = C(), {}",
        "e['d'] = [c.__dict__]",
        "e['d'][0]['a'] = 2",
        "c.a",
    ),
    "attributes of another output": ("n = 4", "c = C()\nd = vars(c)", "d['a'] = 2", "c.a"),
    "memory of an input": ("b = bytearray(4)", "a = np.frombuffer(b, 'u1')", "b[0] = 7", "list(a)"),
    "memory of another output": (
        "n = 4",
        "b = bytearray(n)\na = np.frombuffer(b, 'u1').reshape(2, 2)[1:]",
        "b[3] = 7",
        "a.tolist()",
    ),
    "memory of an array of machine values": (
        "import array\nb = array.array('i', [1, 2])",
        "a = np.asarray(b)",
        "b[0] = 7",
        "a.tolist()",
    ),
    "what a frozen set holds": (
        "k = C()\npool = [frozenset([k])]",
        "best = pool[0]",
        "next(iter(best)).a = 9",
        "k.a, k in best",
    ),
    "a global that a method of an input changes": (
        STORE.replace("return TABLE", "TABLE.append(2)"),
        "store.table()",
        "TABLE.append(3)",
        "TABLE",
    ),
}


FUNCTIONS = {
    "one of a list": (
        "fs = [lambda x: x, lambda x: -x]\nnames = {fs[0]: 'id', fs[1]: 'neg'}",
        "best = max(fs, key=lambda f: f(3))",
        "names[best]",
    ),
    "made in a loop": (
        LOOPED,
        "h = list(fs)",
        "[names[f] for f in h]",
    ),
    "a value of a table": (
        "acts = {'relu': lambda x: max(x, 0), 'id': lambda x: x}",
        "act = acts['relu']",
        "[k for k, v in acts.items() if v is act]",
    ),
    "a key": ("d = {(lambda: 1): 'a'}", "best = list(d)[0]", "d.get(best)"),
    "a key that is an instance": (
        "class K: pass\nd = {K(): 'a', K(): 'b'}",
        "best = list(d)[1]",
        "d.get(best)",
    ),
    "keys of what is made": (
        AGGREGATES,
        "res = {f: f([1, 2]) for f in fs.values()}",
        "{labels[f]: v for f, v in res.items()}",
    ),
    "under two names": ("sq = lambda x: x * x\nalso = sq", "best = {'f': also}", "best['f'] is sq"),
    "under a name that is not its own": ("def f(): pass\ng = f\ndel f", "b = [g]", "b[0] is g"),
    "whose name means another": (
        "def f(x): return x + 1\nkeep = f\ndef f(x): return x - 1",
        "h = {'fn': keep}",
        "h['fn'] is keep",
    ),
    "an attribute": ("class O: pass\no = O()\no.cb = lambda: 1", "p = [o.cb, o]", "p[0] is o.cb"),
    "of a class": ("class S:\n    b = lambda s: 1", "best = [S.b]", "best[0] is S.b"),
    "a default": ("def f(g=lambda: 1): return g", "z = f()", "z is f()"),
    "hooks": (
        HOOKS,
        "active = hooks[:1]",
        "hooks.remove(active[0]), len(hooks)",
    ),
    "put into an input": ("fs = [lambda: 2]\nR = {}", "R['best'] = fs[0]", "R['best'] is fs[0]"),
    "in a frame": (
        "import pandas as pd\ndf = pd.DataFrame({'f': [abs, (lambda: 1)]})",
        "z = df.f[1]",
        "z is df.f[1]",
    ),
}
"""Functions that only their holders have, as keys and parts; and other things that are keys."""


def _both(kernel: Kernel, cells: tuple[str, ...], asked: str) -> tuple[str, str, str, str]:
    """What plain cells leave, the steps, and the steps after a restart; how the step went then."""
    kernel.play(*without_steps(cells))
    plain = kernel.ask(asked)
    kernel.fresh()
    kernel.play(*cells)
    first = kernel.ask(asked)
    kernel.fresh()
    step = kernel.play(*cells)[1]
    return plain, first, kernel.ask(asked), step.status


@pytest.mark.parametrize("case", SHARED)
def test_a_hit_shares_what_a_run_shares(case: str, kernel: Kernel) -> None:
    made, body, later, asked = SHARED[case]
    plain, first, again, status = _both(kernel, (made, f"%%step s\n{body}", later), asked)
    assert (first, again, status) == (plain, plain, "cached")


@pytest.mark.parametrize("case", FUNCTIONS)
def test_a_hit_hands_on_the_very_function(case: str, kernel: Kernel) -> None:
    made, body, asked = FUNCTIONS[case]
    plain, first, again, status = _both(kernel, (made, f"%%step s\n{body}", "later = 1"), asked)
    assert (first, again, status) == (plain, plain, "cached")


def test_a_step_says_nothing_of_an_array_that_numpy_warns_of(kernel: Kernel) -> None:
    made = "import numpy as np\na = np.broadcast_arrays(np.arange(3), np.ones((2, 3)))[0]"
    played = kernel.play(made, "%%step s\nb = [a, a[:1], a.sum()]", "a[0, 0] = 1")
    assert "overlapping memory" in played[2].stream("stderr")
    assert not played[1].stream("stderr")


@pytest.mark.parametrize("library", TABLES)
def test_tables_and_images_see_what_is_put_into_their_memory(library: str, kernel: Kernel) -> None:
    pytest.importorskip(library)
    if OTHER_PYTHON and library in ("pyarrow", "polars"):
        pytest.skip(f"the other stack has no {library}")
    made, body, later, asked = TABLES[library]
    plain, first, again, status = _both(kernel, (made, f"%%step s\n{body}", later), asked)
    assert (first, again, status) == (plain, plain, "cached")


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_shared_again_runs(case: str, kernel: Kernel) -> None:
    made, body, later, asked = REFUSED[case]
    cells = (f"import numpy as np\nclass C: a = 1\n{made}", f"%%step s\n{body}", later)
    plain, first, again, status = _both(kernel, cells, asked)
    assert (first, again, status) == (plain, plain, "completed")
