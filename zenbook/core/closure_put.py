"""What code reads in a library's module that no version tells: what somebody has put there
(``json.TABLE = {...}``), and what the interpreter has one of (``sys.path``, ``sys.argv``).

A library's own tables change as it works, and are no reason. What its text never names, and what is
no module of it, is somebody else's.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import CodeType, ModuleType
from typing import Any

from zenbook.core.closure_finders import paths_in
from zenbook.core.closure_origin import is_local_code, is_local_module
from zenbook.core.closure_trace import MISSING
from zenbook.core.code_facts import CodeFacts, names_within
from zenbook.core.command_line import command_line
from zenbook.core.kinds import held_by_name, is_a
from zenbook.core.shell import running_shell

_TABLES = frozenset({bytearray, dict, list, set})
_ANY_NAME = frozenset({"exec", "globals", "locals", "vars"})
"""Calls by which a module's text binds what does not stand in it."""
LISTS: Mapping[str, Callable[[], tuple[str, ...]]] = {
    "sys.argv": command_line,
    "sys.path": lambda: tuple(map(str, sys.path)),
}
"""Lists of the interpreter's that code may read, each with how it is told."""

Binding = tuple[Mapping[Any, Any], str, Any]


def lists_in(facts: CodeFacts, space: Mapping[str, Any]) -> set[str]:
    """The lists of the interpreter's that some code names; ``space`` are its globals."""
    return {".".join(path[:2]) for path in paths_in(facts, space)} & LISTS.keys()


def modules_asked_for(facts: CodeFacts, space: Mapping[str, Any]) -> list[str]:
    """Texts in some code that asks ``sys.modules``, each of which may name a module there."""
    if "modules" not in facts.attributes or all(
        path[0] != "sys" for path in paths_in(facts, space)
    ):
        return []
    named = {text for text in facts.strings if all(map(str.isidentifier, text.split(".")))}
    return sorted(named)


def loaded_of(modules: Iterable[str]) -> tuple[str, ...]:
    """Those of these modules that are loaded."""
    return tuple(name for name in modules if name in sys.modules)


def put_in(facts: CodeFacts, space: Mapping[str, Any]) -> Iterator[tuple[str, Binding]]:
    """What some code names of libraries' modules and somebody has put there, each with where it
    stands; also names that are not there, which somebody may bind."""
    for module, *chain in set(paths_in(facts, space)):
        home: Any = sys.modules.get(module, MISSING)
        if not chain or is_local_module(module):
            continue
        if home is MISSING:
            yield module, (sys.modules, module, MISSING)
        for attribute in chain:
            if not is_a(home, ModuleType) or is_local_code(home):
                break
            found = vars(home).get(attribute, MISSING)
            if found is MISSING or _is_put(home, attribute, found):
                yield f"{home.__name__}.{attribute}", (vars(home), attribute, found)
            home = found
    if not _SHOWING.isdisjoint(facts.attributes):
        yield from _put_on_shell()


_SHOWING = frozenset({"excepthook", "showsyntaxerror", "showtraceback"})
"""What code asks the shell for to show an error."""


def _put_on_shell() -> Iterator[tuple[str, Binding]]:
    """What somebody has put onto the shell in the place of what shows errors there, as
    ``rich.traceback.install()`` does."""
    held = held_by_name(running_shell())
    if isinstance(held, dict):
        for name in sorted({*_SHOWING, *(f"_{name}" for name in _SHOWING)}):
            yield f"get_ipython().{name}", (held, name, held.get(name, MISSING))


def _is_put(module: ModuleType, name: str, value: Any) -> bool:
    """Whether it is a value that can change, and that the module's own text does not name, nor
    imports from another one with all that is there."""
    kind = type(value)
    if kind not in _TABLES and not (is_a(kind.__module__, str) and is_local_code(kind)):
        return False
    own = _names_of(module.__name__)
    return own is not None and name not in own and not _stands_elsewhere(module, name, value)


def _stands_elsewhere(module: ModuleType, name: str, value: Any) -> bool:
    """Whether another library holds it under the same name."""
    return any(
        other is not module
        and (held_by_name(other) or {}).get(name) is value
        and not is_local_module(home)
        for home, other in list(sys.modules.items())
    )


@functools.lru_cache(maxsize=256)
def _names_of(module: str) -> frozenset[str] | None:
    """Every name in a module's text; None where they cannot be told."""
    spec = getattr(sys.modules[module], "__spec__", None)
    try:
        code = spec.loader.get_code(module)  # type: ignore[union-attr]
    except (AttributeError, ImportError, OSError, SyntaxError, ValueError):
        return None
    if not isinstance(code, CodeType) or not _ANY_NAME.isdisjoint(code.co_names):
        return None
    return frozenset(names_within(code))
