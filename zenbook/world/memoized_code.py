"""What the code of memoized functions tells of what it may read."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from zenbook.core.kinds import MEMOIZED

if TYPE_CHECKING:
    from zenbook.model import Read

_MOST = 200
"""Functions that are looked at from one, and decorators around one."""
_ENVIRONMENT = frozenset({"environ", "environb", "getenv"})
_ASKS = frozenset(
    [
        *("access", "cmp", "exists", "getctime", "getmtime", "getsize", "is_dir", "is_file"),
        *("is_symlink", "isdir", "isfile", "islink", "lexists", "lstat", "stat"),
    ]
)
_READS = re.compile(
    r"(read|load|scan|fetch|open|url|query|request|connect)\w*|from_?(file|disk|csv|path)\w*"
    r"|(\w+_)?(open|read|load|dir|walk|glob|run|output|system)|\w*environ\w*|getenv|Popen|memmap"
)
"""Names without which no code reads a file, a variable or what a program says."""


@functools.cache
def _code() -> Any:
    from zenbook.core.closure import CodeClosure

    return CodeClosure()


def meaning_of(function: Any) -> str:
    """The digest of its code and of what that uses; "" if it has none."""
    from zenbook.core.digest import Digester
    from zenbook.errors import NotDigestible

    try:
        return Digester(_code(), live=True).digest(function)
    except NotDigestible:
        return ""


def around(value: Any) -> Iterator[Any]:
    """The memoized functions that this one is made around, itself among them."""
    for each in _layers(value):
        if type(each) is MEMOIZED:
            yield each


def codes_of(function: Any) -> Iterator[CodeType]:
    """The code that a memoized function runs, through all decorators below."""
    for each in _layers(function.__wrapped__):
        if isinstance(code := getattr(each, "__code__", None), CodeType):
            yield code


def reached(function: Any) -> Iterator[Any]:
    """A memoized function, and those that its code calls by their names."""
    for each in _followed(function):
        if type(each) is MEMOIZED:
            yield each


def may_ask(function: Any) -> bool:
    """Whether it may look for files, or for variables whose names do not stand in its code."""
    for code, names in _named(function):
        if not _ASKS.isdisjoint(names):
            return True
        if not _ENVIRONMENT.isdisjoint(names) and not any(_variables_in(code)):
            return True
    return False


def may_read(function: Any) -> bool:
    """Whether it may read anything outside the process."""
    return any(any(map(_READS.fullmatch, names)) for _, names in _named(function))


def variables_of(function: Any) -> Iterator[Read]:
    """The variables that its code names, if it looks into the environment at all."""
    from zenbook.world.variables import variable_read

    for code, names in _named(function):
        if not _ENVIRONMENT.isdisjoint(names):
            yield from map(variable_read, _variables_in(code))


def _variables_in(code: CodeType) -> Iterator[str]:
    from zenbook.core.code_reader import facts_of
    from zenbook.world.variables import variables_named

    return variables_named(facts_of(code).strings)


def _named(function: Any) -> Iterator[tuple[CodeType, set[str]]]:
    from zenbook.core.code_facts import names_within

    for each in _followed(function):
        if isinstance(code := getattr(each, "__code__", None), CodeType):
            yield code, names_within(code)


def _followed(function: Any) -> Iterator[Any]:
    """The function, and the user's functions that it calls by global names or out of cells."""
    from zenbook.core.closure_origin import is_local_code
    from zenbook.core.code_facts import names_within

    waiting, met = [function], dict[int, Any]()
    while waiting and len(met) < _MOST:
        each = waiting.pop()
        if id(each) in met:
            continue
        met[id(each)] = each
        yield each
        if (inner := _within(each)) is not None:
            waiting.append(inner)
        if type(each) is FunctionType and is_local_code(each):
            cells = [cell.cell_contents for cell in each.__closure__ or () if _is_filled(cell)]
            space = each.__globals__
            named = [space[name] for name in names_within(each.__code__) if name in space]
            waiting += [one for one in (*named, *cells) if type(one) in _CODE]


_CODE = (FunctionType, MEMOIZED, MethodType, functools.partial, staticmethod, classmethod)


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _layers(value: Any) -> Iterator[Any]:
    for _ in range(_MOST):
        if value is None:
            return
        yield value
        value = _within(value)


def _within(value: Any) -> Any:
    """The function that a decorated function or a method is made around."""
    kind = type(value)
    if kind in (staticmethod, classmethod, MethodType):
        return value.__func__
    if kind is functools.partial:
        return value.func
    if kind is property:
        return value.fget
    return vars(value).get("__wrapped__") if kind in (FunctionType, MEMOIZED) else None
