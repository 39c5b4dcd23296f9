"""What an object met under a name is: code to be followed, something installed, or a value."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from types import (
    BuiltinFunctionType,
    FunctionType,
    GenericAlias,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    UnionType,
    WrapperDescriptorType,
)
from typing import Any

from zenbook.core.closure_class import class_members, registered_with, value_in
from zenbook.core.closure_collect import Collector, Token
from zenbook.core.closure_named import class_told, last_name, names_of_class
from zenbook.core.closure_origin import (
    SHELLS,
    identity_of,
    is_local_code,
    is_local_file,
    is_local_module,
    library_of,
)
from zenbook.core.closure_subclasses import making_hook, registry_in
from zenbook.core.closure_trace import MISSING, cell_content, cells_of, is_atom
from zenbook.core.closure_wrappers import held_by_wrapper
from zenbook.core.code_digest import constant_key
from zenbook.core.code_facts import Name
from zenbook.core.code_reader import facts_of
from zenbook.core.kinds import MEMOIZED, is_a, is_type_by_name, made_around, told_by
from zenbook.core.made_classes import is_made_by_library
from zenbook.core.source_helpers import Given

_BUILTINS = (BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType)
_SLOTS = (MemberDescriptorType, GetSetDescriptorType)
_HARMLESS = frozenset(
    {
        "_io.TextIOWrapper",
        "_thread.RLock",
        "_thread.lock",
        "logging.Logger",
        "logging.RootLogger",
        "threading.Condition",
        "threading.Event",
        "threading.Semaphore",
        "threading._RLock",
        "weakref.WeakKeyDictionary",
        "weakref.WeakSet",
        "weakref.WeakValueDictionary",
    }
)
"""Types of module constants that carry no result."""
_MOST_DECORATORS = 20
_TOLD_MORE = frozenset({"joblib", "numba"})
"""Libraries whose callables count by how they were set up, too, beside the function within."""
_OF_SHELL = re.compile(r"(IPython|ipykernel)\..*\.(display|get_ipython)")
_HISTORY = re.compile(r"_+|_i*\d*|_[dio]h|_exit_code|In|Out|exit|quit|get_ipython|__.*")


class Objects(Collector):
    """Tells objects apart; functions of the user are described by the walk that builds on this."""

    def meaning(self, text: str, value: Any) -> Token:
        """What an object met under this name is."""
        if value is MISSING:
            return ("empty",)
        if type(value) is Given:
            return ("value", value.name)
        if is_a(value, FunctionType):
            return self.node(f"{text}()", value, self.describe_function)
        if is_a(value, type):
            if is_made_by_library(value):
                return self.constant(text, value)
            if not is_local_code(value):
                return self.installed(value)
            return self.node(text, value, self.describe_class)
        if is_a(value, ModuleType):
            if not is_local_code(value):
                self.reach(value.__name__)
                return self.installed(value)
            return self.node(text, value, self.describe_module)
        if is_a(value, MethodType):
            return self._method(text, value)
        if is_a(value, _BUILTINS):
            return self._builtin(text, value)
        return self._object(text, value)

    def wrapped(self, name: Name, cells: Mapping[str, Any], label: str) -> Token | None:
        """A function of the user's that a closure calls by a name of its own, as ``f`` in what a
        decorator makes. It is called as the user calls it: where that is what the wrapper is
        called, it is a part of that, with the wrappers in between."""
        value = cell_content(cells[name.root]) if name.root in cells else MISSING
        if name.scope != "free" or not is_a(value, FunctionType) or not is_local_function(value):
            return None
        known, own = value.__name__, id(value)
        free = own not in self.labels and own not in self.inside
        if free and _leads_to(value, last_name(label)):
            self.inside.add(own)
            told = self.describe_function(value, label)
            self.inside.discard(own)
            return ("wrapped", told)
        return None if known in ("<lambda>", name.root) else self.meaning(known, value)

    # -------------------------------------------------------------- single objects

    def _object(self, text: str, value: Any) -> Token:
        kind = type(value)
        package = library_of(kind)
        if package == "zenbook":
            wrapped = told_by(value, "__wrapped__")
            return ("installed", kind.__name__) if wrapped is None else self.meaning(text, wrapped)
        if is_type_by_name(value) and is_local_module(told_by(value, "__module__")):
            return self.constant(text, value)
        if package in SHELLS or kind is GenericAlias or kind is UnionType:
            return ("installed", f"{kind.__module__}.{kind.__qualname__} {_stable_text(value)}")
        if f"{kind.__module__}.{kind.__qualname__}" in _HARMLESS:
            return ("harmless", kind.__qualname__, _name_shown(value))
        if kind is ContextVar:
            return self._context_variable(text, value)
        if inner := made_around(value):
            names = (text, str(told_by(inner[1], "__name__") or text))
            return ("wrapped", kind.__name__, *map(self.meaning, names, inner))
        if callable(value) and kind is not functools.partial and not is_local_code(kind):
            return self._installed_callable(text, value)
        return self.constant(text, value)

    def _context_variable(self, text: str, value: ContextVar[Any]) -> Token:
        """What it stands for in this context, where that is nothing its default."""
        held = _held_in_context(value)
        self.stale.append(lambda: _held_in_context(value) is not held)
        if held is MISSING:
            return ("empty",)
        return ("holds", self.constant(text, held, soft=True))

    def _installed_callable(self, text: str, value: Any) -> Token:
        """A library's callable object: its own (a ufunc), or one made around a user's function."""
        if type(value) is MEMOIZED:
            self.memoized.append(value)
        wrapped = told_by(value, "__wrapped__")
        if _is_users_function(wrapped):
            inside = self.meaning(text, wrapped)
            if library_of(type(value)) in _TOLD_MORE:
                return ("set up", inside, self.constant(text, value))
            given = value.cache_parameters() if type(value) is MEMOIZED else {}
            return ("wrapped", identity_of(type(value)), inside, tuple(given.items()))
        name = told_by(value, "__name__")
        homes = (told_by(value, "__module__"), library_of(type(value)))
        for home in homes:
            module = sys.modules.get(home) if isinstance(home, str) else None
            if isinstance(name, str) and getattr(module, name, MISSING) is value:
                return ("installed", f"{home}.{name}", self.installed(type(value))[1])
        return self.constant(text, value)

    def _method(self, text: str, value: MethodType) -> Token:
        owner = value.__self__
        if library_of(type(owner)) in SHELLS:
            return ("installed", identity_of(value))
        function = self.meaning(text, value.__func__)
        return ("method", function, self.meaning(f"{text}.__self__", owner))

    def _builtin(self, text: str, value: Any) -> Token:
        owner = getattr(value, "__self__", None)
        if owner is None or is_a(owner, (ModuleType, type)):
            if value.__name__ in _LOOKS and getattr(owner, "__name__", "") in ("posix", "nt"):
                self.asks.add(text)  # out of os at a time when nobody could hear what it looks at
            return self.installed(value)
        if owner is _global_generator():
            return self.installed(value)  # numpy.random.rand: its state is a read of its own
        self.reading.names.add(value.__name__)  # as if it were called by that name
        return ("method", value.__name__, self.meaning(f"{text}.__self__", owner))

    # -------------------------------------------------------------- a library's function

    def installed_function(self, function: FunctionType, label: str) -> Token:
        """A library's function, with local functions that it wraps or closes over."""
        self.hold(function)
        name = label.removesuffix("()")
        token = self.installed(function)
        identity = f"{function.__globals__.get('__name__')}.{function.__code__.co_qualname}"
        registry: Any = getattr(function, "registry", None)
        if is_a(registry, (Mapping,)) and hasattr(function, "dispatch"):
            return ("dispatch", identity, self._registry(name, registry))
        told: list[Token] = []
        free = dict(zip(function.__code__.co_freevars, cells_of(function), strict=True))
        is_decorated = any(map(_is_users_function, free.values()))
        for variable, value in free.items():
            if is_a(value, (FunctionType, type, MethodType)):
                told.append((variable, self.meaning(name, value)))
            elif value is not MISSING and _is_setting(value):
                told.append((variable, self.constant(f"{name}.{variable}", value, soft=True)))
            elif value is not MISSING and is_decorated:
                told.append((variable, held_by_wrapper(self, f"{name}.{variable}", value)))
        return ("installed", identity, token[1], tuple(told))

    def _registry(self, name: str, registry: Mapping[type, Any]) -> Token:
        """The implementations of ``functools.singledispatch`` by type."""
        self.watch_folder(registry)
        entries = sorted(registry.items(), key=lambda entry: identity_of(entry[0]))
        return tuple(
            (self.meaning(kind.__name__, kind), self.meaning(f"{name}[{kind.__name__}]", made))
            for kind, made in entries
        )

    # -------------------------------------------------------------- classes

    def describe_class(self, cls: type, label: str) -> Token:
        """A class: bases, metaclass and members. Values that can change are parts of their own."""
        self.watch_folder(vars(cls))
        self.watch_folder(vars(cls).get("__dataclass_fields__", {}))
        self.described.append((label, cls))
        bases = self.watch(lambda: cls.__bases__)
        self.watch(lambda: names_of_class(cls))
        kind = type(cls)
        return (
            "class",
            cls.__name__,
            tuple(self.meaning(base.__name__, base) for base in bases if base is not object),
            () if kind is type else self.meaning(kind.__name__, kind),
            tuple((name, self._member_of(cls, label, name, m)) for name, m in class_members(cls)),
            *(("registered", one) for one in self.watch(lambda: registered_with(cls))),
            *class_told(cls),
        )

    def held_by_class(self, cls: Any, name: str) -> Any:
        """The value that a class of the user's has under this name, which then is all that counts
        of the class; MISSING if this is no such class, or what it has there is no value."""
        found = value_in(cls, name)
        if found is None or registry_in(cls, name, name):
            return MISSING
        self.keep += cls.__mro__[: len(found[0])]  # compared after the step, as all used classes
        self.watch(functools.partial(getattr, cls, "__mro__"))
        looked, held = found
        self.bindings += looked
        return held

    def _member_of(self, cls: type, label: str, name: str, value: Any) -> Token:
        """A member of a class; what only counts for some code is described when that is met."""
        text = f"{label}.{name}"
        hook = making_hook(cls, name, value)
        if hook is not None and is_local_function(hook):
            self.hold(hook)
            self.hooks.append((f"{text}()", hook))
            return ("hook", facts_of(hook.__code__).digest)
        registry = functools.partial(registry_in, cls, name, text)
        if self.watch(lambda: registry() is not None) and (found := registry()):
            self.registries.append(found)
            return ("registry",)
        return self._member(text, value)

    def _member(self, text: str, value: Any) -> Token:
        if is_a(value, FunctionType):
            return self.describe_function(value, f"{text}()")
        if is_a(value, (staticmethod, classmethod)):
            return (type(value).__name__, self._member(text, value.__func__))
        if is_a(value, property):
            accessors = (value.fget, value.fset, value.fdel)
            return ("property", *(self._member(text, accessor) for accessor in accessors))
        if is_a(value, functools.cached_property):
            return ("cached_property", self._member(text, value.func))
        if is_a(value, functools.singledispatchmethod):
            return ("dispatch", self._member(text, value.dispatcher))
        if is_a(value, _SLOTS):
            return ("slot",)
        if is_atom(value):
            return ("atom", constant_key(value))
        return self.meaning(text, value)

    # -------------------------------------------------------------- modules and namespaces

    def describe_module(self, module: ModuleType, label: str) -> Token:
        """A local module taken whole."""
        if label != "itself":
            self.widened[f"{label} is used as a whole: all of it counts"] = None
            self.described.append((label, module))
        return self.all_of(vars(module), "" if label == "itself" else f"{label}.")

    def all_of(self, space: Mapping[str, Any], prefix: str = "") -> Token:
        """Everything a namespace holds, without IPython's history and the module's own facts."""
        self.watch_folder(space)
        told: list[Token] = []
        for name, value in sorted(space.items()):
            if _HISTORY.fullmatch(name) and name != "__getattr__":
                continue
            token = self.meaning(f"{prefix}{name}", value)
            if token[0] == "value":
                self.soft.add(token[1])
            told.append((name, token))
        return ("all", tuple(told))


_LOOKS = frozenset({"stat", "lstat", "access", "readlink"})


def _global_generator() -> Any:
    """What ``numpy.random.rand`` draws from; a mark of its own if numpy is not loaded."""
    return getattr(sys.modules.get("numpy.random.mtrand"), "_rand", MISSING)


def _held_in_context(variable: ContextVar[Any]) -> Any:
    try:
        return variable.get()
    except LookupError:
        return MISSING


def is_local_function(function: FunctionType) -> bool:
    """Whether a function's code was written by the user, whatever name ``wraps`` gave it."""
    file = function.__code__.co_filename
    if file.startswith("<"):
        return is_local_module(function.__module__) or _is_generated(function)
    home = str(function.__globals__.get("__name__", ""))
    return is_local_file(file) and home.partition(".")[0] != "zenbook"


def _is_generated(function: FunctionType) -> bool:
    """Whether a library made it by ``exec`` for this value: its globals are no module's."""
    home = sys.modules.get(str(function.__globals__.get("__name__")))
    return getattr(home, "__dict__", None) is not function.__globals__


def is_local_thing(value: Any) -> bool:
    """Whether a function or class is the user's own."""
    value = told_by(value, "__func__") or value
    return is_local_function(value) if is_a(value, FunctionType) else is_local_code(value)


def _is_users_function(value: Any) -> bool:
    """Whether this is a function of the user's, or what decorators have made of one."""
    for _ in range(_MOST_DECORATORS):
        inner = told_by(value, "__wrapped__")
        if not is_a(inner, (FunctionType, MethodType)):
            break
        value = inner
    return is_a(value, (FunctionType, MethodType)) and is_local_thing(value)


def _leads_to(function: FunctionType, name: str, most: int = 4) -> bool:
    """Whether a function has this name, or closes over one that has, or that does so."""
    if function.__name__ == name:
        return True
    held = (one for one in cells_of(function) if most and is_a(one, FunctionType))
    return any(_leads_to(one, name, most - 1) for one in held)


def is_told(function: FunctionType, name: str, value: Any) -> bool:
    """Whether an attribute counts for a function: one of the user's, a signature that is given to
    it, and what it says it wraps where that is not what it calls."""
    if name == "__wrapped__":
        return not any(value is held for held in cells_of(function))
    return name == "__signature__" or not name.startswith("__")


def is_shells(value: Any) -> bool:
    """Whether IPython has put it into the notebook."""
    if is_a(value, FunctionType) and getattr(value, "__wrapped__", None) is open:
        return str(value.__globals__.get("__name__")) == "IPython.core.interactiveshell"
    return _OF_SHELL.fullmatch(identity_of(value)) is not None


def _name_shown(value: Any) -> str:
    """The name of a logger, which formats show; "" for a module's, which tells where it stands."""
    name = value.name if type(value).__module__ == "logging" else ""
    return "" if name in sys.modules else name


def _is_setting(value: Any) -> bool:
    """Whether a library's wrapper closes over this as a setting of its user, not for itself."""
    return is_atom(value) or type(value) in (dict, list, tuple) or is_local_code(type(value))


def _stable_text(value: Any) -> str:
    text = repr(value)
    return "" if " at 0x" in text else text
