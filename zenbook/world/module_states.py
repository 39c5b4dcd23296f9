"""What the user's modules hold in this process, to be compared with what they hold in another.

Their code is their text's, so of functions and classes only what they hold counts: default values,
closures, attributes.
"""

from __future__ import annotations

import dis
import functools
from collections.abc import Collection, Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_128_hexdigest

from zenbook.core.closure_changes import TABLES
from zenbook.core.closure_members import local_modules
from zenbook.core.closure_origin import is_local_code
from zenbook.core.closure_trace import MISSING, cells_of
from zenbook.core.kinds import is_a
from zenbook.errors import NotDigestible

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

REMEMBERS = ""
"""The state of a module whose functions remember results: equal to none."""
_DEEPEST = 4


def module_states() -> dict[str, str]:
    """A digest of all that each of the user's modules holds, by the module's name."""
    return {module.__name__: _state(module) for module in local_modules()}


def modules_that_keep() -> list[str]:
    """The user's modules in which a call may leave something for later calls, as their code says:
    it assigns globals or attributes of theirs, changes tables among them or hands one on, or calls
    methods of instances. What a result's own cache remembers was read when that was made."""
    return [module.__name__ for module in local_modules() if _keeps(module)]


def _keeps(module: ModuleType) -> bool:
    codes = {code for value in list(vars(module).values()) for code in _codes(value, module)}
    return any(_leaves_something(code, vars(module)) for code in codes)


def _codes(value: Any, module: ModuleType) -> Iterator[CodeType]:
    """The code of a module's function, or of the methods of its class."""
    value = getattr(value, "__wrapped__", value)
    if is_a(value, FunctionType):
        if value.__globals__ is vars(module):
            yield value.__code__
    elif is_a(value, type) and value.__module__ == module.__name__:
        for own in list(vars(value).values()):
            own = getattr(own, "fget", None) or getattr(own, "__func__", own)
            if is_a(own, FunctionType):
                yield own.__code__


def _leaves_something(code: CodeType, space: Mapping[str, Any]) -> bool:
    from zenbook.core.code_reader import facts_of

    facts = facts_of(code)
    if facts.stores or any(change.root in space for change in facts.changes):
        return True
    if code.co_varnames[:1] == ("cls",) and _sets_attributes(code):
        return True
    if _hands_on(code, {name for name, value in space.items() if is_a(value, TABLES)}):
        return True
    return any(
        callable(getattr(type(space[name.root]), name.chain[0], None))
        for name in facts.names
        if name.chain and name.root in space and _is_of_user(type(space[name.root]))
    )


def _is_of_user(code: Any) -> bool:
    """Whether it is the user's class or function. A class may have a property in the place of its
    module's name."""
    return isinstance(getattr(code, "__module__", None), str) and is_local_code(code)


def _hands_on(code: CodeType, tables: Collection[str]) -> bool:
    """Whether code does anything with one of these tables as a whole but look something up in it,
    go through it, or give it to a function of Python's that only reads it: ``fill(CACHE)``."""
    steps = [step for step in dis.get_instructions(code) if step.opname not in _UNSEEN]
    for place, step in enumerate(steps):
        if step.opname == "LOAD_GLOBAL" and step.argval in tables:
            before = steps[place - 1].argval if place else ""
            then, later = ([step.opname for step in steps[place + 1 :]] + ["", ""])[:2]
            is_looked_up = then.startswith("LOAD_") and later.startswith(_LOOKING_UP)
            if not (then.startswith(_READING) or is_looked_up or before in _READERS):
                return True
    return False


_UNSEEN = frozenset({"CACHE", "EXTENDED_ARG", "NOP", "PRECALL", "PUSH_NULL", "RESUME"})
_READING = (
    *("LOAD_ATTR", "LOAD_METHOD", "GET_ITER", "CONTAINS_OP", "COMPARE_OP", "IS_OP"),
    *("POP_JUMP", "UNARY_NOT", "TO_BOOL", "FORMAT_VALUE", "BINARY_SLICE"),
)
_LOOKING_UP = ("BINARY_SUBSCR", "BINARY_OP")
_READERS = frozenset(
    [
        *("all", "any", "dict", "enumerate", "frozenset", "isinstance", "len", "list", "max"),
        *("min", "print", "range", "repr", "set", "sorted", "str", "sum", "tuple", "zip"),
    ]
)


def _sets_attributes(code: CodeType) -> bool:
    return any(step.opname == "STORE_ATTR" for step in dis.get_instructions(code))


def _state(module: ModuleType) -> str:
    from zenbook.core.closure import CodeClosure
    from zenbook.core.digest import Digester

    digester = Digester(CodeClosure())
    told = [*_told(vars(module), digester, _DEEPEST)]
    if REMEMBERS in told:
        return REMEMBERS
    return xxh3_128_hexdigest("\n".join(told).encode("utf-8", "surrogatepass"))


def _told(held: Mapping[str, Any], digester: Digester, depth: int) -> Iterator[str]:
    """What these names hold, a line for each value."""
    for name, value in sorted(held.items()):
        if name.startswith("__") or is_a(value, ModuleType):
            continue
        if isinstance(value, functools._lru_cache_wrapper):
            yield REMEMBERS if value.cache_info().currsize else name
        elif is_a(value, (staticmethod, classmethod)):
            yield from _told({name: value.__func__}, digester, depth)
        elif is_a(value, (FunctionType, type)):
            if depth and _is_of_user(value):
                for line in _told(_parts(value), digester, depth - 1):
                    yield REMEMBERS if line == REMEMBERS else f"{name}.{line}"
        else:
            yield f"{name} {_digest(value, digester)}"


def _parts(code: Any) -> dict[str, Any]:
    """What a class or function holds, by names."""
    if is_a(code, type):
        return dict(vars(code))
    cells = zip(code.__code__.co_freevars, cells_of(code), strict=True)
    closure = {f"closure {name}": content for name, content in cells if content is not MISSING}
    defaults = {"defaults": code.__defaults__, "more defaults": code.__kwdefaults__}
    return {**vars(code), **closure, **defaults}


def _digest(value: Any, digester: Digester) -> str:
    """A lock or an open file holds nothing that anybody could compare."""
    try:
        return digester.digest(value)
    except NotDigestible as error:
        return f"{type(value).__qualname__} {error.why}"
