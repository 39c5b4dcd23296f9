"""What the documents say is so: their programs run, their transcripts are what is printed."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

import zenbook
from tests.programs import Project
from zenbook import model

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
DETAILS = {"Options", "Edge", "StepRun", "PlannedStep"}
"""Classes of the model that are parts of a word in the glossary, and no word of their own."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a transcript, and what it is said to print."""

    line: str
    output: str


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of this language, in order."""
    text = page.read_text(encoding="utf-8")
    return [found[2] for found in FENCE.finditer(text) if found[1] == language]


def commands(block: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        yield Command(line, output.strip("\n"))


def without_figures(text: str) -> str:
    """The text with every duration, size and age as ``#``, and columns one blank apart."""
    text = re.sub(r"\b\d+ (?:s|min|h|days) ago|just now", "#", text)
    text = re.sub(r"\b\d+(?:\.\d+)? (?:ms|s|min|B|kB|MB)\b", "#", text)
    text = re.sub(r"\b\d{8}-\d{6}-[0-9a-f]{10}\b", "#", text)
    return re.sub(r"[ ─]{2,}", "  ", text).strip()


def programs(page: Path) -> dict[str, str]:
    """The page's programs, by the names that their first lines give them."""
    found: dict[str, str] = {}
    for number, block in enumerate(blocks(page, "python")):
        named = re.match(r"# (\w+\.py)\n", block)
        found[named[1] if named else f"block_{number}.py"] = block
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_programs_of_a_page_run_and_run_again(page: Path, tmp_path: Path) -> None:
    project = Project(tmp_path)
    for name, program in programs(page).items():
        project.play(program, name=name)
        if "@pipeline" in program:
            ran = project.zenbook("run", name)
            assert (ran.code, ran.err) == (0, "")
        project.play(program, name=name)


def test_the_cells_of_the_readme_give_the_lines_that_it_shows(tmp_path: Path) -> None:
    readme = ROOT / "README.md"
    (cells,), (shown,) = blocks(readme, "ipython"), blocks(readme, "text")
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell(cell) for cell in cells.strip().split("\n\n")]
    assert len(book.cells) == 5
    project = Project(tmp_path)
    (tmp_path / "person").mkdir()  # IPython wants a home to write to
    nbformat.write(book, tmp_path / "digits.ipynb")
    commands = [line.split() for block in blocks(readme, "sh") for line in block.splitlines()]
    ran = project.zenbook("run", "digits.ipynb")
    ended = [line.replace(" draft", "") for line in ran.lines if line.startswith("✓")]
    assert (without_figures("\n".join(ended)), ran.err) == (without_figures(shown), "")
    again = project.zenbook("run", "digits.ipynb")
    assert [line.split()[:3:2] for line in again.lines[:-1]] == [["↺", "cached"]] * 2
    for _, *words in (words for words in commands if "digits.ipynb" in words):
        said = project.zenbook(*words)
        assert said.code == 0, said.err
    assert project.zenbook("show").lines[1] == "  gamma = 0.002"
    assert (tmp_path / "out.ipynb").exists() and (tmp_path / "digits.py").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_transcripts_of_a_page_are_what_is_printed(page: Path, tmp_path: Path) -> None:
    project = Project(tmp_path)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for name, program in programs(page).items():
        project.write(name, program)
    for block in blocks(page, "console"):
        for command in commands(block):
            program, *arguments = shlex.split(command.line)
            assert program in ("zenbook", "python"), command.line
            said = (project.zenbook if program == "zenbook" else project.python)(*arguments)
            assert without_figures(said.out + said.err) == without_figures(command.output)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_points_to_is_there(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_tool_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(r"\bsh (tools/\w+)", page.read_text(encoding="utf-8"))
    assert [tool for tool in named if not (ROOT / tool).is_file()] == []


def test_the_glossary_has_every_noun_of_the_model() -> None:
    words = re.findall(r"^\| (\w+) \|", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    nouns = {
        name
        for name, value in vars(model).items()
        if getattr(value, "__module__", "") == model.__name__
    }
    assert nouns - DETAILS - set(words) == set()


def test_the_newest_change_is_that_of_this_version() -> None:
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert newest is not None
    assert newest[1] == project["version"] == zenbook.__version__
