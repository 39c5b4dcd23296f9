"""What a walk over used code found, and whether it would find the same now."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from zenbook.core.masking import MASK
from zenbook.core.naming import is_secret_name
from zenbook.core.preview import preview
from zenbook.core.text_readers import Text
from zenbook.model import Part

ATOMS = frozenset({int, float, str, bytes, bool, complex, type(None), type(Ellipsis)})
MISSING = object()
NAMES = operator.attrgetter("__name__", "__qualname__", "__module__")
"""What a function is called, and where it says it is from."""


def is_atom(value: Any) -> bool:
    """Whether a value can never change: a plain scalar or a tuple or frozenset of them."""
    kind = type(value)
    if kind is tuple or kind is frozenset:
        return ATOMS.issuperset(map(type, value)) or all(map(is_atom, value))
    return kind in ATOMS


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """The parts that cannot change without a binding changing, and the constants, that can.

    ``bindings`` are (dictionary, name, object or MISSING); ``functions`` are (function, names,
    code, defaults, keyword defaults, cells); ``folders`` are dictionaries with a copy of what they
    held (classes, and modules taken whole); ``stale`` says whether anything else has changed.
    ``soft`` are the constants that need no digest (their type will do); ``vouched`` values that
    are read and are no reasons; ``stored`` are the globals that it assigns, each with where;
    ``imported`` is what the code takes of those that it imports by their names, module by module;
    ``asks`` is where the code is told things that no digest describes; ``lasting`` are functions
    that change the process for good; ``finds_modules`` says whether the code may reach any module
    that is loaded, ``may_draw`` whether it may draw pictures, ``may_set`` of which modules it may
    set what there is one of in a process, ``seeks`` whether it goes on where a file is missing
    (see :mod:`zenbook.core.code_seeking`); ``by_text`` are local modules that count by their text;
    ``changing`` is what the code may change of libraries; ``texts`` are the kinds of texts of code
    that it reads, ``reading`` what it reads of classes and which of their registries do not count
    (see :mod:`zenbook.core.closure_subclasses`), ``listed`` the digests of those that do, by name,
    and ``described`` the user's functions, classes and modules that have such; ``memoized``
    are functions of ``functools.lru_cache``; ``keep`` holds the objects whose ids are this trace's
    key.
    """

    keep: tuple[Any, ...]
    whole: tuple[object, ...]
    parts: tuple[Part, ...]
    constants: tuple[tuple[str, Any], ...]
    soft: frozenset[str]
    vouched: Mapping[str, Any]
    literals: tuple[str, ...]
    packages: frozenset[str]
    modules: frozenset[str]
    stores: tuple[str, ...]
    stores_elsewhere: tuple[str, ...]
    stored: tuple[tuple[Mapping[str, Any], str], ...]
    asks: tuple[str, ...]
    imported: tuple[tuple[str, tuple[str, ...]], ...]
    lasting: tuple[str, ...]
    finds_modules: bool
    may_draw: bool
    may_set: frozenset[str]
    seeks: bool
    by_text: frozenset[str]
    changing: tuple[Any, ...]
    texts: frozenset[Text]
    reading: Any
    listed: Mapping[str, str]
    described: tuple[tuple[str, Any], ...]
    memoized: tuple[Any, ...]
    widened: tuple[str, ...]
    bindings: tuple[tuple[Mapping[Any, Any], str, Any], ...]
    functions: tuple[tuple[FunctionType, Any, Any, Any, Any, tuple[Any, ...]], ...]
    folders: tuple[tuple[Mapping[Any, Any], Mapping[Any, Any]], ...]
    stale: tuple[Callable[[], bool], ...]
    previews: Mapping[str, str]
    settled: dict[str, Any] = field(default_factory=dict)
    """What was made of the parts that cannot change, filled in at the first use."""

    def holds(self) -> bool:
        """Whether every name still means the very same object."""
        for space, name, value in self.bindings:
            if space.get(name, MISSING) is not value:
                return False
        for function, names, code, defaults, named, cells in self.functions:
            if (
                NAMES(function) != names
                or function.__code__ is not code
                or function.__defaults__ is not defaults
                or (function.__kwdefaults__ is not named and function.__kwdefaults__ != named)
                or (cells and not _same_cells(function, cells))
            ):
                return False
        for live, copied in self.folders:
            if len(live) != len(copied):
                return False
            for name, value in live.items():
                if copied.get(name, MISSING) is not value:
                    return False
        return not any(stale() for stale in self.stale)

    def preview(self, name: str) -> str:
        """A short text for a constant that cannot change; "" for others."""
        return self.previews.get(name, "")


def preview_of(name: str, value: Any) -> str:
    """A preview that is safe to show: plain scalars only, and no secrets."""
    if type(value) not in ATOMS:
        return ""
    if is_secret_name(name):
        return MASK
    text = preview(value)
    return text if len(text) <= 40 else text[:39] + "…"


def cells_of(function: FunctionType) -> tuple[Any, ...]:
    """The contents of a function's closure; MISSING where a cell is empty."""
    return tuple(cell_content(cell) for cell in function.__closure__ or ())


def cell_content(cell: Any) -> Any:
    """What a cell holds; MISSING if it is empty."""
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def _same_cells(function: FunctionType, contents: Sequence[Any]) -> bool:
    return all(
        cell_content(cell) is content
        for cell, content in zip(function.__closure__ or (), contents, strict=True)
    )
