"""Watch a step while it runs, and hold what was seen for when it has ended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from zenbook.core.closure_finders import GLOBAL, MODULE, local_modules
from zenbook.core.uncollected import uncollected
from zenbook.engine.desk import Desk
from zenbook.engine.entwined import Entwined
from zenbook.engine.identify import Identity
from zenbook.engine.loose import Loose
from zenbook.model import Read
from zenbook.world.changed_settings import note_changed
from zenbook.world.ports import Recording, Seen
from zenbook.world.unheard import unheard


class Watched:
    """What the watchers saw: displays, the world's parts, and the random states before."""

    recording: Recording | None = None
    seen: Seen = Seen()

    def __init__(self, desk: Desk, home: Mapping[str, Any] | None = None) -> None:
        """``home`` holds the globals that are compared elsewhere: a notebook's names."""
        self._desk, self._home = desk, home
        self.started = desk.clock.now()
        self.before: Mapping[str, str] = {}
        self.seeded: frozenset[str] = frozenset()
        """Libraries whose random state the program had seeded before the step began."""
        self._members: Callable[[], tuple[str, ...]] = tuple
        self.entwined: Entwined | None = None
        """Which objects its inputs and what it uses had in common before it began."""
        self.fault = ""
        """Why nothing could be watched; the result is then not kept."""

    @contextmanager
    def watching(self, identity: Identity, values: Mapping[str, Any]) -> Iterator[None]:
        """Watch files, variables, randomness and displays while the block runs."""
        with ExitStack() as watchers:
            look = self._open(watchers, identity, values)
            try:
                yield
            finally:
                watchers.close()
                if look is not None:
                    seen = _without_inputs(look(), identity, values)
                    self.seen = self._with_modules(self._with_assigned(seen), identity)
                    note_changed(identity.code, self.seen.changed)

    def loosen(self, names: Collection[str], values: dict[str, Any]) -> Loose:
        """Hold these inputs from now on so that they can go."""
        if self.entwined is not None and not self.entwined.loosen(names):
            self.entwined = None
        return Loose(names, values)

    @property
    def displays(self) -> list[Mapping[str, Any]]:
        """What was shown, in order."""
        return list(self.recording.events) if self.recording is not None else []

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences of the watchers."""
        shown = self.recording.remarks if self.recording is not None else ()
        return (*self.seen.remarks, *shown)

    def _open(
        self, watchers: ExitStack, identity: Identity, values: Mapping[str, Any]
    ) -> Callable[[], Seen] | None:
        desk = self._desk
        try:
            self._look(identity, values)
            self.before = desk.randomness.states()
            self.seeded = frozenset(filter(desk.randomness.seeded, self.before))
            self.recording = watchers.enter_context(desk.capture.recording())
            return watchers.enter_context(
                desk.watch.watching(
                    identity.literals,
                    values.values(),
                    identity.memoized,
                    identity.who,
                    seeks=identity.seeks,
                )
            )
        except Exception as error:  # our own fault must not become the step's
            self.fault = f"watching failed ({type(error).__name__}: {error})"
            return None

    def _with_modules(self, seen: Seen, identity: Identity) -> Seen:
        """With the user's modules, where the step's code looks modules up while it runs, and with
        what such modules as count by their text had read when they were imported."""
        watch = self._desk.watch
        names = [MODULE + name for name in local_modules()] if identity.finds_modules else []
        known = [read.name for read in seen.reads if read.name.startswith(MODULE)]
        more = [watch.again(Read("use", name, "")) for name in names if name not in known]
        by_name = {name.removeprefix(MODULE) for name in (*known, *names)}
        made = watch.imported(identity.by_text | by_name)
        reads = tuple(dict.fromkeys((*seen.reads, *more, *made.reads)))
        return replace(seen, reads=reads, obstacles=(*seen.obstacles, *made.obstacles))

    @unheard
    def _look(self, identity: Identity, values: Mapping[str, Any]) -> None:
        if not identity.obstacle:  # else nothing is kept, and no file of theirs waits to be closed
            with uncollected():
                self.entwined = Entwined(identity.used, values)
        self._members = self._desk.code.members(self._home, identity.literals)

    @unheard
    def _with_assigned(self, seen: Seen) -> Seen:
        """With what the step assigned to classes and functions: no hit could repeat that."""
        assigned = self._members()
        return replace(seen, obstacles=(*seen.obstacles, *assigned)) if assigned else seen


def _without_inputs(seen: Seen, identity: Identity, values: Mapping[str, Any]) -> Seen:
    """Without the globals that a cell reaches by a text and that are inputs of it already."""
    if not identity.live:
        return seen
    known = {f"{GLOBAL}{name}" for name in values}
    reads = (read for read in seen.reads if read.kind != "use" or read.name not in known)
    return replace(seen, reads=tuple(reads))
