"""The bytes of one kept bundle: a pickle header and its buffers, each with a checksum.

Constraints and measurements (Linux, ext4, one array of 400 MB unless said otherwise):

* A hit must load any size in under a millisecond, so buffers lie as they are in memory and are
  mapped privately: writable for the user, never written back. Large ones begin at a page
  boundary; small ones at 64 bytes, for a list of 10,000 small arrays would else grow tenfold.
* diskcache as it comes serves a flipped bit without a word. Here each section has an
  xxh3-128 checksum (13 ms), and the blob's *name* is the xxh3-128 of the list of lengths and
  checksums. A file under a wrong name, cut, or grown, is found without reading its buffers.
* Equal content has an equal name, and is written once.

::

    8 bytes   magic and format number
    4 bytes   count of sections (header first), little endian
    count x   8 bytes length, 16 bytes xxh3-128
    ...       the sections, zero padded to their boundaries

Offsets are not in the file: they follow from the lengths, so that a lying file has nothing to
lie with. Rejected: one file per buffer (a frame of 100 columns costs 100 opens), ``np.save``
inside a zip (no mapping), compression (a mapped page needs none, and 1 GB would take seconds).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import xxhash

from zenbook.errors import Damaged

_MAGIC = b"zenblob\x01"
_HEAD = struct.Struct("<8sI")
_SECTION = struct.Struct("<Q16s")
_PAGE = 4096
_LINE = 64
_PAGED_FROM = 64 * 1024
_MOST_SECTIONS = 10_000_000


@dataclass(frozen=True, slots=True)
class Outline:
    """What a blob consists of: length and checksum of each section, the header's first."""

    lengths: tuple[int, ...]
    checksums: tuple[bytes, ...]

    @property
    def prologue(self) -> bytes:
        """The bytes at the beginning of the file."""
        table = b"".join(map(_SECTION.pack, self.lengths, self.checksums))
        return _HEAD.pack(_MAGIC, len(self.lengths)) + table

    @property
    def name(self) -> str:
        """32 hex digits: what the blob is called wherever it lies."""
        return xxhash.xxh3_128_hexdigest(self.prologue)

    def places(self) -> tuple[int, ...]:
        """Where each section begins in the file, and behind them where the file ends."""
        position = _HEAD.size + _SECTION.size * len(self.lengths)
        found = []
        for index, length in enumerate(self.lengths):
            step = 1 if index == 0 else _PAGE if length >= _PAGED_FROM else _LINE
            position = -(-position // step) * step
            found.append(position)
            position += length
        return (*found, position)


def flat(buffer: memoryview) -> memoryview:
    """The buffer's bytes in place, as one run of bytes."""
    return buffer if buffer.format == "B" and buffer.ndim == 1 else buffer.cast("B")


def outline(sections: Sequence[memoryview]) -> Outline:
    """Measure sections, header first; their checksums release the interpreter lock."""
    return Outline(
        tuple(section.nbytes for section in sections),
        tuple(xxhash.xxh3_128_digest(section) for section in sections),
    )


def prologue_size(head: bytes) -> int:
    """How many bytes the prologue has that begins with ``head``; Damaged if it is none."""
    if len(head) < _HEAD.size:
        raise Damaged("it is cut short")
    magic, count = _HEAD.unpack_from(head)
    if magic != _MAGIC or not 1 <= count <= _MOST_SECTIONS:
        raise Damaged("it is not in the format this zenbook writes")
    return _HEAD.size + int(count) * _SECTION.size


def read_outline(prologue: bytes, name: str, size: int) -> Outline:
    """The outline in a file's prologue, if it has this name and the file this size."""
    if xxhash.xxh3_128_hexdigest(prologue) != name:
        raise Damaged("its name and its content do not fit")
    lengths, checksums = zip(*_SECTION.iter_unpack(prologue[_HEAD.size :]), strict=True)
    found = Outline(lengths, checksums)
    if found.places()[-1] != size:
        raise Damaged("it has lost or gained bytes")
    return found


def check(found: Outline, sections: Sequence[memoryview], *, only_header: bool = False) -> None:
    """Raise Damaged unless each section's bytes (or the header's) are those that were written."""
    count = 1 if only_header else len(sections)
    for checksum, section in zip(found.checksums[:count], sections[:count], strict=True):
        if xxhash.xxh3_128_digest(section) != checksum:
            raise Damaged("its bytes are not those that were written")


def cut(found: Outline, image: memoryview) -> tuple[memoryview, ...]:
    """The sections of a whole blob in memory, in place."""
    places = found.places()
    return tuple(
        image[place : place + length]
        for place, length in zip(places[:-1], found.lengths, strict=True)
    )


def image(found: Outline, sections: Sequence[memoryview]) -> bytes:
    """The whole blob as bytes: for small ones."""
    places = found.places()
    whole = bytearray(places[-1])
    prologue = found.prologue
    whole[: len(prologue)] = prologue
    for place, section in zip(places[:-1], sections, strict=True):
        whole[place : place + section.nbytes] = section
    return bytes(whole)
