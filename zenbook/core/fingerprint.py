"""The key of a fingerprint, made of its parts and of nothing else.

An input of a step and a constant that its body reads by a free name are the same reason under
two spellings: a notebook cell reads ``RATE`` from an earlier cell, the script exported from it
from its module. Both therefore count as a *value* in the key, so that the cell and the function
find each other's records; ``kind`` still tells them apart for people.
"""

from __future__ import annotations

from collections.abc import Iterable

from xxhash import xxh3_128_hexdigest

from zenbook.model import Fingerprint, Part

_GROUP = {"use": "value", "input": "value"}


def fingerprint_of(parts: Iterable[Part]) -> Fingerprint:
    """Order the parts and make the 32-hex-digit key of them.

    Every field is written with its length, so that no two lists of parts share a text.
    """
    ordered = tuple(sorted(parts, key=_order))
    text = "".join(
        [
            f"{len(group)}:{group}{len(part.name)}:{part.name}{len(part.digest)}:{part.digest}"
            for part in ordered
            for group in (_GROUP.get(part.kind, part.kind),)
        ]
    )
    return Fingerprint(ordered, xxh3_128_hexdigest(text.encode("utf-8", "surrogatepass")))


def _order(part: Part) -> tuple[str, str, str]:
    return (_GROUP.get(part.kind, part.kind), part.name, part.digest)
