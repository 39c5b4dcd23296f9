"""What each step gives: what later steps read, what it changed in place, what is a result."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from zenbook.front.export.aliases import names_of_classes
from zenbook.front.export.facts import drawn_names
from zenbook.front.export.groups import (
    Group,
    assigned,
    changed_in,
    first_uses,
    loaded,
    stuck_in,
)
from zenbook.front.export.pieces import Piece

if TYPE_CHECKING:
    from zenbook.front.export.plan import Plan


def give(plan: Plan) -> None:
    """Find every group's outputs: what later groups read, what was changed, what is a result."""
    module = plan.module.names.keys()
    own = plan.own_functions
    for place, group in enumerate(plan.groups):
        later = read_later(plan, place)
        changed = changed_in(group, plan.facts, own) & group.inputs.keys()
        given = [n for n in _in_order(group) if n in later and n not in module]
        given += [n for n in group.inputs if n in changed and n in later and n not in given]
        able = _able(plan, group)
        results = [] if plan.notebook.has_steps and group.marked is None else _results(group, able)
        if group.marked is not None and not given:  # a result for the reader: all it binds
            results = able
        results = _asked_for(group) or results
        results = [n for n in results if n not in given and n not in module]
        again = {n for other in plan.groups[place + 1 :] for n in other.written}
        last = group.pieces[-1].order
        again |= {n for p in plan.pieces if p.order > last for n in p.names.deletes}
        if group.marked is None:  # a name that the pipeline uses again may well be given
            used = {n for other in plan.groups[place + 1 :] for n in other.inputs}
            results = [n for n in results if n not in again - used]
        if not given and not results:  # a step that gives nothing could not be found again
            results = ([n for n in able if n not in again] or able)[-1:]
        group.outputs = [*given, *_allowed(group, results)]
        plan.results += [n for n in group.outputs if n not in later | again]
    plan.results = list(dict.fromkeys(plan.results))


def taken(plan: Plan, group: Group) -> list[str]:
    """What the pipeline does with each output of a group: its name, or ``_`` for those it drops.

    Empty if it drops all: they are there to be kept and shown, and a name that means another
    value further down would stand for nothing.
    """
    place = plan.groups.index(group)
    later = {name for other in plan.groups[place + 1 :] for name in other.outputs}
    used = read_later(plan, place) | (set(plan.results) - later)
    names = [name if name in used else "_" for name in group.outputs]
    return names if set(names) != {"_"} else []


def read_later(plan: Plan, place: int) -> set[str]:
    """Names whose binding at the end of this group a later group reads."""
    found: set[str] = set()
    bound: set[str] = set()
    for group in plan.groups[place + 1 :]:
        found |= {name for name in group.inputs if name not in bound}
        bound |= group.written
    return found


def _in_order(group: Group) -> list[str]:
    written, used = group.written, first_uses(group.nodes)
    return [name for name in used if name in written] + sorted(written - set(used))


def _results(group: Group, able: list[str]) -> list[str]:
    """Names the group binds for nobody but the reader: bound and not read, or shown at its end."""
    used = loaded([node for piece in group.pieces for node in _without_last(piece)])
    shown = {name for piece in group.pieces if (name := _shown_name(piece))}
    return [name for name in able if name not in used or name in shown]


def _without_last(piece: Piece) -> list[ast.stmt]:
    return [] if _shown_name(piece) else list(piece.nodes)


def _shown_name(piece: Piece) -> str:
    """The name a cell ends with, to show it."""
    value = getattr(piece.nodes[-1], "value", None)
    bare = piece.is_last and isinstance(piece.nodes[-1], ast.Expr) and isinstance(value, ast.Name)
    return value.id if bare and isinstance(value, ast.Name) else ""


def _able(plan: Plan, group: Group) -> list[str]:
    """The names a group assigns whose values it could give, in order."""
    facts = plan.facts
    sure, stuck = group.sure(), stuck_in(group, facts)
    drawn, deleted = drawn_names(group.nodes), {n for p in group.pieces for n in p.names.deletes}
    numbers = [cell.number for cell in group.cells]
    classes = names_of_classes(group.nodes)
    return [
        name
        for name in assigned(group.nodes)
        if not name.startswith("_")
        and name not in classes
        and name not in deleted
        and name not in drawn
        and name not in stuck
        and (name in sure or any(facts.is_bound(number, name) for number in numbers))
        and not any(facts.type_of(number, name).startswith("matplotlib.") for number in numbers)
    ]


def _asked_for(group: Group) -> list[str]:
    """The names ``%%step -o`` keeps."""
    said = group.marked.step if group.marked is not None else None
    kept = said.options.keep_only if said is not None else ()
    return [name for name in kept if name in group.written]


def _allowed(group: Group, names: list[str]) -> list[str]:
    """Of what no later step needs, only what ``%%step -o`` keeps, where it says so."""
    said = group.marked.step if group.marked is not None else None
    if said is None or not said.options.keep_only:
        return names
    return [name for name in names if name in said.options.keep_only]
