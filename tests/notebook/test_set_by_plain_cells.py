"""What plain cells set is a reason though no code of a step says so; what it cannot see is none."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.notebook.kernel import Kernel


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
    ):
        own.restart()
        played = own.play(*cells)[-1]
        assert (played.status, "3/3" in played.stream("stderr")) == (status, shows)
