"""Scripts for ZenML run to the end in the released ZenML, and give what the notebook gives.

Opt-in: `sh tools/zenml` makes an environment with ZenML (minutes, 700 MB) and runs these tests.
With ZENML_PYTHON naming its Python, `pytest -m zenml` runs them again. ZenML keeps to a SQLite
store below the test's folder, and tells nobody.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import zenbook
from tests.export.cases import CASES, Cell, md, tagged, write

pytestmark = [pytest.mark.zenml, pytest.mark.timeout(3600)]

CHILD = Path(__file__).with_name("values_child.py")
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

HARDER: dict[str, list[str | Cell]] = {
    "values_json_forgets": [
        md("# Make"),
        (
            "from collections import OrderedDict, namedtuple\nfrom pathlib import Path\n"
            "import numpy as np\n\n\nclass Point:\n    def __init__(self, x):\n        self.x = x\n"
        ),
        (
            "pairs = [(1, 2), (3, 4)]\nnested = {'a': {1, 2}, 3: (None, 2.5)}\n"
            "unique = {(1, 2)}\nscalar = np.float32(0.1)\nmean = np.mean([1, 2])\n"
            "count = np.int64(3)\nplaces = [Path('a')]\nordered = OrderedDict(b=1, a=2)\n"
            "points = [Point((1, 2))]\ncomplex_number = 1 + 2j\nnothing = None\n"
            "raw = b'\\x00\\xff'\n"
            "turned = np.asfortranarray(np.arange(6.0).reshape(2, 3))\nrecords = "
            "np.array([(1, 'a')], dtype=[('n', int), ('s', 'U1')])"
        ),
        md("# Use"),
        (
            "back = [pairs, nested, unique, places, ordered, complex_number, nothing, raw]\n"
            "kinds = [type(v).__name__ for v in (scalar, mean, count, *pairs, turned, records)]\n"
            "rounded = mean.round(1)\nfirst = points[0].x"
        ),
    ],
    "values_of_tables": [
        md("# Make"),
        "import pandas as pd",
        (
            "frame = pd.DataFrame({'when': pd.to_datetime(['2024-01-01', '2024-01-02']),\n"
            "    'kind': pd.Categorical(['x', 'y']), 'many': [(1, 2), [3]], 'text': ['01', None],\n"
            "    7: [True, False]})\n"
            "series = pd.Series([1.5, 2.5], index=['a', 'b'], name='weights')\n"
            "deep = frame.set_index(['kind', 'text'])"
        ),
        md("# Use"),
        (
            "types = [str(kind) for kind in frame.dtypes]\n"
            "names = [series.name, *deep.index.names]\n"
            "inner = type(frame.many[0]).__name__"
        ),
    ],
    "all_kinds_of_parameters": [
        tagged(
            "n = 4  # how many, at least 100 % of them\nrate: float = 1\nname = 'it\\'s \"x\"'\n"
            "fast = True\nsizes = [1, 2]\nshape = (3, 4)\nnothing = None\nlevels = {'a': [1]}",
            "parameters",
        ),
        md("# Use"),
        "told = [n, rate, name, fast, sizes, shape, nothing, levels]\nkind = type(shape).__name__",
        md("# Again"),
        "twice = told * 2",
    ],
    "settings_of_libraries": [
        "import numpy as np\n\nnp.set_printoptions(precision=2)",
        md("# Show"),
        "shown = str(np.array([1 / 3]))",
        md("# Again"),
        "again = str(np.array([2 / 3])) + shown",
    ],
    "names_of_zenml": [
        "def step(state):\n    return state + 1",
        "def pipeline(state):\n    return step(step(state))",
        md("# Begin"),
        "state = step(0)",
        md("# Go on"),
        "final = pipeline(state)\nconstants = len('abc')",
    ],
    "options_of_steps": [
        md("# Options\n\nSay how a step is kept."),
        "from pathlib import Path\n\nPath('in.txt').write_text('5')",
        "%%step read --depends in.txt --ttl 12h\nnumber = int(open('in.txt').read())",
        "%%step scale --ignore label\nlabel = 'x'\nscaled = number * 2",
    ],
    "seeded_across_steps": [
        "import numpy as np",
        md("# Data"),
        "np.random.seed(0)\ndata = np.random.rand(4)",
        md("# Look"),
        "size = len(data)",
        md("# Split"),
        "order = np.random.permutation(size)",
    ],
}


@dataclass(frozen=True)
class World:
    """A folder with scripts, and the environment in which ZenML runs them."""

    folder: Path
    python: str

    @property
    def variables(self) -> dict[str, str]:
        quiet = {
            "AUTO_OPEN_DASHBOARD": "false",
            "MPLBACKEND": "Agg",
            "ZENML_ANALYTICS_OPT_IN": "false",
            "ZENML_CONFIG_PATH": str(self.folder / "zenml"),
            "ZENML_ENABLE_RICH_TRACEBACK": "false",
            "ZENML_LOGGING_COLORS_DISABLED": "true",
        }
        return {**os.environ, **quiet}

    def ran(self, *arguments: str, code: int = 0) -> str:
        """What a process of ZenML's Python prints."""
        command = [self.python, *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.variables, capture_output=True, text=True
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def values(self) -> dict[str, dict[str, Any]]:
        """Run the pipeline of every script; the status and outputs of each step."""
        answer = self.folder / "answer.json"
        self.ran(str(CHILD), "zenml", str(self.folder), str(answer))
        found: dict[str, dict[str, Any]] = json.loads(answer.read_text(encoding="utf-8"))
        return found


def made(folder: Path) -> World:
    """An empty folder that is a ZenML repository."""
    python = os.environ.get("ZENML_PYTHON")
    if python is None:
        pytest.fail("Set ZENML_PYTHON to a Python with ZenML, or run `sh tools/zenml`.")
    folder.mkdir(parents=True, exist_ok=True)
    world = World(folder, python)
    command = [Path(python).with_name("zenml"), "init"]
    subprocess.run(command, cwd=folder, env=world.variables, check=True, capture_output=True)
    return world


@pytest.fixture
def world(home: Path, tmp_path: Path) -> World:
    return made(tmp_path / "world")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home and a working folder for all notebooks together."""
    from zenbook.engine.desk import close_desks

    folder = tmp_path_factory.mktemp("notebooks")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("home", "person", "work"):
            (folder / name).mkdir()
        patch.chdir(folder / "work")
        patch.setenv("ZENBOOK_HOME", str(folder / "home"))
        patch.setenv("HOME", str(folder / "person"))
        patch.setenv("XDG_DATA_HOME", str(folder / "person"))
        close_desks()
        yield folder / "work"
        close_desks()


SETS: dict[str, list[str]] = {
    "cases": list(CASES),
    "harder": list(HARDER),
    "tutorials": ["train_digits", "clean_data", "compare_runs"],
}
ALL = [name for names in SETS.values() for name in names]


@dataclass
class Everything:
    """Notebooks exported; their scripts run by ZenML, and once more in another process."""

    place: Path
    done: dict[str, dict[str, Any]] = field(default_factory=dict)

    def of(self, name: str) -> dict[str, Any]:
        """The set that a notebook belongs to: what was exported, both runs, the notebooks."""
        belongs = next(one for one, names in SETS.items() if name in names)
        if belongs not in self.done:
            self.done[belongs] = self._run(belongs)
        return self.done[belongs]

    def _run(self, belongs: str) -> dict[str, Any]:
        books = self.place / belongs
        books.mkdir()
        world = made(self.place / f"world_{belongs}")
        exports = {}
        for name in SETS[belongs]:
            file = books / f"{name}.ipynb"
            if name in {**CASES, **HARDER}:
                write({**CASES, **HARDER}[name], file)
            else:
                shutil.copy(NOTEBOOKS / file.name, file)
            exports[name] = zenbook.export(file, world.folder, target="zenml")
        first, second = world.values(), world.values()
        return {"exports": exports, "first": first, "second": second, "books": self._books(books)}

    def _books(self, folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
        """The values after each cell of each notebook."""
        answer = folder / "answer.json"
        command = [sys.executable, str(CHILD), "notebooks", str(folder), str(answer)]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        found: dict[str, dict[str, dict[str, Any]]] = json.loads(answer.read_text("utf-8"))
        return found


@pytest.fixture(scope="module")
def everything(place: Path) -> Everything:
    """All sets, each run when the first test asks for it."""
    return Everything(place)


@pytest.mark.parametrize("name", ALL)
def test_zenml_gives_the_values_of_the_notebook(name: str, everything: Everything) -> None:
    found = everything.of(name)
    exported = found["exports"][name]
    cells = {int(number): values for number, values in found["books"][name].items()}
    steps = found["first"][exported.file.stem]
    assert {step["status"] for step in steps.values()} == {"completed"}
    for step, given in steps.items():
        owned = [d.cell for d in exported.decisions if f"step {step}" in d.what.split(" and ")]
        last = max(owned, default=max(cells))
        for output, value in given["outputs"].items():
            known = [cells[number][output] for number in sorted(cells) if output in cells[number]]
            before = [cells[n][output] for n in sorted(cells) if n <= last and output in cells[n]]
            assert value == (before or known)[-1], (step, output)


@pytest.mark.parametrize("name", ALL)
def test_the_second_run_of_a_script_is_all_cached(name: str, everything: Everything) -> None:
    found = everything.of(name)
    stem = found["exports"][name].file.stem
    first, second = found["first"][stem], found["second"][stem]
    assert {step["status"] for step in second.values()} == {"cached"}
    assert {n: s["outputs"] for n, s in second.items()} == {
        n: s["outputs"] for n, s in first.items()
    }


@pytest.mark.parametrize("belongs", SETS)
def test_scripts_for_zenml_pass_ruff(belongs: str, everything: Everything) -> None:
    exports = everything.of(SETS[belongs][0])["exports"]
    files = [str(exported.file) for exported in exports.values()]
    for command in (["check", "-q", "--select", "E4,E7,E9,F"], ["format", "-q", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", *files]
        done = subprocess.run(ruff, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_a_script_takes_its_parameters_from_the_command_line(world: World) -> None:
    cells: list[str | Cell] = [
        tagged("n = 4  # how many, 100 %\nfast = True\nsizes = [1]", "parameters"),
        md("# Use"),
        "print('told', n, fast, sizes)\ntold = [n, fast, sizes]",
    ]
    exported = zenbook.export(write(cells, Path("book.ipynb")), target="zenml")
    shutil.copy(exported.file, world.folder)
    helped = " ".join(world.ran("book.py", "--help").split())
    assert "--n N how many, 100 % (default: 4)" in helped
    assert "--fast, --no-fast (default: True)" in helped
    assert "told 7 False [2, 3]" in world.ran(
        "book.py", "--n", "7", "--no-fast", "--sizes", "[2, 3]"
    )
    assert "told 4 True [1]" in world.ran("book.py")
    assert "told" not in world.ran("book.py")
    assert "told 4 True [1]" in world.ran("book.py", "--no-cache")
    assert "invalid int value: 'x'" in world.ran("book.py", "--n", "x", code=2)


def test_zenml_runs_again_what_uses_an_edited_helper_constant_or_class(world: World) -> None:
    cells: list[str | Cell] = [
        "RATE = 2",
        "def inner(x):\n    return x + 1\n\n\ndef helper(x):\n    return inner(x) * RATE",
        "class Box:\n    x = 7\n\n    def open(self):\n        return self.x",
        md("# Made"),
        "made = helper(1)",
        md("# Boxed"),
        "box = Box()",
        md("# Opened"),
        "opened = box.open()",
        md("# Alone"),
        "alone = len('abc')",
    ]

    def after(old: str, new: str) -> dict[str, tuple[str, Any]]:
        edited = [c.replace(old, new) if isinstance(c, str) else c for c in cells]
        exported = zenbook.export(write(edited, Path("book.ipynb")), target="zenml")
        shutil.copy(exported.file, world.folder)
        (steps,) = world.values().values()
        return {
            name: (step["status"], next(iter(step["outputs"].values())))
            for name, step in steps.items()
        }

    assert after("", "")["made_step"] == ("completed", 4)
    ran = after("RATE = 2", "RATE = 3")
    assert (ran["made_step"], ran["alone_step"]) == (("completed", 6), ("cached", 3))
    ran = after("x + 1", "x + 2")
    assert (ran["made_step"], ran["opened_step"]) == (("completed", 6), ("cached", 7))
    ran = after("return self.x", "return -self.x")
    assert (ran["opened_step"], ran["alone_step"]) == (("completed", -7), ("cached", 3))


PAGE = (Path(__file__).parents[2] / "docs" / "zenml.md").read_text(encoding="utf-8")
NOT_HERE = ("zenbook", "pip", "zenml stack set", "zenml init")


def test_the_commands_of_the_page_about_zenml_work(world: World) -> None:
    """All but those that need a network or a cluster; the last run is the page's, but here."""
    exported = zenbook.export(NOTEBOOKS / "train_digits.ipynb", world.folder / "train_digits.py",
                              target="zenml", verify=False)  # fmt: skip
    assert exported.steps == ("load", "train", "evaluate")
    (settings,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (world.folder / "run.yaml").write_text(settings, encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines()]
    assert len(commands) == 11
    variables = {**world.variables, "PATH": f"{Path(world.python).parent}:{os.environ['PATH']}"}
    for command in commands:
        if not command.startswith(NOT_HERE):
            subprocess.run(
                shlex.split(command), cwd=world.folder, env=variables, check=True, timeout=300
            )
