"""Registries and settings of libraries: who changes them is not kept, who uses them runs again."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import OTHER_PYTHON, Kernel

CHANGING = {
    "file types": ("import mimetypes", "mimetypes.add_type('a/b', '.zz')"),
    "error handlers": (
        "from codecs import register_error as put",
        "put('q', lambda e: ('?', e.end))",
    ),
    "dialects": ("import csv", "csv.register_dialect('q', delimiter=';')"),
    "through __dict__": ("import json", "json.__dict__['SETTING'] = 3"),
    "through sys.modules": ("import sys", "sys.modules['json'].SETTING_2 = 3"),
    "through a helper": (
        "import json\ndef put(where, name, what): setattr(where, name, what)",
        "put(json, 'SETTING_3', 3)",
    ),
    "a table of a module": ("import mimetypes", "mimetypes.types_map['.zq'] = 'a/b'"),
    "a table of a module that it loads": ("", "import stringprep as t\nt.b3_exceptions[65] = 'x'"),
    "a table that is added to": ("import html.entities as e", "e.name2codepoint.update(zq=65)"),
    "a table that is not loaded": ("", "import netrc, stringprep\nstringprep.c22_specials.add(7)"),
    "a table by a helper": (
        "import mimetypes\ndef put(): mimetypes.types_map['.zq'] = 'a/b'",
        "put()",
    ),
    "a table by a helper of the cell": (
        "import mimetypes",
        "def put():\n    mimetypes.types_map.update({'.zq': 'a/b'})\nput()",
    ),
    "a table by a helper that imports": (
        "",
        "def put():\n    import stringprep as t\n    t.b3_exceptions[66] = 'x'\nput()",
    ),
    "a table by a method": (
        "import sys\nclass P:\n    def put(self): sys.modules['mine'] = sys",
        "P().put()",
    ),
    "a table by a lambda": ("import mimetypes as m", "(lambda: m.types_map.pop('.zq', 0))()"),
    "a table that is handed out": (
        "import sysconfig",
        "sysconfig.get_config_vars()['zq'] = 1",
    ),
    "a table around a function": (
        (
            "def made(m):\n    def put(): m.types_map['.z'] = 'a/b'\n    return put\n"
            "import mimetypes as m\nput = made(m)"
        ),
        "put()",
    ),
    "an item that grows": (
        "import html.entities as e",
        "e.name2codepoint['zq'] = 1\ne.name2codepoint['zq'] += 1",
    ),
    "a palette by a helper": (
        (
            "import matplotlib as m\nfrom matplotlib.colors import ListedColormap as L\n"
            "def put(): m.colormaps.register(L(['r'], name='mine'), force=True)"
        ),
        "put()",
    ),
    "an abstract class": ("import numbers", "class N: pass\nnumbers.Number.register(N)"),
    "a palette": (
        "import matplotlib as m\nfrom matplotlib.colors import ListedColormap as L",
        "m.colormaps.register(L(['r'], name='mine'), force=True)",
    ),
    "a level of logging": ("from logging import addLevelName", "addLevelName(33, 'XX')"),
    "what makes a record": (
        "import logging",
        "logging.setLogRecordFactory(logging.LogRecord)",
    ),
    "a hook": ("import sys", "sys.excepthook = print"),
    "a builtin": ("import builtins", "vars_ = builtins.__dict__\nvars_['mine'] = 3"),
    "a configuration": (
        "import sklearn\ndef put(function, **named): function(**named)",
        "put(sklearn.set_config, assume_finite=True)",
    ),
}


def test_a_step_that_changes_what_a_library_holds_is_not_kept(own: Kernel) -> None:
    cells = {
        name: (before, f"%%step s{place}\n{change}\ny = 1")
        for place, (name, (before, change)) in enumerate(CHANGING.items())
    }
    for each in cells.values():
        own.play(*each)
        own.run(each[1])  # it finds set what it sets
    own.restart()
    for name, each in cells.items():
        again = own.play(*each)[-1]
        assert again.status == "completed" and "not kept" in again.said, (name, again.said)


def test_a_step_that_changes_nothing_of_the_libraries_it_uses_is_kept(own: Kernel) -> None:
    steps = (
        "y = mimetypes.guess_type('a.html'), json.dumps([1]), sys.maxsize, builtins.len([])",
        "y = csv.list_dialects(), codecs.encode('a', 'rot13'), tempfile.gettempdir()",
        "y = np.ma.append([1], [2]), collections.abc.Sized.register, {**mimetypes.types_map}",
        "def put(): mimetypes.types_map['.zq'] = 'a/b'\ny = 1",
        "class C:\n    def put(self): mimetypes.types_map['.zq'] = 'a/b'\ny = 1",
        "def f():\n    types_map = {}\n    types_map['a'] = 1\n    return types_map\ny = f()",
        "y = configured()",
        "y = sklearn.get_config()['assume_finite'], np.linalg.norm([1]), scipy.stats.norm.cdf(0)",
        "fig, ax = plt.subplots()\nax.plot([1])\ny = pd.DataFrame({'a': [1]}).describe()",
    )
    imports = (
        "import builtins, codecs, csv, json, mimetypes, sys, tempfile\n"
        "import numpy as np, pandas as pd, scipy.stats, sklearn, matplotlib.pyplot as plt\n"
        "import os, warnings, logging\nos.environ['Z'] = '1'\nplt.rcParams['font.size'] = 11\n"
        "def configured():\n    os.environ['Z'] = '1'\n    plt.rcParams.update({'font.size': 11})\n"
        "    logging.root.handlers.extend([])\n    sys.path.extend([])\n    return 1"
    )
    own.run(imports)
    for step in steps:
        assert "not kept" not in (said := own.run(f"%%step s\n{step}").said), said


USING = {
    "file types": (
        "import mimetypes\nmimetypes.add_type('a/{}', '.zz')",
        "mimetypes.guess_type('x.zz')[0]",
        ("a/1", "a/2"),
    ),
    "dialects": (
        "import csv\ncsv.register_dialect('q', delimiter='{}')",
        "next(csv.reader(['a1b2c'], 'q'))[0]",
        ("a", "a1b"),
    ),
    "prefixes of namespaces": (
        "from xml.etree import ElementTree as T\nT.register_namespace('p{}', 'u:v')",
        "T.tostring(T.fromstring('<a xmlns=\"u:v\"/>'))[1:3]",
        (b"p1", b"p2"),
    ),
    "a builtin of one's own": ("import builtins\nbuiltins.RATE = {}", "RATE", (1, 2)),
    "a builtin that was replaced": (
        "import builtins\nbuiltins.pow = lambda *_: {}",
        "pow(2, 3)",
        (1, 2),
    ),
    "a setting of one's own": ("import json\njson.SETTING = {}", "json.SETTING", (1, 2)),
    "a configuration": (
        "import sklearn\nsklearn.set_config(working_memory={})",
        "sklearn.get_config()['working_memory']",
        (1, 2),
    ),
    "printing": (
        "import polars as pl\npl.Config.set_tbl_rows({})",
        "str(pl.DataFrame({'a': range(9)})).count('\\n')",
        (8, 9),
    ),
}


@pytest.mark.parametrize("name", USING)
def test_a_step_that_uses_what_a_library_holds_runs_again_where_that_is_another(
    own: Kernel, name: str
) -> None:
    before, use, expected = USING[name]
    if OTHER_PYTHON and "polars" in before:
        pytest.skip("the other stack has no polars")
    source = f"%%step s\ny = {use}"
    for number, value in zip((1, 2), expected, strict=True):
        for status in ("completed", "cached"):
            assert own.play(before.format(number), source)[-1].status == status
            assert own.value("y") == value
            own.restart()


def test_a_picture_is_drawn_again_in_another_style_whoever_draws_it(own: Kernel) -> None:
    before = "import matplotlib\nfrom sklearn.metrics import ConfusionMatrixDisplay as D"
    drawing = "%%step s\nD.from_predictions([0, 1], [0, 1])\ny = 1"
    own.play(before, drawing)
    own.restart()
    small = own.play(f"{before}\nmatplotlib.rcParams['figure.figsize'] = (2, 2)", drawing)[-1]
    assert small.status == "completed", small.said


NAMESPACE = (
    "import polars as pl\n@pl.api.register_expr_namespace('own')\nclass Own:\n"
    "    def __init__(self, e): self.e = e\n    def times(self): return self.e * {}"
)
REGISTERED = {
    "the command line": (
        "import sys, argparse\nsys.argv = ['program', '--n', '{}']",
        "parser = argparse.ArgumentParser()\nparser.add_argument('--n')\nn = parser.parse_args().n",
    ),
    "a namespace of polars": (
        NAMESPACE,
        "n = str(pl.DataFrame({'a': [1]}).select(pl.col('a').own.times()).item())",
    ),
}


@pytest.mark.parametrize("case", REGISTERED)
def test_what_the_notebook_has_set_counts_for_a_step_that_uses_it(
    case: str, kernel: Kernel
) -> None:
    setting, body = REGISTERED[case]
    if OTHER_PYTHON and "polars" in setting:
        pytest.skip("the other stack has no polars")
    for number, status in ((2, "completed"), (2, "cached"), (3, "completed"), (3, "cached")):
        kernel.fresh()
        done = kernel.play(setting.replace("{}", str(number)), f"%%step s\n{body}")
        assert (done[-1].status, kernel.value("n")) == (status, str(number))


HELD = {
    "a class that is registered with an abstract one": (
        "import collections.abc as c\nclass P: pass\nif {} == 3: c.Sized.register(P)",
        "n = str(2 + isinstance(P(), c.Sized))",
    ),
    "one that is registered with a kind of numbers": (
        "import numbers\nclass P: pass\nif {} == 3: numbers.Real.register(P)",
        "n = str(2 + isinstance(P(), numbers.Number))",
    ),
    "an adapter": (
        "import sqlite3\nclass P: pass\nsqlite3.register_adapter(P, lambda p: {})",
        "n = str(sqlite3.connect(':memory:').execute('select ?', (P(),)).fetchone()[0])",
    ),
    "an adapter of Python's": (
        "import sqlite3\nclass F(float): pass\nsqlite3.register_adapter(F, [int, round][{} - 2])",
        "n = str(sqlite3.connect(':memory:').execute('select ?', (F(2.6),)).fetchone()[0])",
    ),
    "how a class is copied": (
        "import copyreg\nclass Q: pass\ncopyreg.pickle(Q, lambda q: (int, ({},)))",
        "import copy\nn = str(copy.copy(Q()))",
    ),
    "what is done with errors": (
        "import codecs\ncodecs.register_error('mine', lambda e: ('{}', e.end))",
        "n = b'\\xff'.decode('ascii', 'mine')",
    ),
    "what a file does with errors": (
        (
            "import codecs, functools\ndef put(number, e): return number, e.end\n"
            "codecs.register_error('mine', functools.partial(put, '{}'))\n"
            "_ = open('f', 'wb').write(b'\\xff')"
        ),
        "n = open('f', encoding='ascii', errors='mine').read()",
    ),
    "the arguments": ("import sys\nsys.argv[1:] = ['{}']", "import sys\nn = sys.argv[-1]"),
    "the arguments by their own name": (
        "import sys as s\ns.argv = ['program', '{}']",
        "from sys import argv\nn = argv[1]",
    ),
    "where modules are looked for": (
        "import sys\nsys.path[:] = [p for p in sys.path if p[:3] != '/zq'] + ['/zq{}']",
        "n = sys.path[-1][3:]",
    ),
    "a table that was put into a library": (
        "import json\njson.TABLE = dict(a={})",
        "n = str(json.TABLE['a'])",
    ),
    "one that the step imports": (
        "import json as j\nTABLE = dict(a={})\nj.TABLE = TABLE",
        "import json\nn = str(json.TABLE.get('a'))",
    ),
    "a table that was put into a large library": (
        "import matplotlib as m\nm.TABLE = {{}, 9}",
        "n = str(min(m.TABLE))",
    ),
    "an object that was put into a library": (
        "import json.decoder\nclass P: pass\njson.decoder.own = P()\njson.decoder.own.n = {}",
        "n = str(json.decoder.own.n)",
    ),
    "a unit of axes": (
        (
            "import matplotlib.units as units\nclass U: pass\n"
            "class In(units.ConversionInterface):\n    def convert(*_): return {}\n"
            "units.registry[U] = In()"
        ),
        "n = str(units.registry.get_converter(U()).convert(U(), None, None))",
    ),
    "a colormap": (
        (
            "import matplotlib as m\nfrom matplotlib.colors import ListedColormap as L\n"
            "m.colormaps.register(L(['red'] * {}), name='mine', force=True)"
        ),
        "import matplotlib.pyplot as plt\nn = str(plt.get_cmap('mine').N)",
    ),
    "the longest field": (
        "import csv\ncsv.field_size_limit({})",
        (
            "def fits(k):\n    try:\n        return len([*csv.reader(['a' * k])])\n"
            "    except csv.Error:\n        return 0\n"
            "n = str(max(k for k in range(9) if fits(k)))"
        ),
    ),
    "the first day": (
        "import calendar\ncalendar.setfirstweekday({})",
        "n = str(list(calendar.day_abbr).index(calendar.weekheader(3)[:3]))",
    ),
    "a time limit": (
        "import socket\nsocket.setdefaulttimeout({})",
        "n = f'{socket.getdefaulttimeout():.0f}'",
    ),
    "a format of numbers": (
        "import pandas as pd\npd.set_option('display.float_format', lambda v: f'{v:.{}f}')",
        "import pandas as pd\nn = str(len(repr(pd.Series([1.5])).split()[1]) - 2)",
    ),
    "what a format of numbers reads": (
        (
            "import numpy as np\nplaces = {}\n"
            "np.set_printoptions(formatter={'float': lambda v: format(v, f'.{places}f')})"
        ),
        "import numpy as np\nn = str(len(repr(np.array([1.5]))) - 11)",
    ),
    "short texts": (
        "import reprlib\nreprlib.aRepr.maxlist = {}",
        "n = str(reprlib.repr([0] * 9).count('0'))",
    ),
    "a default of a library's object": (
        "import json\njson._default_encoder.sort_keys = {} == 3",
        "import json\nn = str(2 + (json.dumps(dict(b=1, a=2))[2] == 'a'))",
    ),
    "a setting that only the library reads": (
        "import requests.utils\nrequests.utils.default_user_agent = lambda *_: '{}'",
        "import requests\nn = requests.Session().headers['User-Agent']",
    ),
    "a limit of a submodule": (
        "import PIL.Image\nPIL.Image.MAX_IMAGE_PIXELS = {}",
        (
            "import warnings\nfrom PIL.Image import _decompression_bomb_check as check\n"
            "with warnings.catch_warnings():\n    warnings.simplefilter('error')\n"
            "    try:\n        check((3, 1))\n        n = '3'\n"
            "    except Warning:\n        n = '2'"
        ),
    ),
    "an object whose method is called": (
        "import numpy.ma as m\nm.masked_print_option.set_display('{}')",
        "import numpy.ma\nn = str(numpy.ma.array([1], mask=[1]))[1:-1]",
    ),
    "a style": (
        (
            "import matplotlib as mpl, matplotlib.style\ndef put(w):\n"
            "    mpl.style.library['x'] = dict(zip(['lines.linewidth'], [w]))\nput({})"
        ),
        (
            "import matplotlib.pyplot as plt\nwith plt.style.context('x'):\n"
            "    n = f\"{plt.rcParams['lines.linewidth']:.0f}\""
        ),
    ),
    "a style of the library's": (
        "from matplotlib.style import library as k\nk['ggplot'].update({'lines.linewidth': {}})",
        (
            "import matplotlib.pyplot as plt\nwith plt.style.context('ggplot'):\n"
            "    n = f\"{plt.rcParams['lines.linewidth']:.0f}\""
        ),
    ),
    "what opens addresses": (
        (
            "import io, urllib.request as u, email.message, urllib.response\n"
            "class H(u.BaseHandler):\n    def zz_open(self, request):\n"
            "        told = email.message.Message()\n"
            "        return urllib.response.addinfourl(io.BytesIO(b'{}'), told, 'zz:a')\n"
            "u.install_opener(u.build_opener(H))"
        ),
        "from urllib.request import urlopen\nn = urlopen('zz:a').read().decode()",
    ),
    "what makes objects of a text": (
        "import yaml\nyaml.add_constructor('!z', lambda loader, node: {})",
        "import yaml\nn = str(yaml.load('!z 3', Loader=yaml.Loader))",
    ),
    "what a function of a library does with a type": (
        (
            "import pkgutil\n@pkgutil.iter_importer_modules.register(int)\n"
            "def _(finder, prefix=''): return [('{}', 0)]"
        ),
        "import pkgutil\nn = pkgutil.iter_importer_modules(3)[0][0]",
    ),
    "names of complex numbers": (
        "import h5py\nh5py.get_config().complex_names = ('{}', 'i')",
        (
            "import h5py, io\nwith h5py.File(io.BytesIO(), 'w') as f:\n    f['b'] = 1j\n"
            "    n = f['b'].id.get_type().get_member_name(0).decode()\ndel f"
        ),
    ),
}


def test_what_another_cell_has_libraries_hold_counts_for_a_step_that_uses_it(own: Kernel) -> None:
    for case, (setting, body) in HELD.items():
        for number, status in ((2, "completed"), (2, "cached"), (3, "completed"), (3, "cached")):
            own.fresh()
            done = own.play(setting.replace("{}", str(number)), f"%%step s\n{body}")
            assert (done[-1].status, own.value("n")) == (status, str(number)), case


def test_what_a_library_holds_by_itself_and_a_kernels_command_line_are_no_reasons(
    own: Kernel,
) -> None:
    step = (
        "%%step s\nimport linecache, mimetypes, sys\n"
        "y = len(linecache.cache), '.a' in mimetypes.types_map, len(sys.argv)"
    )
    for status in ("completed", "cached"):
        assert own.run(step).status == status
        own.run("import linecache\nlinecache.getlines(linecache.__file__)")
        assert own.run(step).status == "cached"
        own.restart()


def test_a_colormap_that_a_library_holds_is_no_reason(own: Kernel) -> None:
    library = (
        "import matplotlib, tqdm as library\nfrom matplotlib.colors import ListedColormap\n"
        "library.rocket = ListedColormap(['red'], 'rocket')\n"
        "matplotlib.colormaps.register(library.rocket, name='rocket')"
    )
    step = "%%step s\nimport matplotlib.pyplot as plt\nn = plt.get_cmap('rocket').N"
    own.run(library)
    assert own.run(step).status == "completed"
    own.run("import matplotlib\nmatplotlib.colormaps.unregister('rocket')")
    assert own.run(step).status == "cached"
    mine = "matplotlib.colormaps.register(ListedColormap(['blue'] * 3), name='rocket')"
    own.run(f"from matplotlib.colors import ListedColormap\n{mine}")
    own.run(step.replace("%%step s", "%%step other").replace("n =", "m ="))
    again = own.run("matplotlib.colormaps.unregister('rocket')\n" + mine.replace("3", "4"))
    assert not again.error
    other = own.run(step.replace("%%step s", "%%step other").replace("n =", "m ="))
    assert (other.status, own.value("m")) == ("completed", 4), other.said


def test_a_colormap_that_is_not_there_is_a_reason_once_it_is(own: Kernel) -> None:
    step = (
        "%%step s\nimport matplotlib\ntry:\n    n = matplotlib.colormaps['mine'].N\n"
        "except KeyError:\n    n = 0"
    )
    own.run(step)
    assert own.run(step).status == "cached" and own.value("n") == 0
    own.run(
        "from matplotlib.colors import ListedColormap\n"
        "matplotlib.colormaps.register(ListedColormap(['red'] * 3), name='mine')"
    )
    assert own.run(step).status == "completed" and own.value("n") == 3


def test_a_random_state_that_a_library_holds_counts_and_is_not_drawn_from_by_a_hit(
    own: Kernel,
) -> None:
    step = "%%step s\ny = scipy.stats.norm.rvs(size=2).tolist()"
    seen = []
    for seed in (7, 7, 8):
        own.run(
            "import numpy as np, scipy.stats\n"
            f"scipy.stats.norm.random_state = np.random.RandomState({seed})"
        )
        assert "scipy.stats.norm.random_state" in own.run(step).said
        drawn = own.value("(y, scipy.stats.norm.rvs(size=2).tolist())")
        expected = (
            f"(lambda r: (r.normal(size=2).tolist(), r.normal(size=2).tolist()))"
            f"(np.random.RandomState({seed}))"
        )
        assert drawn == own.value(expected)
        seen.append(drawn)
        own.restart()
    assert seen[0] == seen[1] != seen[2]


def test_what_a_step_registers_in_a_table_of_a_library_is_told(own: Kernel) -> None:
    step = "%%step s\nyaml.add_constructor('!z', lambda loader, node: 1)\ny = 1"
    for _ in range(2):
        own.run("import yaml\nyaml.safe_load('1')")
        assert "not kept" in (said := own.run(step).said), said
        own.restart()


def test_what_the_program_sets_in_a_library_is_no_reason_for_a_step_without_it(
    own: Kernel,
) -> None:
    step = "%%step s\nimport math\ny = math.sqrt(4), json.loads('[1]')"
    own.run("import json, tqdm\ntqdm.tqdm.monitor_interval = 3")
    assert own.run(step).status == "completed"
    own.run("tqdm.tqdm.monitor_interval = 4")
    assert own.run(step).status == "cached"


RESOLVERS = """
class Container:
    resolvers = {}

class Conf:
    @staticmethod
    def register(name, function):
        Conf._put(name, function)

    @staticmethod
    def _put(name, function):
        def resolver(value):
            return function(value)
        Container.resolvers[name] = resolver

def resolve(name, value):
    return Container.resolvers[name](value)
"""


def test_a_function_that_a_call_puts_into_a_table_of_a_library_is_code(own: Kernel) -> None:
    folder = own.folder / "site-packages"
    folder.mkdir()
    (folder / "zq_conf.py").write_text(RESOLVERS)
    made = f"import sys; sys.path.append({str(folder)!r}); import zq_conf\n"
    made += "zq_conf.Conf.register('twice', lambda v: v * {})"
    step = "%%step s\nx = zq_conf.resolve('twice', 3)"
    for factor, status in ((2, "completed"), (2, "cached"), (3, "completed"), (3, "cached")):
        played = own.play(made.format(factor), step)
        assert (played[-1].status, own.value("x")) == (status, 3 * factor), played[-1].said
        own.restart()
