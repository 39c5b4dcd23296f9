"""IPython's syntax in cells as it is found in the wild, and the plain Python that stands for it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import zenbook
from tests.export.cases import Cell, write
from zenbook.errors import ExportError
from zenbook.front.export.filling import literal
from zenbook.front.export.magics import plain_python
from zenbook.front.export.surroundings import Surroundings


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("try:\n    import x\nexcept ImportError:\n    !pip install x", "    pass\n"),
        ("% matplotlib inline\nx = 1", "\nx = 1"),
        ("%lprun -f work work(3)", "work(3)\n"),
        ("%prun -l 5 -s cumulative y = 2", "y = 2\n"),
        ("%prun f(-x)", "f(-x)\n"),
        ("for name in names:\n    %xdel name", "    del name\n"),
        ("ls data/*.csv", "\n"),
        ("%%file notes.txt\nhello\n", 'with open("notes.txt", "w") as file:'),
    ],
)
def test_a_magic_becomes_what_it_does(cell: str, python: str) -> None:
    assert python in plain_python(cell, 1).text


def test_a_name_that_only_looks_like_a_magic_stays() -> None:
    for cell in ("ls = 3", "time (3)", "ls", "cd = run + 1"):
        assert plain_python(cell, 1).text == cell


def test_pylab_is_the_imports_it_stands_for_and_only_those_in_use(home: Path) -> None:
    pytest.importorskip("matplotlib")
    cells: list[str | Cell] = [
        "%pylab inline",
        "x = linspace(0, 1, 5)\ne = 3\ntotal = sum(x) * e",
        "plot(x, sin(x))\nvalue = np.max(x)",
    ]
    exported = zenbook.export(write(cells, Path("book.ipynb")))
    assert exported.verified == "3/3 outputs identical"
    assert "from numpy import linspace, sin, sum\n" in exported.text
    assert "from pylab import plot\n" in exported.text
    assert "mlab" not in exported.text


def test_a_program_that_ipython_runs_by_name_is_told_as_such() -> None:
    with pytest.raises(ExportError, match=r"%run executes another file, and there is no other.py"):
        plain_python("run other.py", 1)


def test_a_program_that_only_looks_is_left_out_and_one_that_writes_is_kept() -> None:
    assert plain_python("!ls data\nx = 1", 1).notes == ["!ls data only shows something; left out"]
    assert "subprocess.run" in plain_python("!cat a.txt > b.txt", 1).text


def subprocess_calls(cell: str, *words: str) -> str:
    """The text of a cell in a notebook whose code has these words, on one line."""
    around = Surroundings(frozenset(words))
    return " ".join(plain_python(cell, 1, around=around).text.split())


@pytest.mark.parametrize(
    ("command", "call"),
    [
        ("git add a.txt", 'subprocess.run("git add a.txt", shell=True, check=True)'),
        ("cp {a} '$b'", "subprocess.run(f\"cp {a} '$b'\", shell=True, check=True)"),
        ("cp $a.x {b[0]!r}", 'subprocess.run(f"cp {a.x} {b[0]!r}", shell=True, check=True)'),
        ("cp {a} $HOME", 'subprocess.run("cp {a} $HOME", shell=True, check=True)'),
        ("awk '{print $1}' x", "subprocess.run(\"awk '{print $1}' x\", shell=True, check=True)"),
        ("rm {{a}}", 'subprocess.run("rm {a}", shell=True, check=True)'),
        ("sed s/\\./{a}/ x", 'subprocess.run(f"sed s/\\\\./{a}/ x", shell=True, check=True)'),
        ("mkdir -p x/{y,z}", 'subprocess.run(["bash", "-c", "mkdir -p x/{y,z}"], check=True)'),
        (
            "echo -e 'a\\tb' >x",
            'subprocess.run(["bash", "-c", "echo -e \'a\\\\tb\' >x"], check=True)',
        ),
    ],
)
def test_a_command_is_filled_in_and_run_as_ipython_does_it(command: str, call: str) -> None:
    """A field without a value leaves all of them alone; what only bash reads is bash's."""
    assert subprocess_calls(f"!{command}", "a", "b") == call


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%%bash\nls", 'subprocess.run(["bash", "-c", "ls"], check=True)'),
        ("%%sh --no-raise-error\nls", 'subprocess.run(["sh", "-c", "ls"], check=False)'),
        ("%%script perl\nexit", 'subprocess.run(["perl"], input="exit", text=True, check=True)'),
        (
            "%%bash -s {a}\nls",
            'subprocess.run(["bash", "-s", f"{a}"], input="ls", text=True, check',
        ),
        ("%%bash --out x\nls", "check=True, stdout=subprocess.PIPE, text=True) x = done.stdout"),
        ("%%bash\nls\nls", 'commands_1 = """ls ls""" subprocess.run'),
        ("%%writefile x.txt\nls", 'with open("x.txt", "w") as file: file.write("ls\\n")'),
        ("%env PATH", ""),
    ],
)
def test_a_cell_for_a_program_keeps_its_options(cell: str, python: str) -> None:
    assert python in subprocess_calls(cell, "a", "commands")


def test_a_cell_that_leaves_a_program_running_is_told() -> None:
    with pytest.raises(ExportError, match=r"Cell 1, line 1: %%bash --bg leaves a program running"):
        plain_python("%%bash --bg\nsleep 1", 1)


def test_what_an_installer_gets_is_told_from_its_options_and_from_what_follows() -> None:
    plain = plain_python("!pip install -q -r r.txt 'a>=1' b 2>/dev/null && touch c", 1)
    assert plain.requirements == ["a>=1", "b"]
    assert plain.text.strip() == 'subprocess.run("touch c", shell=True, check=True)'


@pytest.mark.parametrize(
    "text", ["a\nb\n", 'a"""\n\tb\n', "a\\d\n'+'\"b\n", "a\nb'", "'\"\\d\t\n", "\x00\n", "ü\n"]
)
def test_a_text_is_the_same_as_a_literal(text: str) -> None:
    assert ast.literal_eval(literal(text)) == text


def test_lines_of_spaces_are_blank_as_ipython_leaves_them(home: Path, apart: object) -> None:
    cells: list[str | Cell] = [
        "%%writefile a.txt\na\n    \nb",
        'text = """a\n    \nb"""\nboth = [text, open("a.txt").read()]',
    ]
    assert zenbook.export(write(cells, Path("book.ipynb"))).verified.endswith("identical")
