"""The random states that Run All would find before each step, as far as anybody can know.

A plan runs nothing, also no plain cell: not the one that seeds. So a step that counts on a seeded
state is asked with the states it may find: the one it found last, the one that the step before it
leaves, and the one of now where no cell is seen to seed. Where these tell the step otherwise, or
where a cell that moves the state is new or seeds by a name that was bound anew, nobody can know.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from zenbook.core.trees import nodes_of
from zenbook.front.notebook.session import Known, Session
from zenbook.front.notebook.trail import Trail
from zenbook.world.ports import Randomness

_OF_TORCH = frozenset({"manual_seed", "manual_seed_all"})
_OF_ALL = frozenset({"seed_everything", "seed_all", "set_seed", "set_random_seed"})


@dataclass(slots=True, eq=False)
class Dice:
    """Notices plain cells that move a random state, once a step counts on one."""

    trail: Trail
    _watched: Randomness | None = None
    _before: Mapping[str, str] = field(default_factory=dict)
    _stirred: dict[str, int] = field(default_factory=dict)

    def begin(self, sessions: Iterable[Session]) -> None:
        """A plain cell begins."""
        counting = (s.desk.randomness for s in sessions if any(map(counted, s.known.values())))
        self._watched = next(counting, None)
        if self._watched is not None:
            self._before = self._watched.states()

    def end(self) -> None:
        """It has ended: which states has it moved? One that had run before moves them as ever."""
        watched, self._watched = self._watched, None
        texts = [cell.text for cell in self.trail.cells]
        if watched is None or not texts or texts[-1] in texts[:-1]:
            return
        for library, state in watched.states().items():
            if self._before.get(library) != state:
                self._stirred[library] = len(texts)

    # ------------------------------------------------------------ before a step

    def found(
        self, known: Known, before: Known | None, now: Mapping[str, str]
    ) -> Sequence[Mapping[str, str]]:
        """The states that a step may find; none where nobody can know.

        ``before`` is the last step that runs before it and moves such a state, ``now`` the states
        of this moment.
        """
        met, others = dict(known.random), dict(known.random)
        for library in counted(known):
            if self._stirred.get(library, 0) > known.at:
                return ()
            sower = self._sower(known, library)
            if sower is not None and sower.is_old:
                return ()
            follows = before is not None and self.follows(known, before, library)
            since = max(sower.place + 1 if sower else 0, before.at if before and follows else 0)
            if since < known.at:
                met[library] = self.trail.state_met(library, known.at, since)
            others[library] = met[library]
            if before is not None and follows:
                others[library] = before.random_after.get(library, "")
            elif sower is None:
                others[library] = now.get(library, "")
        return [met, others]

    def follows(self, known: Known, before: Known, library: str) -> bool:
        """Whether no plain cell between the two steps seeds anew."""
        here, there = self._sower(known, library), self._sower(before, library)
        return (here and here.cell) == (there and there.cell)

    def _sower(self, known: Known, library: str) -> _Sower | None:
        """The plain cell that seeded last before the step was met."""
        for place, tree in self.trail.plain_trees(known.at):
            names = list(_sown_by(tree, library))
            if names:
                read = set().union(*names)
                is_old = bool(read & self.trail.bound_since(place))
                is_old |= not self.trail.is_above(place, known.at - 1)
                return _Sower(place, self.trail.cell_at(place), is_old)
        return None


@dataclass(frozen=True, slots=True)
class _Sower:
    place: int
    cell: object
    is_old: bool
    """Whether Run All would not come by it as the step did: it stands below the step, or a name
    that it seeds by has been bound since."""


def counted(known: Known) -> frozenset[str]:
    """The libraries whose seeded state is a reason of the step."""
    reads = known.record.reads if known.record is not None else ()
    return frozenset(r.name for r in reads if r.kind == "random" and r.digest != "unseeded")


def moves(known: Known, library: str) -> bool:
    """Whether a step leaves another state than it found."""
    return known.random.get(library) != known.random_after.get(library)


def _sown_by(tree: ast.Module, library: str) -> Iterator[set[str]]:
    """For each call in a cell that seeds a library, the names that it seeds by."""
    for node in nodes_of([tree]):
        if isinstance(node, ast.Call) and library in _libraries(ast.unparse(node.func)):
            given = (*node.args, *(keyword.value for keyword in node.keywords))
            if given:
                inner = (each for one in given for each in nodes_of([one]))
                yield {each.id for each in inner if isinstance(each, ast.Name)}


def _libraries(called: str) -> frozenset[str]:
    """What a function of this name seeds."""
    owner, _, last = called.rpartition(".")
    if last == "seed" and owner:
        return frozenset({"random" if owner == "random" else "numpy"})
    if last in _OF_TORCH:
        return frozenset({"torch"})
    return frozenset({"random", "numpy", "torch"} if last in _OF_ALL else ())
