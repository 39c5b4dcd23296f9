"""Figures of matplotlib that share nothing but their artists with anything outside of them.

A figure holds each of its artists in many places, and each of them holds the figure; drawing, which
describing a figure does, too, exchanges ticks and transforms. So to those who ask what inputs have
in common, such a figure is one thing that has its artists at places (``("artist", number)``), and
an artist leads to its figure (``("artist's", ())``) and to nothing else. What figures share with
every other (markers, colours, lists of ``rcParams``) is matplotlib's own, which nobody changes.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from zenbook.core.kinds import is_a
from zenbook.engine.artists import artists_of, home_of, is_artist, is_container, is_figure
from zenbook.engine.memory import Stretches
from zenbook.engine.part_kinds import is_part
from zenbook.engine.parts import Step, held_by
from zenbook.engine.reach import Reach
from zenbook.engine.sharing import buffer_of, memory_in

_CODE = (ModuleType, FunctionType, type, property, classmethod, staticmethod)
_WINDOWS = "matplotlib._pylab_helpers"
"""The module that holds the figures that are open."""
_own: dict[int, Any] = {}
"""What was found to be matplotlib's own, by identity."""


def held_apart(value: Any, widest: int, apart: Collection[int]) -> Iterable[tuple[Step, Any]]:
    """What a value holds; for these figures and their artists, where they are."""
    if apart and (is_artist(value) or is_container(value)):
        home = home_of(value)
        if home is value and id(home) in apart:
            return [(("artist", n), one) for n, one in enumerate(artists_of(home)) if n]
        if id(home) in apart:
            return [(("artist's", ()), home)]
    return held_by(value, widest)


def apart_in(reach: Reach, values: Collection[Any]) -> dict[int, Any]:
    """Which figures are such, by identity, of those that these values hold; ``reach`` is all that
    they hold."""
    kinds = dict(zip(map(type, reach.objects.values()), reach.objects.values(), strict=True))
    whole = {kind for kind, one in kinds.items() if is_figure(one)}
    if not whole:
        return {}
    figures = [one for one in reach.objects.values() if type(one) in whole]
    drawn = {kind for kind, one in kinds.items() if is_artist(one) or is_container(one)}
    artists = {number for number, one in reach.objects.items() if type(one) in drawn}
    rest = Reach(values, artists)
    if len(figures) == 1 and artists.issuperset(n for n, o in rest.objects.items() if is_part(o)):
        within = [reach]
    else:
        within = [Reach([figure]) for figure in figures]
    apart: dict[int, Any] = {}
    for figure, own in zip(figures, within, strict=True):
        others = [other for other in (rest, *within) if other is not own]
        if home_of(figure) is figure and not any(share(own.objects, it, artists) for it in others):
            apart[id(figure)] = figure
    return apart


def share(parts: Mapping[int, Any], other: Reach, besides: Collection[int] = ()) -> bool:
    """Whether any of these parts of a figure is held elsewhere, too, or looks into memory that is,
    or is looked into: not what is matplotlib's own, and not what is ``besides``."""
    both = (parts.keys() & other.objects.keys()).difference(besides)
    shared = {number: parts[number] for number in both}
    if without_own({number: one for number, one in shared.items() if is_part(one)}):
        return True
    own = [array for array in memory_in(parts.values()) if id(array) not in shared]
    buffers = [buffer for array in own if (buffer := buffer_of(array)) is not None]
    if any(id(buffer) in other.objects for buffer in buffers):
        return True
    lending = Stretches((array,) for array in own)
    looking = (array for array in memory_in(other.others) if id(array) not in shared)
    return any(lending.overlapping(array) for array in looking)


def without_own(parts: Mapping[int, Any]) -> set[int]:
    """Those of these objects, by identity, that are not matplotlib's own."""
    left = {n for n, one in parts.items() if n not in _own and not _is_numpys(one)}
    if left:
        held = list(_held_by_library())
        drawn = {n for n, one in Reach(held).objects.items() if is_artist(one)}
        _own.update(Reach(held, drawn).objects)
        for number in drawn:
            _own.pop(number, None)
        left.difference_update(_own)
    return left


def _is_numpys(value: Any) -> bool:
    """Whether it is a function of numpy's, as scales of axes hold them."""
    return is_a(value, getattr(sys.modules.get("numpy"), "ufunc", ()))


def _held_by_library() -> Iterator[Any]:
    """What matplotlib's modules and classes hold."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] != "matplotlib" or name == _WINDOWS:
            continue
        for held_as, held in list(getattr(module, "__dict__", {}).items()):
            if is_a(held, type) and held.__module__ == name:
                yield from (one for one in vars(held).values() if not is_a(one, _CODE))
            elif held_as != "__builtins__" and not is_a(held, _CODE):
                yield held
