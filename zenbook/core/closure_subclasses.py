"""Registries of subclasses: what a class holds of those below it, put there as they are made.

``__init_subclass__`` (or ``__new__`` and ``__init__`` of a metaclass) puts each new class into
``Base.registry``. Who uses one of the classes uses none of the others: a registry counts where code
reads the attribute, or may read any, and what puts classes in where code makes classes. Otherwise
each class defined later in a notebook would make every step run that uses an earlier one, and all
classes would be a part of each of their instances.

Only classes whose bases and metaclass are the user's, or Python's plainest: which attributes a
library reads of the classes that it is given, nobody can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from zenbook.core.closure_origin import is_local_code
from zenbook.core.closure_trace import is_atom
from zenbook.core.code_facts import CodeFacts, any_name, named_in, read_in
from zenbook.core.code_reader import facts_of
from zenbook.core.kinds import is_a
from zenbook.core.made_classes import is_made_by_library

_OF_CLASSES = ("__init_subclass__",)
_OF_METACLASSES = ("__init__", "__new__")
_PLAIN_HOMES = frozenset({"abc", "builtins", "typing"})

Entries = tuple[tuple[Any, type], ...]
"""The classes in a registry by their keys, or by their places, in its order."""


@dataclass(frozen=True, slots=True, eq=False)
class Registry:
    """A registry as code calls it (``Base.registry``), its attribute, and who holds the classes."""

    label: str
    attribute: str
    held: Any

    def entries(self) -> Entries:
        """What it holds now."""
        return entries_of(self.held)


@dataclass(slots=True, eq=False)
class Reading:
    """What code does about classes: the attributes that it reads, whether it may read any, whether
    it makes classes; and the registries that do not count for it."""

    names: set[str]
    any_name: bool = False
    makes_classes: bool = False
    left_out: tuple[Registry, ...] = ()

    def note(self, facts: CodeFacts) -> None:
        """Take in some more code."""
        self.names |= read_in(facts)
        self.any_name |= any_name(facts) or facts.looks_at_all
        self.makes_classes |= facts.makes_classes

    def reads(self, registry: Registry) -> bool:
        """Whether the code may read a registry, also by a text: ``"{0.registry}".format(Base)``."""
        if self.any_name or registry.attribute in self.names:
            return True
        return any(f".{registry.attribute}" in name for name in self.names)


def making_hook(cls: type, name: str, member: Any) -> FunctionType | None:
    """The function that this member of a class is, if it runs only when another class is made."""
    hooks = _OF_METACLASSES if type in cls.__mro__ else _OF_CLASSES
    if name not in hooks:
        return None
    function = member.__func__ if is_a(member, (staticmethod, classmethod)) else member
    return function if is_a(function, FunctionType) else None


def registry_in(cls: type, name: str, label: str) -> Registry | None:
    """The registry that a class holds under this name, if it is one: it holds nothing but classes
    below this one, and what runs when those are made names it."""
    held = vars(cls).get(name)
    if type(held) not in (dict, list, set) or not _is_plain(cls):
        return None
    entries = entries_of(held)
    if not all(is_atom(key) and _is_below(cls, below) for key, below in entries):
        return None
    hooks = (making_hook(cls, key, member) for key, member in vars(cls).items())
    if any(name in named_in(facts_of(hook.__code__)) for hook in hooks if hook is not None):
        return Registry(label, name, held)
    return None


def entries_of(held: Any) -> Entries:
    """The entries of a dictionary, a list or a set; those of a set by their names."""
    if type(held) is dict:
        return tuple(held.items())
    if type(held) is set:
        return tuple(sorted(((_name_of(each), each) for each in held), key=lambda pair: pair[0]))
    return tuple(enumerate(held))


def registries_now(
    registries: Iterable[Registry], home: Mapping[str, Any] | None
) -> Callable[[], tuple[str, ...]]:
    """Note what these registries hold; call the result after a step for sentences on what it has
    put there, but for classes that the notebook ``home`` has by their names: those are made anew,
    which puts them there again."""
    before = [(one, one.entries()) for one in {id(r.held): r for r in registries}.values()]
    return lambda: tuple(
        f"{registry.label} is a global that the step changed in place"
        for registry, entries in before
        if not _only_defines(entries, registry.entries(), home or {})
    )


def _only_defines(before: Entries, now: Entries, home: Mapping[str, Any]) -> bool:
    """Whether no entry is gone, and those that are new are classes of the notebook."""
    if len(now) < len(before) or not {key for key, _ in before} <= {key for key, _ in now}:
        return False
    known = dict(before)
    changed = [cls for key, cls in now if known.get(key) is not cls]
    return all(_is_defined_in(home, cls) for cls in changed)


def _is_defined_in(home: Mapping[str, Any], cls: Any) -> bool:
    name = cls.__qualname__ if is_a(cls, type) else ""
    return home.get(name) is cls and cls.__module__ == home.get("__name__")


def _is_plain(cls: type) -> bool:
    """Whether no library has a say in what this class is."""
    kinds: tuple[type, ...] = (*cls.__mro__, *_bases_of(type(cls)))
    return all(kind.__module__ in _PLAIN_HOMES or is_local_code(kind) for kind in kinds)


def _is_below(cls: type, other: Any) -> bool:
    if not is_a(other, type) or not is_local_code(other) or is_made_by_library(other):
        return False
    return cls in other.__mro__ or cls in _bases_of(type(other))


def _bases_of(cls: type) -> tuple[type, ...]:
    return cls.__mro__


def _name_of(cls: Any) -> str:
    return f"{cls.__module__}.{cls.__qualname__}" if is_a(cls, type) else ""


def read_among(readings: Iterable[Reading]) -> Iterator[Registry]:
    """The registries that one of these leaves out and another one may read, each once."""
    readings = list(readings)
    left_out = {id(one.held): one for each in readings for one in each.left_out}
    for registry in left_out.values():
        if any(each.reads(registry) for each in readings):
            yield registry
