"""Objects that a step's outputs share with its inputs, found as paths and put together again.

``X = digits["data"]`` is the very array inside ``digits``, and ``models = [model]`` holds the
very model: a later change in place is seen under both names. A kept output is a copy, so where
an output holds an object that an input holds too, both paths are kept, and on a hit the
input's own object is put into its place.

``X[:100]`` is another array that looks into the memory of ``X``: it is kept as a cut
(:mod:`zenbook.engine.cuts`) and cut out of the live input again. What is no cut, such as another
shape or type of the same bytes, is kept with the window through which it looks (offset, shape and
strides), and is made again if the input's memory is laid out as it was; only a plain contiguous
array can be looked into so. The memory behind frames (:mod:`zenbook.engine.blocks`) is looked into
like an array's, and what other libraries make in the memory of either
(:mod:`zenbook.engine.buffers`) looks into it like an array. An array that looks into the memory
of something else that is held, as ``np.frombuffer`` makes it of a ``bytearray``, cannot be put
together again at all.

What is walked, and how far, is said in :mod:`zenbook.engine.parts`; what is shared beyond that is
not put together.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from zenbook.core.kinds import is_a
from zenbook.engine.blocks import (
    behind,
    counted,
    counts_others,
    is_behind,
    looks_at_frames,
)
from zenbook.engine.buffers import buffers, is_buffer, is_of_buffers, may_have_memory
from zenbook.engine.cuts import Cut, cut_of, cut_out, is_cut
from zenbook.engine.frames import is_frame
from zenbook.engine.memory import Stretches, bounds_of, is_writeable
from zenbook.engine.part_kinds import holds_nothing, is_array, is_row
from zenbook.engine.parts import MOST, NOTHING, Looks, Path, walk
from zenbook.engine.paths import follow, put_at
from zenbook.engine.reach import Reach
from zenbook.engine.rows import is_in_row, number_in
from zenbook.engine.tensors import looking_into
from zenbook.engine.unseen_shared import unseen_between
from zenbook.engine.ways import Endless, is_fixed, ways_in, ways_out

Window = tuple[Any, tuple[int, ...], tuple[int, ...], int, bool, Any, tuple[int, ...] | None]
"""An array's dtype, shape, strides, offset and whether it can be written to; dtype and strides of
the array into whose memory it looks, None for strides where it is all of that in another shape."""
Known = Mapping[int, tuple[str, Path, Any]]
"""Objects by identity, with the way to each; arrays behind frames by another number."""
Link = tuple[str, Path, str, Path, Window | Cut | None]
"""Output, path in it, input, path in it; None where it is that very object."""


class Inseparable(Exception):
    """A kept output could not be put together with the inputs again; the text says why."""


def links(
    outputs: Mapping[str, Any],
    inputs: Mapping[str, Any],
    looks: Looks | None = None,
    made: Reach | None = None,
) -> list[Link]:
    """Where outputs hold an input's mutable objects or look into its memory, nearest first;
    ``made`` is what the outputs hold.

    Raises Inseparable for what no link can say: the object sits in a set or is what a method is
    bound to, or the memory is that of no plain contiguous array.
    """
    if all(map(holds_nothing, outputs.values())):
        return []
    made = Reach(outputs.values()) if made is None else made
    if made.lends and (name := looking_into(outputs, inputs, walk)):
        raise Inseparable(f"{name} holds a tensor that looks into other memory")
    held = Reach(inputs.values())
    if (made.is_closed or held.is_closed) and (name := unseen_between(outputs, inputs)):
        raise Inseparable(f"{name} and an input hold the same object where it cannot be put back")
    if not held.holds_parts():
        return []
    shared_parts = made.shared_with(held)
    is_shared = bool(shared_parts)
    if not is_shared and not are_lent(held, made):
        return []
    if is_shared and not made.lends:
        with suppress(Endless):
            if (found := _links_to(shared_parts, outputs, inputs)) is not None:
                return found
    to_the_end = (held.is_beyond or made.is_beyond) and is_shared
    looks = None if to_the_end else looks
    known = held_in(inputs, to_the_end=to_the_end, looks=looks)
    if looks_at_frames(made.objects.values()):
        known = without_unseen(known, inputs, [*held.objects.values(), *made.objects.values()])
    shared = [
        link
        for name, value in outputs.items()
        for link in links_of(name, value, known, to_the_end=to_the_end, looks=looks)
    ]
    if to_the_end:
        _refuse_rest(outputs, held, shared)
    return shared


def _links_to(
    parts: Collection[int], outputs: Mapping[str, Any], inputs: Mapping[str, Any]
) -> list[Link] | None:
    """Where outputs, which lend no memory, hold these parts of inputs; None where no way leads to
    one of these in an input. Raises Inseparable and Endless."""
    places = [(name, *at) for name, value in outputs.items() for at in ways_out(value, parts)]
    wanted = {id(part) for _, _, part in places}
    known = ways_in(inputs, wanted)
    if len(known) < len(wanted):
        return None
    found: list[Link] = []
    for name, path, part in places:
        source, where = known[id(part)]
        if is_fixed((*path, *where)):
            raise Inseparable(f"{name} holds a part of an input in a set or a method")
        found.append((name, path, source, where, None))
    return found


def are_lent(held: Reach, made: Reach) -> bool:
    """Whether anything in the one may look into memory of what the other holds."""
    if not (made.lends and held.objects):
        return False
    looking = list(memory_in(made.others))
    lending = Stretches((array,) for array in (memory_in(held.others) if looking else ()))
    return any(id(buffer_of(it)) in held.objects or lending.overlapping(it) for it in looking)


def memory_in(values: Iterable[Any]) -> Iterator[Any]:
    """The arrays among these, and those behind tables."""
    walked = (((), inner) for inner in values)
    return (inner for _, inner in with_memory(walked) if is_array(inner))


def _refuse_rest(outputs: Mapping[str, Any], held: Reach, found: Iterable[Link]) -> None:
    """Raise Inseparable where an output shares what no walk has seen."""
    linked = {id(follow(outputs[name], path)) for name, path, *_ in found}
    for name, value in outputs.items():
        if Reach([value], linked).shares(held, besides=linked):
            raise Inseparable(f"{name} shares more objects with an input than can be followed")


def held_in(
    inputs: Mapping[str, Any],
    stop: Mapping[int, Any] = NOTHING,
    *,
    to_the_end: bool = False,
    looks: Looks | None = None,
) -> dict[int, tuple[str, Path, Any]]:
    """The mutable objects that inputs hold, by identity, with the way to each, and the arrays
    behind frames. What is in ``stop`` is not entered."""
    known: dict[int, tuple[str, Path, Any]] = {}
    entered: set[int] | None = None
    for name, value in inputs.items():
        if looks is not None and (entered is None or len(entered) >= MOST):
            entered = set()  # the walk before has not gone to the end of what it entered
        walked = walk(value, stop, to_the_end=to_the_end, looks=looks, entered=entered)
        for path, inner in with_memory(walked):
            known.setdefault(number_of(path, inner), (name, path, inner))
    return known


def without_unseen(
    known: Known, values: Mapping[str, Any], parts: Collection[Any]
) -> dict[int, tuple[str, Path, Any]]:
    """These without the memory in which pandas counts more than these parts: whichever frame is
    changed takes a copy, and no array sees it."""
    return {
        number: at
        for number, at in known.items()
        if not (is_behind(at[1]) and counts_others(counted_at(values[at[0]], at[1]), parts))
    }


def number_of(path: Path, inner: Any) -> int:
    """An object by its identity; what is behind a frame is something else than by itself, and of
    the memory of pyarrow's and polars' values each look at it is another object."""
    if is_in_row(path):
        return number_in(inner.base)
    if is_buffer(path):
        return ~int(inner.__array_interface__["data"][0])
    return ~id(inner) if is_behind(path) else id(inner)


def with_memory(
    walked: Iterable[tuple[Path, Any]], stop: Collection[int] = ()
) -> Iterator[tuple[Path, Any]]:
    """What a walk comes by, and the arrays behind the tables that are not in ``stop``."""
    without: set[type] = set()
    for path, inner in walked:
        yield path, inner
        if type(inner) in without:
            continue
        if not may_have_memory(inner):
            without.add(type(inner))
        elif id(inner) not in stop:
            steps = behind(inner) if is_frame(inner) else buffers(inner)
            yield from (((*path, step), array) for step, array in steps)


def links_of(
    name: str,
    value: Any,
    known: Known,
    *,
    inside: bool = False,
    to_the_end: bool = False,
    looks: Looks | None = None,
) -> Iterator[Link]:
    """Where one value holds these objects; ``inside``: not of what it is as a whole."""
    arrays = Stretches(at for at in known.values() if is_array(at[2]))
    stop = dict(known)
    walked = walk(value, stop, to_the_end=to_the_end, looks=looks)
    for path, inner in with_memory(walked, known):
        source = known.get(id(inner))
        if source is None and is_array(inner):
            refuse_buffer(name, inner, known)
            source = _looked_into(path, inner, arrays)
        if source is None or (inside and not path):
            continue
        if is_behind(path) and ((inside and len(path) == 1) or _looks_back(source[2], inner)):
            continue
        if is_fixed((*path, *source[1])):
            raise Inseparable(f"{name} holds a part of an input in a set or a method")
        window = None if source[2] is inner else window_into(name, inner, source[2])
        whole = inner.base if is_in_row(path) else inner
        stop[id(whole)] = source  # its elements come with it, and it comes with every way to it
        yield name, path, source[0], source[1], window


def _looks_back(array: Any, memory: Any) -> bool:
    """Whether it must be the array that looks into the memory of a frame, not the other way
    round: that frame could not be written to."""
    return not holds(array, memory) or (is_writeable(memory) and not is_writeable(array))


def counted_at(value: Any, path: Path) -> Any:
    """What pandas counts the frames by that are in the memory at the end of a path."""
    return counted(follow(value, path[:-1]), path[-1][1])


def refuse_buffer(name: str, array: Any, known: Known) -> None:
    """Raise Inseparable for an array in the memory of a known object that is no array."""
    holder = known.get(id(buffer_of(array)))
    if holder is not None and not is_of_buffers(holder[2]):
        raise Inseparable(f"{name} looks into the memory of {holder[0]}")


def buffer_of(array: Any) -> Any:
    """What an array's memory belongs to if that is no array; None if it is the array's own."""
    while is_array(array) or is_row(array):
        array = array.base
    return array.obj if is_a(array, memoryview) else array


def _looked_into(path: Path, value: Any, arrays: Stretches) -> tuple[str, Path, Any] | None:
    """The array into whose memory this one looks, the one that holds all of it first. A frame
    looks into no other frame, and nothing into what pyarrow and polars keep."""
    sharing = [at for at in _sharing(value, arrays) if not is_buffer(at[1])]
    if is_behind(path):
        sharing = [at for at in sharing if not is_behind(at[1])]
    elif is_buffer(path):
        sharing = [at for at in sharing if not is_of_buffers(buffer_of(at[2]))]
    sharing.sort(key=lambda at: is_in_row(at[1]))  # an array lends before its own rows do
    return next((at for at in sharing if holds(at[2], value)), sharing[0] if sharing else None)


def _sharing(value: Any, arrays: Stretches) -> list[tuple[str, Path, Any]]:
    return [at for at in arrays.overlapping(value) if share_elements(at[2], value)]


def share_elements(one: Any, other: Any) -> bool:
    """Whether two arrays whose stretches of memory overlap have elements in common."""
    numpy = sys.modules["numpy"]
    try:
        return bool(numpy.shares_memory(one, other, max_work=100))
    except getattr(numpy, "exceptions", numpy).TooHardError:
        return True


def holds(array: Any, value: Any) -> bool:
    """Whether all of an array's memory lies within the stretch of another one's."""
    low, high = bounds_of(array)
    first, last = bounds_of(value)
    return low <= first and last <= high


def window_into(name: str, value: Any, array: Any, owner: str = "an input") -> Window | Cut:
    """The window through which one array looks into another. Raises Inseparable."""
    array = _plainly(array)
    plain = type(value) is type(array) is sys.modules["numpy"].ndarray
    writeable = is_writeable(value)
    if plain and value.dtype == "u1" and _is_made_of(value, array.dtype):
        value = value.view(array.dtype)  # a buffer has no type of its own
    if plain and (cut := cut_of(value, array, writeable=writeable)) is not None:
        return cut
    dense = plain and array.flags.forc
    seen_whole = plain and holds(array, value) and (dense or _is_reshaped(value, array))
    if not seen_whole or value.dtype.hasobject:
        raise Inseparable(f"{name} looks into the memory of {owner}")
    start = [one.__array_interface__["data"][0] for one in (array, value)]
    place = (value.dtype, value.shape, value.strides, start[1] - start[0], writeable)
    return (*place, array.dtype, array.strides if dense else None)


def _is_made_of(value: Any, dtype: Any) -> bool:
    """Whether an array of bytes can be looked at as elements of this type."""
    dense = value.ndim == 1 and value.strides == (1,)
    return bool(
        dense and not dtype.hasobject and dtype.itemsize and not len(value) % dtype.itemsize
    )


def _is_reshaped(value: Any, array: Any) -> bool:
    """Whether one array is all of the other in some shape. That needs no strides: the part of a
    larger one (``raw[:, :-1]``) may be loaded without the gaps between its rows."""
    if value.dtype != array.dtype or value.size != array.size:
        return False
    again = array.reshape(value.shape)
    told = [(one.__array_interface__["data"][0], one.strides) for one in (again, value)]
    return told[0] == told[1]


def look_into(array: Any, window: Window | Cut) -> Any:
    """The same window into this array's memory. Raises TypeError if that is laid out otherwise."""
    array = _plainly(array)
    if is_cut(window):
        return _locked(cut_out(array, window), bool(window[-1]))
    dtype, shape, strides, offset, writeable, expected, layout = window
    if array.dtype != expected or layout not in (None, array.strides):
        raise TypeError("an input's memory is laid out otherwise than it was")
    if layout is None:
        view = array.reshape(shape)
        if not holds(array, view):
            raise TypeError("an input's memory is laid out so that only a copy has this shape")
    else:
        flat = array.reshape(-1, order="A")
        view = sys.modules["numpy"].ndarray(shape, dtype, flat, offset, strides)
    return _locked(view, bool(writeable))


def _plainly(array: Any) -> Any:
    """An array of records as what it is without their names for its columns."""
    numpy = sys.modules["numpy"]
    return numpy.asarray(array) if type(array) is numpy.recarray else array


def _locked(view: Any, writeable: bool) -> Any:
    if not writeable:
        view.flags.writeable = False
    return view


def relink(
    links: Iterable[Link],
    outputs: dict[str, Any],
    inputs: Mapping[str, Any],
    made: dict[int, tuple[Any, Any]] | None = None,
) -> None:
    """Put the inputs' own objects into the loaded outputs. Raises Inseparable if an input is
    built otherwise than it was.

    ``made`` are the windows made already, each beside the loaded array it stands for, so that an
    array that stands in two places does so again.
    """
    made = {} if made is None else made
    try:
        for link in links:
            _relink(link, outputs, inputs, made)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise Inseparable("an input is built otherwise than it was") from error


def _relink(
    link: Link,
    outputs: dict[str, Any],
    inputs: Mapping[str, Any],
    made: dict[int, tuple[Any, Any]],
) -> None:
    name, path, source, where, window = link
    shared = follow(inputs[source], where)
    is_there = (path or name in outputs) and not is_buffer(path)  # which is another at each look
    loaded = follow(outputs[name], path) if is_there else None
    if loaded is shared:
        return
    if window is not None:
        view = look_into(shared, window)
        shared = made.setdefault(id(loaded), (loaded, view))[1] if is_there else view
    outputs[name] = put_at(outputs[name], path, shared) if path else shared
