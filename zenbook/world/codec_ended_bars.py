"""Progress bars of tqdm that are closed, made again: they show nothing, and go through their rows
(:mod:`zenbook.core.ended_bars`)."""

from __future__ import annotations

import importlib
import weakref
from collections.abc import Callable
from typing import Any

from zenbook.core.ended_bars import KINDS, is_of_widgets, standard_stream


def _maker(module: str, name: str) -> Callable[..., Any]:
    def make(stream: str, held: dict[str, Any], drawn: tuple[Any, ...] | None = None) -> Any:
        kind = getattr(importlib.import_module(module), name)
        bar = object.__new__(kind)
        bar.__dict__.update(held)
        if stream:
            wrapper = importlib.import_module("tqdm.utils").DisableOnWriteError
            bar.fp = wrapper(standard_stream(stream), tqdm_instance=bar)
        if is_of_widgets(kind):
            _draw(bar, drawn)
        elif stream:
            bar.sp = bar.status_printer(bar.fp)
            bar._ema_dt = lambda: None  # as its close() leaves it
        if held.get("iterable_awaitable") is not None and bar.iterable is not None:
            bar.iterable_iterator = iter(bar.iterable)
            bar.iterable_next = bar.iterable_iterator.__next__
        return bar

    return make


def _draw(bar: Any, drawn: tuple[Any, ...] | None) -> None:
    """Give a bar widgets as it had them, which nobody has displayed yet."""
    if drawn is None:
        bar.disp = lambda *_, **__: None
        return
    bar.container = bar.status_printer(None, bar.total, bar.desc, bar.ncols)
    bar.container.pbar = weakref.proxy(bar)
    bar.disp = bar.display
    left, progress, right = bar.container.children
    left.value, right.value, progress.value, progress.max, progress.bar_style = drawn[:5]
    progress.style.bar_color, bar.container.layout.visibility, is_closed = drawn[5:]
    if is_closed:
        bar.container.close()


MAKE: dict[str, Callable[..., Any]] = {name: _maker(*name.rsplit(".", 1)) for name in KINDS}
"""What makes one again, by its type's name."""
