"""One array as a cut out of another: which of its elements, along which axes.

``X[:, 2]``, ``frame["a"].to_numpy()`` and ``x[::-1]`` can be said so, and then it does not matter
how the other one lies in memory: a loaded array may lie without the gaps that the kept one had
between its rows. What cannot be said so, such as ``X.view("u1")``, has a window of bytes
(:mod:`zenbook.engine.sharing`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from math import prod
from typing import Any, TypeGuard

from zenbook.engine.memory import bounds_of

Pick = int | tuple[int, int, int]
"""Of one axis: a place in it, or where to start, how many to take, and how far each is on."""
Cut = tuple[str, Any, tuple[int, ...], tuple[Pick, ...], tuple[int, ...], tuple[int, ...], bool]
"""The mark; dtype and shape of the whole, in which some of its axes may be one; the picks, the
order of the axes that are left, the shape then given, and whether the cut can be written to."""
_MARK = "cut"


def is_cut(window: Any) -> TypeGuard[Cut]:
    """Whether a window is told as a cut."""
    return bool(window[0] == _MARK) if type(window[0]) is str else False


def cut_of(value: Any, array: Any, *, writeable: bool) -> Cut | None:
    """How to cut a value out of an array into whose memory it looks; None if it is no cut."""
    if value.dtype != array.dtype or not _is_within(value, array):
        return None
    cut = _cut_of(value, array, writeable)
    axes = _joined(zip(array.shape, array.strides, strict=True))
    if cut is None and len(axes) < array.ndim:
        seen = array.reshape([count for count, _ in axes])
        cut = _cut_of(value, seen, writeable) if _address(seen) == _address(array) else None
    return cut


def _is_within(value: Any, array: Any) -> bool:
    low, high = bounds_of(array)
    return low <= bounds_of(value)[0] and bounds_of(value)[1] <= high


def _cut_of(value: Any, array: Any, writeable: bool) -> Cut | None:
    strides = [abs(stride) for stride in array.strides]
    starts = _starts(_address(value) - bounds_of(array)[0], strides, array.shape)
    axes = _joined((n, by) for n, by in zip(value.shape, value.strides, strict=True) if n != 1)
    along = [_axis(count, stride, strides, array.shape, starts) for count, stride in axes]
    if starts is None or None in along or len(set(along)) < len(along):
        return None
    picks: list[Pick] = [
        length - 1 - start if stride < 0 else start
        for start, stride, length in zip(starts, array.strides, array.shape, strict=True)
    ]
    taken = [at for at in along if at is not None]
    for (count, stride), axis in zip(axes, taken, strict=True):
        start = picks[axis]
        assert isinstance(start, int)
        picks[axis] = (start, count, stride // array.strides[axis])
    order = tuple(sorted(taken).index(axis) for axis in taken)
    cut = (_MARK, array.dtype, array.shape, tuple(picks), order, value.shape, writeable)
    return cut if _is_that(cut_out(array, cut), value) else None


def _joined(axes: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Counts and strides of axes, those as one that go on in the same step: a row of 64 shown as 8
    by 8."""
    found: list[tuple[int, int]] = []
    for count, stride in axes:
        if found and found[-1][1] == count * stride:
            count *= found.pop()[0]
        found.append((count, stride))
    return found


def cut_out(array: Any, cut: Cut) -> Any:
    """The same cut out of this array. Raises TypeError if that is built otherwise."""
    _, dtype, whole, picks, order, shape, _ = cut
    seen = array if array.shape == whole or array.size != prod(whole) else array.reshape(whole)
    if (array.dtype, seen.shape) != (dtype, whole) or _address(seen) != _address(array):
        raise TypeError("an input's memory is laid out otherwise than it was")
    return seen[(*map(_index, picks), ...)].transpose(order).reshape(shape)


def _index(pick: Pick) -> int | slice:
    if isinstance(pick, int):
        return pick
    start, count, step = pick
    stop = start + count * step
    return slice(start, stop if stop >= 0 else None, step)


def _starts(offset: int, strides: list[int], shape: tuple[int, ...]) -> list[int] | None:
    """The place along each axis of the element at this distance from the first byte."""
    starts = [0] * len(shape)
    for axis in sorted(range(len(shape)), key=lambda axis: -strides[axis]):
        if shape[axis] > 1 and strides[axis]:
            starts[axis] = min(offset // strides[axis], shape[axis] - 1)
            offset -= starts[axis] * strides[axis]
    return starts if offset == 0 else None


def _axis(
    count: int, stride: int, strides: list[int], shape: tuple[int, ...], starts: list[int] | None
) -> int | None:
    """The axis of the whole along which these many elements lie at this distance."""
    for axis in sorted(range(len(shape)), key=lambda axis: -strides[axis]):
        if starts is None or not stride or not strides[axis] or stride % strides[axis]:
            continue
        last = starts[axis] + (count - 1) * (stride // strides[axis])
        if 0 <= last < shape[axis]:
            return axis
    return None


def lying(one: Any, other: Any) -> tuple[Any, ...]:
    """How two arrays lie to each other in the memory that they look into: which elements of the
    larger one are those of the smaller one, however far these lie apart; where that cannot be said,
    the distance between both and their strides, in bytes."""
    large, small = (one, other) if one.nbytes >= other.nbytes else (other, one)
    is_plain = type(large) is type(small) is sys.modules["numpy"].ndarray
    if is_plain and (cut := cut_of(small, large, writeable=True)) is not None:
        return cut
    return _address(other) - _address(one), one.strides, other.strides


def _is_that(made: Any, value: Any) -> bool:
    told = [
        [stride for stride, count in zip(one.strides, one.shape, strict=True) if count != 1]
        for one in (made, value)
    ]
    return bool(
        made.shape == value.shape and told[0] == told[1] and _address(made) == _address(value)
    )


def _address(array: Any) -> int:
    return int(array.__array_interface__["data"][0])
