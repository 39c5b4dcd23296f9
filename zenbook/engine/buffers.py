"""The memory in which pyarrow, polars and Pillow keep values, which may be an array's or a frame's.
Rows of structured arrays (:mod:`zenbook.engine.rows`) lie in such memory, too.

``pa.table({"a": a})``, ``pl.Series("a", a)``, ``pl.from_pandas(frame)`` and ``Image.fromarray(a)``
copy nothing: their values never change by themselves, but see what is later put into ``a`` or
``frame``. On a hit they are made anew in the memory of that. Where they cannot be (a column of
dates in polars, nested ones in pyarrow), the step runs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from zenbook.core.closure_origin import library_of
from zenbook.engine.frames import is_frame
from zenbook.engine.images import image_memory, image_with
from zenbook.engine.part_kinds import is_row
from zenbook.engine.rows import STEP, array_of

_HOW = "buffer"
_LIBRARIES = ("pyarrow", "polars", "PIL")
Key = tuple[int, ...]
"""Where a buffer is: the number of the column, of the chunk, and of the buffer, as far as what
holds it has these."""


def is_buffer(path: tuple[tuple[str, Any], ...]) -> bool:
    """Whether a path ends in the memory of a value of these libraries."""
    return bool(path) and path[-1][0] == _HOW


def may_have_memory(value: Any) -> bool:
    """Whether values of its kind may lie in memory that is told apart from them."""
    return is_frame(value) or is_row(value) or library_of(type(value)) in _LIBRARIES


def buffers(value: Any) -> Iterator[tuple[tuple[str, Key], Any]]:
    """The memory of a value of these libraries as arrays that cannot be written to, and that of a
    row, each with the step to it; none for anything else."""
    if is_row(value) and (memory := array_of(value)) is not None:
        yield STEP, memory
    library = library_of(type(value))
    if library in ("pyarrow", "polars"):
        found = _of_arrow(value) if library == "pyarrow" else _of_polars(value)
        yield from (((_HOW, key), array) for key, array in found)
    elif library == "PIL" and (array := image_memory(value)) is not None:
        yield (_HOW, ()), array


def is_of_buffers(owner: Any) -> bool:
    """Whether this owns an array's memory that nobody can change: pyarrow and polars do."""
    return library_of(type(owner)) in ("pyarrow", "polars") or type(owner).__name__ == "PySeries"


def buffer_at(value: Any, key: Key) -> Any:
    """The memory at this place. Raises KeyError if there is none."""
    return {found: array for (_, found), array in buffers(value)}[key]


def with_buffer(value: Any, key: Key, array: Any) -> Any:
    """A value as this one that has its memory at this place in another array. Raises TypeError if
    that cannot be."""
    if library_of(type(value)) == "polars":
        return _polars_with(value, key, array)
    if library_of(type(value)) == "PIL":
        return image_with(value, array)
    arrow: Any = sys.modules["pyarrow"]
    if isinstance(value, arrow.Buffer):
        return arrow.py_buffer(array)
    if isinstance(value, arrow.Array):
        return _array_with(value, key[0], array)
    inner = with_buffer(_columns(value)[key[0]], key[1:], array)
    if isinstance(value, arrow.ChunkedArray):
        chunks = value.chunks
        return arrow.chunked_array([*chunks[: key[0]], inner, *chunks[key[0] + 1 :]], value.type)
    return value.set_column(key[0], value.schema.field(key[0]), inner)


def _array_with(value: Any, number: int, array: Any) -> Any:
    arrow: Any = sys.modules["pyarrow"]
    kind, types = value.type, arrow.types
    is_category = types.is_dictionary(kind)
    texts = (types.is_string, types.is_large_string)  # which are in no array's memory
    if is_category and any(is_text(kind.value_type) for is_text in texts):
        indices = _array_with(value.indices, number, array)
        return arrow.DictionaryArray.from_arrays(indices, value.dictionary, ordered=kind.ordered)
    if kind.num_fields or is_category:
        raise TypeError("values of this kind cannot be made in another memory")
    held = value.buffers()
    held[number] = arrow.py_buffer(array)
    return arrow.Array.from_buffers(value.type, len(value), held, value.null_count, value.offset)


def _columns(value: Any) -> list[Any]:
    chunks = getattr(value, "chunks", None)
    return list(value.columns if chunks is None else chunks)


def _of_arrow(value: Any) -> Iterator[tuple[Key, Any]]:
    arrow: Any = sys.modules["pyarrow"]
    if isinstance(value, arrow.Buffer):
        yield from _memory([value], is_one=True)
    elif isinstance(value, arrow.Array):
        yield from _memory(value.buffers())
    elif isinstance(value, (arrow.ChunkedArray, arrow.Table, arrow.RecordBatch)):
        for number, part in enumerate(_columns(value)):
            yield from (((number, *key), array) for key, array in _of_arrow(part))


def _memory(held: list[Any], *, is_one: bool = False) -> Iterator[tuple[Key, Any]]:
    from numpy import frombuffer

    for number, buffer in enumerate(held):
        if buffer is not None and buffer.is_cpu and buffer.size:
            yield () if is_one else (number,), frombuffer(buffer, "u1")


def _of_polars(value: Any) -> Iterator[tuple[Key, Any]]:
    polars: Any = sys.modules["polars"]
    if isinstance(value, polars.Series):
        if (array := _values_of(value)) is not None:
            yield (), array
    elif isinstance(value, polars.DataFrame):
        for number, series in enumerate(value.get_columns()):
            if (array := _values_of(series)) is not None:
                yield (number,), array


def _values_of(series: Any) -> Any:
    """The values of a series as an array in its own memory; None if they are laid out otherwise
    than numpy does."""
    if not len(series):
        return None
    try:
        return series.to_numpy(allow_copy=False)
    except (RuntimeError, TypeError, ValueError):
        return None


def _polars_with(value: Any, key: Key, array: Any) -> Any:
    polars: Any = sys.modules["polars"]
    if key:
        series = _polars_with(value.to_series(key[0]), (), array)
        return value.clone().replace_column(key[0], series)
    made = polars.Series(value.name, array)
    values = _values_of(made)
    if made.dtype != value.dtype or values is None or not _are_one(values, array):
        raise TypeError("values of this kind cannot be made in another memory")
    return made


def _are_one(one: Any, other: Any) -> bool:
    return bool(one.__array_interface__["data"][0] == other.__array_interface__["data"][0])
