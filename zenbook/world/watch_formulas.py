"""Globals that a text names: of a formula, or of a magic or command in a function.

``df.query(text)``, ``pd.eval(text)`` and ``smf.ols("y ~ f(x)", df)`` are given code in a text, and
look its names up among those of whoever calls them. A text that stands in the code is read before
the step (:mod:`zenbook.core.closure_formulas`); one that is computed, or out of a file, and the
formulas of statistics, whose names may be columns as well, are known when they are evaluated. Each
global that one of them finds is a read. So is each that IPython fills into a command (``!echo
{q}``), or that a function's magics execute (``%time q + 1``).
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import CodeType, FrameType
from typing import Any

from zenbook.core.names_scope import text_names
from zenbook.world.tracebacks import leave_out
from zenbook.world.watch_notes import Notes
from zenbook.world.watch_places import owner_of
from zenbook.world.watch_scope import current, reach, running

_Function = Callable[..., Any]
_PANDAS = "pandas.core.computation.scope"
_SHELL = "IPython.core.interactiveshell"
_EVALUATING = frozenset({"formulaic", "numexpr", "patsy"})
"""Libraries that evaluate a formula's terms as code."""
_MAGICS = frozenset({"IPython.core.magics.execution", "IPython.utils.py3compat"})
"""Where IPython executes what a magic is given: a statement, or a file."""
_COLUMNS = ("env", "inner_namespace")
"""What these call the names that a term finds before those of the program."""
_ABSENT = object()


def functions() -> tuple[tuple[object, str, Callable[[_Function], _Function]], ...]:
    """What has to be wrapped while a step runs: owner, name, and the wrapper's maker."""
    found = (
        (getattr(sys.modules.get(_PANDAS), "Scope", None), "resolve", _resolving),
        (getattr(sys.modules.get(_SHELL), "InteractiveShell", None), "var_expand", _filling_in),
    )
    return tuple(each for each in found if each[0] is not None)


def _resolving(original: _Function) -> _Function:
    @functools.wraps(original)
    def resolve(self: Any, key: str, is_local: bool) -> Any:
        try:
            value = original(self, key, is_local)
        except BaseException as error:
            leave_out(error)
            raise
        if running and (is_local or not self.has_resolvers):
            _note(current(), [key], sys._getframe(1))
        return value

    return resolve


def _filling_in(original: _Function) -> _Function:
    @functools.wraps(original)
    def var_expand(self: Any, cmd: str, depth: int = 0, *args: Any, **named: Any) -> Any:
        if running:
            _note(current(), text_names(cmd), sys._getframe(1), self.user_ns)
        try:
            return original(self, cmd, depth + 1, *args, **named)
        except BaseException as error:
            leave_out(error)
            raise

    return var_expand


def evaluated(everyone: tuple[Notes, ...], code: object, frame: FrameType) -> None:
    """A library executes some code: note the globals that a formula's term names, or what a magic
    in a function executes."""
    if not isinstance(code, CodeType):
        return
    module = str(frame.f_globals.get("__name__"))
    if module.partition(".")[0] in _EVALUATING:
        columns = [frame.f_locals.get(name) for name in _COLUMNS]
        _note(everyone, code.co_names, frame, None, [one for one in columns if hasattr(one, "get")])
    elif module in _MAGICS:
        user = _user_of(frame)
        if user is not None and user.f_locals is not user.f_globals:
            _note(everyone, _names_in(code), user, vars(sys.modules["__main__"]))


def _names_in(code: CodeType) -> Iterator[str]:
    """The names that some code and the functions in it load or store."""
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _names_in(each)


def _user_of(frame: Any) -> Any:
    """The nearest frame of the user's code; None if there is none."""
    while frame is not None and owner_of(frame.f_code.co_filename) != "user":
        frame = frame.f_back
    return frame


def _note(
    everyone: Iterable[Notes],
    names: Iterable[str],
    frame: FrameType,
    space: Mapping[str, Any] | None = None,
    columns: Iterable[Any] = (),
) -> None:
    """Note those of these names that a user's code finds in ``space``, or among its globals, and
    neither among its own variables nor in ``columns``."""
    user = _user_of(frame)
    if user is None:
        return
    own = user.f_locals
    space = user.f_globals if space is None else space
    for name in names:
        value = space.get(name, _ABSENT)
        if value is _ABSENT or (own is not user.f_globals and name in own):
            continue
        if any(one.get(name, value) is not value for one in columns):
            continue
        place = str(space.get("__name__"))
        for notes in everyone:
            reach(notes, place, name)
