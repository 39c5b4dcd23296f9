"""``%run``: another file is imported, run, or written out where the notebook ran it."""

from __future__ import annotations

from pathlib import Path

import pytest

import zenbook
from tests.export.cases import Cell, md, write
from zenbook.errors import ExportError
from zenbook.front.export.exporting import Exported

ROOTS = (
    "import math\n\nLIMIT = 4\n\n\ndef root(x):\n    return math.sqrt(min(x, LIMIT))\n\n\n"
    "def called(f):\n    return f.__name__\n"
)
SUMS = "x = [1, 2]\ny = sum(x)\nif __name__ == '__main__':\n    z = y * 2\n"
ARGUMENTS = "import sys\n\nasked = [*sys.argv]\nwanted = len(asked)\n"


def exported(text: str, cells: list[str | Cell], name: str = "other.py") -> Exported:
    """The export of a notebook beside which there is another file with this text."""
    Path(name).write_text(text, encoding="utf-8")
    return zenbook.export(write(cells, Path("book.ipynb")))


def test_a_file_of_definitions_is_imported(home: Path) -> None:
    cells: list[str | Cell] = ["%run other", md("# A"), "a = [root(9)]", md("# B"), "b = root(2)"]
    found = exported(ROOTS, cells)
    assert found.verified == "2/2 outputs identical"
    assert "\nfrom other import root\n" in found.text
    assert found.steps == ("a", "b")
    assert "cell 1: %run other as an import" in found.notes


def test_a_file_that_computes_is_run_and_gives_the_names_in_use(home: Path, apart: object) -> None:
    cells: list[str | Cell] = ["%run other.py", md("# A"), "a = [y]", md("# B"), "b = a[0] + z"]
    found = exported(SUMS, cells)
    assert found.verified == "4/4 outputs identical"
    assert (
        '    ran = runpy.run_path("other.py", run_name="__main__")\n'
        '    y = ran["y"]\n    z = ran["z"]\n    return y, z\n'
    ) in found.text
    alone = exported(SUMS, ["%run other.py", "b = [z]\nb.append(1)"])
    assert '    z = runpy.run_path("other.py", run_name="__main__")["z"]\n' in alone.text


def test_a_file_gets_the_arguments_that_the_notebook_gives_it(home: Path, apart: object) -> None:
    cells: list[str | Cell] = ['%run other.py 3 "a b"', "n = wanted + len(asked[1:])"]
    found = exported(ARGUMENTS, cells)
    assert found.verified.endswith("identical")
    assert '    sys.argv[1:] = ["3", "a b"]\n    ran = runpy' in found.text


def test_what_runs_among_the_notebooks_names_stands_in_its_place(home: Path, apart: object) -> None:
    found = exported("w = [v, v]\n", ["v = [1]", "%run -i other.py", md("# A"), "a = [len(w)]"])
    assert found.verified.endswith("identical")
    assert "    w = [v, v]\n" in found.text
    write([md("# T"), "import math\n%time k = [math.pi]", "%run -i other.py"], Path("one.ipynb"))
    found = exported("m = len(k)\n", ["%run one.ipynb", md("# A"), "a = [k, m]"])
    assert found.verified.endswith("identical")
    assert "    k = [math.pi]\n\n    m = len(k)\n" in found.text


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("%run none.py", r"Cell 2, line 1: %run executes another file, and there is no none\.py\."),
        ("%run", r"Cell 2, line 1: %run executes another file, and there is no name of it"),
        ("%run -t other.py", r"Cell 2, line 1: %run -t has no meaning in a script\."),
        (
            "y = 1\nif y:\n    %run -i other.py",
            r"Cell 2, line 3: %run executes other\.py as a part",
        ),
        ("%run -i other.py", r"Cell 2, line 1: %run executes other\.py, which asks for __name__\."),
        ("%run other.py", r"Cell 2, line 1: .* imports ours beside it: a step that is kept would"),
        ("%run book.ipynb", r"Cell 2, line 1: %run book\.ipynb runs itself again"),
    ],
)
def test_a_file_that_cannot_be_run_is_told_with_its_place(cell: str, told: str, home: Path) -> None:
    Path("ours.py").write_text("k = 1\n")
    with pytest.raises(ExportError, match=told):
        exported(f"import ours\n{SUMS}", ["x = [1]", cell])


def test_magics_that_are_allowed_are_allowed_in_a_file_that_runs_too(home: Path) -> None:
    write(["%unknown_magic\nx = [1]\nx.append(2)"], Path("one.ipynb"))
    book = write(["%run one.ipynb", "y = sum(x)"], Path("book.ipynb"))
    with pytest.raises(ExportError, match="%unknown_magic has no meaning"):
        zenbook.export(book, verify=False)
    assert "x.append(2)" in zenbook.export(book, verify=False, allow_magics=True).text
