"""Answers of the history that hold until somebody else writes.

A notebook asks at every step which versions its pipeline has, and where the run stands that a
result is from. What this process notes of its own runs changes neither, and everything else that
anybody writes lets them be asked anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from zenbook.world.history_ledger import Ledger

T = TypeVar("T")

_MOST = 1024


class Standing:
    """What was asked of one ledger lately."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._since: object = None
        self._answers: dict[Hashable, Any] = {}

    def ask(self, question: Hashable, work: Callable[[sqlite3.Connection], T]) -> T:
        """The answer, read again only if it may be another; it must be one that nobody changes.

        How things stand is looked up before reading: what others write in between is asked anew.
        """
        since = self._ledger.standing()
        if since != self._since or len(self._answers) >= _MOST:
            self._answers, self._since = {}, since
        answers = self._answers
        if question not in answers:
            answers[question] = self._ledger.read(work)
        found: T = answers[question]
        return found
