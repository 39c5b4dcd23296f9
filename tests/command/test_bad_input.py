"""Bad input is told in one sentence that says what to do: exit code 2 for usage, 1 for failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import Project

PROGRAM = """
from zenbook import pipeline, step

@step
def one(x):
    return x

@step(must_hit=True)
def kept(x):
    return x

@step
def fails(x):
    raise ValueError("too small")

@pipeline
def good(k: int = 1):
    one(k)

@pipeline
def empty():
    pass

@pipeline
def cycle():
    a = one(1)
    b = kept(2).after(a)
    a.after(b)

@pipeline
def never():
    kept(1)

@pipeline
def failing():
    fails(1)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("work.py", PROGRAM)
    return made


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["run", "gone.py"], 2, "There is no file gone.py."),
        (["run", "work.py:good", "-p", "k=abc"], 2, "k must be an int, but got 'abc'."),
        (["run", "work.py:good", "-p", "z=1"], 2, "good has no parameter z. It has k."),
        (["run", "work.py:empty"], 2, "Pipeline empty has no steps."),
        (["run", "work.py:cycle"], 2, "The steps one, kept wait for each other."),
        (["run", "work.py:never"], 1, "Step kept is no hit: first run."),
        (["show", "nothing"], 2, "There is no run yet: run a step or a pipeline first."),
        (["forget", "nothing"], 2, "There is no run yet: run a step or a pipeline first."),
    ],
)
def test_a_sentence_says_what_to_do(
    arguments: list[str], code: int, says: str, project: Project
) -> None:
    said = project.zenbook(*arguments)
    assert said.code == code
    assert said.err.startswith(f"Error: {says}")
    assert len(said.err.splitlines()) == 1


def test_a_failed_step_shows_only_the_users_lines(project: Project) -> None:
    said = project.zenbook("run", "work.py:failing")
    assert said.code == 1
    assert said.err.splitlines()[-2:] == [
        "ValueError: too small",
        "in step fails of pipeline failing",
    ]
    assert said.err.count('File "') == 1


def test_a_script_that_is_no_python_shows_only_its_own_line(project: Project) -> None:
    project.write("broken.py", "x = = 1")
    said = project.zenbook("run", "broken.py")
    assert said.code == 1
    assert "zenbook" not in said.err.replace(str(project.folder), "")
    assert said.err.endswith("SyntaxError: invalid syntax\n")


def test_forget_asks_nobody_where_nobody_can_answer(project: Project) -> None:
    project.zenbook("run", "work.py:good")
    said = project.zenbook("forget", "latest")
    assert (said.code, said.err) == (
        2,
        "Error: To delete good:1 for good without being asked, add --yes.\n",
    )


@pytest.mark.parametrize("verb", [["runs"], ["show"], ["status"], ["fsck"], ["why", "one"]])
def test_a_home_that_is_a_file_is_an_error_for_who_looks(verb: list[str], project: Project) -> None:
    home = str(project.write("file", "no folder"))
    said = project.zenbook(*verb, ZENBOOK_HOME=home)
    assert said.code == 1
    assert said.err.startswith(f"Error: {home} ")
    assert len(said.err.splitlines()) == 1


def test_a_run_without_a_usable_home_runs_and_says_so_once(project: Project) -> None:
    home = str(project.write("file", "no folder"))
    said = project.zenbook("run", "work.py:good", ZENBOOK_HOME=home)
    assert said.code == 0
    assert said.err.startswith(f"Warning: {home} ")
    assert said.err.endswith(". Results are remembered for this process only.\n")
    assert len(said.err.splitlines()) == 1
