"""What a running step does with the global random states, beyond drawing from them.

A step that *seeds* a state before it draws anything gives the same whatever the state was: the
state before is then no reason to run it again. Seeing that takes three functions per library, in
whose place thin ones stand while a step runs (:mod:`watch_looks` puts them there):

- ``seed``: the state's digest just before goes into the step's notes, once. Whoever holds the
  digest from before the step can tell whether anything was drawn in between.
- ``getstate`` and ``setstate``: a step that looks at the state first, or puts one back later, may
  depend on the one before after all; its claim to have seeded is void.

A function that was imported by its own name earlier (``from random import seed``) passes unseen:
the state before then counts, as it did without all this. ``np.random.seed()`` without a number
takes one from the system, which makes nothing repeatable and is no seeding.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from zenbook.world.randomness import note_seeded, state_of
from zenbook.world.watch_scope import current

_Function = Callable[..., Any]
_Maker = Callable[[_Function], _Function]

_LIBRARIES = {
    "random": ("random", "seed", "getstate", "setstate"),
    "numpy": ("numpy.random", "seed", "get_state", "set_state"),
    "torch": ("torch", "manual_seed", "get_rng_state", "set_rng_state"),
}


def functions() -> Iterator[tuple[ModuleType, str, _Maker]]:
    """Functions of the libraries imported so far, and what makes the one to stand before each."""
    for library, (name, seed, get, put) in _LIBRARIES.items():
        module = sys.modules.get(name)
        if module is None or not all(hasattr(module, each) for each in (seed, get, put)):
            continue  # not imported, or not to its end
        yield module, seed, functools.partial(_seeding, library)
        yield module, get, functools.partial(_asking, library)
        yield module, put, functools.partial(_putting, library)


def _seeding(library: str, original: _Function) -> _Function:
    @functools.wraps(original)
    def seed(*args: Any, **named: Any) -> Any:
        if any(each is not None for each in (*args, *named.values())):
            _sow(library)
        return original(*args, **named)

    return seed


def _asking(library: str, original: _Function) -> _Function:
    @functools.wraps(original)
    def get(*args: Any, **named: Any) -> Any:
        for notes in current():
            notes.sown.setdefault(library, "")
        return original(*args, **named)

    return get


def _putting(library: str, original: _Function) -> _Function:
    @functools.wraps(original)
    def put(*args: Any, **named: Any) -> Any:
        for notes in current():
            notes.sown[library] = ""
            if library == "random":  # numpy and torch keep a trace of their own
                note_seeded(library)
        return original(*args, **named)

    return put


def _sow(library: str) -> None:
    everyone = current()
    if not everyone:
        return
    before = state_of(library)
    for notes in everyone:
        notes.sown.setdefault(library, before)
    if library == "random":
        note_seeded(library)
