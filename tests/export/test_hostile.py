"""Whatever names, headings and texts a notebook holds, its script is Python of its own."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

import zenbook
from tests.export.cases import Cell, md, tagged, write
from zenbook.errors import ExportError
from zenbook.front.export.writing import Target

CALL = 'open("PWNED", "w")'
ENDS = f'"""\n{CALL}\n"""'

NAMES = [
    f'x"); {CALL.replace("/", "")}; (".ipynb',
    f"a\n{CALL}\n.ipynb",
    'c"""\\.ipynb',
    "%s{x}.ipynb",
    "日本.ipynb",
    "class.ipynb",
    "1 2 3.ipynb",
    "print.ipynb",
    "zenbook.ipynb",
    "step.ipynb",
]

TEXTS: dict[str, list[str | Cell]] = {
    "a heading": [md(f"# {ENDS}\n\n{ENDS}"), "x = [n]", md("# A \\\n\nends in \\"), "y = len(x)"],
    "a comment": [
        tagged(f'n = 1  # {CALL!r} """ \\ 100 % {{n}}\nname = \'a"b\\\'c\'', "parameters"),
        "x = [n, name]",
        "y = len(x)  # \u2028" + CALL,
    ],
    "what editors take for the end of a line": [
        md("# a\x00b \u2028 c\x0c"),
        "text = 'a\u2028b\x0cc\x85'\nx = [text]",
        "%%step measure\nlength = len(x[0]) + len('\u2029\x1c')",
    ],
    "ends of lines of other systems": ["x = '''a\r\nb\rc'''\r\nparts = [x]", "y = len(parts[0])"],
    "a name of the script's own": [
        "def step(x):\n    return x\n\n\ndef main():\n    return 1",
        "def literal():\n    return 2",
        tagged("parser = None\ngiven = [1]", "parameters"),
        md("# print"),
        "argparse = [parser, given, main(), literal()]",
        md("# configure"),
        "cli = len(step(argparse))",
    ],
}
TARGETS: tuple[Target, ...] = ("zenbook", "python", "zenml")


def is_its_own(text: str) -> None:
    """The script is Python, and what was to be smuggled in is no statement of it."""
    for node in ast.walk(ast.parse(text)):
        called = node.func if isinstance(node, ast.Call) else None
        assert not (isinstance(called, ast.Name) and called.id == "open"), text
    assert not list(Path().rglob("PWNED"))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_fault_88_a_hostile_name_gives_a_script_without_a_line_of_it(
    name: str, target: Target, home: Path
) -> None:
    cells: list[str | Cell] = [md("# Make"), "x = [1]\nx.append(2)", md("# Use"), "y = len(x)"]
    exported = zenbook.export(write(cells, Path(name), executed=False), target=target)
    is_its_own(exported.text)
    assert exported.file.parent == Path()
    assert exported.file.stem.isidentifier()
    assert exported.file.read_text(encoding="utf-8") == exported.text


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("what", TEXTS)
def test_fault_88_hostile_texts_give_a_script_with_the_notebooks_values(
    what: str, target: Target, home: Path
) -> None:
    cells = [c.replace("n]", "1]") if what == "a heading" and isinstance(c, str) else c
             for c in TEXTS[what]]  # fmt: skip
    exported = zenbook.export(write(cells, Path("book.ipynb")), target=target)
    is_its_own(exported.text)
    assert "identical" in exported.verified
    assert zenbook.export("book.ipynb", target=target).text == exported.text


@pytest.mark.parametrize("source", ["x = ['\ud800']", "x = 1  # \x00"])
def test_fault_88_what_no_source_file_can_hold_is_refused_with_its_cell(
    source: str, home: Path
) -> None:
    file = write(["y = 1", "PLACE"], Path("book.ipynb"), executed=False)
    text = file.read_text(encoding="utf-8").replace('"PLACE"', json.dumps(source))
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ExportError, match=r"^Cell 2.*this is no Python"):
        zenbook.export(file)
    assert not Path("book.py").exists()


def test_fault_88_half_a_character_in_a_heading_is_replaced(home: Path) -> None:
    file = write([md("PLACE"), "x = [1]\ny = len(x)"], Path("book.ipynb"), executed=False)
    text = file.read_text(encoding="utf-8").replace('"PLACE"', json.dumps("# half \ud800"))
    file.write_text(text, encoding="utf-8")
    assert '"""half ?."""' in zenbook.export(file).text


@pytest.mark.parametrize("line", ['%%step "a\\"); import os"', "%%step x; import os"])
def test_fault_88_a_name_that_is_none_is_refused(line: str, home: Path) -> None:
    with pytest.raises(ExportError, match=r"^Cell 1"):
        zenbook.export(write([f"{line}\nx = [1]", "y = len([1])"], Path("book.ipynb")))


def test_fault_88_a_pipeline_line_gives_a_name_and_nothing_else(home: Path) -> None:
    cells: list[str | Cell] = [f"%pipeline book; {CALL}", "x = [1]", "y = len(x)"]
    exported = zenbook.export(write(cells, Path("other.ipynb"), executed=False))
    is_its_own(exported.text)
    assert "@pipeline\ndef book()" in exported.text
