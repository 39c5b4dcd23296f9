"""The command line as people use it: a project, a script, and what ``zenbook VERB`` prints."""

from __future__ import annotations

import json
import os
import pickle
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.programs import Project
from zenbook.errors import UsageError
from zenbook.front.command.saving import save

SCRIPT = '''
import time

import zenbook
from zenbook import pipeline, step

@step
def load(count):
    time.sleep(0.02)
    return list(range(count))

@step
def scale(numbers, by):
    return [number * by for number in numbers]

@step
def total(numbers):
    zenbook.log(items=len(numbers))
    print("adding up")
    return sum(numbers)

@pipeline
def adding(count: int = 4, by: float = 1.0):
    """Add up scaled numbers."""
    total(scale(load(count), by))

if __name__ == "__main__":
    zenbook.cli(adding)
'''


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write("adding.py", SCRIPT)
    return project


def ran(project: Project, *arguments: str) -> str:
    said = project.zenbook(*arguments)
    assert (said.code, said.err) == (0, ""), said.err
    return said.out


def answered(project: Project, *arguments: str) -> Any:
    said = project.zenbook(*arguments, "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)


def without_figures(text: str) -> str:
    """The text with every duration and age as ``#``."""
    text = re.sub(r"\b\d+ (?:s|min|h|days) ago|just now", "# ago", text)
    return re.sub(r"\b\d+(?:\.\d+)? (?:ms|s)\b", "#", text)


# ------------------------------------------------------------------ run and plan


def test_a_run_tells_plain_lines_in_a_log(project: Project) -> None:
    first = ran(project, "run", "adding.py")
    assert "Registered pipeline adding (version 1)." in first
    assert "Step load has started." in first
    assert "adding up" in first
    again = ran(project, "run", "adding.py")
    assert [line for line in again.splitlines() if line.startswith("Using")] == [
        f"Using cached version of {step}." for step in ("load", "scale", "total")
    ]


def test_parameters_are_typed_by_the_pipeline(project: Project) -> None:
    answer = answered(project, "run", "adding.py", "-p", "count=3", "-p", "by=2")
    assert answer["row"]["parameters"] == {"count": "3", "by": "2.0"}
    restored = project.zenbook("restore", "latest", "--step", "total")
    assert restored.out.endswith("= 6.0\n")


def test_json_is_all_that_standard_output_has(project: Project) -> None:
    said = project.zenbook("run", "adding.py", "--json")
    assert json.loads(said.out)["row"]["status"] == "completed"
    assert "adding up" in said.err


def test_no_cache_runs_everything_and_rerun_one_step(project: Project) -> None:
    ran(project, "run", "adding.py")
    assert "Using cached" not in ran(project, "run", "adding.py", "--no-cache")
    one = ran(project, "run", "adding.py", "--step", "scale", "--rerun")
    assert re.findall("Using cached version of (.*)\\.", one) == ["load", "total"]
    assert answered(project, "show")["graph"]["nodes"][1]["why"] == "forced"


def test_a_run_takes_a_name_tags_and_a_note(project: Project) -> None:
    ran(project, "run", "adding.py", "--name", "first", "--tag", "a", "--tag", "b", "--note", "hm")
    (row,) = answered(project, "runs", "--tag", "b")["rows"]
    assert (row["name"], row["tags"], row["note"]) == ("first", ["a", "b"], "hm")


def test_a_plan_says_what_would_run_and_runs_nothing(project: Project) -> None:
    cold = without_figures(ran(project, "plan", "adding.py"))
    assert cold == (
        "step   verdict          expected   why\n"
        "load   ▶ would run      never ran  first run\n"
        "scale  ◐ not known yet  never ran  known when load ran\n"
        "total  ◐ not known yet  never ran  known when scale ran\n"
        "1 step would run, 0 cached, 2 not known before, at least #.\n"
    )
    assert answered(project, "runs")["rows"] == []
    ran(project, "run", "adding.py")
    warm = answered(project, "plan", "adding.py", "-p", "by=2")
    assert [row["verdict"] for row in warm["rows"]] == ["hit", "miss", "unsure"]
    assert warm["rows"][1]["why"] == "by 1.0→2.0"


UNGUARDED = """
from zenbook import pipeline, step

@step
def one(n):
    return n

@pipeline
def counting(n: int = 1):
    one(n)

try:
    run = counting()
except Exception:
    pass
"""


def test_a_plan_runs_nothing_though_the_file_calls_its_pipeline(project: Project) -> None:
    project.write("counting.py", UNGUARDED)
    planned = project.zenbook("plan", "counting.py", "-p", "n=2")
    assert planned.code == 0 and "would run" in planned.out
    assert planned.err == (
        "counting.py calls counting() while it is imported, where the plan's knowledge of the "
        'file ends. Put the call below the line `if __name__ == "__main__":`.\n'
    )
    assert answered(project, "runs")["rows"] == []
    ran = project.zenbook("run", "counting.py", "-p", "n=2")
    assert "imported, so it runs, too." in ran.err
    rows = answered(project, "runs")["rows"]
    assert [row["parameters"] for row in rows] == [{"n": "2"}, {"n": "1"}]


def test_a_script_is_its_own_command_line(project: Project) -> None:
    said = project.python("adding.py", "--count", "3", "--by", "2")
    assert (said.code, said.err) == (0, "")
    assert "Run 1 of adding" in said.out
    assert "--count INT" in project.python("adding.py", "--help").out
    wrong = project.python("adding.py", "--count", "many")
    assert (wrong.code, wrong.err) == (2, "Error: count must be an int, but got 'many'.\n")
    assert "cached" in project.python("adding.py", "--count", "3", "--by", "2", "--plan").out


def test_progress_is_in_place_on_a_terminal(project: Project) -> None:
    text = on_a_terminal(project, "run", "adding.py")
    assert "✓ load" in text
    assert "completed in" in text
    assert "Step load has started." not in text


def on_a_terminal(project: Project, *arguments: str) -> str:
    """What the command line writes to a terminal."""
    ours, theirs = pty.openpty()
    started = subprocess.Popen(
        [sys.executable, "-m", "zenbook", *arguments],
        cwd=project.folder,
        env={**project.environment, "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = bytearray()
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # Linux says so when the other side has closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert started.wait(60) == 0
    return shown.decode()


# ------------------------------------------------------------------ looking back


def test_the_table_of_runs(project: Project) -> None:
    assert ran(project, "runs") == "No runs yet. Run a pipeline: zenbook run FILE\n"
    ran(project, "run", "adding.py")
    ran(project, "run", "adding.py", "-p", "by=2")
    table = re.sub(" +", " ", without_figures(ran(project, "runs")))
    assert table == (
        "run version status steps took spared started count by items\n"
        "adding:2 v1 ✓ ran 1 cached, 2 ran # # # ago 4 2.0 4\n"
        "adding:1 v1 ✓ ran 3 ran # # ago 4 1.0 4\n"
    )


def test_a_page_of_runs_counts_those_that_it_does_not_show(project: Project) -> None:
    for by in range(5):
        ran(project, "run", "adding.py", "-p", f"by={by}")
    assert ran(project, "runs", "--limit", "2").endswith("… 3 older runs; see them with --limit\n")
    assert "… 2 older runs" in ran(project, "runs", "--limit", "2", "--offset", "1")
    assert answered(project, "runs", "--limit", "2")["total"] == 5
    ran(project, "pin", "adding:5")
    assert "adding:5 (pinned)" in ran(project, "runs")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["--tag", "nope"], "No run has the tag nope."),
        (
            ["adding", "--status", "failed", "--search", "x"],
            "No run of adding has the status failed, the text x.",
        ),
        (["--offset", "7"], "There are no more: 1 run in all."),
    ],
)
def test_a_page_without_runs_says_which_runs_there_are_not(
    project: Project, asked: list[str], told: str
) -> None:
    ran(project, "run", "adding.py")
    assert ran(project, "runs", *asked) == f"{told}\n"
    assert answered(project, "runs", *asked)["rows"] == []


def test_a_pipeline_that_has_no_run_is_an_error(project: Project) -> None:
    ran(project, "run", "adding.py")
    for asked in (["addin"], ["addin", "--json"], ["addin", "--tag", "nope"]):
        wrong = project.zenbook("runs", *asked)
        told = "Error: No run on record is of a pipeline addin. Did you mean adding?\n"
        assert (wrong.code, wrong.out, wrong.err) == (1, "", told)


def test_a_column_that_is_left_out_is_named(project: Project) -> None:
    project.write(
        "five.py",
        """
        from zenbook import pipeline, step

        @step
        def one(a, b, c, d, e):
            return a

        @pipeline
        def five(a=1, b=2, c=3, d=4, e=5):
            one(a, b, c, d, e)
        """,
    )
    ran(project, "run", "five.py")
    table = ran(project, "runs")
    assert table.endswith("… parameters without a column: e (`zenbook show RUN`)\n")


def test_a_run_is_named_by_number_prefix_or_latest(project: Project) -> None:
    ran(project, "run", "adding.py")
    gone = project.zenbook("show", "adding:7")
    assert gone.err == "Error: There is no run 'adding:7'. `zenbook runs` lists them.\n"
    assert project.zenbook("diff", "1", "2").err == (
        "Error: There is no run '1'. Runs are counted within their pipeline, as in adding:1. "
        "`zenbook runs` lists them.\n"
    )
    assert project.zenbook("show", "adding").err == (
        "Error: There is no run 'adding'. adding is a pipeline: its newest run is adding:1.\n"
    )
    run = answered(project, "show", "latest")["row"]
    assert answered(project, "show", "adding:1")["row"] == run
    assert answered(project, "show", run["id"][:-3])["row"] == run
    assert "adding:1 (version 1)  ✓ ran" in ran(project, "show")


def test_why_says_what_changed_and_where_a_result_is_from(project: Project) -> None:
    ran(project, "run", "adding.py")
    ran(project, "run", "adding.py", "-p", "by=2")
    assert "by 1.0→2.0" in ran(project, "why", "scale")
    assert "from adding:1" in ran(project, "why", "load")
    assert "first run" in ran(project, "why", "scale", "adding:1")


def test_a_diff_shows_parameters_code_and_outputs(project: Project) -> None:
    ran(project, "run", "adding.py")
    project.write("adding.py", SCRIPT.replace("number * by for", "number * by + 1 for"))
    ran(project, "run", "adding.py", "-p", "by=2")
    text = ran(project, "diff", "adding:1", "adding:2")
    assert re.search(r"by +1\.0 +→ +2\.0", text)
    assert re.search(r"- +return \[number \* by for number in numbers\]", text)
    assert re.search(r"\+ +return \[number \* by \+ 1 for number in numbers\]", text)
    assert "load" not in text
    view = answered(project, "diff", "adding:1", "adding:2")
    assert [step["same"] for step in view["steps"]] == [True, False, False]


def test_a_plan_is_all_that_standard_output_has_whatever_plain_code_prints(
    project: Project,
) -> None:
    text = SCRIPT.replace("import time\n", "import time\nprint('imported')\n")
    project.write(
        "adding.py", text.replace("    total(scale", "    print('wired')\n    total(scale")
    )
    said = project.zenbook("plan", "adding.py", "--json")
    assert json.loads(said.out)["summary"].startswith("1 step would run")
    assert said.err == "imported\nwired\n"
    directly = project.python("adding.py", "--plan", "--json")
    assert json.loads(directly.out.removeprefix("imported\n"))["rows"]
    assert "the plain code in its pipeline's body runs" in ran(project, "plan", "--help")


def test_a_plan_expects_the_seconds_of_its_own_pipelines_step(project: Project) -> None:
    ran(project, "run", "adding.py")
    project.write("other.py", SCRIPT.replace("adding", "other").replace("list(", "tuple("))
    assert answered(project, "plan", "other.py")["rows"][0]["expected"] is None
    project.write("same.py", SCRIPT.replace("adding", "same"))
    assert "2 of 3 steps cached" in ran(project, "run", "same.py")
    expected = answered(project, "plan", "same.py", "-p", "count=9")["rows"][0]["expected"]
    assert expected > 0.02


def test_restore_gives_values_back(project: Project, tmp_path: Path) -> None:
    ran(project, "run", "adding.py")
    name = answered(project, "show", "latest", "load")["outputs"][0]["name"]
    assert ran(project, "restore", "latest", name, "--step", "load") == f"{name} = [0, 1, 2, 3]\n"
    ran(project, "restore", "latest", name, "--step", "load", "--to", "numbers.json")
    assert json.loads((tmp_path / "numbers.json").read_text()) == [0, 1, 2, 3]
    assert ran(project, "restore", "latest", "load", "-o", "load.txt") == (
        "Saved output to load.txt.\n"
    )
    wrong = project.zenbook("restore", "latest", "lod")
    assert wrong.err == ("Error: That run kept nothing that is called lod. Did you mean load?\n")


MODEL = """
from zenbook import pipeline, step

@step
def fit() -> set:
    return set(range(100))

@step
def made():
    return lambda: 1

@pipeline
def adding():
    fit()
    made()
"""


def test_restore_shows_short_previews_and_saves_any_value(project: Project, tmp_path: Path) -> None:
    project.write("adding.py", MODEL)
    ran(project, "run", "adding.py")
    said = project.zenbook("restore", "latest", "fit")
    assert said.out == "output = {0, 1, 10, 11, 12, 13, … 100 in all}\n"
    assert said.err == (
        "output is not shown whole: `zenbook restore latest output -o FILE` saves it; FILE ends in "
        "one of .npy, .csv, .parquet, .json, .txt, .pkl.\n"
    )
    wrong = project.zenbook("restore", "latest", "fit", "-o", "m.model")
    assert wrong.code == 2 and "A .pkl holds any value." in wrong.err
    wrong = project.zenbook("restore", "latest", "fit", "-o", "m.json")
    assert wrong.code == 2 and "whatever else to .pkl" in wrong.err
    ran(project, "restore", "latest", "fit", "-o", "m.pkl")
    assert pickle.loads((tmp_path / "m.pkl").read_bytes()) == set(range(100))
    wrong = project.zenbook("restore", "latest", "made", "-o", "f.pkl")
    assert wrong.code == 2 and "cannot be pickled by itself" in wrong.err
    assert "zenbook.restore(RUN)" in wrong.err and not (tmp_path / "f.pkl").exists()


def test_outputs_of_one_name_are_told_apart_by_their_steps(
    project: Project, tmp_path: Path
) -> None:
    ran(project, "run", "adding.py")
    both = "load.output = [0, 1, 2, 3]\nscale.output = [0.0, 1.0, 2.0, 3.0]\n"
    assert ran(project, "restore", "adding:1") == f"{both}total.output = 6.0\n"
    assert ran(project, "restore", "adding:1", "scale.output") == "output = [0.0, 1.0, 2.0, 3.0]\n"
    for option in ("--to", "-o"):
        several = project.zenbook("restore", "adding:1", "output", option, "numbers.json")
        assert several.err == (
            "Error: One output is saved to a file: name it, as in "
            "`zenbook restore RUN OUTPUT -o FILE`. "
            "There is load.output, scale.output, total.output.\n"
        )
        assert several.code == 2
    ran(project, "restore", "adding:1", "load.output", "--to", "numbers.json")
    assert json.loads((tmp_path / "numbers.json").read_text()) == [0, 1, 2, 3]


GROWING = """
from zenbook import pipeline, step

class Point:
    pass

@step
def load():
    return [1]

@step
def grow(numbers):
    numbers.append(2)
    return len(numbers)

@step
def mark():
    return Point()

@pipeline
def growing():
    mark()
    grow(load())
"""


def test_restore_gives_changed_inputs_and_whatever_else_can_be_loaded(project: Project) -> None:
    project.write("growing.py", GROWING)
    ran(project, "run", "growing.py")
    assert ran(project, "restore", "latest", "--step", "grow") == "numbers = [1, 2]\noutput = 2\n"
    project.write("growing.py", GROWING.replace("pass", "size = 3"))
    told = project.zenbook("restore", "latest")
    assert told.out == "load.output = [1]\nnumbers = [1, 2]\ngrow.output = 2\n"
    assert (told.code, told.err) == (1, "Error: mark.output: class Point changed\n")


def test_a_run_with_nothing_to_give_back_says_so(project: Project) -> None:
    project.write("adding.py", SCRIPT.replace("list(range(count))", "open(str(count)).read()"))
    assert project.zenbook("run", "adding.py").code == 1
    nothing = project.zenbook("restore", "adding:1")
    assert (nothing.code, nothing.out) == (2, "")
    assert nothing.err == (
        "Error: Run 1 of adding has nothing to give back: nothing was kept, or what was kept is "
        "forgotten. Run it again to make it anew.\n"
    )
    assert "Step load of run 1" in project.zenbook("restore", "adding:1", "--step", "load").err


def test_what_cannot_be_saved_so_is_a_sentence(tmp_path: Path) -> None:
    class Frame:
        def to_parquet(self, path: Path) -> None:
            raise ImportError("Unable to find a usable engine")

    with pytest.raises(UsageError, match=r"library that is not installed \(pyarrow\)"):
        save("table", Frame(), tmp_path / "table.parquet")
    with pytest.raises(UsageError) as refused:
        save("row", [1], tmp_path / "row.csv")
    assert str(refused.value) == (
        "row, of type list, cannot be saved as .csv: arrays go to .npy, frames to .csv and "
        ".parquet, plain values to .json, whatever else to .pkl, and its text to .txt."
    )


# ------------------------------------------------------------------ what is wrong is told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "nowhere.py"], "There is no file nowhere.py."),
        (["run", "addin.py"], "There is no file addin.py; there is adding.py."),
        (["run", "adding.py:add"], "adding.py has no pipeline add. Did you mean adding?"),
        (
            ["run", "adding.py", "-p", "cuont=1"],
            "adding has no parameter cuont. Did you mean count?",
        ),
        (["run", "adding.py", "-p", "count=x"], "count must be an int, but got 'x'."),
        (["run", "adding.py", "-p", "count"], "-p wants name=value, but got 'count'."),
        (
            ["run", "adding.py", "--step", "laod", "--rerun"],
            "adding has no step laod. Did you mean load?",
        ),
        (
            ["run", "adding.py", "--rerun"],
            "--rerun wants --step NAME; to run every step, use --no-cache.",
        ),
        (["show", "adding:7"], "There is no run yet: run a step or a pipeline first."),
        (["why", "load"], "There is no run yet: run a step or a pipeline first."),
    ],
)
def test_wrong_usage_is_a_sentence_and_exit_code_2(
    project: Project, arguments: list[str], message: str
) -> None:
    said = project.zenbook(*arguments)
    assert (said.out, said.err, said.code) == ("", f"Error: {message}\n", 2)


def test_looking_makes_no_folder(project: Project) -> None:
    assert answered(project, "runs")["rows"] == []
    for verb in (["show"], ["why", "load"], ["diff", "1", "2"], ["restore", "latest"]):
        said = project.zenbook(*verb)
        assert said.err == "Error: There is no run yet: run a step or a pipeline first.\n"
    assert not (project.folder / ".zenbook").exists()


@pytest.mark.parametrize(("verb", "meant"), [("list", "runs"), ("delete", "forget")])
def test_a_verb_of_another_program_gets_ours(project: Project, verb: str, meant: str) -> None:
    assert f"There is no verb {verb}. Did you mean {meant}?" in project.zenbook(verb).err
    assert ran(project, "help") == ran(project, "--help")


@pytest.mark.parametrize("verb", ["rums", "rusn"])
def test_a_wrong_verb_gets_a_suggestion(project: Project, verb: str) -> None:
    said = project.zenbook(verb)
    assert said.code == 2
    assert f"There is no verb {verb}. Did you mean runs?" in said.err


BAD = {
    "no steps": ("def bad():\n    pass", "Pipeline bad has no steps."),
    "a cycle": (
        "def bad():\n    a = one()\n    b = two(a)\n    a.after(b)",
        "one",
    ),
    "a placeholder used as a value": ("def bad():\n    if one():\n        two(1)", "has no value"),
    "too many names": ("def bad():\n    a, b = one()", "one output"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_pipeline_that_cannot_be_is_wrong_usage(project: Project, kind: str) -> None:
    body, word = BAD[kind]
    project.write(
        "bad.py",
        "from zenbook import pipeline, step\n\n@step\ndef one():\n    return 1\n\n"
        f"@step\ndef two(x):\n    return x\n\n@pipeline\n{body}\n",
    )
    said = project.zenbook("run", "bad.py")
    assert said.code == 2
    assert said.err.startswith("Error: ")
    assert word in said.err
    assert "Traceback" not in said.err
    assert answered(project, "runs")["rows"] == []


def test_two_steps_of_one_name_are_told_apart(project: Project) -> None:
    text = SCRIPT.replace("total(scale(load(count), by))", "load(count)\n    load(count + 1)")
    project.write("adding.py", text)
    ran(project, "run", "adding.py")
    assert [node["name"] for node in answered(project, "show")["graph"]["nodes"]] == [
        "load",
        "load_2",
    ]


def test_a_step_that_returns_another_number_of_values_fails_with_a_sentence(
    project: Project,
) -> None:
    text = SCRIPT.replace("def load(count):", "def load(count) -> tuple[int, int]:")
    project.write("adding.py", text.replace("scale(load(count), by)", "load(count)[0]"))
    assert project.zenbook("run", "adding.py").code in (1, 2)


def test_a_failed_step_is_exit_code_1_with_the_users_own_traceback(project: Project) -> None:
    project.write("adding.py", SCRIPT.replace("return sum(numbers)", "return numbers / 0"))
    said = project.zenbook("run", "adding.py")
    assert said.code == 1
    assert said.err.startswith('Traceback (most recent call last):\n  File "')
    assert "return numbers / 0" in said.err
    assert "in step total of pipeline adding" in said.err
    assert "zenbook/engine" not in said.err
    assert answered(project, "runs")["rows"][0]["status"] == "failed"


def test_a_script_that_does_not_import_is_exit_code_1_with_its_traceback(
    project: Project,
) -> None:
    project.write("adding.py", "import nowhere_at_all\n" + SCRIPT)
    said = project.zenbook("run", "adding.py")
    assert said.code == 1
    assert "No module named 'nowhere_at_all'" in said.err
    assert "importlib" not in said.err


def test_a_home_that_cannot_be_used_is_told_once_and_the_steps_run(project: Project) -> None:
    project.write("not a folder", "")
    said = project.zenbook("run", "adding.py", ZENBOOK_HOME=str(project.folder / "not a folder"))
    assert said.code == 0
    assert "Step total has finished" in said.out
    assert said.err.count("Warning") == 1


def test_the_version_is_that_of_the_package(project: Project) -> None:
    import zenbook

    assert ran(project, "--version") == f"zenbook {zenbook.__version__}\n"


def test_a_reader_who_leaves_early_ends_the_command_quietly(project: Project) -> None:
    ran(project, "run", "adding.py")
    done = subprocess.run(
        f'"{sys.executable}" -m zenbook runs --json | head -c 1',
        shell=True,
        cwd=project.folder,
        env=project.environment,
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("{", "")
