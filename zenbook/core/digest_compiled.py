"""Descriptions of the standard library's objects that are written in C and cannot be pickled.

Each can be asked for all that it is. None of them is kept as an output, but for matches of regular
expressions (:mod:`zenbook.world.codec_matches`).
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

from zenbook.core.digest_stream import Describers, Description

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

_SCANNED = ("strict", "object_hook", "object_pairs_hook", "parse_float", "parse_int")


def _hash(value: Any, digester: Digester) -> Description:
    """A hash of ``hashlib`` or ``hmac``: what it is of so far. One without a size of its own gives
    as many bytes as it is asked for."""
    so_far = value.digest() if value.digest_size else value.digest(64)
    return "hash", value.name, value.digest_size, so_far


def _structure(value: Any, digester: Digester) -> Description:
    return "struct", value.format


def _match(value: Any, digester: Digester) -> Description:
    """A match by what was looked for in which text, and where it was found."""
    where = digester.whole(value.string), value.pos, value.endpos
    return "match", value.re, *where, value.regs, value.lastindex


def _row(value: Any, digester: Digester) -> Description:
    return "row", tuple(value.keys()), tuple(value)


def _key(value: Any, digester: Digester) -> Description:
    """What ``functools.cmp_to_key`` makes: the function that compares, and what is compared."""
    return "key", *(held for held in gc.get_referents(value) if held is not type(value))


def _scanner(value: Any, digester: Digester) -> Description:
    """What a ``json.JSONDecoder`` reads with."""
    told = tuple(getattr(value, name) for name in _SCANNED)
    return "scanner", *told, value.parse_constant


_HASHES = ("HASH", "HASHXOF", "HMAC", "blake2b", "blake2s", "md5", "sha1", "sha256", "sha512")
COMPILED: Describers = {
    **dict.fromkeys(_HASHES, _hash),
    "Struct": _structure,
    "Match": _match,
    "Row": _row,
    "KeyWrapper": _key,
    "Scanner": _scanner,
}
LIBRARIES = (
    *("_hashlib", "_blake2", "_md5", "_sha1", "_sha2", "_sha256", "_sha512"),
    *("_struct", "re", "sqlite3", "functools", "_json"),
)
"""The modules that say they are these objects' homes."""
