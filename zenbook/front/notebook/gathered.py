"""What a cell that ran has left: its values, what is gone, and what forbids keeping it."""

from __future__ import annotations

import ast
import asyncio
import builtins
import getpass
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zenbook.core.closure_origin import library_of
from zenbook.core.kinds import is_a
from zenbook.core.made_digest import definition_digests, value_digest
from zenbook.core.names_shell import magic_of
from zenbook.core.source_shown import LAST, LEFT, MANIFEST, SEVERAL
from zenbook.core.trees import nodes_of
from zenbook.core.uncollected import uncollected
from zenbook.engine.parts import Looks
from zenbook.engine.passage import Ran
from zenbook.engine.reach import Reach
from zenbook.engine.sharing import Inseparable, Link, links
from zenbook.engine.windows import windows
from zenbook.front.notebook.cell import Cell
from zenbook.front.notebook.definitions import bound_names
from zenbook.front.notebook.hidden import Hidden
from zenbook.front.notebook.left_on import left_on, unlike
from zenbook.front.notebook.manner import other_runner
from zenbook.front.notebook.namespace import (
    MISSING,
    Difference,
    Glimpse,
    difference,
    glimpse,
    is_ordinary,
    is_spare,
)
from zenbook.front.notebook.showing import Shown, is_looked_up
from zenbook.front.notebook.submodules import imported_since
from zenbook.world.unheard import unheard
from zenbook.world.watch_looks import looking_like

_TOLD = ("links", "windows", "unseen", "modules", "figures", "looked up", "undone", "absent")
_LOOKED_UP: Mapping[str, Any] = {LAST[0]: None, SEVERAL: True}


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """``values`` is what is kept (with hidden ones), ``names`` the outputs people see. ``bare``
    gives the values without those that a record can do without, if there are any; ``looked_up``
    says that a hit looks the last value up, and shows it anew."""

    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)
    deleted: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    error: BaseException | None = None
    bare: Callable[[], Mapping[str, Any]] | None = None
    looked_up: bool = False

    def ran(self, seconds: float, **more: Any) -> Ran:
        """It as what the passage is sent."""
        return Ran(
            self.values,
            seconds,
            error=self.error,
            deleted=self.deleted,
            obstacles=self.obstacles,
            remarks=self.remarks,
            bare=self.bare,
            **more,
        )


@unheard
def gather(
    cell: Cell,
    result: Any,
    before: Glimpse,
    namespace: Mapping[str, Any],
    *,
    shown: Shown,
    live: Sequence[ast.stmt],
    inputs: Mapping[str, Any],
    only: tuple[str, ...],
    obstacles: tuple[str, ...],
    digest: Callable[[Any], str],
    stored_by_uses: tuple[str, ...],
    working: Sequence[str],
    hidden: Hidden | None,
    remade: Mapping[str, Any],
) -> Gathered:
    """Look at the namespace after the cell; ``only`` are the names ``-o`` asked for, ``live`` the
    statement that a hit executes to show its value; ``hidden`` saw code that the cell does not show
    and that is no obstacle; ``remade``: made for a hit that was none; ``working``: left at work."""
    if (error := error_of(result)) is not None:
        return Gathered(error=error, remarks=cell.remarks)
    written = cell.binds | set(stored_by_uses)
    after = glimpse(namespace, written | before.bound.keys())
    moved = difference(before, after, written)
    anew = {*cell.made, *_stayed(cell, before, after), *_from_star_imports(cell, after)}
    named = {name: after.bound[name] for name in moved.bound if name not in anew}
    names = {n: v for n, v in named.items() if (n in only if only else not _is_unread(n, v))}
    looked_up = len(shown.values) == 1 and is_looked_up(cell.tree.body[-1], namespace)
    shows = _LOOKED_UP if looked_up else {} if live else shown.kept(cell.shows_last)
    last = {**shows, **_left_by(cell, namespace)}
    if live and shown.count != (0 if cell.is_quiet else _shown_by(live[0], namespace)):
        obstacles += ("it calls the display hook itself",)
    obstacles += (*_figures_left(before, after), *_bound_by_others(cell, moved, written, working))
    undone = _undone(cell, after)
    manifest = {**_seen_of(cell, before, after), "looked up": looked_up, "undone": undone}
    manifest["definitions"] = definition_digests(cell.defined, namespace, digest)
    obstacles += (*unlike(remade, manifest["definitions"], last.get(LEFT, ()), digest),)
    if hidden is not None:
        known = {*inputs, *names, *last, *cell.made}
        manifest["standing"] = hidden.standing(before, after, known)
        obstacles += (*hidden.changed(after, known),)

    def kept(chosen: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
        unseen = _unseen(chosen, before, cell.always, digest)
        return _with_manifest({**chosen, **last}, {**manifest, "unseen": unseen}, cell, inputs)

    needed = {n: value for n, value in names.items() if n in only or not is_spare(n)}
    values, inseparable = kept(names)
    if inseparable and len(needed) < len(names):
        values, inseparable = kept(needed)
    return Gathered(
        values,
        needed,
        () if only else tuple(dict.fromkeys([*moved.deleted, *undone])),
        (*cell.obstacles, *obstacles, *_classes_made(named, cell, before), *inseparable),
        cell.remarks,
        bare=(lambda: kept(needed)[0]) if len(needed) < len(names) else None,
        looked_up=looked_up,
    )


def _stayed(cell: Cell, before: Glimpse, after: Glimpse) -> set[str]:
    """Numbers and the like that stand for what they did before: on a hit the branches that may bind
    them are taken anew."""
    doubtful = cell.made_data.difference(cell.always)
    return {name for name in doubtful if before.bound.get(name, before) is after.bound.get(name)}


def _figures_left(before: Glimpse, after: Glimpse) -> Iterator[str]:
    if before.figures != after.figures:
        yield "pyplot has other figures open than before (close them in it)"


def _bound_by_others(
    cell: Cell, moved: Difference, written: Collection[str], working: Sequence[str]
) -> list[str]:
    """Names that stand for something else by now, or are gone, though no code of the step's binds
    them, and others were at work."""
    if not working:
        return []
    others = {*moved.bound, *moved.deleted}.difference(
        written, cell.made, cell.deletes, cell.dropped
    )
    return [f"{n} may have been bound by {working[0]}" for n in sorted(filter(is_ordinary, others))]


def _undone(cell: Cell, after: Glimpse) -> list[str]:
    """Names that making the cell's definitions anew may bind, and that nothing stands for now: they
    were deleted, or an import failed."""
    return [name for name in bound_names(cell.definitions) if name not in after.bound]


def _classes_made(named: Mapping[str, Any], cell: Cell, before: Glimpse) -> list[str]:
    """Why classes that the cell binds are not kept: one that it makes of what it computes, with
    ``type()`` or because its body reads that, is not made anew with its definitions."""
    told = "is a class made of what the step computes (define it in a cell of its own)"
    found: list[str] = []
    for name, value in named.items():
        if not is_a(value, type) or value.__module__ != "__main__":
            continue
        home = value.__qualname__.partition(".")[0]
        if home not in cell.made and home not in before.bound:
            found.append(f"{name} {told}")
    return found


def _left_by(cell: Cell, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """What the cell has left on the classes and functions it defines, if anything."""
    left = left_on(cell.tree, cell.defined, namespace) if MANIFEST in cell.hidden else {}
    return {LEFT: left} if left else {}


def _is_unread(name: str, value: Any) -> bool:
    """Whether it is what ``_ = plt.hist(x)`` leaves: a part of a picture, given to a name so that
    it is not shown. To keep it costs more than to draw it."""
    parts = value if is_a(value, (tuple, list)) else (value,)
    return is_spare(name) and any(library_of(type(one)) == "matplotlib" for one in parts[-3:])


def _with_manifest(
    values: dict[str, Any], manifest: Mapping[str, Any], cell: Cell, inputs: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The values with what is to be noted of them, and why they cannot be given back."""
    shared, lent, inseparable = _sharing(values, inputs)
    links = [link for link in shared if link[1] or link[3] or link[4]]
    manifest = {**manifest, "links": links, "windows": lent}
    is_told = not {"standing", "ended"}.isdisjoint(manifest)
    if MANIFEST in cell.hidden or is_told or any(manifest[each] for each in _TOLD):
        values[MANIFEST] = manifest
    return values, inseparable


def _sharing(
    values: Mapping[str, Any], inputs: Mapping[str, Any]
) -> tuple[list[Link], list[Link], tuple[str, ...]]:
    """What the values share with inputs, and which of them look into each other's memory; and why
    that cannot be given back."""
    shared: list[Link] = []
    looks: Looks = {}
    try:
        with uncollected():
            made = Reach(values.values())
            shared = links(values, inputs, looks, made)
            return shared, windows(values, shared, looks, made), ()
    except Inseparable as error:
        return shared, [], (str(error),)


def _unseen(
    names: Mapping[str, Any], before: Glimpse, always: Collection[str], digest: Callable[[Any], str]
) -> dict[str, str]:
    """Names bound on some branches only that stand for what they stood for before.

    Whether that branch was taken cannot be seen: ``for i in range(3)`` leaves the very 2 that an
    earlier run had left.
    """
    return {
        name: value_digest(value, digest)
        for name, value in names.items()
        if name not in always and before.bound.get(name, before) is value
    }


def _seen_of(cell: Cell, before: Glimpse, after: Glimpse) -> dict[str, Any]:
    """What a glimpse saw beside the names: modules that are new, whether pyplot's figures are open,
    names that were not there to be deleted, and how the last program ended that ``!`` has started,
    if the cell or what it calls did."""
    seen = {"modules": imported_since(before.modules), "figures": bool(before.figures)}
    there = (before.bound, after.bound, cell.dropped, bound_names(cell.definitions))
    seen["absent"] = sorted(cell.deletes.difference(*there))
    magics = (magic_of(node) for node in nodes_of([cell.expanded]) if isinstance(node, ast.expr))
    own = any(magic is not None and magic.kind == "system" for magic in magics)
    is_new = after.ended is not MISSING and (own or after.ended is not before.ended)
    return {**seen, "ended": after.ended} if is_new else seen


def _shown_by(live: ast.stmt, namespace: Mapping[str, Any]) -> int:
    """How many values this statement shows: none, if its name stands for None."""
    value = getattr(live, "value", None)
    if not isinstance(value, ast.Name):
        return 1
    return int(namespace.get(value.id, vars(builtins).get(value.id)) is not None)


def error_of(result: Any) -> BaseException | None:
    """What ended the cell early; a cell stopped while it awaited has no result at all."""
    if result is None:
        return KeyboardInterrupt("stopped")
    error: BaseException | None = result.error_before_exec or result.error_in_exec
    return error


def _from_star_imports(cell: Cell, after: Glimpse) -> set[str]:
    """Names that a star import of the cell bound: the import itself brings them back."""
    found: set[str] = set()
    for node in cell.tree.body:
        if not isinstance(node, ast.ImportFrom) or node.names[0].name != "*":
            continue
        module = sys.modules.get(node.module or "")
        every = vars(module) if module is not None else {}
        found |= {name for name, value in after.bound.items() if every.get(name, after) is value}
    return found


class Asked:
    """Notices what no kept result can give back: a question for a password (one for other input is
    watched for), a task left running, and whatever a loop may have in hand that is not asyncio's,
    which nobody looks into."""

    def __init__(self, runner: str) -> None:
        self.count, self._runner = 0, runner
        self._real: Callable[..., Any] = getpass.getpass
        self._noticing: Callable[..., Any] = self._real
        self._tasks: set[Any] = set()

    @classmethod
    def begin(cls, shell: Any, *, awaits: bool) -> Asked:
        """Start noticing what a cell does that ``awaits`` or does not."""
        asked = cls(other_runner(shell) if awaits else "")
        asked._tasks = _tasks()
        asked._real = getpass.getpass
        asked._noticing = looking_like(asked._real, asked._note)
        getpass.getpass = asked._noticing
        return asked

    def _note(self) -> None:
        self.count += 1

    def end(self) -> tuple[str, ...]:
        """Stop noticing; the reasons not to keep the result."""
        if getpass.getpass is self._noticing:
            getpass.getpass = self._real
        found = ["it asked for input"] if self.count else []
        if left := [task for task in _tasks() - self._tasks if not task.done()]:
            found.append(f"a task is still running ({left[0].get_name()})")
        if self._runner:
            found.append(f"it awaits with {self._runner}, whose tasks nobody can see")
        return tuple(found)


def _tasks() -> set[Any]:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return set()
    return set(asyncio.all_tasks(loop))
