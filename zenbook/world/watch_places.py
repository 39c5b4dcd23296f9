"""Which code is the user's, and which files are a result's business.

Libraries enter a fingerprint by their version, local modules by their code; so files of the
interpreter, of installed packages and of the user's caches say nothing that is not known already.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from functools import cache, lru_cache
from types import FrameType
from typing import Literal

Owner = Literal["user", "library", "stdlib", "path", "import", "source", "zenbook"]
"""Whose a piece of code is. ``path``: modules between a caller and the file system, such as
``os.path``; ``import``: the import system; ``source``: readers of source text for tracebacks."""

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_STDLIB = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_PATH_MODULES = {
    *("os", "posixpath", "ntpath", "genericpath", "pathlib", "_collections_abc", "glob", "filecmp"),
}
_SOURCE_MODULES = {"linecache", "inspect", "tokenize", "traceback", "warnings", "pdb"}
_IMPORT_MODULES = {"importlib", "zipimport", "pkgutil"}
_VIRTUAL = ("/proc/", "/sys/", "/dev/")
_RUNNING = "/proc"
_SYSTEM = ("/usr/lib/", "/usr/lib64/", "/usr/share/", "/lib/", "/lib64/", "/etc/", "/var/cache/")
_HOME_CACHES = (
    ".cache",
    ".ipython",
    ".jupyter",
    ".matplotlib",
    ".fonts",
    ".fontconfig",
    ".config/matplotlib",
    ".config/fontconfig",
    ".local/share/jupyter",
    ".local/lib",
    "Library/Caches",
)


@cache
def owner_of(filename: str) -> Owner:
    """Whose the code compiled from this file is."""
    if filename.startswith("<frozen "):
        return _stdlib_owner(filename[8:-1].split(".")[0])
    if filename.startswith(_OWN):
        return "zenbook"
    if "/site-packages/" in filename or "/dist-packages/" in filename:
        return "library"
    if filename.startswith(_STDLIB):
        top = filename[len(_STDLIB) :].split(os.sep)[0]
        return _stdlib_owner(top.removesuffix(".py"))
    return "user"


def owner_at(frame: FrameType | None) -> Owner:
    """Whose the code is that runs in this frame; the standard library's where there is none."""
    return owner_of(frame.f_code.co_filename) if frame is not None else "stdlib"


def is_library(path: str) -> bool:
    """Whether a source file belongs to the interpreter, an installed package or zenbook."""
    return owner_of(path) != "user"


def nearest(frame: FrameType | None) -> tuple[FrameType | None, list[str]]:
    """The nearest frame outside the path modules, and the functions passed on the way to it."""
    passed: list[str] = []
    while frame is not None and owner_of(frame.f_code.co_filename) == "path":
        passed.append(frame.f_code.co_qualname)
        frame = frame.f_back
    return frame, passed


class Places:
    """Which paths no step is asked about, for one working folder and one zenbook home."""

    def __init__(self, cwd: str, home: str) -> None:
        self.cwd, self.home = cwd, home
        self.below = cwd.rstrip(os.sep) + os.sep
        always = (*_installed_folders(), home.rstrip(os.sep) + os.sep)
        self._inside = tuple(folder for folder in always if folder.startswith(self.below))
        self._outside = (*always, *_SYSTEM)
        self._caches = _cache_folders()

    def never(self, path: str) -> bool:
        """Whether the file is the system's, a package's or zenbook's own. A working folder inside
        such a place (``/usr/share/project``) is still the user's."""
        if path.startswith(_VIRTUAL) or "/site-packages/" in path or "/.zenbook/" in path:
            return True
        if path.startswith(self.below):
            return path.startswith(self._inside)
        return path.startswith(self._outside)

    def cached(self, path: str) -> bool:
        """Whether a library keeps the file and can make it again; or lists what runs, which is
        no more a reason than what it reads there."""
        if path.rstrip(os.sep) == _RUNNING:
            return True
        return path.startswith(self._caches) and not path.startswith(self.below)


@lru_cache(64)
def places(cwd: str, home: str, _user: str) -> Places:
    """The places for this working folder and home; ``_user`` is the user's home folder."""
    return Places(cwd, home)


@cache
def _installed_folders() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    found = {paths[kind] for kind in ("stdlib", "platstdlib", "purelib", "platlib", "scripts")}
    found.update(site.getsitepackages())
    found.update((site.getusersitepackages(), _OWN))
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}:
        found.update(os.path.join(prefix, part) for part in ("lib", "lib64", "share", "include"))
    return tuple(sorted({os.path.abspath(path) + os.sep for path in found}))


def _cache_folders() -> tuple[str, ...]:
    """Folders where libraries keep what they can make again (fonts, time zones, settings)."""
    home = os.path.expanduser("~")
    found = {os.path.join(home, part) for part in _HOME_CACHES}
    for name in ("XDG_CACHE_HOME", "MPLCONFIGDIR", "IPYTHONDIR", "JUPYTER_CONFIG_DIR"):
        found.add(os.environ.get(name) or home + "/.cache")
    return tuple(sorted({os.path.abspath(path) + os.sep for path in found}))


def _stdlib_owner(top: str) -> Owner:
    if top in _PATH_MODULES:
        return "path"
    if top in _SOURCE_MODULES:
        return "source"
    return "import" if top in _IMPORT_MODULES else "stdlib"
