"""``--seed N``: seed the global random states for one step, put the outer states back after."""

from __future__ import annotations

import random
import sys
from importlib import import_module
from typing import Any

from zenbook.core.source import Body

_LIBRARIES = ("numpy", "torch")
_set_state = random.setstate
"""Under a name of its own: a program is read for calls that seed, and ours are none of its."""


def seeded(seed: int, body: Body) -> dict[str, Any]:
    """Seed; the states before, for :func:`unseeded`.

    A library that the cell itself is about to import is imported here, or the first run in a
    fresh kernel would draw unseeded numbers and the second would not.
    """
    before: dict[str, Any] = {"random": random.getstate()}
    _set_state(random.Random(seed).getstate())
    roots = {target.partition(":")[0].partition(".")[0] for target in body.imports.values()}
    for name in _LIBRARIES:
        if name not in sys.modules and name not in roots:
            continue
        library: Any = import_module(name)
        if name == "numpy":
            before[name] = library.random.get_state()
            # Not seed(): that would mark the program as seeded for the steps after this one.
            set_state = library.random.set_state
            set_state(library.random.RandomState(seed).get_state())
        else:
            before[name] = library.get_rng_state()
            plant = library.manual_seed
            plant(seed)
    return before


def unseeded(before: dict[str, Any]) -> None:
    """Put the outer states back."""
    _set_state(before["random"])
    if "numpy" in before:
        set_state = sys.modules["numpy"].random.set_state
        set_state(before["numpy"])
    if "torch" in before:
        set_torch = sys.modules["torch"].set_rng_state
        set_torch(before["torch"])
