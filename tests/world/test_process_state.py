"""What a step changes in its process, or leaves running, keeps its result from being kept."""

from __future__ import annotations

import asyncio
import decimal
import importlib
import logging
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from tests.world.watching import see
from zenbook.world.settings import settings


@pytest.fixture(autouse=True)
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    monkeypatch.setenv("ZB_OLD", "1")
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.setattr(threading.current_thread(), "name", threading.current_thread().name)
    level, mask = logging.getLogger().level, os.umask(0o022)
    with np.printoptions(), np.errstate(), warnings.catch_warnings(), decimal.localcontext():
        with mpl.rc_context(), pd.option_context("display.max_rows", 60):
            yield
    logging.getLogger().setLevel(level)
    os.umask(mask)
    os.environ.pop("ZB_NEW", None)


CHANGES: dict[str, tuple[Callable[[], Any], str]] = {
    "cwd": (lambda: os.chdir("sub"), "the working folder to"),
    "set": (lambda: os.environ.update(ZB_NEW="1"), "os.environ['ZB_NEW']"),
    "unset": (lambda: os.environ.pop("ZB_OLD"), "os.environ['ZB_OLD']"),
    "numpy": (lambda: np.set_printoptions(precision=2), "numpy's print options"),
    "seterr": (lambda: np.seterr(all="raise"), "numpy's error handling"),
    "pandas": (lambda: pd.set_option("display.max_rows", 7), "pandas' options"),
    "rcParams": (lambda: mpl.rcParams.update({"lines.linewidth": 9.0}), "matplotlib's rcParams"),
    "warnings": (lambda: warnings.simplefilter("ignore"), "the warning filters"),
    "logging": (lambda: logging.getLogger().setLevel(5), "the logging setup"),
    "decimal": (lambda: setattr(decimal.getcontext(), "prec", 5), "the decimal context"),
    "sys.path": (lambda: sys.path.append("x"), "sys.path"),
    "mask": (lambda: os.umask(0o077), "the mask of new files"),
    "thread": (lambda: setattr(threading.current_thread(), "name", "mine"), "the thread's name"),
    "hook": (lambda: setattr(sys, "unraisablehook", print), "the hooks of the interpreter"),
}


@pytest.mark.parametrize(("change", "what"), CHANGES.values(), ids=CHANGES)
def test_a_change_of_the_process_is_an_obstacle(change: Callable[[], Any], what: str) -> None:
    (obstacle,) = see(change).obstacles
    assert obstacle.startswith(f"it changed {what}")


@pytest.mark.parametrize(("change", "what"), CHANGES.values(), ids=CHANGES)
def test_so_it_is_where_something_is_imported_meanwhile(
    change: Callable[[], Any], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As drawing for the first time does, or any call into a library that imports late."""
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    (obstacle,) = see(lambda: (importlib.import_module("colorsys"), change())).obstacles
    assert obstacle.startswith(f"it changed {what}")


LIBRARY = """
import logging, os, sys, warnings
class Strange(UserWarning): pass
warnings.simplefilter('always', Strange)
warnings.filterwarnings('ignore', module=r'^late_library\\.inside')
logging.getLogger('late_library.inside').addHandler(logging.NullHandler())
sys.path.append(os.path.join(os.path.dirname(__file__), 'vendored'))
"""


def test_what_a_library_sets_of_its_own_when_it_is_imported_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "site-packages" / "late_library"
    home.mkdir(parents=True)
    (home / "__init__.py").write_text(LIBRARY)
    sys.path.insert(0, str(home.parent))
    seen = see(lambda: importlib.import_module("late_library"))
    monkeypatch.delitem(sys.modules, "late_library")
    logging.getLogger("late_library.inside").handlers.clear()
    assert seen.obstacles == ()


def test_a_change_that_is_taken_back_is_none() -> None:
    def body() -> None:
        here = os.getcwd()
        os.chdir("sub")
        os.chdir(here)
        os.environ["ZB_NEW"] = "1"
        del os.environ["ZB_NEW"]
        with np.printoptions(precision=2), warnings.catch_warnings():
            warnings.simplefilter("ignore")

    assert see(body).obstacles == ()


def test_a_thread_left_running_is_an_obstacle() -> None:
    stop = threading.Event()
    seen = see(lambda: threading.Thread(target=lambda: stop.wait(), name="mine").start())
    stop.set()
    assert seen.obstacles == ("it left the thread mine running",)


def test_a_program_left_running_is_an_obstacle() -> None:
    kept: list[subprocess.Popen[bytes]] = []
    seen = see(lambda: kept.append(subprocess.Popen(["sleep", "5"])))
    kept[0].kill()
    kept[0].wait()
    assert seen.obstacles == ("it left the program sleep running",)


def test_a_task_left_running_is_an_obstacle() -> None:
    async def main() -> tuple[str, ...]:
        tasks: list[asyncio.Task[None]] = []
        seen = see(lambda: tasks.append(asyncio.create_task(_idle(), name="mine")))
        tasks[0].cancel()
        return seen.obstacles

    assert asyncio.run(main()) == ("it left the task mine running",)


async def _idle() -> None:
    await asyncio.sleep(5)


def test_an_idle_pool_of_a_library_is_no_obstacle() -> None:
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(1)
    assert see(lambda: pool.submit(int).result()).obstacles == ()
    pool.shutdown()


SETTINGS: dict[str, Callable[[], Any]] = {
    "decimal": lambda: setattr(decimal.getcontext(), "prec", 5),
    "numpy": lambda: np.set_printoptions(precision=2),
    "pandas": lambda: pd.set_option("display.max_rows", 7),
    "matplotlib": lambda: mpl.rcParams.update({"lines.linewidth": 9.0}),
    "datetime": lambda: (os.environ.update(TZ="Asia/Tokyo"), time.tzset()),
}


@pytest.mark.parametrize(("library", "change"), SETTINGS.items(), ids=SETTINGS)
def test_a_setting_of_a_used_library_is_a_part(library: str, change: Callable[[], Any]) -> None:
    zone = os.environ.get("TZ")
    try:
        before = settings([library])
        assert settings([library]) == before
        unused = settings(["json"])
        change()
        assert settings([library]) != before
        assert settings(["json"]) == unused == ()
    finally:
        os.environ.pop("TZ", None)
        if zone is not None:
            os.environ["TZ"] = zone
        time.tzset()


def test_defaults_are_no_parts_whether_or_not_the_library_is_imported() -> None:
    script = (
        "from zenbook.world.settings import settings as s\n"
        "names = ['decimal', 'numpy', 'pandas', 'locale']\n"
        "bare = s(names)\n"
        "import decimal, numpy, pandas\n"
        "print(bare == s(names) == ())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert ran.stdout == "True\n", ran.stderr
