"""Tables of the program that a text of SQL names, where the text is computed.

duckdb and polars look a table up among the names of who asks, by ``inspect.currentframe``. polars
tells which names it wants. duckdb does not: the text is that of the call, where it stands there or
under a name; where it is made in the call (``sql(" ".join(parts))``), every table of the program's
is taken to be named. Each is a read.
"""

from __future__ import annotations

import dis
import functools
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from types import FrameType
from typing import Any

from zenbook.core.closure_formulas import is_table
from zenbook.world.watch_places import owner_of
from zenbook.world.watch_scope import current, reach, running

_Function = Callable[..., Any]
_POLARS = "polars._utils.various"
_PLAIN = frozenset(
    [
        *("LOAD_CONST", "LOAD_NAME", "LOAD_GLOBAL", "LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_DEREF"),
        *("LOAD_ATTR", "LOAD_METHOD", "PUSH_NULL", "PRECALL", "CALL", "CALL_KW", "KW_NAMES"),
        *("BUILD_LIST", "BUILD_TUPLE", "CACHE", "RESUME", "NOP", "EXTENDED_ARG", "LOAD_SMALL_INT"),
    ]
)
"""Instructions of a call that makes no text."""
_ABSENT = object()


def functions() -> Iterator[tuple[object, str, Callable[[_Function], _Function]]]:
    """What has to be wrapped while a step runs: owner, name, and the wrapper's maker."""
    yield inspect, "currentframe", _looking


def _looking(original: _Function) -> _Function:
    @functools.wraps(original)
    def currentframe() -> FrameType | None:
        frame = sys._getframe(1)
        if running:
            _looked(frame)
        return frame

    return currentframe


def _looked(frame: FrameType) -> None:
    module = str(frame.f_globals.get("__name__"))
    if module == _POLARS:
        wanted = frame.f_locals.get("named")
        _note(frame, None if wanted is None else {*wanted})
    elif "duckdb" in sys.modules and (
        module.partition(".")[0] == "duckdb" or owner_of(frame.f_code.co_filename) == "user"
    ):
        _note(frame, _words_of_call(frame))


def _note(frame: FrameType | None, wanted: Iterable[str] | None) -> None:
    """Note the tables of these names, or all, among the globals of the user's code that asks."""
    known = None if wanted is None else {name.casefold() for name in wanted}
    spaces: dict[int, Mapping[str, Any]] = {}
    while frame is not None:
        if owner_of(frame.f_code.co_filename) == "user":
            spaces[id(frame.f_globals)] = frame.f_globals
        frame = frame.f_back
    for space in spaces.values():
        for name, value in list(space.items()):
            if name.startswith("_") or not is_table(value):
                continue
            if known is None or name.casefold() in known:
                for notes in current():
                    reach(notes, str(space.get("__name__")), name)


def _words_of_call(frame: FrameType) -> set[str] | None:
    """Every word in the texts that the call which runs in this frame is given; None where one of
    them may be made in the call."""
    texts: list[str] = []
    for step in _steps_of_call(frame):
        value: Any = step.argval
        if step.opname not in _PLAIN:
            return None
        if step.opname in ("LOAD_ATTR", "LOAD_METHOD") and not _is_of_duckdb(str(value)):
            return None
        if step.opname.startswith("LOAD_") and step.opname not in (
            *("LOAD_ATTR", "LOAD_METHOD", "LOAD_CONST", "LOAD_SMALL_INT"),
        ):
            value = frame.f_locals.get(value, frame.f_globals.get(value, _ABSENT))
            if value is _ABSENT or (callable(value) and not _is_duckdbs(value)):
                return None
        if isinstance(value, str) and step.opname not in ("LOAD_ATTR", "LOAD_METHOD"):
            texts.append(value)
    return {word for text in texts for word in re.findall(r"\w+", text)} if texts else None


def _steps_of_call(frame: FrameType) -> list[dis.Instruction]:
    """The instructions of the call, told by where they stand in the source; none if nobody knows
    where."""
    here = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), None)
    span = _span(here)
    if span is None:
        return []
    steps = [(step, _span(step.positions)) for step in dis.get_instructions(frame.f_code)]
    return [step for step, at in steps if at and span[0] <= at[0] and at[1] <= span[1]]


def _span(at: tuple[int | None, ...] | None) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Where a piece of code begins and ends, by line and column; None if nobody knows."""
    if at is None:
        return None
    line, end_line, column, end_column = at
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return (line, column), (end_line, end_column)


def _is_of_duckdb(name: str) -> bool:
    """Whether an attribute is duckdb's, of its module, connections or relations, and no text's."""
    module = sys.modules["duckdb"]
    owners = (module, *(getattr(module, each, None) for each in _KINDS))
    return not hasattr(str, name) and any(hasattr(owner, name) for owner in owners)


_KINDS = ("DuckDBPyConnection", "DuckDBPyRelation")


def _is_duckdbs(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).partition(".")[0] in ("duckdb", "_duckdb")
