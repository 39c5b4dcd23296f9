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

The state of polars can neither be asked for nor put back. So where a program has seeded it, a step
that draws from it without a seed of its own is not kept, nor is one that seeds it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any

from zenbook.world.randomness import note_seeded, state_of
from zenbook.world.tracebacks import leave_out
from zenbook.world.watch_reports import POLARS_SEED, SEEDED, polars_seed
from zenbook.world.watch_scope import current

_Function = Callable[..., Any]
_Maker = Callable[[_Function], _Function]

_LIBRARIES = {
    "random": ("random", "seed", "getstate", "setstate"),
    "numpy": ("numpy.random", "seed", "get_state", "set_state"),
    "torch": ("torch", "manual_seed", "get_rng_state", "set_rng_state"),
}


_POLARS = "polars"
_DRAWING = (
    ("polars.dataframe.frame", "DataFrame", "sample"),
    ("polars.series.series", "Series", "sample"),
    ("polars.series.series", "Series", "shuffle"),
    ("polars.expr.expr", "Expr", "sample"),
    ("polars.expr.expr", "Expr", "shuffle"),
    ("polars.expr.list", "ExprListNameSpace", "sample"),
)
"""What draws from the state of polars, by the module and class of each."""


def functions() -> Iterator[tuple[object, str, _Maker]]:
    """Functions of the libraries imported so far, and what makes the one to stand before each."""
    for library, (name, seed, get, put) in _LIBRARIES.items():
        module = sys.modules.get(name)
        if module is None or not all(hasattr(module, each) for each in (seed, get, put)):
            continue  # not imported, or not to its end
        yield module, seed, functools.partial(_seeding, library)
        yield module, get, functools.partial(_asking, library)
        yield module, put, functools.partial(_putting, library)
    yield from _of_polars()


def _of_polars() -> Iterator[tuple[object, str, _Maker]]:
    module = sys.modules.get(_POLARS)
    if hasattr(module, "set_random_seed"):
        yield module, "set_random_seed", _seeding_polars
    for home, kind, method in _DRAWING:
        owner = getattr(sys.modules.get(home), kind, None)
        if hasattr(owner, method):
            yield owner, method, _drawing


def _seeding_polars(original: _Function) -> _Function:
    @functools.wraps(original)
    def set_random_seed(seed: int) -> Any:
        note_seeded(_POLARS)
        for notes in current():
            notes.obstacle("it seeds polars' random state (give what draws a seed=)")
        try:
            return original(seed)
        except BaseException as error:
            leave_out(error)
            raise

    return set_random_seed


def _drawing(original: _Function) -> _Function:
    is_only_seed = original.__name__ == "shuffle"

    @functools.wraps(original)
    def draw(self: Any, *args: Any, **named: Any) -> Any:
        seed = args[0] if args and is_only_seed else named.get("seed")
        for notes in current() if seed is None else ():
            notes.reports.add(POLARS_SEED)
            if polars_seed() == SEEDED:
                notes.obstacle("it draws from polars' random state (give it a seed=)")
            else:
                notes.remark("unseeded polars random state")
        try:
            return original(self, *args, **named)
        except BaseException as error:
            leave_out(error)
            raise

    return draw


def _seeding(library: str, original: _Function) -> _Function:
    @functools.wraps(original)
    def seed(*args: Any, **named: Any) -> Any:
        if any(each is not None for each in (*args, *named.values())):
            _sow(library)
        try:
            return original(*args, **named)
        except BaseException as error:
            leave_out(error)
            raise

    return seed


def _asking(library: str, original: _Function) -> _Function:
    @functools.wraps(original)
    def get(*args: Any, **named: Any) -> Any:
        for notes in current():
            notes.sown.setdefault(library, "")
        try:
            return original(*args, **named)
        except BaseException as error:
            leave_out(error)
            raise

    return get


def _putting(library: str, original: _Function) -> _Function:
    @functools.wraps(original)
    def put(*args: Any, **named: Any) -> Any:
        for notes in current():
            notes.sown[library] = ""
            if library == "random":  # numpy and torch keep a trace of their own
                note_seeded(library)
        try:
            return original(*args, **named)
        except BaseException as error:
            leave_out(error)
            raise

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
