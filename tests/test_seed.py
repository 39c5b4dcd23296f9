"""The text that zenbook must make true, statement by statement.

Each test quotes what it is about. Scripts run as real programs, one process each, on
scikit-learn's digits.
"""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.programs import Project

STEPS = '''
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
from zenbook import pipeline, step


@step
def digits_data_loader():
    """Loads the digits dataset and splits it."""
    digits = load_digits()
    data = digits.images.reshape((len(digits.images), -1))
    X_train, X_test, y_train, y_test = train_test_split(
        data, digits.target, test_size=0.2, shuffle=False
    )
    return X_train, X_test, y_train, y_test


@step
def svc_trainer(gamma, X_train, y_train):
    model = SVC(gamma=gamma)
    model.fit(X_train, y_train)
    return model


@step
def custom_trainer(gamma, X_train, y_train):
    model = SVC(gamma=gamma, kernel="poly")
    model.fit(X_train, y_train)
    return model
'''

SVC_PIPELINE = """

@pipeline
def first_pipeline(gamma: float = 0.002):
    X_train, X_test, y_train, y_test = digits_data_loader()
    svc_trainer(gamma=gamma, X_train=X_train, y_train=y_train)
"""

CUSTOM_PIPELINE = """

@pipeline
def first_pipeline(gamma: float = 0.002):
    X_train, X_test, y_train, y_test = digits_data_loader()
    custom_trainer(gamma=gamma, X_train=X_test, y_train=y_test)
"""


def main(gamma: float) -> str:
    return f"""

if __name__ == "__main__":
    first_pipeline(gamma={gamma})
"""


def runs_of(project: Project) -> list[dict[str, Any]]:
    """The runs on record, oldest first."""
    said = project.zenbook("runs", "--json")
    assert said.code == 0, said.err
    rows: list[dict[str, Any]] = json.loads(said.out)["rows"]
    return rows[::-1]


def test_the_story_of_versions_as_the_text_tells_it(tmp_path: Path) -> None:
    project = Project(tmp_path)

    # "Running this the first time will create a single `run` for `version 1` of the pipeline
    # called `first_pipeline`."
    first = project.play(STEPS + SVC_PIPELINE + main(0.0015))
    assert first.seed_lines() == [
        "Registered pipeline first_pipeline (version 1).",
        "Step digits_data_loader has started.",
        "Step svc_trainer has started.",
    ]

    # "If you now do it again with different runtime parameters: This will create _yet another_
    # `run` for `version 1` of the pipeline called `first_pipeline`."
    second = project.play(STEPS + SVC_PIPELINE + main(0.0016))
    assert "version 2" not in second.out
    assert second.seed_lines()[-3:] == [
        "Step digits_data_loader has started.",
        "Using cached version of digits_data_loader.",
        "Step svc_trainer has started.",
    ]
    assert [(run["version"], run["number"]) for run in runs_of(project)] == [(1, 1), (1, 2)]

    # "This will now create a single `run` for `version 2` of the pipeline" (a concrete step
    # replaced by another one, and other connections).
    third = project.play(STEPS + CUSTOM_PIPELINE + main(0.0016))
    assert third.seed_lines() == [
        "Registered pipeline first_pipeline (version 2).",
        "Step digits_data_loader has started.",
        "Using cached version of digits_data_loader.",
        "Step custom_trainer has started.",
    ]

    # Going back gives version 1 again, and everything is still there.
    fourth = project.play(STEPS + SVC_PIPELINE + main(0.0015))
    assert fourth.seed_lines()[-4:] == [
        "Step digits_data_loader has started.",
        "Using cached version of digits_data_loader.",
        "Step svc_trainer has started.",
        "Using cached version of svc_trainer.",
    ]
    assert [run["version"] for run in runs_of(project)] == [1, 1, 2, 1]
    assert [run["parameters"]["gamma"] for run in runs_of(project)] == [
        "0.0015",
        "0.0016",
        "0.0016",
        "0.0015",
    ]


def test_an_edited_step_is_a_new_version_and_a_comment_is_not(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.play(STEPS + SVC_PIPELINE + main(0.0015))
    commented = STEPS.replace(
        "    model = SVC(gamma=gamma)\n", "    model = SVC(gamma=gamma)  # !\n"
    )
    edited = STEPS.replace("SVC(gamma=gamma)\n", "SVC(gamma=gamma, C=2.0)\n")
    assert STEPS not in (commented, edited)

    same = project.play(commented + SVC_PIPELINE + main(0.0015))
    assert same.out.count("Using cached version of") == 2
    other = project.play(edited + SVC_PIPELINE + main(0.0015))
    assert "Registered pipeline first_pipeline (version 2)." in other.lines
    assert other.out.count("Using cached version of") == 1
    assert [run["version"] for run in runs_of(project)] == [1, 1, 2]


TWO_STEPS = """
from zenbook import pipeline, step

@step
def step_1():
    return 20

@step
def step_2(x):
    return x + 1

@pipeline
def first_pipeline():
    step_2(step_1())

first_pipeline()
"""


def test_a_cached_pipeline_logs_the_lines_of_the_text(tmp_path: Path) -> None:
    """Rerunning the pipeline a second time will use caching:"""
    project = Project(tmp_path)
    project.play(TWO_STEPS)
    assert project.play(TWO_STEPS).seed_lines() == [
        "Step step_1 has started.",
        "Using cached version of step_1.",
        "Step step_2 has started.",
        "Using cached version of step_2.",
    ]


def test_caching_is_on_by_default_and_a_pipeline_may_switch_it_off(tmp_path: Path) -> None:
    """Will disable caching for all steps in the pipeline, unless a step explicitly sets
    `enable_cache=True`."""
    project = Project(tmp_path)
    off = TWO_STEPS.replace("@pipeline\n", "@pipeline(enable_cache=False)\n")
    mixed = off.replace("@step\ndef step_1", "@step(enable_cache=True)\ndef step_1")
    project.play(off)
    assert "Using cached" not in project.play(off).out
    assert project.play(mixed).out.count("Using cached version of step_1.") == 1
    assert "Using cached version of step_2." not in project.play(mixed).out


def test_a_step_may_switch_it_off_for_itself_only(tmp_path: Path) -> None:
    """The code above turns caching off for this step only."""
    project = Project(tmp_path)
    text = TWO_STEPS.replace("@step\ndef step_1", "@step(enable_cache=False)\ndef step_1")
    project.play(text)
    said = project.play(text)
    assert "Using cached version of step_1." not in said.lines
    assert "Using cached version of step_2." in said.lines


OLDER_FORM = """
from zenbook import pipeline, step

@step
def one():
    return 20

@step
def two(x):
    return x + 1

@pipeline
def first_pipeline(step_1, step_2):
    step_2(step_1())

bound = first_pipeline(step_1=one, step_2=two)
print("bound")
bound.run()
bound.run(enable_cache=False)
bound.run()
"""


def test_the_older_form_binds_and_waits_for_run(tmp_path: Path) -> None:
    """`first_pipeline(step_1=..., step_2=...).run(enable_cache=False)` disables caching for all
    steps of your pipeline, no matter what you have configured in the decorators."""
    said = Project(tmp_path).play(OLDER_FORM)
    assert said.lines[0] == "bound"
    cold, off, warm = said.out.split("Run ")[1::2]
    assert "Using cached" not in cold
    assert "Using cached" not in off
    assert warm.count("Using cached") == 2


@pytest.mark.parametrize(
    ("at_run", "at_step", "at_pipeline"), list(itertools.product((None, True, False), repeat=3))
)
def test_run_time_outranks_step_outranks_pipeline_outranks_on(
    at_run: bool | None, at_step: bool | None, at_pipeline: bool | None, home: Path
) -> None:
    from zenbook import pipeline, step

    @step(enable_cache=at_step)
    def answer():
        return 42

    @pipeline(enable_cache=at_pipeline)
    def asking():
        answer()

    said = [setting for setting in (at_run, at_step, at_pipeline) if setting is not None]
    expected = said[0] if said else True
    asking()
    again = asking.with_options(enable_cache=at_run)()
    assert again.steps["answer"].status == ("cached" if expected else "completed")
    if not expected:
        decider = next(
            who
            for who, setting in (("run", at_run), ("step", at_step), ("pipeline", at_pipeline))
            if setting is not None
        )
        assert again.steps["answer"].why == f"cache disabled by {decider}"


def test_a_failed_step_says_which_and_what_came_before_it_is_reused(tmp_path: Path) -> None:
    project = Project(tmp_path)
    broken = TWO_STEPS.replace("return x + 1", "return x / 0")
    project.write("main.py", broken)
    failed = project.python("main.py")
    assert failed.code == 1
    assert "ZeroDivisionError: division by zero" in failed.err
    assert "return x / 0" in failed.err
    assert re.search(r"in step step_2 of pipeline first_pipeline", failed.err)
    mended = project.play(TWO_STEPS)
    assert "Using cached version of step_1." in mended.lines
    assert "Using cached version of step_2." not in mended.lines
