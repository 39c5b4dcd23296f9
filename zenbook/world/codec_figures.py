"""Figures of matplotlib, kept with what their parts call when another part changes.

matplotlib drops these calls when it pickles a figure: an image that was loaded would not hear that
its norm has other limits, nor a colour bar that its image has other colours. They are methods of
parts of the figure itself, so they are kept with it. Calls of the user's code, and those of the
window, cannot be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MethodType
from typing import Any

from zenbook.core.closure_origin import library_of
from zenbook.core.digest_figure import calls_of, without_window
from zenbook.core.kinds import is_a
from zenbook.world.whose_code import calls_users, name_of_called

_OF_WINDOWS = "_event"
"""How the names of signals end that a window sends."""


def is_drawn_apart(kind: type) -> bool:
    """Whether objects of this class of matplotlib are not pickled as they pickle themselves."""
    return any(base.__name__ in _REDUCERS for base in kind.__mro__)


def reduce_drawn(obj: Any) -> Any:
    """How to reduce such an object; NotImplemented for any other."""
    names = (base.__name__ for base in type(obj).__mro__)
    reduce = next((_REDUCERS[name] for name in names if name in _REDUCERS), None)
    return NotImplemented if reduce is None else reduce(obj)


def _figure(obj: Any) -> Any:
    """A figure without its window: loading it must not open one."""
    make, arguments, state, *rest = obj.__reduce_ex__(5)
    return make, arguments, without_window(state) if isinstance(state, dict) else state, *rest


def _registry(obj: Any) -> Any:
    """A registry of calls with those that parts of the figure make. Raises LookupError for one that
    calls what is not kept with it."""
    if (lost := call_lost(obj)) is not None:
        raise LookupError(f"has {name_of_called(lost)} called back")
    reduced = obj.__reduce_ex__(5)
    for signal, number, called in calls_kept(obj):
        reduced[2]["callbacks"].setdefault(signal, {})[number] = called
    return reduced


def call_lost(registry: Any) -> Any:
    """A function that a registry calls, and a loaded one does not; None if there is none. What
    listens to a window is matplotlib's own, but for what the user has connected."""
    kept = {(signal, number) for signal, number, _ in calls_kept(registry)}
    for signal, number, called in calls_of(registry):
        is_own = signal.endswith(_OF_WINDOWS) and not calls_users(called)
        if (signal, number) not in kept and not is_own:
            return called
    return None


def calls_kept(registry: Any) -> Iterator[tuple[str, int, Any]]:
    """The calls in a registry that a loaded one makes, too, by their signals and numbers."""
    pickled = getattr(registry, "_pickled_cids", ())
    for signal, number, called in calls_of(registry):
        if number in pickled or _is_of_part(signal, called):
            yield signal, number, called


def _is_of_part(signal: str, called: Any) -> bool:
    """Whether this is a method of a part of a figure, which matplotlib has connected."""
    if signal.endswith(_OF_WINDOWS) or not is_a(called, MethodType):
        return False
    return library_of(type(called.__self__)) == "matplotlib"


_REDUCERS: Mapping[str, Callable[[Any], Any]] = {"CallbackRegistry": _registry, "Figure": _figure}
