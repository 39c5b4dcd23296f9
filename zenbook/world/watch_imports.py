"""What local modules read when they were imported: for a step, that is read long before it runs.

``import conf`` in a step's body counts by that module's text, loaded or not. But what a loaded one
holds was made of the files and variables that it found when it was imported, once per process. So
these are reads of every step that uses the module so; and where one of them has changed since, the
module in memory is not what a new process would make, and the step's result is not kept.

Files are heard of whether a step runs or not, while something is being imported. So are variables:
from when a local module begins (or a library's, once the program has set any, for
:mod:`variables_heard`) until the first of these audit events after it, what stands in for
``os.environ`` while a step runs does so, too.
All else is heard of only while a step runs. Light, because a kernel loads it with the extension.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from threading import get_ident
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from zenbook.world import audit, variables_heard
from zenbook.world.materials import Material, file_read, look_now, stamp_now

if TYPE_CHECKING:
    from zenbook.model import Kind, Read

_IMPORTING: Any = getattr(sys.modules["importlib._bootstrap"], "_module_locks", True)
"""Empty as long as no module is being imported, in any thread."""
_IMPORT_SYSTEM = "<frozen importlib"
"""How the names of its files begin."""
_EVENTS = ("open", "exec", "compile", "import", "os.putenv", "os.unsetenv")
"""Some of these follow every import before a variable can change."""
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_made: dict[str, dict[str, Material]] = {}
"""What each module read when it was last executed, by kind and name."""
_executed: dict[str, _Execution] = {}
"""When each local module was last executed, and of what."""
_count = 0
"""How many local modules have been executed in this process."""
_hears_variables = False
"""Whether a local module may be reading variables while no step runs."""
_unsettled: list[Material] = []
"""Variables that were read while something was imported that is not over yet."""
_busy: set[int] = set()
"""Threads in which this is itself at work."""


class _Execution:
    """The last time that a module was executed, and the texts it has been made of until then."""

    __slots__ = ("began", "during", "path", "stamp", "texts")

    def __init__(self, began: int, path: str, stamp: Any, texts: tuple[tuple[int, str], ...]):
        self.began, self.path, self.stamp, self.texts = began, path, stamp, texts
        self.during: dict[str, str] = {}
        """The texts of modules that were executed meanwhile."""

    def found(self, other: _Execution) -> str:
        """What another module had been made of last, when this one was executed."""
        return [text for began, text in other.texts if began <= self.began][-1]


def install() -> None:
    """Start to listen."""
    variables_heard.install()
    audit.listen(_EVENTS, _heard)


def reads_of(modules: Iterable[str]) -> Iterator[tuple[str, str, Read | None]]:
    """What these modules read when they were imported: the module, what people call the thing, and
    the thing if it is the same now."""
    for module in modules:
        if module in sys.modules:
            for material in _made.get(module, {}).values():
                mark = "$" if material.kind == "variable" else ""
                if not material.is_making():
                    yield module, mark + material.name, material.now()


def heard() -> frozenset[str]:
    """The local modules to which somebody listened when they were last executed."""
    return frozenset(_executed)


def has_other_text(module: str) -> bool:
    """Whether the file of a module that was heard now says another thing than was executed."""
    known = _executed[module]
    if stamp_now(known.path) == known.stamp:
        return False
    return _text_now(known.path) != known.texts[-1][1]


def changed_since(modules: Iterable[str]) -> bool:
    """Whether any of these modules may not be what it was when it, or another, was imported."""
    known = [_executed[module] for module in modules if module in _executed]
    return any(len(one.texts) > 1 or stamp_now(one.path) != one.stamp for one in known)


def texts_found(module: str, others: Iterable[str]) -> dict[str, str]:
    """What a loaded module and the others were made of when it was last executed, as far as anybody
    knows; empty if it is not known of the module itself."""
    own = _executed.get(module)
    if own is None or module not in sys.modules:
        return {}
    found = {}
    for other in others:
        known = _executed.get(other)
        if other in own.during:
            found[other] = own.during[other]
        elif known is not None and known.texts[0][0] <= own.began:
            found[other] = own.found(known)
    return found


def is_heard() -> bool:
    """Whether a local module may be reading variables while no step runs."""
    return _hears_variables


def note(kind: Kind, name: str) -> None:
    """This is asked for; it is of the modules that are being imported."""
    if _IMPORTING:
        for _, module in _importing(sys._getframe(1)):
            _note_in(module, kind, name)


def note_copy() -> None:
    """The environment is copied: the modules that are being imported may take of it what their
    code names."""
    if _IMPORTING:
        from zenbook.core.code_reader import facts_of
        from zenbook.world.variables import variables_named

        for code, module in _importing(sys._getframe(1)):
            for name in variables_named(facts_of(code).strings):
                _note_in(module, "variable", name)


def _note_in(module: dict[str, Material], kind: Kind, name: str) -> None:
    if (place := f"{kind} {name}") not in module:
        module[place] = Material(kind, name, look_now(kind, name).digest)
        if kind == "variable":
            _unsettled.append(module[place])


def _heard(event: str, args: tuple[Any, ...], frame: FrameType) -> None:
    if not _IMPORTING:
        if _hears_variables and get_ident() not in _busy:
            _end_hearing()
        return
    if event not in ("open", "exec") or get_ident() in _busy:
        return
    _busy.add(get_ident())
    try:
        if event == "exec":
            _begins(frame)
        elif isinstance(args[0], (str, bytes)) and not (args[2] or 0) & _WRITES:
            _opened(os.fsdecode(args[0]), frame)
    except Exception:  # never the user's problem
        _made.clear()
    finally:
        _busy.discard(get_ident())


def _begins(frame: FrameType) -> None:
    """A module is about to be executed, for the first time or anew."""
    from zenbook.core.closure_origin import is_local_file

    if frame.f_code.co_filename.startswith(_IMPORT_SYSTEM):
        code, space = frame.f_locals["args"]
        name = space["__name__"]
        _made.pop(name, None)
        if is_local_file(code.co_filename):
            _note_executed(name, code.co_filename, frame)
            _hear_variables()
        else:
            _executed.pop(name, None)
            if variables_heard.begins(name):
                _hear_variables()


def _hear_variables() -> None:
    global _hears_variables
    from zenbook.world import watch_looks

    if not _hears_variables:
        _hears_variables = True
        watch_looks.wrap("variables")


def _end_hearing() -> None:
    global _hears_variables
    from zenbook.world import watch_looks

    _busy.add(get_ident())
    try:
        _hears_variables = False
        watch_looks.unwrap()
        while _unsettled:
            _unsettled.pop().settle()
    finally:
        _busy.discard(get_ident())


def _note_executed(name: str, path: str, frame: FrameType) -> None:
    global _count
    _count += 1
    stamp = stamp_now(path)
    text = _text_now(path)
    if text is None:
        _executed.pop(name, None)
        return
    before = _executed[name].texts if name in _executed else ()
    is_new = not before or before[-1][1] != text
    texts = (*before, (_count, text)) if is_new else before
    for outer, _ in _executing(frame):
        if outer in _executed:
            _executed[outer].during[name] = text
    _executed[name] = _Execution(_count, path, stamp, texts)


def _text_now(path: str) -> str | None:
    """The text of a source file; None if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return None


def _opened(path: str, frame: FrameType) -> None:
    from zenbook.world.watch_places import owner_of

    if owner_of(frame.f_code.co_filename) in ("import", "source", "zenbook"):
        return
    modules = [module for _, module in _importing(frame)]
    material = file_read(path) if modules else None
    if material is None:
        return
    for module in modules:
        module.setdefault(f"file {material.name}", material)


def _importing(frame: FrameType | None) -> Iterator[tuple[CodeType, dict[str, Material]]]:
    """Each local module whose body is being executed here: its code, and what is known of it."""
    for name, code in _executing(frame):
        yield code, _made.setdefault(name, {})


def _executing(frame: FrameType | None) -> Iterator[tuple[str, CodeType]]:
    """The local modules whose bodies are being executed here, each with its code."""
    from zenbook.core.closure_origin import is_local_file

    while frame is not None:
        below = frame.f_back
        if (
            frame.f_code.co_name == "<module>"
            and below is not None
            and below.f_code.co_filename.startswith(_IMPORT_SYSTEM)
            and is_local_file(frame.f_code.co_filename)
        ):
            yield str(frame.f_globals.get("__name__")), frame.f_code
        frame = below
