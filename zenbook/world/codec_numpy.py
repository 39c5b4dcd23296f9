"""Arrays of numpy that its own pickling would bring back as something else.

An array made of a buffer does not own its memory: ``X.resize(12)`` refuses to change it, and it
has a ``base``. A window into the memory of another array of the same bundle would come back with a
memory of its own. A masked array would come back with a full mask where it had none, and so be
printed otherwise, and without its hard mask.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from zenbook.core.kinds import is_a

MOST_OWNED = 1 << 20
"""Bytes of an array that is copied to own its memory; a larger one stays the file's pages, which
are read when they are used."""


def owning(make: Callable[..., Any]) -> Callable[..., Any]:
    """Make arrays as numpy's ``_frombuffer`` does, which own their memory unless they are large."""

    @wraps(make)
    def made(*args: Any) -> Any:
        array = make(*args)
        if array.nbytes > MOST_OWNED:
            return array
        owned = array.copy(order="K")
        owned.flags.writeable = array.flags.writeable
        return owned

    return made


def reduce_view(view: Any, owner: Any) -> Any:
    """An array that looks into the memory of another array of the same bundle."""
    offset = view.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    return make_view, (owner, view.dtype, view.shape, view.strides, offset)


def make_view(
    owner: Any, dtype: Any, shape: tuple[int, ...], strides: tuple[int, ...], offset: int
) -> Any:
    """The same window into the loaded owner's memory."""
    from numpy import ndarray

    return ndarray(shape, dtype, owner.reshape(-1, order="A"), offset, strides)


def reduce_masked(value: Any) -> Any:
    """A masked array; NotImplemented for other arrays and for kinds that reduce themselves."""
    masked = sys.modules["numpy"].ma.MaskedArray
    if not is_a(value, masked) or type(value).__reduce__ is not masked.__reduce__:
        return NotImplemented
    return make_masked, (type(value), value.data, vars(value))


def make_masked(kind: type, data: Any, attributes: Mapping[str, Any]) -> Any:
    """The masked array of these data, with its mask, fill value and flags as they were."""
    made = data.view(kind)
    vars(made).update(attributes)
    return made
