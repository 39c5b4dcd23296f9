"""Code that looks modules up while it runs: ``sys.modules[name]``, ``pydoc.locate(text)``.

It may reach any module that is loaded. So its whole namespace counts, and each local module that
was loaded when it ran is a read of the step, by its text.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

from zenbook.core.closure_origin import identity_of, is_local_file
from zenbook.core.code_facts import CodeFacts
from zenbook.core.kinds import is_a
from zenbook.core.names_scope import NAMESPACES

MODULE = "module "
"""How the name of a part begins that is a local module's text."""
GLOBAL = "global "
"""How the name of a read begins that is a global of the program, found by a text."""
_FINDERS = {
    "doctest.testmod": "testmod",
    "unittest.TestLoader": "TestLoader",
    "unittest.defaultTestLoader": "defaultTestLoader",
    "unittest.main": "main",
    "sys.modules": "sys.modules",
    "pydoc.locate": "locate",
    "inspect.getmodule": "getmodule",
}
"""What looks modules up, and how to tell of it."""


def finders_in(facts: CodeFacts, space: Mapping[str, Any]) -> tuple[str, ...]:
    """How some code looks modules up; ``space`` are its globals."""
    found = (_FINDERS.get(".".join(path[:2])) for path in paths_in(facts, space))
    return tuple(sorted({way for way in found if way}))


def told_ways(ways: Iterable[str]) -> str:
    """How some code may reach any name, as a verb and its object."""
    namespaces = [name for name in ways if not name.isidentifier() or name in NAMESPACES]
    calls = [f"{name}()" for name in ways if name not in namespaces]
    told = (("calls", calls), ("reads", namespaces))
    return " and ".join(f"{verb} {', '.join(names)}" for verb, names in told if names)


def local_modules() -> tuple[str, ...]:
    """The names of all the user's own modules that are loaded, without the program itself."""
    return tuple(
        name
        for name, module in list(sys.modules.items())
        if name != "__main__"
        and isinstance(module, ModuleType)
        and isinstance(file := getattr(module, "__file__", None), str)
        and is_local_file(file)
        and name.partition(".")[0] != "zenbook"
    )


def paths_in(facts: CodeFacts, space: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """What the code names of modules, each by the module's own name."""
    for name in facts.names:
        value = space.get(name.root)
        if is_a(value, ModuleType):
            yield (value.__name__, *name.chain)
        elif callable(value):
            yield tuple(identity_of(value).split("."))
    for entry in facts.imports:
        if entry.attribute:
            yield (entry.module, entry.attribute)
        else:
            taken = (name.chain for name in facts.taken if name.root == entry.bound)
            yield from ((entry.module, *chain) for chain in taken)
