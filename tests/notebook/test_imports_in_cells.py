"""An import in a cell means what one above a function means: cell and script have one key."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.notebook.kernel import Kernel

MODULES = (
    "import pathlib\n"
    "pathlib.Path('mylib.py').write_text('RATE = 3\\ndef helper(v): return v * RATE\\n"
    "class Box:\\n    size = 4\\n')\n"
    "pathlib.Path('pk').mkdir(exist_ok=True)\n"
    "pathlib.Path('pk/__init__.py').write_text('from pk.sub import deep\\n')\n"
    "pathlib.Path('pk/sub.py').write_text('def deep(v): return v + 1\\n')\n"
    "import sys; sys.path[0:0] = [''] if sys.path[0] != '' else []\n"
    "for _n in ('mylib', 'pk', 'pk.sub'): sys.modules.pop(_n, None)\n"
    "import importlib; importlib.invalidate_caches()\n"
    "del pathlib, sys, importlib, _n"
)
FORMS = {
    "import time": "time.sleep(0)",
    "import time as t": "t.sleep(0)",
    "from time import sleep": "sleep(0)",
    "from time import sleep as nap": "nap(0)",
    "import os.path": "os.path.join('a', 'b')",
    "import os.path as p": "p.join('a', 'b')",
    "from os import path": "path.join('a', 'b')",
    "from os.path import join as j": "j('a', 'b')",
    "from math import pi": "pi * 2",
    "from math import *": "floor(pi)",
    "import math, json": "json.dumps(math.floor(2.5))",
    "from functools import partial": "partial(max, 1)(2)",
    "from datetime import date": "date(2020, 1, 1).isoformat()",
    "import numpy as np": "int(np.arange(3).sum())",
    "from numpy import arange, pi": "int(arange(3).sum() + pi)",
    "import numpy.linalg": "float(numpy.linalg.norm([1]))",
    "from numpy import linalg as la": "float(la.norm([1]))",
    "import mylib": "mylib.helper(2)",
    "import mylib as m": "m.RATE + m.helper(2)",
    "from mylib import helper": "helper(2)",
    "from mylib import RATE, Box as B": "RATE + B().size",
    "from mylib import *": "helper(RATE)",
    "import pk.sub": "pk.sub.deep(1)",
    "from pk import deep as d": "d(1)",
}
SHAPES = {
    "directly": "x = {0}",
    "in a lambda": "f_ = lambda: {0}\nx = f_()\ndel f_",
    "in a nested function": "def g():\n    return {0}\nx = g()\ndel g",
    "in a comprehension": "x = [{0} for i in range(2)]",
    "after a print": "print('hi')\nx = {0}",
}


def _cells(shape: str) -> list[str]:
    return [
        f"%%step s{number}\n{imports}\n{SHAPES[shape].format(use)}\nx{number} = x"
        for number, (imports, use) in enumerate(FORMS.items())
    ]


def _functions(shape: str, options: str) -> list[str]:
    made = []
    for number, (imports, use) in enumerate(FORMS.items()):
        body = textwrap.indent(f"{SHAPES[shape].format(use)}\nx{number} = x", "    ")
        made.append(
            f"from zenbook import step\n{imports}\n@step{options}\n"
            f"def s{number}():\n{body}\n    return x, x{number}\ns{number}()"
        )
    return made


def _played(kernel: Kernel, cells: list[str]) -> list[str]:
    """How each went: its status, or its error."""
    played = [kernel.run(cell) for cell in cells]
    return [f"{cell.status or cell.reply.get('evalue', '')}" for cell in played]


@pytest.mark.parametrize("shape", SHAPES)
def test_cells_and_functions_find_each_others_results(shape: str, kernel: Kernel) -> None:
    cells = _cells(shape)
    kernel.quietly(MODULES)
    assert _played(kernel, cells) == ["completed"] * len(cells)
    kernel.fresh()
    kernel.quietly(MODULES)
    assert _played(kernel, cells) == ["cached"] * len(cells)
    kernel.fresh()
    assert _played(kernel, _functions(shape, "(must_hit=True)")) == [""] * len(cells)
    kernel.another()
    kernel.quietly(MODULES)
    assert _played(kernel, _functions(shape, "")) == [""] * len(cells)
    kernel.fresh()
    kernel.quietly(MODULES)
    assert _played(kernel, cells) == ["cached"] * len(cells)


def test_another_local_module_or_version_is_another_step(kernel: Kernel) -> None:
    cells = [
        "%%step a\nfrom mylib import helper\nx = helper(2)",
        "%%step b\nimport pk\ny = pk.deep(1)",
    ]
    library = "%%step c\nfrom click import echo\nz = len(echo.__name__)"
    kernel.quietly(MODULES)
    kernel.play(*cells, library)
    kernel.fresh()
    kernel.quietly(MODULES.replace("v * RATE", "v * RATE + 1").replace("v + 1", "v + 2"))
    assert [(c.status, c.line["why"]) for c in kernel.play(*cells)] == [  # type: ignore[index]
        ("completed", "helper() changed"),
        ("completed", "pk.deep() changed"),
    ]
    assert kernel.names()["x"] == "7" and kernel.names()["y"] == "3"
    kernel.quietly(
        "import zenbook.core.closure_origin as o, importlib.metadata as m\n"
        "o._package_part.cache_clear(); o.version_of.cache_clear()\n"
        "m._was, m.version = m.version, lambda name: 'another'"
    )
    other = kernel.run(library)
    kernel.quietly("m.version = m._was; o._package_part.cache_clear(); o.version_of.cache_clear()")
    assert other.status == "completed" and "click" in other.said


def test_an_import_below_what_it_needs_is_made_where_it_stands(kernel: Kernel) -> None:
    cell = (
        "%%step a\nimport pathlib, sys\nsys.path[0:0] = ['made']\n"
        "pathlib.Path('made').mkdir(exist_ok=True)\n"
        "pathlib.Path('made/fresh_one.py').write_text('V = 5')\n"
        "import fresh_one\nx = fresh_one.V\nsys.path.remove('made')"
    )
    assert kernel.run(cell).reply["status"] == "ok"
    assert kernel.value("x") == 5
    shadowing = "t = 5\ndef read(): return t"
    kernel.run(shadowing)
    kernel.run("%%step b\ny = read()\nimport time as t\nz = t.time() > 0")
    kernel.run("t = 6")
    assert (
        kernel.run("%%step b\ny = read()\nimport time as t\nz = t.time() > 0").status == "completed"
    )
    assert kernel.value("y") == 6


def test_a_star_import_below_what_it_would_shadow_is_made_where_it_stands(kernel: Kernel) -> None:
    cell = "%%step a\ny = read()\nfrom math import *\nz = floor(pi)"
    kernel.run("pi = 5\ndef read(): return pi")
    assert kernel.run(cell).status == "completed"
    assert (kernel.value("y"), kernel.value("z")) == (5, 3)
    kernel.run("pi = 6")
    assert kernel.run("%%step a --must-hit\ny = read()\nfrom math import *\nz = 1").error
    assert "tau" not in kernel.run("del tau").traceback and kernel.value("pi") == 6
    again = kernel.run(cell)
    assert again.status == "completed" and kernel.value("y") == 6


def test_a_failing_import_fails_in_its_own_line_and_binds_nothing(kernel: Kernel) -> None:
    cell = kernel.run("%%step a\nimport os.path\nimport not_there_at_all\nx = 1")
    assert cell.error == "ModuleNotFoundError" and "----> 3 import not_there" in cell.traceback
    assert kernel.run("%%step b --must-hit\nimport math\nx = math.pi").error == "MustHit"
    assert set(kernel.names()) == {"os"}


def test_what_a_module_prints_at_its_first_import_is_shown_once(kernel: Kernel) -> None:
    kernel.quietly("open('loud.py', 'w').write('print(\"loud\")\\nV = 1')")
    kernel.quietly(MODULES)
    cell = "%%step a\nimport loud\nx = loud.V"
    forget = "import sys; sys.modules.pop('loud', None)"
    shown = []
    for _ in range(2):
        shown.append(kernel.run(cell))
        kernel.fresh()
        kernel.quietly(forget)
    assert [c.status for c in shown] == ["completed", "cached"]
    assert [c.stream() for c in shown] == ["loud\n", "loud\n"]


def test_a_function_that_a_cell_makes_and_deletes_is_gone_after_a_hit(kernel: Kernel) -> None:
    cell = "%%step a\ndef g():\n    return 1\nK = 2\nx = g()\nif x:\n    del g\ndel K"
    kernel.run(cell)
    kernel.fresh()
    assert kernel.run(cell).status == "cached" and set(kernel.names()) == {"x"}


def test_what_a_cell_asks_of_the_compiler_is_a_reason(tmp_path: Path) -> None:
    future = "from __future__ import annotations\n"
    cell = "%%step a\n{}def f(n: int): ...\nx = str(f.__annotations__['n'])"
    kernel = Kernel(tmp_path)
    try:
        assert kernel.run(cell.format("")).status == "completed"
        assert kernel.value("x") == "<class 'int'>"
        assert kernel.run(cell.format(future)).status == "completed"
        assert kernel.value("x") == "int"
        assert kernel.run(cell.format(future)).status == "cached"
        kernel.restart()
        assert kernel.run(cell.format(future)).status == "cached"
        assert kernel.value("x") == "int"
    finally:
        kernel.stop()


def test_a_class_that_a_cell_imports_may_note_things_on_itself_when_it_is_used(
    kernel: Kernel,
) -> None:
    cell = "%%step a\nfrom tqdm.auto import tqdm\nx = [*tqdm(range(3))]"
    assert kernel.run(cell).status == "completed"
    kernel.fresh()
    kernel.quietly("import sys\nfor n in [*sys.modules]:\n    if 'tqdm' in n: del sys.modules[n]")
    again = kernel.run(cell)
    assert again.status == "cached", again.said
    assert kernel.value("x") == [0, 1, 2]


PLUGINS = (
    "import collections\nMISSING = object()\nUSED = []\nTABLE = collections.defaultdict(list)\n"
    "class Option:\n    def __init__(self, value=MISSING, used=USED):\n"
    "        self.value, self.used = value, used\n"
)
TAKEN = {
    "by a cell that reads only some of it": "from plugins import MISSING, Option, USED, TABLE\n",
    "inside a function": "def make():\n    from plugins import MISSING, Option, USED, TABLE\n    ",
}


def _plugins_kernel(folder: Path) -> Kernel:
    (folder / "work").mkdir()
    (folder / "work" / "plugins.py").write_text(PLUGINS)
    return Kernel(folder)


@pytest.mark.parametrize("earlier", ["import sys", "import sys, plugins"])
@pytest.mark.parametrize("how", TAKEN)
def test_what_a_module_holds_is_shared_that_the_step_imports(
    how: str, earlier: str, tmp_path: Path
) -> None:
    made = "option = Option()" if "cell" in how else "return Option()\noption = make()"
    cells = [f"import sys; sys.path.insert(0, '')\n{earlier}", f"%%step s\n{TAKEN[how]}{made}"]
    asked = "option.value is __import__('plugins').MISSING, option.used is plugins.USED"
    kernel = _plugins_kernel(tmp_path)
    try:
        for status in ("completed", "cached"):
            assert kernel.play(*cells)[1].status == status
            kernel.run("import plugins")
            assert kernel.ask(asked) == "(True, True)"
            kernel.restart()
    finally:
        kernel.stop()


@pytest.mark.parametrize("earlier", ["import sys", "import sys, plugins"])
@pytest.mark.parametrize("change", ["USED.append(1)", "TABLE['k'].append(1)"])
@pytest.mark.parametrize("how", TAKEN)
def test_a_step_that_changes_what_a_module_holds_that_it_imports_runs(
    how: str, change: str, earlier: str, tmp_path: Path
) -> None:
    made = f"{change}\nn = 1" if "cell" in how else f"{change}\nmake()\nn = 1"
    cells = [f"import sys; sys.path.insert(0, '')\n{earlier}", f"%%step s\n{TAKEN[how]}{made}"]
    kernel = _plugins_kernel(tmp_path)
    try:
        for _ in range(3):
            assert kernel.play(*cells)[1].status == "completed"
            kernel.run("import plugins")
            assert kernel.ask("len(plugins.USED) + len(plugins.TABLE)") == "1"
            kernel.restart()
    finally:
        kernel.stop()
