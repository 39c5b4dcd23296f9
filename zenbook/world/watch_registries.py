"""Colormaps that a step asks matplotlib for by name, as reads: somebody may have registered them.

Those of matplotlib, and of a library that holds them under their names as seaborn does, count by
version: they are there as soon as it is imported. Others are looked at one by one when they are
asked for, since which ones are registered altogether says only what has been imported.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any

from xxhash import xxh3_128_hexdigest

from zenbook.core.closure_origin import is_local_module
from zenbook.core.kinds import held_by_name
from zenbook.model import Read
from zenbook.world.tracebacks import leave_out
from zenbook.world.watch_scope import current, running

_Function = Callable[..., Any]
COLORMAP = "colormap "
"""How the names of such reads begin."""


def colormap_now(name: str) -> Read:
    """The colormap of this read: its colours, all of them."""
    registry = getattr(sys.modules.get("matplotlib"), "colormaps", {})
    told = name.removeprefix(COLORMAP)
    return Read("setting", name, _digest(registry[told]) if told in registry else "missing")


def _digest(colormap: Any) -> str:
    ends = (-1, *range(colormap.N), colormap.N)  # what lies below the range, and above it
    colours = [colormap(place) for place in ends]
    return xxh3_128_hexdigest(repr((colours, list(colormap.get_bad()))).encode())


def functions() -> Iterator[tuple[object, str, Callable[[_Function], _Function]]]:
    """What has to be wrapped while a step runs: owner, name, and the wrapper's maker."""
    registry = getattr(sys.modules.get("matplotlib"), "colormaps", None)
    if registry is not None:
        yield type(registry), "__getitem__", _asking


def _is_librarys(name: str, registry: Any) -> bool:
    """Whether it is what matplotlib, or an installed module that holds it, has registered."""
    if name in getattr(registry, "_builtin_cmaps", ()):
        return True
    registered = getattr(registry, "_cmaps", {}).get(name)
    own = name.rpartition(".")[2]  # cmocean registers its ``haline`` as ``cmo.haline``
    return registered is not None and any(
        type(held := (held_by_name(module) or {}).get(own)) is type(registered)
        and held == registered
        and not is_local_module(home)
        for home, module in list(sys.modules.items())
    )


def _asking(original: _Function) -> _Function:
    @functools.wraps(original)
    def __getitem__(self: Any, item: Any) -> Any:
        if running and isinstance(item, str) and not _is_librarys(item, self):
            for notes in current():
                notes.reports.add(COLORMAP + item)
        try:
            return original(self, item)
        except BaseException as error:
            leave_out(error)
            raise

    return __getitem__
