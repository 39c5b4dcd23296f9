"""What a definition has made, as a digest: a function's code, defaults and attributes, a class's
members; apart from the globals they read.

Compared on a hit: a class that somebody gave another attribute after its definition, or a default
made of the clock, is not what making it anew gives.

A cell and a function with its body define the same, but not in the same place: what is a global of
the notebook is a variable of the function, ``A`` is called ``load.<locals>.A``, and a method that
reads ``rows`` closes over it. Their own code is a part of the key, so there it is told by its name
alone (:class:`Inside`); whatever else a definition may give is told as ever.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

from xxhash import xxh3_128_hexdigest

from zenbook.core.closure_class import fields_of, is_built
from zenbook.core.closure_named import module_told
from zenbook.core.closure_objects import is_local_function
from zenbook.core.closure_origin import is_local_code
from zenbook.core.closure_trace import MISSING, cell_content
from zenbook.core.code_digest import code_digest
from zenbook.core.kinds import is_a
from zenbook.errors import NotDigestible

Digest = Callable[[Any], str]


class Exactly:
    """Definitions told by all that they are."""

    def code(self, code: CodeType) -> str:
        """What says which code it is. Raises NotDigestible where nothing does."""
        return code_digest(code)

    def name(self, qualname: str) -> str:
        """What something is called."""
        return qualname

    def is_global(self, name: str) -> bool:
        """Whether a name that a function closes over is what a global is to others."""
        return False


@dataclass(frozen=True, slots=True, eq=False)
class Inside(Exactly):
    """Definitions of a step, told so that its cell and its function say the same of them.

    ``around`` is what stands before their names, ``own`` are the variables that a notebook has as
    globals, and ``doubtful`` names of code that the step has more than once.
    """

    file: str
    around: str = ""
    own: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()

    def code(self, code: CodeType) -> str:
        """The step's own code by its name, any other by what it does."""
        if code.co_filename != self.file or not code.co_qualname.startswith(self.around):
            return code_digest(code)
        if (name := self.name(code.co_qualname)) in self.doubtful:
            raise NotDigestible(f"is one of several that are called {name}")
        return f"own {name}"

    def name(self, qualname: str) -> str:
        """Without the function around it."""
        return qualname.removeprefix(self.around)

    def is_global(self, name: str) -> bool:
        """Whether it is a variable of the step."""
        return name in self.own


EXACTLY = Exactly()


def inside(code: CodeType) -> Inside:
    """Where definitions in a function with this code stand."""
    around = f"{code.co_qualname}.<locals>."
    nested = list(_nested(code))
    names = Counter(one.co_qualname.removeprefix(around) for one in nested)
    again = {name for one in nested for name in one.co_cellvars}
    doubtful = {name for name, count in names.items() if count > 1}
    doubtful |= {
        one.co_qualname.removeprefix(around)
        for one in nested
        if not again.isdisjoint({*one.co_freevars} & {*code.co_cellvars})
    }
    return Inside(code.co_filename, around, frozenset(code.co_cellvars), frozenset(doubtful))


def _nested(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _nested(constant)


# ------------------------------------------------------------------ digests


def definition_digests(
    names: Iterable[str], namespace: Mapping[str, Any], digest: Digest, told: Exactly = EXACTLY
) -> dict[str, str]:
    """What each function and class made by a cell is, apart from the globals it reads; and what an
    object of the user's own class is that stands for a decorated one."""
    found: dict[str, str] = {}
    for name in names:
        thing: Any = namespace.get(name)
        is_code = is_a(thing, (FunctionType, type))
        if is_local_code(type(thing)) or (is_code and not _is_librarys(thing)):
            found[name] = made_digest(thing, digest, told)
    return found


def made_digest(thing: Any, digest: Digest, told: Exactly = EXACTLY) -> str:
    """A digest of what a definition has made. Raises NotDigestible where ``told`` does."""
    if is_a(thing, (FunctionType, type)):
        return definition_digest(thing, digest, told)
    return value_digest(thing, digest)


def _is_librarys(thing: FunctionType | type) -> bool:
    """Whether it was only imported from a library, which may count on it what it has done so far:
    its version says what it is, and who gives it an attribute is not kept."""
    home = sys.modules.get(thing.__module__)
    return getattr(home, thing.__name__, None) is thing and not is_local_code(thing)


def definition_digest(value: Any, digest: Digest, told: Exactly = EXACTLY) -> str:
    """A digest of a function's code, defaults and attributes, or of a class's members."""
    of = _of_function if is_a(value, FunctionType) else _of_class
    parts = (*of(value, digest, told), *map(repr, module_told(value)))
    return xxh3_128_hexdigest("\n".join(parts).encode("utf-8", "surrogatepass"))


def _of_function(value: FunctionType, digest: Digest, told: Exactly) -> Iterator[str]:
    attributes = {k: v for k, v in vars(value).items() if k != "__wrapped__"}
    wrapped = vars(value).get("__wrapped__")
    yield told.code(value.__code__)
    if type(wrapped) is FunctionType:
        yield f"wraps {definition_digest(wrapped, digest, told)}"
    yield from (f"holds {one}" for one in _closed_over(value, digest, told))
    yield from (value_digest(one, digest, told) for one in value.__defaults__ or ())
    named = {**(value.__kwdefaults__ or {})}
    yield from (f"{k}={value_digest(v, digest, told)}" for k, v in named.items())
    yield from (f"{k}:{value_digest(v, digest, told)}" for k, v in attributes.items())
    yield from _given(value, told)


def _of_class(value: type, digest: Digest, told: Exactly) -> Iterator[str]:
    yield from (told.name(base.__qualname__) for base in value.__mro__)
    if value.__name__ != value.__qualname__.rpartition(".")[2]:
        yield f"named {value.__name__}"
    for name, member in sorted(vars(value).items()):
        if name in _CLASS_NOISE or name.startswith("_abc_") or is_built(value, name):
            continue
        if name == "__dataclass_fields__" and told is not EXACTLY:
            member = tuple(fields_of(value))  # a script's annotations are texts
        yield f"{name}:{_member(member, digest, told)}"


def _closed_over(function: FunctionType, digest: Digest, told: Exactly) -> Iterator[str]:
    """What the closure of a function of the user's holds besides code: what it counts in there, or
    notes."""
    cells = function.__closure__ or ()
    pairs = zip(function.__code__.co_freevars, cells, strict=True)
    for name, cell in pairs if is_local_function(function) else ():
        held = cell_content(cell)
        if held is MISSING or told.is_global(name) or is_a(held, (FunctionType, type, ModuleType)):
            continue
        if type(held).__module__ == "builtins" or is_local_code(type(held)):
            yield value_digest(held, digest, told)


def _given(function: FunctionType, told: Exactly) -> Iterator[str]:
    """A name and a docstring that are not those of the function's code: somebody gave them, which
    making it anew does not do. What ``functools.wraps`` gives, it gives again."""
    code = function.__code__
    bare = FunctionType(code, {}, closure=tuple(CellType() for _ in code.co_freevars))
    for each in ("__name__", "__qualname__", "__doc__"):
        if (given := getattr(function, each)) != getattr(bare, each) and not _is_wrapping(function):
            yield f"{each} {told.name(str(given))}"


def _is_wrapping(function: FunctionType) -> bool:
    return "__wrapped__" in vars(function)


_CLASS_NOISE = frozenset(
    {"__dict__", "__weakref__", "__module__", "__doc__", "__annotations__", "__firstlineno__"}
    | {"__slotnames__"}  # left behind by the first pickling of an instance
)


def _member(member: Any, digest: Digest, told: Exactly) -> str:
    inner = getattr(member, "__func__", getattr(member, "fget", member))
    if is_a(inner, (FunctionType, type)):
        return definition_digest(inner, digest, told)
    return value_digest(member, digest, told)


def value_digest(value: Any, digest: Digest, told: Exactly = EXACTLY) -> str:
    """A value's digest; of what has none, its type."""
    if is_a(value, FunctionType):
        return definition_digest(value, digest, told)
    try:
        return digest(value)
    except NotDigestible:
        return told.name(type(value).__qualname__)
