"""What a step function drops is noted, and nobody who calls it can tell."""

from __future__ import annotations

import functools
import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from zenbook import step


def retry(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def again(*args: Any, **named: Any) -> Any:
        for _ in range(2):
            try:
                return function(*args, **named)
            except ValueError:
                continue
        raise AssertionError

    return again


def test_a_step_around_another_decorator_gets_its_arguments(home: Path) -> None:
    @step
    @retry
    def added(n: int, k: int = 2) -> int:
        return n + k

    assert (added(3), added(3, k=4)) == (5, 7)


_left: weakref.WeakSet[Any] = weakref.WeakSet()


class _Counted:
    def __init__(self) -> None:
        _left.add(self)

    def __reduce__(self) -> Any:
        raise AssertionError("nobody has asked for it")


def test_no_local_of_a_step_outlives_its_call(home: Path) -> None:
    @step
    def work(n: int) -> int:
        counted, array = _Counted(), np.zeros(1_000_000)
        held = [counted]
        return int(len(held) * n + array[0])

    assert work(2) == 2
    assert not _left


def test_a_local_secret_is_not_kept(home: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("SERVICE_API_KEY", "canary-7f3a91c2")

    @step
    def ask(n: int) -> int:
        token = "canary-7f3a91c2"
        said = {"header": [token]}
        return n + len(said)

    assert ask(1) == 2
    gc.collect()
    files = [file for file in home.rglob("*") if file.is_file()]
    kept = [f for f in files if b"canary-7f3a91c2" in f.read_bytes() and ".db" not in f.name]
    assert files and not kept
