"""``--seed N``: seed the global random states for one step, put the outer states back after."""

from __future__ import annotations

import random
import sys
from importlib import import_module
from typing import Any

from zenbook.core.source import Body

_LIBRARIES = ("numpy", "torch")


def seeded(seed: int, body: Body) -> dict[str, Any]:
    """Seed; the states before, for :func:`unseeded`.

    A library that the cell itself is about to import is imported here, or the first run in a
    fresh kernel would draw unseeded numbers and the second would not.
    """
    before: dict[str, Any] = {"random": random.getstate()}
    random.seed(seed)
    roots = {target.partition(":")[0].partition(".")[0] for target in body.imports.values()}
    for name in _LIBRARIES:
        if name not in sys.modules and name not in roots:
            continue
        library: Any = import_module(name)
        if name == "numpy":
            before[name] = library.random.get_state()
            # Not seed(): that would mark the program as seeded for the steps after this one.
            library.random.set_state(library.random.RandomState(seed).get_state())
        else:
            before[name] = library.get_rng_state()
            library.manual_seed(seed)
    return before


def unseeded(before: dict[str, Any]) -> None:
    """Put the outer states back."""
    random.setstate(before["random"])
    if "numpy" in before:
        sys.modules["numpy"].random.set_state(before["numpy"])
    if "torch" in before:
        sys.modules["torch"].set_rng_state(before["torch"])
