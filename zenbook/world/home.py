"""Where zenbook keeps what it knows: one private folder per project.

Everything below it belongs to one person on one computer. It is 0700 and has its own
``.gitignore``, so that it is neither read by others nor committed. A folder that others could
have prepared (writable for all, owned by somebody else, or a symbolic link to elsewhere) is
refused: who can write there could plant files under names we are going to open.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from zenbook.errors import HomeError
from zenbook.world.notice import notice_once

_MARKS = (".git", "pyproject.toml")
_REMOTE = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "lustre", "glusterfs"}


def find_home(start: Path | None = None) -> Path:
    """Say which folder is home for work done in ``start`` (default: the working folder).

    ``ZENBOOK_HOME`` if it is set; else ``.zenbook`` in the nearest folder above that has one,
    else in the nearest git or pyproject root, else in ``start`` itself. Creates nothing.
    """
    chosen = os.environ.get("ZENBOOK_HOME")
    if chosen:
        return Path(os.path.abspath(chosen))
    start = Path(os.path.abspath(start if start is not None else Path.cwd()))
    above = (start, *start.parents)
    for folder in above:
        if os.path.lexists(folder / ".zenbook"):
            return folder / ".zenbook"
    for folder in above:
        if any(os.path.lexists(folder / mark) for mark in _MARKS):
            return folder / ".zenbook"
    return start / ".zenbook"


def open_home(path: Path) -> Path:
    """Make the folder if need be, see that it is private, and give it back.

    Raises :class:`zenbook.errors.HomeError`, which says what to do, if it cannot be trusted or
    used. A folder of ours that others may read is closed to them. A folder on a network drive
    and one that cannot be written are used, with one warning.
    """
    try:
        _make(path)
        _check(path)
        _ignore(path)
    except OSError as error:
        raise HomeError(
            f"{path} cannot be used ({error.strerror}); set ZENBOOK_HOME to a folder you can write"
        ) from error
    if is_remote(path):
        notice_once(
            f"remote {path}",
            f"{path} is on a network drive, where locks are slow and may fail; "
            "set ZENBOOK_HOME to a folder on this computer",
        )
    return path


def is_home(path: Path) -> bool:
    """Whether a zenbook folder is there. Changes nothing.

    Raises :class:`zenbook.errors.HomeError`, which says what is there instead and what to do, for
    anything that is no folder we can look into.
    """
    try:
        facts = os.lstat(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise HomeError(
            f"{path} cannot be looked at ({error.strerror}); "
            "set ZENBOOK_HOME to a folder you can write"
        ) from error
    if stat.S_ISLNK(facts.st_mode):
        raise HomeError(
            f"{path} is a symbolic link to {os.readlink(path)}; remove it, "
            "or set ZENBOOK_HOME to the real folder"
        )
    if not stat.S_ISDIR(facts.st_mode):
        raise HomeError(f"{path} is not a folder; remove it or set ZENBOOK_HOME")
    if not os.access(path, os.R_OK | os.X_OK):
        raise HomeError(
            f"{path} cannot be read (mode {stat.S_IMODE(facts.st_mode):04o}); if it is yours, "
            f"open it for yourself with: chmod 700 '{path}'"
        )
    return True


def is_writable(path: Path) -> bool:
    """Whether we may create files in the folder."""
    return os.access(path, os.W_OK | os.X_OK)


def is_remote(path: Path) -> bool:
    """Whether the folder is on a network drive or behind FUSE."""
    kind = filesystem(path)
    return kind in _REMOTE or kind.startswith("fuse.")


def filesystem(path: Path) -> str:
    """The type of the file system the folder is on (``ext4``, ``nfs4``); "" if unknown."""
    try:
        table = Path("/proc/self/mountinfo").read_bytes()
        device = os.stat(path).st_dev
    except OSError:
        return ""
    wanted = f"{os.major(device)}:{os.minor(device)}".encode()
    for line in table.splitlines():
        fields = line.split(b" ")
        if fields[2] == wanted:
            return fields[fields.index(b"-") + 1].decode("ascii", "replace")
    return ""


def private_folder(path: Path) -> Path:
    """Make a folder below home that only we may enter, whatever the umask says."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            raise HomeError(f"{path} is not a folder; remove it") from None
    else:
        os.chmod(path, 0o700)
    return path


def _make(path: Path) -> None:
    if os.path.lexists(path):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return  # another process was quicker
    os.chmod(path, 0o700)


def _check(path: Path) -> None:
    is_home(path)
    facts = os.lstat(path)
    if facts.st_uid != owner():
        raise HomeError(
            f"{path} belongs to another user (uid {facts.st_uid}); "
            "set ZENBOOK_HOME to a folder of your own"
        )
    if facts.st_mode & stat.S_IWOTH:
        raise HomeError(
            f"{path} may be written by every user of this computer; if you trust what is in it, "
            f"close it with: chmod 700 '{path}'"
        )
    if facts.st_mode & 0o077:
        _close(path)


def owner() -> int:
    """The user id files of ours have."""
    return os.geteuid()


def _close(path: Path) -> None:
    try:
        os.chmod(path, 0o700)
    except OSError as error:  # a read-only file system: nobody can plant anything either
        notice_once(f"open {path}", f"{path} can be read by others ({error.strerror})")


def _ignore(path: Path) -> None:
    """Keep the folder out of git without touching the project's own ``.gitignore``."""
    if not is_writable(path):
        notice_once(
            f"read-only {path}",
            f"{path} cannot be written: results kept there are used, new ones are not kept",
        )
        return
    try:
        fd = os.open(path / ".gitignore", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(fd, "w") as file:
        file.write("*\n")
