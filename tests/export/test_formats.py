"""Notebooks as they come: old formats, odd cells, other orders, any layout."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest

import zenbook
from tests.export.cases import Cell, md, raw, write
from tests.export.forks import Forks
from zenbook.errors import ExportError
from zenbook.front.export.formatting import formatted, says_the_same

PLAIN: list[str | Cell] = [md("# Count"), "x = list(range(3))", md("# Sum"), "y = sum(x)"]
ODD: list[str | Cell] = [
    md("# Load"),
    "x = [ 1,2,\n 3 ]; n=len( x )  # how many\nif n>2: print('big')",
    "def sq( v ):\n  # two spaces\n  return v*v",
    md("# Use"),
    "squares=[ sq(v) for v in x ]\ntext = '''it's\n  \"odd\"'''",
]


def changed(file: Path, change: Any) -> Path:
    """The notebook's file after a change of its JSON."""
    book = nbformat.read(file, as_version=4)
    change(book)
    nbformat.write(book, file)
    return file


@pytest.mark.parametrize("version", [3, 4])
def test_every_format_gives_the_same_script(
    version: int, home: Path, apart: Mapping[str, Forks]
) -> None:
    file = write(PLAIN, Path("book.ipynb"))
    if version == 3:
        old = nbformat.convert(nbformat.read(file, as_version=4), 3)
        file.write_text(nbformat.writes(old), encoding="utf-8")
    exported = zenbook.export(file)
    assert exported.steps == ("count", "sum")
    assert exported.verified == "2/2 outputs identical"


def test_a_notebook_without_a_kernel_spec_is_python(home: Path, apart: Mapping[str, Forks]) -> None:
    file = changed(write(PLAIN, Path("book.ipynb")), lambda book: book.metadata.clear())
    assert "identical" in zenbook.export(file).verified


def test_raw_cells_are_no_part_of_the_script(home: Path) -> None:
    cells = [raw("import nothing"), *PLAIN, raw("y = 0")]
    assert "nothing" not in zenbook.export(write(cells, Path("book.ipynb"), False)).text


def test_a_notebook_of_empty_cells_is_refused(home: Path) -> None:
    with pytest.raises(ExportError, match="no cell that computes anything"):
        zenbook.export(write(["", "# a comment", md("# Title")], Path("book.ipynb"), False))


def test_cells_that_were_never_executed_are_exported_without_verification(home: Path) -> None:
    exported = zenbook.export(write(PLAIN, Path("book.ipynb"), executed=False))
    assert exported.verified.startswith("not verified: the notebook has not run")
    asked = zenbook.export(write(PLAIN, Path("book.ipynb"), executed=False), verify=False)
    assert asked.verified == ""
    assert exported.steps == ("count", "sum")


def test_a_cell_edited_since_it_ran_counts_as_it_stands(
    home: Path, apart: Mapping[str, Forks]
) -> None:
    def edit(book: Any) -> None:
        book.cells[3].outputs = [
            nbformat.v4.new_output("execute_result", {"text/plain": "3"}, execution_count=2)
        ]
        book.cells[3].source = "y = max(x)"

    exported = zenbook.export(changed(write(PLAIN, Path("book.ipynb")), edit))
    assert "y = max(x)" in exported.text
    assert "identical" in exported.verified


def test_cells_executed_in_another_order_need_no_order_where_it_does_not_matter(
    home: Path, apart: Mapping[str, Forks]
) -> None:
    cells: list[str | Cell] = [md("# A"), "a = len('a')", md("# B"), "b = len('bb')"]

    def swap(book: Any) -> None:
        book.cells[1].execution_count, book.cells[3].execution_count = 2, 1

    exported = zenbook.export(changed(write(cells, Path("book.ipynb")), swap))
    assert exported.text.index("a = len") < exported.text.index("b = len")


def test_megabytes_of_outputs_do_not_slow_an_export(home: Path) -> None:
    def fill(book: Any) -> None:
        book.cells[1].outputs = [nbformat.v4.new_output("stream", text="x\n" * 4_000_000)]

    file = changed(write(PLAIN, Path("book.ipynb")), fill)
    assert zenbook.export(file, verify=False).steps == ("count", "sum")


@pytest.mark.parametrize("name", ["größe", "数据", 'it\'s "odd"', "1st", "class", "a b.c"])
def test_any_file_name_becomes_a_script_that_can_be_imported(name: str, home: Path) -> None:
    exported = zenbook.export(write(PLAIN, Path(f"{name}.ipynb"), executed=False))
    assert exported.file.stem.isidentifier()
    done = subprocess.run(
        [sys.executable, "-c", f"import {exported.file.stem}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("cells", [PLAIN, ODD], ids=["plain", "odd"])
def test_importing_a_script_does_nothing_and_ruff_finds_nothing(
    cells: list[str | Cell], home: Path
) -> None:
    exported = zenbook.export(write(cells, Path("book.ipynb"), executed=False))
    before = sorted(Path().rglob("*"))
    done = subprocess.run([sys.executable, "-B", "-c", "import book"], capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert sorted(Path().rglob("*")) == before
    ruff = str(Path(sys.executable).parent / "ruff")
    for command in (["check", "-q", "--no-cache"], ["format", "-q", "--check", "--no-cache"]):
        done = subprocess.run([ruff, *command, str(exported.file)], capture_output=True)
        assert done.returncode == 0, done.stdout
    for comment in ("# how many", "# two spaces"):
        assert cells is PLAIN or comment in exported.text


def test_lines_stay_as_written_by_the_settings_of_the_project(home: Path) -> None:
    long = "y = sorted([" + ", ".join(f"'{n:08d}'" for n in range(6)) + "])"
    write([md("# Make"), long], Path("book.ipynb"), executed=False)
    Path("pyproject.toml").write_text(
        "[tool.ruff]\nline-length = 100\nformat.quote-style = 'preserve'\n", encoding="utf-8"
    )
    assert f"    {long}\n" in zenbook.export("book.ipynb").text


def test_without_ruff_every_line_stays_as_written_and_a_check_finds_no_drift(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(ODD, Path("book.ipynb"), executed=False)
    zenbook.export(file)
    monkeypatch.setattr("zenbook.front.export.formatting._ruff", lambda: None)
    assert zenbook.export(file, check=True).drifted is False
    assert "squares=[ sq(v) for v in x ]" in zenbook.export(file, verify=False).text
    monkeypatch.undo()
    monkeypatch.chdir(file.resolve().parent)


def test_layout_is_no_drift_and_a_comment_or_a_digit_is() -> None:
    text = 'def f(x):\n    """Twice."""\n    return x * 2  # doubled\n'
    assert says_the_same(text, "def f( x ):\n  '''Twice.  '''\n  return (x*2) # doubled\n")
    assert not says_the_same(text, text.replace("* 2", "* 3"))
    assert not says_the_same(text, text.replace("doubled", "tripled"))
    assert not says_the_same(text, "def f(:\n")


def test_what_is_no_python_for_a_formatter_is_left_alone(tmp_path: Path) -> None:
    assert formatted("def f(:\n", tmp_path / "x.py") == "def f(:\n"
