"""The tutorials leave as scripts one would commit, and script and notebook share all results."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import zenbook
from tests.export.cases import tagged, write
from tests.export.forks import Forks
from tests.export.test_mirrors import MIRRORS, cached, check_mirror
from zenbook.engine.desk import close_desks

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
FOUND_AGAIN = {"train_digits": 3, "compare_runs": 2, "clean_data": 3}
"""Steps that a notebook finds where only its script has run, with one set of parameters."""


def said(*arguments: str) -> str:
    """What another Python process prints."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def how_steps_went(told: str) -> dict[str, str]:
    """The sign of each step's last line: ✓ ran, ↺ cached, ✗ failed."""
    return {
        line.split()[1]: line[0] for line in told.splitlines() if line[:2] in ("✓ ", "↺ ", "✗ ")
    }


@pytest.fixture(autouse=True)
def person(home: Path) -> None:
    """A home folder that exists, for the kernels."""
    Path(os.environ["HOME"]).mkdir(exist_ok=True)


@pytest.mark.parametrize("name", sorted(FOUND_AGAIN))
def test_a_tutorial_and_its_script_find_each_others_results(
    name: str, home: Path, apart: Mapping[str, Forks]
) -> None:
    notebook = Path(shutil.copy(NOTEBOOKS / f"{name}.ipynb", ".")).resolve()

    def script() -> str:
        return apart["script"].run("script", f"{name}.py", Path.cwd(), os.environ)

    said("-m", "zenbook", "run", f"{name}.ipynb")
    exported = zenbook.export(f"{name}.ipynb")
    assert "outputs identical" in exported.verified
    check_mirror(exported.text, MIRRORS / "tutorials" / f"{name}.py")
    steps = len(exported.steps)
    assert cached(script()) == (steps, steps)
    if name != "clean_data":  # whose cell also binds a picture's axes, which no step hands on
        assert zenbook.runs()[0].version == 1

    shutil.rmtree(home)
    shutil.rmtree("wines", ignore_errors=True)
    close_desks()
    assert cached(script()) == (0, steps)
    told = apart["notebook"].run("notebook", str(notebook), Path.cwd(), os.environ)
    went = how_steps_went(told)
    assert list(went.values()).count("↺") >= FOUND_AGAIN[name], told


def test_the_later_of_two_cells_with_one_name_is_the_step(
    home: Path, apart: Mapping[str, Forks]
) -> None:
    cells = [
        "x = [3, 1, 2]",
        "%%step order\ny = sorted(x)",
        "%%step first\nlow = y[0]",
        "%%step order\ny = sorted(x, reverse=True)",
        "%%step first\nlow = y[0]",
    ]
    exported = zenbook.export(write(list(cells), Path("book.ipynb")))
    assert exported.steps == ("order", "first")
    assert "reverse=True" in exported.text
    assert "cell 4 replaces it" in "\n".join(exported.told(full=True))


def test_a_replaced_step_is_kept_where_a_step_still_uses_its_result(
    home: Path, apart: Mapping[str, Forks]
) -> None:
    cells = [
        "%%step grow\nshort = [1]",
        "%%step grow\nlong = [1, 2]",
        "%%step both\ntotal = len(short) + len(long)",
    ]
    exported = zenbook.export(write(list(cells), Path("book.ipynb")))
    assert exported.steps == ("grow", "grow_2", "both")
    assert "3/3 outputs identical" in exported.verified


def test_a_parameter_bound_anew_has_the_value_that_the_kept_steps_took(
    home: Path, apart: Mapping[str, Forks]
) -> None:
    cells = [
        tagged("rate = 0.5  # how fast\nn = 3", "parameters"),
        "%%step learn\nloss = rate * n",
        "%%parameters\nrate = 0.25",
        "%%step learn\nloss = rate * n",
    ]
    exported = zenbook.export(write(list(cells), Path("book.ipynb")))
    assert "def book(rate: float = 0.25, n: int = 3) -> float:" in exported.text
    assert "rate: how fast" in exported.text


def test_steps_that_took_different_values_of_a_parameter_have_one_each(
    home: Path, apart: Mapping[str, Forks]
) -> None:
    cells = [
        "%%parameters\nrate = 0.5",
        "%%step slow\na = rate * 2",
        "%%parameters\nrate = 2.0",
        "%%step fast\nb = rate * 2 + a",
    ]
    exported = zenbook.export(write(list(cells), Path("book.ipynb")))
    assert "def book(rate: float = 0.5, rate_2: float = 2.0) -> float:" in exported.text
    assert "b = fast(a, rate_2)" in exported.text
    assert "2/2 outputs identical" in exported.verified


def test_an_ordinary_cell_that_a_step_needs_becomes_a_function_that_runs_each_time(
    home: Path, apart: Mapping[str, Forks]
) -> None:
    cells = [
        "values = [n * n for n in range(4)]",
        "%%step add\ntotal = sum(values)",
    ]
    book = write(list(cells), Path("book.ipynb")).resolve()
    apart["notebook"].run("notebook", str(book), Path.cwd(), os.environ)
    exported = zenbook.export("book.ipynb")
    assert exported.steps == ("add",)
    assert "\n\n\ndef make_values()" in exported.text
    assert cached(apart["script"].run("script", "book.py", Path.cwd(), os.environ)) == (1, 1)


def test_an_ordinary_cell_that_writes_between_two_steps_that_read_keeps_its_place(
    home: Path, apart: Mapping[str, Forks]
) -> None:
    cells = [
        "from pathlib import Path\n\nPath('n.txt').write_text('1')",
        "%%step before\na = int(Path('n.txt').read_text())",
        "Path('n.txt').write_text('2')",
        "%%step after\nb = int(Path('n.txt').read_text())",
        "Path('other.txt').write_text('3')",
    ]
    exported = zenbook.export(write(list(cells), Path("book.ipynb")))
    assert "2/2 outputs identical" in exported.verified
    places = [
        exported.text.index(part) for part in ('write_text("1")', "before", 'write_text("2")')
    ]
    assert places == sorted(places)
    assert "other.txt" not in exported.text


def test_a_seed_in_an_ordinary_cell_is_kept_for_the_steps_that_draw(
    home: Path, apart: Mapping[str, Forks]
) -> None:
    cells = ["import random\n\nrandom.seed(7)", "%%step draw\nx = random.random()"]
    book = write(list(cells), Path("book.ipynb")).resolve()
    apart["notebook"].run("notebook", str(book), Path.cwd(), os.environ)
    exported = zenbook.export("book.ipynb")
    assert "random.seed(7)" in exported.text
    assert "1/1 outputs identical" in exported.verified
    assert cached(apart["script"].run("script", "book.py", Path.cwd(), os.environ)) == (1, 1)
