"""The canonical byte stream of a tree of builtin values, at the speed of the C pickler.

The stream is what ``pickle.Pickler(protocol=3)`` writes with ``fast=True``: without a memo the
bytes depend on the value only, never on aliasing or interning, and they can be decoded, so
different values have different streams. Whatever is not builtin enters as ``R`` of its
*description*, a tuple made by the caller.

Protocol 3 is the one in which a set passes through ``reducer_override`` (as its type, before
its members come in hash order), and in which nothing is framed. Four writers, one stream:

- ``measure`` only counts (protocol 4 streams, so that it can stop): a value such as
  ``x = [x, x]`` forty times over never fills the memory. 7 ns per int.
- ``write`` is the C pickler: 9 ns per int, 12 ns per str, where ``pickle.dumps`` takes 11 and
  112; :mod:`zenbook.core.digest_pieces` writes the same bytes, mostly without measuring first.
- ``write_with_sets`` asks ``persistent_id`` for every object (40 ns) to put sets in order.
- ``write_deep`` writes the same bytes with an explicit stack, for values nested deeper than
  the C pickler may recurse. The bytes are the same, so the depth of the *caller* cannot count.

Cyclic values, values whose stream is longer than ``LIMIT`` and sets with members that are no
flat builtins are left to :mod:`zenbook.core.digest_graph`; each is a property of the value.

Rejected: ``marshal`` (writes an array as if it were bytes), protocol 5 (sets in hash order),
``persistent_id`` for everything (four times slower), a recursive Python walk (30 times slower).
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from io import BytesIO
from typing import Any

LIMIT = 1 << 29
"""Bytes of stream above which a value is digested as a graph (each shared object once)."""

ATOMS = frozenset({type(None), bool, int, float, str, bytes})
CONTAINERS = frozenset({list, tuple, dict})
MARKED = frozenset({set, frozenset, bytearray})
"""What goes by ``persistent_id``: sets have no order, and protocol 3 reduces a bytearray."""

Description = tuple[Any, ...]
Describe = Callable[[Any], Description]
Update = Callable[[bytes], object]
Describer = Callable[[Any, Any], Description]
Describers = dict[str, Describer]
"""How a library's types are described, by class name."""

_SORTABLE = frozenset({int, str, bytes})
_BATCH = 1000
_TUPLE_ENDS = (b"", b"\x85", b"\x86", b"\x87")


class NeedsMarks(Exception):
    """The value holds a set, a frozenset or a bytearray."""


class NeedsGraph(Exception):
    """The value is cyclic, its stream too long, or a set in it has members with structure."""


def described(*_description: Any) -> None:
    """Stands in the stream for whatever is not builtin; never called."""


_DESCRIBED = b"c%s\ndescribed\n" % __name__.encode()


class _Count:
    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = LIMIT + (LIMIT >> 4)

    def write(self, chunk: bytes) -> None:
        self.left -= len(chunk)
        if self.left < 0:
            raise NeedsGraph


class Sink:
    """Counts against the limit, then passes on."""

    __slots__ = ("left", "update")

    def __init__(self, update: Update) -> None:
        self.update = update
        self.left = LIMIT

    def write(self, chunk: bytes) -> None:
        self.left -= len(chunk)
        if self.left < 0:
            raise NeedsGraph
        self.update(chunk)


class _Stream(pickle.Pickler):
    describe: Describe

    def run(self, value: Any, describe: Describe) -> None:
        """Write the stream of a value; raises NeedsGraph if it is cyclic."""
        self.describe = describe
        self.fast = True
        try:
            self.dump(value)
        except ValueError as error:  # ours never: "fast mode: can't pickle cyclic objects"
            raise NeedsGraph from error


class _Measure(_Stream):
    def reducer_override(self, obj: Any) -> Any:
        if obj is described:
            return NotImplemented
        return described, self.describe(obj)


class Writer(_Stream):
    """The C pickler, told what to do with what is not builtin."""

    def reducer_override(self, obj: Any) -> Any:
        if obj is described:
            return NotImplemented
        if obj is set or obj is frozenset or obj is bytearray:
            raise NeedsMarks
        return described, self.describe(obj)


class _WriteWithSets(_Stream):
    def persistent_id(self, obj: Any) -> Any:
        return mark(obj) if type(obj) in MARKED else None

    def reducer_override(self, obj: Any) -> Any:
        if obj is described:
            return NotImplemented
        return described, self.describe(obj)


def is_flat(value: Any) -> bool:
    """Whether a list, tuple or dict holds nothing but atoms."""
    if type(value) is dict:
        return ATOMS.issuperset(map(type, value)) and ATOMS.issuperset(map(type, value.values()))
    return ATOMS.issuperset(map(type, value))


def flat(value: Any) -> bytes:
    """The stream of an atom or of a container of atoms."""
    out = BytesIO()
    pickler = pickle.Pickler(out, 3)
    pickler.fast = True
    pickler.dump(value)
    return out.getvalue()


def mark(value: Any) -> tuple[str, bytes]:
    """A set by its sorted members, a bytearray by its bytes."""
    if type(value) is bytearray:
        return "bytearray", bytes(value)
    return type(value).__name__, _in_order(value)


def _in_order(members: Any) -> bytes:
    kinds = set(map(type, members))
    if len(kinds) == 1 and kinds <= _SORTABLE:
        return flat(sorted(members))
    for kind in kinds - ATOMS:
        if kind is not tuple:
            raise NeedsGraph
    return flat(sorted(map(_flat_member, members)))


def _flat_member(member: Any) -> bytes:
    if type(member) is tuple and not is_flat(member):
        raise NeedsGraph
    return flat(member)


def measure(value: Any, describe: Describe) -> None:
    """Raise NeedsGraph if the stream would be too long or the value is cyclic."""
    _Measure(_Count(), 4).run(value, describe)


def write(value: Any, describe: Describe, update: Update) -> None:
    """Write the stream; raises NeedsMarks if there is a set in it."""
    Writer(Sink(update), 3).run(value, describe)


def write_with_sets(value: Any, describe: Describe, update: Update) -> None:
    """Write the stream, sets in order."""
    _WriteWithSets(Sink(update), 3).run(value, describe)


class Op:
    """Bytes to write when everything above it on the stack is written; ends a container."""

    __slots__ = ("code", "ends")

    def __init__(self, code: bytes, ends: int = 0) -> None:
        self.code = code
        self.ends = ends


def write_deep(value: Any, describe: Describe, update: Update) -> None:
    """Write the same stream without recursion; raises NeedsGraph for a cycle."""
    sink = Sink(update)
    out = sink.write
    open_: set[int] = set()
    stack: list[Any] = [Op(b"."), value]
    out(b"\x80\x03")
    while stack:
        item = stack.pop()
        kind = type(item)
        if kind is Op:
            out(item.code)
            open_.discard(item.ends)
        elif kind in ATOMS or (kind in CONTAINERS and is_flat(item)):
            out(flat(item)[2:-1])
        elif kind in MARKED:
            out(flat(mark(item))[2:-1] + b"Q")
        else:
            if id(item) in open_:
                raise NeedsGraph
            open_.add(id(item))
            head, parts = steps(item, kind, describe)
            out(head)
            stack.append(Op(b"", id(item)))
            parts.reverse()
            stack += parts


def steps(item: Any, kind: type, describe: Describe) -> tuple[bytes, list[Any]]:
    """What the C pickler writes for this container: first bytes, then members and opcodes."""
    if kind is list:
        return b"]", _batches(list(item), 1, b"a", b"e")
    if kind is dict:
        pairs = [part for pair in item.items() for part in pair]
        return b"}", _batches(pairs, 2, b"s", b"u")
    if kind is tuple:
        if len(item) < 4:
            return b"", [*item, Op(_TUPLE_ENDS[len(item)])]
        return b"(", [*item, Op(b"t")]
    return _DESCRIBED, [describe(item), Op(b"R")]


def _batches(parts: list[Any], width: int, one: bytes, many: bytes) -> list[Any]:
    if len(parts) == width:
        return [*parts, Op(one)]
    steps: list[Any] = []
    for start in range(0, len(parts), _BATCH * width):
        steps += [Op(b"("), *parts[start : start + _BATCH * width], Op(many)]
    if width == 2 and parts and len(parts) % (_BATCH * width) == 0:
        steps.append(Op(b"(" + many))  # a full batch of pairs is followed by another one
    return steps
