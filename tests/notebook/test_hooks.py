# ruff: noqa: ISC004  (cells are quoted as they stand in a notebook)
"""What a program has the interpreter call is a reason of the steps that may set it off."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.notebook.kernel import Kernel
from zenbook.core.places_set import Place
from zenbook.world.hooks_set import hooks_named, hooks_set


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Kernel]:
    """A kernel of the test's own: hooks would stay in a shared one."""
    kernel = Kernel(tmp_path)
    yield kernel
    kernel.stop()


HOOKS = {
    "an error that nobody can catch": (
        "import sys\ndef hook(it): print('{0}')\nsys.unraisablehook = hook",
        "def make():\n    class D:\n        def __del__(self): raise ValueError\n    D()\nmake()",
        "sys.unraisablehook changed",
    ),
    "an error of a thread": (
        "import threading\ndef hook(it): print('{0}')\nthreading.excepthook = hook",
        "def fail(): raise KeyError\nit = threading.Thread(target=fail)\nit.start()\n"
        "it.join()\ndel it",
        "threading.excepthook changed",
    ),
    "a breakpoint": (
        "import sys\nsys.breakpointhook = lambda *_: print('{0}')",
        "breakpoint()",
        "sys.breakpointhook changed",
    ),
    "a signal": (
        "import signal\ndef hook(*_): print('{0}')\n_ = signal.signal(signal.SIGUSR1, hook)",
        "signal.raise_signal(signal.SIGUSR1)",
        "signal handlers changed",
    ),
    "an alarm": (
        "import os, signal, time\ndef hook(*_): print('{0}')\n"
        "_ = signal.signal(signal.SIGALRM, hook)",
        "def ring():\n    signal.setitimer(signal.ITIMER_REAL, 0.01)\n    time.sleep(0.05)\nring()",
        "signal handlers changed",
    ),
    "a collection of garbage": (
        "import functools, gc\ndef hook(word, when, told):\n"
        "    if when == 'start' and not gc.isenabled(): print(word)\n"
        "gc.callbacks.append(functools.partial(hook, '{0}'))",
        "gc.disable()\n_ = gc.collect()\ngc.enable()",
        "gc.callbacks changed",
    ),
}


@pytest.mark.parametrize("case", HOOKS)
def test_what_a_program_has_the_interpreter_call_is_a_reason(case: str, own: Kernel) -> None:
    given, body, told = HOOKS[case]
    step = f"%%step s\n{body}\na = 1"
    for word, why in (("first", "first run"), ("second", told)):
        ran = own.play(given.format(word), step)[-1]
        assert (ran.status, ran.stream()) == ("completed", f"{word}\n") and why in ran.said
        assert own.run(step).status == "cached"
        own.restart()
    again = own.play(given.format("first"), step)[-1]
    assert (again.status, again.stream()) == ("cached", "first\n"), again.said


def test_what_a_program_hears_of_each_event_keeps_its_steps_from_being_kept(own: Kernel) -> None:
    given = "import sys\ndef hear(event, args): event == 'mine' and print('{}')\n"
    step = "%%step s\nsys.audit('mine')"
    assert own.play("import sys", step, step)[-1].status == "cached"
    for word in ("first", "second"):
        own.restart()
        heard = own.play(f"{given.format(word)}sys.addaudithook(hear)", step)[-1]
        assert heard.stream() == f"{word}\n"
        assert "not kept: an audit hook was added" in heard.said, heard.said
    own.restart()
    assert own.play("import sys", step)[-1].status == "cached"


FOLLOWING = {
    "sys.setprofile()": ("g()", ""),
    "sys.settrace()": ("g()", ""),
    "threading.setprofile()": (
        IN_THREAD := "t = threading.Thread(target=g)\nt.start()\nt.join()\ndel t",
        "cached",
    ),
    "threading.settrace()": (IN_THREAD, "cached"),
}
FOLLOWED = "import sys, threading\nseen = []\ndef g(): pass\n"
HEAR = "def hear(frame, *_): frame.f_code.co_name == 'g' and seen.append(1)\n"


@pytest.mark.parametrize("setter", FOLLOWING)
def test_what_a_program_has_called_for_all_that_runs_keeps_steps_from_being_kept(
    setter: str, own: Kernel
) -> None:
    body, elsewhere = FOLLOWING[setter]
    step, other = f"%%step s\n{body}\na = 1", "%%step o\nb = 1"
    assert own.play(FOLLOWED, step, step)[-1].status == "cached"
    sets = f"{HEAR}{setter.replace('()', '(hear)')}"
    for _ in range(2):
        own.restart()
        own.play(FOLLOWED, sets, other)
        ran = own.play("seen.clear()", step, step)
        assert own.ask("len(seen) > 1") == "True"
        assert f"not kept: {setter} has a function of yours called" in ran[-1].said, ran[-1].said
    assert own.run(other).status == (elsewhere or "completed")
    own.run(setter.replace("()", "(None)"))
    assert own.run(step).status == "cached"


def test_what_a_program_has_called_by_a_tool_of_its_own_is_an_obstacle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named = hooks_named([Place(("sys", "monitoring", "use_tool_id"), "call")])
    for tool, number in ((None, 0), ("mine", 1)):
        monitoring = SimpleNamespace(get_tool=lambda at, tool=tool: tool if at == 3 else None)
        monkeypatch.setattr(sys, "monitoring", monitoring, raising=False)
        found = [*hooks_set(named)]
        assert len(found) == number and all("monitored" in why for _, _, why in found)


def test_what_a_library_has_called_for_all_that_runs_is_no_obstacle(own: Kernel) -> None:
    folder = own.folder / "site-packages"
    folder.mkdir()
    (folder / "zq_cover.py").write_text("def hear(*_): pass")
    given = f"import sys; sys.path.append({str(folder)!r})\nimport threading, zq_cover\n"
    step = "%%step s\nthreading.Thread().name\na = 1"
    own.play(given, step)
    own.restart()
    sets = "sys.settrace(zq_cover.hear)\nthreading.settrace(zq_cover.hear)"
    assert own.play(given, sets, step)[-1].status == "cached"


def test_a_hook_that_a_library_sets_as_a_step_imports_it_is_no_obstacle(own: Kernel) -> None:
    folder = own.folder / "site-packages"
    folder.mkdir()
    (folder / "zq_hook.py").write_text("import gc\ndef hear(*_): pass\ngc.callbacks.append(hear)")
    given = f"import sys; sys.path.append({str(folder)!r})"
    for status in ("completed", "cached"):
        own.restart()
        step = own.play(given, "%%step s\nimport zq_hook\na = 1")[-1]
        assert step.status == status and "not kept" not in step.said, step.said


ON_THE_LOOP = {
    "who hears of errors": (
        "def hear(loop, told): print('{0}')\nloop.set_exception_handler(hear)",
        "asyncio.get_running_loop().call_exception_handler(dict(message='m'))",
    ),
    "who makes tasks": (
        "def make(loop, coroutine, **more):\n"
        "    return asyncio.Task(coroutine, loop=loop, name='{0}', **more)\n"
        "loop.set_task_factory(make)",
        "async def f(): print(asyncio.current_task().get_name())\nawait asyncio.create_task(f())",
    ),
    "whether it checks": (
        "loop.set_debug('{0}' == 'second')",
        "print(['first', 'second'][asyncio.get_running_loop().get_debug()])",
    ),
    "its threads": (
        "loop.set_default_executor(ThreadPoolExecutor(1, thread_name_prefix='{0}'))\n"
        "def say(): return threading.current_thread().name[:-2]",
        "print(await asyncio.to_thread(say))",
    ),
    "what was put on it": ("loop.mine = '{0}'", "print(asyncio.get_running_loop().mine)"),
}
ASYNC = """
import asyncio, threading
from concurrent.futures import ThreadPoolExecutor
loop = asyncio.get_running_loop()
"""


@pytest.mark.parametrize("case", ON_THE_LOOP)
def test_what_a_program_sets_on_the_event_loop_is_a_reason(case: str, own: Kernel) -> None:
    given, body = ON_THE_LOOP[case]
    step, other = f"%%step s\n{body}\na = 1", "%%step o\nb = 1"
    for word, status in (("first", "completed"), ("second", "cached")):
        ran, beside = own.play(ASYNC + given.format(word), step, other)[-2:]
        assert (ran.status, ran.stream()) == ("completed", f"{word}\n"), ran.said
        assert "asyncio settings" in ran.said or word == "first"
        assert beside.status == status, beside.said
        assert own.run(step).status == "cached"


def test_a_step_that_sets_something_on_the_event_loop_is_not_kept(own: Kernel) -> None:
    given = "import asyncio\ndef check(loop): loop.set_debug(True)"
    for _ in range(2):
        step = own.play(given, "%%step s\ncheck(asyncio.get_running_loop())\na = 1")[-1]
        assert "it changed the event loop's settings" in step.said, step.said
        assert own.ask("__import__('asyncio').get_running_loop().get_debug()") == "True"
        own.restart()
