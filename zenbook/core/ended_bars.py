"""Progress bars of tqdm that are closed: ``bar = tqdm(rows)`` leaves one behind after its loop.

A bar that was told to show nothing has no stream; another one's is no file of its own. One of
notebooks is drawn with widgets, which go on saying what they said last.
"""

from __future__ import annotations

import sys
from typing import Any

from zenbook.core.ended_async import Kind

_OF_ITS_STREAM = ("_ema_dt", "fp", "iterable_iterator", "iterable_next", "sp")
"""What a bar has of its stream, and of functions."""
_OF_ITS_WIDGETS = ("container", "disp", "fp", "iterable_iterator", "iterable_next")


def _is_closed(bar: Any) -> bool:
    return bar.disable is True and _stream_of(bar) is not None


def _stream_of(bar: Any) -> str | None:
    """The name of the standard stream that a bar writes to, "" for none; None for another file."""
    if (file := vars(bar).get("fp")) is None:
        return ""
    names = ("stderr", "stdout")
    return next((name for name in names if file._wrapped is standard_stream(name)), None)


def standard_stream(name: str) -> Any:
    """What ``sys`` calls so, and not what stands in for it while anybody looks
    (:mod:`zenbook.world.unheard`)."""
    stream = getattr(sys, name)
    return getattr(stream, "stream", stream)


def is_of_widgets(kind: type) -> bool:
    """Whether bars of this type are drawn with widgets."""
    return any(each.__module__ == "tqdm.notebook" for each in kind.__mro__)


def _of_bar(bar: Any) -> tuple[Any, ...]:
    own = vars(bar)
    is_drawn = is_of_widgets(type(bar))
    left_out = _OF_ITS_WIDGETS if is_drawn else _OF_ITS_STREAM
    facts = (_stream_of(bar), {k: v for k, v in sorted(own.items()) if k not in left_out})
    return (*facts, _drawn(own.get("container"))) if is_drawn else facts


def _drawn(container: Any) -> tuple[Any, ...] | None:
    """What the widgets of a bar say, and whether they are closed; None for a bar without any."""
    if container is None:
        return None
    left, bar, right = container.children
    told = (left.value, right.value, bar.value, bar.max, bar.bar_style, bar.style.bar_color)
    return (*told, container.layout.visibility, container.comm is None)


_BAR: Kind = (_is_closed, _of_bar)
KINDS: dict[str, Kind] = {
    "tqdm.asyncio.tqdm_asyncio": _BAR,
    "tqdm.auto.tqdm": _BAR,
    "tqdm.notebook.tqdm_notebook": _BAR,
    "tqdm.std.tqdm": _BAR,
}
