"""Globals that a formula names: ``df.query(text)``, ``pd.eval(text)``, ``smf.ols("y ~ f(x)", df)``.

What a formula says is code in a text, and libraries look its names up among those of whoever calls
them. A text that stands in the code is read before the step (:mod:`zenbook.core.closure_formulas`);
one that is computed, or out of a file, and the formulas of statistics, whose names may be columns
as well, are known when they are evaluated. Each global that one of them finds is a read.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable
from types import CodeType, FrameType
from typing import Any

from zenbook.world.watch_notes import Notes
from zenbook.world.watch_places import owner_of
from zenbook.world.watch_scope import current, reach, running

_Function = Callable[..., Any]
_PANDAS = "pandas.core.computation.scope"
_EVALUATING = frozenset({"formulaic", "numexpr", "patsy"})
"""Libraries that evaluate a formula's terms as code."""
_COLUMNS = ("env", "inner_namespace")
"""What these call the names that a term finds before those of the program."""
_ABSENT = object()


def functions() -> tuple[tuple[object, str, Callable[[_Function], _Function]], ...]:
    """What has to be wrapped while a step runs: owner, name, and the wrapper's maker."""
    scope = getattr(sys.modules.get(_PANDAS), "Scope", None)
    return () if scope is None else ((scope, "resolve", _resolving),)


def _resolving(original: _Function) -> _Function:
    @functools.wraps(original)
    def resolve(self: Any, key: str, is_local: bool) -> Any:
        value = original(self, key, is_local)
        if running and (is_local or not self.has_resolvers):
            _note(current(), [key], sys._getframe(1))
        return value

    return resolve


def evaluated(everyone: tuple[Notes, ...], code: object, frame: FrameType) -> None:
    """A library executes some code: note the globals that a formula's term names."""
    library = str(frame.f_globals.get("__name__")).partition(".")[0]
    if library in _EVALUATING and isinstance(code, CodeType):
        columns = [frame.f_locals.get(name) for name in _COLUMNS]
        _note(everyone, code.co_names, frame, [one for one in columns if hasattr(one, "get")])


def _note(
    everyone: Iterable[Notes],
    names: Iterable[str],
    frame: FrameType,
    columns: Iterable[Any] = (),
) -> None:
    user: Any = frame
    while user is not None and owner_of(user.f_code.co_filename) != "user":
        user = user.f_back
    if user is None:
        return
    space, own = user.f_globals, user.f_locals
    for name in names:
        value = space.get(name, _ABSENT)
        if value is _ABSENT or (own is not space and name in own):
            continue
        if any(one.get(name, value) is not value for one in columns):
            continue
        place = str(space.get("__name__"))
        for notes in everyone:
            reach(notes, place, name)
