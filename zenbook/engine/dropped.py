"""What a function drops and a cell with its body would leave, for its record.

A cell can be given a record of such a function only if it holds every name that the cell would
bind. So the names that the function did not return are kept, too, as far as that costs next to
nothing: a counter, a path, the axes of a figure, but no large table. The others are listed, and a
cell that would bind one of them runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from zenbook.core.source_shown import ANY, LAST, LOCAL, LOST, Noted, drops_nothing
from zenbook.engine.desk import Desk

if TYPE_CHECKING:
    from zenbook.engine.passage import Execute

_LARGEST = 1_000_000
"""Bytes that a name may take to be kept although nobody asked for it."""
_MADE_ANEW = (FunctionType, ModuleType, type)
"""What a hit of a cell makes by executing its definitions and imports."""


def dropped(noted: Noted, outputs: Mapping[str, Any], order: Execute, desk: Desk) -> dict[str, Any]:
    """Hidden artifacts: the value a cell would show, names, and a list of those that are lost."""
    found = dict(zip(LAST, noted.last, strict=False))
    if noted.names is None:
        return found if _is_complete(order.call.code) else {**found, LOST: (ANY,)}
    lost: list[str] = []
    for name, value in _left(noted.names, outputs, order.values):
        if desk.vault.fits(value, _LARGEST):
            found[f"{LOCAL}{name}"] = value
        else:
            lost.append(name)
    return {**found, LOST: tuple(lost)} if lost else found


def _is_complete(code: Any) -> bool:
    return isinstance(code, FunctionType) and drops_nothing(code)


def _left(
    names: Mapping[str, Any], outputs: Mapping[str, Any], inputs: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """The names that a cell would bind to data, but for those it hands on or was given."""
    for name, value in names.items():
        if name.startswith("_") or name in outputs or isinstance(value, _MADE_ANEW):
            continue
        if name in inputs and inputs[name] is value:
            continue
        yield name, value
