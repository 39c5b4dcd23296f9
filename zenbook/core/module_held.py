"""Whether what a loaded module holds is what a new process would make of its text.

A module is executed once, and its text may change after that, or that of a module it imports.
``%autoreload`` then gives functions and classes new code in their places, binds constants and
imports anew, or executes the whole module again, but not those that have imported it. So what the
body has computed may be of old code, and what is imported by name an old value. Compared are the
texts that executing the module found with those of now (see :mod:`zenbook.core.module_body`); what
only defines is then looked at. A function's own code is not: where it is not as the text says, that
is a reason by itself (see :mod:`zenbook.core.closure_static`).
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any

from zenbook.core.closure_origin import is_local_code
from zenbook.core.closure_static import resolve
from zenbook.core.closure_trace import MISSING
from zenbook.core.code_digest import code_digest
from zenbook.core.code_facts import names_within
from zenbook.core.module_body import (
    SCOPES,
    Bodies,
    FunctionNode,
    Imported,
    ModuleBody,
    literal_bound,
    literal_of,
    literal_text,
    names_reached,
)

_ANY_NAME = frozenset({"__import__", "eval", "exec", "globals", "import_module", "vars"})
"""What may reach any name of the module."""
_OF_EVERY_CLASS = frozenset(
    [
        "__annotate_func__",
        "__annotations__",
        "__annotations_cache__",
        "__dict__",
        "__doc__",
        "__firstlineno__",
        "__module__",
        "__qualname__",
        "__static_attributes__",
        "__weakref__",
    ]
)


def outdated_by(name: str, bodies: Bodies) -> str:
    """Which module's change has made what this loaded one holds another; "" if none."""
    changed = [module for module, (was, now) in bodies.items() if was is None or was != now]
    was, now = bodies.get(name, (None, None))
    if not changed:
        return ""
    culprit = name if name in changed else changed[0]
    if was is None or now is None or was.computed != now.computed:
        return culprit
    anew = _Anew(bodies).of(name)
    held = _Held(name, was, now, anew)
    return culprit if held.computes_with_these() or held.has_others() else ""


def _home(source: Imported, module: str) -> str:
    """The module that something is imported from by another."""
    is_package = hasattr(sys.modules.get(module), "__path__")
    return resolve(source.module, source.level, module if is_package else module.rpartition(".")[0])


class _Anew:
    """The names in each module that lead to something that is not as it was found."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = {name: now for name, (_, now) in bodies.items() if now is not None}
        self._own = {name: _changed(*pair) for name, pair in bodies.items()}
        self._leading: dict[str, set[str]] = {name: set(own) for name, own in self._own.items()}
        while self._spread():
            pass

    def of(self, module: str) -> set[str]:
        """The names of a module whose own meaning is another: changed there, or imported."""
        return self._own[module] | self._imported(module)

    def _spread(self) -> bool:
        grown = False
        for module, body in self._bodies.items():
            leading = self._leading[module]
            before = len(leading)
            leading |= self._imported(module)
            while more := {n for n, to in body.leads.items() if n not in leading and to & leading}:
                leading |= more
            grown = grown or len(leading) > before
        return grown

    def _imported(self, module: str) -> set[str]:
        """The names that are imported of what leads to a change."""
        found = set()
        for name, sources in (
            self._bodies[module].imported.items() if module in self._bodies else ()
        ):
            for source in sources:
                home = _home(source, module)
                if name == "*":
                    found |= self._leading.get(home, set()) - {"*"}
                elif self._leads(home, source.attribute):
                    found.add(name)
        return found

    def _leads(self, home: str, attribute: str) -> bool:
        if attribute:
            below = f"{home}.{attribute}"
            return attribute in self._leading.get(home, ()) or self._leads(below, "")
        within = f"{home}."
        return any(
            bool(leading)
            for name, leading in self._leading.items()
            if f"{name}.".startswith(within)
        )


def _changed(was: ModuleBody | None, now: ModuleBody | None) -> set[str]:
    if was is None or now is None or was.computed != now.computed:
        return {*(was.leads if was else ()), *(now.leads if now else ()), "*"}
    names = was.told.keys() | now.told.keys()
    return {name for name in names if was.told.get(name) != now.told.get(name)}


class _Held:
    """What one loaded module holds, where these names are not as they were when it was executed."""

    def __init__(self, name: str, was: ModuleBody, now: ModuleBody, anew: set[str]) -> None:
        self._name, self._was, self._now, self._anew = name, was, now, anew
        self._space = vars(sys.modules[name])

    def computes_with_these(self) -> bool:
        """Whether what the body computed may have been made with one of them."""
        now = self._now
        roots = (*now.used, *self._used_by_decorators(), *self._used_by_bases())
        if self._anew and names_reached(roots, now.leads) & (self._anew | _ANY_NAME):
            return True
        codes = (*now.imported, *(n for n, d in now.defined.items() if isinstance(d, SCOPES)))
        return not (now.named & self._anew).issubset(codes)

    def _used_by_decorators(self) -> Iterator[str]:
        """What a decorator of the user's own may call of what it is given; a library's keeps it."""
        for each in self._now.decorated:
            value = self._space.get(each.by)
            kind = value if isinstance(value, FunctionType | type) else type(value)
            if value is not None and is_local_code(kind):
                yield from (each.by, *each.names)

    def _used_by_bases(self) -> Iterator[str]:
        """Classes that the user's own code has made or seen while they were made."""
        for name, value in list(self._space.items()):
            if isinstance(value, type) and value.__module__ == self._name:
                makers = [b for b in value.__mro__[1:] if "__init_subclass__" in vars(b)]
                if any(map(is_local_code, (type(value), *makers))):
                    yield name

    def has_others(self) -> bool:
        """Whether one of them means here what it would not mean in a new process."""
        return not all(map(self._is_as_told, self._anew - {"*"}))

    def _is_as_told(self, name: str) -> bool:
        value = self._space.get(name, MISSING)
        node = self._now.defined.get(name)
        if node is not None:
            return self._is_made_by(value, node, self._was.defined.get(name))
        if name in self._now.imported:
            sources = self._now.imported[name]
            return name not in self._now.leads or any(self._is_from(value, s) for s in sources)
        return name not in self._now.leads and value is MISSING

    def _is_from(self, value: Any, source: Imported) -> bool:
        home = _home(source, self._name)
        if not source.attribute:
            return value is sys.modules.get(home)
        module = sys.modules.get(home)
        given = getattr(module, source.attribute, MISSING)
        return value is not MISSING and _is_same(value, given)

    def _is_made_by(self, value: Any, node: ast.stmt, before: ast.stmt | None) -> bool:
        """Whether a value is what this statement gives, but for the code of functions."""
        if isinstance(node, FunctionNode):
            return isinstance(value, FunctionType) and self._is_function(value, node)
        if isinstance(node, ast.ClassDef):
            return isinstance(value, type) and self._is_class(value, node, before)
        return _is_literal(value, literal_bound(node))

    def _is_class(self, value: type, node: ast.ClassDef, before: ast.stmt | None) -> bool:
        bases = tuple(self._space.get(b.id) for b in node.bases if isinstance(b, ast.Name))
        had = _members_in(before) if isinstance(before, ast.ClassDef) else set()
        held = vars(value)
        return (
            value.__bases__ == (bases or (object,))
            and not (had - _members_in(node)) & held.keys()
            and all(self._is_member(held, each) for each in node.body)
        )

    def _is_member(self, held: Mapping[str, Any], node: ast.stmt) -> bool:
        if not isinstance(node, FunctionNode):
            return _is_literal(held.get(_target(node), MISSING), literal_bound(node))
        value = held.get(node.name)
        for one in node.decorator_list:
            kind = {"classmethod": classmethod, "property": property}.get(
                getattr(one, "id", ""), staticmethod
            )
            if not isinstance(value, kind):
                return False
            value = getattr(value, "fget" if kind is property else "__func__")
        return isinstance(value, FunctionType) and self._is_function(value, node)

    def _is_function(self, value: FunctionType, node: FunctionNode) -> bool:
        """Whether a function has these defaults, and its names mean what they mean here."""
        defaults = tuple(map(literal_of, node.args.defaults)) or None
        named = {
            argument.arg: literal_of(default)
            for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            if default is not None
        }
        return (
            literal_text(value.__defaults__) == literal_text(defaults)
            and literal_text(value.__kwdefaults__ or {}) == literal_text(named)
            and (value.__globals__ is self._space or self._means_the_same(value, node))
        )

    def _means_the_same(self, value: FunctionType, node: FunctionNode) -> bool:
        """Whether a function that has a copy of the module's names finds in it what is here."""
        names = names_within(value.__code__)
        if names & _ANY_NAME or any(isinstance(each, ast.Global) for each in ast.walk(node)):
            return False
        copy = value.__globals__
        return all(copy.get(n, MISSING) is self._space.get(n, MISSING) for n in names)


def _members_in(node: ast.ClassDef) -> set[str]:
    """The names that a class's plain body binds."""
    return {each.name if isinstance(each, FunctionNode) else _target(each) for each in node.body}


def _target(node: ast.stmt) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    return target.id if isinstance(target, ast.Name) else ""


def _is_literal(value: Any, node: ast.expr | None) -> bool:
    return value is not MISSING and literal_text(value) == literal_text(literal_of(node))


def _is_same(one: Any, other: Any) -> bool:
    """Whether an imported value is the one that is there now, or has been given its code."""
    if one is other:
        return True
    if isinstance(one, FunctionType) and isinstance(other, FunctionType):
        return code_digest(one.__code__) == code_digest(other.__code__)
    if isinstance(one, type) and isinstance(other, type):
        mine, others = _members(one), _members(other)
        return mine.keys() == others.keys() and all(_is_same(mine[n], others[n]) for n in mine)
    if type(one) is not type(other):
        return False
    if isinstance(one, staticmethod | classmethod):
        return _is_same(one.__func__, other.__func__)
    if isinstance(one, property):
        return all(_is_same(getattr(one, n), getattr(other, n)) for n in ("fget", "fset", "fdel"))
    return _is_atom(one) and repr(one) == repr(other)


def _members(kind: type) -> dict[str, Any]:
    return {name: value for name, value in vars(kind).items() if name not in _OF_EVERY_CLASS}


def _is_atom(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | complex | str | bytes)
