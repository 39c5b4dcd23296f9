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
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from zenbook.core.closure_origin import library_of
from zenbook.core.kinds import is_a
from zenbook.engine import frames

_HOW = "behind"
_WRAPPED = ("_ndarray", "_data", "_mask")
"""The names under which extension arrays hold the arrays that they wrap."""
_LEFT = "left"
Alone = tuple[list[int], int, int]
"""Numbers of columns, where the first one begins in memory, and how far each next is on."""
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
        for name, array in _named_arrays_of(block):
            yield (_HOW, (columns_of(block), name)), array


def _named_arrays_of(block: Any) -> list[tuple[str, Any]]:
    numpy = sys.modules["numpy"]
    wrapped = wrapped_in(block.values) or {"": block.values}
    return [(name, one) for name, one in wrapped.items() if is_a(one, numpy.ndarray)]


def _arrays_of(block: Any) -> list[Any]:
    return [array for _, array in _named_arrays_of(block)]


def wrapped_in(value: Any) -> dict[str, Any]:
    """The arrays that an extension array of pandas wraps, by name; none for anything else."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not is_a(value, pandas.api.extensions.ExtensionArray):
        return {}
    held = ((name, getattr(value, name, None)) for name in _WRAPPED)
    numpy = sys.modules["numpy"]
    wrapped = {name: array for name, array in held if is_a(array, numpy.ndarray)}
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


def looks_at_frames(parts: Iterable[Any]) -> bool:
    """Whether one of these is something of pandas that looks at frames, as a grouping does, and
    may hold columns of theirs that no walk comes by."""
    kinds: dict[type, Any] = {}
    for part in parts:
        kinds.setdefault(type(part), part)
    others = (part for kind, part in kinds.items() if library_of(kind) == "pandas")
    return any(any(frames.frames_within(part)) for part in others if not frames.is_frame(part))


def counts_others(refs: Any, parts: Iterable[Any]) -> bool:
    """Whether pandas counts something in a memory that is none of the frames among these."""
    tables = (part for part in parts if frames.is_frame(part))
    own = {id(block) for table in tables for block in table._mgr.blocks}
    living = (block for held in refs.referenced_blocks if (block := held()) is not None)
    return any(id(block) not in own for block in living)


def _block(frame: Any, key: _Key) -> Any:
    for block in frame._mgr.blocks:
        if columns_of(block) == key[0]:
            return block
    raise KeyError(key)


def columns_of(block: Any) -> tuple[int, ...]:
    """Which columns a block holds: from, to and by, where these say it; else -1 and each."""
    places = block.mgr_locs.indexer
    if isinstance(places, slice):
        return places.start, places.stop, places.step
    return -1, *places.tolist()


def stay_behind(old: Any, new: Any, is_same: Callable[[Any, Any], bool]) -> None:
    """Let the later content of a frame stay in the memory where it is, as far as it is the same."""
    if not frames.is_frame(old) or type(old) is not type(new) or frames.writes_through():
        return
    for block in new._mgr.blocks:
        if (part := _part_of(old, new, block)) is None:
            continue
        values, refs = part
        if type(values) is type(block.values) and is_same(values, block.values):
            block.values, block.refs = values, refs
            refs.add_reference(block)


def _part_of(old: Any, new: Any, block: Any) -> tuple[Any, Any] | None:
    """Where a frame's earlier content held the columns of a block, and how pandas counts that;
    None if that was not in one stretch of one block."""
    if new.ndim == 1:
        return old._mgr.blocks[0].values, old._mgr.blocks[0].refs
    if not (old.columns.is_unique and new.columns.is_unique):
        return None
    places = old.columns.get_indexer(new.columns[block.mgr_locs.as_array])
    numbers = {-1 if place < 0 else int(old._mgr.blknos[place]) for place in places}
    if len(numbers) != 1 or -1 in numbers:
        return None
    before = old._mgr.blocks[numbers.pop()]
    rows = [int(row) for row in old._mgr.blklocs[places]]
    if rows != list(range(rows[0], rows[0] + len(rows))):
        return None
    is_whole = before.values.ndim == 1 or len(rows) == len(before.values)
    return (before.values if is_whole else before.values[rows[0] : rows[-1] + 1]), before.refs


def left_behind(old: Any, new: Any) -> list[tuple[int, Any]]:
    """The arrays of columns that a frame's later content does not stay in, with the number of the
    column."""
    kept = {_address(column) for _, column in _columns_behind(new)}
    return [told for told in _columns_behind(old) if _address(told[1]) not in kept]


def written_to_alone(value: Any) -> list[Alone]:
    """The memory of a frame that nothing else is counted in, so that it is written to as it is."""
    if not frames.is_frame(value) or frames.writes_through():
        return []
    alone = (block for block in value._mgr.blocks if not block.refs.has_reference())
    return [
        (_numbers(block, array), _address(array), array.strides[0] if array.ndim == 2 else 0)
        for block in alone
        for array in _arrays_of(block)
    ]


def moved(alone: Iterable[Alone], later: Any) -> tuple[int, ...]:
    """Numbers of the columns that were alone in their memory and have left it: no array that looks
    into that is meant by what the frame holds now."""
    kept = {_address(column) for _, column in _columns_behind(later)}
    stay: set[int] = set()
    gone: set[int] = set()
    for numbers, address, stride in alone:
        for row, number in enumerate(numbers):
            (stay if address + row * stride in kept else gone).add(number)
    return tuple(sorted(gone - stay))


def moved_path(columns: tuple[int, ...]) -> tuple[tuple[str, Any], ...]:
    """These columns as a path that leads nowhere."""
    return ((_HOW, (columns, _LEFT)),)


def moved_in(paths: Iterable[tuple[tuple[str, Any], ...]]) -> set[int]:
    """The columns that such paths tell."""
    told = (path[0][1] for path in paths if len(path) == 1 and is_behind(path))
    return {number for columns, name in told if name == _LEFT for number in columns}


def _columns_behind(frame: Any) -> Iterator[tuple[int, Any]]:
    if not frames.is_frame(frame) or frames.writes_through():
        return
    for block in frame._mgr.blocks:
        for array in _arrays_of(block):
            columns = [array] if array.ndim == 1 else array
            yield from zip(_numbers(block, array), columns, strict=True)


def _numbers(block: Any, array: Any) -> list[int]:
    """The numbers of the columns in an array; a series' block counts its rows."""
    if array.ndim == 2:
        return [int(place) for place in block.mgr_locs.as_array]
    return [max(columns_of(block)[0], 0)]


def _address(array: Any) -> int:
    return int(array.__array_interface__["data"][0])
