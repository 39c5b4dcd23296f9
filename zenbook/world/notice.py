"""Warnings that are said once.

They go to the ``zenbook`` logger and not through :mod:`warnings`, because a program may turn
warnings into errors, and a store fault must never break the cell that met it.
"""

from __future__ import annotations

import logging

_log = logging.getLogger("zenbook")
_said: set[str] = set()


def notice_once(subject: str, text: str) -> None:
    """Log ``text`` as a warning, unless something was said about ``subject`` in this process."""
    if subject not in _said:
        _said.add(subject)
        _log.warning(text)


def forget_notices() -> None:
    """Let everything be said again (tests; a new session in the same process)."""
    _said.clear()
