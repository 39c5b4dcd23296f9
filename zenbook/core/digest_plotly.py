"""What figures of plotly hold, and their parts.

All of a figure is in plain dictionaries that it keeps; its parts (``fig.layout.xaxis``) are made
when they are asked for first, and only look into these. So a figure is these dictionaries, and what
else its parts know by themselves, such as what is called when they change. What its own
``__reduce__`` keeps is less: numbers without their types, and names in an order of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from zenbook.core.digest_stream import Describers, Description
from zenbook.core.refused import refusal
from zenbook.errors import NotDigestible

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

_PARTS = ("_data_objs", "_layout_obj", "_frame_objs")
_OF_A_TREE = frozenset(
    {"_parent", "_compound_props", "_compound_array_props", "_trace_ind", "_valid_props"}
    | {"_plotly_name", "_BasePlotlyType__validators"}
)
"""What a part knows of where it is, and of what can be there."""
_REMEMBERED = frozenset({"_class_map", "_data_class"})
Place = tuple[Any, ...]


def _figure(value: Any, digester: Digester) -> Description:
    if why := refusal(value):
        raise NotDigestible(why)
    own = vars(value)
    held = {name: kept for name, kept in own.items() if not _is_made_anew(name)}
    tops = [(*own["_data_objs"], own["_layout_obj"]), tuple(own["_frame_objs"])]
    parts = [[(digester.class_token(type(it)), _told(it)) for it in row] for row in tops]
    return "plotly figure", digester.class_token(type(value)), held, parts


def _is_made_anew(name: str) -> bool:
    return name in _PARTS or name.endswith("_validator")


def _told(part: Any) -> list[tuple[Any, ...]]:
    """What a part and those in it know by themselves, where that is anything."""
    known = [(place, _known_by(one)) for place, one in (((), part), *_within(part, ()))]
    return sorted(((*map(str, place),), held) for place, held in known if held)


def _known_by(part: Any) -> dict[str, Any]:
    own = vars(part).items()
    return {name: held for name, held in sorted(own) if not _is_usual(name, held)}


def _is_usual(name: str, held: Any) -> bool:
    if name in _OF_A_TREE or held is None or held is False:
        return True
    return held is True if name == "_validate" else type(held) in (dict, list, set) and not held


def _within(part: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    """The parts of a part that have been made, each with its place."""
    for step, inner in _inner(part):
        here = (*place, *step)
        yield here, inner
        yield from _within(inner, here)


def _inner(part: Any) -> Iterator[tuple[Place, Any]]:
    own: Mapping[str, Any] = vars(part)
    for name, one in own["_compound_props"].items():
        if one is not None:
            yield (name,), one
    for name, several in own["_compound_array_props"].items():
        yield from (((name, number), one) for number, one in enumerate(several or ()))


def _part(value: Any, digester: Digester) -> Description:
    """A part: which one, of which figure; what it is, where it is in none."""
    kind = digester.class_token(type(value))
    places: list[Any] = []
    top = value
    while (holder := vars(top).get("_parent")) is not None:
        places.append(_place_in(holder, top))
        top = holder
    if places:
        return "plotly part", kind, places, digester.whole(top)
    return "plotly part", kind, _told(value)


def _place_in(holder: Any, part: Any) -> Place:
    """Where a figure or another part holds it; nowhere, if it has dropped it since."""
    own = vars(holder)
    if "_layout_obj" in own:
        rows = (own["_data_objs"], [own["_layout_obj"]])
        inner: Any = (((n, k), one) for n, row in enumerate(rows) for k, one in enumerate(row))
    else:
        inner = _inner(holder)
    return next((place for place, one in inner if one is part), ())


def _validator(value: Any, digester: Digester) -> Description:
    """What checks a property, without the classes that it has looked up."""
    held = {name: kept for name, kept in vars(value).items() if name not in _REMEMBERED}
    return "plotly validator", digester.class_token(type(value)), held


DESCRIBERS: Describers = {
    "BaseFigure": _figure,
    "BasePlotlyType": _part,
    "BaseValidator": _validator,
}
