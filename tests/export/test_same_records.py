"""Notebook and exported script find each other's records: neither computes what the other did."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import zenbook
from tests.export.cases import Cell, md, tagged, write

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


@pytest.mark.parametrize("lines", [2, 20])
def test_150_cells_are_exported_in_two_seconds_without_verification(lines: int, home: Path) -> None:
    cells: list[str | Cell] = ["import math", "values = list(range(10))"]
    for number in range(148):
        cells += [md(f"## Part {number}")] if number % 10 == 0 else []
        made = [f"x{number}_{n} = [math.sqrt(v) + {n} for v in values]" for n in range(lines - 1)]
        cells.append("\n".join([*made, f"total{number} = sum(x{number}_0)"]))
    file = write(cells, Path("long.ipynb"), executed=False)
    began = time.process_time()
    assert len(zenbook.export(file).steps) == 16
    assert time.process_time() - began < 2


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
