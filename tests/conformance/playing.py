"""Play a program in a forked process of its own, with zenbook or without any cache."""

from __future__ import annotations

import json
import os
import signal
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 40


@dataclass(frozen=True)
class Played:
    """What a program's ``out`` was, how often a step's body ran, and what went wrong."""

    out: str | None
    ran: int
    error: str


def play(
    project: Path, home: Path, env: Mapping[str, str | None], cwd: str, *, cached: bool
) -> Played:
    """Play ``prog.py`` of a folder in a new process."""
    return started(project, home, env, cwd, cached=cached)()


def started(
    project: Path, home: Path, env: Mapping[str, str | None], cwd: str, *, cached: bool
) -> Callable[[], Played]:
    """Start playing; the answer waits for the end, and kills what takes too long."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(writing, project, home, env, cwd, cached)
    os.close(writing)

    def answer() -> Played:
        with os.fdopen(reading) as pipe:
            told = pipe.read()
        os.waitpid(child, 0)
        return Played(**json.loads(told)) if told else Played(None, 0, "the process died")

    return answer


def _child(
    pipe: int, project: Path, home: Path, env: Mapping[str, str | None], cwd: str, cached: bool
) -> None:
    signal.alarm(SECONDS)
    told = {"out": None, "ran": 0, "error": ""}
    try:
        _enter(project, home, env, cwd)
        with _counting() as ran:
            told["out"] = repr(_namespace(project, cached)["out"])
        told["ran"] = len(ran)
    except BaseException as error:
        told["error"] = f"{type(error).__name__}: {error}"
    with os.fdopen(pipe, "w") as answer:
        json.dump(told, answer)
        answer.flush()
        os._exit(0)


def _enter(project: Path, home: Path, env: Mapping[str, str | None], cwd: str) -> None:
    silence = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(silence, fd)
    os.environ["ZENBOOK_HOME"] = str(home)
    for name, value in env.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    os.chdir(project / cwd)
    sys.path.insert(0, str(project))
    for name in [name for name in sys.modules if name.startswith("tests")]:
        del sys.modules[name]  # a program's process has none of these, nor waits for looks at them
    sys.dont_write_bytecode = True
    warnings.simplefilter("ignore")  # the programs are plain users' code


def _namespace(project: Path, cached: bool) -> dict[str, Any]:
    """Run the program as a script is run: in a module ``__main__`` of its own."""
    from zenbook import step

    door = types.ModuleType("adapter")
    door.__dict__["step"] = step if cached else lambda function: function
    main = types.ModuleType("__main__")
    main.__file__ = str(project / "prog.py")
    sys.modules.update({"adapter": door, "__main__": main})
    source = (project / "prog.py").read_text()
    exec(compile(source, main.__file__, "exec", dont_inherit=True), main.__dict__)
    return main.__dict__


@contextmanager
def _counting() -> Iterator[list[str]]:
    """The steps whose bodies ran, by wrapping the drivers' own entrance."""
    from zenbook.engine import drivers

    ran: list[str] = []
    real_run, real_async = drivers._run, drivers._run_async

    def run(order: Any, *rest: Any) -> Any:
        ran.append(order.call.step.name)
        return real_run(order, *rest)

    async def run_async(order: Any, *rest: Any) -> Any:
        ran.append(order.call.step.name)
        return await real_async(order, *rest)

    drivers._run, drivers._run_async = run, run_async
    yield ran
