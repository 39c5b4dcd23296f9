"""The plan of a script: every cell's decision, the steps with their wiring, what is left out.

The plan decides; :mod:`writing` only spells it out. It is made of the text and of what a run
has shown (:mod:`facts`), never by executing anything.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from zenbook.errors import ExportError
from zenbook.front.export.apart import merge_what_meets
from zenbook.front.export.changes import Changes, function_changes
from zenbook.front.export.facts import Facts
from zenbook.front.export.giving import give
from zenbook.front.export.groups import (
    Group,
    changed_in,
    defined_first,
    first_uses,
    grouped,
    loaded,
    merge,
    needs_of,
    reads_of,
    stuck_in,
    without_farewells,
)
from zenbook.front.export.missing import missing
from zenbook.front.export.module import BUILTINS, ModuleCode, module_code
from zenbook.front.export.needed import drop_unneeded, mark_plain
from zenbook.front.export.parameters import (
    Parameter,
    binding_above,
    bindings,
    is_parameter,
    parameters_of,
    take_in_rebindings,
)
from zenbook.front.export.pieces import (
    Piece,
    is_alone,
    is_definition,
    is_import,
    is_literal,
    pieces_of,
)
from zenbook.front.export.reading import Notebook, SourceCell
from zenbook.front.export.remembered import global_writes

_PROVIDED = frozenset({"display", "get_ipython", "exit", "quit"})


@dataclass(slots=True, eq=False)
class Plan:
    """What the script will hold."""

    notebook: Notebook
    pieces: list[Piece]
    module: ModuleCode
    groups: list[Group]
    facts: Facts
    bound: Mapping[str, Sequence[Piece]] = field(default_factory=dict)
    """The pieces that bind each parameter."""
    own_functions: Mapping[str, Changes] = field(default_factory=dict)
    """What calling the notebook's own functions may change."""
    taken: dict[int, Parameter] = field(default_factory=dict)
    """The parameter that each of these bindings is, by its order."""
    results: list[str] = field(default_factory=list)
    """Names the pipeline returns: what steps give and no later step reads."""
    stars: Mapping[str, str] = field(default_factory=dict)
    left_out: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def parameters(self) -> list[Parameter]:
        """The pipeline's parameters, in the order of the notebook."""
        return list(dict.fromkeys(self.taken.values()))

    def parameter_of(self, group: Group, name: str) -> Parameter | None:
        """The parameter that a group reads under this name, None if it is none."""
        piece = group.parameters.get(name)
        return self.taken[piece.order] if piece is not None else None

    def of_kind(self, kind: str) -> list[Piece]:
        """The pieces of one kind, in document order."""
        return [piece for piece in self.pieces if self.module.kind(piece) == kind]


def make_plan(notebook: Notebook, facts: Facts, single: bool = False, apart: bool = False) -> Plan:
    """Plan the script. ``single`` puts everything into one step. Raises ExportError.

    ``apart`` is for steps that run in processes of their own.
    """
    cells = [cell for cell in notebook.cells if not cell.skipped]
    pieces = pieces_of(cells)
    bound = bindings(pieces)
    module = module_code(pieces, bound)
    kept = [
        piece
        for piece in pieces
        if module.kind(piece) == "body" and not (is_parameter(piece) or _only_shows(piece))
    ]
    own = function_changes(node for piece in pieces for node in piece.nodes)
    plan = Plan(notebook, pieces, module, _without_farewells(grouped(kept)), facts, bound, own)
    if single and plan.groups:
        merge(plan.groups, 0, len(plan.groups) - 1, "everything in one step")
    _note_left_out(plan)
    if notebook.has_steps:
        drop_unneeded(plan)
    if apart:
        merge_what_meets(plan)
    _refuse_early_reads(plan)
    _wire(plan)
    _drop_copied(plan)
    _name_parameters(plan)
    if notebook.has_steps:
        mark_plain(plan)
    give(plan)
    return plan


# ------------------------------------------------------------------ what is left out


def _only_shows(piece: Piece) -> bool:
    """Whether a statement of an unmarked cell only looks at a value: a name, ``df.shape``. Without
    it a step's cell would be another step."""
    if piece.cell.step is not None or len(piece.nodes) != 1 or not isinstance(piece.node, ast.Expr):
        return False
    value = piece.node.value
    silent = not piece.is_last or piece.cell.shown is None
    if isinstance(value, ast.Constant) or (silent and is_literal(value)):
        return True
    while isinstance(value, ast.Attribute):
        value = value.value
    return isinstance(value, ast.Name)


def _without_farewells(groups: list[Group]) -> list[Group]:
    """The groups of unmarked cells without a ``del`` that frees nothing in a step of its own."""
    for group in groups:
        if group.marked is None:
            group.pieces = without_farewells(group)
    return [group for group in groups if group.pieces]


def _note_left_out(plan: Plan) -> None:
    grouped_cells = {cell.number for group in plan.groups for cell in group.cells}
    module_cells = {p.cell.number for p in plan.pieces if plan.module.kind(p) != "body"}
    for cell in plan.notebook.cells:
        if cell.skipped:
            plan.left_out[cell.number] = cell.skipped
        elif cell.number not in grouped_cells | module_cells and not cell.is_parameters:
            plan.left_out[cell.number] = _why_left_out(cell)


def _why_left_out(cell: SourceCell) -> str:
    if not cell.tree.body:
        # that it is left out is said of the whole cell
        notes = (note.replace("; left out", "").replace(" left out", "") for note in cell.notes)
        return "; ".join(notes) or "it is empty"
    deletes = all(isinstance(node, ast.Delete) for node in cell.tree.body)
    return "it only deletes what other steps made" if deletes else "it only shows a value"


def _drop_copied(plan: Plan) -> None:
    """Take out definitions that every step using them brings along itself."""
    for group in plan.groups:
        if group.marked is not None:
            continue
        handed = {id(source) for g in plan.groups for source in g.inputs.values()}
        bare = [p for p in group.pieces if _can_be_copied(p) and id(p) not in handed]
        stays = [piece for piece in group.pieces if piece not in bare]
        while True:  # with what stays, all that its functions may call
            users = (*group.copied, *stays)
            called = [p for p in bare if p not in stays and any(_uses(u, p) for u in users)]
            if not called or not stays:
                break
            stays += called
        kept = [piece for piece in group.pieces if piece in stays]
        group.pieces = kept or group.pieces[:1]
        if not kept:
            group.heading = "\x00"
    plan.groups[:] = [group for group in plan.groups if group.heading != "\x00"]


def _uses(user: Piece, made: Piece) -> bool:
    """Whether a piece below reads what another makes, or a function that may be called below."""
    if user.order < made.order and not is_definition(user):
        return False
    return bool(made.names.writes & (user.names.reads | loaded(user.nodes)))


def _can_be_copied(piece: Piece) -> bool:
    if is_import(piece):
        return True
    return is_definition(piece) and is_alone(piece)


def _name_parameters(plan: Plan) -> None:
    used: dict[str, list[Piece]] = {}
    for group in plan.groups:
        for name, piece in group.parameters.items():
            used.setdefault(name, []).append(piece)
    plan.taken = parameters_of(plan.bound, used)


# ------------------------------------------------------------------ wiring


def _refuse_early_reads(plan: Plan) -> None:
    """At module level a name would be there too early: the notebook reads it before it is made."""
    for group in plan.groups:
        for piece in group.pieces:
            for name in sorted(piece.names.reads & plan.module.names.keys()):
                made = plan.module.names[name].cell
                cells = plan.notebook.cells
                if cells.index(made) > cells.index(piece.cell):
                    missing(name, group, plan)


def _wire(plan: Plan) -> None:
    """Find every group's inputs; merge what cannot be apart, and begin again."""
    while _wired(plan):
        pass


def _wired(plan: Plan) -> bool:
    """One pass; True if groups were merged, so that everything has to be looked at again."""
    current: dict[str, tuple[int, Piece]] = {}
    for place, group in enumerate(plan.groups):
        group.copied, group.inputs, group.parameters = [], {}, {}
        if _shares_globals(plan, place):
            return True
        take_in_rebindings(group, plan.bound)
        reads = reads_of(group, plan.groups, plan.module.names)
        own = defined_first(group)
        while reads:
            name = reads.pop(0)
            if name in own:  # what calls it is defined elsewhere, so its own needs were not seen
                reads += [n for n in own[name] if n not in plan.module.names]
                own[name] = []
                continue
            if name in group.inputs or _brings(group, name):
                continue
            found = current.get(name)
            if name in plan.bound:
                above = binding_above(plan.bound[name], group.pieces[0].order)
                if found is None or found[1].order < above.order:
                    group.inputs[name], group.parameters[name] = None, above
                    continue
            if found is None:
                if name not in BUILTINS | _PROVIDED:
                    missing(name, group, plan)
                continue
            maker, piece = found
            if _can_be_copied(piece):
                group.copied.append(piece)
                reads += [n for n in needs_of(piece) if n not in plan.module.names]
                continue
            if why := _cannot_cross(plan, maker, piece, name):
                merge(plan.groups, maker, place, f"`{name}` {why}")
                return True
            group.inputs[name] = piece
        group.copied.sort(key=lambda piece: piece.order)
        group.inputs = dict(sorted(group.inputs.items(), key=lambda item: item[1] is None))
        for piece in group.pieces:
            for name in piece.names.deletes:
                current.pop(name, None)
            for name in piece.names.writes:
                current[name] = (place, piece)
        for name in changed_in(group, plan.facts, plan.own_functions):
            if name in group.inputs and name in current and name not in group.written:
                current[name] = (place, group.pieces[-1])
    return _merged_aliases(plan)


def _brings(group: Group, name: str) -> bool:
    return any(name in piece.names.writes for piece in group.copied)


def _cannot_cross(plan: Plan, maker: int, piece: Piece, name: str) -> str:
    """Why a value cannot be handed from one step to another, "" if it can."""
    group = plan.groups[maker]
    if is_definition(piece):
        return "is defined with values of its step"
    if why := stuck_in(group, plan.facts).get(name, ""):
        return why
    known = plan.facts.is_bound(piece.cell.number, name) or name in group.inputs
    if known or name in group.sure() or name_is_bound_late(group, name):
        return ""
    return "may be unbound where its step ends"


def name_is_bound_late(group: Group, name: str) -> bool:
    """Whether only a function of the group binds the name (``global``)."""
    return any(name in global_writes(node) for node in group.nodes)


def _shares_globals(plan: Plan, place: int) -> bool:
    """Merge everybody who meets a name that a function assigns as ``global``."""
    for name in {n for node in plan.groups[place].nodes for n in global_writes(node)}:
        touching = [
            i
            for i, group in enumerate(plan.groups)
            if name in first_uses(group.nodes) or _calls_any(group, plan, name)
        ]
        if touching and (touching[0] != touching[-1]):
            merge(plan.groups, touching[0], touching[-1], f"`{name}` is assigned by a function")
            return True
    return False


def _calls_any(group: Group, plan: Plan, name: str) -> bool:
    functions = {
        defined
        for piece in plan.pieces
        for node in piece.nodes
        if name in global_writes(node)
        for defined in piece.names.defines
    }
    return bool(functions & loaded(group.nodes))


def _merged_aliases(plan: Plan) -> bool:
    """Merge groups in which one name's change must be seen under another name."""
    for place, group in enumerate(plan.groups):
        for cell in group.cells:
            known = plan.facts.cells.get(cell.number)
            for one, other in known.shares if known else ():
                if (last := _seen_through(plan, place, one, other)) > place:
                    _refuse_borders(plan.groups[place : last + 1], one, other)
                    merge(plan.groups, place, last, f"`{one}` and `{other}` share an object")
                    return True
    return False


def _refuse_borders(groups: Sequence[Group], one: str, other: str) -> None:
    """An object that steps share cannot be handed on twice. Raises ExportError."""
    marked = [cell.number for group in groups for cell in group.cells if cell.step is not None]
    if len(marked) > 1:
        raise ExportError(
            f"Cells {', '.join(map(str, marked))}: `{one}` and `{other}` share an object that one "
            "step changes and another reads under the other name. "
            "Put these cells into one step, or make one of the names a copy."
        )


def _seen_through(plan: Plan, place: int, one: str, other: str) -> int:
    """The last group that reads a shared object after another changed it; -1 if none does."""
    changed_at = -1
    last = -1
    for later in range(place + 1, len(plan.groups)):
        group = plan.groups[later]
        if changed_at >= 0 and {one, other} & group.inputs.keys():
            last = later
        if _changes_shared(group, plan, {one, other}):
            changed_at = later
            last = later
    crossing = [g for g in plan.groups[place + 1 :] if {one, other} & g.inputs.keys()]
    names = set().union(*({one, other} & g.inputs.keys() for g in crossing)) if crossing else set()
    return last if changed_at >= 0 and len(names) == 2 else -1


def _changes_shared(group: Group, plan: Plan, pair: set[str]) -> bool:
    """Whether a group changes what both names reach.

    Where a run has shown it, the change is seen under both: what changes under one only is its
    own, such as the results that a fitted model keeps as they are asked for.
    """
    changed = changed_in(group, plan.facts, plan.own_functions)
    known = plan.facts.changed(cell.number for cell in group.cells) is not None
    return pair <= changed if known else bool(pair & changed)


def refuse_empty(plan: Plan) -> None:
    """Raise ExportError for a notebook without anything to run or to import."""
    if not plan.groups and not (plan.of_kind("definition") or plan.of_kind("constant")):
        raise ExportError(
            f"{plan.notebook.file.name} has no cell that computes anything. "
            "A pipeline needs at least one."
        )
