"""The memory behind frames that copy on write, which arrays of numpy look into all the same.

``frame["a"].to_numpy()`` looks into the memory of ``frame``, and sees what is later put into it;
``pd.DataFrame(a, copy=False)`` looks into the memory of ``a``. Two frames in one memory see nothing
of each other, since whichever is changed first takes a copy: pandas counts them for that. So the
arrays behind a frame are no parts that it would share with other frames; but where an array looks
into them, too, they are put together again, and counted again.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from typing import Any

from zenbook.engine import frames

_HOW = "behind"
_WRAPPED = ("_ndarray", "_data", "_mask")
"""The names under which extension arrays hold the arrays that they wrap."""
_Key = tuple[tuple[int, ...], str]
"""Which columns an array holds, and its name in the extension array that does; "" without one."""


def is_behind(path: tuple[tuple[str, Any], ...]) -> bool:
    """Whether a path ends in the memory behind a frame."""
    return bool(path) and path[-1][0] == _HOW


def behind(value: Any) -> Iterator[tuple[tuple[str, _Key], Any]]:
    """The arrays in which a frame that copies on write keeps its values, each with the step to it;
    none for anything else."""
    if not frames.is_frame(value) or frames.writes_through():
        return
    for block in value._mgr.blocks:
        wrapped = wrapped_in(block.values) or {"": block.values}
        for name, array in wrapped.items():
            if isinstance(array, sys.modules["numpy"].ndarray):
                yield (_HOW, (_columns(block), name)), array


def wrapped_in(value: Any) -> dict[str, Any]:
    """The arrays that an extension array of pandas wraps, by name; none for anything else."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(value, pandas.api.extensions.ExtensionArray):
        return {}
    held = ((name, getattr(value, name, None)) for name in _WRAPPED)
    numpy = sys.modules["numpy"]
    wrapped = {name: array for name, array in held if isinstance(array, numpy.ndarray)}
    return {"_ndarray": wrapped["_ndarray"]} if "_ndarray" in wrapped else wrapped


def wrapping(value: Any, name: str, array: Any) -> Any:
    """An extension array as this one that wraps another array."""
    if name == "_ndarray":
        made = value._from_backing_data(array)
    else:
        made = copy.copy(value)
        setattr(made, name, array)
    if getattr(value, "_readonly", False):
        made._readonly = True
    return made


def array_behind(frame: Any, key: _Key) -> Any:
    """The array that a frame keeps these columns in. Raises KeyError if none is kept so."""
    values = _block(frame, key).values
    return wrapped_in(values)[key[1]] if key[1] else values


def put_behind(frame: Any, key: _Key, array: Any) -> None:
    """Let a frame keep these columns in another array. Raises KeyError as above."""
    block = _block(frame, key)
    block.values = wrapping(block.values, key[1], array) if key[1] else array


def counted(frame: Any, key: _Key) -> Any:
    """What pandas counts the frames in one memory by: the same object for all of them."""
    return _block(frame, key).refs


def count_in(frame: Any, key: _Key, refs: Any) -> None:
    """Let a frame be counted among those in this memory: neither then writes into it."""
    block = _block(frame, key)
    block.refs = refs
    refs.add_reference(block)


def _block(frame: Any, key: _Key) -> Any:
    for block in frame._mgr.blocks:
        if _columns(block) == key[0]:
            return block
    raise KeyError(key)


def _columns(block: Any) -> tuple[int, ...]:
    """Which columns a block holds: from, to and by, where these say it."""
    places = block.mgr_locs.indexer
    if isinstance(places, slice):
        return places.start, places.stop, places.step
    return -1, *places.tolist()
