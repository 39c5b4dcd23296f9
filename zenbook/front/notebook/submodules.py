"""Submodules that a step brought in by the way, and that later cells reach without importing them.

``df.plot()`` imports ``matplotlib.pyplot``; a later cell may say ``matplotlib.pyplot.show()`` after
nothing but ``import matplotlib``. A hit of the first cell imports nothing, and the second would
fail. So a record names the submodules that its run was the first to import, a hit notes those that
are not here, and each is imported as soon as a cell, or a function of the notebook, says its name.
Importing all of them at once was tried: a step that used scikit-learn took its second for a hit.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any

_WORD = re.compile(r"[^\W\d]\w*")
_waiting: dict[str, set[str]] = {}
"""Full names of submodules by their last name."""


def imported_since(modules: Collection[str]) -> list[str]:
    """Public submodules that were imported since only these modules were."""
    return [
        name
        for name, module in list(sys.modules.items())
        if name not in modules
        and "." in name
        and isinstance(module, ModuleType)
        and not any(part.startswith("_") for part in name.split("."))
    ]


def note_missing(names: Iterable[str]) -> None:
    """A hit left these out; they wait until a cell names them."""
    for name in names:
        if name not in sys.modules:
            _waiting.setdefault(name.rpartition(".")[2], set()).add(name)


def import_named(source: str, namespace: Mapping[str, Any]) -> None:
    """Import the waiting submodules that a cell's text, or a function it may call, names."""
    if not _waiting:
        return
    said = set(_WORD.findall(source))
    for value in list(namespace.values()):
        if type(value) is FunctionType and value.__globals__ is namespace:
            said.update(value.__code__.co_names)
    for last in said & _waiting.keys():
        for name in sorted(_waiting.pop(last)):
            with suppress(Exception):  # the cell itself will say that it has no such attribute
                import_module(name)
