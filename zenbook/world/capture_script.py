"""Displays where no IPython runs: recorded as a notebook would show them.

A script's result is a notebook's, too, and there a table is a table and a figure a picture. So
what a script prints of ``display(table)`` is recorded as the table, and the figures that a step
leaves open in pyplot, or shows with ``plt.show()``, as pictures, which is when a notebook shows
them. The script itself shows what it would show without zenbook.

Where a notebook would show something else, the record says so with an event ``{"kind":
"unlike"}``, and a cell runs instead of using it: ``display`` with options, and a figure that an
earlier step has left open or that was shown already, drawn into once more (a notebook closes
figures where it shows them). Every artist reports its changes to its figure, so that these are
seen.

Rejected: closing figures as a notebook does (a script may save them afterwards).
"""

from __future__ import annotations

import base64
import builtins
import functools
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from zenbook.world.capture import Tape, muted
from zenbook.world.capture_ipython import take_display, wrapped

_OPTIONS = ("include", "exclude", "metadata", "transient", "display_id", "raw", "clear", "kwargs")
"""The parameters of ``display`` that change what is shown."""

_Function = Callable[..., Any]


@contextmanager
def recording_unseen(tape: Tape) -> Iterator[None]:
    """Record what a notebook would show while the block runs."""
    with ExitStack() as undo:
        if (module := sys.modules.get("IPython.display")) is not None:
            home = sys.modules[module.display.__module__]  # another one in older IPythons
            vars(home).setdefault("print", builtins.print)
            undo.enter_context(wrapped(home, "print", _displaying(tape)))
        undo.enter_context(_recording_figures(tape))
        yield


def _unlike(tape: Tape) -> None:
    tape.rich("unlike", 0, {})


# ---------------------------------------------------------------- display()


def _displaying(tape: Tape) -> Callable[[_Function], _Function]:
    """What ``display`` calls to print its values where no shell is."""

    def wrap(original: _Function) -> _Function:
        def printing(*values: Any) -> None:
            if tape.hears_here():
                given = sys._getframe(1).f_locals
                if any(given.get(option) for option in _OPTIONS):
                    _unlike(tape)
                _take(tape, values)
            with muted():
                original(*values)

        return printing

    return wrap


def _take(tape: Tape, values: Sequence[Any]) -> None:
    """Take down what a notebook shows of each value; the first brings what is printed of them."""
    printed = io.StringIO()
    builtins.print(*values, file=printed)
    for value in values:
        data, metadata = (picture(value), {}) if is_figure(value) else _formatter().format(value)
        if not data:
            _unlike(tape)
        take_display(tape, "display", data, metadata, {}, None, printed=printed.getvalue())
        printed = io.StringIO()


@functools.lru_cache(maxsize=1)
def _formatter() -> Any:
    from IPython.core.formatters import DisplayFormatter

    return DisplayFormatter()


# ---------------------------------------------------------------- figures


@contextmanager
def _recording_figures(tape: Tape) -> Iterator[None]:
    pyplot = sys.modules.get("matplotlib.pyplot")
    figures = _Figures(tape)
    with ExitStack() as undo:
        if pyplot is not None:
            registry = sys.modules["matplotlib._pylab_helpers"].Gcf
            undo.enter_context(wrapped(pyplot, "show", figures.shown))
            undo.enter_context(wrapped(registry, "destroy_all", figures.dropped))
        try:
            yield
        finally:
            figures.end(was_loaded=pyplot is not None)


class _Figures:
    """The open figures of one step: which are its own, and which must not change any more."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._closed: dict[int, tuple[Any, Any, Any]] = {}
        """Figures that a notebook would have closed by now; their callbacks before, and ours."""
        for figure in _open_figures():
            self._close(figure)

    def shown(self, original: _Function) -> _Function:
        """Record what is open when ``plt.show()`` is called."""
        return self._recording_before(original, late=False)

    def dropped(self, original: _Function) -> _Function:
        """Record what is open when all are closed; a notebook shows that at the cell's end."""
        return self._recording_before(original, late=True)

    def _recording_before(self, original: _Function, late: bool) -> _Function:
        def method(*args: Any, **named: Any) -> Any:
            if self._tape.hears_here():
                self._record(late)
            return original(*args, **named)

        return method

    def _record(self, late: bool) -> None:
        """Record the figures made since the last time."""
        for figure in _open_figures():
            if id(figure) in self._closed:
                continue
            try:
                if data := picture(figure):
                    take_display(self._tape, "display", data, {}, {}, None, printed="", late=late)
            except Exception:  # what cannot be drawn raises in a notebook; a script goes on
                _unlike(self._tape)
            self._close(figure)

    def end(self, was_loaded: bool) -> None:
        """Record what the step leaves open. Figures of a step that loaded pyplot itself may have
        been shown and closed unseen."""
        self._record(late=True)
        if not was_loaded and "matplotlib.pyplot" in sys.modules and not _open_figures():
            _unlike(self._tape)
        for figure, callback, ours in self._closed.values():
            if figure.stale_callback is ours:
                figure.stale_callback = callback

    def _close(self, figure: Any) -> None:
        """From now on a change is one that a notebook would not make to this figure."""
        original = figure.stale_callback

        def changed(artist: Any, stale: bool) -> None:
            if stale and self._tape.hears_here():
                _unlike(self._tape)
            if original is not None:
                original(artist, stale)

        figure.stale_callback = changed
        self._closed[id(figure)] = (figure, original, changed)


def _open_figures() -> Sequence[Any]:
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    managers = helpers.Gcf.get_all_fig_managers() if helpers is not None else ()
    return [manager.canvas.figure for manager in managers]


def is_figure(value: Any) -> bool:
    """Whether it is a figure of matplotlib's, if that is loaded at all."""
    module = sys.modules.get("matplotlib.figure")
    return module is not None and isinstance(value, module.Figure)


def picture(figure: Any) -> Mapping[str, str]:
    """A figure as a notebook shows it; nothing if it is empty."""
    if not figure.axes and not figure.lines:
        return {}
    drawn = io.BytesIO()
    figure.canvas.print_figure(
        drawn,
        format="png",
        facecolor=figure.get_facecolor(),
        edgecolor=figure.get_edgecolor(),
        dpi=figure.dpi,
        bbox_inches="tight",
    )
    png = base64.b64encode(drawn.getvalue()).decode("ascii")
    return {"image/png": png, "text/plain": repr(figure)}
