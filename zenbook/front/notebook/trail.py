"""The cells that a kernel has run, and what Run All would make of their names.

A plan knows what steps would give; what plain cells give it does not, and it runs none. So it asks
here: which cell stands nearest above a step and binds a name that the step reads? If that is what
the step read when it ran last, Run All gives the same again; if the cell has run since and nobody
bound the name after it, Run All gives what the notebook holds. In all other cases nobody can know.

Cells are told apart by the ids that front ends give them, and stand in the order of their first
execution, or of the notebook's file where that was saved (:mod:`places`). Where no ids are told, a
cell that binds the names of an earlier one, without reading them, is taken for that one, edited.
"""

from __future__ import annotations

import ast
import itertools
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import FunctionType
from typing import TYPE_CHECKING, Any, Literal

from zenbook.core.kinds import is_a
from zenbook.front.notebook.filled import filled_of
from zenbook.front.notebook.marker import take_marker_away
from zenbook.front.notebook.places import Place, SavedCell, by_execution, by_file, is_step
from zenbook.front.notebook.touched import Touched, touched

if TYPE_CHECKING:
    from zenbook.front.notebook.session import Known
    from zenbook.model import Part

_MOST_TEXTS = 2048
_ATOMS = (int, float, complex, str, bytes, bool, type(None), tuple, frozenset, type, FunctionType)
"""What nobody changes in place, as far as anybody can know."""

Standing = Literal["as found", "as now", "unknown"]
"""What Run All would give under a name: what the step found there when it ran last, what the
notebook holds now, or nobody knows."""


@dataclass(slots=True, eq=False)
class Executed:
    """One execution of a cell. ``step`` and ``record`` are those of a step cell, else ""; ``found``
    are the digests of what a step read, by name, ``changed`` the names of what it has changed in
    place, ``random`` the digests of the states it met; ``at`` is when it began, in seconds since
    the epoch."""

    text: str
    cell_id: str = ""
    at: float = field(default_factory=time.time)
    step: str = ""
    record: str = ""
    found: Mapping[str, str] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    random: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Origin:
    """How a name stands for a step, and the steps that its value goes back to."""

    standing: Standing
    steps: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class Trail:
    """Every execution in order. Cells run before zenbook was loaded have no ids."""

    shell: Any
    cells: list[Executed] = field(default_factory=list)
    _touched: dict[str, Touched] = field(default_factory=dict)
    _page: Mapping[object, Place] | None = None

    def as_saved(self, cells: Sequence[SavedCell], saved: float) -> Trail:
        """The same executions, in a notebook that was saved with these cells at this time."""
        return replace(self, _page=by_file(self, cells, saved)) if cells else self

    def has(self, at: int) -> bool:
        """Whether the notebook still has the cell that was the ``at``-th."""
        return self._key(at - 1) in self._places()

    def is_edited(self, at: int) -> bool:
        """Whether the cell that was the ``at``-th has another text by now."""
        place = self._places().get(self._key(at - 1))
        return place is not None and place.is_new

    def is_bound_anew(self, name: str, at: int) -> bool:
        """Whether the cell that binds a name for the ``at``-th is another than when it ran."""
        if self._page is None or self._key(at - 1) not in self._page:
            return self._page is not None
        now = self._above(name, at - 1, self._page)
        then = self._above(name, at - 1, by_execution(self))
        place = now and now.newest, then and then.newest
        return place[0] != place[1] or (now is not None and now.is_new)

    def acts_anew(self, at: int) -> bool:
        """Whether a cell that calls anything has come or changed above the ``at``-th, or is gone,
        so that Run All may find other files, variables and random states there."""
        page = self._places()
        here = page[self._key(at - 1)].rank if self._key(at - 1) in page else math.inf
        texts = [place.text for place in page.values() if place.is_new and place.rank < here]
        for key, place in by_execution(self).items():
            if key not in page or page[key].is_new:
                texts.append(place.text)
        return any(self._names(text).acts for text in texts)

    def is_of_file(self) -> bool:
        """Whether the notebook's file has every cell that binds anything, as it ran last."""
        unsaved = [place.text for place in self._places().values() if place.is_unsaved]
        return self._page is not None and not any(self._names(text).writes for text in unsaved)

    def begin(self, text: str, cell_id: str) -> None:
        """A cell is executed."""
        self.cells.append(Executed(text, cell_id))

    def step_ran(self, at: int, known: Known) -> None:
        """The ``at``-th cell was this step."""
        if 0 < at <= len(self.cells):
            cell, parts = self.cells[at - 1], values_of(known)
            cell.step, cell.random, cell.changed = known.step.name, known.random, known.changed
            cell.record = known.record.id if known.record is not None else ""
            cell.found = {name: part.digest for name, part in parts.items()}
            told = self._names(cell.text)
            self._touched[cell.text] = replace(told, reads=told.reads | filled_of(known))

    def step_stopped(self, at: int, step: str) -> None:
        """The ``at``-th cell was this step, which was stopped before it ran."""
        if 0 < at <= len(self.cells):
            self.cells[at - 1].step = step

    def record_used(self, step: str, before: int) -> str:
        """The id of a step's record when it ran last in the first ``before`` cells."""
        ran = (cell.record for cell in reversed(self.cells[:before]) if cell.step == step)
        return next(ran, "")

    def plain_trees(self, upto: int) -> Iterator[tuple[int, ast.Module]]:
        """The cells that are no steps, newest first, with their places."""
        for place in reversed(range(min(upto, len(self.cells)))):
            text = self.cells[place].text
            if not is_step(text):
                yield place, self._tree(text)

    def bound_since(self, place: int) -> frozenset[str]:
        """Names that cells behind this one have bound."""
        later = (self._names(cell.text).writes for cell in self.cells[place + 1 :])
        return frozenset().union(*later)

    def cell_at(self, place: int) -> object:
        """What tells the cell of one execution from all others."""
        return self._key(place)

    def is_above(self, place: int, reader: int) -> bool:
        """Whether one executed cell stands above another in the notebook."""
        return self.order(place, reader) < 0

    def order(self, place: int, other: int) -> int:
        """Whether one executed cell stands above another in the notebook (-1), below it (1), or is
        the same (0)."""
        places = self._places()
        one, two = places[self._key(place)].rank, places[self._key(other)].rank
        return (one > two) - (one < two)

    def steps(self) -> list[str]:
        """The names of the step cells in the notebook's order, as they ran last."""
        return list(dict.fromkeys(cell.step for cell in self._newest() if cell.step))

    def made_of(self, step: str) -> frozenset[str]:
        """The names that plain cells bind where they read what a step's cell binds, or what was
        made of it so."""
        newest = self._newest()
        plain = [self._names(cell.text) for cell in newest if not _is_step(cell)]
        own = (self._names(cell.text).writes for cell in newest if cell.step == step)
        given = found = frozenset().union(*own)
        while further := _bound_from(found, plain) - found:
            found |= further
        return found - given

    def state_met(self, library: str, at: int, since: int) -> str:
        """The random state that the ``at``-th cell, or a step below it, met first after the
        ``since``-th: before any of them has moved it."""
        places = self._places()
        here = places[self._key(at - 1)].rank
        for place in range(since, at):
            cell = self.cells[place]
            if cell.step and places[self._key(place)].rank >= here:
                return cell.random.get(library, "")
        return ""

    # ------------------------------------------------------------ where a value is from

    def origin(self, name: str, at: int, value: Any) -> Origin:
        """Where a name's value comes from for the step that was the ``at``-th cell; ``value`` is
        what the name stands for now."""
        reader, places = at - 1, self._places()
        own = self._names(self.cells[reader].text)
        if name in own.imports and name not in own.reads:
            return Origin("as now")
        if self._key(reader) not in places:
            return Origin("unknown")
        above = self._above(name, reader, places)
        if above is None:
            return Origin("as now" if self._bound(name, reader) is None else "unknown")
        maker = above.newest
        if above.is_new:
            return Origin("unknown")
        if name in self._names(self.cells[maker].text).imports:
            return Origin("as now")
        if self._is_ambiguous(maker):
            return Origin("unknown")
        then, now = self._bound(name, reader), self._bound(name, len(self.cells))
        if then is not None and self._is(then, maker):
            steps = self._fresh(then, places)
            seen = self._still_seen(name, maker, reader, places)
            unspoilt = is_a(value, _ATOMS) or self._unspoilt(name, then, reader, places)
            if steps is not None and seen and unspoilt:
                return Origin("as found", steps)
        if now is not None and self._is(now, maker) and now > reader:
            steps = self._fresh(now, places)
            if steps is not None and (is_a(value, _ATOMS) or self._untouched(name, now)):
                return Origin("as now", steps)
        return Origin("unknown")

    def _is(self, place: int, other: int) -> bool:
        """Whether two executions are of one cell with one text (or of one step)."""
        one, two = self.cells[place], self.cells[other]
        same = one.step == two.step if two.step else one.text == two.text
        return same and self._key(place) == self._key(other)

    def _fresh(self, place: int, places: Mapping[object, Place]) -> frozenset[str] | None:
        """The steps that an execution's values go back to; None if it read what Run All would
        not give."""
        if step := self.cells[place].step:
            latest = places[self._key(place)].newest
            same = self.cells[place].record == self.cells[latest].record
            return frozenset({step}) if same else None
        steps: set[str] = set()
        for read in self._names(self.cells[place].text).reads:
            above, made = self._above(read, place, places), self._bound(read, place)
            if above is None and made is None:
                continue
            if above is None or above.is_new or made is None or not self._is(made, above.newest):
                return None
            if self._is_ambiguous(above.newest):
                return None
            further = self._fresh(made, places)
            if further is None:
                return None
            steps |= further
        return frozenset(steps)

    def _still_seen(
        self, name: str, maker: int, reader: int, places: Mapping[object, Place]
    ) -> bool:
        """Whether the cells between that may change a value in place are those of then."""
        first, last = places[self._key(maker)].rank, places[self._key(reader)].rank
        before = {cell.text for cell in self.cells[:reader]}
        between = [place for place in places.values() if first < place.rank < last]
        texts = [p.text for p in between if p.is_new or not self.cells[p.newest].step]
        if any(self._changes_otherwise(p.newest, name, reader) for p in between if not p.is_new):
            return False
        return all(text in before for text in texts if name in self._names(text).reads)

    def _changes_otherwise(self, place: int, name: str, reader: int) -> bool:
        """Whether a step that changes a value in place, or did so before another ran, has another
        result by now than then."""
        now, earlier = self.cells[place], reversed(self.cells[:reader])
        then = next((cell for cell in earlier if cell.step == now.step), None)
        changes = name in now.changed or (then is not None and name in then.changed)
        return bool(now.step) and changes and (then is None or then.record != now.record)

    def _unspoilt(self, name: str, maker: int, reader: int, places: Mapping[object, Place]) -> bool:
        """Whether a step that ran alone found what no cell below it had changed in place before.

        Told by the first step that found the same object: no cell below had run yet.
        """
        here = places[self._key(reader)].rank
        between = range(maker + 1, reader)
        touching = [p for p in between if name in self._names(self.cells[p].text).reads]
        gone = Place(math.inf, -1, "")
        below = [p for p in touching if places.get(self._key(p), gone).rank >= here]
        if not below:
            return True
        above = max((p for p in touching if p not in below), default=maker)
        told = (p for p in between if above < p <= below[0] and name in self.cells[p].found)
        first = next(told, None)
        found = self.cells[reader].found.get(name, "")
        return first is not None and self.cells[first].found[name] == found

    def _untouched(self, name: str, since: int) -> bool:
        """Whether no cell after this one has had to do with the name."""
        later = (cell.text for cell in self.cells[since + 1 :])
        return not any(name in self._names(text).reads for text in later)

    # ------------------------------------------------------------ the notebook

    def _places(self) -> Mapping[object, Place]:
        """The notebook's cells, in order."""
        return by_execution(self) if self._page is None else self._page

    def _newest(self) -> list[Executed]:
        """The newest execution of each cell, in order; of a step that is just being executed, the
        one before."""
        newest: dict[object, Executed] = {}
        for place, cell in enumerate(self.cells):
            is_running = not cell.step and place == len(self.cells) - 1 and _is_step(cell)
            if not is_running or self._key(place) not in newest:
                newest[self._key(place)] = cell
        return list(newest.values())

    def _key(self, place: int) -> object:
        cell = self.cells[place]
        if cell.cell_id or cell.step:
            return cell.cell_id or (cell.step,)
        names = self._names(cell.text)
        bound = names.writes - names.imports
        return cell.text if not bound or bound & names.reads else bound

    def _is_ambiguous(self, place: int) -> bool:
        """Whether a cell without an id may be two: an earlier text of it has come again."""
        if self.cells[place].cell_id or self.cells[place].step:
            return False
        key = self._key(place)
        texts = [c.text for at, c in enumerate(self.cells) if self._key(at) == key]
        changes = 1 + sum(one != other for one, other in itertools.pairwise(texts))
        return changes > len(set(texts))

    def _above(self, name: str, reader: int, places: Mapping[object, Place]) -> Place | None:
        """The nearest cell above that binds a name."""
        here = places[self._key(reader)].rank
        above = [place for place in places.values() if place.rank < here]
        return next((p for p in reversed(above) if name in self._names(p.text).writes), None)

    def _bound(self, name: str, upto: int) -> int | None:
        """The last of the first ``upto`` executions that bound a name."""
        return next((p for p in reversed(range(upto)) if self._binds(p, name)), None)

    def _binds(self, place: int, name: str) -> bool:
        return name in self._names(self.cells[place].text).writes

    # ------------------------------------------------------------ what cells say

    def _names(self, text: str) -> Touched:
        known = self._touched.get(text)
        if known is None:
            if len(self._touched) >= _MOST_TEXTS:
                self._touched.clear()
            known = self._touched[text] = touched(self._tree(text))
        return known

    def _tree(self, text: str) -> ast.Module:
        lines = "".join(take_marker_away(text.splitlines(keepends=True)))
        try:
            tree: ast.Module = ast.parse(self.shell.transform_cell(lines))
        except SyntaxError:
            return ast.Module([], [])  # nothing in it has run
        return tree


def values_of(known: Known) -> dict[str, Part]:
    """The values that a step read, itself or through its helpers, as code calls them: by the
    notebook's names (``gamma``), with attributes where only those count (``CFG.seed``)."""
    parts = known.fingerprint.parts if known.fingerprint is not None else ()
    named = {p.name.removesuffix("()"): p for p in parts if p.kind in ("input", "use")}
    return {n: part for n, part in named.items() if all(map(str.isidentifier, n.split(".")))}


def roots_of(names: Iterable[str]) -> list[str]:
    """The notebook's names that these begin with, each once."""
    return list(dict.fromkeys(name.partition(".")[0] for name in names))


def _is_step(cell: Executed) -> bool:
    return bool(cell.step) or is_step(cell.text)


def _bound_from(names: frozenset[str], cells: Iterable[Touched]) -> frozenset[str]:
    """What cells bind that read one of these names."""
    return frozenset().union(*(cell.writes for cell in cells if cell.reads & names))


def trail_of(shell: Any) -> Trail:
    """The trail of a shell, with what it has run so far."""
    texts: Mapping[int, str] | list[str] = shell.history_manager.input_hist_raw
    return Trail(shell, [Executed(str(text)) for text in list(texts)])
