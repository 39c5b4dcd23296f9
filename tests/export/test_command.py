"""``zenbook export``: where the script goes, what is told of every cell, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

import zenbook
from tests.export.cases import Cell, md, tagged, write
from tests.programs import Project

CELLS: list[str | Cell] = [
    md("# T"),
    "import math\nRATE = 2",
    tagged("n = 3  # how many", "parameters"),
    "%%step make\nx = [n] * RATE",
    "x",
    "%%step use\ny = len(x)",
    "",
    tagged("1 / 0", "raises-exception"),
    "%who",
]


@pytest.fixture
def project(home: Path, tmp_path: Path) -> Project:
    write(CELLS, Path("book.ipynb"), executed=False)
    return Project(tmp_path / "work")


def refused(project: Project, *arguments: str) -> str:
    said = project.zenbook("export", *arguments)
    assert (said.code, said.out) == (2, "")
    assert "Traceback" not in said.err
    return said.err.strip()


def test_a_report_tells_what_became_of_every_code_cell(project: Project) -> None:
    said = project.zenbook("export", "book.ipynb", "--report")
    assert said.code == 0
    assert said.out.splitlines() == [
        "book.py: 2 steps (make, use)",
        "not verified: the notebook has not run (--verify runs it and the script)",
        "  cell 2: module code",
        "  cell 3: parameters",
        "  cell 4: step make",
        "  cell 5: left out: it only shows a value",
        "  cell 6: step use",
        "  cell 7: left out: it is empty",
        "  cell 8: left out: tagged raises-exception",
        "  cell 9: left out: %who",
    ]


def test_a_check_ends_with_code_1_where_notebook_and_script_have_drifted(project: Project) -> None:
    missing = project.zenbook("export", "book.ipynb", "--check")
    assert (missing.code, "book.py does not exist." in missing.out) == (1, True)
    assert not Path("book.py").exists()
    assert project.zenbook("export", "book.ipynb").code == 0
    assert project.zenbook("export", "book.ipynb", "--check").code == 0
    write([*CELLS, "%%step more\nz = y + 1"], Path("book.ipynb"), executed=False)
    before = Path("book.py").read_bytes()
    drifted = project.zenbook("export", "book.ipynb", "--check")
    assert (drifted.code, "book.py differs" in drifted.out) == (1, True)
    assert Path("book.py").read_bytes() == before


def test_a_script_goes_where_one_says(project: Project) -> None:
    Path("deep/er").mkdir(parents=True)
    assert project.zenbook("export", "book.ipynb", "-o", "deep/er/other.py").code == 0
    Path("folder").mkdir()
    assert project.zenbook("export", "book.ipynb", "-o", "folder").code == 0
    assert Path("folder/book.py").read_bytes() == Path("deep/er/other.py").read_bytes()
    assert [path.suffix for path in Path("folder").iterdir()] == [".py"]


def test_nothing_but_an_earlier_export_is_written_over(project: Project) -> None:
    notebook = Path("book.ipynb").read_bytes()
    assert "is no name for a script" in refused(project, "book.ipynb", "-o", "book.ipynb")
    assert Path("book.ipynb").read_bytes() == notebook
    Path("book.py").write_text("def mine():\n    return 1\n", encoding="utf-8")
    assert refused(project, "book.ipynb") == (
        "Error: book.py is there and was not exported by zenbook. "
        "Name another file with -o, or move this one away."
    )
    assert Path("book.py").read_text(encoding="utf-8").startswith("def mine")
    Path("book.py").unlink()
    for target in ("zenbook", "python", "zenml", "zenbook"):
        zenbook.export("book.ipynb", target=target)  # type: ignore[arg-type]


def test_a_cell_whose_deeds_no_step_needs_is_listed_though_its_imports_are_kept(
    project: Project,
) -> None:
    cells = ["%%bash\ntouch made.txt", "import math\nprint(math.pi)", "%%step a\nx = math.sqrt(4)"]
    write(cells, Path("deeds.ipynb"))
    told = project.zenbook("export", "deeds.ipynb", "--no-verify").lines
    kept = "left out: no step needs what it makes; what it imports or defines is module code"
    assert told[-2:] == [f"  cell 1: {kept}", f"  cell 2: {kept}"]


def test_what_a_cell_that_is_left_out_hands_a_program_or_writes_is_no_code_of_the_script(
    project: Project,
) -> None:
    cells = [
        "%%writefile helpers.py\ndef f():\n    return 3",
        "import helpers",
        "%%bash\nls\npwd",
        "%%step a\nx = helpers.f()",
    ]
    write(cells, Path("text.ipynb"))
    told = project.zenbook("export", "text.ipynb", "--no-verify").lines
    assert "it writes helpers.py, which is imported: keep that file beside" in "\n".join(told)
    assert "commands" not in Path("text.py").read_text(encoding="utf-8")


def test_where_one_may_not_write_a_sentence_says_so(project: Project) -> None:
    Path("file").write_text("", encoding="utf-8")
    assert refused(project, "book.ipynb", "-o", "file/book.py") == (
        "Error: file/book.py cannot be written: there is no folder file."
    )
    assert not Path("gone").exists()
    assert "there is no folder gone." in refused(project, "book.ipynb", "-o", "gone/book.py")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("gone.ipynb",), "There is no notebook gone.ipynb."),
        ((__file__,), "is a Python script, and no notebook."),
        (("book.ipynb", "--target", "x"), "'x' is not one of"),
        (("book.ipynb", "--order", "x"), "'x' is not one of"),
        ((), "Missing argument 'NOTEBOOK'"),
    ],
)
def test_wrong_usage_ends_with_code_2_and_a_sentence(
    arguments: tuple[str, ...], sentence: str, project: Project
) -> None:
    assert sentence in refused(project, *arguments)


def test_an_export_without_verification_says_nothing_of_outputs(project: Project) -> None:
    write(CELLS, Path("book.ipynb"))
    assert "identical" in project.zenbook("export", "book.ipynb").out
    assert "identical" not in project.zenbook("export", "book.ipynb", "--no-verify").out
