"""Arrays of numpy that its own pickling would bring back as something else.

An array made of a buffer does not own its memory: ``X.resize(12)`` refuses to change it, and it
has a ``base``. A window into the memory of another array of the same bundle would come back with a
memory of its own. A masked array would come back with a full mask where it had none, and so be
printed otherwise, and without its hard mask. A row of a structured array would come back with a
memory of its own, of which numpy gives copies only: ``row["pair"][0] = 1`` does nothing then.

A part of a larger array (``model.predict_proba(X)[:, 1]``) would come back without gaps, and what
is summed up of it (``p @ p``) may then differ in the last digit. So its elements are kept densely,
in the order in which they lie, and are spread out again, as far as that takes little room: of many
columns of one matrix each gets gaps of its own. Measured: 2 ms for 1 MB within 2 MB.
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
_ALWAYS_SPREAD = 1 << 16
_MOST_SPREAD = 1 << 23
_TIMES_SPREAD = 8
"""Bytes that an array with its gaps may take: these at least, so many times its own up to these."""
_OWNS, _WRITEABLE = 0x4, 0x400
"""The bits of an array's flags that say so; asking for a flag itself may make numpy warn."""


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
    """An array that looks into the memory of another array of the same bundle; NotImplemented where
    that has gaps, or one element in several places."""
    if not _as_it_lies(owner).flags.c_contiguous or _overlaps(owner):
        return NotImplemented
    offset = view.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    return make_view, (owner, view.dtype, view.shape, view.strides, offset)


def make_view(
    owner: Any, dtype: Any, shape: tuple[int, ...], strides: tuple[int, ...], offset: int
) -> Any:
    """The same window into the loaded owner's memory."""
    from numpy import ndarray

    return ndarray(shape, dtype, _as_it_lies(owner).reshape(-1), offset, strides)


def reduce_spread(value: Any) -> Any:
    """An array whose elements do not lie one behind the other, in C or Fortran order."""
    numpy = sys.modules["numpy"]
    if value.dtype.hasobject:
        return NotImplemented
    dense = _as_it_lies(value)
    low, high = _stretch(value.shape, value.strides, value.itemsize)
    if high - low < dense.nbytes and (memory := _memory_of(value, low, high)) is not None:
        return make_overlapping, (
            memory,
            value.shape,
            value.strides,
            bool(value.flags.num & _WRITEABLE),
        )
    room = max(_ALWAYS_SPREAD, min(_TIMES_SPREAD * dense.nbytes, _MOST_SPREAD))
    if high - low > max(room, dense.nbytes):
        return numpy.ascontiguousarray(value).__reduce_ex__(5)
    facts = value.shape, value.strides, value.flags.num & (_OWNS | _WRITEABLE)
    return make_spread, (numpy.ascontiguousarray(dense), *facts)


def _memory_of(array: Any, low: int, high: int) -> Any:
    """The memory in which an array's elements overlap, as sliding windows do, each once: by
    themselves they would take far more room. None if it is not made of whole elements."""
    size = array.itemsize
    if low or any(by % size for by in array.strides):
        return None
    from numpy.lib.stride_tricks import as_strided

    return as_strided(array, ((high - low) // size,), (size,), writeable=False).copy()


def make_overlapping(
    memory: Any, shape: tuple[int, ...], strides: tuple[int, ...], can_be_written: bool
) -> Any:
    """The array that looks into this memory, which is its own, as another one did into another."""
    from numpy import ndarray

    if can_be_written and not memory.flags.writeable:
        memory = memory.copy()
    made: Any = ndarray(shape, memory.dtype, memory, 0, strides)
    made.flags.writeable = can_be_written
    return made


def make_spread(dense: Any, shape: tuple[int, ...], strides: tuple[int, ...], flags: int) -> Any:
    """The array that has these elements, at these distances from each other."""
    from numpy import ndarray, zeros

    low, high = _stretch(shape, strides, dense.itemsize)
    if high - low == dense.nbytes:
        if flags & _WRITEABLE and not dense.flags.writeable:  # it was a part of one that cannot be
            dense = dense.copy()
        made: Any = ndarray(shape, dense.dtype, dense.reshape(-1), -low, strides)
    else:
        made = ndarray(shape, dense.dtype, zeros(high - low, "u1"), -low, strides)
        _as_it_lies(made)[...] = dense
    if flags & _OWNS and dense.nbytes <= MOST_OWNED:
        made = made.copy(order="K")
    made.flags.writeable = bool(flags & _WRITEABLE)
    return made


def _as_it_lies(array: Any) -> Any:
    """The array's elements in the order in which they lie in memory, each once."""
    steps = array.strides
    parts = (slice(None, 1) if by == 0 else slice(None, None, 1 if by > 0 else -1) for by in steps)
    turned = array[(*parts,)]
    return turned.transpose(sorted(range(array.ndim), key=lambda axis: -abs(steps[axis])))


def _overlaps(array: Any) -> bool:
    low, high = _stretch(array.shape, array.strides, array.itemsize)
    return bool(high - low < array.nbytes)


def _stretch(shape: tuple[int, ...], strides: tuple[int, ...], size: int) -> tuple[int, int]:
    """Where an array's memory begins and ends, as seen from its first element."""
    ways = [(count - 1) * by for count, by in zip(shape, strides, strict=True)]
    return sum(way for way in ways if way < 0), size + sum(way for way in ways if way > 0)


def reduce_row(row: Any) -> Any:
    """A row that looks into the memory of a structured array; NotImplemented for any other."""
    if row.base is None or not row.dtype.names or row.dtype.hasobject:
        return NotImplemented
    return make_row, (row.dtype, row.tobytes(), bool(row.flags.writeable))


def make_row(dtype: Any, data: bytes, can_be_written: bool) -> Any:
    """The row of an array of this one row."""
    from numpy import frombuffer

    array = frombuffer(data, dtype).copy()
    array.flags.writeable = can_be_written
    return array[0]


def reduce_masked(value: Any) -> Any:
    """A masked array; NotImplemented for other arrays and for kinds that reduce themselves."""
    masked = sys.modules["numpy"].ma.MaskedArray
    if not is_a(value, masked) or type(value).__reduce__ is not masked.__reduce__:
        return NotImplemented
    return reduce_with_view(value)


def reduce_with_view(value: Any) -> Any:
    """An array of a class of its own by its numbers and attributes, whatever that class makes of
    pickling."""
    return make_with_view, (type(value), value.view(sys.modules["numpy"].ndarray), vars(value))


def make_with_view(kind: type, data: Any, attributes: Mapping[str, Any]) -> Any:
    """The array of this class that has these data, with its attributes as they were."""
    made = data.view(kind)
    vars(made).update(attributes)
    return made
