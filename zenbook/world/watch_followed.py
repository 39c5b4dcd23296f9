"""What the kernel tells of the folders in which a step works, beside what Python does there."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from zenbook.world.hooks_set import IN_THREADS, followed_in_threads
from zenbook.world.watch_native import Opens
from zenbook.world.watch_places import Places
from zenbook.world.watch_sentences import Sentences


@dataclass(frozen=True, slots=True)
class Handed:
    """Something that a step has handed to others to do later: what that is, for a sentence, and how
    to ask of it whether it is done, or will not be. Whoever has still to do it holds it, so what is
    gone is done."""

    name: str
    reference: Callable[[], Any]
    is_over: Callable[[Any], bool]


class Followed(Sentences):
    """What native code and programs did for one step, as far as it is followed."""

    places: Places

    def __init__(self) -> None:
        super().__init__()
        self.reports: set[str] = set()
        """Warnings, loggers and facts of the process that the step asked for, by name."""
        self.opens: Opens | None = None
        self.programs: list[weakref.ref[Any]] = []
        """Programs that the step has started."""
        self.begun: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
        """Threads that the user's code has started by itself."""
        self.handed: list[Handed] = []
        self.listings_seen: set[str] = set()
        """Folders whose listing the audit hook saw, whoever asked."""

    def starts(self, thread: threading.Thread, *, by_user: bool) -> None:
        """A thread is about to be started, by the user's code itself or not."""
        if by_user:
            self.begun.add(thread)
        self.reports.add(IN_THREADS)
        if why := followed_in_threads():
            self.obstacle(why)

    def program_starts(self) -> None:
        """A program starts, which may read sources, too."""
        if self.opens is not None:
            self.opens.follow_compiled()
            self.opens.has_programs = True

    def has_passed_by(self, folder: str) -> bool:
        """Whether the step has gone through the folder neither natively nor unseen."""
        opens = self.opens
        return opens is not None and opens.has_passed_by(folder, self.places, self.listings_seen)

    def has_read_natively(self, folder: str, known: Collection[str]) -> bool:
        """Whether native code may have read what is in the folder until now, but for files that
        are known."""
        opens = self.opens
        if opens is None:
            return False
        has_passed, below = self.has_passed_by(folder), folder + os.sep
        opened = (key for key in opens.events if key.startswith(below))
        return not has_passed or any(key not in known for key in opened)

    def is_unread(self, key: str, folder: str) -> bool:
        """Whether the file in a folder that was named has been passed by."""
        opens = self.opens
        return opens is not None and key not in opens.events and self.has_passed_by(folder)
