"""Beside ``%%step`` cells: what is needed, and what is no step.

Two cells with one name are one step, and the later replaces the earlier. So the pipeline is made
of the last cell of each name, and of all these need: an ordinary cell, or a replaced step, is
kept only if what it binds, changes, writes or draws reaches a step that is kept. An ordinary
cell that needs no step's output becomes a plain function: like its cell it runs each time, so
that a script computes nothing that the notebook has kept.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from zenbook.core.source import body_of_cell
from zenbook.front.export.effects import Effects, effects_of
from zenbook.front.export.groups import Group, changed_in, needs_of, reads_of
from zenbook.front.export.pieces import Piece, is_definition

if TYPE_CHECKING:
    from zenbook.front.export.plan import Plan


def drop_unneeded(plan: Plan) -> None:
    """Keep the last cell of each step and what it needs, looking from the end to the beginning."""
    replacing = _last_of_each_name(plan.groups)
    definitions = {n: p for p in plan.pieces if is_definition(p) for n in p.names.writes}
    wanted: set[str] = set()
    kept: list[Group] = []
    effects: list[Effects] = []
    for group in reversed(plan.groups):
        own = effects_of(group, plan.facts, plan.pieces)
        changed = changed_in(group, plan.facts, plan.own_functions)
        is_last = group.marked is not None and group not in replacing
        fed = any(own.feeds(later) for later in effects)
        if not (is_last or fed or (group.written | changed) & wanted):
            _leave_out(plan, group, replacing.get(group))
            continue
        if is_last:
            group.told_before = [
                cell
                for other, last in replacing.items()
                if last is group and _code(other) == _code(group)
                for cell in reversed(other.cells)
            ][::-1]
        kept.insert(0, group)
        effects.append(own)
        wanted -= group.sure()
        wanted |= _with_needs(set(reads_of(group, plan.groups, plan.module.names)), definitions)
    plan.groups[:] = kept


def _last_of_each_name(groups: list[Group]) -> dict[Group, Group]:
    """The group that replaces another, for every group that is replaced."""
    last: dict[str, Group] = {}
    found: dict[Group, Group] = {}
    for group in reversed(groups):
        if group.marked is None or group.marked.step is None:
            continue
        name = group.marked.step.name
        if name in last and name:
            found[group] = last[name]
        last.setdefault(name, group)
    return found


def _code(group: Group) -> str:
    return body_of_cell(ast.Module(list(group.nodes), [])).code


def _with_needs(names: set[str], definitions: dict[str, Piece]) -> set[str]:
    """The names, and what the functions among them read when they are called."""
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        if name in definitions:
            waiting |= set(needs_of(definitions[name])) - found
    return found


def _leave_out(plan: Plan, group: Group, replaced_by: Group | None) -> None:
    for cell in group.cells:
        plan.left_out[cell.number] = (
            f"cell {replaced_by.cells[0].number} replaces it"
            if replaced_by is not None
            else "no step needs what it makes"
        )


def mark_plain(plan: Plan) -> None:
    """Find the ordinary cells that run before and beside all steps."""
    makers = {piece.order: group for group in plan.groups for piece in group.pieces}
    steps: list[Effects] = []
    for group in plan.groups:
        own = effects_of(group, plan.facts, plan.pieces)
        sources = [makers[piece.order] for piece in group.inputs.values() if piece is not None]
        group.is_plain = (
            group.marked is None
            and all(source.is_plain for source in sources)
            and not any(step.hinders(own) for step in steps)
            and not group.awaits
        )
        if not group.is_plain:
            steps.append(own)
