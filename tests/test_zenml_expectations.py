"""What ZenML's users expect, and where the released ZenML is wrong and zenbook must not be.

One test per measured line. Programs are edited between runs, as people edit them, and each run
is a process of its own.
"""

from __future__ import annotations

import json
import shutil
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.programs import Project, Said


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def cached(said: Said) -> list[str]:
    """The steps that were cached, in order."""
    word = "Using cached version of "
    return [line[len(word) :].rstrip(".") for line in said.lines if line.startswith(word)]


def runs_of(project: Project) -> list[dict[str, Any]]:
    """The runs on record, oldest first."""
    rows: list[dict[str, Any]] = json.loads(project.zenbook("runs", "--json").out)["rows"]
    return rows[::-1]


HEAD = "from zenbook import pipeline, step\n"


def program(body: str, call: str = "work()") -> str:
    return HEAD + textwrap.dedent(body) + f"\n{call}\n"


SIMPLE = """
@step
def make():
    return [1, 2, 3]

@step
def total(values):
    return sum(values)

@pipeline
def work():
    total(make())
"""

# ------------------------------------------------------------------ its versions


def test_a_comment_makes_no_version_and_an_edit_does_and_going_back_finds_the_old_one(
    project: Project,
) -> None:
    project.play(program(SIMPLE))
    project.play(program(SIMPLE.replace("return sum(values)", "return sum(values)  # all")))
    project.play(program(SIMPLE.replace("sum(values)", "max(values)")))
    project.play(program(SIMPLE))
    assert [run["version"] for run in runs_of(project)] == [1, 1, 2, 1]


# ------------------------------------------------------------------ its caching


def test_the_newest_result_counts_over_all_pipelines(project: Project) -> None:
    project.play(program(SIMPLE))
    other = SIMPLE.replace("def work", "def another")
    assert cached(project.play(program(other, "another()"))) == ["make", "total"]


HELPED = """
BASE = 10

def helper(x):
    return x + 1

@step
def use():
    return helper(1) + BASE

@pipeline
def work():
    use()
"""


@pytest.mark.parametrize(
    ("before", "after"), [("return x + 1", "return x + 2"), ("BASE = 10", "BASE = 11")]
)
def test_an_edited_helper_or_constant_runs_the_step_again(
    project: Project, before: str, after: str
) -> None:
    project.play(program(HELPED))
    assert cached(project.play(program(HELPED))) == ["use"]
    assert cached(project.play(program(HELPED.replace(before, after)))) == []


def test_an_edited_helper_in_another_module_runs_the_step_again(project: Project) -> None:
    text = program(
        """
        from tools import helper

        @step
        def use():
            return helper(1)

        @pipeline
        def work():
            use()
        """
    )
    project.write("tools.py", "def helper(x):\n    return x + 1\n")
    project.play(text)
    assert cached(project.play(text)) == ["use"]
    project.write("tools.py", "def helper(x):\n    return x + 22\n")
    assert cached(project.play(text)) == []


def test_a_changed_file_runs_the_step_again(project: Project) -> None:
    text = program(
        """
        @step
        def read():
            with open("numbers.txt") as file:
                return file.read()

        @pipeline
        def work():
            read()
        """
    )
    project.write("numbers.txt", "1 2 3")
    project.play(text)
    assert cached(project.play(text)) == ["read"]
    project.write("numbers.txt", "1 2 4")
    assert cached(project.play(text)) == []


def test_another_version_of_a_library_runs_the_step_again(project: Project) -> None:
    text = program(
        """
        import tinylib

        @step
        def use():
            return tinylib.answer()

        @pipeline
        def work():
            use()
        """
    )
    place = project.folder / "site-packages"

    def install(version: str) -> None:
        shutil.rmtree(place, ignore_errors=True)
        project.write(
            "site-packages/tinylib/__init__.py", f"def answer():\n    return '{version}'\n"
        )
        project.write(
            f"site-packages/tinylib-{version}.dist-info/METADATA",
            f"Metadata-Version: 2.1\nName: tinylib\nVersion: {version}\n",
        )
        project.write(
            f"site-packages/tinylib-{version}.dist-info/RECORD",
            f"tinylib/__init__.py,,\ntinylib-{version}.dist-info/METADATA,,\n",
        )
        project.write(f"site-packages/tinylib-{version}.dist-info/top_level.txt", "tinylib\n")

    install("1.0")
    project.play(text, PYTHONPATH=str(place))
    assert cached(project.play(text, PYTHONPATH=str(place))) == ["use"]
    install("2.0")
    assert cached(project.play(text, PYTHONPATH=str(place))) == []


def test_a_parameter_of_another_type_runs_the_step_again(project: Project) -> None:
    body = """
    @step
    def tell(p):
        return repr(p)

    @pipeline
    def work(p):
        tell(p)
    """
    project.play(program(body, "work(1)"))
    assert cached(project.play(program(body, "work(1)"))) == ["tell"]
    assert cached(project.play(program(body, 'work("1")'))) == []


def test_two_parameters_are_never_joined_into_one(project: Project) -> None:
    body = """
    @step
    def tell(a, b):
        return a, b

    @pipeline
    def work(a, b):
        tell(a, b)
    """
    project.play(program(body, 'work("1b2", "")'))
    assert cached(project.play(program(body, 'work("1", "2b")'))) == []


# ------------------------------------------------------------------ needless there, not here


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    return sum(values)", "    # the sum\n    return sum(values)"),
        ("    return sum(values)", '    """The sum."""\n    return sum(values)'),
        ("    return sum(values)", "\n\n    return sum(values)"),
        ("def total(values):", "def total(values: list) -> int:"),
    ],
    ids=["comment", "docstring", "blank line", "annotation"],
)
def test_what_changes_nothing_runs_nothing(project: Project, before: str, after: str) -> None:
    project.play(program(SIMPLE))
    edited = SIMPLE.replace(before, after)
    assert edited != SIMPLE
    assert cached(project.play(program(edited))) == ["make", "total"]


def test_a_renamed_module_runs_nothing(project: Project) -> None:
    project.play(program(SIMPLE))
    assert cached(project.play(program(SIMPLE), name="renamed.py")) == ["make", "total"]


def test_an_identical_array_made_anew_does_not_run_what_follows(project: Project) -> None:
    body = """
    import numpy as np

    @step(enable_cache=False)
    def make():
        return np.arange(1000.0)

    @step
    def total(values):
        return values.sum()

    @pipeline
    def work():
        total(make())
    """
    project.play(program(body))
    assert cached(project.play(program(body))) == ["total"]


# ------------------------------------------------------------------ wrong there, right here


def test_a_deleted_artifact_is_made_again_and_its_consumer_runs(home: Path) -> None:
    from zenbook import pipeline, step
    from zenbook.engine.desk import open_desk

    @step
    def make():
        return list(range(5000))

    @step
    def total(values, scale):
        return sum(values) * scale

    @pipeline
    def work(scale):
        total(make(), scale)

    run = work(1)
    open_desk().store.delete([run.steps["make"].output.artifact.blob])
    again = work(2)
    assert [again.steps[name].status for name in ("make", "total")] == ["completed", "completed"]
    assert again.steps["total"].output.load() == 2 * sum(range(5000))


def test_what_a_step_printed_is_printed_again_by_a_hit(project: Project) -> None:
    body = SIMPLE.replace(
        "    return sum(values)", "    print('summing up')\n    return sum(values)"
    )
    project.play(program(body))
    again = project.play(program(body))
    assert cached(again) == ["make", "total"]
    assert again.lines.count("summing up") == 1


def test_a_run_without_cache_is_a_source_for_later_ones(project: Project) -> None:
    project.play(program(SIMPLE, "work.with_options(enable_cache=False)()"))
    assert cached(project.play(program(SIMPLE))) == ["make", "total"]


def test_run_time_wins_against_the_step(home: Path) -> None:
    from zenbook import pipeline, step

    @step(enable_cache=True)
    def one():
        return 1

    @pipeline
    def work():
        one()

    work()
    assert work.with_options(enable_cache=False)().steps["one"].status == "completed"
    assert work().run(enable_cache=False).steps["one"].status == "completed"


# ------------------------------------------------------------------ what its users have


def test_annotated_names_the_outputs(home: Path) -> None:
    from typing import Annotated

    from zenbook import pipeline, step

    @step
    def split() -> tuple[Annotated[int, "left"], Annotated[int, "right"]]:
        return 1, 2

    @pipeline
    def work():
        _, _ = split()

    outputs = work().steps["split"].outputs
    assert {name: output.load() for name, output in outputs.items()} == {"left": 1, "right": 2}


def test_after_orders_steps_that_share_nothing(home: Path) -> None:
    from zenbook import pipeline, step

    @step
    def early():
        return "early"

    @step
    def late():
        return "late"

    @pipeline
    def work():
        waiting = late()
        waiting.after(early())

    assert list(work().steps) == ["early", "late"]


def test_a_step_is_tried_again_as_often_as_it_says(project: Project) -> None:
    body = """
    from pathlib import Path

    @step(retries=2)
    def shaky():
        tries = Path("tries.txt")
        tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
        if len(tries.read_text()) < 3:
            raise OSError("not yet")
        return "done"

    @pipeline
    def work():
        shaky()
    """
    project.play(program(body))
    assert (project.folder / "tries.txt").read_text() == "xxx"


def test_runs_have_names_tags_notes_and_metrics_and_can_be_looked_up(home: Path) -> None:
    import zenbook
    from zenbook import pipeline, step

    @step
    def score():
        zenbook.log(accuracy=0.93)
        return 1

    @pipeline(tags=["baseline"])
    def work():
        score()

    @pipeline
    def other():
        score()

    work.with_options(name="first try", note="with defaults")()
    other()
    (run,) = zenbook.runs(pipeline="work", tag="baseline")
    assert (run.name, run.note, tuple(run.tags)) == ("first try", "with defaults", ("baseline",))
    assert run.steps["score"].metrics == {"accuracy": 0.93}
    assert zenbook.show("other:1").steps["score"].metrics == {"accuracy": 0.93}, "also on a hit"
    assert len(zenbook.runs(tag="nothing")) == 0


def test_an_ignored_input_is_no_reason_to_run(home: Path) -> None:
    from zenbook import pipeline, step

    @step(ignore=["verbosity"])
    def quiet(x, verbosity):
        return x

    @pipeline
    def work(verbosity):
        quiet(1, verbosity)

    work(0)
    assert work(5).steps["quiet"].status == "cached"


def test_a_file_named_as_a_dependency_is_a_reason_to_run(home: Path) -> None:
    from zenbook import pipeline, step

    @step(files=["settings.ini"])
    def configured():
        return 1

    @pipeline
    def work():
        configured()

    Path("settings.ini").write_text("a = 1")
    work()
    assert work().steps["configured"].status == "cached"
    Path("settings.ini").write_text("a = 2")
    assert work().steps["configured"].status == "completed"


def test_a_result_expires_when_its_time_is_over(home: Path) -> None:
    from zenbook import pipeline, step

    @step(ttl=3600)
    def lasting():
        return 1

    @step(ttl=0.000001)
    def fleeting():
        return 2

    @pipeline
    def work():
        lasting()
        fleeting()

    work()
    again = work()
    assert again.steps["lasting"].status == "cached"
    assert (again.steps["fleeting"].status, again.steps["fleeting"].why) == ("completed", "expired")


def test_the_expected_figures_of_a_plan_come_before_anything_runs(home: Path) -> None:
    from zenbook import pipeline, step

    @step
    def one(x):
        return x

    @pipeline
    def work(x):
        one(x)

    work(1)
    plan = work.plan(2)
    assert [step.verdict.why for step in plan.steps] == ["x 1→2"]
    assert plan.steps[0].expected is not None
