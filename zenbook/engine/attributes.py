"""Results that hold the very dictionary of an object's attributes, as ``vars(x)`` gives it.

What is assigned in it is an attribute of the object, and the other way round. A loaded object makes
a dictionary of its own, so no hit could give both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zenbook.core.kinds import held_by_name
from zenbook.engine.part_kinds import LEAVES
from zenbook.engine.reach import Reach
from zenbook.engine.sharing import Inseparable


def refuse_attributes(results: Mapping[str, Any], reach: Reach, others: Iterable[Any]) -> None:
    """Raise Inseparable where a result holds the attributes of an object that it, another result,
    or one of the other values holds, not a copy of them; ``reach`` is what the results hold."""
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
