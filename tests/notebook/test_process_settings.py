"""What a program sets of its process is a reason of the steps that may depend on it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notebook.kernel import Kernel


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Kernel]:
    """A kernel of the test's own: what is set would stay in a shared one."""
    kernel = Kernel(tmp_path)
    yield kernel
    kernel.stop()


SETTINGS = {
    "the mask of new files": (
        "_ = os.umask({0})",
        "open('m.txt', 'w').close()\na = os.stat('m.txt').st_mode\nos.remove('m.txt')",
        ("0o022", "0o077"),
    ),
    "processors": (
        "os.sched_setaffinity(0, {0})",
        "a = sorted(os.sched_getaffinity(0))",
        ("cpus[:1]", "cpus[1:2]"),
    ),
    "priority": ("_ = os.nice({0})", "a = os.getpriority(os.PRIO_PROCESS, 0)", ("1", "3")),
    "priority, by a method": (
        "_ = psutil.Process().nice({0})",
        "a = os.getpriority(os.PRIO_PROCESS, 0)",
        ("1", "3"),
    ),
    "processors, by a method": (
        "set_them = psutil.Process().cpu_affinity\nset_them({0})",
        "a = sorted(os.sched_getaffinity(0))",
        ("cpus[:1]", "cpus[1:2]"),
    ),
    "processors, by a name": (
        "getattr(os, 'sched_setaffinity')(0, {0})",
        "a = sorted(os.sched_getaffinity(0))",
        ("cpus[:1]", "cpus[1:2]"),
    ),
    "limits, by a method": (
        "_ = psutil.Process().rlimit(psutil.RLIMIT_NOFILE, ({0}, 1000))",
        "a = resource.getrlimit(resource.RLIMIT_NOFILE)",
        ("500", "600"),
    ),
    "priority of reading": (
        "_ = psutil.Process().ionice(psutil.IOPRIO_CLASS_BE, value={0})",
        "a = psutil.Process().ionice().value",
        ("3", "5"),
    ),
    "limits": (
        "resource.setrlimit(resource.RLIMIT_NOFILE, ({0}, 1000))",
        "a = resource.getrlimit(resource.RLIMIT_NOFILE)",
        ("500", "600"),
    ),
    "traces of memory": (
        "tracemalloc.start({0})",
        "a = tracemalloc.get_traceback_limit()",
        ("3", "4"),
    ),
    "how processes start": (
        "mp.set_start_method({0}, force=True)",
        "a = mp.get_start_method()",
        ("'fork'", "'spawn'"),
    ),
    "the name of the thread": (
        "threading.current_thread().name = {0}",
        "a = threading.current_thread().name",
        ("'main1'", "'main2'"),
    ),
}
GIVEN = "import os, psutil, resource, threading, tracemalloc\nimport multiprocessing as mp\n"
GIVEN += "cpus = sorted(os.sched_getaffinity(0))\n"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells all of these")
@pytest.mark.parametrize("case", SETTINGS)
def test_what_a_program_sets_of_its_process_is_a_reason(case: str, own: Kernel) -> None:
    sets, asks, values = SETTINGS[case]
    if "processors" in case and len(os.sched_getaffinity(0)) < 2:
        pytest.skip("there is one processor")
    step, told = f"%%step s\n{asks}", []
    for value in values:
        ran = own.play(GIVEN + sets.format(value), step)[-1]
        assert ran.status == "completed" and "not kept" not in ran.said, ran.said
        told.append(own.ask("a"))
        assert own.run(step).status == "cached" and own.ask("a") == told[-1]
        own.restart()
    assert told[0] != told[1]
    assert own.play(GIVEN + sets.format(values[0]), step)[-1].status == "cached"


def test_a_step_that_sets_something_of_its_process_is_not_kept(own: Kernel) -> None:
    given = "import threading\ndef name(n): threading.current_thread().name = n"
    step = own.play(given, "%%step s\nname('mine')\na = 1")[-1]
    assert "not kept: it changed the thread's name" in step.said, step.said


def test_to_ask_for_a_setting_of_the_process_makes_it_no_reason(own: Kernel) -> None:
    step = "%%step s\na = 1"
    own.play(step)
    own.restart()
    asks = "import psutil\nasked = psutil.Process().nice(), psutil.Process().ionice()"
    assert own.play(asks, step)[-1].status == "cached"


def test_a_step_that_sets_a_priority_by_a_method_is_not_kept(own: Kernel) -> None:
    for body, told in (("nice(3)", "priority"), ("ionice(2, value=3)", "priority of reading")):
        step = own.run(f"%%step s\nimport psutil\npsutil.Process().{body}\na = 1")
        assert "not kept: it changed the" in step.said and told in step.said, step.said
