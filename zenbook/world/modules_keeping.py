"""Which of the user's modules may keep something of a call for later calls in the same process.

Nobody can follow all that code does. So a module keeps something unless it is plain that it cannot:
its names hold nothing that changes or moves on, and its code assigns nothing but its own names and
attributes of objects that it has made. What it would keep can be seen where its own names, classes
and functions hold it; elsewhere (a library's objects, a global random state) it cannot.
"""

from __future__ import annotations

import dis
import enum
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    ModuleType,
)
from typing import TYPE_CHECKING, Any, Literal

from zenbook.core.closure_origin import is_local_code, is_local_module
from zenbook.core.closure_trace import MISSING, cells_of
from zenbook.core.code_facts import Name, codes_within, named_in
from zenbook.core.kinds import held_by_name, is_a
from zenbook.core.plain_values import is_value_type

if TYPE_CHECKING:
    from zenbook.core.code_facts import Change, CodeFacts

Where = Literal[0, 1, 2]
"""Where something may be kept: nowhere, where a module's names lead to it, or anywhere."""
NOWHERE: Where = 0
SEEN: Where = 1
UNSEEN: Where = 2

_GLOBAL = "a global"
_ATOMS = (bool, int, float, complex, str, bytes, type(None), type(...), range, slice)
_TABLES = (dict, list, set)
_STILL = frozenset(
    [
        *("__future__._Feature", "logging.Logger", "numpy._ArrayFunctionDispatcher"),
        *("numpy.ufunc", "re.Pattern", "types.GenericAlias", "types.UnionType"),
        *("builtins.method_descriptor", "builtins.wrapper_descriptor"),
        *("dataclasses._HAS_DEFAULT_FACTORY_CLASS", "dataclasses._MISSING_TYPE"),
    ]
)
_NOTING_WHO_IS_SHOWN = ("dataclasses", "reprlib")
"""Whose wrapper of a ``__repr__`` holds, while it runs, what it is called for."""
_OF_PYTHON = frozenset(
    [
        *("_field_defaults", "_hashable_values_", "_member_map_", "_member_names_"),
        *("_unhashable_values_", "_unhashable_values_map_", "_value2member_map_"),
    ]
)
"""Tables on the classes of named tuples and enumerations."""
_DESCRIBING = (GetSetDescriptorType, MemberDescriptorType)
_GIVEN_CLASSES = frozenset({"__class_getitem__", "__init_subclass__", "__new__"})
_ANYWHERE = frozenset(
    [
        *("__dict__", "__globals__", "__import__", "cache_clear", "cache_info", "ctypes"),
        *("delattr", "eval", "exec", "f_back", "f_globals", "gc", "globals", "import_module"),
        *("locals", "rvs", "sample", "setattr", "vars"),
    ]
)
_DRAWING = frozenset({"random", "numpy.random"})
_DRAWING_LIBRARIES = frozenset({"keras", "sklearn", "tensorflow", "torch"})
"""Whose objects draw from a global random state unless they are told another."""
_MAKING = frozenset(
    [
        *("BitGenerator", "Generator", "MT19937", "PCG64", "PCG64DXSM", "Philox", "Random"),
        *("RandomState", "SFC64", "SeedSequence", "SystemRandom", "default_rng"),
    ]
)
"""What makes a random state of one's own."""


def keeping(module: ModuleType) -> Where:
    """Where a call of a module's code may leave something."""
    held = _Held(module)
    found: Where = NOWHERE if held.is_still else SEEN
    for code, makes_itself in held.codes.items():
        found = max(found, _leaves(code, vars(module), held.tables, makes_itself))
    return found


def is_of_user(code: Any) -> bool:
    """Whether it is the user's class or function. A class may have a property in the place of its
    module's name."""
    return isinstance(getattr(code, "__module__", None), str) and is_local_code(code)


class _Held:
    """What a module's names hold: ``tables`` that hold nothing that changes, by their names; the
    ``codes`` of functions and methods, and whether their first argument is an object that no name
    of the module holds; and whether all the rest ``is_still``."""

    def __init__(self, module: ModuleType) -> None:
        self._space, self._name = vars(module), module.__name__
        self._met: dict[int, Any] = {}
        self.codes: dict[CodeType, bool] = {}
        own = {n: value for n, value in list(vars(module).items()) if _counts(n, value)}
        tables = (n for n, value in own.items() if type(value) in _TABLES)
        self.tables = frozenset(n for n in tables if self._are_still(_parts_of(own[n])))
        rest = [value for n, value in own.items() if n not in self.tables]
        self.is_still = self._are_still(rest)

    def _are_still(self, values: Iterable[Any]) -> bool:
        found = [self._is_still(value) for value in values]  # each is met, for its code
        return all(found)

    def _is_still(self, value: Any) -> bool:
        if type(value) in _ATOMS or id(value) in self._met:
            return True
        self._met[id(value)] = value
        if is_a(value, (tuple, frozenset)) and not held_by_name(value):
            return self._are_still(value)
        if is_a(value, type):
            return self._class(value)
        if is_a(value, FunctionType):
            return not is_of_user(value) or self._function(value)
        if is_a(value, BuiltinFunctionType):
            return value.__self__ is None or is_a(value.__self__, (ModuleType, type))
        if (parts := _code_in(value)) is not None:
            return self._are_still(parts)
        return is_a(value, (ModuleType, enum.Enum)) or _is_of_still_type(type(value))

    def _class(self, cls: type) -> bool:
        if not is_of_user(cls) or cls.__module__ != self._name:
            return True  # a library's, or looked at in its own module
        makes = not issubclass(cls, enum.Enum)
        found = [self._attribute(n, held, makes) for n, held in list(vars(cls).items())]
        return all(found) and not is_of_user(type(cls))

    def _attribute(self, name: str, held: Any, makes: bool) -> bool:
        if is_a(held, FunctionType):
            return self._function(held, makes and name not in _GIVEN_CLASSES)
        if is_a(held, (property, functools.cached_property)):
            functions = [f for f in _code_in(held) or () if is_a(f, FunctionType)]
            found = [self._function(function, makes) for function in functions]
            return all(found)
        if type(held).__module__ == "_abc" or not _counts(name, held):
            return True
        if is_a(held, _DESCRIBING) or type(held).__name__ == "_tuplegetter":
            return True
        is_pythons = name in _OF_PYTHON and _is_pythons(held)
        return is_pythons or self._is_still(held)

    def _function(self, function: FunctionType, makes_itself: bool = False) -> bool:
        if function.__globals__ is self._space:
            known = self.codes.get(function.__code__, True)
            self.codes[function.__code__] = known and makes_itself
        if function.__globals__.get("__name__") in _NOTING_WHO_IS_SHOWN:
            return self._are_still([vars(function).get("__wrapped__")])
        cells = [cell for cell in cells_of(function) if cell is not MISSING]
        named = (function.__kwdefaults__ or {}).values()
        parts = (*(function.__defaults__ or ()), *named, *cells, *vars(function).values())
        return self._are_still(parts) and not _binds_outside(function.__code__)


def _counts(name: str, value: Any) -> bool:
    is_code = is_a(value, FunctionType) or _code_in(value) is not None
    return is_code or not name.startswith("__")


def _parts_of(table: Any) -> list[Any]:
    return [*table, *table.values()] if type(table) is dict else [*table]


def _code_in(value: Any) -> list[Any] | None:
    """What an object consists of that only leads to code; None for any other."""
    if is_a(value, (staticmethod, classmethod)):
        return [value.__func__]
    if is_a(value, property):
        return [value.fget, value.fset, value.fdel]
    if is_a(value, functools.cached_property):
        return [value.func]
    if is_a(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    return None


def _is_pythons(held: Any) -> bool:
    """Whether it is what Python itself keeps on the classes of named tuples and enumerations."""
    if type(held) in (dict, list):
        return all(is_a(part, (enum.Enum, *_ATOMS)) for part in _parts_of(held))
    return False


def _is_of_still_type(kind: type) -> bool:
    named = f"{kind.__module__}.{kind.__name__}"
    return is_value_type(kind) or named in _STILL or kind.__module__ in ("typing", "numpy.dtypes")


def _binds_outside(code: CodeType) -> bool:
    """Whether a closure that is there already binds one of its names anew (``nonlocal``)."""
    outside = code.co_freevars
    return bool(outside) and any(
        step.opname in ("STORE_DEREF", "DELETE_DEREF") and step.argval in outside
        for each in codes_within(code)
        for step in dis.get_instructions(each)
    )


def _leaves(
    code: CodeType, space: Mapping[str, Any], tables: Collection[str], makes_itself: bool
) -> Where:
    """Where some code may leave something, with what is nested in it."""
    from zenbook.core.code_reader import facts_of

    facts = facts_of(code)
    if _reaches_anything(facts, space):
        return UNSEEN
    written = [store.partition(".")[0] for store in facts.stores]
    written += [change.root for change in facts.changes if _is_of_table(change, space)]
    found: Where = SEEN if written else NOWHERE
    if any(_is_library(space.get(root)) for root in written):
        return UNSEEN
    if any(_hands_on(each, tables) for each in codes_within(code)):
        found = SEEN
    if any(_is_reached_into(name, space) for name in facts.names):
        found = SEEN
    return max(found, _sets_attributes(code, makes_itself))


def _reaches_anything(facts: CodeFacts, space: Mapping[str, Any]) -> bool:
    """Whether code may change what no name of its module leads to."""
    if facts.dynamic or facts.runs_text or not _ANYWHERE.isdisjoint(named_in(facts)):
        return True
    bound = {one.bound for one in facts.imports}
    roots = {store.partition(".")[0] for store in facts.stores}
    if not bound.isdisjoint(roots.union(change.root for change in facts.changes)):
        return True
    if any(one.level or is_local_module(one.module) for one in facts.imports):
        return True
    modules = {f"{one.module}.{one.attribute}".strip(".") for one in facts.imports}
    if not (_DRAWING | _DRAWING_LIBRARIES).isdisjoint({*modules, *_roots(modules)}):
        return True
    return any(_draws(name, space.get(name.root)) for name in (*facts.names, *facts.taken))


def _is_of_table(change: Change, space: Mapping[str, Any]) -> bool:
    """Whether it changes what a name leads to: ``np.add(a, b)`` adds nothing to a module."""
    value = space.get(change.root, MISSING)
    if value is MISSING or change.way != "table":
        return value is not MISSING
    for name in change.chain:
        value = held_by_name(value).get(name, MISSING) if is_a(value, ModuleType) else MISSING
    return not is_a(value, (ModuleType, type))


def _roots(modules: Iterable[str]) -> Iterator[str]:
    return (module.partition(".")[0] for module in modules)


def _draws(name: Name, root: Any) -> bool:
    """Whether code may draw from a global random state by this name."""
    if (name.root, *name.chain[:1]) == ("sys", "modules"):
        return True
    owner = root.__name__ if is_a(root, ModuleType) else getattr(root, "__module__", None)
    if isinstance(owner, str) and owner.partition(".")[0] in _DRAWING_LIBRARIES:
        return True
    if root is not None and not is_a(root, ModuleType):
        return False  # a method of an object that is looked at itself
    path = (name.root, *name.chain)
    if root is not None and root.__name__ in _DRAWING:
        path = ("random", *name.chain)
    later = [path[place + 1 : place + 2] for place, part in enumerate(path) if part == "random"]
    return any(not then or then[0] not in _MAKING for then in later)


def _is_library(value: Any) -> bool:
    """Whether it is a library's module, class or function."""
    if is_a(value, (ModuleType, type, FunctionType, BuiltinFunctionType)):
        return not is_of_user(value) if not is_a(value, ModuleType) else not is_local_code(value)
    return False


def _is_reached_into(name: Name, space: Mapping[str, Any]) -> bool:
    """Whether it is another module of the user's as a whole, or what may change in one."""
    module = space.get(name.root)
    if not is_a(module, ModuleType) or not is_local_code(module):
        return False
    held = vars(module).get(name.chain[0], MISSING) if name.chain else MISSING
    is_code = is_a(held, (FunctionType, type, ModuleType))
    return not is_code and type(held) not in _ATOMS


def _hands_on(code: CodeType, tables: Collection[str]) -> bool:
    """Whether code does anything with one of these tables as a whole but look something up in it,
    go through it, or give it to a function of Python's that only reads it: ``fill(CACHE)``."""
    steps = [step for step in dis.get_instructions(code) if step.opname not in _PASSED_OVER]
    for place, step in enumerate(steps):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and step.argval in tables:
            before = steps[place - 1].argval if place else ""
            after, later = (*steps[place + 1 : place + 3], None, None)[:2]
            then = after.opname if after is not None else ""
            is_looked_up = then.startswith("LOAD_") and (
                later is not None and later.opname.startswith(_LOOKING_UP)
            )
            if then in ("LOAD_ATTR", "LOAD_METHOD"):
                is_looked_up = after is not None and after.argval in _ASKING
            if not (then.startswith(_READING) or is_looked_up or before in _READERS):
                return True
    return False


_PASSED_OVER = frozenset({"CACHE", "EXTENDED_ARG", "NOP", "PRECALL", "PUSH_NULL", "RESUME"})
_READING = (
    *("GET_ITER", "CONTAINS_OP", "COMPARE_OP", "IS_OP"),
    *("POP_JUMP", "UNARY_NOT", "TO_BOOL", "FORMAT_VALUE", "BINARY_SLICE"),
)
_LOOKING_UP = ("BINARY_SUBSCR", "BINARY_OP")
_ASKING = frozenset(
    [
        *("copy", "count", "difference", "get", "index", "intersection", "isdisjoint", "issubset"),
        *("issuperset", "items", "keys", "symmetric_difference", "union", "values"),
    ]
)
_READERS = frozenset(
    [
        *("all", "any", "dict", "enumerate", "frozenset", "isinstance", "len", "list", "max"),
        *("min", "print", "range", "repr", "set", "sorted", "str", "sum", "tuple", "zip"),
    ]
)


def _sets_attributes(code: CodeType, makes_itself: bool) -> Where:
    """Where the objects are that code sets attributes of: one that it was given may be the
    module's; what else it can say of none may be anybody's."""
    found: Where = NOWHERE
    own = code.co_varnames[:1] if makes_itself and code.co_argcount else ()
    for each in codes_within(code):
        steps = [step for step in dis.get_instructions(each) if step.opname not in _PASSED_OVER]
        given = each.co_varnames[: each.co_argcount + each.co_kwonlyargcount]
        for place, step in enumerate(steps):
            if step.opname not in ("STORE_ATTR", "DELETE_ATTR"):
                continue
            name = _receiver(steps, place)
            if name not in own and name != _GLOBAL:
                found = max(found, SEEN if name in given else UNSEEN)
    return found


def _receiver(steps: list[dis.Instruction], place: int) -> str:
    """The local name of the object whose attribute is set, "a global" if such a name leads to it;
    "" if it is neither."""
    at = place - 1
    if steps[at].opname == "SWAP":  # self.n += 1
        named = (i for i in range(at, 1, -1) if steps[i].opname == "LOAD_ATTR")
        at = next((i - 2 for i in named if steps[i].argval == steps[place].argval), at)
    before = steps[at]
    while at and steps[at].opname == "LOAD_ATTR":
        at -= 1
    if steps[at].opname in ("LOAD_GLOBAL", "LOAD_NAME"):
        return _GLOBAL  # which the code's facts tell
    if not before.opname.startswith(("LOAD_FAST", "LOAD_DEREF", "STORE_FAST_LOAD_FAST")):
        return ""
    return str(before.argval[-1] if isinstance(before.argval, tuple) else before.argval)
