"""The command line of one script: options with help from the docstring, typed, well refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import Project, Said
from zenbook.front.command.script import described

SCRIPT = '''
from zenbook import cli, pipeline, step

@step
def tell(values) -> str:
    return repr(values)

@pipeline
def train(
    gamma: float = 0.1,
    n_items: int = 4,
    name: str = "a b",
    fast: bool = True,
    sizes: list = [1, 2],
    path=None,
    plan: int = 3,
) -> str:
    """Train the model.

    Parameters:
        gamma: how far one sample reaches,
            in units of "pixels": all of them
        fast (bool): skip the slow part

    Afterwards the model is told.
    """
    return tell([gamma, n_items, name, fast, sizes, path, plan])

if __name__ == "__main__":
    cli(train)
'''


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write("train.py", SCRIPT)
    return project


def told(project: Project, *arguments: str) -> str:
    """What the step was given, in the line that names the run's parameters."""
    said = project.python("train.py", *arguments)
    assert said.code == 0, said.err
    return next(line for line in said.lines if line.startswith("Run "))


def refused(project: Project, *arguments: str) -> Said:
    said = project.python("train.py", *arguments)
    assert (said.code, said.out) == (2, "")
    return said


def test_the_help_says_what_each_parameter_means_and_its_default(project: Project) -> None:
    said = project.python("train.py", "--help")
    assert said.code == 0
    text = " ".join(said.out.split())
    assert "Train the model. Afterwards the model is told. Options:" in text
    assert (
        '--gamma NUMBER how far one sample reaches, in units of "pixels": all of them '
        "(default: 0.1)" in text
    )
    assert "--n-items INTEGER (default: 4)" in text
    assert "--fast / --no-fast skip the slow part (default: --fast)" in text
    assert "--sizes LIST (default: [1, 2])" in text
    assert "--path VALUE (default: None)" in text
    assert "Parameters:" not in text


def test_texts_become_values_of_the_parameters_types(project: Project) -> None:
    line = told(
        project,
        *("--gamma", "2", "--n-items", "5", "--name", "x y", "--no-fast"),
        *("--sizes", "[3, 4]", "--path", "data.csv"),
    )
    assert line.endswith(
        "gamma=2.0, n_items=5, name='x y', fast=False, sizes=[3, 4], path='data.csv', plan=3"
    )
    assert "fast=True" in told(project, "--fast")
    assert "path=None" in told(project, "--path", "None")
    assert "path=7" in told(project, "--path", "7")


def test_a_parameter_keeps_its_name_though_an_option_of_ours_has_it(project: Project) -> None:
    assert told(project, "--plan", "8").endswith("plan=8")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("--gamma", "x"), "gamma must be a float, but got 'x'."),
        (("--n-items", "1.5"), "n_items must be an int, but got '1.5'."),
        (("--sizes", "3"), "sizes must be a list, but got '3'."),
        (("--sizes", "[3"), "sizes must be a list, but got '[3'."),
        (("--fast=maybe",), "Option '--fast' does not take a value."),
        (("--gama", "1"), "No such option '--gama'."),
        (("extra",), "Got unexpected extra argument (extra)"),
        (("--gamma",), "Option '--gamma' requires an argument."),
    ],
)
def test_a_wrong_value_is_refused_in_a_sentence(
    given: tuple[str, ...], sentence: str, project: Project
) -> None:
    assert sentence in refused(project, *given).err


def test_no_cache_runs_what_is_kept_and_a_plan_runs_nothing(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("train.py", SCRIPT.replace("    plan: int = 3,\n", "").replace(", plan]", "]"))
    assert "1 step would run" in project.python("train.py", "--plan").out
    assert "0 of 1 steps cached" in project.python("train.py").out
    assert "0 steps would run, 1 cached" in project.python("train.py", "--plan").out
    assert "1 of 1 steps cached" in project.python("train.py").out
    assert "cache disabled by run" in project.python("train.py", "--no-cache").out
    assert "1 step would run" in project.python("train.py", "--plan", "--no-cache").out


@pytest.mark.parametrize(
    ("text", "sentence", "helps"),
    [
        ("", "", {}),
        ("Only this.", "Only this.", {}),
        (
            "Do it.\n\nArgs:\n    a: first\n    b: second: part",
            "Do it.",
            {"a": "first", "b": "second: part"},
        ),
        (
            "Do it.\n\nParameters:\n    a: one\n      two\n\n    b: three",
            "Do it.",
            {"a": "one two", "b": "three"},
        ),
        ("Do it.\n\nParameters:\n\nMore.", "Do it.\n\nMore.", {}),
    ],
)
def test_a_docstring_is_taken_apart(text: str, sentence: str, helps: dict[str, str]) -> None:
    assert described(text) == (sentence, helps)


MADE_OF_THE_USERS = """
from contextlib import contextmanager
from dataclasses import dataclass, field

from zenbook import cli, pipeline, step

@dataclass
class Reading:
    value: int
    meta: dict = field(default_factory=dict)

@contextmanager
def aside():
    yield 2

@step
def one() -> int:
    with aside() as by:
        return Reading(3).value * by

@pipeline
def measure() -> int:
    return one()

if __name__ == "__main__":
    cli(measure)
"""


def test_a_plan_knows_what_libraries_make_of_the_scripts_own_code(project: Project) -> None:
    """The ``__repr__`` of a dataclass says the script's name, which is another when it runs."""
    project.write("measure.py", MADE_OF_THE_USERS)
    assert "1 step would run" in project.zenbook("plan", "measure.py").out
    assert "ran: first run" in project.python("measure.py").out
    assert "0 steps would run, 1 cached" in project.zenbook("plan", "measure.py").out
    assert "1 of 1 steps cached" in project.zenbook("run", "measure.py").out
