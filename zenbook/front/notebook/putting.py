"""Put a hit's result into the notebook: check first, then bind everything in one go."""

from __future__ import annotations

import ast
import re
import sys
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zenbook.core.left_out import keeps_all
from zenbook.core.made_digest import Inside, definition_digests, value_digest
from zenbook.core.source_shown import ANY, LAST, LOST, MANIFEST, SEVERAL, UNBOUND
from zenbook.engine.adopting import adopt, from_later, stand_in, untouched
from zenbook.engine.becoming import can_become, can_become_within
from zenbook.engine.blocks import left_behind, moved_in
from zenbook.engine.counting import Recounting, is_count
from zenbook.engine.drawings import is_drawing
from zenbook.engine.drivers import to_replay
from zenbook.engine.entwined import are_shared_otherwise, is_entwined
from zenbook.engine.in_place import replace
from zenbook.engine.lending import is_lent
from zenbook.engine.others import entangled, looker_at
from zenbook.engine.part_kinds import is_array, is_row
from zenbook.engine.reach import Reach
from zenbook.engine.redrawn import Redrawn
from zenbook.engine.sharing import Inseparable, Link, relink
from zenbook.engine.shown import manner_of
from zenbook.engine.tensors import is_tensor
from zenbook.engine.tying import exchanged, tie
from zenbook.engine.windows import is_own, own
from zenbook.errors import NotDigestible
from zenbook.front.notebook.anew import Anew
from zenbook.front.notebook.cell import Cell
from zenbook.front.notebook.namespace import (
    EXIT_CODE,
    MISSING,
    bind,
    glimpse,
    is_users,
    put_in_place_of,
)
from zenbook.front.notebook.showing import show_again
from zenbook.front.notebook.submodules import note_missing
from zenbook.model import Options, Outcome
from zenbook.world.open_figures import is_shown_by, make_ready, open_figures
from zenbook.world.unheard import unheard

Event = Mapping[str, Any]
Replay = Callable[[Sequence[Event]], None]
_OTHER_LINKS = (is_lent, is_entwined, is_count, is_drawing)
_UNNAMED = re.compile(r"output(_\d+)?$")


class Putting:
    """A loaded result that waits to be bound."""

    @unheard
    def __init__(
        self,
        outcome: Outcome,
        cell: Cell,
        namespace: dict[str, Any],
        inputs: Mapping[str, Any],
        digest: Callable[[Any], str],
        file: str = "",
    ) -> None:
        """``file`` is the name under which IPython compiles the cell."""
        self._file = file
        self._outcome, self._cell, self._namespace = outcome, cell, namespace
        self._given: Mapping[str, Any] = ChainMap(dict(inputs), namespace)
        """What names stood for before the cell's definitions were made, which bind some anew."""
        values = dict(outcome.values)
        self._manifest: Mapping[str, Any] = values.pop(MANIFEST, {})
        self._lost = frozenset(values.pop(LOST, ()))
        self._unbound = frozenset(values.pop(UNBOUND, ()))
        values.pop(SEVERAL, None)
        if not cell.is_unclear:  # what a function returned without a name is none of a cell's
            values = {n: v for n, v in values.items() if n in cell.binds or not _UNNAMED.match(n)}
        self._digest = digest
        self._values = values
        self._changed = dict(outcome.changed)
        self._becoming: list[tuple[Any, Any]] = []
        """Parts of changed inputs that others hold, each with its later content."""
        self._redrawn = Redrawn((), {}, {})
        self._shown: Mapping[str, Any] = {}
        self.bound: Mapping[str, Any] = {}

    @unheard
    def objection(self) -> str:
        """Why this result is not what a run would leave in *this* notebook; "" if it is."""
        expected = self._manifest.get("definitions", {})
        made = definition_digests(expected, self._namespace, self._digest)
        for name, digest in expected.items():
            if made.get(name) != digest:
                return f"{name} is not what its definition makes"
        record = self._outcome.record
        undone = frozenset(self._manifest.get("undone", ()))
        for name in record.deleted if record is not None else ():
            if name not in self._namespace and name not in undone | self._cell.caught:
                return f"{name} is not there to be deleted"
        if name := self._defined_otherwise():
            return f"a script computed it, and {name} may be another there"
        for name in self._manifest.get("absent", ()):
            if name in self._namespace:
                return f"it may delete {name}, which was not there"
        for name, digest in self._manifest.get("standing", {}).items():
            if value_digest(self._namespace.get(name, MISSING), self._digest) != digest:
                return f"it may have bound {name}, which was something else"
        if name := self._not_kept():
            return f"a script computed it, and did not keep {name}"
        if self._shown_otherwise():
            return "a script computed it, and showed it otherwise than this notebook does"
        if (self._manifest.get("figures") or open_figures()) and self._may_draw():
            return "it may draw into a figure that is open in pyplot"
        if holder := self._entangled():
            return holder
        try:
            windows: dict[int, tuple[Any, Any]] = {}
            self._relink(self._output_links(), windows)
            relink(self._manifest.get("windows", ()), self._values, self._values, windows)
        except Inseparable as error:
            return str(error)
        return self._leave_unseen()

    def _defined_otherwise(self) -> str:
        """A function or class that is not what a script's function has left of it."""
        alike = self._manifest.get("alike")
        if alike is None or MANIFEST not in self._cell.hidden:
            return ""
        told = Inside(self._file)
        made = definition_digests(self._cell.defined, self._namespace, self._digest, told)
        return next((name for name in made if alike.get(name) != made[name]), "")

    def _shown_otherwise(self) -> bool:
        """Whether a script has shown something that is not what a run shows here."""
        return any(event["kind"] == "unlike" for event in self._outcome.displays)

    def _not_kept(self) -> str:
        """A name that the cell may bind, and that a script's function has bound and dropped; or one
        that the notebook has, and that the cell may delete, as the function may have done."""
        cell = self._cell
        touched = cell.binds.difference(self._values, cell.made, cell.always) | cell.deletes
        touched = touched.difference(cell.dropped)
        lost = touched if ANY in self._lost else self._lost & touched
        lost |= self._unbound & touched & self._namespace.keys()
        return min(lost, default="")

    def _may_draw(self) -> bool:
        record = self._outcome.record
        return record is not None and any(
            part.kind == "environment" and part.name == "matplotlib"
            for part in record.fingerprint.parts
        )

    def _entangled(self) -> str:
        """Why an input that the cell changed in place cannot be given its later content."""
        loaded = {id(new): name for name, new in self._changed.items()}
        bound = {n: loaded[id(v)] for n, v in self._values.items() if id(v) in loaded}
        try:
            self._redrawn = Redrawn(self._outcome.links or (), self._changed, self._given)
            self._changed = self._redrawn.without_followers(self._changed)
            tie(
                [link for link in self._outcome.links or () if not is_lent(link)],
                self._changed,
                self._given,
                self._sources,
                self._known,
            )
        except Inseparable as error:
            return str(error)
        later = {name: self._changed.get(name, self._given.get(name)) for name in bound.values()}
        self._values.update((n, later[name]) for n, name in bound.items())
        changed = [(n, self._given.get(n), new) for n, new in self._changed.items()]
        for name, old, _ in changed:
            if not all(map(keeps_all, set(map(type, Reach([old]).objects.values())))):
                return f"{name} is changed in place and holds what its class leaves out when kept"
        if told := self._redrawn.holder(glimpse(self._namespace).bound, self._changed):
            return told
        drawn = self._redrawn.names
        contents = [new for _, _, new in changed]
        changed = [(n, old, new) for n, old, new in changed if n not in drawn]
        links = self._outcome.links or ()
        if (told := self._shared_part(changed)) or are_shared_otherwise(links):
            same = ((n, old, new) for n, old, new in changed if type(old) is type(new))
            try:
                pairs = ((old, new, exchanged(links, n)) for n, old, new in same)
                self._becoming = adopt(pairs, self._known, can_become_within)
            except Inseparable as error:
                return told or str(error)
            told = self._shared_part(changed)
        becoming = [(old, new) for _, old, new in changed if can_become(old, new)]
        contents += (copy for _, copy in self._becoming)
        try:
            stand_in(becoming, contents)
        except Inseparable as error:
            return str(error)
        return told

    def _output_links(self) -> list[Link]:
        """Those of the notebook's own record, and those of one that a script has kept."""
        if self._outcome.links is None:
            raise Inseparable("its result shares memory that cannot be shared again")
        scripts = [
            link
            for link in self._outcome.links
            if not (link[0].startswith("~") or any(is_other(link) for is_other in _OTHER_LINKS))
        ]
        return [*self._manifest.get("links", ()), *scripts]

    def _relink(self, links: list[Link], windows: dict[int, tuple[Any, Any]]) -> None:
        """Put the notebook's own objects into the outputs, together where all are where they were.
        Raises Inseparable."""
        if not (self._changed or self._becoming or any(map(is_own, links))):
            relink(links, self._values, self._given, windows)
            return
        for link in links:
            link, sources = from_later(link, self._sources(link), self._becoming)
            relink([link], self._values, sources, windows)

    def _shared_part(self, changed: Sequence[tuple[str, Any, Any]]) -> str:
        """Who else holds a part that an input no longer has."""
        if not changed:
            return ""
        olds = {id(old) for _, old, _ in changed}
        bound = glimpse(self._namespace).bound
        others = {name: value for name, value in bound.items() if id(value) not in olds}
        within = [id(part) for part, _ in self._becoming]
        for name, old, new in changed:
            becomes = can_become(old, new)
            if becomes and (is_tensor(old) or (_is_memory(old) and not old.dtype.hasobject)):
                continue  # whoever looks into its memory sees the change
            staying = untouched(old, new, self._becoming)
            holder = entangled(old, others, becomes=becomes, staying=staying, becoming=within)
            left = moved_in(exchanged(self._outcome.links or (), name))
            memory = [array for number, array in left_behind(old, new) if number not in left]
            if self._becoming:
                held = Reach([old]).objects
                parts = (pair for pair in self._becoming if id(pair[0]) in held)
                memory += [array for own, later in parts for _, array in left_behind(own, later)]
            if holder := holder or looker_at(memory, bound):
                return f"{name} is changed in place and shares a part with {holder}"
        return ""

    def _known(self, value: Any) -> str | None:
        try:
            return self._digest(value)
        except NotDigestible:
            return None

    def _leave_unseen(self) -> str:
        """Leave names alone that the cell may or may not have bound and that stand for the same
        value already. One that is missing is bound if nothing but an empty loop would have left it
        so; else nobody knows whether it would be there."""
        whole = [link for link in self._manifest.get("links", ()) if not link[1]]
        held = {link[0] for link in whole}
        parts = {link[0] for link in whole if link[2] in self._changed and not link[4]}
        if (record := self._outcome.record) is not None:
            held |= {artifact.name for artifact in record.artifacts if artifact.alias}
        for name, digest in self._manifest.get("unseen", {}).items():
            now = self._namespace.get(name, MISSING)
            if now is MISSING and name not in self._cell.presumed:
                return f"it may have bound {name}, which is not there"
            if now is MISSING or not is_users(name, self._namespace):
                continue
            left = self._values.pop(name, now)
            if now is left and name in parts:
                continue  # it becomes what it was afterwards with what holds it
            if value_digest(now, self._digest) != digest or (name in held and now is not left):
                return f"it may have bound {name}, which was something else"
        return ""

    def _sources(self, link: Link) -> Mapping[str, Any]:
        """Where a link's path begins: in the notebook, and for a part of what the cell changed in
        place, in its later content, whose parts the notebook's object is about to be given."""
        name, where = link[2], link[3]
        if is_own(link):
            return own(self._values)
        if self._redrawn.names:
            source = self._redrawn.source(name, where)
            if source is not self._given.get(name, MISSING) or name in self._redrawn.names:
                return {name: source}
        new = self._changed.get(name, MISSING)
        if new is MISSING or not (where or not can_become(self._given.get(name), new)):
            return self._given
        return {name: new}

    @unheard
    def put(self, partly: Anew | None = None) -> None:
        """Bind, put changed inputs back, replay deletions. ``partly``: what was made anew, where
        only some names are kept; of the others those stay that the cell's definitions make."""
        missing = self._manifest.get("modules", ())
        note_missing(missing)
        if is_shown_by(missing):
            make_ready()
        recounting = Recounting(self._outcome.links or (), self._given)
        standing = self._put_changed()
        values = {n: standing.get(id(v), v) for n, v in self._values.items()}
        changed = {n: standing.get(id(new), new) for n, new in self._changed.items()}
        recounting.count(values, changed)
        shown = {name: values.pop(name) for name in LAST if name in values}
        if self._cell.shows not in ("printed", "dropped"):
            self._shown = {name: value for name, value in shown.items() if value is not None}
        self.bound = values
        bind(self._namespace, values)
        if "ended" in self._manifest:
            self._namespace[EXIT_CODE] = self._manifest["ended"]
        record = self._outcome.record
        deleted = record.deleted if record is not None else ()
        for name in (*deleted, *self._cell.dropped):
            self._namespace.pop(name, None)
        if partly is not None:
            partly.take_back(besides={*self._cell.made, *values})

    def _put_changed(self) -> dict[int, Any]:
        """Give inputs their later content; the objects to use instead of the loaded ones."""
        standing = self._redrawn.put(self._namespace)
        for name, new in self._changed.items():
            if name in self._redrawn.names:
                continue
            old = self._given[name]
            if can_become(old, new):
                replace(old, new)
                standing[id(new)] = old
                continue
            put_in_place_of(old, new, self._namespace)
        for own_part, later in self._becoming:
            replace(own_part, later)
        return standing

    @property
    def live(self) -> list[ast.stmt]:
        """The last expression, where a hit looks its value up and shows it anew."""
        is_looked_up = self._cell.shows_last and self._manifest.get("looked up", False)
        return self._cell.tree.body[-1:] if is_looked_up else []

    def show(self, replay: Replay, shell: Any, options: Options) -> None:
        """Replay the displays but for late ones, and give ``_`` and ``Out`` the values the cell
        showed."""
        self._replay(replay, options, late=False)
        self._show_values(shell)

    def show_late(self, replay: Replay, options: Options) -> None:
        """Replay the displays that come after the cell's value: the pictures that a kernel shows
        when a cell has ended."""
        self._replay(replay, options, late=True)

    def _replay(self, replay: Replay, options: Options, *, late: bool) -> None:
        events = to_replay(self._outcome, options)
        if part := [event for event in events if bool(event.get("late")) is late]:
            replay(part)

    def _show_values(self, shell: Any) -> None:
        """The values themselves; one that a script's function has dropped was never shown."""
        record = self._outcome.record
        was_shown = record is not None and manner_of(record) == "value"  # also by itself alone
        if self._shown and not (was_shown or _holds_result(self._outcome.displays)):
            sys.displayhook(self._shown[LAST[0]])
        else:
            show_again(shell, self._shown)


def _holds_result(events: Sequence[Event]) -> bool:
    return any(event["kind"] == "result" for event in events)


def _is_memory(value: Any) -> bool:
    return is_array(value) or is_row(value)
