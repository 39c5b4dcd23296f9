"""What functions and classes are called, and where they say they are from, if that was given later.

As a value each may be asked for it (``df.agg([f])``, ``repr(C)``, a pickle); what the text of the
definition gives is a part of the code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from zenbook.core.closure_origin import is_local_module, named
from zenbook.core.closure_trace import cells_of
from zenbook.core.kinds import is_a
from zenbook.core.naming import unnumbered

Told = tuple[str, Any]


def last_name(label: str) -> str:
    """What a thing is called without what it belongs to, and without its number."""
    return unnumbered(label).removesuffix("()").rpartition(".")[2]


def function_told(function: FunctionType, label: str) -> Iterator[Told]:
    """A function's names where they are not what its code calls it, or what its text did."""
    if function.__name__ not in ("<lambda>", last_name(label)):
        yield ("named", function.__name__)
    if last_name(function.__qualname__) != function.__name__:
        yield ("qualified", function.__qualname__)
    yield from module_told(function)


def names_of_class(cls: type) -> tuple[Any, ...]:
    """All that :func:`class_told` goes by."""
    return (cls.__name__, cls.__qualname__, vars(cls).get("__module__"))


def class_told(cls: type) -> Iterator[Told]:
    """The same of a class; its name is told beside."""
    if last_name(cls.__qualname__) != cls.__name__:
        yield ("qualified", cls.__qualname__)
    yield from module_told(cls)


def module_told(thing: FunctionType | type) -> Iterator[Told]:
    """Where a function or class says it is from, if it was not made there."""
    module: Any = vars(thing).get("__module__")
    if is_a(thing, FunctionType):
        module = thing.__module__
        homes = {str(thing.__globals__.get("__name__"))}.intersection(sys.modules)
        is_told = homes and module not in homes and not _is_wrappers(thing, module)
    else:
        homes = {*_homes(thing)}
        is_told = module not in homes if homes else _is_elsewhere(thing, module)
    if is_told:
        yield ("of module", module)


def _is_wrappers(function: Any, module: Any) -> bool:
    """Whether a function says that it is from there because what it wraps is."""
    held = (*cells_of(function), vars(function).get("__wrapped__"))
    return any(getattr(one, "__module__", None) == module for one in held if callable(one))


def _homes(cls: Any) -> Iterator[str]:
    """The modules in which the functions were made that stand in the text of a class."""
    around = f"{cls.__qualname__}."
    for value in vars(cls).values():
        if is_a(value, FunctionType) and value.__qualname__ == around + value.__name__:
            home = str(value.__globals__.get("__name__"))
            if getattr(sys.modules.get(home), "__dict__", None) is value.__globals__:
                yield home


def _is_elsewhere(cls: Any, module: Any) -> bool:
    """Whether a class is not from where it says, as far as one without functions tells: there is
    no such module of the user's, or it is the program that has it under its name."""
    if module == "__main__":
        return False
    if module not in sys.modules or not is_local_module(module):
        return True
    name = cls.__qualname__
    return named("__main__", name) is cls and named(module, name) is not cls
