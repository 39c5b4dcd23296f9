"""What a function drops and a cell with its body would leave, for its record.

A cell can be given a record of such a function only if it holds every name that the cell would
bind. So the names that the function did not return are kept, too, as far as that costs next to
nothing and nobody can notice: numbers and texts, small containers and arrays of them, small
tables, parts of figures, and what is over, such as a closed file. No other value outlives the call,
and no method of the user's is called for it; such names are listed as lost, and a cell that would
bind one of them runs. Names that the function may delete and has not bound are listed as unbound.
Functions and classes that it defines a cell makes anew, and is told what they were by the end.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import PurePath
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from zenbook.core.closed_file import facts_of_closed, is_closed_file
from zenbook.core.closure_objects import is_local_function
from zenbook.core.closure_origin import is_local_code, library_of
from zenbook.core.closure_trace import cell_content
from zenbook.core.ended import facts_of_ended
from zenbook.core.kinds import is_a
from zenbook.core.made_digest import inside, made_digest
from zenbook.core.masking import mask, secrets_in
from zenbook.core.naming import is_secret_name
from zenbook.core.source_shown import (
    ANY,
    LAST,
    LOCAL,
    LOST,
    MANIFEST,
    UNBOUND,
    Noted,
    drops_nothing,
    names_deleted,
    names_touched,
)
from zenbook.engine.desk import Desk
from zenbook.errors import NotDigestible

if TYPE_CHECKING:
    from zenbook.engine.passage import Execute

_LARGEST = 1_000_000
"""Bytes that a value may take to be kept although nobody asked for it."""
_MOST = 10_000
_ATOMS = (int, float, complex, str, bytes, bool, type(None), type(Ellipsis), range, slice)
_CONTAINERS = (list, tuple, set, frozenset, dict)


def chosen(names: Mapping[str, Any]) -> dict[str, Any]:
    """The names whose values may be remembered; the others stand there without one."""
    return {n: v if _is_plain(v) or _is_made(v) else _GONE for n, v in names.items()}


class _Gone:
    """Stands for a value that is not remembered."""


_GONE = _Gone()


def dropped(noted: Noted, outputs: Mapping[str, Any], order: Execute, desk: Desk) -> dict[str, Any]:
    """Hidden artifacts: the value a cell would show, names, and a list of those that are lost."""
    given = [*outputs.values(), *order.values.values()]
    last = [value for value in noted.last if _may_be_kept(value, given, desk)]
    found = dict(zip(LAST, last, strict=False))
    code = order.call.code
    if noted.names is None:
        is_complete = isinstance(code, FunctionType) and drops_nothing(code)
        return found if is_complete else {**found, LOST: (ANY,)}
    if not isinstance(code, FunctionType):
        return {**found, LOST: (ANY,)}
    lost = set[str]()
    if unbound := names_deleted(code.__code__).difference(noted.names):
        found[UNBOUND] = tuple(sorted(unbound))
    alike = _told_alike(noted.names, code.__code__, desk)
    if alike or _defines(code.__code__):
        found[MANIFEST] = {"alike": alike}
    for name in names_touched(code.__code__).intersection(noted.names):
        value = noted.names[name]
        if name in outputs and (outputs[name] is value or value is _GONE):
            continue
        if (
            value is not _GONE
            and not _is_made(value)
            and not _tells(name, value)
            and desk.vault.fits(value, _LARGEST)
        ):
            found[f"{LOCAL}{name}"] = value
        else:
            lost.add(name)
    return {**found, LOST: tuple(sorted(lost))} if lost else found


def _defines(code: CodeType) -> bool:
    """Whether a function defines functions or classes of its own."""
    inner = (const.co_name for const in code.co_consts if isinstance(const, CodeType))
    return not names_touched(code).isdisjoint(inner)


def _told_alike(names: Mapping[str, Any], code: CodeType, desk: Desk) -> dict[str, str]:
    """What the functions and classes that the function has defined are by its end, as the cell
    tells its own."""
    made = {name: value for name, value in names.items() if _is_made(value)}
    told, digest, found = inside(code), desk.digester().digest, dict[str, str]()
    for name in names_touched(code).intersection(made):
        with suppress(NotDigestible):
            found[name] = made_digest(made[name], digest, told)
    return found


def _is_made(value: Any) -> bool:
    """Whether it is a function or class of the user's, and holds no data while it waits."""
    if is_a(value, type):
        return is_local_code(value)
    return is_a(value, FunctionType) and is_local_function(value) and all(map(_waits, _held(value)))


def _held(function: FunctionType) -> Iterator[Any]:
    return (cell_content(cell) for cell in function.__closure__ or ())


def _waits(held: Any) -> bool:
    return is_a(held, (FunctionType, type, ModuleType)) or type(held) in _ATOMS


def _may_be_kept(value: Any, given: Iterable[Any], desk: Desk) -> bool:
    if any(value is one for one in given):
        return True  # it is kept anyway
    return _is_plain(value) and desk.vault.fits(value, _LARGEST)


def _tells(name: str, value: Any) -> bool:
    """Whether a value is or holds a secret."""
    if is_secret_name(name):
        return True
    secrets = secrets_in(os.environ)
    told = _facts_of_over(value) or value
    return (
        bool(secrets)
        and is_a(told, (str, bytes, *_CONTAINERS))
        and (mask(text := repr(told), secrets) != text)
    )


def _is_plain(value: Any) -> bool:
    """Whether a value is small, and made of what pickles without a method of the user's."""
    waiting, met = [value], 0
    while waiting:
        inner = waiting.pop()
        met += 1
        if met > _MOST:
            return False
        if type(inner) in _CONTAINERS:
            if len(inner) > _MOST:
                return False
            waiting += inner
            waiting += inner.values() if type(inner) is dict else ()
        elif (facts := _facts_of_over(inner)) is not None:
            waiting += facts
        elif not (type(inner) in _ATOMS or _is_of_python(inner) or _is_librarys(inner)):
            return False
    return True


def _is_of_python(value: Any) -> bool:
    """Whether it is a path, or of what a closed archive or connection consists of."""
    if type(value) is type:
        return value in (str, bytes, bytearray)  # how a connection gives texts
    is_entry = type(value).__module__ == "zipfile" and type(value).__name__ == "ZipInfo"
    return is_entry or is_a(value, PurePath)


def _facts_of_over(value: Any) -> tuple[Any, ...] | None:
    """What makes a closed file, archive or the like up; None for anything else."""
    return facts_of_closed(value) if is_closed_file(value) else facts_of_ended(value)


def _is_librarys(value: Any) -> bool:
    """Whether it is a small array or table without objects, or a part of a figure."""
    library = library_of(type(value))
    if library == "matplotlib":
        return True
    if library == "numpy":
        numpy = sys.modules["numpy"]
        is_plain = is_a(value, (numpy.ndarray, numpy.generic))
        return is_plain and not value.dtype.hasobject and value.nbytes <= _LARGEST
    if library != "pandas" or not hasattr(value, "memory_usage"):
        return False
    dtypes = list(value.dtypes) if getattr(value, "ndim", 1) == 2 else [value.dtype]
    if any(str(dtype) == "object" for dtype in dtypes):
        return False
    used = value.memory_usage()
    return bool((used.sum() if hasattr(used, "sum") else used) <= _LARGEST)
