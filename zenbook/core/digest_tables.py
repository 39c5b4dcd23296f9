"""Descriptions of pandas values: column by column, each by its buffers.

How a frame's columns are gathered in blocks is history, not value, so columns are described one
by one; in a numeric frame each is a contiguous row of its block and hashed in place. What lies
under a missing value is not part of the value either.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from zenbook.core.digest_stream import Describer, Describers, Description

if TYPE_CHECKING:
    from zenbook.core.digest import Digester


_REMEMBERED = ("_attrs", "_cacher", "_is_copy", "_typ")


def frame(value: Any, digester: Digester) -> Description:
    """A ``DataFrame``: class, labels in order, columns, ``attrs`` and flags."""
    columns = [_column(one) for one in _columns(value)]
    return (
        "frame",
        digester.class_token(type(value)),
        value.columns,
        value.index,
        columns,
        _rest(value, digester),
    )


def series(value: Any, digester: Digester) -> Description:
    """A ``Series``: class, name, index, values, ``attrs`` and flags."""
    return (
        "series",
        digester.class_token(type(value)),
        value.name,
        value.index,
        _column(value.array),
        _rest(value, digester),
    )


def _columns(value: Any) -> list[Any]:
    arrays = getattr(value, "_iter_column_arrays", None)
    if arrays is not None:
        return list(arrays())
    return [value.iloc[:, place].array for place in range(value.shape[1])]


def _rest(value: Any, digester: Digester) -> Description:
    """``attrs``, flags, what a subclass adds, and attributes of its own."""
    extra = {name: getattr(value, name, None) for name in value._metadata if name != "name"}
    told = (dict(value.attrs), value.flags.allows_duplicate_labels, extra)
    own = own_attributes(value)
    return (*told, own) if own else told


def own_attributes(value: Any) -> dict[str, Any]:
    """Attributes that somebody gave a frame, series or index, as ``frame.note = "n"``: neither
    pandas' own, nor what it remembers there, such as ``series.str``, or leaves there when it is
    loaded."""
    kind = type(value)
    if hasattr(kind, "_internal_names_set"):
        known = {*kind._internal_names_set, *kind._metadata, *_REMEMBERED}
        own = {name: item for name, item in vars(value).items() if name not in known}
    else:
        own = {n: item for n, item in vars(value).items() if n[0] != "_" and n != "sortorder"}
    return {name: item for name, item in own.items() if not _is_accessor(kind, name)}


def _is_accessor(kind: type, name: str) -> bool:
    """Whether it is something like ``series.str``, which stays in the series that was asked."""
    found = (vars(base)[name] for base in kind.__mro__ if name in vars(base))
    return type(next(found, None)).__name__.endswith("Accessor")


def _column(array: Any) -> Any:
    """The numpy array behind a plain column; an extension array as it is."""
    if type(array).__name__ in ("NumpyExtensionArray", "PandasArray"):
        array = array.to_numpy()
    numpy = sys.modules["numpy"]
    if type(array) is numpy.ndarray and array.dtype.hasobject and array.ndim == 1:
        return "objects", array.tolist()
    return array


def _with_own_attributes(describe: Describer) -> Describer:
    """An index that somebody has given attributes is described with them."""

    def described(value: Any, digester: Digester) -> Description:
        told = describe(value, digester)
        own = own_attributes(value)
        return ("with attributes", told, own) if own else told

    return described


def index(value: Any, digester: Digester) -> Description:
    """An ``Index``; its cached lookups and its layout do not count."""
    return "index", digester.class_token(type(value)), value.name, _column(value.array)


def range_index(value: Any, digester: Digester) -> Description:
    """A ``RangeIndex``."""
    return "range index", value.name, value.start, value.stop, value.step


def multi_index(value: Any, digester: Digester) -> Description:
    """A ``MultiIndex``: its levels as they are, since they can be asked for."""
    return "multi index", list(value.names), list(value.levels), list(value.codes)


def time_index(value: Any, digester: Digester) -> Description:
    """An index of times, with its frequency."""
    return (
        "time index",
        digester.class_token(type(value)),
        value.name,
        value.freqstr,
        _column(value.array),
    )


def times(value: Any, digester: Digester) -> Description:
    """An array of times: ticks, unit, time zone or frequency, all named by the dtype."""
    return "times", type(value).__name__, str(value.dtype), value.asi8


def categorical(value: Any, digester: Digester) -> Description:
    """A ``Categorical``: its categories count in their order, whether used or not."""
    return "categorical", value.categories, bool(value.ordered), value.codes


def masked(value: Any, digester: Digester) -> Description:
    """A nullable array; under a missing value stands whatever was there before."""
    mask = value._mask
    ticks = value._data
    if mask.any():
        ticks = ticks.copy()
        ticks[mask] = ticks.dtype.type(0)
    return "masked", type(value).__name__, str(value.dtype), ticks, mask


def arrow_backed(value: Any, digester: Digester) -> Description:
    """An array kept by pyarrow."""
    return "arrow backed", type(value).__name__, repr(value.dtype), value._pa_array


def strings(value: Any, digester: Digester) -> Description:
    """An array of Python strings."""
    return "strings", repr(value.dtype), value._ndarray.tolist()


def interval(value: Any, digester: Digester) -> Description:
    """An array of intervals."""
    return "intervals", value.closed, value.left, value.right


def sparse(value: Any, digester: Digester) -> Description:
    """A sparse array: where and what its points are."""
    return (
        "sparse",
        str(value.dtype),
        len(value),
        value.fill_value,
        value.sp_index.to_int_index().indices,
        value.sp_values,
    )


def extension(value: Any, digester: Digester) -> Description:
    """Any other extension array, element by element."""
    return "extension", digester.class_token(type(value)), str(value.dtype), list(value)


def missing(value: Any, digester: Digester) -> Description:
    """``pd.NA`` and ``pd.NaT``."""
    return "missing", type(value).__name__


def stamp(value: Any, digester: Digester) -> Description:
    """A ``Timestamp``: its tick, unit and time zone."""
    return "timestamp", value._value, value.unit, str(value.tz), value.fold


def span(value: Any, digester: Digester) -> Description:
    """A ``Timedelta``."""
    return "timedelta", value._value, value.unit


def extension_dtype(value: Any, digester: Digester) -> Description:
    """A dtype of pandas; a categorical one with its categories."""
    categories = getattr(value, "categories", None)
    return "pandas dtype", repr(value) if categories is None else str(value), categories


DESCRIBERS: Describers = {
    "DataFrame": frame,
    "Series": series,
    "Index": _with_own_attributes(index),
    "RangeIndex": _with_own_attributes(range_index),
    "MultiIndex": _with_own_attributes(multi_index),
    "DatetimeIndex": _with_own_attributes(time_index),
    "TimedeltaIndex": _with_own_attributes(time_index),
    "PeriodIndex": _with_own_attributes(time_index),
    "DatetimeArray": times,
    "TimedeltaArray": times,
    "PeriodArray": times,
    "Categorical": categorical,
    "BaseMaskedArray": masked,
    "ArrowExtensionArray": arrow_backed,
    "ArrowStringArray": arrow_backed,
    "StringArray": strings,
    "IntervalArray": interval,
    "SparseArray": sparse,
    "ExtensionArray": extension,
    "ExtensionDtype": extension_dtype,
    "NAType": missing,
    "NaTType": missing,
    "Timestamp": stamp,
    "Timedelta": span,
}
