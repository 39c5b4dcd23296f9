"""The pipeline's parameters: literals of the cells that hold them, as each step finds them.

A notebook may bind a parameter anew further down. A step then takes the binding above it. Where
all steps that are kept take the same one, that is the parameter's default; where they take
different ones, each is a parameter of its own, numbered.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from zenbook.front.export.groups import Group
from zenbook.front.export.pieces import Piece, constant_name


@dataclass(frozen=True, slots=True)
class Parameter:
    """A literal of a cell that holds parameters. ``text`` is its default as written.

    ``name`` is the pipeline's argument, ``said`` what the notebook's cells call it.
    """

    name: str
    text: str
    kind: str
    help: str = ""
    said: str = ""


def is_parameter(piece: Piece) -> bool:
    """Whether a piece binds a parameter; what a cell works out beside them stays code."""
    return piece.cell.is_parameters and constant_name(piece) != ""


def bindings(pieces: Sequence[Piece]) -> dict[str, list[Piece]]:
    """The pieces that bind each parameter, in order."""
    found: dict[str, list[Piece]] = {}
    for piece in pieces:
        if is_parameter(piece):
            found.setdefault(constant_name(piece), []).append(piece)
    return found


def binding_above(bound: Sequence[Piece], order: int) -> Piece:
    """The binding that code at this place finds; the first one where none stands above it."""
    above = [piece for piece in bound if piece.order < order]
    return above[-1] if above else bound[0]


def parameters_of(
    bound: Mapping[str, Sequence[Piece]], used: Mapping[str, Iterable[Piece]]
) -> dict[int, Parameter]:
    """The parameter that each binding is, by the piece's order, in the order of the notebook.

    ``used`` are the bindings that steps take. Bindings of one text are one parameter; of a name
    that no step takes, the last binding counts.
    """
    found: dict[int, Parameter] = {}
    for name, pieces in bound.items():
        taken = sorted(set(used.get(name, ())), key=lambda piece: piece.order) or [pieces[-1]]
        helps = [told for piece in (*taken, *pieces) if (told := _comment(piece))]
        numbered: dict[str, Parameter] = {}
        for piece in taken:
            made = _parameter(name, piece)
            if made.text not in numbered:
                number = len(numbered) + 1
                own = name if number == 1 else f"{name}_{number}"
                numbered[made.text] = replace(made, name=own, help=made.help or "".join(helps[:1]))
            found[piece.order] = numbered[made.text]
    return found


def take_in_rebindings(group: Group, bound: Mapping[str, Sequence[Piece]]) -> None:
    """Bind a parameter anew in the body of a step whose cells stand on both sides of that."""
    first, last = group.pieces[0].order, group.pieces[-1].order
    inside = {p for pieces in bound.values() for p in pieces if first < p.order < last}
    missing = [
        piece
        for piece in inside.difference(group.pieces)
        if any(piece.names.writes & p.names.reads for p in group.pieces if p.order > piece.order)
    ]
    group.pieces = sorted([*group.pieces, *missing], key=lambda piece: piece.order)


def _parameter(name: str, piece: Piece) -> Parameter:
    value = getattr(piece.node, "value")  # noqa: B009
    text = ast.get_source_segment(piece.cell.text, value) or ast.unparse(value)
    noted = getattr(piece.node, "annotation", None)
    kind = ast.unparse(noted) if noted is not None else _kind_of(value)
    return Parameter(name, text, kind, _comment(piece), name)


def _kind_of(value: ast.expr) -> str:
    try:
        made = ast.literal_eval(value)
    except ValueError:
        return "float" if "." in ast.unparse(value) or "e" in ast.unparse(value) else "int"
    return "" if made is None else type(made).__name__


def _comment(piece: Piece) -> str:
    """The comment beside a parameter, else the one above it."""
    lines = piece.text.split("\n")
    place = piece.node.end_lineno or 0
    whole = piece.cell.text.split("\n")[place - 1] if place else ""
    after = whole.encode()[piece.node.end_col_offset or 0 :].decode()
    if "#" in after:
        return after.partition("#")[2].strip()
    above = [line.strip().lstrip("#").strip() for line in lines if line.strip().startswith("#")]
    return " ".join(above)
