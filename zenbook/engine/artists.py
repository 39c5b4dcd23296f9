"""The artists of figures of matplotlib, and the figure that each belongs to."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from zenbook.core.kinds import is_a
from zenbook.world.codec_figures import call_lost


def _class(module: str, name: str) -> Any:
    """A class of matplotlib's, if that is loaded at all; else what nothing is derived from."""
    return getattr(sys.modules.get(f"matplotlib.{module}"), name, ())


def is_artist(value: Any) -> bool:
    """Whether it is a figure, or something that may be drawn in one."""
    return is_a(value, _class("artist", "Artist"))


def is_figure(value: Any) -> bool:
    """Whether it is a figure, and not one within another."""
    return is_a(value, _class("figure", "Figure"))


def is_container(value: Any) -> bool:
    """Whether it is what ``ax.bar()``, ``ax.errorbar()`` and ``fig.colorbar()`` give: artists
    that belong together, in an object that is none itself."""
    return is_a(value, _class("container", "Container")) or _is_colour_bar(value)


def _is_colour_bar(value: Any) -> bool:
    return is_a(value, _class("colorbar", "Colorbar"))


def _is_grid(value: Any) -> bool:
    """Whether it is what says where the axes of a figure stand: ``fig.add_gridspec(2, 2)``."""
    return is_a(value, _class("gridspec", "GridSpecBase"))


def home_of(value: Any) -> Any:
    """The figure that an artist or a grid belongs to, or is, or that a container's artists belong
    to; None for anything else, and where there are figures within figures."""
    if _is_grid(value):
        value = value.figure
    elif _is_colour_bar(value):
        value = value.ax
    elif is_container(value):
        value = next(iter(value), None)
    if not is_artist(value):
        return None
    home = value if is_figure(value) else value.figure
    return home if is_figure(home) and not home.subfigs else None


def artists_of(figure: Any) -> list[Any]:
    """A figure, its grids and axes, and what was drawn on these, with colour bars, in an order that
    it has when loaded, too; without ticks, which drawing makes."""
    axes = _class("axes", "Axes")
    found: list[Any] = [figure, *_grids_of(figure)]
    waiting = list(figure.get_children())
    while waiting:
        found.append(one := waiting.pop(0))
        if _is_colour_bar(bar := getattr(one, "colorbar", None)):
            found.append(bar)
        if is_a(one, axes):
            waiting += [*one.get_children(), *one.containers]
    return found


def _grids_of(figure: Any) -> list[Any]:
    """The grids that were made of a figure, and those by which its axes stand."""
    found = {id(grid): grid for grid in getattr(figure, "_gridspecs", ())}
    for one in figure.axes:
        place = one.get_subplotspec()
        while place is not None:
            grid = place.get_gridspec()
            found.setdefault(id(grid), grid)
            place = getattr(grid, "_subplot_spec", None)
    return list(found.values())


def loses_calls(parts: Iterable[Any]) -> bool:
    """Whether any of these, which a figure holds, calls what a loaded one does not call."""
    registry = _class("cbook", "CallbackRegistry")
    return any(is_a(one, registry) and call_lost(one) is not None for one in parts)
