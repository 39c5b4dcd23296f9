"""What a step reaches by another way than by its name: it runs again where that is another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.notebook.kernel import Kernel

THROUGH_A_NAMESPACE = {
    "the shell's names": "get_ipython().user_ns['W']",
    "an imported shell": "gg().user_ns['W']",
    "the shell's module": "get_ipython().user_module.W",
    "a text that the shell evaluates": "get_ipython().ev('W')",
    "a helper that asks the shell": "asking()",
    "a frame": "sys._getframe().f_globals['W']",
    "a function's globals": "asking.__globals__['W']",
    "a frame in a helper": "framed()",
    "a module's dictionary": "__main__.__dict__['W']",
    "sys.modules": "getattr(sys.modules['__main__'], 'W')",
    "sys.modules by its own name": "getattr(sys.modules[__name__], 'W')",
}
HELPERS = """
import sys, __main__
from IPython import get_ipython as gg
def asking(): return get_ipython().user_ns['W']
def framed(): return sys._getframe().f_globals['W']
"""


def test_a_step_that_reaches_a_name_through_a_namespace_runs_where_that_is_another(
    kernel: Kernel,
) -> None:
    steps = [f"%%step s{n}\ny = {each}" for n, each in enumerate(THROUGH_A_NAMESPACE.values())]
    for value in (1, 2):
        kernel.play(f"W = {value}", HELPERS)
        wrong = [step for step in steps if kernel.run(step).error or kernel.value("y") != value]
        assert not wrong
        kernel.fresh()


FORMULAS = {
    "a constant": "df.query('a > @W').a.tolist()",
    "a text of the notebook": "df.query(asked).a.tolist()",
    "a text of the cell": "[df.query(q).a.tolist() for q in ['a > @W']][0]",
    "a helper's constant": "helped(df)",
    "a helper's argument": "helped(df, asked)",
    "code": "pd.eval('df.a[df.a > W]').tolist()",
    "code of the notebook": "pd.eval(code).tolist()",
    "a text of a list": "[df.query(q).a.tolist() for q in asks][0]",
    "a text that is put together": "df.query(' > '.join(['a', '@W'])).a.tolist()",
    "a text of a file": "df.query(open('asked.txt').read()).a.tolist()",
    "a list for a helper": "all_of(df)",
    "code that is put together": "pd.eval(' > '.join(['df.a[df.a', 'W]'])).tolist()",
}


def test_a_step_runs_where_a_name_in_a_formula_is_another(kernel: Kernel) -> None:
    given = (
        "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3]})\nasked = 'a > @W'\n"
        "code = 'df.a[df.a > W]'\ndef helped(df, q='a > @W'): return df.query(q).a.tolist()\n"
        "asks = [asked]\nopen('asked.txt', 'w').write(asked)\n"
        "def all_of(df): return [df.query(q) for q in asks][0].a.tolist()"
    )
    steps = [f"%%step s{n}\ny = {each}" for n, each in enumerate(FORMULAS.values())]
    for value, status in ((1, "completed"), (1, "cached"), (2, "completed")):
        kernel.play(f"W = {value}", given)
        for step in steps:
            assert (kernel.run(step).status, kernel.value("y")) == (status, [2, 3][value - 1 :]), (
                step
            )
        kernel.fresh()


def test_a_step_runs_where_a_function_in_a_formula_of_statistics_is_another(
    kernel: Kernel,
) -> None:
    given = "import pandas as pd, patsy\ndf = pd.DataFrame({{'a': [1.0, 2.0]}})\na = {}\n"
    given += "def more(a): return a + {}"
    step = "%%step s\ny = patsy.dmatrix('0 + more(a)', df).ravel().tolist()"
    changes = ((1, 1, "completed"), (1, 1, "cached"), (2, 1, "cached"), (2, 2, "completed"))
    for beside_the_column, more, status in changes:
        asked = kernel.play(given.format(beside_the_column, more), step)[-1]
        assert (asked.status, kernel.value("y")) == (status, [1.0 + more, 2.0 + more])
        kernel.fresh()
    assert "global more changed" in asked.said


TESTED = {
    "doctest": ("doctest.testmod().failed == 0", "return 2", "return 3"),
    "an example": ("doctest.testmod().failed < 1", "    2\n", "    3\n"),
    "unittest": (
        "unittest.TextTestRunner(stream=io.StringIO()).run(LOAD('__main__')).wasSuccessful()",
        "return 2",
        "return 3",
    ),
}


def test_a_step_that_tests_the_program_runs_where_that_is_another(kernel: Kernel) -> None:
    given = (
        "import doctest, io, unittest\ndef f():\n    '''\n    >>> f()\n    2\n    '''\n"
        "    return 2\nclass T(unittest.TestCase):\n"
        "    def test_f(self): self.assertEqual(f(), 2)"
    )
    for case, (asks, old, new) in TESTED.items():
        for cell, status, good in (
            (given, "completed", True),
            (given, "completed" if case == "unittest" else "cached", True),
            (given.replace(old, new), "completed", False),
        ):
            asked = asks.replace("LOAD", "unittest.defaultTestLoader.loadTestsFromName")
            ran = kernel.play(cell, f"%%step s\ny = {asked}")[-1]
            assert (case, ran.status, kernel.value("y")) == (case, status, good), ran.said
            kernel.fresh()


QUERIES = {
    "SQL": "pl.sql('select sum(a) from df').collect().item()",
    "a join": "pl.sql('SELECT sum(df.a) FROM one JOIN df ON one.a <> df.a').collect().item()",
    "a text of the notebook": "pl.sql(asked).collect().item()",
    "a helper": "helped()",
    "a helper's argument": "summed('SELECT sum(a) FROM \"df\"')",
    "a text that is made": "summed(' '.join(['SELECT sum(a) FROM', 'df']))",
}


def test_a_step_runs_where_a_table_in_a_text_of_sql_is_another(kernel: Kernel) -> None:
    given = (
        "import polars as pl\nasked = 'select sum(a)\\nfrom df'\none = pl.DataFrame({'a': [0]})\n"
        "def helped(): return pl.sql('SELECT sum(a) FROM df').collect().item()\n"
        "def summed(text): return pl.sql(text).collect().item()"
    )
    steps = [f"%%step s{n}\ny = {each}" for n, each in enumerate(QUERIES.values())]
    for value, status in ((1, "completed"), (1, "cached"), (2, "completed")):
        kernel.play(given, f"df = pl.DataFrame({{'a': [{value}]}})")
        for step in steps:
            assert (kernel.run(step).status, kernel.value("y")) == (status, value), step
        kernel.fresh()


def test_a_step_runs_where_a_table_in_a_text_that_duckdb_is_given_is_another(
    kernel: Kernel,
) -> None:
    pytest.importorskip("duckdb")
    given = "import duckdb, pandas as pd\nother = pd.DataFrame({'a': [7]})\nparts = ['df']"
    steps = [
        "%%step a\nq = 'SELECT sum(a) FROM ' + parts[0]\ny = int(duckdb.sql(q).fetchall()[0][0])",
        "%%step b\nr = duckdb.sql(' '.join(['FROM', *parts])).fetchall()\ny = r[0][0]",
    ]
    for value, status in ((1, "completed"), (1, "cached"), (2, "completed"), (2, "cached")):
        kernel.play(given, f"df = pd.DataFrame({{'a': [{value}]}})")
        for step in steps:
            assert (kernel.run(step).status, kernel.value("y")) == (status, value), step
        kernel.fresh()


def test_a_name_that_a_step_binds_for_a_formula_is_no_reason(kernel: Kernel) -> None:
    given = "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3]})\nasks = ['a > @W']"
    step = "%%step s\nW = 1\ny = [df.query(q) for q in asks][0].a.tolist()"
    for before, status in (("W = 5", "completed"), ("W = 7", "cached"), ("", "cached")):
        assert kernel.play(given, before, step)[-1].status == status
        assert kernel.value("y") == [2, 3]
        kernel.fresh()


TEXTS = {
    "a docstring": ("y = f.__doc__", "'doc1'", "'doc2'"),
    "a class's docstring": ("y = inspect.getdoc(C)", "'doc1'", "'doc2'"),
    "annotations": ("y = f.__annotations__['x']", "'note1'", "'note2'"),
    "a signature": ("y = str(inspect.signature(f))", "\"(x: 'note1')\"", "\"(x: 'note2')\""),
    "types of fields": ("y = dataclasses.fields(D)[0].type", "'note1'", "'note2'"),
    "the source": ("y = inspect.getsource(f).count('# 2')", "0", "1"),
    "a helper's question": ("y = told(f)", "'doc1'", "'doc2'"),
    "a docstring in a list": ("y = [each.__doc__ for each in fs]", "['doc1']", "['doc2']"),
    "a signature in a list": (
        "y = inspect.signature(fs[0]).parameters['x'].annotation",
        "'note1'",
        "'note2'",
    ),
    "an instance's docstring": ("y = c.__doc__", "'doc1'", "'doc2'"),
    "a part's docstring": ("y = told(held['p'].func)", "'doc1'", "'doc2'"),
    "a docstring given later": ("y = type(d).__doc__", "'later1'", "'later2'"),
    "nothing of those in a list": ("y = fs[0](1)", "1", "1"),
    "nothing of them": ("y = f(1)", "1", "1"),
}
NAMES = {
    "by itself": ("{name}.__name__ = 'n{n}'", "y = [first.__name__, first(1)]"),
    "in a list": ("fs = [{name}]", "y = [fs[0].__name__, fs[0](1)]"),
    "by a library": (
        "import pandas as pd\nfs, df = [{name}], pd.DataFrame({{'a': [1]}})",
        "y = [df.agg(fs).index[0], 1]",
    ),
    "for another name": ("g = {name}", "y = [g.__name__, g(1)]"),
}
TOLD = """
import inspect, dataclasses, functools
def told(function): return function.__doc__
def f(x: 'note{0}'):
    'doc{0}'
    return x  # {0}
class C:
    'doc{0}'
@dataclasses.dataclass
class D:
    x: 'note{0}' = 1
D.__doc__ = 'later{0}'
fs, c, d, held = [f], C(), D(), {{'p': functools.partial(f)}}
"""


def test_a_step_that_reads_texts_of_code_runs_where_these_are_another(kernel: Kernel) -> None:
    for number in (1, 2):
        kernel.run(TOLD.format(number))
        for name, (step, *expected) in TEXTS.items():
            ran = kernel.run(f"%%step s\n{step}")
            assert (name, kernel.ask("y")) == (name, expected[number - 1])
        assert ran.status == ("completed" if number == 1 else "cached")
        kernel.fresh()


ANNOTATED = {
    "a text": ("def f(x: 'Kind'): ...", "get_type_hints(f)['x']().n"),
    "a class": ("def f(x: Kind): ...", "f.__annotations__['x']().n"),
    "a text within": ("def f(x: 'list[Kind]'): ...", "get_args(get_type_hints(f)['x'])[0]().n"),
    "a class within": ("def f(x: list[Kind]): ...", "get_args(get_type_hints(f)['x'])[0]().n"),
    "a text within a class": ("class F:\n    x: 'Other'", "get_type_hints(F)['x'].x().n"),
    "what is given back": ("def f() -> Kind: ...", "inspect.signature(f).return_annotation().n"),
    "another name for it": ("def f(x: 'Alias'): ...", "get_type_hints(f)['x']().n"),
    "by a helper": ("def f(x: Kind): ...", "made(f)[0].n"),
    "a field": (
        "@dataclasses.dataclass\nclass F:\n    x: Kind = None",
        "dataclasses.fields(F)[0].type().n",
    ),
}


def test_a_step_that_reads_annotations_runs_where_what_they_name_is_another(
    kernel: Kernel,
) -> None:
    given = (
        "import dataclasses, inspect\nfrom typing import get_args, get_type_hints\n"
        "class Kind:\n    n = {}\nclass Other:\n    x = Kind\nAlias = Kind\n"
        "def made(f): return [kind() for kind in get_type_hints(f).values()]\n"
    )
    for case, (defines, asks) in ANNOTATED.items():
        for number, status in ((1, "completed"), (1, "cached"), (2, "completed")):
            step = f"%%step s\ny = {asks}"
            ran = kernel.play(given.format(number) + defines, step)[-1]
            assert (case, ran.status, kernel.value("y")) == (case, status, number)
            kernel.fresh()


def test_the_name_of_a_function_counts_where_the_code_does_not_tell_it(kernel: Kernel) -> None:
    for name, (given, step) in NAMES.items():
        for number, called in ((1, "first"), (1, "first"), (2, "second")):
            defined = f"def {called}(x): return 1"
            alias = f"first = {called}" if name == "by itself" else "0"
            gives = given.format(name=called, n=number)
            ran = kernel.play(defined, alias, gives, f"%%step s\n{step}")[-1]
            said = f"n{number}" if name == "by itself" else called
            assert kernel.value("y") == [said, 1], name
        assert ran.status == "completed"
        kernel.fresh()


def test_a_step_that_asks_for_subclasses_runs_where_one_of_these_is_another(
    kernel: Kernel,
) -> None:
    base = (
        "class Base:\n"
        "    @classmethod\n"
        "    def all(cls): return [one.rate for one in cls.__subclasses__()]"
    )
    asked = "%%step s\ny = Base.all()"
    below = "%%step t\ny = [one.rate for first in Base.__subclasses__()"
    below += " for one in first.__subclasses__()]"
    for rate, status in ((1, "completed"), (1, "cached"), (2, "completed")):
        found = kernel.play(base, f"class A(Base): rate = {rate}", asked)[-1]
        assert (found.status, kernel.value("y")) == (status, [rate])
        found = kernel.play(f"class B(A): rate = {rate}", below)[-1]
        assert (found.status, kernel.value("y")) == (status, [rate])
        kernel.fresh()


CHANGING_THE_SHELL = {
    "a name": ("get_ipython().push({'zz': 3})", "zz", "3"),
    "a name by a text": ("get_ipython().ex('zz = 3')", "zz", "3"),
    "a cell": ("get_ipython().run_cell('zz = 3').success", "zz", "3"),
    "a magic": (
        "get_ipython().register_magic_function(lambda line: 42, 'line', 'mine')",
        "get_ipython().run_line_magic('mine', '')",
        "42",
    ),
    "a decorated magic": (
        "from IPython.core.magic import register_line_magic as m\n@m\ndef own(line): return 43",
        "get_ipython().run_line_magic('own', '')",
        "43",
    ),
    "an event": (
        "seen = []\nget_ipython().events.register('pre_execute', noted)",
        "len(get_ipython().events.callbacks['pre_execute']) > before",
        "True",
    ),
}


def test_what_a_step_changes_of_the_shell_is_there_after_a_restart(kernel: Kernel) -> None:
    events = "get_ipython().events.callbacks['pre_execute']"
    first = f"def noted(): pass\nbefore = len({events})"
    undone = (
        f"[{events}.remove(one) for one in {events}[before:]];"
        " [get_ipython().magics_manager.magics['line'].pop(n, None) for n in ('mine', 'own')]"
    )
    for name, (change, asked, expected) in CHANGING_THE_SHELL.items():
        source = f"%%step s\n{change};"
        for _ in range(2):
            kernel.play(first, source)
            assert kernel.ask(asked) == expected, name
            kernel.run(undone)
            kernel.fresh()


FINDING = {
    "sys.modules": "sys.modules[name].run()",
    "its method": "sys.modules.get(name).run()",
    "its items": "[m for n, m in [*sys.modules.items()] if n == name][0].run()",
    "an import of sys": "imported()",
    "a constant": "sys.modules['plug'].run()",
    "a constant for its method": "sys.modules.get('plug').run()",
    "pydoc": "pydoc.locate('plug.run')()",
    "pkgutil": "pkgutil.resolve_name('plug:run')()",
    "a computed import": "importlib.import_module(name).run()",
    "the builtin": "__import__(name).run()",
    "a computed attribute of the builtin": "getattr(__import__('plug'), 'ru' + 'n')()",
    "a module of an object": "inspect.getmodule(other.Base).run()",
    "a file that is run": "runpy.run_path('lib/script.py')['y']",
    "a module that is run": "runpy.run_module('script')['y']",
    "an extension": "get_ipython().extension_manager.load_extension('ext') or loaded",
}
NOT_FINDING = {
    "a library": "sys.modules['json'].dumps(3)",
    "a name": "'numpy' in sys.modules and None",
    "names": "sorted(n for n in sys.modules.keys() if n == name)",
}
LOOKING = """
import sys, pydoc, pkgutil, importlib, inspect, runpy
sys.path.insert(0, 'lib')
import other
name = 'plug'
def imported():
    import sys
    return sys.modules[name].run()
"""
MODULES = {
    "plug": "def run(): return {}\nclass Base: pass",
    "other": "from plug import Base",
    "script": "import plug\ny = plug.run()",
    "ext": "import plug\ndef load_ipython_extension(ip): ip.push(dict(loaded=plug.run()))",
}


def test_a_step_that_looks_a_module_up_runs_where_that_is_another(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)
    lib = tmp_path / "work" / "lib"
    lib.mkdir()
    for number, status in ((1, "completed"), (1, "cached"), (2, "completed"), (2, "cached")):
        for module, text in MODULES.items():
            (lib / f"{module}.py").write_text(text.format(number))
        kernel.run(LOOKING)
        for place, source in enumerate(FINDING.values()):
            went = kernel.run(f"%%step s{place}\ny = {source}")
            assert (went.status, kernel.value("y")) == (status, number), source
        for place, source in enumerate(NOT_FINDING.values()):
            went = kernel.run(f"%%step n{place}\ny = {source}")
            assert went.status == (status if number == 1 else "cached"), source
        kernel.restart()
    kernel.stop()


def test_a_look_by_a_function_taken_out_of_os_is_not_kept(kernel: Kernel) -> None:
    taken = "from os import stat\nopen('d.txt', 'w').write('{}')"
    for text in ("1", "22"):
        kernel.fresh()
        done = kernel.play(taken.format(text), "%%step s\nsize = stat('d.txt').st_size")
        assert "not kept: stat" in done[-1].said
        assert kernel.value("size") == len(text)


LISTED = {
    "all names": ("", "y = [n for n in dir() if n.startswith('zq')]\ny"),
    "all names that a magic lists": ("", "%who"),
    "all that a magic tells of them": ("", "%whos"),
    "those of a module": ("import plug\nplug.zq{} = 1", "y = dir(plug)\ny"),
    "those of an object": ("o = P()\no.zq{} = 1", "y = dir(o)\ny"),
}


def test_a_step_that_lists_names_gives_those_that_there_are(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)
    (tmp_path / "work" / "plug.py").write_text("")
    for number in (1, 2):
        for name, (made, body) in LISTED.items():
            kernel.play(f"class P: pass\nzq{number} = 1", made.format(number))
            for _ in range(2):
                listed = kernel.run(f"%%step s\n{body}")
                assert f"zq{number}" in (listed.result or "") + listed.stream(), name
            kernel.fresh()
    kernel.stop()
