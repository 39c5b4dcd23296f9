"""A cached pipeline of twenty steps, beside the released ZenML 0.98.

With ``ZENML_PYTHON`` naming the Python of an environment that has it, ZenML is measured here and
now. Without, its figures are the lower ones of those measured on a quiet machine: 1.6 s for
twenty cached steps in a warm process, 7.3 s for a cached pipeline as a whole process.
"""

from __future__ import annotations

import importlib
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.row import Row, interleaved

WARM, PROCESS = 1.6, 7.3
"""Seconds that ZenML takes where it is not there to be measured."""

STEPS = """
@step
def first() -> int:
    return 1


@step
def add(x: int) -> int:
    return x + 1


@pipeline
def twenty():
    x = first()
    for _ in range(19):
        x = add(x)
"""

OURS = f"from zenbook import pipeline, step\n{STEPS}\n\ntwenty()\n"

THEIRS = f"""
import time

from zenml import pipeline, step
{STEPS}

twenty()
taken = []
for _ in range(3):
    began = time.perf_counter()
    twenty()
    taken.append(time.perf_counter() - began)
print("seconds", *taken)
"""

QUIET = {
    "AUTO_OPEN_DASHBOARD": "false",
    "ZENML_ANALYTICS_OPT_IN": "false",
    "ZENML_ENABLE_RICH_TRACEBACK": "false",
    "ZENML_LOGGING_COLORS_DISABLED": "true",
}


def rows() -> Iterator[Row]:
    """A cached pipeline in a warm process, and as a process of its own."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        warm, process = _zenml(folder) if "ZENML_PYTHON" in os.environ else (WARM, PROCESS)
        (folder / "ours.py").write_text(OURS)
        yield Row("20 cached steps, warm process", _warm(), warm, "ZenML", floor=100)
        (ours,) = interleaved(lambda: _process([sys.executable, "ours.py"], folder, {}), repeats=5)
        yield Row("20 cached steps, whole process", ours, process, "ZenML", floor=20)


def _warm() -> float:
    """Seconds of one cached passage in this process, its log thrown away."""
    logging.getLogger("zenbook").addHandler(logging.NullHandler())
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "twenty_steps.py").write_text(OURS)
        sys.path.insert(0, folder)
        twenty = importlib.import_module("twenty_steps").twenty
        (seconds,) = interleaved(twenty, repeats=9)
    return seconds


def _zenml(folder: Path) -> tuple[float, float]:
    """ZenML's seconds for the same pipeline: warm, and as a process."""
    python = os.environ["ZENML_PYTHON"]
    variables = {**QUIET, "ZENML_CONFIG_PATH": str(folder / "zenml")}
    (folder / "theirs.py").write_text(THEIRS)
    subprocess.run(
        [Path(python).parent / "zenml", "init"],
        cwd=folder,
        env={**os.environ, **variables},
        check=True,
        capture_output=True,
    )
    said = _process([python, "theirs.py"], folder, variables)
    line = next(line for line in said.splitlines() if line.startswith("seconds "))
    warm = statistics.median(float(word) for word in line.split()[1:])
    once = folder / "once.py"
    once.write_text(THEIRS.partition("taken = []")[0])
    began = time.perf_counter()
    _process([python, "once.py"], folder, variables)
    return warm, time.perf_counter() - began


def _process(command: list[str], folder: Path, variables: Mapping[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **variables},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout
