"""Bundles and private homes for the tests of the store."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from zenbook.world.home import open_home
from zenbook.world.notice import forget_notices
from zenbook.world.ports import Bundle
from zenbook.world.trust import forget_key

LARGE = 6 << 20
"""Bytes above which the store maps a blob and believes its stamp."""


def private_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home and signing key below ``folder``."""
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
    forget_key()
    forget_notices()
    return open_home(folder / ".zenbook")


def bundle(**values: Any) -> Bundle:
    """Values as the codec packs them: a header and out-of-band buffers."""
    found: list[pickle.PickleBuffer] = []
    header = pickle.dumps(values, protocol=5, buffer_callback=found.append)
    return Bundle(tuple(values), header, tuple(buffer.raw() for buffer in found))


def raw(header: bytes, *buffers: bytes) -> Bundle:
    """A bundle of these very bytes."""
    return Bundle(("x",), header, tuple(memoryview(buffer) for buffer in buffers))


def large(seed: int = 1) -> Bundle:
    """A bundle with one buffer that is mapped and stamped."""
    return raw(b"header %d" % seed, bytes([seed % 256]) * LARGE)


def in_process(program: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program in a fresh interpreter and give back what it printed."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        **options,
    )
