"""What plain cells set is a reason though no code of a step says so; what it cannot see is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.notebook.kernel import Kernel


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Kernel]:
    """A kernel of the test's own: what is put onto classes would stay in a shared one."""
    kernel = Kernel(tmp_path)
    yield kernel
    kernel.stop()


class Case(NamedTuple):
    """A plain cell, what the step does, and what the plain cell has in place of what."""

    plain: str
    body: str
    old: str
    new: str
    why: str


WITHOUT = "import os\nos.environ.pop('COLUMNS', None)"
"""Tests are started with a width."""
CASES = {
    "the default of a context variable": Case(
        "import contextvars\ncv = contextvars.ContextVar('cv', default=1)\n"
        "def f(): return cv.get()",
        "print(f())",
        "=1",
        "=2",
        "cv 1→2",
    ),
    "whom numpy calls": Case(
        "import numpy as np\ndef told(kind, flag): print('told')\nnp.seterrcall(told)\n"
        "_ = np.seterr(over='call')",
        "a = np.array([1e308]) * 10",
        "print('told')",
        "print('TOLD')",
        "numpy settings changed",
    ),
    "how a library's objects are made": Case(
        "from tqdm import tqdm\nfrom functools import partialmethod\n"
        "tqdm.__init__ = partialmethod(tqdm.__init__, bar_format='A{n_fmt}')",
        "for i in tqdm(range(2)): pass",
        "'A{",
        "'B{",
        "tqdm.tqdm.__init__ changed",
    ),
    "a variable that a library asks for": Case(
        "import os\nos.environ['COLUMNS'] = '40'",
        "import shutil\nprint(shutil.get_terminal_size())",
        "'40'",
        "'50'",
        "variables COLUMNS=40→COLUMNS=50",
    ),
    "a variable that only a library asks for now": Case(
        "import os\nother = 1",
        "import shutil\nprint(shutil.get_terminal_size())",
        "other = 1",
        "os.environ['COLUMNS'] = '50'",
        "→COLUMNS=50",
    ),
    "a variable that a program gets": Case(
        "import os, subprocess\nos.environ['ZB_AE'] = '1'",
        "print(subprocess.run(['printenv', 'ZB_AE'], capture_output=True, text=True).stdout)",
        "= '1'",
        "= '2'",
        "ZB_AE=2",
    ),
    "what a function says it wraps": Case(
        "def f(x): return x\nf.__wrapped__ = lambda x: 1",
        "print(f(3), f.__wrapped__(3))",
        ": 1",
        ": 2",
        "f.__wrapped__() changed",
    ),
    "the signature that a function is given": Case(
        "import inspect\ndef f(x): return x\nf.__signature__ = inspect.Signature()",
        "import inspect\nprint(inspect.signature(f))",
        "f.__signature__ = inspect.Signature()",
        "",
        "f() changed",
    ),
    "the whole name of a function": Case(
        "def f(x): return x\nf.__qualname__ = 'g'",
        "print(f.__qualname__)",
        "'g'",
        "'h'",
        "f() changed",
    ),
    "the name of a class": Case(
        "class C: pass\nC.__name__ = 'D'", "print(C.__name__)", "'D'", "'E'", "C changed"
    ),
    "where a function says it is from": Case(
        "def f(x): return x\nf.__module__ = 'g'",
        "print(f.__module__)",
        "'g'",
        "'h'",
        "f() changed",
    ),
    "where a class says it is from": Case(
        "class C: pass\nC.__module__ = 'g'", "print(C)", "'g'", "'h'", "C changed"
    ),
    "where a class with methods says it is from": Case(
        "import math\nclass C:\n    def f(self): pass\nC.__module__ = 'math'",
        "print(C)",
        "C.__module__ = 'math'",
        "",
        "C changed",
    ),
    "how joblib divides work": Case(
        "import joblib\n_ = joblib.parallel_config(backend='threading', n_jobs=1)",
        "parallel = joblib.Parallel()\nprint(type(parallel._backend))\ndel parallel",
        "threading",
        "loky",
        "joblib settings changed",
    ),
    "how joblib divides the work of others": Case(
        "from joblib import parallel_backend\n_ = parallel_backend('threading', n_jobs=1)",
        "from sklearn.utils.parallel import Parallel\nprint(Parallel().n_jobs)",
        "n_jobs=1",
        "n_jobs=2",
        "joblib settings changed",
    ),
    "how wide rich prints": Case(
        "import rich\nrich.reconfigure(width=40)",
        "rich.print('x ' * 60)",
        "width=40",
        "width=60",
        "rich settings changed",
    ),
    "the styles of rich": Case(
        "import rich, rich.theme\nrich.reconfigure(theme=rich.theme.Theme({'own': 'red'}))",
        "rich.print('[own]x[/own]')",
        "'red'",
        "'blue'",
        "rich settings changed",
    ),
    "the text of what is no file": Case(
        "import linecache\nlinecache.cache['x'] = (5, None, ['first\\n'], 'x')\n"
        "exec(compile('def fail(): raise KeyError', 'x', 'exec'))",
        "import traceback\ntry: fail()\nexcept KeyError: print(traceback.format_exc())",
        "first",
        "second",
        "linecache.cache['x'] changed",
    ),
    "a text under a computed name": Case(
        "import linecache\nfor name in 'xy':\n"
        "    linecache.cache[name] = (5, None, [name + ' first\\n'], name)",
        "import warnings\nprint(warnings.formatwarning('m', UserWarning, 'x', 1))",
        "first",
        "second",
        "linecache.cache changed",
    ),
    "how the shell shows errors": Case(
        "import rich.traceback\n_ = rich.traceback.install(width=60)",
        "try:\n    1 / 0\nexcept Exception:\n    get_ipython().showtraceback()",
        "width=60",
        "width=80",
        "get_ipython()._showtraceback changed",
    ),
    "fields that are gone": Case(
        "import dataclasses\n@dataclasses.dataclass\nclass D:\n    x: int = 1\n    y: int = 2\n"
        "_ = D.__dataclass_fields__.pop('y')",
        "import dataclasses\nprint([one.name for one in dataclasses.fields(D)])",
        "pop('y')",
        "pop('x')",
        "D changed",
    ),
}


@pytest.mark.parametrize("restarted", [False, True], ids=["live", "restarted"])
@pytest.mark.parametrize("what", CASES)
def test_what_a_plain_cell_sets_is_a_reason(kernel: Kernel, what: str, restarted: bool) -> None:
    case = CASES[what]
    step = f"%%step s\n{case.body}"
    kernel.run(WITHOUT)
    first = kernel.play(case.plain, step)[1]
    assert kernel.run(step).status == "cached"
    if restarted:
        kernel.restart()
        kernel.run(WITHOUT)
    edited = case.plain.replace(case.old, case.new)
    assert edited != case.plain
    again = kernel.play(edited, step)[1]
    assert (again.status, first.outputs != again.outputs) == ("completed", True)
    assert case.why in again.said
    assert kernel.run(step).status == "cached"
    assert kernel.play(WITHOUT, case.plain, step)[2].outputs == first.outputs


def test_what_is_put_into_a_library_is_no_reason_for_pythons_own(kernel: Kernel) -> None:
    step = "%%step s\nimport json\ntext = json.dumps({'a': 1})"
    kernel.play("import numpy as np", step)
    assert kernel.play("np.float = float", step)[1].status == "cached"


def test_what_others_set_is_no_reason_of_a_step_that_cannot_use_it(kernel: Kernel) -> None:
    kernel.restart()
    steps = "%%step s\na = 1", "%%step r\nimport rich\nrich.print('a')"
    kernel.play(*steps)
    kernel.run("import joblib, rich\n_ = joblib.parallel_config(n_jobs=2)\nrich.print('x')")
    assert [one.status for one in kernel.play(*steps)] == ["cached", "cached"]
    kernel.run("rich.reconfigure(width=30)")
    assert [one.status for one in kernel.play(*steps)] == ["cached", "completed"]
    kernel.restart()
    again = kernel.play(*steps)
    assert [one.status for one in again] == ["cached", "cached"], again[-1].said
    plain = "with joblib.parallel_config(n_jobs=2):\n    n = joblib.Parallel().n_jobs"
    within = kernel.play("import joblib", f"%%step w\n{plain}", f"%%step w\n{plain}")
    assert within[-1].status == "cached"
    texts = "import linecache\nname = 'x'\nlinecache.cache[name] = (5, None, ['one'], 'x')"
    trace = "%%step t\nimport traceback\ntext = traceback.format_exc()"
    kernel.play(texts, trace, "other = 1\nother")
    again = kernel.play(steps[0], trace)
    assert [one.status for one in again] == ["cached", "cached"], again[-1].said
    changed = kernel.run("%%step c\n_ = joblib.parallel_config(n_jobs=2)")
    assert "not kept: it changed joblib's settings" in changed.said
    kernel.restart()


EXTENDING = """
import pandas
def extend(**told):
    def inner(df, f): print(told); return f(df)
    pandas.DataFrame.zq_apply = inner
def show(text):
    pandas.DataFrame._repr_html_ = lambda df: text
"""
"""As ``tqdm.pandas()`` and ``itables.init_notebook_mode()`` do."""


def test_what_a_library_puts_onto_classes_of_another_is_a_reason_where_it_may_be_called(
    own: Kernel,
) -> None:
    (own.folder / "site-packages").mkdir()
    (own.folder / "site-packages" / "zq_bar.py").write_text(EXTENDING)
    given = f"import sys; sys.path.append({str(own.folder / 'site-packages')!r})"
    given += "\nimport pandas as pd, zq_bar\ndf = pd.DataFrame(dict(a=[1]))\n"
    given += "def run(x): return x.zq_apply(len)\nzq_bar.extend(desc='{}', file=sys.stdout)"
    steps = "%%step s\nb = run(df)", "%%step o\nc = df * 2", "%%step v\ndf"
    statuses, texts = [], []
    for word in ("one", "two", "two", "one"):
        played = own.play(given.format(word), *steps)[1:]
        statuses.append([one.status for one in played])
        texts.append(played[0].stream())
        if len(texts) % 2 == 0:
            own.restart()
    assert statuses == [["completed"] * 3, ["completed", "cached", "cached"], *[["cached"] * 3] * 2]
    assert ["two" in text for text in texts] == [False, True, True, False]
    shown = own.play(given.format("one") + "\nzq_bar.show('HTML')", *steps)[1:]
    assert [one.status for one in shown] == ["completed"] * 3
    assert "HTML" in str(shown[2].outputs)


LIBRARY = """
import os
FOUND = os.environ.get("QLIB_AT_IMPORT", "0")
def late(): return os.environ.get("QLIB_LATE", "0")
def begin(): os.environ["QLIB_OWN"] = str(os.getpid())
def own(): return "QLIB_OWN" in os.environ
"""
SETTING = {
    "of a file": "from dotenv import load_dotenv\nload_dotenv('vars.env')",
    "of data": "import os, json\nos.environ.update(json.load(open('vars.json')))",
    "by an operator": "import os, json\nos.environ |= json.load(open('vars.json'))",
    "by a magic": "%load_ext dotenv\n%dotenv vars.env",
    "by another magic": "name, value = 'QLIB_' + 'LATE', open('value').read()\n%env {name}={value}",
}


@pytest.fixture
def with_library(own: Kernel) -> Kernel:
    folder = own.folder / "lib" / "site-packages"
    folder.mkdir(parents=True)
    (folder / "qlib.py").write_text(LIBRARY)
    return own


def anew(kernel: Kernel, *cells: str) -> list[str]:
    """The steps' states in a new process, with what they print."""
    kernel.restart()
    kernel.run(f"import sys\nsys.path.insert(0, {str(kernel.folder / 'lib/site-packages')!r})")
    played = [cell for cell in kernel.play(*cells) if cell.status]
    return [f"{cell.status} {cell.stream()}".strip() for cell in played]


def set_late(kernel: Kernel, value: str) -> None:
    folder = kernel.folder / "work"
    (folder / "vars.env").write_text(f"QLIB_LATE={value}\n")
    (folder / "vars.json").write_text(f'{{"QLIB_LATE": "{value}"}}')
    (folder / "value").write_text(value)


@pytest.mark.parametrize("way", SETTING)
def test_a_variable_that_no_text_names_is_a_reason(with_library: Kernel, way: str) -> None:
    late, other = "%%step a\nprint(qlib.late())", "%%step b\nprint(qlib.FOUND)"
    with_, without = (SETTING[way], "import qlib", late, other), ("import qlib", late, other)
    set_late(with_library, "7")
    assert anew(with_library, *with_) == ["completed 7", "completed 0"]
    assert anew(with_library, *with_) == ["cached 7", "cached 0"]
    set_late(with_library, "8")
    assert anew(with_library, *with_) == ["completed 8", "cached 0"]
    set_late(with_library, "9")
    with_library.run(
        SETTING[way].replace("load_dotenv(", "load_dotenv(override=True, dotenv_path=")
    )
    with_library.run("%reload_ext dotenv\n%dotenv -o vars.env" if way == "by a magic" else "1")
    live = with_library.run(late)
    assert (live.status, live.stream()) == ("completed", "9\n")
    assert anew(with_library, *without) == ["completed 0", "cached 0"]
    assert anew(with_library, *without) == ["cached 0", "cached 0"]


def test_what_a_library_found_as_it_was_imported_is_a_reason(with_library: Kernel) -> None:
    sets = "import os\nos.environ['QLIB_AT_IMPORT'] = '1'; os.environ['ANOTHER'] = '1'"
    steps = ("import qlib", "%%step a\nprint(qlib.FOUND)", "%%step b\nimport json\nprint(5)")
    assert anew(with_library, *steps) == ["completed 0", "completed 5"]
    assert anew(with_library, sets, *steps) == ["completed 1", "cached 5"]
    assert anew(with_library, sets, *steps) == ["cached 1", "cached 5"]
    assert with_library.run(steps[1]).status == "cached"
    assert anew(with_library, sets.replace("'ANOTHER'] = '1'", "'ANOTHER'] = '2'"), *steps) == [
        "cached 1",
        "cached 5",
    ]
    edited = sets.replace("T'] = '1'", "T'] = '2'")
    assert anew(with_library, edited, *steps) == ["completed 2", "cached 5"]
    assert anew(with_library, *steps) == ["cached 0", "cached 5"]
    inside = ("%%step d\nimport qlib\nprint(qlib.FOUND * 2)", "%%step c\nc = qlib.FOUND\nprint(c)")
    assert anew(with_library, sets, *inside) == ["completed 11", "completed 1"]
    assert anew(with_library, sets, *inside) == ["cached 11", "cached 1"]
    assert [with_library.run(one).status for one in inside] == ["cached", "cached"]
    assert anew(with_library, edited, *inside) == ["completed 22", "completed 2"]
    late = (sets.replace("QLIB_AT_IMPORT", "QLIB_LATE"), "print(qlib.FOUND)")
    assert anew(with_library, "import qlib", late[0], *steps[1:]) == ["cached 0", "cached 5"]


def test_what_is_set_for_one_library_is_no_reason_of_those_imported_after_it(own: Kernel) -> None:
    sets = "import polars as pl\npl.Config.set_tbl_rows({})\nt = pl.DataFrame({{'n': range(9)}})"
    steps = ("import xml.dom, joblib", "%%step a\nprint(joblib.hash(1))", "%%step b\nprint(t)")
    for rows, expected in (
        (5, ["completed"] * 2),
        (5, ["cached"] * 2),
        (2, ["cached", "completed"]),
    ):
        played = own.play(sets.format(rows), *steps)[2:]
        assert [cell.status for cell in played] == expected, played[0].said
        own.restart()


def test_what_a_library_sets_for_itself_is_no_reason(with_library: Kernel) -> None:
    cells = ("import qlib\nqlib.begin()", "%%step a\nprint(qlib.own())")
    assert anew(with_library, *cells) == ["completed True"]
    assert anew(with_library, *cells) == ["cached True"]


def test_bars_are_as_the_variables_say_when_they_were_imported(own: Kernel) -> None:
    sets, imports = "import os\nos.environ['TQDM_DISABLE'] = '1'", "from tqdm import tqdm"
    step = "%%step a\nfor i in tqdm(range(3)): pass"
    for cells, status, shows in (
        ((imports, step), "completed", True),
        ((sets, imports, step), "completed", False),
        ((sets, imports, step), "cached", False),
        ((imports, step), "cached", True),
        (("%env ANOTHER=1", imports, step), "cached", True),
    ):
        own.restart()
        played = own.play(*cells)[-1]
        assert (played.status, "3/3" in played.stream("stderr")) == (status, shows)
