"""Functions and classes of the user, as they are kept and made again.

A function travels as its code object with *living* globals: where it is made again it reads the
globals of the module whose globals it read (of ``__main__`` for one from a cell), as it would had
its cell run there. That need not be the module it says it is from: ``functools.wraps`` renames. One
whose globals are no module's (``sympy.lambdify`` and others make functions by ``exec``) takes those
that it names along; dill's ``recurse=True`` does so for every function, and dragged 10 MB with one.
Cells of closures travel empty and are filled once the function exists, so that functions may
refer to themselves and share variables.

A class travels by name, with the digest of its code. Where it is found again the digest is
compared: instances of a class that has changed are never made. If it is not under its old name,
another loaded module of the user's may hold the same class (the script that was exported from
a notebook); then that one is taken.
"""

from __future__ import annotations

import builtins
import functools
import io
import os
import sys
import types
from collections.abc import Iterator
from contextlib import suppress
from contextvars import ContextVar
from importlib import import_module
from typing import Any, Protocol

from zenbook.core.closed_file import KINDS
from zenbook.core.closure_origin import named
from zenbook.core.code_digest import code_digest
from zenbook.core.code_facts import CodeFacts
from zenbook.core.code_reader import facts_of
from zenbook.core.dict_views import dictionary_of
from zenbook.core.made_classes import is_made_by_library, recipe_of
from zenbook.errors import NotHere
from zenbook.world.codec_rows import reduce_rows


class CodeDigests(Protocol):
    """Digests code: :class:`zenbook.core.closure.CodeClosure`."""

    def function(self, function: Any, digester: Any) -> str: ...
    def klass(self, cls: type, digester: Any) -> str: ...
    def module(self, module: Any, digester: Any) -> str: ...
    def is_local(self, obj: Any) -> bool: ...


# ---------------------------------------------------------------- classes


def reduce_class(cls: type, code: CodeDigests) -> Any:
    """A library's class by name (NotImplemented) or as the library makes it; the user's by name
    and digest."""
    if is_made_by_library(cls):
        maker, given = recipe_of(cls)
        return NotImplemented if isinstance(maker, str) else (maker, *given)
    if not code.is_local(cls):
        return _types_class(cls)
    if named(cls.__module__, cls.__qualname__) is not cls:
        if (rows := reduce_rows(cls)) is not None:
            return rows
        raise LookupError(f"needs class {cls.__qualname__}, which cannot be found by its name")
    return same_class, (cls.__module__, cls.__qualname__, class_digest(cls, code))


def _types_class(cls: type) -> Any:
    """``function`` and its like say they are from ``builtins`` and are only found in ``types``."""
    if cls.__module__ != "builtins" or hasattr(builtins, cls.__qualname__):
        return NotImplemented
    name = next((name for name, one in vars(types).items() if one is cls), None)
    return NotImplemented if name is None else (getattr, (types, name))


def class_digest(cls: type, code: CodeDigests) -> str:
    """What a class is now."""
    from zenbook.core.digest import Digester

    return code.klass(cls, Digester(code))


@functools.lru_cache(maxsize=1)
def _code() -> CodeDigests:
    from zenbook.core.closure import CodeClosure

    return CodeClosure()


Classes = dict[type, dict[str, Any]]
"""Classes with what they held when they were met."""
classes_met: ContextVar[Classes | None] = ContextVar("zenbook_classes_met", default=None)
"""The user's classes whose objects are being loaded."""
_COUNTED = frozenset({int, float, str, bool, type(None)})


def uncount(met: Classes) -> None:
    """Let classes be as they were before their objects were loaded in what they count of that
    (``A.made += 1`` in ``__new__``): no run has made those here."""
    for cls, before in met.items():
        for name, held in before.items():
            if type(held) in _COUNTED and vars(cls).get(name) is not held:
                type.__setattr__(cls, name, held)


def same_class(module: str, qualname: str, digest: str) -> type:
    """Find the class that had this name and digest; raises NotHere if it changed or is gone."""
    found = None
    for found in _classes_named(module, qualname):
        if class_digest(found, _code()) == digest:
            if (met := classes_met.get()) is not None:
                met.setdefault(found, dict(vars(found)))
            return found
    why = "changed" if found is not None else "is not defined"
    raise NotHere(f"class {qualname} {why}")


def _classes_named(module: str, qualname: str) -> Iterator[type]:
    """Classes of this name: where it was, in ``__main__``, then in the user's other modules."""
    if module not in sys.modules and module != "__main__":
        with suppress(ImportError):  # the module is gone; another may hold the class
            import_module(module)
    seen: set[int] = set()
    for home in _homes(module):
        found = named(home, qualname)
        if isinstance(found, type) and id(found) not in seen:
            seen.add(id(found))
            yield found


def _homes(home: str) -> Iterator[str]:
    """Where something of the user's may be: where it was, in ``__main__``, then in the user's other
    modules, which are looked for only if need be."""
    yield home
    yield "__main__"
    code = _code()
    for name, module in list(sys.modules.items()):
        if type(module) is types.ModuleType and code.is_local(module):
            yield name


# ---------------------------------------------------------------- functions


def reduce_function(
    function: types.FunctionType, code: CodeDigests, *, is_there: bool = False
) -> Any:
    """A library's function by name (NotImplemented); any other by its code. ``is_there``: it is
    not made by who keeps it."""
    by_name = named(function.__module__, function.__qualname__) is function
    if by_name and not code.is_local(function):
        return NotImplemented
    cells = function.__closure__ or ()
    state = {
        "filled": [(cell, cell.cell_contents) for cell in cells if _is_filled(cell)],
        "defaults": function.__defaults__,
        "kwdefaults": function.__kwdefaults__,
        "annotations": function.__annotations__,
        "doc": function.__doc__,
        "attributes": vars(function),
    }
    home = _home_of(function)
    if home is None:
        state["globals"] = _own_globals(function)
    made_of = (function.__code__, function.__module__, function.__name__, function.__qualname__)
    return (
        make_function,
        (*made_of, home, cells, by_name and is_there),
        state,
        None,
        None,
        fill_function,
    )


def _home_of(function: types.FunctionType) -> str | None:
    """The loaded module whose globals the function reads; None if they are its own."""
    for name in (function.__module__, function.__globals__.get("__name__"), "__main__"):
        if isinstance(name, str) and _globals_of(name) is function.__globals__:
            return name
    return None


def _globals_of(module: str) -> dict[str, Any] | None:
    return getattr(sys.modules.get(module), "__dict__", None)


def _own_globals(function: types.FunctionType) -> dict[str, Any]:
    """What a function that reads no module's globals finds in its own; raises LookupError."""
    facts = facts_of(function.__code__)
    reaches = [
        *(f"calls {name}" for name in facts.dynamic),
        *(f"assigns {n}" for n in facts.stores),
    ]
    if facts.runs_text:
        reaches.append("runs text")
    if reaches:
        raise LookupError(f"holds a function made by exec that {reaches[0]}: any name may matter")
    return {name: function.__globals__[name] for name in _reads(facts) & set(function.__globals__)}


def _reads(facts: CodeFacts) -> set[str]:
    return {name.root for name in facts.names if name.scope == "global"}


def _is_filled(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - reading it is the question
    except ValueError:
        return False
    return True


def make_function(
    code: types.CodeType,
    module: str,
    name: str,
    qualname: str,
    home: str | None,
    cells: tuple[Any, ...],
    by_name: bool = False,
) -> types.FunctionType:
    """Make a function that reads the globals of its home as they are here and now; one that was
    what its name stands for is what its name stands for, if that has the same code.

    Raises NotHere if no module has the names it reads.
    """
    space = {"__builtins__": builtins} if home is None else _living(home, code)
    there = _named_in(space, qualname) if by_name else None
    if there is not None and code_digest(there.__code__) == code_digest(code):
        return there
    function = types.FunctionType(code, space, name, None, cells or None)
    function.__module__ = module
    function.__qualname__ = qualname
    return function


def _living(home: str, code: types.CodeType) -> dict[str, Any]:
    """The home's globals; those of another module of the user's that has all the names read, if
    the home is not here (a notebook's function in the script exported from it)."""
    if home not in sys.modules:
        with suppress(ImportError):
            import_module(home)
    reads = {name for name in _reads(facts_of(code)) if not hasattr(builtins, name)}
    for module in _homes(home):
        space = _globals_of(module)
        if space is not None and (module == home or reads <= space.keys()):
            return space
    raise NotHere(f"function {code.co_name} is of module {home}, which is not here")


def _named_in(space: dict[str, Any], qualname: str) -> types.FunctionType | None:
    """The function that a qualified name leads to from these globals."""
    first, *rest = qualname.split(".")
    found = space.get(first)
    for name in rest:
        found = vars(found).get(name) if isinstance(found, type) else None
        found = found.__func__ if isinstance(found, staticmethod) else found
    return found if type(found) is types.FunctionType else None


def fill_function(function: types.FunctionType, state: dict[str, Any]) -> None:
    """Give a function what could only be made once it existed; one that was there has it."""
    if _named_in(function.__globals__, function.__qualname__) is function:
        return
    for cell, contents in state["filled"]:
        cell.cell_contents = contents
    function.__defaults__ = state["defaults"]
    function.__kwdefaults__ = state["kwdefaults"]
    function.__annotations__ = state["annotations"]
    function.__doc__ = state["doc"]
    vars(function).update(state["attributes"])
    function.__globals__.update(state.get("globals", {}))


_CODE_FIELDS = (
    *("argcount", "posonlyargcount", "kwonlyargcount", "nlocals", "stacksize", "flags", "code"),
    *("consts", "names", "varnames", "filename", "name", "qualname", "firstlineno"),
    *("linetable", "exceptiontable", "freevars", "cellvars"),
)


def reduce_code(code: types.CodeType) -> Any:
    """A code object by its fields; the interpreter's tag guards them."""
    return make_code, tuple(getattr(code, f"co_{field}") for field in _CODE_FIELDS)


def make_code(*fields: Any) -> types.CodeType:
    """The code object with these fields."""
    return types.CodeType(*fields)


def reduce_cell(cell: types.CellType) -> Any:
    """A cell, empty: the functions that hold it fill it."""
    return make_cell, ()


def make_cell() -> types.CellType:
    """An empty cell."""
    return types.CellType()


# ---------------------------------------------------------------- small things


def make_closed_file(kind: str, name: Any, mode: str | None, encoding: str) -> Any:
    """A closed file of this type that says it had this name, mode and encoding; None for a name or
    mode of which it says nothing."""
    file: Any
    raw: Any = io.BytesIO()
    if name is not None:
        plain = (mode or "").replace("b", "").replace("t", "") or "r+"
        raw = io.FileIO("", plain, opener=lambda *_: os.open(os.devnull, os.O_RDWR))
        raw.name = name
    if kind == "TextIOWrapper":
        file = io.TextIOWrapper(raw if name is None else _buffered(raw), encoding=encoding)
        if mode is not None:
            file.mode = mode
    else:
        file = raw if kind == "FileIO" else KINDS[kind](raw)
    file.close()
    return file


def _buffered(raw: io.FileIO) -> Any:
    one_way = io.BufferedReader if raw.readable() else io.BufferedWriter
    return io.BufferedRandom(raw) if "+" in raw.mode else one_way(raw)


def reduce_module(module: types.ModuleType) -> Any:
    """A module by its import name. Raises LookupError for one that no import gives."""
    name = module.__name__
    if sys.modules.get(name) is not module or (module.__spec__ is None and name != "__main__"):
        raise LookupError(f"holds module {name}, which was made at run time")
    return import_module, (module.__name__,)


def is_own_namespace(obj: dict[str, Any]) -> bool:
    """Whether the dict's attributes are its items."""
    return getattr(obj, "__dict__", None) is obj


def reduce_own_namespace(obj: dict[str, Any]) -> Any:
    """A dict whose attributes are its items (``self.__dict__ = self``). Pickle would make it with
    two dictionaries, which part ways with the first assignment."""
    return make_own_namespace, (type(obj),), None, None, iter(dict.items(obj))


def make_own_namespace(cls: type[dict[str, Any]]) -> dict[str, Any]:
    """An empty dict of this class whose attributes are its items."""
    made = cls.__new__(cls)
    made.__dict__ = made
    return made


def reduce_with_attributes(obj: dict[str, Any]) -> Any:
    """A dict with attributes whose class leaves these out when it is unpickled."""
    return type(obj), (), dict(vars(obj)), None, iter(dict.items(obj)), fill_attributes


def reduce_with(attributes: dict[str, Any], obj: Any) -> Any:
    """An object that is made as it says itself, and then given these attributes."""
    make, arguments, _, members, pairs = (*obj.__reduce_ex__(5), None, None, None)[:5]
    return make, arguments, attributes, members, pairs, fill_attributes


def fill_attributes(obj: Any, attributes: dict[str, Any]) -> None:
    """Give an object its attributes, whatever its class makes of a state."""
    vars(obj).update(attributes)


def by_attributes(obj: Any, attributes: dict[str, Any]) -> Any:
    """An object by these attributes of it, whatever its class makes of pickling."""
    return make_empty, (type(obj),), attributes, None, None, fill_attributes


def make_empty(kind: Any) -> Any:
    """An object of this class that has nothing yet."""
    return kind.__new__(kind)


def reduce_mapping_proxy(proxy: Any) -> Any:
    """A read-only view of a dict, which shows its changes."""
    return make_mapping_proxy, (dictionary_of(proxy),)


def make_mapping_proxy(mapping: dict[Any, Any]) -> Any:
    """A read-only view of this dict."""
    return types.MappingProxyType(mapping)


def reduce_wrapper(wrapper: Any) -> Any:
    """A ``staticmethod`` or ``classmethod``."""
    return type(wrapper), (wrapper.__func__,)


def reduce_property(value: property) -> Any:
    """A ``property``."""
    return property, (value.fget, value.fset, value.fdel)
