"""Frames and indexes that pandas counts in one memory, counted together again.

``s = df["a"]`` lies in the memory of ``df``, and whichever is changed first takes a copy, since
pandas counts both. Loaded from the store, ``s`` would lie in its own, and ``df``, alone in its
memory, would be written to as it is: every array that looks into that would see it, where it saw
nothing of it before. So a record says which of its frames were counted together, with each other
and with those of the inputs, and on a hit they are again. Where their memory can be one, too, it
is; where it cannot, since an input is laid out otherwise than it was, being counted has to do: it
costs a copy, and loses nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from weakref import ref

from zenbook.core.closure_trace import MISSING
from zenbook.core.kinds import is_a
from zenbook.core.source_shown import LOCAL
from zenbook.engine.blocks import columns_of, wrapped_in, wrapping
from zenbook.engine.frames import is_frame, writes_through
from zenbook.engine.part_kinds import is_array
from zenbook.engine.parts import Path, walk
from zenbook.engine.paths import found
from zenbook.engine.sharing import Inseparable, Link, look_into, window_into
from zenbook.engine.windows import is_own, own, own_name

_MARK = "#"
"""What the name in a link begins with that says this of frames."""
_COUNTED = "counted"
Way = tuple[str, Path]
"""A name, and the way from there to one memory of a frame or index."""
_Known = tuple[Way, Any, Callable[[], Any]]
"""The way to a memory, what counts there, and how to get the array if there is one still."""


@dataclass(frozen=True, slots=True, eq=False)
class _Memory:
    """What a frame's block or an index is counted by; ``array`` if one array is all its values."""

    refs: Any
    array: Any = None
    block: Any = None
    index: Any = None

    def join(self, refs: Any) -> None:
        """Let everything that is counted here be counted there."""
        if self.refs is None:
            _count(self.index, refs)
        elif self.refs is not refs:
            for held in self.refs.referenced_blocks:
                if (counted := held()) is not None:
                    _count(counted, refs)

    def lie_in(self, array: Any) -> None:
        """Let the block keep its values in this array, which holds the very same."""
        values = self.block.values
        self.block.values = array if is_array(values) else wrapping(values, "_ndarray", array)


class Counted:
    """Which memory frames and indexes are counted in, before a step runs."""

    def __init__(self) -> None:
        self._ways: dict[int, _Known] = {}
        """By identity of what counts there, which is held, so that no other gets that. Held are
        neither blocks, which would be counted, nor arrays and frames, which may go."""
        self._frames: dict[int, ref[Any]] = {}

    def note(self, name: str, path: Path, value: Any) -> None:
        """Note a frame or index that an input leads to."""
        self._frames[id(value)] = ref(value)
        for key, memory in _memories(value):
            if memory.refs is not None:
                self._ways.setdefault(id(memory.refs), _known((name, (*path, key)), memory))

    def links(self, outputs: Mapping[str, Any], changed: Mapping[str, Any]) -> Iterator[Link]:
        """Which memory of outputs and of the later content of inputs is counted with that of
        others; those that are an input's own and as they were need none."""
        later, ways = _later(changed), dict(self._ways)
        for name, value in {**outputs, **later}.items():
            for path, inner in walk(value):
                if not is_counted(inner) or (name not in later and self._has(inner)):
                    continue
                for key, memory in _memories(inner):
                    if memory.refs is None:
                        continue
                    here = name.removeprefix(LOCAL), (*path, key)
                    if (known := ways.get(id(memory.refs))) is None:
                        ways[id(memory.refs)] = _known((own_name(here[0]), here[1]), memory)
                        continue
                    way, _, array = known
                    yield _MARK + here[0], here[1], *way, _window(memory.array, array())

    def _has(self, frame: Any) -> bool:
        known = self._frames.get(id(frame))
        return known is not None and known() is frame


def _later(changed: Mapping[str, Any]) -> dict[str, Any]:
    """The later content of inputs by the names that links give it."""
    return {f"~{name}": value for name, value in changed.items()}


def is_counted(value: Any) -> bool:
    """Whether it is a frame or an index that copies on write; a range has no memory."""
    pandas = sys.modules.get("pandas")
    if pandas is None or is_a(value, pandas.RangeIndex):
        return False
    return (is_frame(value) or is_a(value, pandas.Index)) and not writes_through()


def is_count(link: Link) -> bool:
    """Whether a link is of this module's."""
    return link[0].startswith(_MARK)


class Recounting:
    """Counts a hit's frames with others; made before inputs are given their later content."""

    def __init__(self, links: Iterable[Link], inputs: Mapping[str, Any]) -> None:
        self._links = [link for link in links if is_count(link)]
        self._given = {
            link[2:4]: list(_found(inputs.get(link[2], MISSING), link[3]))
            for link in self._links
            if not is_own(link)
        }

    def count(self, outputs: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
        """Count them: outputs, and changed inputs that have been given their later content."""
        later = _later(changed)
        values = {**outputs, **later}
        others = own(values)
        for name, path, source, where, window in self._links:
            given = self._given.get((source, where))
            for other in given or _found(others.get(source, MISSING), where):
                for memory in _found(values.get(name.removeprefix(_MARK), MISSING), path):
                    if window is not None and memory.block is not other.block:
                        _share(memory, other, window, is_same=f"~{source}" not in later)
                    if other.refs is not None:
                        memory.join(other.refs)


def _share(memory: _Memory, other: _Memory, window: Any, *, is_same: bool) -> None:
    """Let a memory be a window into another if it can; ``is_same``: the content is known to be."""
    if memory.array is None or other.array is None:
        return
    with suppress(TypeError, ValueError, IndexError):
        view = look_into(other.array, window)
        like = (view.dtype, view.shape) == (memory.array.dtype, memory.array.shape)
        if like and (is_same or view.tobytes() == memory.array.tobytes()):
            memory.lie_in(view)


def _known(way: Way, memory: _Memory) -> _Known:
    array = memory.array
    return way, memory.refs, (lambda: None) if array is None else ref(array)


def _window(array: Any, other: Any) -> Any:
    """The window through which one array looks into another; None if there is none."""
    if array is None or other is None:
        return None
    with suppress(Inseparable):
        return window_into("", array, other)
    return None


def _memories(value: Any) -> Iterator[tuple[tuple[str, Any], _Memory]]:
    """The memory that a frame's values lie in, or an index' labels, each with the step to it."""
    if not is_frame(value):
        yield (_COUNTED, ()), _Memory(getattr(value, "_references", None), index=value)
        return
    for block in value._mgr.blocks:
        columns = columns_of(block) if value.ndim == 2 else ()
        yield (_COUNTED, columns), _Memory(block.refs, _array_of(block.values), block)


def _array_of(values: Any) -> Any:
    """The one array that all of a block's values are in; None if there is none such."""
    return values if is_array(values) else wrapped_in(values).get("_ndarray")


def _found(value: Any, path: Path) -> Iterator[_Memory]:
    """The memory at the end of a way: of a frame, all in which one of these columns lies."""
    holder = found(value, path[:-1]) if value is not MISSING else MISSING
    if not is_counted(holder):
        return
    columns = _numbers(path[-1][1])
    for (_, here), memory in _memories(holder):
        if not here or not columns.isdisjoint(_numbers(here)):
            yield memory


def _numbers(columns: tuple[int, ...]) -> set[int]:
    """The numbers of these columns."""
    return set(range(*columns) if columns[:1] != (-1,) else columns[1:]) if columns else set()


def _count(counted: Any, refs: Any) -> None:
    """Let pandas count a block or an index by this."""
    pandas = sys.modules["pandas"]
    if is_a(counted, pandas.RangeIndex):
        counted._cache["_references"] = refs
        refs.add_index_reference(counted)
    elif is_a(counted, pandas.Index):
        counted._references = refs
        refs.add_index_reference(counted)
    else:
        counted.refs = refs
        refs.add_reference(counted)
