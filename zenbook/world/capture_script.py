"""Displays where no IPython runs: recorded as a notebook would show them.

A script's result is a notebook's, too, and there a table is a table and a figure a picture. So
what a script prints of ``display(table)`` is recorded as the table, and the figures that a step
shows with ``plt.show()``, or leaves open at its end, as pictures, which is when a notebook shows
them. The script itself shows what it would show without zenbook.

Where a notebook would show something else, the record says so with an event ``{"kind":
"unlike"}``, and a cell runs instead of using it: ``display`` with options or of what only its own
methods can show, ``clear_output``, steps that draw at the same time, and a figure that an earlier
step has left open or that was shown already, drawn into once more (a notebook closes figures where
it shows them). Every artist reports its changes to its figure, so that these are seen.

Steps run in threads and tasks at once. So a function of a library is wrapped once, for as long as
any step is recorded, and asks whose code calls it.

Rejected: closing figures as a notebook does (a script may save them afterwards).
"""

from __future__ import annotations

import base64
import builtins
import functools
import io
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

from zenbook.core.closure_origin import library_of
from zenbook.core.kinds import is_a
from zenbook.core.source_shown import before_end
from zenbook.world.capture import Tape, muted
from zenbook.world.capture_ipython import take_display
from zenbook.world.open_figures import open_figures

_OPTIONS = ("include", "exclude", "metadata", "transient", "display_id", "raw", "clear", "kwargs")
"""The parameters of ``display`` that change what is shown."""
_SHOWN_BY_LIBRARIES = frozenset(
    ["", "builtins", "numpy", "pandas", "polars", "matplotlib", "IPython", "PIL"]
)
"""Where values are from that are formatted although a script only prints them."""
_Function = Callable[..., Any]
_lock = threading.RLock()
_watching: ContextVar[tuple[_Watch, ...]] = ContextVar("zenbook_script", default=())
_active: list[_Watch] = []


@contextmanager
def recording_unseen(tape: Tape) -> Iterator[None]:
    """Record what a notebook would show while the block runs."""
    watch = _Watch(tape)
    token = _watching.set((*_watching.get(), watch))
    with ExitStack() as undo, before_end(watch.record_late):
        with _lock:
            _active.append(watch)
            watch.overlaps = len(_active) > 1
        for owner, name, make in _hooks():
            undo.enter_context(_hooked(owner, name, make))
        try:
            yield
        finally:
            watch.end()
            with _lock:
                _active.remove(watch)
                for other in _active:
                    other.overlaps = True
            _watching.reset(token)


def _here() -> tuple[_Watch, ...]:
    """The steps whose own code calls now."""
    return tuple(watch for watch in _watching.get() if watch.tape.hears_here())


def _hooks() -> Iterator[tuple[Any, str, Callable[[_Function], _Function]]]:
    """What is wrapped of the libraries that are loaded."""
    if (module := sys.modules.get("IPython.display")) is not None:
        home = sys.modules[module.display.__module__]  # another one in older IPythons
        vars(home).setdefault("print", builtins.print)
        yield home, "print", _printing
    if (pyplot := sys.modules.get("matplotlib.pyplot")) is not None:
        yield pyplot, "show", _showing
        if (backend := getattr(pyplot, "_backend_mod", None)) is not None:
            yield backend, "show", _showing  # what an imported ``show`` calls


@contextmanager
def _hooked(owner: Any, name: str, make: Callable[[_Function], _Function]) -> Iterator[None]:
    """One wrapper around a library's function, from the first step that wants it to the last."""
    with _lock:
        hook = _installed.get((id(owner), name))
        if hook is None:
            hook = _installed[id(owner), name] = _Hook(owner, name, make)
        hook.users += 1
    try:
        yield
    finally:
        with _lock:
            hook.users -= 1
            if not hook.users:
                del _installed[id(owner), name]
                hook.take_off()


class _Hook:
    def __init__(self, owner: Any, name: str, make: Callable[[_Function], _Function]) -> None:
        self.owner, self.name, self.users = owner, name, 0
        self._own = vars(owner).get(name)
        self._ours = make(getattr(owner, name))
        setattr(owner, name, self._ours)

    def take_off(self) -> None:
        """Put the function back, unless somebody has wrapped ours meanwhile."""
        if vars(self.owner).get(self.name) is self._ours:
            if self._own is None:
                delattr(self.owner, self.name)
            else:
                setattr(self.owner, self.name, self._own)


_installed: dict[tuple[int, str], _Hook] = {}


# ---------------------------------------------------------------- display()


def _printing(original: _Function) -> _Function:
    """What IPython's ``display`` and ``clear_output`` print with where no shell is."""

    def printing(*values: Any, **named: Any) -> None:
        caller = sys._getframe(1)
        if caller.f_code.co_name != "display" or named:
            for watch in _here():
                watch.unlike()
            original(*values, **named)
            return
        for watch in _active:
            if watch not in _here() and watch.tape.hears():
                watch.unlike()  # a thread of the step: its text is heard, no more
        if not (watches := _here()):
            original(*values)
            return
        text = _text_of(values)
        given = caller.f_locals
        for watch in watches:
            watch.take(values, text, any(given.get(option) for option in _OPTIONS))
        with muted():
            original(text, end="")

    return printing


def _text_of(values: Sequence[Any]) -> str:
    printed = io.StringIO()
    builtins.print(*values, file=printed)
    return printed.getvalue()


@functools.lru_cache(maxsize=1)
def _formatter() -> Any:
    from IPython.core.formatters import DisplayFormatter

    return DisplayFormatter()


def _formatted(value: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """A value's mime bundle; nothing if only its own methods could make one."""
    if is_figure(value):
        return picture(value), {}
    if library_of(type(value)) not in _SHOWN_BY_LIBRARIES:
        return {}, {}
    found: tuple[Mapping[str, Any], Mapping[str, Any]] = _formatter().format(value)
    return found


# ---------------------------------------------------------------- one step


class _Watch:
    """What one step shows, and its figures: which are its own, and which must not change more."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.overlaps = False
        """Whether another step is recorded at the same time: whose figure is it then?"""
        self._loaded = {name for name in ("IPython.display", "matplotlib.pyplot") if _has(name)}
        self._closed: dict[int, Any] = {}
        for figure in open_figures():
            self._close(figure)

    def unlike(self) -> None:
        """A notebook would show something else."""
        self.tape.rich("unlike", 0, {})

    def take(self, values: Sequence[Any], printed: str, with_options: bool) -> None:
        """Take down what a notebook shows of each value; the first brings what is printed."""
        if with_options:
            self.unlike()
        for value in values:
            try:
                data, metadata = _formatted(value)
            except Exception:  # what cannot be drawn raises in a notebook; a script goes on
                data, metadata = {}, {}
            if not data:
                self.unlike()
            data = data or {"text/plain": printed.rstrip("\n")}
            take_display(self.tape, "display", data, metadata, {}, None, printed=printed)
            printed = ""

    def record(self, late: bool) -> None:
        """Record the figures made since the last time."""
        for figure in open_figures():
            if id(figure) in self._closed:
                continue
            try:
                data = picture(figure)
                take_display(self.tape, "display", data, {}, {}, None, printed="", late=late)
            except Exception:  # as above
                self.unlike()
            if self.overlaps:
                self.unlike()
            self._close(figure)

    def record_late(self) -> None:
        """Record what is open at the end, which is when a notebook shows it."""
        self.record(late=True)

    def end(self) -> None:
        """Record what the step leaves open. What a library shows that the step has loaded itself
        may not have been seen."""
        self.record_late()
        if self._has_loaded("IPython.display") or (
            self._has_loaded("matplotlib.pyplot") and not open_figures()
        ):
            self.unlike()
        for figure in self._closed.values():
            _release(figure, self)

    def _has_loaded(self, module: str) -> bool:
        return _has(module) and module not in self._loaded

    def _close(self, figure: Any) -> None:
        """From now on a change is one that a notebook would not make to this figure."""
        self._closed[id(figure)] = figure
        with _lock:
            guard = _guards.get(id(figure))
            if guard is None:
                guard = _guards[id(figure)] = _Guard(figure)
            guard.watches.append(self)


class _Guard:
    """The callback of one figure, put on by the first step that must see its changes."""

    def __init__(self, figure: Any) -> None:
        self.figure, self.watches = figure, list[_Watch]()
        original = self._original = figure.stale_callback

        def changed(artist: Any, stale: bool) -> None:
            for watch in (here for here in _here() if stale and here in self.watches):
                watch.unlike()
            if original is not None:
                original(artist, stale)

        self._ours = figure.stale_callback = changed

    def take_off(self) -> None:
        """Give the figure its own callback back."""
        if self.figure.stale_callback is self._ours:
            self.figure.stale_callback = self._original


_guards: dict[int, _Guard] = {}


def _release(figure: Any, watch: _Watch) -> None:
    with _lock:
        guard = _guards[id(figure)]
        guard.watches.remove(watch)
        if not guard.watches:
            del _guards[id(figure)]
            guard.take_off()


# ---------------------------------------------------------------- figures


def _showing(original: _Function) -> _Function:
    """``plt.show()``: figures are recorded where they are shown."""

    def show(*args: Any, **named: Any) -> Any:
        for watch in _here():
            watch.record(late=False)
        return original(*args, **named)

    return show


def _has(module: str) -> bool:
    return module in sys.modules


def is_figure(value: Any) -> bool:
    """Whether it is a figure of matplotlib's, if that is loaded at all."""
    module = sys.modules.get("matplotlib.figure")
    return module is not None and is_a(value, module.Figure)


def picture(figure: Any) -> Mapping[str, str]:
    """A figure as a notebook shows it: its text alone if it is empty.

    Nobody hears that it is drawn, and its warnings are a notebook's.
    """
    text = {"text/plain": repr(figure)}
    if not figure.axes and not figure.lines:
        return text
    drawn = io.BytesIO()
    silence = ("ignore", None, Warning, None, 0)
    filters: list[Any] = warnings.filters  # type: ignore[assignment]
    filters.insert(0, silence)
    try:
        with figure.canvas.callbacks.blocked():
            figure.canvas.print_figure(
                drawn,
                format="png",
                facecolor=figure.get_facecolor(),
                edgecolor=figure.get_edgecolor(),
                dpi=figure.dpi,
                bbox_inches="tight",
            )
    finally:
        filters.remove(silence)
    return {"image/png": base64.b64encode(drawn.getvalue()).decode("ascii"), **text}
