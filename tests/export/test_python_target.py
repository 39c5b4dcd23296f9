"""Scripts for plain Python need nothing of zenbook, and give what the notebook gives."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import zenbook
from tests.export.cases import CASES, Cell, md, tagged, write
from tests.programs import Project
from zenbook.engine.desk import close_desks
from zenbook.errors import ExportError
from zenbook.front.export.writing import Target

CHILD = Path(__file__).with_name("values_child.py")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the notebooks hold after each cell, and what their scripts return without zenbook."""
    folder = tmp_path_factory.mktemp("python")
    (folder / "scripts").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("ZENBOOK_HOME", str(folder / "home"))
        patch.setenv("HOME", str(folder))
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        close_desks()
        for name, cells in CASES.items():
            file = write(cells, folder / f"{name}.ipynb", executed=False)
            exported = zenbook.export(file, f"scripts/{name}_script.py", target="python")
            assert "zenbook" not in exported.text.partition('"""\n\n')[2]
        close_desks()
    found = {}
    for what, where in (("notebooks", folder), ("python", folder / "scripts")):
        command = [sys.executable, str(CHILD), what, str(where), str(folder / f"{what}.json")]
        variables = {**os.environ, "HOME": str(folder), "IPYTHONDIR": str(folder / "ipython")}
        done = subprocess.run(
            command,
            cwd=where,
            env={**variables, "MPLBACKEND": "Agg"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        found[what] = json.loads((folder / f"{what}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", CASES)
def test_a_script_without_zenbook_gives_the_notebooks_values(
    name: str, everything: dict[str, dict[str, Any]]
) -> None:
    cells = everything["notebooks"][name]
    last = cells[max(cells, key=int)]
    given = everything["python"][f"{name}_script"]
    assert given
    assert given == {output: last[output] for output in given}


@pytest.fixture
def project(home: Path, tmp_path: Path) -> Project:
    return Project(tmp_path / "work")


WITH_PARAMETERS: list[str | Cell] = [
    tagged(
        "n_items = 4  # how many, at most 100 %\n# how fast\n# to go\nspeed = 0.5\nfast = True\n"
        "name = 'x'\nsizes = [1]\nnothing = None\n_hidden = 1",
        "parameters",
    ),
    md("# Tell"),
    "print('told', n_items, speed, fast, name, sizes, nothing, _hidden)\ntold = [n_items]",
]


def test_a_script_takes_its_parameters_from_the_command_line(project: Project) -> None:
    zenbook.export(write(WITH_PARAMETERS, Path("book.ipynb"), executed=False), target="python")
    assert project.python("book.py").out == "told 4 0.5 True x [1] None 1\n"
    given = ["--n-items", "7", "--speed", "1e3", "--no-fast", "--name", "a b", "--sizes", "[2, 3]"]
    said = project.python("book.py", *given, "--nothing", "some text", "--hidden", "2")
    assert said.out == "told 7 1000.0 False a b [2, 3] some text 2\n", said.err


def test_its_help_is_made_of_the_notebooks_comments(project: Project) -> None:
    zenbook.export(write(WITH_PARAMETERS, Path("book.ipynb"), executed=False), target="python")
    said = project.python("book.py", "--help")
    text = " ".join(said.out.split())
    assert "how many, at most 100 % (default: 4)" in text
    assert "how fast to go (default: 0.5)" in text
    assert "--fast, --no-fast" in text
    assert said.code == 0


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("--n-items", "x"), "argument --n-items: invalid int value: 'x'"),
        (("--sizes", "3"), "argument --sizes: invalid list value: '3'"),
        (("--sizes", "[3"), "argument --sizes: invalid list value: '[3'"),
        (("--unknown", "1"), "unrecognized arguments: --unknown 1"),
    ],
)
def test_a_wrong_value_ends_the_script_with_code_2_and_a_sentence(
    given: tuple[str, ...], sentence: str, project: Project
) -> None:
    zenbook.export(write(WITH_PARAMETERS, Path("book.ipynb"), executed=False), target="python")
    said = project.python("book.py", *given)
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err


@pytest.mark.parametrize("target", ["python", "zenml"])
def test_what_is_logged_with_zenbook_is_left_out_or_said_in_zenmls_words(
    target: Target, home: Path
) -> None:
    cells: list[str | Cell] = [
        "import zenbook\nfrom zenbook import log as note",
        md("# Fit"),
        "loss = [0.5]\nzenbook.log(loss=loss[0],\n            n=1)\nif loss:\n    note(done=True)",
        md("# Use"),
        "best = min(loss)",
    ]
    text = zenbook.export(write(cells, Path("book.ipynb"), executed=False), target=target).text
    if target == "python":
        assert "log" not in text
        assert "    if loss:\n        pass\n" in text
    else:
        assert "from zenml import log_metadata, pipeline, step\n" in text
        assert '    log_metadata({"loss": loss[0], "n": 1})\n' in text
        assert '        log_metadata({"done": True})\n' in text


@pytest.mark.parametrize("target", ["python", "zenml"])
def test_what_only_zenbook_can_answer_is_refused_for_other_targets(
    target: Target, home: Path
) -> None:
    cells: list[str | Cell] = [
        "import zenbook",
        "x = 1\nfound = [run.name for run in zenbook.runs('x')]",
        "y = len(found)",
    ]
    file = write(cells, Path("book.ipynb"), executed=False)
    with pytest.raises(ExportError) as caught:
        zenbook.export(file, target=target)
    assert str(caught.value) == (
        f"Cell 2, line 2: it uses `zenbook` of zenbook, which a script for {target} does without. "
        "Take it out of this cell, or export with --target zenbook."
    )
    assert "zenbook.runs" in zenbook.export(file).text


def test_parameters_that_zenml_would_change_are_refused(home: Path) -> None:
    cells: list[str | Cell] = [tagged("pairs = [(1, 2)]", "parameters"), "x = [pairs]", "y = [x]"]
    file = write(cells, Path("book.ipynb"), executed=False)
    with pytest.raises(ExportError, match=r"`pairs` is .*ZenML keeps parameters as JSON"):
        zenbook.export(file, target="zenml")
    assert "pairs: list = [(1, 2)]" in zenbook.export(file, target="python").text
