"""What cannot leave as a script says so, naming cell, line, name and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

import zenbook
from tests.export.cases import Cell, md, write
from zenbook.errors import ExportError, UsageError


def refusal(cells: list[str | Cell], executed: bool = False) -> str:
    with pytest.raises(ExportError) as caught:
        zenbook.export(write(cells, Path("book.ipynb"), executed), verify=executed)
    assert not Path("book.py").exists()
    return str(caught.value)


def test_an_unknown_magic_is_refused_unless_allowed(home: Path) -> None:
    cells: list[str | Cell] = ["x = [1]", "y = len(x)\n%fancy stuff"]
    assert refusal(cells) == (
        "Cell 2, line 2: the magic %fancy has no meaning in a script. "
        "Write in Python what it does, or leave it out with --allow-magics."
    )
    exported = zenbook.export("book.ipynb", allow_magics=True)
    assert "fancy" not in exported.text
    assert "cell 2: %fancy left out" in exported.notes


def test_ipythons_memory_of_results_is_refused(home: Path) -> None:
    assert refusal(["len([1])", "x = [1]", "y = _ + 1"]) == (
        "Cell 3, line 1: it reads `_`, IPython's memory of earlier results. "
        "Give that result a name where it is made."
    )


def test_a_name_whose_cell_was_deleted_is_refused(home: Path) -> None:
    assert refusal(["x = [1]", "print(x)\ny = gone + 1"]) == (
        "Cell 2, line 2: it reads `gone`, which no cell makes: its cell was deleted or edited. "
        "Put the cell back, or give the name a value."
    )


def test_a_name_made_further_down_is_refused(home: Path) -> None:
    assert "which only cell 2 below it makes" in refusal(["print(later)", "later = [1]"])


def test_a_syntax_error_is_told_with_its_line(home: Path) -> None:
    told = refusal(["x = 1", "y = 2\nz = = 3"])
    assert told.startswith("Cell 2, line 2: this is no Python")
    assert "z = = 3" in told


def test_a_cell_that_raises_is_told_by_the_trial(home: Path) -> None:
    told = refusal(["x = [1]", "y = x[5]"], executed=True)
    assert told.startswith("Cell 2")
    assert "IndexError: list index out of range" in told


def test_another_language_is_refused(home: Path) -> None:
    import nbformat

    book = nbformat.v4.new_notebook()
    book.metadata["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    nbformat.write(book, "r.ipynb")
    with pytest.raises(ExportError, match="written in R"):
        zenbook.export("r.ipynb")


def test_an_empty_notebook_is_refused(home: Path) -> None:
    assert "no cell that computes anything" in refusal([md("# Nothing"), ""])


def test_a_file_that_is_no_notebook_is_refused(home: Path) -> None:
    Path("text.ipynb").write_text("hello", encoding="utf-8")
    with pytest.raises(UsageError, match="is no notebook"):
        zenbook.export("text.ipynb")


def test_cells_executed_out_of_order_need_an_order_where_it_matters(home: Path) -> None:
    import nbformat

    file = write(["x = [1]\nn = len(x)", "n = n + 1", "n = n * 10"], Path("book.ipynb"))
    book = nbformat.read(file, as_version=4)
    book.cells[1]["execution_count"], book.cells[2]["execution_count"] = 3, 2
    nbformat.write(book, file)
    with pytest.raises(ExportError, match="--order document or --order run"):
        zenbook.export(file)
    by_run = zenbook.export(file, order="run", verify=True)
    assert by_run.text.index("n * 10") < by_run.text.index("n + 1")
    by_place = zenbook.export(file, order="document", verify=True)
    assert by_place.text.index("n + 1") < by_place.text.index("n * 10")


def test_an_old_format_is_read(home: Path) -> None:
    import nbformat

    book = nbformat.v3.new_notebook(
        worksheets=[
            nbformat.v3.new_worksheet(
                cells=[nbformat.v3.new_code_cell(input="x = [1, 2]\ny = len(x)")]
            )
        ]
    )
    Path("old.ipynb").write_text(nbformat.v3.writes_json(book), encoding="utf-8")
    assert "y = len(x)" in zenbook.export("old.ipynb", verify=True).text


def test_megabytes_of_outputs_and_no_kernel_spec_do_not_matter(home: Path) -> None:
    import nbformat

    book = nbformat.v4.new_notebook()
    cell = nbformat.v4.new_code_cell("x = [1, 2]\ny = len(x)", execution_count=1)
    cell.outputs = [nbformat.v4.new_output("stream", text="x" * 5_000_000)]
    book.cells.append(cell)
    nbformat.write(book, "large.ipynb")
    assert zenbook.export("large.ipynb", verify=False).steps


def test_a_check_tells_whether_notebook_and_script_have_drifted(home: Path) -> None:
    file = write(["x = [1, 2]\ny = len(x)"], Path("book.ipynb"), executed=False)
    assert zenbook.export(file, check=True).drifted
    zenbook.export(file)
    assert zenbook.export(file, check=True).drifted is False
    write(["x = [1, 2, 3]\ny = len(x)"], file, executed=False)
    before = Path("book.py").read_text(encoding="utf-8")
    assert zenbook.export(file, check=True).drifted
    assert Path("book.py").read_text(encoding="utf-8") == before


def test_a_check_of_a_notebook_that_has_run_finds_its_own_export_up_to_date(home: Path) -> None:
    file = write(["x = [1, 2]\ny = len(x)"], Path("book.ipynb"))
    assert "-> int:" in zenbook.export(file).text
    assert zenbook.export(file, check=True).drifted is False


def test_a_seed_whose_cell_must_be_one_step_with_another_is_refused(home: Path) -> None:
    draw = "# numbers\n%%step draw --seed 3\nx = (random.random() for _ in range(3))"
    assert refusal(["import random", draw, "%%step add\ntotal = sum(x)"]) == (
        "Cell 2, line 2: --seed is for this cell alone, and a script has one step of it and "
        "cell 3 (`x` is a generator). "
        "Seed in the cell, as in rng = numpy.random.default_rng(3)."
    )


def test_a_program_that_fails_in_the_script_alone_is_told_with_place_and_remedy(home: Path) -> None:
    told = refusal(["x = [1]", "n = len(x)\n!test -t 1"], executed=True)
    assert told == (
        "Cell 2, line 2: step make_n fails in the script, not in the notebook: CalledProcessError: "
        "Command 'test -t 1' returned non-zero exit status 1. A script has no terminal, and its "
        "shell is sh: correct the command, or tag its cell skip-execution. "
        "Nothing was written; --no-verify writes it all the same."
    )


@pytest.mark.parametrize(
    "line", ["print x", "raise ValueError, 'no'", "mode = 0755", "z = xrange(3)"]
)
def test_python_2_is_called_by_its_name(line: str, home: Path) -> None:
    told = refusal(["x = 1", f"y = [x]\n{line}"])
    shown = "`xrange`" if "xrange" in line else line
    assert (
        told == f"Cell 2, line 2: this is Python 2: {shown}. Bring the notebook to Python 3 first."
    )


def test_a_notebook_that_python_2_has_run_is_exported_with_a_remark(home: Path) -> None:
    import nbformat

    file = write(["x = [1]\ny = len(x) / 2"], Path("book.ipynb"), executed=False)
    book = nbformat.read(file, as_version=4)
    book.metadata["language_info"] = {"name": "python", "version": "2.7.10"}
    nbformat.write(book, file)
    assert zenbook.export(file).notes == (
        "it last ran under Python 2.7.10, where division and text mean something else",
    )


def test_a_star_import_that_fails_is_told_with_its_place(home: Path) -> None:
    Path("broken.py").write_text("import missing_package_xyz\n", encoding="utf-8")
    assert refusal(["x = 1", "import math\nfrom broken import *\ny = x"]) == (
        "Cell 2, line 2: `from broken import *` cannot be spelled out: ModuleNotFoundError: "
        "No module named 'missing_package_xyz'. "
        "Install what it needs, or import the names by themselves."
    )
