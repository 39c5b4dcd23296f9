"""Watch, randomness and capture as tests hold them: a world of dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from zenbook.model import Part, Read
from zenbook.world.ports import Seen

MISSING = "missing"


@dataclass(slots=True)
class FakeWatch:
    """A watch over a disk that is a dictionary: path → content.

    A test says what a step does with :meth:`read`, :meth:`write` and :meth:`variable`.
    """

    disk: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    obstacles: list[str] = field(default_factory=list)
    _open: list[dict[str, dict[str, Read]]] = field(default_factory=list)

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
        """Watch while the block runs; named files that exist count as read."""
        notes: dict[str, dict[str, Read]] = {"reads": {}, "wrote": {}}
        self._open.append(notes)
        for text in (*literals, *values):
            if isinstance(text, str) and text in self.disk:
                self.read(text)
        try:
            yield lambda: Seen(
                tuple(notes["reads"].values()),
                tuple(notes["wrote"].values()),
                tuple(self.remarks),
                tuple(self.obstacles),
            )
        finally:
            self._open[:] = [each for each in self._open if each is not notes]

    def again(self, read: Read, who: str = "") -> Read:
        """The same thing as it is now; a running step's read, too."""
        now = self._look(read.kind, read.name)
        self._note(now)
        return now

    def repeat(self, reads: Iterable[Read], who: str = "") -> None:
        """Nothing: there is no process."""

    def imported(self, modules: Iterable[str]) -> Seen:
        """Nothing: nobody imports from this disk."""
        return Seen()

    def files(self, patterns: Sequence[str]) -> tuple[Part, ...]:
        """One part per pattern; patterns are plain paths here."""
        return tuple(
            Part("variable", name[1:], self.variables.get(name[1:], MISSING))
            if name.startswith("$")
            else Part("file", name, self.disk.get(name, MISSING))
            for name in patterns
        )

    def read(self, path: str) -> str | None:
        """What a step does that reads a file."""
        self._note(self._look("file", path))
        return self.disk.get(path)

    def variable(self, name: str) -> str | None:
        """What a step does that asks for a variable."""
        self._note(self._look("variable", name))
        return self.variables.get(name)

    def write(self, path: str, content: str) -> None:
        """What a step does that writes a file."""
        self.disk[path] = content
        for notes in self._open:
            notes["wrote"][path] = Read("file", path, content)

    def _look(self, kind: Any, name: str) -> Read:
        world = self.variables if kind == "variable" else self.disk
        return Read(kind, name, world.get(name, MISSING))

    def _note(self, read: Read) -> None:
        for notes in self._open:
            if read.name not in notes["wrote"]:
                notes["reads"].setdefault(f"{read.kind} {read.name}", read)


@dataclass(slots=True)
class FakeRandomness:
    """Random states that are plain numbers, by library."""

    numbers: dict[str, int] = field(default_factory=dict)
    seeds: set[str] = field(default_factory=set)

    def states(self) -> Mapping[str, str]:
        """Digest of each state now, by library."""
        return {library: f"state {number}" for library, number in self.numbers.items()}

    def seeded(self, library: str) -> bool:
        """Whether a test has put the library among the seeded ones."""
        return library in self.seeds

    def save(self, libraries: Iterable[str]) -> Mapping[str, Any]:
        """The states themselves."""
        return {name: self.numbers[name] for name in libraries if name in self.numbers}

    def restore(self, states: Mapping[str, Any]) -> None:
        """Put saved states back."""
        self.numbers.update(states)

    @contextmanager
    def seeding(self, seed: int) -> Iterator[Callable[[], str]]:
        """Every number becomes the seed while the block runs."""
        before = dict(self.numbers)
        self.numbers.update(dict.fromkeys(before, seed))
        try:
            yield str
        finally:
            self.numbers.update(before)

    def draw(self, library: str) -> int:
        """What a step does that draws from a state."""
        self.numbers[library] += 1
        return self.numbers[library]


@dataclass(slots=True, eq=False)
class FakeRecording:
    """Events in a list."""

    events: list[Mapping[str, Any]] = field(default_factory=list)
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class FakeCapture:
    """A screen that is a list; recordings nest."""

    screen: list[Mapping[str, Any]] = field(default_factory=list)
    _open: list[FakeRecording] = field(default_factory=list)

    @contextmanager
    def recording(self) -> Iterator[FakeRecording]:
        """Record what is shown while the block runs."""
        tape = FakeRecording()
        self._open.append(tape)
        try:
            yield tape
        finally:
            self._open.remove(tape)

    def replay(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Show recorded events again."""
        for event in events:
            self.show(event)

    def how_shown(self, events: Sequence[Mapping[str, Any]]) -> tuple[Read, ...]:
        """Nothing: this screen has no settings."""
        return ()

    def show(self, event: Mapping[str, Any]) -> None:
        """What a step does that prints or displays."""
        self.screen.append(event)
        for tape in self._open:
            tape.events.append(event)


class NoWatch(FakeWatch):
    """Sees nothing; whatever was read is as it was."""

    def again(self, read: Read, who: str = "") -> Read:
        """The read itself."""
        return read


class NoRandomness(FakeRandomness):
    """No library has a random state."""


class NoCapture(FakeCapture):
    """Records nothing that is not shown through it."""
