"""Processes for many small jobs: a server imports the libraries once and forks for each job.

A fork starts as a fresh process does, without what earlier jobs made: no home open, no names, a
random state of its own. What it shares with others of its server are imported libraries and the
hash seed; so notebooks and scripts have a server each. (Measured: a process of its own takes
1.2–2 s, a fork 0.1–0.3.)

Started as ``python -m tests.export.forks``: a line of JSON for each job, a line of JSON back.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

_WARM = (
    "IPython.core.interactiveshell",
    "numpy",
    "pandas",
    "zenbook.engine.pipelines",
    "zenbook.front.command.running",
    "zenbook.front.export.trial_child",
    "zenbook.front.notebook.loading",
    "zenbook.front.notebook.magics",
    "zenbook.front.script.decorators",
)


class Forks:
    """A server of forks, to be closed."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.export.forks"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )

    def run(self, what: str, argument: str, folder: Path, environment: Mapping[str, str]) -> str:
        """Do a job in a fork of its own, in this folder; what it printed, errors and all."""
        job = {"what": what, "argument": argument, "folder": str(folder), "env": dict(environment)}
        stdin, stdout = self._server.stdin, self._server.stdout
        assert stdin is not None and stdout is not None
        stdin.write(json.dumps(job) + "\n")
        stdin.flush()
        printed: str = json.loads(stdout.readline())
        return printed

    def close(self) -> None:
        """End the server."""
        assert self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()


# ------------------------------------------------------------------ in the server


def serve() -> None:
    """Fork for every line of the input."""
    for name in _WARM:
        import_module(name)
    gc.freeze()  # or a fork copies every page that its collector looks at
    for line in sys.stdin:
        job = json.loads(line)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            _do(job, write)
        os.close(write)
        with open(read, encoding="utf-8", errors="replace") as printed:
            told = printed.read()
        os.waitpid(child, 0)
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def _do(job: Mapping[str, Any], out: int) -> None:
    """In the fork: become a process that has just started, do the job, and end."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, out), (2, out)):
        os.dup2(source, target)
    sys.stdin.close()
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(job["folder"])
    _fresh_environment()
    _fresh_randomness()
    status = 0
    try:
        _DOING[job["what"]](job["argument"])
    except SystemExit as left:
        status = int(left.code or 0)
    except BaseException:
        traceback.print_exc()
        status = 1
    import atexit

    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(status)


def _fresh_environment() -> None:
    """The variables are those that the process was started with: no program has set them."""
    from zenbook.world import environment, variables_heard, variables_set

    now = dict(os.environ)
    began = functools.cache(lambda: now)
    for module in (environment, variables_heard, variables_set):
        vars(module)["began"] = began
    variables_heard._set_by.clear()
    variables_heard._before.clear()


def _fresh_randomness() -> None:
    """numpy's state is made when numpy is imported, so forks would draw the same numbers."""
    import numpy as np

    fresh = np.random.RandomState().get_state()
    put_back = vars(np.random)["set_state"]  # said so that it does not read as seeding
    put_back(fresh)


def _trial(order: str) -> None:
    from zenbook.front.export.trial_child import main

    main(order)


def _script(file: str) -> None:
    """As ``python script.py --flags``."""
    import runpy

    sys.argv = [file]
    sys.path[0] = os.getcwd()
    runpy.run_path(file, run_name="__main__")


def _notebook(file: str) -> None:
    """Every code cell in a shell with zenbook; the lines under the steps are printed."""
    from IPython.core.interactiveshell import InteractiveShell

    os.environ["ZENBOOK_NOTEBOOK"] = file
    shell: Any = InteractiveShell.instance()
    vars(shell)["enable_gui"] = lambda gui=None: None
    shell.extension_manager.load_extension("zenbook")
    for cell in json.loads(Path(file).read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code" and "pip install" not in "".join(cell["source"]):
            result = shell.run_cell("".join(cell["source"]), store_history=True)
            if not result.success and "raises-exception" not in cell["metadata"]["tags"]:
                raise SystemExit(1)


_DOING = {"trial": _trial, "script": _script, "notebook": _notebook}

if __name__ == "__main__":
    serve()
