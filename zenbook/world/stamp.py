"""Stamps: why a large file need not be read again to know that nobody has written to it.

A stamp is a file's inode, size, both times and the boot, signed with the user's key. Anyone who
changes a byte changes ``ctime``, which no system call can set back; who could set it back could
not sign. The boot is in it because after a power cut a file may have its size and its times but
not its bytes.

Times tick in steps of up to 10 ms, so a write right after the last one may leave both as they
were. Therefore a file just written is *backdated*: its ``mtime`` is set a second into the past,
and whoever writes to it moves it to the present. (Waiting for the next tick would do too, and
would cost a fifth of the time a keep of 400 MB takes.)

Without a name for the boot (other systems than Linux) no stamp ever holds, and every blob is
checked in full.
"""

from __future__ import annotations

import functools
import os
import struct
import time
from pathlib import Path

from zenbook.errors import Untrusted
from zenbook.world.trust import sign, verify

_STAMP = struct.Struct("<QQQQ16s")
_TICK = 0.012


@functools.cache
def boot() -> bytes:
    """16 bytes that name this boot, or none."""
    try:
        text = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return bytes.fromhex(text.replace("-", ""))
    except (OSError, ValueError):
        return b""


def backdate(fd: int) -> os.stat_result:
    """Set a file's ``mtime`` where no later write can leave it; give its facts afterwards."""
    before = os.fstat(fd)
    os.utime(fd, ns=(before.st_atime_ns, before.st_mtime_ns - 1_000_000_000))
    return os.fstat(fd)


def is_settled(facts: os.stat_result) -> bool:
    """Whether the file's last change is so long ago that a later one would show."""
    return time.time() - facts.st_ctime > _TICK


def stamp(blob: str, facts: os.stat_result) -> bytes:
    """Vouch for this file as it is now, under this name."""
    payload = _payload(facts)
    return payload + sign(_signed(blob, payload)).encode()


def holds(stamp: bytes, blob: str, facts: os.stat_result) -> bool:
    """Whether the file is the very one that was stamped, untouched since, in this boot."""
    payload, mac = stamp[: _STAMP.size], stamp[_STAMP.size :]
    if not boot() or payload != _payload(facts):
        return False
    try:
        verify(_signed(blob, payload), mac.decode("ascii", "replace"))
    except Untrusted:
        return False
    return True


def _payload(facts: os.stat_result) -> bytes:
    return _STAMP.pack(facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, boot())


def _signed(blob: str, payload: bytes) -> bytes:
    return b"zenbook stamp\0" + blob.encode() + payload
