"""The user's own code inside installed libraries: ``pd.DataFrame.total = lambda self: ...``.

An installed library counts by its version. Where somebody has put a function of their own into
one of its modules or classes, that function is code that a step may use without naming it: it is
reached through any frame. Looked through are the top-level modules that a step reaches, and the
classes that stand in them.

Looking through pandas takes 12 ms, so what was found is remembered while the number of names in
each of them is the same (2 µs); after :meth:`Patches.look_anew` their values are compared, too
(80 µs).
"""

from __future__ import annotations

import builtins
import functools
import operator
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any

from zenbook.core.closure_extended import Named, is_put_there, may_be_called
from zenbook.core.closure_origin import is_local_code, is_local_module
from zenbook.core.closure_tables import Table, tables_in
from zenbook.core.code_reader import facts_of
from zenbook.core.kinds import is_a

_BUILT_IN = 1 << 8  # nothing can be put into it
_Space = Mapping[str, Any]
_ABSENT = object()
_BUILTINS: _Space = vars(builtins)
_OWN_HOMES = frozenset({"builtins", "io", "_io", "_sitebuiltins"})


@dataclass(slots=True, eq=False)
class _Looked:
    """A library's module and classes as they were when they were looked through."""

    names: tuple[str, ...]
    spaces: tuple[_Space, ...]
    """What each of them is called, and its attributes."""
    sizes: list[int]
    held: tuple[list[Any], ...]
    found: tuple[tuple[str, _Space, str], ...]
    """The user's own: how it is called, where it stands, under which name."""
    extended: tuple[tuple[str, _Space, str], ...] = ()
    """The same of what other libraries have put onto its classes."""
    tables: tuple[Table, ...] = ()
    is_sure: bool = True
    """Whether no other code has run since."""
    are_tables_sure: bool = False

    def holds(self) -> bool:
        """Whether nothing has been put in or taken out."""
        if [*map(len, self.spaces)] != self.sizes:
            return False
        if not self.is_sure:
            pairs = zip(self.spaces, self.held, strict=True)
            self.is_sure = all(
                all(map(operator.is_, space.values(), held)) for space, held in pairs
            )
        return self.is_sure

    def found_in_tables(self) -> dict[str, tuple[Mapping[Any, Any], Any]]:
        """The user's own in its tables, in the order of what it is called."""
        found: dict[str, tuple[Mapping[Any, Any], Any]] = {}
        for table in self.tables:
            found |= table.found(self.are_tables_sure)
        self.are_tables_sure = True
        return dict(sorted(found.items())) if found else found


class Patches:
    """Finds the user's own functions and classes in libraries."""

    def __init__(self) -> None:
        self._looked: dict[str, _Looked] = {}
        self._put: dict[str, tuple[Mapping[Any, Any], Any]] = {}
        """What steps have put into libraries in this process. Run again, such a step finds set what
        it sets; so whatever runs from then on depends on it."""

    def look_anew(self) -> None:
        """Other code has run since what was found was found."""
        for looked in self._looked.values():
            looked.is_sure = looked.are_tables_sure = False

    def within(
        self, libraries: Iterable[str], names: Callable[[], Named] = lambda: None
    ) -> Iterator[tuple[str, Any]]:
        """What users have put into these libraries by now, each with what it is called; of what
        others have put onto their classes, what code with these names may call."""
        for library in sorted(set(libraries)):
            looked = self._look(library)
            for text, space, name in looked.found:
                if (value := _code_of(space.get(name))) is not None:
                    yield text, value
            for text, (table, key) in looked.found_in_tables().items():
                if (value := _code_of(table.get(key))) is not None:
                    yield text, value
            named = names() if looked.extended else None
            for text, space, name in looked.extended:
                if may_be_called(name, named) and is_put_there(library, value := space.get(name)):
                    yield text, value
        for text, (space, name) in sorted(self._put.items()):
            if _code_of(value := space.get(name)) is None:
                yield text, value

    def watch(self, named: Iterable[str] = ()) -> Callable[[], tuple[str, ...]]:
        """Note what all libraries met so far hold, and those that are ``named`` in texts
        (``sys.modules["json"]``); the result gives sentences on what has been put into them since
        by others than themselves."""
        spaces = {
            id(space): (text, space)
            for looked in list(self._looked.values())
            for text, space in zip(looked.names, looked.spaces, strict=True)
        }
        for name in named:
            module = sys.modules.get(name)
            if isinstance(module, ModuleType) and not is_local_module(name):
                spaces.setdefault(id(vars(module)), (name, vars(module)))
        before = [(text, space, dict(space)) for text, space in spaces.values()]
        tables = {
            text: table.get(key)
            for looked in list(self._looked.values())
            for text, (table, key) in looked.found_in_tables().items()
        }
        modules = len(sys.modules)

        def changes() -> tuple[str, ...]:
            imported = len(sys.modules) > modules
            found: dict[str, tuple[Mapping[Any, Any], Any]] = {
                f"{text}.{name}": (space, name)
                for text, space, held in before
                for name, value in list(space.items())
                if (old := held.get(name, _ABSENT)) is not value
                and (
                    _code_of(value) is not None
                    or (not imported and _is_anothers(space, name, value, old))
                )
            }
            for library in list(self._looked):
                looked = self._look(library)  # with tables that are new
                looked.are_tables_sure = False
                for text, (table, key) in looked.found_in_tables().items():
                    if table.get(key) is not tables.get(text):
                        found[text] = (table, key)
            self._put |= found
            return tuple(f"{name} is assigned by the step" for name in found)

        return changes

    def _look(self, library: str) -> _Looked:
        looked = self._looked.get(library)
        if looked is None or not looked.holds():
            looked = self._looked[library] = _look_through(library)
        return looked


def put_into_builtins(name: str) -> Any:
    """What somebody has put into Python's builtins under this name; None for what is there anyway,
    as the builtin itself or as the shell's."""
    held = _BUILTINS.get(name)
    if held is None or held is _PYTHONS.get(name) or _is_for_a_while(held):
        return None
    return held


def _pythons() -> Iterator[tuple[str, Any]]:
    """Python's builtins, without what has been put into them by now."""
    for name, held in _BUILTINS.items():
        home = held.__module__ if hasattr(held, "__module__") else type(held).__module__
        is_constant = type(held) is bool or held is ... or held is NotImplemented
        if home in _OWN_HOMES and (callable(held) or is_constant):
            yield name, held


_PYTHONS: _Space = dict(_pythons())


def _look_through(library: str) -> _Looked:
    module = sys.modules.get(library)
    if not isinstance(module, ModuleType) or is_local_module(library):
        return _Looked((), (), [], (), ())
    classes = {
        id(value): (value.__name__, vars(value))
        for value in list(vars(module).values())
        if is_a(value, type) and not value.__flags__ & _BUILT_IN and not is_local_code(value)
    }
    named = ((library, vars(module)), *classes.values())
    found = tuple(
        (f"{text}.{name}", space, name)
        for text, space in named
        for name, value in list(space.items())
        if _code_of(value) is not None
    )
    extended = tuple(
        (f"{text}.{name}", space, name)
        for text, space in classes.values()
        for name, value in list(space.items())
        if is_put_there(library, value) and _code_of(value) is None
    )
    spaces = tuple(space for _, space in named)
    held = tuple(list(space.values()) for space in spaces)
    names, sizes = tuple(text for text, _ in named), [*map(len, spaces)]
    tables = tables_in(named, _code_of)
    return _Looked(names, spaces, sizes, held, found, extended, tables)


def _is_anothers(space: _Space, name: str, value: Any, before: Any) -> bool:
    """Whether somebody else than the library has bound this name in it. A library's own doing are
    submodules, private names, what its code assigns as a global, and what it makes when it is asked
    for it first; of what compiled code assigns nothing is known."""
    if is_a(value, ModuleType) or name.startswith(("_", "last_", "displayhook")):
        return False  # sys.last_exc is Python's own, the display hook IPython's for each cell
    if name == "filters" and space is vars(warnings):
        return False  # a list that is compared by what it holds
    if _is_for_a_while(value) or _is_for_a_while(before):
        return False
    if not isinstance(space, dict):  # a class: its methods cache what they like, but no functions
        return is_a(value, (FunctionType, property))
    file = space.get("__file__")
    if (before is _ABSENT and "__getattr__" in space) or (file and not str(file).endswith(".py")):
        return False
    home = space.get("__name__")
    own = [held for held in list(space.values()) if getattr(held, "__module__", None) == home]
    return not any(name in facts_of(code).stores for held in own for code in _codes_in(held))


def _is_for_a_while(value: Any) -> bool:
    """Whether it stands in for something while a step is watched, maybe another one, or while
    IPython runs a cell."""
    owner = getattr(value, "__self__", value)
    home = getattr(value, "__globals__", {}).get("__name__") or type(owner).__module__
    return str(home).partition(".")[0] in _SHELLS


_SHELLS = frozenset({"zenbook", "IPython", "ipykernel", "_sitebuiltins"})


def _codes_in(held: Any) -> Iterator[CodeType]:
    """The code of a function, or of a class's methods, with what is defined inside."""
    for one in list(vars(held).values()) if is_a(held, type) else (held,):
        waiting = [getattr(getattr(one, "__wrapped__", one), "__code__", None)]
        while waiting:
            code = waiting.pop()
            if is_a(code, CodeType):
                yield code
                waiting += code.co_consts


def _code_of(value: Any) -> Any:
    """The user's function or class that this is, or that it is made of; None for anything else."""
    if is_a(value, (staticmethod, classmethod)):
        value = value.__func__
    elif is_a(value, property):
        value = value.fget
    elif is_a(value, functools.cached_property):
        value = value.func
    elif type(value).__name__.endswith("Accessor"):  # what pandas puts for a registered class
        value = vars(value).get("_accessor")
    elif type(value).__name__ == "NameSpace":  # what polars does
        value = getattr(value, "_ns", None)
    if is_a(value, FunctionType):
        return value if _is_local(value.__globals__.get("__name__")) else None
    if is_a(value, type) and not value.__flags__ & _BUILT_IN:
        return value if _is_local(value.__module__) else None
    return None


@functools.lru_cache(maxsize=4096)
def _is_local(module: Any) -> bool:
    return isinstance(module, str) and bool(module) and is_local_module(module)
