"""What pandas' tables hold that others may hold too, and be changed under another name.

A frame's values copy on write from pandas 3 on, so they are nobody else's; before, unless somebody
asked for that, ``df["a"]`` looks into the memory of ``df``, and the arrays behind both are parts.
Always, ``df * 2`` has the very index of ``df``, whose name may be changed later, and so has
``ix = df.index``. Elements of columns of objects are the objects themselves, ``df.attrs`` is a
plain dictionary, and what ``df.groupby("a")`` gives goes on looking at ``df``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zenbook.core.digest_tables import own_attributes
from zenbook.core.kinds import held_by_name, is_a

_MOST_ELEMENTS = 10_000
_GROUPED_BY = ("_grouper", "_groupings", "grouping_vector")
"""What groupings hold of keys that are columns or labels of the frame."""


def is_frame(value: Any) -> bool:
    """Whether it is a frame or a series, if pandas is loaded at all."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and is_a(value, (pandas.DataFrame, pandas.Series))


def frame_parts(frame: Any) -> Iterator[tuple[tuple[str, Any], Any]]:
    """The indexes, attributes and object elements of a frame or series, each with the step to it.

    Columns of objects are not looked into where they have more than 10,000 elements in all.
    """
    yield ("slot", "index"), frame.index
    if frame.ndim == 2:
        yield ("slot", "columns"), frame.columns
    attributes = frame.attrs  # made when first asked for
    yield ("attribute", "_attrs"), attributes
    yield from ((("attribute", name), item) for name, item in own_attributes(frame).items())
    if writes_through():
        yield from _blocks(frame)
    columns = _columns_of_objects(frame)
    if len(columns) * len(frame) <= _MOST_ELEMENTS:
        yield from (part for column in columns for part in _elements(frame, column))


def elements_beyond(frame: Any) -> list[Any]:
    """The elements of columns of objects where these are not looked into."""
    columns = _columns_of_objects(frame)
    if len(columns) * len(frame) <= _MOST_ELEMENTS:
        return []
    return [element for column in columns for _, element in _elements(frame, column)]


def frames_within(value: Any) -> Iterator[tuple[tuple[str, Any], Any]]:
    """The frames that another object of pandas or polars looks at, and the labels of such: a
    grouping, a rolling window, a style, ``df.loc``."""
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    looked_at = () if pandas is None else (pandas.DataFrame, pandas.Series, pandas.Index)
    looked_at += () if polars is None else (polars.DataFrame,)
    for name, held in (held_by_name(value) or {}).items():
        if is_a(held, looked_at) or name in _GROUPED_BY:
            yield ("attribute", name), held
    if type(value).__module__ == "pandas.core.indexing" and is_frame(
        held := getattr(value, "obj", None)
    ):
        yield ("slot", "obj"), held


def put_into_index(value: Any) -> Iterator[tuple[tuple[str, Any], Any]]:
    """The attributes that somebody has given an index; nothing of any other object."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.Index):
        yield from ((("attribute", name), item) for name, item in own_attributes(value).items())


def tables_by_content(parts: Iterable[Any]) -> dict[int, set[int]]:
    """Which of these are the frames that have the very same content, which is no copy: that of
    ``df`` is what ``df.resample("D").obj`` has; all by their identities."""
    found: dict[int, set[int]] = {}
    for frame in filter(is_frame, parts):
        found.setdefault(id(frame._mgr), set()).add(id(frame))
    return found


def are_alike(tables: Mapping[int, set[int]], others: Mapping[int, set[int]]) -> bool:
    """Whether one of these frames has the very content of another one, which is not the same."""
    return any(others.get(content, own) != own for content, own in tables.items())


def is_another_index(old: Any, new: Any) -> bool:
    """Whether one index has made way for another, and was not itself changed: labels never change,
    names may."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not is_a(old, pandas.Index) or not is_a(new, pandas.Index):
        return False
    return bool(old.names == new.names and not old.equals(new))


def writes_through() -> bool:
    """Whether frames that look into each other's memory see each other's changes."""
    pandas: Any = sys.modules["pandas"]
    if int(pandas.__version__.partition(".")[0]) > 2:
        return False
    return getattr(pandas.options.mode, "copy_on_write", False) is not True


def _blocks(frame: Any) -> Iterator[tuple[tuple[str, Any], Any]]:
    """The arrays in which a frame keeps its values, each with the step to it; of an array that
    pandas has wrapped nothing can be put in its place."""
    for place, block in enumerate(frame._mgr.blocks):
        inner = getattr(block.values, "_ndarray", None)
        yield (
            ("block", place) if inner is None else ("fixed", place),
            (block.values if inner is None else inner),
        )


def _columns_of_objects(frame: Any) -> list[int]:
    """Their places; without a series of all types, as ``frame.dtypes`` makes each time."""
    dtype = sys.modules["numpy"].dtype
    kinds = frame._mgr.get_dtypes() if frame.ndim == 2 else [frame.dtype]
    return [place for place, kind in enumerate(kinds) if is_a(kind, dtype) and kind.hasobject]


def _elements(frame: Any, column: int) -> Iterator[tuple[tuple[str, Any], Any]]:
    """The elements of a column of objects, with the step to each."""
    series = frame.iloc[:, column] if frame.ndim == 2 else frame
    for row, element in enumerate(series.to_numpy()):
        yield ("entry", (row, column) if frame.ndim == 2 else (row,)), element
