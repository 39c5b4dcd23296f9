"""Descriptions of random generators with a state of their own, and of the global ones.

A value may hold the generator that everybody shares: every distribution of ``scipy.stats`` does.
That is no part of what the value is. Whoever draws from it is seen to draw from the global state,
which is a read of its own; so here the shared one counts by what it is called.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from zenbook.core.digest_stream import Describers, Description

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

_SHARED = {"numpy": ("numpy.random.mtrand", "_rand"), "random": ("random", "_inst")}


def shared_generator(library: str) -> Any:
    """The generator that ``numpy.random.rand`` or ``random.random`` draws from; None if the
    library is not loaded."""
    module, name = _SHARED[library]
    return getattr(sys.modules.get(module), name, None)


def import_shared(library: str) -> Any:
    """The same generator, once its library is imported."""
    module, name = _SHARED[library]
    return getattr(import_module(module), name)


def shared_by(generator: Any) -> str:
    """The library (``numpy``, ``random``) whose functions draw from this generator, or ""."""
    return next((name for name in _SHARED if shared_generator(name) is generator), "")


def random_state(value: Any, digester: Digester) -> Description:
    """A ``numpy.random.RandomState``: its state, without what it was seeded from."""
    if library := shared_by(value):
        return "the global random state", library
    if type(value).__name__ != "RandomState":
        return "random state", *value.__reduce_ex__(4)
    return "random state", value.get_state(legacy=False)


def random(value: Any, digester: Digester) -> Description:
    """A ``random.Random``, or what a class derived from it says it is."""
    if library := shared_by(value):
        return "the global random state", library
    return "random", *value.__reduce_ex__(4)


NUMPY: Describers = {"RandomState": random_state}
STANDARD: Describers = {"Random": random}
