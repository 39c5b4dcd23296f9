"""Watch a running step: what it reads of the world, and the same looks again later.

Composed of :mod:`watch_scope` (whose event is it), :mod:`audit` and :mod:`watch_events` (Python's
audit events),
:mod:`watch_looks` (looks that raise none), :mod:`watch_variables` (variables that are asked for),
:mod:`watch_native` (opens that raise none),
:mod:`watch_named` (paths only named), :mod:`watch_reaching` (code reached by name),
:mod:`watch_formulas` (globals that a text names), :mod:`watch_filters` (hidden warnings),
:mod:`watch_once` and :mod:`watch_marks` (warnings shown before),
:mod:`watch_away` and :mod:`watch_workers` (what happens in other processes),
:mod:`watch_sought` (what was looked for), :mod:`watch_notes` (what follows from it all),
:mod:`process_state` and :mod:`left_running`.

Rejected: running the step under ptrace, FUSE or LD_PRELOAD. They see everything, on one system
only, at 10–100 times the cost, and not in a hosted notebook.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zenbook.core import looks
from zenbook.core.closure import CodeClosure
from zenbook.model import Part, Read
from zenbook.world import (
    files,
    watch_events,
    watch_hearing,
    watch_imports,
    watch_looks,
    watch_memoized,
    watch_native,
    watch_once,
)
from zenbook.world.display_settings import SHOWING, shown_now
from zenbook.world.interrupts import Interrupts
from zenbook.world.left_running import RunningBefore
from zenbook.world.open_figures import FiguresBefore
from zenbook.world.ports import Seen
from zenbook.world.process_state import ProcessState
from zenbook.world.variables import variable_read
from zenbook.world.variables_set import is_about_variables_set, set_again
from zenbook.world.watch_away import collect
from zenbook.world.watch_code import code_now
from zenbook.world.watch_imports import changed_since, reads_of, texts_found
from zenbook.world.watch_memoized import Before
from zenbook.world.watch_named import absolutes, name_all
from zenbook.world.watch_notes import Notes
from zenbook.world.watch_places import places
from zenbook.world.watch_programs import folders_made, follow_native, found_in, taken_away
from zenbook.world.watch_reports import OWN_HANDLER, report_now, set_up
from zenbook.world.watch_scope import current, following
from zenbook.world.watch_sought import script
from zenbook.world.watch_workers import OTHERS, Workers, calls_of_others

__all__ = ["SystemWatch"]


class SystemWatch:
    """Sees what steps of this process read. Implements :class:`zenbook.world.ports.Watch`.

    ``home`` is the zenbook folder, whose own files are nobody's reads; None if there is none.
    ``code`` tells what the code is that a step finds in data.
    """

    def __init__(self, home: Path | None, code: CodeClosure | None = None) -> None:
        self._code = code or CodeClosure()
        self._home = os.path.abspath(home) if home is not None else "/dev"

    @contextmanager
    def watching(
        self,
        literals: Sequence[str],
        values: Iterable[Any],
        memoized: Sequence[Any] = (),
        who: str = "",
        *,
        seeks: bool = False,
    ) -> Iterator[Callable[[], Seen]]:
        """Watch while the block runs; call the result afterwards."""
        notes = self._begin(literals, tuple(values))
        notes.who, notes.seeks = who, seeks
        watch_hearing.know(notes)
        watch_once.know(notes)
        del values  # which the step may let go of
        watch_memoized.know(memoized)
        remembered = watch_memoized.before()
        before, figures, interrupts = ProcessState.now(), FiguresBefore(), Interrupts()
        workers, running = Workers(), RunningBefore.now()
        watch_looks.wrap()
        try:
            with following(notes):
                yield lambda: self._seen(notes, memoized, remembered, workers)
        finally:
            for obstacle in interrupts.changes():
                notes.obstacle(obstacle)
            if notes.opens is not None:
                notes.opens.close()
            watch_looks.unwrap()
            for read in watch_once.after(notes):
                notes.adopt(read)
            for name in sorted(notes.reports):
                if not watch_once.is_about_marks(name):
                    notes.adopt(report_now(name))
            sets_up = OWN_HANDLER in notes.reports
            for name, obstacle in before.changes(notes.variables_set, sets_up=sets_up):
                notes.changed.add(name)
                notes.obstacle(obstacle)
            for obstacle in (*running.left(notes), *figures.changes()):
                notes.obstacle(obstacle)

    def again(self, read: Read, who: str = "") -> Read:
        """The same thing as it is now. Inside a running step (whose nested step asks whether it is
        a hit) the answer is that step's read, too."""
        if read.kind == "file":
            now = Read("file", read.name, files.look_again(read.name, read.digest))
        elif read.kind == "variable":
            now = variable_read(read.name)
        elif read.kind == "setting" and watch_once.is_about_marks(read.name):
            now = watch_once.again(read, who)
        elif read.kind == "setting" and is_about_variables_set(read.name):
            now = set_again(read.name)
        elif read.kind == "setting" and read.name == OTHERS:
            now = calls_of_others()
        elif read.kind == "setting":
            now = shown_now(read) if read.name in SHOWING else report_now(read.name)
        elif read.kind == "use":
            now = code_now(read.name, self._code)
        else:
            raise ValueError(f"a {read.kind} read is not the file watch's to look at again")
        for notes in current():
            notes.adopt(now)
        return now

    def repeat(self, reads: Iterable[Read], who: str = "") -> None:
        """Do to this process what a step did that made these reads."""
        reads = [*reads]
        set_up(reads)
        watch_once.repeat(reads, (who, *(notes.who for notes in current())))

    def imported(self, modules: Iterable[str]) -> Seen:
        """What these local modules, and all that they import, read when they were imported."""
        reads: list[Read] = []
        changed: list[str] = []
        with files.quiet():
            modules = self._code.modules_of(modules)
            changed += self._outdated(modules)
            for module, name, read in reads_of(modules):
                if read is None:
                    changed.append(f"{name} changed after {module} had read it: restart the kernel")
                else:
                    reads.append(read)
        return Seen(tuple(dict.fromkeys(reads)), obstacles=tuple(dict.fromkeys(changed)))

    def _outdated(self, modules: Sequence[str]) -> Iterator[str]:
        """Which of these hold what a new process would not make of their texts."""
        if not changed_since(modules):
            return
        for module in modules:
            found = texts_found(module, self._code.modules_of([module]))
            by = self._code.outdated_by(module, found) if found else ""
            when = "it was imported" if by == module else f"{module} had imported it"
            if by:
                yield f"{by} changed after {when}: restart the kernel"

    def files(self, patterns: Sequence[str]) -> tuple[Part, ...]:
        """Parts for paths, patterns and ``$NAME`` variables that a step is told to depend on."""
        parts: list[Part] = []
        for pattern in patterns:
            parts.extend(_declared(pattern))
        return tuple(dict.fromkeys(parts))

    def _seen(
        self,
        notes: Notes,
        memoized: Sequence[Any],
        remembered: Mapping[Any, Before],
        workers: Workers,
    ) -> Seen:
        with files.quiet():
            for obstacle in workers.obstacles(notes, collect(notes)):
                notes.obstacle(obstacle)
            _settle_opens(notes)
            _settle_folders(notes)
            for read in notes.reached.reads(self._code):
                notes.adopt(read)
            functions = memoized if notes.has_forked else ()
            for known, obstacle in watch_memoized.reads_of(functions, remembered):
                if obstacle:
                    notes.obstacle(obstacle)
                elif known is not None:
                    notes.adopt(known)
            return notes.seen()

    def _begin(self, literals: Sequence[str], values: tuple[Any, ...]) -> Notes:
        watch_events.install()
        watch_imports.install()
        watch_memoized.install()
        cwd = os.getcwd()
        around = places(cwd, self._home, os.path.expanduser("~"))
        notes = Notes(around, literals, absolutes(literals, values))
        with files.quiet():
            name_all(notes, literals, values)
        if watch_native.loaded():
            follow_native(notes)
        return notes


def _settle_opens(notes: Notes) -> None:
    """Note what was opened by native code and by programs that the step started."""
    opens = notes.opens
    if opens is None:
        return
    if opens.is_lost:
        notes.obstacle("more files were opened than could be followed")
    sources = opens.sources()
    for path in sources:
        notes.note_script(script(path))
    listed = opens.folders - notes.listings_seen
    patterns = set()
    for path, manner in taken_away(opens):
        notes.opened_unseen(path, manner)
    for path, manner in opens.manners():
        folder, name = os.path.split(path)
        if manner == "read" and folder in listed and not notes.knows(path):
            patterns.add(os.path.join(folder, "*" + os.path.splitext(name)[1]))
        notes.opened_unseen(path, manner)
    for path, is_only_read in sources.items():
        if is_only_read and files.existence(path) == files.FILE:
            notes.opened_unseen(path, "read")
    for pattern in sorted(patterns):
        notes.matched(pattern, hidden=False)
    for folder in sorted(listed & opens.made):
        notes.listed(folder)


def _settle_folders(notes: Notes) -> None:
    """Note what was made in folders that the step made, where nobody could follow it."""
    made = dict.fromkeys(notes.made_folders())
    if notes.opens is not None:
        made.update(dict.fromkeys(folders_made(notes.opens)))
    for folder in made:
        for path, manner in found_in(folder):
            notes.opened_unseen(path, manner)


def _declared(pattern: str) -> Iterator[Part]:
    """The parts of one declared dependency."""
    if pattern.startswith("$"):
        read = variable_read(pattern[1:])
        yield Part("variable", read.name, read.digest, read.shown)
        return
    pattern = os.path.expanduser(pattern)
    if files.existence(pattern) == files.FOLDER:
        pattern = os.path.join(pattern, "**")
    if not any(mark in pattern for mark in "*?[") or files.existence(pattern) == files.FILE:
        yield Part("file", pattern, files.content(pattern))
        return
    paths = [path for path in files.matched(pattern) if files.existence(path) == files.FILE]
    if not paths:
        yield Part("file", pattern, looks.MISSING)
    for path in paths:
        yield Part("file", path, files.content(path))
