"""The loops that kill, interrupt and fork, in full: ``python -m pytest -m long``."""

from __future__ import annotations

import pytest

from tests import long_history, long_store

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


def test_kills_interrupts_and_forks_leave_the_store_whole() -> None:
    assert long_store.main() == 0


def test_kills_and_interrupts_leave_the_history_whole() -> None:
    long_history.main()
