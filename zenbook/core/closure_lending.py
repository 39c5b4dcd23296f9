"""Values that code reaches in ways that do not count by value in its key.

What an import inside a body gives counts by the module's text, and what a cell defines counts as
the cell's own code. But the step may hand out, or change in place, what such a module or class
holds; so once they are there, their values are found as those of used code are, and under the
names that they have where the same code stands in a module of its own.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Mapping
from types import CodeType, FunctionType
from typing import Any

from zenbook.core.closure_origin import is_local_code, named
from zenbook.core.closure_trace import Trace, is_atom
from zenbook.core.compiling import compiled
from zenbook.core.source_helpers import Around
from zenbook.core.vouched import Vouched

Tracing = Callable[[CodeType, Mapping[str, Any]], Trace]
"""Walks from some code in a namespace."""


def held_by_imported(trace: Trace, tracing: Tracing) -> dict[str, Any]:
    """What the user's modules hold that some code imports itself, as far as they are loaded: the
    values that it takes and those that the code it takes uses, as ``module.name``."""
    found: dict[str, Any] = {}
    for module, taken in trace.imported:
        if (space := getattr(sys.modules.get(module), "__dict__", None)) is None:
            continue
        names = (name for name in space if not name.startswith("_")) if "*" in taken else taken
        held = held_by_names((name for name in names if name in space), space, tracing)
        found |= {f"{module}.{label}": value for label, value in held.items()}
    return found


def held_by_names(
    names: Iterable[str], namespace: Mapping[str, Any], tracing: Tracing
) -> dict[str, Any]:
    """What is held by what these names stand for: tables of classes, defaults of functions, and
    all that their code uses, by name."""
    code = _code_reading(tuple(sorted(filter(str.isidentifier, names))))
    return {n: v for n, v in tracing(code, namespace).constants if not is_atom(v)}


def closures_of(trace: Trace) -> dict[str, FunctionType]:
    """Functions to which no name leads, each by its own name and its place among those of that
    name."""
    found: dict[str, FunctionType] = {}
    for function, *_ in trace.functions:
        if is_nameless(function):
            same = sum(label.partition("#")[0] == function.__qualname__ for label in found)
            found[f"{function.__qualname__}#{same + 1}"] = function
    return found


def is_nameless(value: Any) -> bool:
    """Whether this is a function of the user's to which its name does not lead: one in a list, one
    that another has made. So nobody has it but who holds it, and sees what it counts in its
    variables, or has under it as a key."""
    if type(value) is not FunctionType or not is_local_code(value):
        return False
    return named(value.__module__, value.__qualname__) is not value


def home_of(namespace: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The names themselves, of what a step sees them through."""
    while isinstance(namespace, (Around, Vouched)):
        namespace = namespace.home
    return {} if namespace is None else namespace


@functools.lru_cache(maxsize=512)
def _code_reading(names: tuple[str, ...]) -> CodeType:
    """Code that reads these names and nothing else."""
    code: CodeType = compiled("\n".join(names), "<names>")
    return code
