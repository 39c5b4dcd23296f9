"""Records, shapes and lines for tests of the history, and processes to kill."""

from __future__ import annotations

import hmac
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

from zenbook.errors import Untrusted
from zenbook.model import (
    Artifact,
    Change,
    Edge,
    Fingerprint,
    Part,
    Read,
    Record,
    Shape,
    Step,
    StepRun,
)
from zenbook.world.clock import SystemClock
from zenbook.world.history import SqliteHistory

KEY = b"a key of thirty-two bytes, or so"
ROOT = Path(__file__).parents[2]


def sign(payload: bytes) -> str:
    return hmac.digest(KEY, payload, "sha256").hex()


def verify(payload: bytes, mac: str) -> None:
    if not hmac.compare_digest(sign(payload), mac):
        raise Untrusted("its signature is not yours")


def open_history(home: Path, **options: Any) -> SqliteHistory:
    clock = options.pop("clock", SystemClock())
    return SqliteHistory(home, sign, verify, clock, **options)


def key_of(number: int) -> str:
    return f"{number:032x}"


def record(number: int = 1, **changes: Any) -> Record:
    parts = (
        Part("code", "train", "c" * 32, "def train(): ..."),
        Part("input", "gamma", "d" * 32, "0.0015"),
    )
    model = Artifact("model", "e" * 32, key_of(number), 412, "sklearn.svm.SVC", None, "SVC()")
    noted = Artifact("noise", "f" * 32, key_of(number), 80, "numpy.ndarray", (2, 5), "[…]", "x")
    made = Record(
        id=f"record-{number}",
        step="train",
        fingerprint=Fingerprint(parts, key_of(number)),
        reads=(Read("file", "iris.csv", "0" * 32),),
        wrote=(Read("file", "model.txt", "1" * 32),),
        artifacts=(model,),
        changed=(noted,),
        deleted=("temporary",),
        random_after=(Artifact("numpy", "2" * 32, "3" * 32, 2500, "dict"),),
        displays=Artifact("displays", "4" * 32, "5" * 32, 100, "list"),
        seals={key_of(number): "6" * 64},
        seconds=1.25,
        started=1_700_000_000.5,
        python="cp311-pickle5",
        run="",
        metrics={"accuracy": 0.97, "epochs": 3, "curve": [0.5, 0.9], "name": "svc"},
        remarks=("used the network",),
    )
    return replace(made, **changes)


def line(step: str = "train", position: int = 0, **changes: Any) -> StepRun:
    old, new = Part("input", "gamma", "a", "0.001"), Part("input", "gamma", "b", "0.002")
    made = StepRun(
        step=step,
        position=position,
        status="completed",
        cause="input changed",
        why="gamma 0.001→0.002",
        seconds=2.5,
        saved=0.0,
        record="record-1",
        origin="",
        key=key_of(1),
        remarks=("unseeded",),
        metrics={"accuracy": 0.9},
        changes=(Change(old, new), Change(None, new), Change(old, None)),
    )
    return replace(made, **changes)


def shape(digest: str = "a" * 32, source: str = "def train(gamma): ...") -> Shape:
    load = Step("load", "1" * 32, "def load(): ...", (), ("data",), docstring="Load.")
    train = Step("train", "2" * 32, source, ("data", "gamma"), ("model",))
    return Shape(digest, (load, train), (Edge("load", "data", "train", "data"),), ("gamma",))


PRELUDE = """
import os, signal, sys, time
from pathlib import Path
from tests.world.history_samples import *
home = Path(sys.argv[1])
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def start(home: Path, program: str) -> subprocess.Popen[str]:
    """Run a program in another process; it has ``home``, the samples and ``die()``."""
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(program), str(home)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def killed(home: Path, program: str) -> str:
    """Run a program that must die by SIGKILL; what it printed before is given back."""
    process = start(home, program)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, (process.returncode, out)
    return out


def finished(home: Path, program: str) -> str:
    """Run a program to its end; what it printed is given back."""
    process = start(home, program)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    return out


def without_write_permission() -> None:
    """Make the modes of files count, also for root."""
    if os.geteuid() == 0:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)
        if libc.capset(header, (ctypes.c_uint32 * 6)()) != 0:
            raise OSError(ctypes.get_errno(), "capset")
