"""One walk from a function, a cell's code or a class to everything it uses.

Breadth first, names in alphabetical order, so that what a thing is called does not depend on
chance: the first reference names it, and two things of one name are numbered as they are met.
A used function's or class's own digest covers its code and *which* things its names mean, by
their labels in this walk; those things have digests of their own. So cycles need no special
care, and a change shows at the one thing that changed.
"""

from __future__ import annotations

import builtins
import functools
import re
import sys
from collections import deque
from collections.abc import Callable, Mapping
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

from xxhash import xxh3_128_hexdigest

from zenbook.core.closure_class import class_members
from zenbook.core.closure_origin import (
    identity_of,
    is_local_code,
    is_local_file,
    is_local_module,
    package_of,
)
from zenbook.core.closure_static import StaticModules, resolve
from zenbook.core.closure_trace import (
    MISSING,
    Trace,
    cell_content,
    cells_of,
    is_atom,
    preview_of,
)
from zenbook.core.code_digest import CodeFacts, Import, Name, constant_key, facts_of
from zenbook.model import Part

Token = tuple[Any, ...]
"""What a reference means, as nested text: ``("node", "helper()")``, ``("installed", "numpy")``."""

_BUILTINS = (BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType)
_SLOTS = (MemberDescriptorType, GetSetDescriptorType)
_HARMLESS = frozenset(
    {
        "_contextvars.ContextVar",
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
_SHELLS = frozenset({"IPython", "ipykernel", "typing", "zenbook"})
_HISTORY = re.compile(r"_+|_i*\d*|_[dio]h|_exit_code|In|Out|exit|quit|get_ipython|__.*")


class Walk:
    """The state of one walk; :meth:`trace` makes it and gives what it found."""

    def __init__(
        self,
        root: Any,
        namespace: Mapping[str, Any] | None,
        static: StaticModules,
        as_value: bool = False,
    ) -> None:
        self.root = root
        self.as_value = as_value
        self.namespace: Mapping[str, Any] = {} if namespace is None else namespace
        self.static = static
        self.waiting: deque[tuple[str, Callable[[], Token]]] = deque()
        self.labels: dict[int, str] = {}
        self.taken: set[str] = set()
        self.parts: list[Part] = []
        self.whole: list[Token] = []
        self.constants: dict[str, Any] = {}
        self.soft: set[str] = set()
        self.literals: dict[str, None] = {}
        self.packages: set[str] = set()
        self.stores: set[str] = set()
        self.widened: list[str] = []
        self.bindings: list[tuple[Mapping[str, Any], str, Any]] = []
        self.functions: list[tuple[FunctionType, Any, Any, Any, tuple[Any, ...]]] = []
        self.folders: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []
        self.stale: list[Callable[[], bool]] = []
        self.keep: list[Any] = [root, namespace]

    def trace(self) -> Trace:
        """Walk, and give everything found."""
        self._start()
        while self.waiting:
            label, describe = self.waiting.popleft()
            self.parts.append(Part("use", label, digest_of(describe())))
        return Trace(
            tuple(self.keep),
            tuple(self.whole),
            tuple(self.parts),
            tuple(self.constants.items()),
            frozenset(self.soft),
            tuple(self.literals),
            frozenset(self.packages),
            tuple(sorted(self.stores)),
            tuple(dict.fromkeys(self.widened)),
            tuple(self.bindings),
            tuple(self.functions),
            tuple(self.folders),
            tuple(self.stale),
            {name: preview_of(name, value) for name, value in self.constants.items()},
        )

    def _start(self) -> None:
        root = self.root
        if isinstance(root, FunctionType):
            self.labels[id(root)] = "itself"
            self.whole.append(self._function(root, "", direct=not self.as_value))
        elif isinstance(root, CodeType):
            self._code(facts_of(root), self.namespace, {}, "", direct=True)
        elif isinstance(root, type) and is_local_code(root):
            self.labels[id(root)] = "itself"
            self.whole.append(self._class(root, root.__name__))
        elif isinstance(root, ModuleType) and is_local_code(root):
            self.labels[id(root)] = "itself"
            self.whole.append(self._module(root, ""))
        else:
            self.whole.append(self.meaning("value", root))

    # -------------------------------------------------------------- code

    def _function(self, function: FunctionType, label: str, direct: bool = False) -> Token:
        """A function: its code, what its names mean, its defaults and attributes.

        A step's own defaults (``direct``) are inputs of the step and no part of its code.
        """
        if not is_local_function(function):
            return self._installed_function(function, label)
        self._hold(function)
        code = function.__code__
        cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
        facts = facts_of(code)
        names = self._code(facts, function.__globals__, cells, label, direct)
        extra = () if direct else self._extra(function, label)
        return ("code", facts.digest, names, extra)

    def _hold(self, function: FunctionType) -> None:
        named = function.__kwdefaults__
        self.functions.append(
            (
                function,
                function.__code__,
                function.__defaults__,
                dict(named) if named else named,
                cells_of(function),
            )
        )
        if vars(function):
            self.folders.append((vars(function), dict(vars(function))))

    def _extra(self, function: FunctionType, label: str) -> Token:
        prefix = label.removesuffix("()")
        told: list[Token] = []
        for place, value in enumerate(function.__defaults__ or ()):
            told.append(("default", place, self.meaning(f"{prefix}(…)", value)))
        for name, value in sorted((function.__kwdefaults__ or {}).items()):
            told.append(("default", name, self.meaning(f"{prefix}({name})", value)))
        for name, value in sorted(vars(function).items()):
            if name != "__wrapped__" and not name.startswith("__"):
                told.append(("attribute", name, self.meaning(f"{prefix}.{name}", value)))
        return tuple(told)

    def _code(
        self,
        facts: CodeFacts,
        space: Mapping[str, Any],
        cells: Mapping[str, Any],
        label: str,
        direct: bool = False,
    ) -> Token:
        """What the names of some code mean."""
        self.literals.update(dict.fromkeys(facts.strings))
        self.stores.update(facts.stores)
        told: list[Token] = []
        for name in facts.names:
            token = self._name(name, space, cells)
            if token is not None:
                told.append((name.text, token))
                if direct:
                    self._direct(name, token)
        for entry in facts.imports:
            token = self._import(entry, space)
            told.append((entry.bound, token))
            if direct:
                self._direct(Name(entry.bound or entry.module), token)
        told += self._dynamic(facts, space, cells, label)
        return tuple(told)

    def _direct(self, name: Name, token: Token) -> None:
        """A part for what the step itself names, unless the thing has one under that very name."""
        if token[0] == "itself":
            return
        text = name.root if token[0] == "installed" else name.text
        if token[0] in ("node", "value") and token[1] in (text, f"{text}()"):
            return
        if token[0] in ("node", "value") and text.startswith(f"{token[1].removesuffix('()')}."):
            return
        part = Part("use", text, digest_of(token))
        if part not in self.parts:
            self.parts.append(part)

    def _dynamic(
        self, facts: CodeFacts, space: Mapping[str, Any], cells: Mapping[str, Any], label: str
    ) -> list[Token]:
        told: list[Token] = []
        for text in facts.runs_text:
            try:
                code = compile(text, "<text>", "exec", dont_inherit=True)
            except (SyntaxError, ValueError):
                continue  # it will raise when it is run
            told.append(("text", self._code(facts_of(code), space, cells, label)))
        if facts.dynamic:
            reason = ", ".join(f"{name}()" for name in facts.dynamic)
            self.widened.append(f"{label or 'the step'} calls {reason}: its whole module counts")
            told.append(self._space(space))
            if {"__import__", "import_module"} & set(facts.dynamic):
                told += self._loaded_modules()
        return told

    def _loaded_modules(self) -> list[Token]:
        """Every local module there is: one of them may be imported by a computed name."""
        names = [name for name, module in sorted(sys.modules.items()) if module is not None]
        return [
            self.meaning(name, sys.modules[name])
            for name in names
            if name not in ("__main__", "__mp_main__") and is_local_module(name)
        ]

    # -------------------------------------------------------------- names

    def _name(self, name: Name, space: Mapping[str, Any], cells: Mapping[str, Any]) -> Token | None:
        """What a name with its attributes means; None for a builtin."""
        if name.scope == "free":
            value = cell_content(cells[name.root]) if name.root in cells else MISSING
            return self._path(name.root, value, name.chain)
        value = space.get(name.root, MISSING)
        if name.root.startswith("__") and name.root.endswith("__"):
            return None  # __name__, __file__: position, not code
        self.bindings.append((space, name.root, value))
        if value is MISSING:
            return None if hasattr(builtins, name.root) else ("missing",)
        return self._path(name.root, value, name.chain)

    def _path(self, text: str, value: Any, chain: tuple[str, ...]) -> Token:
        """Follow attributes as long as the object is a module."""
        for place, attribute in enumerate(chain):
            if not isinstance(value, ModuleType) or value is MISSING:
                break
            if not is_local_code(value):
                return self._installed_path(text, value, chain[place:])
            found = vars(value).get(attribute, MISSING)
            self.bindings.append((vars(value), attribute, found))
            if found is MISSING:
                return self._absent(text, value, attribute)
            text, value = f"{text}.{attribute}", found
        return self.meaning(text, value)

    def _absent(self, text: str, module: ModuleType, attribute: str) -> Token:
        """An attribute a local module does not have (yet): a submodule, or one computed."""
        below = f"{module.__name__}.{attribute}"
        if below in sys.modules:
            return self.meaning(f"{text}.{attribute}", sys.modules[below])
        if "__getattr__" in vars(module):
            return ("computed", self.meaning(text, module))
        if hasattr(module, "__path__") and self.static.find(below) is not None:
            return self._static_module(f"{text}.{attribute}", below)
        return ("missing",)

    def _installed_path(self, text: str, module: ModuleType, chain: tuple[str, ...]) -> Token:
        """An attribute of an installed module: its name is code already, unless it was patched."""
        value: Any = module
        followed: list[tuple[Mapping[str, Any], str, Any]] = []
        for attribute in chain:
            if not isinstance(value, ModuleType):
                break
            space = vars(value)
            value = space.get(attribute, MISSING)
            followed.append((space, attribute, value))
        if isinstance(value, (FunctionType, type)) and is_local_thing(value):
            self.bindings += followed
            return self.meaning(".".join((text, *chain[: len(followed)])), value)
        return self._installed(module)

    def _installed(self, value: Any) -> Token:
        name = getattr(value, "__module__", None)
        self.packages.add(package_of(value.__name__ if isinstance(value, ModuleType) else name))
        self.packages.discard("")
        return ("installed", identity_of(value))

    # -------------------------------------------------------------- objects

    def meaning(self, text: str, value: Any) -> Token:
        """What an object met under this name is."""
        if value is MISSING:
            return ("empty",)
        if isinstance(value, FunctionType):
            return self._node(f"{text}()", value, self._function)
        if isinstance(value, type):
            if not is_local_code(value):
                return self._installed(value)
            return self._node(text, value, self._class)
        if isinstance(value, ModuleType):
            if not is_local_code(value):
                return self._installed(value)
            return self._node(text, value, self._module)
        if isinstance(value, MethodType):
            return self._method(text, value)
        if isinstance(value, _BUILTINS):
            return self._builtin(text, value)
        return self._object(text, value)

    def _object(self, text: str, value: Any) -> Token:
        kind = type(value)
        if kind.__name__ == "_lru_cache_wrapper":
            return self.meaning(text, value.__wrapped__)
        if kind.__module__.partition(".")[0] == "zenbook":
            wrapped = getattr(value, "__wrapped__", None)
            return ("installed", kind.__name__) if wrapped is None else self.meaning(text, wrapped)
        if kind.__module__.partition(".")[0] in _SHELLS:
            return ("installed", f"{kind.__module__}.{kind.__qualname__} {_stable_text(value)}")
        if f"{kind.__module__}.{kind.__qualname__}" in _HARMLESS:
            return ("harmless", kind.__qualname__)
        return self._constant(text, value)

    def _method(self, text: str, value: MethodType) -> Token:
        owner = value.__self__
        if type(owner).__module__.partition(".")[0] in _SHELLS:
            return ("installed", identity_of(value))
        return (
            "method",
            self.meaning(text, value.__func__),
            self.meaning(f"{text}.__self__", owner),
        )

    def _builtin(self, text: str, value: Any) -> Token:
        owner = getattr(value, "__self__", None)
        if owner is None or isinstance(owner, (ModuleType, type)):
            return self._installed(value)
        if type(owner).__module__.partition(".")[0] == "numpy":
            return self._installed(value)  # numpy.random.rand: its state is a read of its own
        return ("method", value.__name__, self.meaning(f"{text}.__self__", owner))

    def _constant(self, text: str, value: Any, soft: bool = False) -> Token:
        label = text
        number = 1
        while label in self.constants and self.constants[label] is not value:
            number += 1
            label = f"{text}#{number}"
        if soft and label not in self.constants:
            self.soft.add(label)
        self.constants[label] = value
        return ("value", label)

    def _node(self, text: str, value: Any, describe: Callable[[Any, str], Token]) -> Token:
        """A thing with a part of its own, described when its turn comes."""
        label = self.labels.get(id(value))
        if label is None:
            label, number = text, 1
            while label in self.taken:
                number += 1
                label = f"{text}#{number}"
            self.taken.add(label)
            self.labels[id(value)] = label
            self.keep.append(value)
            self.waiting.append((label, functools.partial(describe, value, label)))
        return ("itself",) if label == "itself" else ("node", label)

    # -------------------------------------------------------------- installed, with local things in

    def _installed_function(self, function: FunctionType, label: str) -> Token:
        """A library's function, with local functions that it wraps or closes over."""
        self._hold(function)
        name = label.removesuffix("()")
        module = function.__globals__.get("__name__")
        self.packages.add(package_of(module))
        self.packages.discard("")
        identity = f"{module}.{function.__code__.co_qualname}"
        registry = getattr(function, "registry", None)
        if isinstance(registry, Mapping) and hasattr(function, "dispatch"):
            return ("dispatch", identity, self._registry(name, function, registry))
        told: list[Token] = []
        free = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        for variable, cell in free:
            value = cell_content(cell)
            if isinstance(value, (FunctionType, type, MethodType, functools.partial)):
                told.append((variable, self.meaning(f"{name}", value)))
            elif value is not MISSING and _is_setting(value):
                told.append((variable, self._constant(f"{name}.{variable}", value, soft=True)))
        return ("installed", identity, tuple(told))

    def _registry(self, name: str, function: Any, registry: Mapping[type, Any]) -> Token:
        """The implementations of ``functools.singledispatch`` by type."""
        self.folders.append((registry, dict(registry)))
        entries = sorted(registry.items(), key=lambda entry: identity_of(entry[0]))
        return tuple(
            (
                self.meaning(cls.__name__, cls),
                self.meaning(f"{name}[{cls.__name__}]", implementation),
            )
            for cls, implementation in entries
        )

    # -------------------------------------------------------------- classes, modules, namespaces

    def _class(self, cls: type, label: str) -> Token:
        self.folders.append((vars(cls), dict(vars(cls))))
        bases = tuple(self.meaning(b.__name__, b) for b in cls.__bases__ if b is not object)
        kind = type(cls)
        meta = () if kind is type else self.meaning(kind.__name__, kind)
        held = cls.__bases__
        self.stale.append(lambda: cls.__bases__ != held)
        members = tuple(
            (name, self._member(f"{label}.{name}", value)) for name, value in class_members(cls)
        )
        return ("class", cls.__name__, bases, meta, members)

    def _member(self, text: str, value: Any) -> Token:
        """One attribute of a class: methods are part of it, values that can change are not."""
        if isinstance(value, FunctionType):
            return self._function(value, f"{text}()")
        if isinstance(value, (staticmethod, classmethod)):
            return (type(value).__name__, self._member(text, value.__func__))
        if isinstance(value, property):
            accessors = (value.fget, value.fset, value.fdel)
            return ("property", *(self._member(text, accessor) for accessor in accessors))
        if isinstance(value, functools.cached_property):
            return ("cached_property", self._member(text, value.func))
        if isinstance(value, functools.singledispatchmethod):
            return (
                "dispatch",
                self._member(text, value.dispatcher.dispatch(object)),
                self._member(text, value.dispatcher),
            )
        if isinstance(value, _SLOTS):
            return ("slot",)
        if is_atom(value):
            return ("atom", constant_key(value))
        return self.meaning(text, value)

    def _module(self, module: ModuleType, label: str) -> Token:
        """A local module taken whole."""
        if label:
            self.widened.append(f"{label} is used as a whole: all of it counts")
        return self._space(vars(module), label)

    def _space(self, space: Mapping[str, Any], label: str = "") -> Token:
        self.folders.append((space, dict(space)))
        prefix = f"{label}." if label else ""
        told: list[Token] = []
        for name, value in sorted(space.items()):
            if _HISTORY.fullmatch(name) and name != "__getattr__":
                continue
            told.append((name, self._soft_meaning(f"{prefix}{name}", value)))
        return ("all", tuple(told))

    def _soft_meaning(self, text: str, value: Any) -> Token:
        """What was only widened to is no obstacle if it has no digest."""
        token = self.meaning(text, value)
        if token[0] == "value":
            self.soft.add(token[1])
        return token

    # -------------------------------------------------------------- imports inside a body

    def _import(self, entry: Import, space: Mapping[str, Any]) -> Token:
        package = space.get("__package__") or str(space.get("__name__", "")).rpartition(".")[0]
        name = resolve(entry.module, entry.level, package)
        if self.static.find(name) is None:
            self.packages.add(package_of(name))
            self.packages.discard("")
            return ("installed", f"{name}:{entry.attribute}" if entry.attribute else name)
        below = f"{name}.{entry.attribute}"
        tokens = [self._static_module(entry.bound or name, name)]
        if entry.attribute and self.static.find(below) is not None:
            tokens.append(self._static_module(entry.bound or below, below))
        return ("import", entry.attribute, *tokens)

    def _static_module(self, text: str, name: str) -> Token:
        found = self.static.module(name)
        self.stale.append(lambda: self.static.module(name) != found)
        self.packages |= found.packages
        self.literals.update(dict.fromkeys(found.strings))
        return ("static", found.digest, *self._patched(text, found.modules))

    def _patched(self, text: str, names: tuple[str, ...]) -> Token:
        """What in loaded modules is no longer as their text says."""
        told: list[Token] = []
        for name in names:
            module = sys.modules.get(name)
            if module is None:
                self.stale.append(lambda name=name: name in sys.modules)
                continue
            self.folders.append((vars(module), dict(vars(module))))
            for changed in self.static.differences(module):
                token = self.meaning(f"{text}.{changed}", vars(module)[changed])
                told.append((changed, token))
        return tuple(told)


def digest_of(token: Token) -> str:
    """32 hex digits of a token."""
    return xxh3_128_hexdigest(repr(token).encode("utf-8", "surrogatepass"))


def is_local_function(function: FunctionType) -> bool:
    """Whether a function's code was written by the user, whatever name ``wraps`` gave it."""
    file = function.__code__.co_filename
    if file.startswith("<"):
        return is_local_module(function.__module__)
    return is_local_file(file) and function.__globals__.get("__name__", "").partition(".")[0] != (
        "zenbook"
    )


def is_local_thing(value: Any) -> bool:
    """Whether a function or class is the user's own."""
    return is_local_function(value) if isinstance(value, FunctionType) else is_local_code(value)


def _is_setting(value: Any) -> bool:
    """Whether a library's wrapper closes over this as a setting of its user, not for itself."""
    return is_atom(value) or type(value) in (dict, list, tuple) or is_local_code(type(value))


def _stable_text(value: Any) -> str:
    text = repr(value)
    return "" if " at 0x" in text else text
