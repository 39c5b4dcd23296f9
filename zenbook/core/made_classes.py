"""Classes that a library makes at run time, and says how to make again.

``sympy.Function("f")`` is a class without a module, whose attributes hold caches in an order that
differs from process to process. Its metaclass has registered with :mod:`copyreg` how such a class
is pickled: by a function of the library and its arguments. Those are what it is.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable
from typing import Any

from zenbook.core.closure_origin import is_local_code

_REGISTERED = copyreg.dispatch_table


def is_made_by_library(cls: type) -> bool:
    """Whether an installed library's metaclass says how this class is made."""
    metaclass = type(cls)
    return metaclass is not type and metaclass in _REGISTERED and not is_local_code(metaclass)


def recipe_of(cls: type) -> tuple[Callable[..., Any] | str, tuple[Any, ...]]:
    """The function that makes the class and its arguments; or the name that it has, and nothing.

    ``sympy.Function("f")`` gives its rebuilding function and ``("f", {})``.
    """
    reduced = _REGISTERED[type(cls)](cls)
    if isinstance(reduced, str):
        return reduced, ()
    return reduced[0], tuple(reduced[1:])
