"""``%%step --seed N`` leaves as a script that draws the notebook's numbers, and no others after."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import numpy as np
import pytest

import zenbook
from tests.export.cases import Cell, write
from tests.programs import Project
from zenbook.errors import ExportError
from zenbook.front.export.writing import Target

DRAWN: list[str | Cell] = [
    "from random import random, seed\nimport numpy as np",
    "%%step outer\nseed(1)\nnp.random.seed(1)\nfirst = random()",
    (
        '%%step --seed 3 drawn\ntext = """a\n  b"""\n'
        "numbers = [random(), float(np.random.rand()), float(np.random.randn())]"
    ),
    (
        "%%step after\nbeside = [first, random(), float(np.random.rand())]\n"
        "print(repr(text), numbers, beside)"
    ),
]


@pytest.fixture
def project(home: Path, tmp_path: Path) -> Project:
    return Project(tmp_path / "work")


def expected() -> str:
    ours, theirs = random.Random(3), np.random.RandomState(3)
    numbers = [ours.random(), float(theirs.rand()), float(theirs.randn())]
    ours, theirs = random.Random(1), np.random.RandomState(1)
    beside = [ours.random(), ours.random(), float(theirs.rand())]
    return f"'a\\n  b' {numbers} {beside}"


@pytest.mark.parametrize("target", ["zenbook", "python"])
def test_a_script_draws_the_numbers_and_puts_the_outer_states_back(
    target: Target, project: Project
) -> None:
    exported = zenbook.export(write(DRAWN, Path("book.ipynb")), target=target)
    assert "identical" in exported.verified
    assert expected() in project.python("book.py").lines
    assert ("@step(seed=3)" in exported.text) == (target == "zenbook")
    assert ("    with seeded(3):\n" in exported.text) == (target == "python")
    if target == "python":
        assert "import random as random_\n" in exported.text


def test_the_outer_state_that_two_steps_share_is_refused_where_each_has_its_own_process(
    home: Path,
) -> None:
    file = write(DRAWN, Path("book.ipynb"))
    with pytest.raises(ExportError) as caught:
        zenbook.export(file, target="zenml")
    assert str(caught.value) == (
        "Cell 3, line 1: --seed is for this cell alone, and a script has one step of it and "
        "cells 2, 4 (they share a random state). "
        "Seed in the cell, as in rng = numpy.random.default_rng(3)."
    )


def test_a_step_of_zenml_is_seeded_in_its_body_so_that_the_seed_is_in_its_key(home: Path) -> None:
    cells: list[str | Cell] = ["import random", "%%step draw --seed 3\nx = random.random()"]
    text = zenbook.export(write(cells, Path("book.ipynb")), target="zenml").text
    functions = {f.name: f for f in ast.parse(text).body if isinstance(f, ast.FunctionDef)}
    assert "with seeded(3):\n        x = random.random()" in ast.unparse(functions["draw"])
    assert "random.setstate(outer[0])" in ast.unparse(functions["seeded"])
    assert "numpy" not in text, "nothing that could draw from its state is imported"


def test_a_step_that_awaits_is_seeded_while_it_runs(project: Project) -> None:
    cells: list[str | Cell] = [
        "import asyncio, random",
        "%%step draw --seed 3\nawait asyncio.sleep(0)\nx = random.random()\nprint(x)",
    ]
    file = write(cells, Path("book.ipynb"))
    for target in ("zenbook", "python"):
        zenbook.export(file, target=target)
        assert str(random.Random(3).random()) in project.python("book.py").lines


def test_names_of_the_notebook_do_not_collide_with_what_seeds(project: Project) -> None:
    cells: list[str | Cell] = [
        "import random as chance\nseeded = 3\ndef random():\n    return chance.random()",
        "%%step draw --seed 3\nx = random() + seeded\nprint(x)",
    ]
    exported = zenbook.export(write(cells, Path("book.ipynb")), target="python")
    assert "with seeded_(3):" in exported.text and "chance.getstate()" in exported.text
    assert project.python("book.py").lines == [str(random.Random(3).random() + 3)]


def test_what_a_hit_shows_is_said_in_the_script(home: Path) -> None:
    cells: list[str | Cell] = ["%%step tell --replay none\nprint(1)\nx = [1]"]
    exported = zenbook.export(write(cells, Path("book.ipynb"), executed=False))
    assert '@step(replay="none")' in exported.text
