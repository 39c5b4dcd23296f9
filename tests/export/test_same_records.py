"""Notebook and exported script find each other's records: neither computes what the other did."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import zenbook
from tests.export.cases import Cell, md, tagged, write
from tests.export.constructs import ABOVE, SHARED
from tests.export.forks import Forks
from zenbook.engine.desk import close_desks

FLOW: list[str | Cell] = [
    md("# Flow\n\nMake numbers and sum them."),
    "import math\n\nRATE = 0.5",
    tagged("n = 5  # how many", "parameters"),
    "def halved(values):\n    return [RATE * value for value in values]",
    md("Make the numbers."),
    "%%step make\nnumbers = [math.sqrt(i) for i in range(n)]",
    md("Halve them."),
    "%%step halve\nhalves = halved(numbers)\nhalves",
    "%%step add\n# all of them\ntotal = sum(halves)\nprint(total)",
]


FILLING: list[str | Cell] = [
    "results = []",
    "def note(x):\n    results.append(x)\n    return x",
    "%%step first\na = note(1)",
    "%%step second\nb = note(2)\nprint(results)",
    "%%step best\nc = max(results)",
]
"""Steps that call a function which fills a global."""


@pytest.fixture(autouse=True)
def person(home: Path) -> None:
    """A home folder that exists, for the kernels."""
    Path(os.environ["HOME"]).mkdir(exist_ok=True)


def said(*arguments: str) -> str:
    """What another Python process prints; each has its own memory, as a person's have."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_script_run_after_its_notebook_computes_nothing(home: Path) -> None:
    write(FLOW, Path("flow.ipynb"))
    said("-m", "zenbook", "run", "flow.ipynb")
    assert "3/3 outputs identical" in said("-m", "zenbook", "export", "flow.ipynb")
    told = said("flow.py")
    assert "3 of 3 steps cached" in told
    assert "Run 2 of flow" in told
    text = Path("flow.py").read_text(encoding="utf-8")
    assert "def make(n: int) -> list:" in text
    assert "def flow(n: int = 5) -> float:" in text
    assert "n: how many" in text


def test_a_notebook_finds_what_its_script_computed(home: Path) -> None:
    write(FLOW, Path("flow.ipynb"), executed=False)
    said("-m", "zenbook", "export", "flow.ipynb")
    assert "0 of 3 steps cached" in said("flow.py", "--n", "7")
    told = said("-m", "zenbook", "run", "flow.ipynb", "-p", "n=7")
    assert [line[:1] for line in told.splitlines() if line[:1] in "✓↺"] == ["↺", "↺", "↺"]


def test_a_script_finds_what_cells_have_filled(home: Path) -> None:
    write(FILLING, Path("filling.ipynb"))
    said("-m", "zenbook", "run", "filling.ipynb")
    assert "outputs identical" in said("-m", "zenbook", "export", "filling.ipynb")
    told = said("filling.py")
    assert "3 of 3 steps cached" in told and "[1, 2]" in told


def test_cells_find_what_a_script_has_filled(home: Path) -> None:
    write(FILLING, Path("filling.ipynb"), executed=False)
    said("-m", "zenbook", "export", "filling.ipynb")
    assert "0 of 3 steps cached" in said("filling.py")
    told = said("-m", "zenbook", "run", "filling.ipynb", "--output", "out.ipynb")
    assert [line[:1] for line in told.splitlines() if line[:1] in "✓↺"] == ["↺", "↺", "↺"]
    assert "[1, 2]" in Path("out.ipynb").read_text(encoding="utf-8")


def test_a_run_with_another_parameter_is_not_what_the_script_is_compared_with(home: Path) -> None:
    write([*FLOW, "%%step when\nimport time\n\nnow = time.time_ns()"], Path("flow.ipynb"))
    said("-m", "zenbook", "run", "flow.ipynb", "-p", "n=7")
    told = said("-m", "zenbook", "export", "flow.ipynb").splitlines()
    assert told[1] == "3/3 outputs identical; not comparable (they differ from run to run): now"


@pytest.mark.parametrize("lines", [2, 20])
def test_a_notebook_of_150_cells_has_a_step_for_each_heading(lines: int, home: Path) -> None:
    cells: list[str | Cell] = ["import math", "values = list(range(10))"]
    for number in range(148):
        cells += [md(f"## Part {number}")] if number % 10 == 0 else []
        made = [f"x{number}_{n} = [math.sqrt(v) + {n} for v in values]" for n in range(lines - 1)]
        cells.append("\n".join([*made, f"total{number} = sum(x{number}_0)"]))
    file = write(cells, Path("long.ipynb"), executed=False)
    assert len(zenbook.export(file).steps) == 16


SHOWN = [
    "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt",
    "%matplotlib inline",
    "%%step make\ntable = pd.DataFrame({'a': [1, 2, 3]})\ndisplay(table)\nprint('made')",
    "%%step draw\nprint('before')\nplt.plot(table.a)\nplt.show()\nprint('after')\nn = len(table)",
    "%%step plot\ntotal = int(table.a.sum())\nplt.hist(table.a, bins=2)[0]",
    "%%step alone\ntop = table.a.max()\n_ = table.plot()",
    "%%step fit\nscale = np.array([2.0])\nscale.fill(3)\ntable * scale[0]",
]
"""Cells that show tables, pictures and values."""


def _shown(file: str) -> list[Any]:
    import nbformat

    found: list[Any] = []
    for cell in nbformat.read(file, as_version=4).cells:
        for output in cell.get("outputs", ()):
            output.pop("execution_count", None)
            if "application/vnd.zenbook.step+json" not in output.get("data", {}):
                found.append(dict(output))
    return found


def test_a_notebook_shows_all_it_would_show_where_only_its_script_has_run(home: Path) -> None:
    write(list(SHOWN), Path("book.ipynb"), executed=False)
    said("-m", "zenbook", "run", "book.ipynb", "--output", "cold.ipynb")
    exported = zenbook.export("book.ipynb")
    assert exported.text.count('plt.close("all")') == 2
    shutil.rmtree(home)
    close_desks()
    assert "0 of 5 steps cached" in said("book.py")
    told = said("-m", "zenbook", "run", "book.ipynb", "--output", "warm.ipynb")
    went = [line[:1] for line in told.splitlines() if line[:1] in "✓↺"]
    assert went == ["↺"] * 5, told
    assert _shown("warm.ipynb") == _shown("cold.ipynb")


LEFT = [
    "import numpy as np",
    "%%step few\nsmall = [1, 2]\nfor item in small:\n    last = item * 2\ntotal = last + 1",
    "%%step branch\nif total > 3:\n    taken = 'yes'\nelse:\n    other = 'no'\ncount = total * 2",
    "%%step much\nlarge = np.zeros(300_000)\nmean = float(large.mean()) + count",
    "%%step maybe\nif count:\n    bulk = np.ones(300_000)\nend = mean + 1",
]
"""Cells that bind names which no later step reads."""


def test_a_notebook_gets_small_names_that_a_script_drops_and_runs_for_large_ones(
    home: Path,
) -> None:
    write(list(LEFT), Path("book.ipynb"), executed=False)
    exported = zenbook.export("book.ipynb", verify=False)
    assert "return total\n" in exported.text
    said("book.py")
    write([*LEFT, "print(item, last, taken, 'other' in globals(), bulk.sum())"], Path("book.ipynb"))
    told = said("-m", "zenbook", "run", "book.ipynb", "--output", "warm.ipynb")
    went = {line.split()[1]: line[:1] for line in told.splitlines() if line[:1] in "✓↺"}
    assert went == {"few": "↺", "branch": "↺", "much": "✓", "maybe": "✓"}, told
    assert _shown("warm.ipynb")[-1]["text"] == "2 4 yes False 300000.0\n"
    assert "a script computed it, and did not keep bulk" in told


CROSSED = {
    "a name for code": ("if n > 1:\n    kind = dict\nm = n", "kind is dict"),
    "a private name": ("_half = n / 2\nm = n", "_half"),
    "a name deleted on a branch": ("if n > 1:\n    del old\nm = n", "'old' in globals()"),
    "an error's name": (
        "try:\n    n / 0\nexcept ZeroDivisionError as old:\n    m = n",
        "'old' in globals()",
    ),
    "a walrus in a comprehension": ("m = [(last := i) for i in range(n)]", "last"),
    "a name like that of a result": ("output = n * 2", "output"),
    "nothing returned": ("[n].sort()", "output"),
    "an open file": ("f = open('f.txt', 'w')\nsize = f.write('text')\nm = n", "f.closed"),
}
"""What a step does, and what a notebook then asks for."""


@pytest.mark.parametrize("case", CROSSED)
def test_what_a_cell_leaves_is_there_where_a_script_has_run_its_body(
    case: str, home: Path, apart: Mapping[str, Forks]
) -> None:
    body, asked = CROSSED[case]
    before = "n, old, output, _half = 3, 'old', 'mine', 'mine'"
    cells: list[str | Cell] = [before, f"%%step s\n{body}", f"print({asked})"]
    inputs = "n, old" if "del old" in body else "n"
    returned = "" if "sort" in body else f"    return {'output' if 'output' in body else 'm'}\n"
    indented = body.replace("\n", "\n    ")
    script = f"from zenbook import step\n@step\ndef s({inputs}):\n    {indented}\n{returned}"
    Path("script.py").write_text(
        f"{script}s({inputs.replace('n', '3').replace('old', repr('old'))})"
    )
    write(cells, Path("cold.ipynb"), executed=False)
    Path("plain.py").write_text("\n".join([before, body, f"print({asked})"]))
    cold = said("plain.py")
    said("script.py")
    told = said("-m", "zenbook", "run", "cold.ipynb", "--output", "warm.ipynb")
    assert _shown("warm.ipynb")[-1]["text"] == cold, told


def test_steps_side_by_side_are_one_version_in_notebook_and_script(home: Path) -> None:
    cells: list[str | Cell] = ["%%step second\nb = 2", "%%step first\na = 1"]
    write(cells, Path("book.ipynb"), executed=False)
    said("-m", "zenbook", "run", "book.ipynb")
    zenbook.export("book.ipynb")
    said("book.py")
    assert [run.version for run in zenbook.runs()] == [1, 1]


def test_a_script_is_planned_where_a_cell_has_changed_its_input_in_place(home: Path) -> None:
    cells: list[str | Cell] = [
        "%%step read\nraw = {'v': [1, 2]}",
        "%%step convert\nraw['kg'] = [2 * v for v in raw['v']]",
        "%%step clean\ngood = [kg for kg in raw['kg'] if kg > 2]",
    ]
    write(cells, Path("flow.ipynb"))
    said("-m", "zenbook", "run", "flow.ipynb")
    zenbook.export("flow.ipynb", verify=False)
    assert "0 steps would run, 3 cached" in said("-m", "zenbook", "plan", "flow.py")
    assert "3 of 3 steps cached" in said("flow.py")
    assert "0 steps would run, 3 cached" in said("-m", "zenbook", "plan", "flow.py")


def test_what_is_logged_to_what_is_shown_is_one_record(home: Path) -> None:
    cells: list[str | Cell] = [
        "import logging\nimport sys",
        "log, worded = logging.getLogger('plain'), logging.getLogger('worded')",
        "worded.propagate = False\nworded.handlers[:] = [logging.StreamHandler(sys.stdout)]",
        "%%step one\nlog.warning('boo')\na = 1",
        "%%step two\nworded.warning('hoo')\nb = 2",
    ]
    write(cells, Path("flow.ipynb"), executed=False)
    zenbook.export("flow.ipynb", verify=False)
    said("flow.py")
    told = said("-m", "zenbook", "run", "flow.ipynb")
    assert [line[:1] for line in told.splitlines() if line[:1] in "✓↺"] == ["↺", "↺"]
    _begin_anew(home)
    said("-m", "zenbook", "run", "flow.ipynb")
    told = said("flow.py")
    assert "2 of 2 steps cached" in told
    assert "hoo" in told


def test_an_edit_of_a_cells_own_helper_is_seen_before_it_runs(home: Path) -> None:
    def written(factor: int) -> None:
        helper = f"def g(v):\n    return v * {factor}"
        write([f"%%step a\n{helper}\n\nx = g(3)", "%%step b\ny = x + 1"], Path("flow.ipynb"))

    written(2)
    said("-m", "zenbook", "run", "flow.ipynb")
    assert "0 steps would run, 2 cached" in said("-m", "zenbook", "plan", "flow.ipynb")
    written(5)
    assert "1 step would run" in said("-m", "zenbook", "plan", "flow.ipynb")
    assert "2/2 outputs identical" in said("-m", "zenbook", "export", "flow.ipynb")
    assert "g() changed" in said("flow.py")


def _ran(told: str) -> list[str]:
    """The lines of steps that a notebook has run, and the reasons of those of a script."""
    lines = told.splitlines()
    cells = [line for line in lines if line[:1] in "✓✗"]
    return cells + [" ".join(p) for p in pairwise(lines) if "  ran:" in p[1]]


def _begin_anew(store: Path) -> None:
    shutil.rmtree(store, ignore_errors=True)
    close_desks()
    for name in ("o.txt", "z.zip"):
        Path(name).unlink(missing_ok=True)


def test_a_function_and_its_cell_share_every_construct_both_ways(home: Path) -> None:
    Path("d.txt").write_text("hello")
    Path("c.csv").write_text("a,b\n1,2\n")
    steps = [f"%%step {name}\n{body}" for name, body in SHARED.items()]
    book: list[str | Cell] = [tagged("n = 5", "parameters"), ABOVE, *steps]
    asked = (
        "print({k: v for k, v in sorted(globals().items()) if type(v) in (int, str, list, tuple)"
    )
    book.append(f"{asked} and k not in ('In', 'Out') and k.isalpha()}})")
    write(book, Path("book.ipynb"), executed=False)
    zenbook.export("book.ipynb", verify=False)
    _begin_anew(home)
    assert len(_ran(said("book.py"))) == len(SHARED)
    warm = said("-m", "zenbook", "run", "book.ipynb", "--output", "warm.ipynb")
    assert _ran(warm) == []
    assert [run.version for run in zenbook.runs()] == [1, 1]
    _begin_anew(home)
    cold = said("-m", "zenbook", "run", "book.ipynb", "--output", "cold.ipynb")
    assert len(_ran(cold)) == len(SHARED)
    assert _ran(said("book.py")) == []
    assert _shown("warm.ipynb") == _shown("cold.ipynb")
    assert [run.version for run in zenbook.runs()] == [1, 1]
    assert "Nothing differs" in said("-m", "zenbook", "diff", "book:1", "book:2")
