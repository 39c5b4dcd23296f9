"""Steps that run in processes of their own meet only in the values they hand on.

ZenML runs each step in a process, on a cluster in a container of its own. There a random state
that one step seeds and another draws from, or a file that one writes and another reads, would be
lost: silently for the random state. So for such a target these steps are one.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from zenbook.front.export.effects import Effects, effects_of, meet
from zenbook.front.export.groups import merge

if TYPE_CHECKING:
    from zenbook.front.export.plan import Plan

_SEEDING = frozenset(
    {"seed", "manual_seed", "set_seed", "set_state", "setstate", "seed_everything"}
)


def merge_what_meets(plan: Plan) -> None:
    """Make one step of those that share a seeded random state or hand over a file."""
    seeds = any(_seeds(node) for piece in plan.pieces for node in piece.nodes)
    while _merged(plan, seeds):
        pass


def _merged(plan: Plan, seeds: bool) -> bool:
    found = [effects_of(group, plan.facts, plan.pieces) for group in plan.groups]
    for first in range(len(found)):
        for last in range(len(found) - 1, first, -1):
            if why := _why(found[first], found[last], seeds):
                merge(plan.groups, first, last, why)
                return True
    return False


def _why(one: Effects, later: Effects, seeds: bool) -> str:
    """Why two groups cannot run in two processes, "" if they can."""
    if seeds and meet(one.random, later.random):
        return "they share a random state"
    if meet(one.wrote, later.read):
        return "one reads a file that another writes"
    return ""


def _seeds(node: ast.stmt) -> bool:
    for call in (inner for inner in ast.walk(node) if isinstance(inner, ast.Call)):
        called = call.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name in _SEEDING:
            return True
    return False
