"""Descriptions of pyarrow and polars values: by type and by the bytes of their elements.

Chunks, slices, offsets and what lies under a null are layout or history. Numbers without nulls
are hashed in place, chunk after chunk; texts by their lengths and their joined bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_128

from zenbook.core.digest_stream import Describers, Description

if TYPE_CHECKING:
    from zenbook.core.digest import Digester


def _arrow() -> Any:
    import pyarrow  # loaded already where an arrow value is; polars may be here without it

    return pyarrow


def table(value: Any, digester: Digester) -> Description:
    """A ``Table`` or ``RecordBatch``: its schema and columns."""
    return type(value).__name__, schema_of(value.schema), [_chunks(c) for c in value.columns]


def column(value: Any, digester: Digester) -> Description:
    """An ``Array`` or ``ChunkedArray``; how it is chunked does not count."""
    pa = _arrow()
    name = "chunked" if isinstance(value, pa.ChunkedArray) else "array"
    return name, str(value.type), _chunks(value)


def _chunks(value: Any) -> Any:
    chunks = getattr(value, "chunks", None)
    return _elements(value.type, [value] if chunks is None else chunks)


def _elements(kind: Any, chunks: list[Any]) -> Any:
    """All elements of these chunks, which are of one type."""
    types = sys.modules["pyarrow"].types
    length = sum(len(chunk) for chunk in chunks)
    nulls = _nulls(chunks)
    if types.is_dictionary(kind):
        decoded = [chunk.dictionary_decode() for chunk in chunks]
        return "dictionary", length, nulls, _elements(kind.value_type, decoded)
    if types.is_struct(kind):
        fields = [[chunk.flatten()[i] for chunk in chunks] for i in range(kind.num_fields)]
        parts = [_elements(kind.field(i).type, one) for i, one in enumerate(fields)]
        return "struct", length, nulls, parts
    if types.is_list(kind) or types.is_large_list(kind):
        return "list", length, nulls, *_lists(kind, chunks)
    if _is_text(types, kind):
        return "text", length, nulls, *_texts(chunks)
    if _is_fixed(types, kind):
        return "fixed", length, nulls, _fixed(kind, chunks)
    return "elements", length, [one for chunk in chunks for one in chunk.to_pylist()]


def _nulls(chunks: list[Any]) -> str | None:
    if not any(chunk.null_count for chunk in chunks):
        return None
    hasher = xxh3_128()
    for chunk in chunks:
        hasher.update(_numbers(chunk.is_null(), "uint8"))
    return hasher.hexdigest()


def _numbers(array: Any, kind: str) -> Any:
    """The elements of an array as numbers of this kind, whatever stands for a null. ``to_numpy``,
    as much else of pyarrow, would import pandas, which the program may not have done."""
    import numpy

    if not len(array):
        return numpy.empty(0, kind)
    cast = array.cast(kind)
    found = numpy.frombuffer(cast.buffers()[1], kind)
    return found[cast.offset : cast.offset + len(cast)]


def _is_text(types: Any, kind: Any) -> bool:
    tests = ("is_string", "is_large_string", "is_binary", "is_large_binary")
    return any(getattr(types, test)(kind) for test in tests)


def _is_fixed(types: Any, kind: Any) -> bool:
    if types.is_boolean(kind) or types.is_null(kind):
        return False
    return bool(types.is_primitive(kind) or types.is_decimal(kind))


def _lists(kind: Any, chunks: list[Any]) -> Description:
    import pyarrow.compute as compute

    lengths = map(compute.list_value_length, chunks)
    flat = [chunk.flatten() for chunk in chunks]
    return _lengths(lengths), _elements(kind.value_type, flat)


def _texts(chunks: list[Any]) -> Description:
    import pyarrow.compute as compute

    lengths = map(compute.binary_length, chunks)
    hasher = xxh3_128()
    for chunk in chunks:
        for part in _joined(chunk):
            hasher.update(part)
    return _lengths(lengths), hasher.hexdigest()


def _joined(chunk: Any) -> Iterator[Any]:
    """The bytes of all texts of a chunk; one stretch of its buffer if no null hides any."""
    import numpy

    if not len(chunk):
        return
    if chunk.null_count:
        chunk = chunk.drop_null()
    _, offsets, joined = chunk.buffers()
    if joined is None:
        return
    wide = str(chunk.type).startswith("large_")
    places = numpy.frombuffer(offsets, dtype="i8" if wide else "i4")
    first, last = places[chunk.offset], places[chunk.offset + len(chunk)]
    yield memoryview(joined)[int(first) : int(last)]


def _lengths(chunks: Iterable[Any]) -> str:
    """Lengths, 0 for each null."""
    hasher = xxh3_128()
    for chunk in chunks:
        lengths = _numbers(chunk, "int64")
        if chunk.null_count:
            lengths = lengths * _numbers(chunk.is_valid(), "uint8")
        hasher.update(lengths)
    return hasher.hexdigest()


def _fixed(kind: Any, chunks: list[Any]) -> str:
    width = kind.bit_width // 8
    hasher = xxh3_128()
    for chunk in chunks:
        if not len(chunk):
            continue
        if chunk.null_count:
            chunk = chunk.drop_null()
        joined = chunk.buffers()[1]
        if joined is not None:
            start = chunk.offset * width
            hasher.update(memoryview(joined)[start : start + len(chunk) * width])
    return hasher.hexdigest()


def schema_of(value: Any) -> Description:
    """Names, types and notes of a schema's fields."""
    fields = [
        (field.name, str(field.type), field.nullable, _sorted(field.metadata)) for field in value
    ]
    return fields, _sorted(value.metadata)


def _sorted(metadata: Any) -> Any:
    return sorted(metadata.items()) if metadata else None


def schema(value: Any, digester: Digester) -> Description:
    """A ``Schema``."""
    return "schema", *schema_of(value)


def named(value: Any, digester: Digester) -> Description:
    """A ``DataType`` or ``Field``."""
    return type(value).__name__, str(value), _sorted(getattr(value, "metadata", None))


def scalar(value: Any, digester: Digester) -> Description:
    """An arrow scalar."""
    return "arrow scalar", str(value.type), value.as_py()


def buffer(value: Any, digester: Digester) -> Description:
    """A ``Buffer`` of bytes."""
    return "buffer", value.size, xxh3_128(memoryview(value)).hexdigest()


ARROW: Describers = {
    "Table": table,
    "RecordBatch": table,
    "Array": column,
    "ChunkedArray": column,
    "Schema": schema,
    "DataType": named,
    "Field": named,
    "Scalar": scalar,
    "Buffer": buffer,
}


# ---------------------------------------------------------------- polars


def polars_frame(value: Any, digester: Digester) -> Description:
    """A polars ``DataFrame``: names, types and columns."""
    columns = value.get_columns()
    named = [(one.name, str(one.dtype)) for one in columns]
    return "polars", digester.class_token(type(value)), named, [_polars(c) for c in columns]


def polars_series(value: Any, digester: Digester) -> Description:
    """A polars ``Series``."""
    return "polars series", value.name, str(value.dtype), _polars(value)


def _polars(value: Any) -> Any:
    if value.dtype.base_type().__name__ == "Object":
        return value.to_list()
    return _chunks(value.to_arrow())


def polars_lazy(value: Any, digester: Digester) -> Description:
    """A query not yet run, by its plan."""
    return "polars lazy", value.serialize()


def polars_expression(value: Any, digester: Digester) -> Description:
    """An expression, by its plan."""
    return "polars expression", value.meta.serialize()


def polars_type(value: Any, digester: Digester) -> Description:
    """A polars data type."""
    return "polars type", repr(value)


POLARS: Describers = {
    "DataFrame": polars_frame,
    "Series": polars_series,
    "LazyFrame": polars_lazy,
    "Expr": polars_expression,
    "DataType": polars_type,
}
