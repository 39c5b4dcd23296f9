"""What a matplotlib figure looks like, and what its parts are, without changing them."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from xxhash import xxh3_128_hexdigest

from zenbook.core.closure_origin import is_local_code
from zenbook.core.digest_stream import Description
from zenbook.errors import NotDigestible

_TOLD = frozenset({"_stale", "stale_callback", "_callbacks", "_remove_method", "_renderer"})
"""Attributes of a part that say who draws it, or is told of that."""
_DRAWN = frozenset(
    {"_path", "_subslice", "_transformed_path", "_invalidx", "_invalidy", "_x", "_y", "_xy"}
    | {"_x_filled"}
)
"""Attributes in which a line remembers what it has worked out of its numbers."""


def told_alone(state: dict[str, Any]) -> dict[str, Any]:
    """A state without who draws it, or is told of that."""
    return {name: held for name, held in state.items() if name not in _TOLD}


def alone(artist: Any) -> dict[str, Any]:
    """The state of a part that is in no figure, without what it has worked out of the rest."""
    is_line = any(kind.__name__ == "Line2D" for kind in type(artist).__mro__)
    left_out = _DRAWN if is_line else frozenset()
    state = told_alone(artist.__getstate__())
    return {name: held for name, held in state.items() if name not in left_out}


def looks(figure: Any) -> Description:
    """Size, resolution, the picture, the numbers of its lines and images, and what no picture
    shows of its parts: their labels, their order, and how they are called. Raises NotDigestible for
    one that would call the user's code as it is drawn.

    To draw a figure lays it out, so a copy is drawn; the figure itself where it has none."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    if any(map(_is_users, _called_by(figure))):
        raise NotDigestible("calls code of yours when it is drawn")
    canvas, seen = figure.canvas, _copy_of(figure)
    numbers = [
        (tuple(axes.get_xlim()), tuple(axes.get_ylim()), _lines(axes), _images(axes))
        for axes in seen.axes
    ]
    size = (*map(float, seen.get_size_inches()), float(seen.dpi))
    try:
        drawn: Any = FigureCanvasAgg(seen)
        with drawn.callbacks.blocked():  # which the user may have connected
            drawn.draw()
        picture = xxh3_128_hexdigest(bytes(drawn.buffer_rgba()))
    finally:
        figure.set_canvas(canvas)
    return size, picture, numbers, [_unseen(part) for part in seen.findobj(include_self=False)]


def _copy_of(figure: Any) -> Any:
    """A copy of the figure, which opens no window; the figure itself where it cannot be copied."""
    try:
        state = without_window(figure.__getstate__())
        made = object.__new__(type(figure))
        made.__setstate__(deepcopy(state, {id(figure): made}))
    except Exception:  # whatever the user has put into it
        return figure
    return made


def without_window(state: dict[str, Any]) -> dict[str, Any]:
    """The state of a figure that opens no window when it is made again."""
    return {name: held for name, held in state.items() if name != "_restore_to_pylab"}


def calls_of(registry: Any) -> Iterator[tuple[str, int, Any]]:
    """What a registry of matplotlib's calls, with the signals and numbers of these calls."""
    for signal, proxies in list(registry.callbacks.items()):
        for number, proxy in list(proxies.items()):
            if (called := proxy()) is not None:
                yield signal, number, called


def _called_by(figure: Any) -> Iterator[Any]:
    """What its parts call when their limits, units, colours or norms change, as they may when it is
    drawn, and when ticks are asked for."""
    parts = [*figure.get_children(), *(part for one in figure.axes for part in one.get_children())]
    for part in parts:
        tellers = (part, getattr(part, "norm", None), getattr(part, "_colorizer", None))
        for registry in (getattr(each, "callbacks", None) for each in tellers):
            if hasattr(registry, "callbacks"):
                yield from (called for _, _, called in calls_of(registry))


def _is_users(called: Any) -> bool:
    return is_local_code(getattr(called, "func", called))  # of a partial


def _unseen(part: Any) -> tuple[Any, ...]:
    named = part.get_label(), part.get_gid(), part.get_url()
    return type(part).__name__, *map(str, named), float(part.get_zorder()), part.get_visible()


def _lines(axes: Any) -> list[Any]:
    return [line.get_xydata() for line in axes.get_lines()]


def _images(axes: Any) -> list[Any]:
    return [image.get_array() for image in axes.get_images()]
