"""Keys that must and must not move, and two processes that ask for the same key."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.programs import Project

HELPER = """
from zenbook import step

FACTOR = {factor}

{space}class Box:
    def __init__(self, content):
        self.content = content

@step
def boxed(x):
    print("boxing")
    return Box(x * FACTOR)

@step
def words(x):
    print("counting")
    return {{"b", "a", "c", str(x)}}

if __name__ == "__main__":
    box = boxed(2)
    print(type(box) is Box, isinstance(box, Box), box.content, sorted(words(1)))
"""


def source(factor: int = 1, space: str = "") -> str:
    return HELPER.format(factor=factor, space=space)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_fault_16_a_class_of_the_program_is_that_class_after_a_hit_in_a_new_session(
    project: Project,
) -> None:
    fresh = "True True 2 ['1', 'a', 'b', 'c']"
    assert project.play(source()).lines == ["boxing", "counting", fresh]
    # What was printed is printed again by a hit; that nothing ran shows in the next test.
    assert project.play(source()).lines[-1] == fresh


def counting(text: str) -> str:
    """The program, telling on the real standard error (which no hit repeats) what runs."""
    return text.replace('print("boxing")', "import os; os.write(2, b'boxing\\n')").replace(
        'print("counting")', "import os; os.write(2, b'counting\\n')"
    )


def ran(project: Project, text: str, name: str = "main.py", **variables: str) -> list[str]:
    project.write(name, counting(text))
    said = project.python(name, **variables)
    assert said.code == 0, said.err
    return said.err.splitlines()


def test_fault_17_a_changed_global_of_a_helper_is_a_miss(project: Project) -> None:
    assert ran(project, source()) == ["boxing", "counting"]
    assert ran(project, source()) == []
    assert ran(project, source(factor=2)) == ["boxing"]
    assert ran(project, source(factor=1)) == []


def test_fault_18_another_hash_seed_is_the_same_key(project: Project) -> None:
    assert ran(project, source(), PYTHONHASHSEED="0") == ["boxing", "counting"]
    for seed in range(1, 6):
        assert ran(project, source(), PYTHONHASHSEED=str(seed)) == []


def test_fault_19_the_same_code_in_another_line_or_file_is_the_same_key(project: Project) -> None:
    assert ran(project, source()) == ["boxing", "counting"]
    assert ran(project, source(space="\n\n# further down\n\n")) == []
    assert ran(project, source(), name="elsewhere/other.py") == []


def test_fault_13_another_python_or_pickle_tag_is_a_miss_and_never_a_crash(
    project: Project,
) -> None:
    assert ran(project, source()) == ["boxing", "counting"]
    older = "import zenbook.world.trust as trust\ntrust.python_tag = lambda: 'cp311-pickle9'\n"
    assert ran(project, older + source(), name="later.py") == ["boxing", "counting"]


# ---------------------------------------------------------------- two processes, one key

SLOW = """
import os, time
from pathlib import Path
from zenbook import step

@step
def slow(x):
    os.write(1, b"computing\\n")
    time.sleep({seconds})
    return x + 1

print(slow(1))
"""


def started(project: Project, name: str = "slow.py") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, name],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_fault_72_four_processes_with_the_same_key_compute_once(project: Project) -> None:
    project.write("slow.py", SLOW.format(seconds=1.5))
    processes = [started(project) for _ in range(4)]
    said = [process.communicate(timeout=60) for process in processes]
    assert [err for _, err in said] == [""] * 4
    assert [out.splitlines()[-1] for out, _ in said] == ["2"] * 4
    assert sum(out.count("computing") for out, _ in said) == 1


def test_fault_73_a_killed_computation_is_taken_over_at_once(project: Project) -> None:
    project.write("slow.py", SLOW.format(seconds=60))
    with started(project) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "computing\n"
        with started(project) as second:
            time.sleep(1.0)
            assert second.poll() is None
            first.kill()
            killed = time.monotonic()
            assert second.stdout is not None
            assert second.stdout.readline() == "computing\n"
            assert time.monotonic() - killed < 1.0
            second.kill()
