"""What a script's step is told while it runs, and what it does to globals through its inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import Project

ASKING = {
    "a line": "sys.stdin.readline()",
    "each line": "[line for line in sys.stdin]",
    "all of it": "import_inside()",
    "a helper's": "helper()",
    "a question": "input()",
    "a question by another name": "ask()",
}
TOLD = """
import io, sys
from zenbook import step

sys.stdin = io.StringIO({word!r})
ask = input

def helper():
    return next(sys.stdin)

def import_inside():
    from sys import stdin
    return stdin.read()

@step
def listen(n):
    return {asking}

print(listen(1))
"""


@pytest.mark.parametrize("asking", ASKING.values(), ids=ASKING)
def test_a_step_that_reads_what_a_program_is_told_runs_each_time(
    asking: str, tmp_path: Path
) -> None:
    project = Project(tmp_path)
    for word in ("one", "two"):
        assert word in project.play(TOLD.format(word=word, asking=asking)).out


COUNTING = """
from zenbook import step

x = 0

def count():
    global x
    x += 1
    return x

class Counter:
    def count(self):
        global x
        x += 1

    def rest(self):
        return x

@step
def run({name}):
    print("ran")
    {body}

run({value})
print(x)
"""


@pytest.mark.parametrize(
    ("name", "body", "value", "shown"),
    [
        ("jobs", "return [job() for job in jobs]", "[count]", "ran\n1\n"),
        ("job", "job()", "{'it': count}['it']", "ran\n1\n"),
        ("counter, how", "getattr(counter, how)()", "Counter(), 'count'", "ran\n1\n"),
    ],
    ids=["in a list", "a function", "a method"],
)
def test_a_global_that_an_inputs_code_binds_anew_is_bound_each_time(
    name: str, body: str, value: str, shown: str, tmp_path: Path
) -> None:
    text = COUNTING.format(name=name, body=body, value=value)
    project = Project(tmp_path)
    assert [project.play(text).out for _ in range(2)] == [shown, shown]


def test_a_class_that_could_bind_a_global_and_does_not_is_no_obstacle(tmp_path: Path) -> None:
    body = "__import__('os').write(1, b'unseen '); return getattr(counter, how)()"
    text = COUNTING.format(name="counter, how", body=body, value="Counter(), 'rest'")
    project = Project(tmp_path)
    assert ["unseen" in project.play(text).out for _ in range(2)] == [True, False]


DRAWING = """
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
from zenbook import step

@step
def draw(n):
    plt.plot([1, n])

fig, ax = plt.subplots()
draw(2)
print(len(ax.lines))
"""


def test_a_step_that_draws_into_the_scripts_open_figure_does_so_each_time(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert [project.play(DRAWING).out for _ in range(2)] == ["1\n", "1\n"]
