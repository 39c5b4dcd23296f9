"""Notes on a step that are taken in another process than the step's own.

A forked child inherits the notes but cannot write into the parent's, and a worker of ``loky``
(:mod:`watch_workers`) knows nothing of the step. What happens there is left word of in an anonymous
file that both hold (a temporary one where the system has none), a line each, however many write at
once. The step's own notes take it in when the step ends. So each word says what was found *then*,
where it matters what that was.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass, field
from typing import Any, cast
from weakref import WeakKeyDictionary

from zenbook.core import looks
from zenbook.model import Read
from zenbook.world import files
from zenbook.world.watch_code import Reached
from zenbook.world.watch_listings import Found
from zenbook.world.watch_notes import Notes
from zenbook.world.watch_programs import follow_native
from zenbook.world.watch_scope import current, running

_ASKING = frozenset({"read", "looked", "listed", "matched"})
"""What is no question where the step has taken away all that was there."""


class Away(Notes):
    """The notes in the other process: all that is noted is left word of, once."""

    def leave_word_in(self, descriptor: int) -> None:
        """From now on leave word in this file."""
        self._words, self._facts = descriptor, os.fstat(descriptor)
        self._said: set[tuple[Any, ...]] = set()
        self._gone: tuple[str, ...] = ()
        """What the folders begin with that were removed with all that was in them."""
        self.reached = _ReachedAway(self._say)
        self.reports = _SaidSet(self._say)

    def _say(self, what: str, *said: Any, **more: Any) -> None:
        """A child that is about to become a program may have closed the file already."""
        with suppress(OSError):
            if os.path.samestat(os.fstat(self._words), self._facts):
                os.write(self._words, json.dumps([what, said, more]).encode() + b"\n")

    def _is_news(self, what: str, key: str = "", *more: Any) -> bool:
        if self._is_over():
            return False
        said = (what, key, *more)
        if said in self._said or (what in _ASKING and self._is_gone(key)):
            return False
        self._said.add(said)
        return True

    def _is_over(self) -> bool:
        """Whether the step has ended, after which nothing is its business."""
        try:
            is_over = not os.fstat(self._words).st_mode & stat.S_IWUSR
        except OSError:
            is_over = True  # the process is about to become another program
        if is_over:
            self.is_open = False
            if self in running:
                running.remove(self)
        return is_over

    def _is_gone(self, key: str) -> bool:
        return (key + os.sep).startswith(self._gone)

    def _once(self, *said: Any) -> None:
        if self._is_news(*said):
            self._say(*said)

    def read(self, path: str, found: tuple[Any, ...] = ()) -> None:
        """The stamp tells later whether the file is still what was read."""
        key = self._key(path)
        if self._is_news("read", key):
            self._say("read", key, found or (files.stamp_now(key), ""))

    def wrote(self, path: str, *, reads: bool, before: files.Stamp | tuple[()] | None = ()) -> None:
        """What was read of the file, and is about to go, is hashed now."""
        key = self._key(path)
        is_read = reads or ("read", key) in self._said
        if not self._is_news("wrote", key):
            return
        stamp = files.stamp_now(key)
        if is_read:
            self._say("read", key, (stamp, files.content(key) if stamp else ""))
        self._say("wrote", key, reads=reads, before=stamp)

    def connected(self, path: str) -> None:
        """A database counts by its bytes."""
        self.wrote(path, reads=True)

    def removed(self, path: str, before: files.Stamp | tuple[()] | None = ()) -> None:
        """That it was there is a look."""
        self.looked(path, looks.EXISTS)
        key = self._key(path)
        if self._is_gone(key):
            return
        facts = files.facts_of(key)
        self._say("removed", key, files.stamp_of(facts) if facts is not None else None)

    def clear(self, path: str, *, whatever: bool) -> None:
        """As one thing; that it is gone through is nobody's question."""
        self.removed(path)
        self._gone = (*self._gone, self._key(path) + os.sep)

    def made_folder(self, path: str, found: str = "") -> None:
        """It was there before, or was not; of one that the step has taken away, what others put
        there later is what a run would find."""
        key = self._key(path)
        if self._is_news("made_folder", key):
            self._say("made_folder", key, files.existence(key))
            if self._is_gone(key):
                self._say("listed", key)

    def drew_name(self, path: str) -> None:
        """No other run gives this name."""
        self._once("drew_name", self._key(path))

    def looked(
        self, path: str, mark: str, *, by_library: bool = False, found: str | None = None
    ) -> None:
        """What the look has found."""
        key = self._key(path)
        if self._is_news("looked", key, mark, by_library):
            now = files.look(looks.look_name(key, mark))
            self._say("looked", key, mark, by_library=by_library, found=now)

    def listed(self, path: str, found: Found = ()) -> None:
        """The names that there were."""
        key = self._key(path)
        if self._is_news("listed", key):
            names = files.names_in(key)
            self._say("listed", key, (None if names is None else sorted(names),))

    def matched(self, pattern: str, *, hidden: bool, within: str = "", found: str = "") -> None:
        """What the pattern matched, under the name that the step gives it."""
        if self._is_news("matched", files.working_folder(), pattern, hidden):
            key = self._key(pattern)
            now = files.matches(self._name(key), hidden=hidden)
            self._say("matched", key, hidden=hidden, found=now)

    def named(self, path: str, within: str = "") -> None:
        """A program that was started may have read it, or written."""
        self._once("named", self._key(path))

    def program_starts(self) -> None:
        """The step's own process follows it."""
        self._once("program_starts")

    def linked(self, path: str) -> None:
        """A link is the step's own."""
        self._once("linked", self._key(path))

    def variable(self, name: str) -> None:
        """A variable has the value that it has for the step."""
        self._once("variable", name)

    def asked_by_library(self, name: str) -> None:
        """The same for what a library asks for."""
        self._once("asked_by_library", name)

    def handed_on(self) -> None:
        """And for what a program gets."""
        self._once("handed_on")

    def asked_where(self) -> None:
        """The working folder is the step's."""
        self._once("asked_where")

    def adopt(self, read: Read) -> None:
        """A step that was a hit here."""
        self._once("adopt", *astuple(read))

    def remark(self, text: str) -> None:
        """A sentence to show with the result."""
        self._once("remark", text)

    def obstacle(self, text: str) -> None:
        """A reason not to keep the result."""
        self._once("obstacle", text)

    def copied_whole(self) -> None:
        """The environment was copied."""
        self._once("copied_whole")

    def heard(self, call: int) -> None:
        """A worker listens to this call."""
        self._say("heard", call)


class Hearing(Notes):
    """The step's own notes, as soon as others leave word for them: what those have found comes
    before what the step itself changes then."""

    def wrote(self, path: str, *, reads: bool, before: files.Stamp | tuple[()] | None = ()) -> None:
        """After what the others have read of it."""
        take_in(self)
        super().wrote(path, reads=reads, before=before)

    def removed(self, path: str, before: files.Stamp | tuple[()] | None = ()) -> None:
        """After what the others have read of it."""
        take_in(self)
        super().removed(path, before)

    def clear(self, path: str, *, whatever: bool) -> None:
        """After what the others have read in it."""
        take_in(self)
        super().clear(path, whatever=whatever)

    def made_folder(self, path: str, found: str = "") -> None:
        """After what the others have looked for."""
        take_in(self)
        super().made_folder(path, found)


class _ReachedAway(Reached):
    def __init__(self, say: Callable[..., None]) -> None:
        super().__init__()
        self._say = say

    def found(self, module: str, name: str = "") -> None:
        super().found(module, name)
        self._say("reached", module, name)


class _SaidSet(set[str]):
    def __init__(self, say: Callable[..., None]) -> None:
        self._say = say

    def add(self, element: str) -> None:
        if element not in self:
            super().add(element)
            self._say("reported", element)


# ---------------------------------------------------------------- the words


@dataclass(slots=True)
class Told:
    """What workers told of themselves."""

    calls: int = 0
    """How many calls were sent with word of where to leave word."""
    heard: set[int] = field(default_factory=set)
    """The numbers of those to which a worker listened; 0 stands for processes that were spawned."""
    held: list[Mapping[str, str | None]] = field(default_factory=list)
    """Values of environment variables that each was started with."""


class _Words:
    """The file in which word is left, open here. ``address`` is its path, by which others open it,
    and its inode, by which they know that it is still this one."""

    def __init__(self) -> None:
        if hasattr(os, "memfd_create"):
            self.descriptor, self._path = os.memfd_create("zenbook"), ""
            path = f"/proc/{os.getpid()}/fd/{self.descriptor}"
        else:
            self.descriptor, self._path = tempfile.mkstemp(prefix="zenbook-")
            path = self._path
        _append(self.descriptor)
        self.address = path, os.fstat(self.descriptor).st_ino

        self.told = Told()
        self._taken, self._lock = 0, threading.Lock()

    def news(self) -> list[list[Any]]:
        """What has been left since the last time."""
        with self._lock:
            block = os.pread(self.descriptor, os.fstat(self.descriptor).st_size, self._taken)
            block = block[: block.rfind(b"\n") + 1]
            self._taken += len(block)
        return [json.loads(line) for line in block.splitlines()]

    def close(self) -> None:
        """The step is over, which others see by the file's mode."""
        os.fchmod(self.descriptor, 0)
        os.close(self.descriptor)
        if self._path:
            os.unlink(self._path)


_words: WeakKeyDictionary[Notes, _Words] = WeakKeyDictionary()


def words_of(notes: Notes) -> _Words:
    """Where other processes leave word for these notes."""
    if notes not in _words:
        _words[notes] = _Words()
        notes.__class__ = Hearing
        follow_native(notes)  # for the native code and the programs of the others
        if notes.opens is not None:
            notes.opens.follow_compiled()
    return _words[notes]


def collect(notes: Notes) -> Told:
    """Note what was left word of; the step is over."""
    take_in(notes)
    words = _words.pop(notes, None)
    if words is None:
        return Told()
    words.close()
    return words.told


def take_in(notes: Notes) -> None:
    """Note what has been left word of since the last time."""
    words = _words.get(notes)
    if words is None:
        return
    take: dict[str, Callable[..., None]] = {
        "reached": notes.reached.found,
        "reported": notes.reports.add,
        "adopt": lambda *said: notes.adopt(Read(*said)),
        "heard": words.told.heard.add,
        "held": words.told.held.append,
    }
    for what, said, more in words.news():
        more = {name: _as_said(one) for name, one in more.items()}
        (take.get(what) or getattr(notes, what))(*map(_as_said, said), **more)


def _as_said(one: Any) -> Any:
    """A list is what JSON makes of a tuple."""
    return tuple(map(_as_said, one)) if isinstance(one, list) else one


def _append(descriptor: int) -> None:
    import fcntl

    fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_APPEND | os.O_RDWR)


# ---------------------------------------------------------------- forked children


def is_away() -> bool:
    """Whether the steps that are followed here run in another process."""
    return any(isinstance(notes, Away) for notes in running)


def _before_fork() -> None:
    if running and not is_away():
        for notes in current():
            try:
                words_of(notes)
            except OSError as error:
                notes.obstacle(f"what its forked children do could not be followed ({error})")


def _after_fork_in_child() -> None:
    for notes in list(running):
        if isinstance(notes, Away):
            continue
        if notes in _words:
            notes.__class__ = Away
            cast(Away, notes).leave_word_in(_words[notes].descriptor)
        else:
            running.remove(notes)  # no fork of this step's


os.register_at_fork(before=_before_fork, after_in_child=_after_fork_in_child)
