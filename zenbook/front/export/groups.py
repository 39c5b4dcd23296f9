"""Cells become groups, and a group becomes a step: what it reads, gives, and may not give.

A ``%%step`` cell is a group. Without any, cells are grouped by heading. Then groups that share
what cannot cross a border are merged, with everything between them, until none do: a larger
step is right where a finer one would be silently different.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from zenbook.core.names import Names, analyse
from zenbook.core.names_scope import free_names
from zenbook.core.trees import children_of, nodes_of
from zenbook.front.export.changes import Changes, may_change_through
from zenbook.front.export.facts import Facts, stuck_by_text
from zenbook.front.export.formulas import formula_names
from zenbook.front.export.module import BUILTINS
from zenbook.front.export.pieces import Piece, is_alone, is_definition
from zenbook.front.export.reading import SourceCell
from zenbook.front.export.remembered import flow_of

_OWN_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_STATEMENTS = (ast.stmt, ast.ExceptHandler, ast.match_case)


@dataclass(slots=True, eq=False)
class Group:
    """Pieces that will be one step, in order; ``copied`` are definitions it brings along."""

    pieces: list[Piece]
    heading: str = ""
    copied: list[Piece] = field(default_factory=list)
    inputs: dict[str, Piece | None] = field(default_factory=dict)
    """Data it reads, with the piece that binds it last before; None for a parameter."""
    parameters: dict[str, Piece] = field(default_factory=dict)
    """Parameters it reads, with the piece that binds each."""
    outputs: list[str] = field(default_factory=list)
    told_before: list[SourceCell] = field(default_factory=list)
    """Earlier cells of the same step with the same code, which this one repeats."""
    is_plain: bool = False
    """Whether it is no step: beside ``%%step`` cells, an ordinary cell runs each time."""
    merged: list[str] = field(default_factory=list)
    """Why groups were merged into this one."""
    known: dict[tuple[ast.stmt, ...], Names] = field(default_factory=dict)
    known_sure: dict[tuple[ast.stmt, ...], frozenset[str]] = field(default_factory=dict)
    """Answers that were worked out, by the statements that it then had."""

    @property
    def cells(self) -> list[SourceCell]:
        """Its cells in order."""
        return list(dict.fromkeys(piece.cell for piece in self.pieces))

    @property
    def written(self) -> set[str]:
        """Names that any of its pieces may bind."""
        return {name for piece in self.pieces for name in piece.names.writes}

    @property
    def marked(self) -> SourceCell | None:
        """The ``%%step`` cell it is made of; the last one if several were merged."""
        return next((cell for cell in reversed(self.cells) if cell.step is not None), None)

    @property
    def seed(self) -> int | None:
        """What its random states are seeded with; None if it draws from those that it finds."""
        marked = self.marked
        return marked.step.options.seed if marked is not None and marked.step else None

    @property
    def nodes(self) -> list[ast.stmt]:
        """All its statements, with what was copied in first."""
        return [node for piece in (*self.copied, *self.pieces) for node in piece.nodes]

    @property
    def awaits(self) -> bool:
        """Whether its own statements await, so that its function is a coroutine."""
        kinds = (ast.Await, ast.AsyncFor, ast.AsyncWith)
        return any(
            isinstance(inner, kinds) or bool(getattr(inner, "is_async", False))
            for node in self.nodes
            for inner in _own_nodes(node)
        )

    def names(self) -> Names:
        """What the body does with names, as one flow."""
        return flow_of(self.nodes, self.known)

    def sure(self) -> frozenset[str]:
        """Names bound at its end if every loop runs and nothing raises."""
        whole = tuple(self.nodes)
        if whole not in self.known_sure:
            flat = [flat for node in whole for flat in _straight(node)]
            self.known_sure[whole] = analyse(ast.Module(flat, [])).always
        return self.known_sure[whole]


def _straight(node: ast.stmt) -> list[ast.stmt]:
    """Loops, with and try blocks as if they ran through once."""
    if isinstance(node, (ast.For, ast.AsyncFor)):
        bind = ast.copy_location(ast.Assign([node.target], node.iter, None), node)
        return [bind, *(flat for inner in node.body for flat in _straight_in_loop(inner))]
    if isinstance(node, ast.While):
        return [flat for inner in node.body for flat in _straight_in_loop(inner)]
    if isinstance(node, (ast.Try, ast.TryStar)):
        return [flat for inner in (*node.body, *node.finalbody) for flat in _straight(inner)]
    if isinstance(node, (ast.With, ast.AsyncWith)):
        binds = [
            ast.copy_location(ast.Assign([item.optional_vars], item.context_expr, None), node)
            for item in node.items
            if item.optional_vars is not None
        ]
        return [*binds, *(flat for inner in node.body for flat in _straight(inner))]
    return [node]


def _straight_in_loop(node: ast.stmt) -> list[ast.stmt]:
    """A branch that leaves the loop leads on all the same."""
    if isinstance(node, (ast.Break, ast.Continue)):
        return []
    if isinstance(node, ast.If):
        leaves = (ast.Break, ast.Continue)
        if not any(isinstance(inner, leaves) for inner in ast.walk(node)):
            return [node]
        return []
    return _straight(node)


def grouped(pieces: Sequence[Piece]) -> list[Group]:
    """The pieces that stay in steps, in groups by ``%%step`` or by heading."""
    groups: list[Group] = []
    first = pieces[0].cell if pieces else None
    has_headings = any(heading_above(p.cell) for p in pieces if p.cell is not first)
    for piece in pieces:
        if groups and not _begins(piece, groups[-1], has_headings):
            groups[-1].pieces.append(piece)
        else:
            groups.append(Group([piece], heading=heading_above(piece.cell)))
    if len(groups) > 1 and groups[1].marked is None and all(map(_seeds, groups[0].pieces)):
        seeding = groups.pop(0)  # no step of its own: it begins the first that computes
        groups[0].pieces[:0] = seeding.pieces
    return groups


def _seeds(piece: Piece) -> bool:
    """Whether a statement of an unmarked cell only seeds a random state."""
    value = piece.node.value if isinstance(piece.node, ast.Expr) else None
    function = value.func if isinstance(value, ast.Call) else None
    seeds = isinstance(function, ast.Attribute) and function.attr in ("seed", "manual_seed")
    return seeds and len(piece.nodes) == 1 and piece.cell.step is None


def _begins(piece: Piece, last: Group, has_headings: bool) -> bool:
    before = last.pieces[-1].cell
    if piece.cell is before:
        return False
    if piece.cell.step is not None or before.step is not None:
        return True
    if piece.cell.is_parameters or before.is_parameters:
        return True
    return heading_above(piece.cell) != "" if has_headings else not _only_looks(piece.cell)


_LOOKING = frozenset({"display", "len", "list", "max", "min", "print", "sorted", "sum", "type"})


def _only_looks(cell: SourceCell) -> bool:
    """Whether a cell, with nothing said above it, only prints what the one before it made."""
    return not cell.markdown and all(_looks(node) for node in cell.tree.body)


def _looks(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Expr):
        return False
    called = node.value.func if isinstance(node.value, ast.Call) else None
    return called is None or (isinstance(called, ast.Name) and called.id in _LOOKING)


def heading_above(cell: SourceCell) -> str:
    """The last heading in the Markdown right above a cell, "" if there is none."""
    found = ""
    for text in cell.markdown:
        fenced = False
        for line in text.splitlines():
            if line.lstrip().startswith("```"):
                fenced = not fenced
            elif not fenced and re.match(r"\s{0,3}#{1,6}\s+\S", line):
                found = line.strip()
    return found


def merge(groups: list[Group], first: int, last: int, why: str) -> None:
    """Make one group of these and all between them."""
    taken = groups[first : last + 1]
    whole = taken[0]
    for other in taken[1:]:
        whole.pieces += other.pieces
        whole.merged += other.merged
    whole.merged.append(why)
    marked = [group.heading for group in taken if group.heading]
    whole.heading = whole.heading or (marked[0] if marked else "")
    groups[first : last + 1] = [whole]


def changed_in(group: Group, facts: Facts, own: Mapping[str, Changes]) -> frozenset[str]:
    """Names whose values the group changes in place."""
    known = facts.changed(cell.number for cell in group.cells)
    if known is not None:
        return known
    return frozenset(may_change_through(group.nodes, own))


def stuck_in(group: Group, facts: Facts) -> dict[str, str]:
    """Names the group binds to what cannot cross a border, with the reason."""
    found: dict[str, str] = {}
    by_text = stuck_by_text(group.nodes)
    for piece in group.pieces:
        number = piece.cell.number
        for name in piece.names.writes:
            if why := facts.stuck(number, name):
                found[name] = why
            elif not facts.type_of(number, name) and name in by_text:
                found[name] = by_text[name]
            else:
                found.pop(name, None)
    return found


def reads_of(group: Group, groups: Iterable[Group], module: Iterable[str]) -> list[str]:
    """What a group reads before it binds it, without what stands at module level."""
    names = group.names()
    shadowed = {
        name
        for other in groups
        for piece in other.pieces
        for name in piece.names.writes
        if name in BUILTINS
    }
    wanted = set(names.reads) | (names.builtins_read & shadowed)
    if group.marked is not None and (said := group.marked.step) is not None:
        wanted |= set(said.inputs or ()) | set(said.added)
    wanted |= _deleted_first(group) | _in_texts(group, groups)
    wanted -= set(module)
    order = first_uses(group.nodes)
    return sorted(wanted, key=lambda n: (order.index(n) if n in order else len(order), n))


def _in_texts(group: Group, groups: Iterable[Group]) -> set[str]:
    """What its formulas read of what other groups make, or the run has shown that a text reads."""
    made = {name for other in groups if other is not group for name in other.written}
    wanted = formula_names(nodes_of(group.nodes)).union(*(cell.asked for cell in group.cells))
    return (wanted & made) - group.written


def _deleted_first(group: Group) -> set[str]:
    """Names that a branch or a loop of the group deletes before it binds them. A ``del`` of its own
    takes a name away that the step need not have."""
    bound: set[str] = set()
    found: set[str] = set()
    for piece in group.pieces:
        if not _only_deletes(piece):
            found |= piece.names.deletes - piece.names.writes - bound
        bound |= piece.names.writes
    return found


def _only_deletes(piece: Piece) -> bool:
    return all(isinstance(node, ast.Delete) for node in piece.nodes)


def without_farewells(group: Group) -> list[Piece]:
    """Its pieces without a ``del`` of what only earlier steps have: they end with their names."""
    bound: set[str] = set()
    kept: list[Piece] = []
    for piece in group.pieces:
        if not _only_deletes(piece) or piece.names.reads or piece.names.deletes & bound:
            kept.append(piece)
        bound |= piece.names.writes
    return kept


def defined_first(group: Group) -> dict[str, list[str]]:
    """What a group defines before it does anything, with what that reads when it is called.

    No earlier definition of it is ever called.
    """
    first = takewhile(lambda piece: is_definition(piece) and is_alone(piece), group.pieces)
    return {name: needs_of(piece) for piece in first for name in piece.names.defines}


def needs_of(piece: Piece) -> list[str]:
    """What a definition reads when it is called."""
    return sorted(set().union(*(free_names(node) for node in piece.nodes)))


def first_uses(nodes: Iterable[ast.stmt]) -> list[str]:
    """Every name in the order in which the text mentions it first."""
    found: dict[str, None] = {}
    for statement in nodes:
        names = [node for node in nodes_of([statement]) if isinstance(node, ast.Name)]
        for node in sorted(names, key=lambda n: (n.lineno, n.col_offset)):
            found.setdefault(node.id)
    return list(found)


def loaded(nodes: Iterable[ast.stmt]) -> set[str]:
    """Names that are read anywhere, whatever binds them."""
    flat = nodes_of(nodes)
    names = (node for node in flat if isinstance(node, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Load)} | formula_names(flat)


def assigned(nodes: Iterable[ast.stmt]) -> list[str]:
    """Names that assignments bind, in order; not those of loops, imports or definitions."""
    found: dict[str, None] = {}
    for node in statements_in(nodes):
        targets = list(node.targets) if isinstance(node, ast.Assign) else []
        if isinstance(node, (ast.AnnAssign, ast.AugAssign)):
            targets = [node.target]
        for inner in nodes_of(targets):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                found.setdefault(inner.id)
    return list(found)


def statements_in(nodes: Iterable[ast.AST]) -> Iterable[ast.AST]:
    """These statements and those within them, in order; without those of functions and classes."""
    waiting = list(nodes)[::-1]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _OWN_SCOPE):
            waiting += [one for one in children_of(node) if isinstance(one, _STATEMENTS)][::-1]


def _own_nodes(statement: ast.stmt) -> Iterable[ast.AST]:
    """Every node of a statement, but for those of functions and classes within it."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _OWN_SCOPE):
            waiting += children_of(node)
