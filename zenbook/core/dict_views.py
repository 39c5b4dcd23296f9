"""``d.keys()``, ``d.values()``, ``d.items()`` and ``MappingProxyType(d)``: looks at a dictionary,
which show its changes."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

VIEWS: dict[Any, Callable[[Any], Any]] = {
    type({}.keys()): dict.keys,
    type({}.values()): dict.values,
    type({}.items()): dict.items,
}
"""How each kind is made of its dictionary."""


def dictionary_of(view: Any) -> Any:
    """The dictionary itself; ``view.mapping`` is only another look at it."""
    (dictionary,) = gc.get_referents(view)
    return dictionary
