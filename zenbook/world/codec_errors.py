"""Exceptions, whose own pickling leaves out those that stand behind them.

A traceback cannot be kept: it holds the frames of functions that have ended. Nor is an exception
behind another one kept whose class cannot make it again from its arguments.
"""

from __future__ import annotations

import copy
from typing import Any

from zenbook.core.raised import behind


def reduce_error(value: BaseException) -> Any:
    """An exception with those behind it; NotImplemented where there are none, and for classes that
    set their state in a way of their own."""
    more = {name: held for name, held in behind(value).items() if _can_be_made(held)}
    reduced: Any = value.__reduce_ex__(5) if more else ""
    if type(value).__setstate__ is not BaseException.__setstate__ or isinstance(reduced, str):
        return NotImplemented
    make, made_of, *rest = reduced
    state = (rest[0] if rest else None) or {}
    if not isinstance(state, dict):
        return NotImplemented
    return (make, made_of, {**state, **more}, *rest[1:])


def _can_be_made(held: Any) -> bool:
    try:
        return copy.copy(held) is not None
    except Exception:
        return False
