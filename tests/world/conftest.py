"""Histories that tests of the world are played with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world.history_samples import open_history
from zenbook.testing import MemoryHistory
from zenbook.world.history import SqliteHistory
from zenbook.world.ports import History


@pytest.fixture(params=["sqlite", "memory"])
def history(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[History]:
    opened: History = open_history(tmp_path / "home")
    if request.param == "memory":
        opened = MemoryHistory()
    yield opened
    opened.close()


@pytest.fixture
def real(tmp_path: Path) -> Iterator[SqliteHistory]:
    opened = open_history(tmp_path / "home")
    yield opened
    opened.close()
