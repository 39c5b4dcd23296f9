"""Results that hold what another object is made of, so that whatever is put into the one is in the
other: the very dictionary of an object's attributes, as ``vars(x)`` gives it, or the whole content
of a table, as ``df.resample("D")`` does.

A loaded object is made of its own, so no hit could give both.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from zenbook.core.kinds import held_by_name
from zenbook.engine.frames import are_alike, is_frame, tables_by_content
from zenbook.engine.part_kinds import LEAVES
from zenbook.engine.reach import Reach
from zenbook.engine.sharing import Inseparable


def refuse_made_of(results: Mapping[str, Any], reach: Reach, others: Iterable[Any]) -> None:
    """Raise Inseparable where a result holds such a dictionary or table, not a copy, and it,
    another result, or one of the other values holds the other object; ``reach`` is what the
    results hold."""
    others = list(others)
    _refuse_attributes(results, reach, others)
    if "pandas" in sys.modules and any(map(is_frame, reach.others)):
        _refuse_tables(results, Reach(others))


def _refuse_attributes(results: Mapping[str, Any], reach: Reach, others: Iterable[Any]) -> None:
    held = reach.objects
    tables = {number for number, part in held.items() if type(part) is dict}
    if not tables:
        return
    for part in (*reach.others, *Reach(others).others):
        if type(part) in LEAVES or id(own := held_by_name(part)) not in tables:
            continue
        if own is not part:
            name = next(name for name, value in results.items() if _holds(value, own))
            raise Inseparable(f"{name} holds the attributes of an object themselves (copy them)")


def _holds(value: Any, table: dict[str, Any]) -> bool:
    return id(table) in Reach([value]).objects


def _refuse_tables(results: Mapping[str, Any], others: Reach) -> None:
    known = tables_by_content(others.others)
    for name, value in results.items():
        if are_alike(tables_by_content(Reach([value]).others), known):
            raise Inseparable(f"{name} looks at a table by way of another one")
