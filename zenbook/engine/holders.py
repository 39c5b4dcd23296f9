"""Who else holds an object than the places where it stands, found by counting references.

A step may leave an input equal and put an equal object in the place of a part of it, as ``rows[0] =
dict(rows[0])`` does. A hit leaves the part that is there, and nobody can tell the difference unless
somebody else holds that part: a name, another container, a closure, ``Out``. CPython counts all of
them, whoever they are.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

from zenbook.core.closure_trace import MISSING
from zenbook.engine.part_kinds import is_array, is_row
from zenbook.engine.parts import Path
from zenbook.engine.paths import found
from zenbook.engine.tensors import is_tensor


def are_held_elsewhere(value: Any, places: Iterable[Path]) -> bool:
    """Whether anybody holds what stands in a value at the end of these paths besides these places,
    or looks into its memory.

    True where a path leads nowhere.
    """
    standing: dict[int, Any] = {}
    known: Counter[int] = Counter()
    for path in places:
        part = found(value, path)
        if part is MISSING:
            return True  # built otherwise than it was
        known[id(part)] += 1
        while part is not None and id(part) not in standing:
            standing[id(part)] = part
            if is_tensor(part):
                return True  # who looks into its memory holds no reference to it
            part = part.base if is_array(part) or is_row(part) else None
            known[id(part)] += 1
    part = None
    return any(sys.getrefcount(standing[key]) > known[key] + _own() for key in standing)


@cache
def _own() -> int:
    """How many references of an object's count are those of whoever counts."""
    standing = {0: object()}
    return sys.getrefcount(standing[0])
