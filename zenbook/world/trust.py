"""What may be believed, and the only place where anything is unpickled.

Constraints. Unpickling runs code, so whoever can write a blob could run code in the kernel of
whoever loads it. Projects are cloned, unzipped and shared; therefore nothing that lies in a
project can make itself trusted. The signing key lives in the user's data folder, and a record
without its signature is a stranger, whatever folder it was found in.

* Signatures are HMAC-SHA256 (``hmac.digest``, 1 µs for a record) over canonical JSON: sorted
  keys, no spaces, ASCII, no NaN. A record vouches for code by the SHA-256 *seal* of each
  pickle header; buffers beside a header are plain numbers and can do no harm.
* ``open_bundle`` compares the seal and the interpreter's tag before a byte is unpickled:
  functions kept under another minor version load and then crash the kernel when called.
* Without a usable key this process makes up one of its own. Then nothing kept earlier is
  trusted and everything is computed again; an empty or guessable key is never used.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import io
import json
import os
import pickle
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zenbook.errors import Damaged, StoreFault, Untrusted
from zenbook.world.notice import notice_once

KEY_SIZE = 32
MAX_ENVELOPE = 1_000_000
"""Bytes a signed fact may have. Real ones have a few thousand."""


@functools.cache
def python_tag() -> str:
    """Name the interpreter and serialiser that write blobs here, e.g. ``cp311-pickle5``."""
    kind = "cp" if sys.implementation.name == "cpython" else sys.implementation.name
    return f"{kind}{sys.version_info[0]}{sys.version_info[1]}-pickle5"


# ---------------------------------------------------------------- canonical JSON


def canonical(value: Any) -> bytes:
    """Write a JSON value in its one canonical form; StoreFault if it has none or is too large."""
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise StoreFault(f"a fact cannot be written as JSON: {error}") from error
    if len(text) > MAX_ENVELOPE:
        raise StoreFault(f"a fact of {len(text)} bytes is too large to be kept")
    return text.encode("ascii")


def parse(text: bytes) -> Any:
    """Read JSON as :func:`canonical` writes it; Damaged for anything doubtful or too large."""
    if len(text) > MAX_ENVELOPE:
        raise Damaged(f"a fact of {len(text)} bytes is larger than any that was written")
    try:
        return _decoder.decode(text.decode("ascii"))
    except (ValueError, RecursionError) as error:
        raise Damaged(f"a fact is not what was written: {error}") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)


# ---------------------------------------------------------------- signatures


def sign(payload: bytes) -> str:
    """Vouch for these bytes: 64 hex digits that only the owner of the key can make."""
    return hmac.digest(_key(), payload, "sha256").hex()


def verify(payload: bytes, mac: str) -> None:
    """Raise :class:`zenbook.errors.Untrusted` unless ``mac`` is our signature of ``payload``."""
    if not isinstance(mac, str) or not mac:
        raise Untrusted("it is not signed")
    if not hmac.compare_digest(mac.encode("utf-8", "replace"), sign(payload).encode()):
        raise Untrusted("its signature is not yours")


@functools.cache
def _key() -> bytes:
    """This user's key, read once per process."""
    try:
        folder = _key_folder()
        try:
            return _read_key(folder / "key")
        except FileNotFoundError:
            return _create_key(folder)
    except (OSError, ValueError) as error:
        notice_once(
            "key",
            f"zenbook's signing key cannot be used ({error}): in this session nothing kept "
            "earlier is trusted, and what it keeps will not be trusted later",
        )
        return os.urandom(KEY_SIZE)


def forget_key() -> None:
    """Read the key anew at its next use (tests; a key that has been repaired)."""
    _key.cache_clear()


def _key_folder() -> Path:
    chosen = os.environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(chosen):
        return Path(chosen) / "zenbook"
    home = os.environ.get("HOME") or os.environ.get("USERPROFILE") or ""
    if not os.path.isabs(home):
        raise ValueError("HOME is not set")
    return Path(home) / ".local" / "share" / "zenbook"


def _read_key(path: Path) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode):
            raise ValueError(f"{path} is not a file")
        if facts.st_uid != os.geteuid():
            raise ValueError(f"{path} belongs to another user")
        if facts.st_mode & 0o077:
            raise ValueError(f"{path} can be read by others; make a new one by removing it")
        key = file.read(KEY_SIZE + 1)
    if len(key) != KEY_SIZE:
        raise ValueError(f"{path} does not hold {KEY_SIZE} bytes; make a new one by removing it")
    return key


def _create_key(folder: Path) -> bytes:
    """Make a new key visible in one instant; whoever comes second uses the first one's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f"key.{os.getpid()}.{os.urandom(4).hex()}"
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            os.fchmod(fd, 0o600)
            file.write(os.urandom(KEY_SIZE))
            file.flush()
            os.fsync(fd)
        with contextlib.suppress(FileExistsError):  # of two processes the first one's key stays
            os.link(draft, folder / "key")
    finally:
        os.unlink(draft)
    return _read_key(folder / "key")


# ---------------------------------------------------------------- the choke point


class NoOpening:
    """Adds nothing to how a pickle is opened: the default ``opener``."""


@functools.cache
def _unpickler(opener: type) -> type[pickle.Unpickler]:
    return type("_Unpickler", (opener, pickle.Unpickler), {})


def open_bundle(
    header: bytes,
    buffers: Sequence[memoryview],
    *,
    seal: str,
    python: str,
    opener: type = NoOpening,
) -> dict[str, Any]:
    """Give back the values of a bundle: the only place in zenbook that unpickles.

    ``seal`` is the header's SHA-256 and ``python`` the tag of who wrote it, both taken from a
    record whose signature held. ``opener`` is a mixin of :class:`pickle.Unpickler` that says
    how names are found. Raises Untrusted if seal or tag do not fit, before anything runs, and
    Damaged if the values cannot be made; never anything else.
    """
    if not hmac.compare_digest(hashlib.sha256(header).hexdigest(), seal):
        raise Untrusted("its header is not the one that was signed")
    if python != python_tag():
        raise Untrusted(f"it was kept by {python} and this is {python_tag()}")
    try:
        values = _unpickler(opener)(io.BytesIO(header), buffers=buffers).load()
    except (KeyboardInterrupt, GeneratorExit, Damaged):
        raise
    except BaseException as error:  # a value's own __setstate__ may raise whatever it likes
        raise Damaged(f"its values cannot be made again: {_told(error)}") from error
    if not isinstance(values, dict):
        raise Damaged("it does not hold named values")
    return values


def _told(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # its __str__ fails too: the class is all there is to tell
        return type(error).__name__
