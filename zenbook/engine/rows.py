"""Rows of structured arrays, each of which looks into the memory of its array, and their columns.

``for row in table: ...`` leaves such a row behind, and ``row["x"] = 1`` changes the table. So a row
is told by the memory it looks into, as an array without axes, which is a cut of the table like
``table[3:4]``; and it is made anew in that memory, since none can be given another."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from zenbook.engine.part_kinds import is_array, is_row

STEP = ("row", ())
"""The step from a row to its memory."""


def is_in_row(path: tuple[tuple[str, Any], ...]) -> bool:
    """Whether a path ends in the memory of a row."""
    return path[-1:] == (STEP,)


def number_in(row: Any) -> int:
    """By what its memory is known, of which each look at it makes another array."""
    return ~id(row)


def array_of(value: Any) -> Any:
    """An array as it is, and a row as an array in its memory; None for anything else. Nobody can
    look into the memory of a row that is in no array's."""
    if is_row(value):
        return None if value.base is None else sys.modules["numpy"].asarray(value)
    return value if is_array(value) else None


def row_in(array: Any) -> Any:
    """The row whose memory this array is."""
    return array[()]


def can_become(row: Any, other: Any) -> bool:
    """Whether a row can be given the content of another one, so that its array has it, too."""
    is_plain = bool(row.dtype.names) and not row.dtype.hasobject
    return bool(is_plain and row.flags.writeable and row.dtype == other.dtype)


def fill(row: Any, other: Any) -> None:
    """Give a row the content of another one."""
    for name in row.dtype.names:
        row[name] = other[name]


def objects_in(array: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The columns of an array that hold objects, as arrays of such, each with the names that lead
    to it; one that has no columns as it is."""
    if array.dtype == object:
        yield (), array
    for name in array.dtype.names or ():
        if array.dtype[name].hasobject:
            yield from (((name, *names), column) for names, column in objects_in(array[name]))
