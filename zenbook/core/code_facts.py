"""What can be said of a code object without its globals."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any, Literal

from zenbook.core.text_readers import Text


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """A free name a code object loads, with the attributes taken from it: ``mylib.sub.helper``."""

    root: str
    chain: tuple[str, ...] = ()
    scope: Literal["global", "free"] = "global"

    @property
    def text(self) -> str:
        """As people write it."""
        return ".".join((self.root, *self.chain))


@dataclass(frozen=True, slots=True, order=True)
class Import:
    """An import inside a body: ``from module import attribute as bound``."""

    module: str
    level: int
    attribute: str
    bound: str


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A change of what a name with these attributes means: of a table's items, of a registry, of
    the items of what a function hands out, or of a model or an item itself."""

    root: str
    chain: tuple[str, ...]
    way: Literal["table", "registry", "handed out", "part"]


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What can be said of a code object without its globals; nested code is included."""

    digest: str
    names: tuple[Name, ...]
    imports: tuple[Import, ...]
    stores: tuple[str, ...]
    """Globals, and attributes of globals (``mylib.RATE``), that it assigns or deletes."""
    strings: tuple[str, ...]
    runs_text: tuple[str, ...]
    """Constant texts given to eval or exec."""
    attributes: tuple[str, ...]
    """Every attribute taken of anything."""
    taken: tuple[Name, ...]
    """What it loads of names that its own imports bind: ``time.sleep`` after ``import time``."""
    dynamic: tuple[str, ...]
    """How it may reach any name: builtins (``eval``, ``globals``, ``__import__``), attributes that
    are namespaces (``f_globals``), what runs texts in the shell (``run_cell``)."""
    shell: tuple[str, ...]
    """What it asks the shell for by which it changes the shell itself."""
    texts: tuple[Text, ...]
    """Which texts of code it reads: docstrings, annotations, source."""
    changes: tuple[Change, ...] = ()
    """What it may change of what a library holds."""
    keywords: tuple[str, ...] = ()
    """The names of arguments that it gives by name, where these are no constants (before 3.13)."""
    filled: frozenset[str] = frozenset()
    """Attributes that it takes only to put something into them."""
    makes_classes: bool = False
    looks_at_all: bool = False
    """Whether it may ask for all attributes of a class."""
    seeks: bool = False
    """Whether it goes on where a file is missing, by an error that it handles or by a look of
    native code."""


_BY_NAME = frozenset({"getattr", "attrgetter", "methodcaller", "__getattr__", "__getattribute__"})
"""By which code takes an attribute of a computed name."""


def named_in(facts: CodeFacts) -> set[str]:
    """Every name in some code, and every text, which may be one."""
    names = {*facts.attributes, *facts.strings, *(entry.attribute for entry in facts.imports)}
    return names.union(part for name in facts.names for part in (name.root, *name.chain))


def any_name(facts: CodeFacts) -> bool:
    """Whether some code may use names that do not stand in it."""
    return bool(facts.dynamic) or not _BY_NAME.isdisjoint(named_in(facts))


def read_in(facts: CodeFacts) -> frozenset[str]:
    """The names in some code, but for attributes that it only puts something into."""
    roots = {name.root for name in facts.names}
    return frozenset({*named_in(facts)} - facts.filled).union(roots, facts.strings)


def codes_within(code: CodeType) -> Iterator[CodeType]:
    """A code object, and all that is nested in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes_within(constant)


def names_within(code: CodeType) -> set[str]:
    """Every name that a code object, or one nested in it, looks up or binds outside itself."""
    return {name for each in codes_within(code) for name in each.co_names}


def bound_in(code: CodeType) -> frozenset[str]:
    """Every name that a code object, or one nested in it, binds or deletes."""
    found: set[str] = set()
    for step in (step for each in codes_within(code) for step in dis.get_instructions(each)):
        if step.opname.startswith(("STORE_", "DELETE_")):
            found.update(step.argval if isinstance(step.argval, tuple) else (str(step.argval),))
    return frozenset(found)


def parameters_of(root: Any) -> tuple[str, ...]:
    """The names of a step's inputs."""
    code = root if isinstance(root, CodeType) else getattr(root, "__code__", None)
    if not isinstance(code, CodeType):
        return ()
    stars = bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + stars]
