"""Which pieces become code of the module, at its top level, where nothing runs on import.

A name may stand at module level if every piece of the notebook that binds it says the same:
imports of one thing, one definition, one literal that nobody changes. A definition may if all
it reads may. What may not stays in the steps: there it is right, wherever it is.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from zenbook.core.names_scope import DYNAMIC_CALLS, free_names
from zenbook.front.export.aliases import alias_name
from zenbook.front.export.changes import may_change
from zenbook.front.export.pieces import (
    Kind,
    Piece,
    constant_name,
    decorators_are_safe,
    is_definition,
    is_import,
    is_mutable_literal,
    is_path_change,
    is_setup,
)
from zenbook.front.export.remembered import global_writes

BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "__builtins__"}


@dataclass(slots=True)
class ModuleCode:
    """What each piece is, and the names that stand at module level with the pieces they need."""

    kinds: dict[int, Kind] = field(default_factory=dict)
    names: dict[str, Piece] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    """Everything imported at module level: name → ``"numpy"`` or ``"sklearn.svm:SVC"``."""

    def kind(self, piece: Piece) -> Kind:
        """What a piece is; "body" if it stays in a step."""
        return self.kinds.get(piece.order, "body")


def module_code(pieces: Sequence[Piece], is_fixed: Iterable[str]) -> ModuleCode:
    """Sort the pieces. ``is_fixed`` are names that are parameters and never constants."""
    code = ModuleCode()
    binders = _binders(pieces)
    imports = {n: what for piece in pieces for n, what in piece.names.imports.items()}
    unstable = _unstable(pieces) | set(is_fixed) | _made_here(imports, pieces)
    chosen = {
        name: found
        for name, found in binders.items()
        if name not in unstable and _agree(name, found, imports, pieces)
    }
    _drop_unready(chosen, binders)
    _assign(code, pieces, chosen, binders)
    for piece in pieces:
        ready = piece.names.reads <= code.names.keys() | BUILTINS
        if code.kind(piece) == "body" and ready and piece.cell.step is None:
            if is_path_change(piece):
                code.kinds[piece.order] = "import"
            elif is_setup(piece, code.imports):
                code.kinds[piece.order] = "setup"
    return code


def _binders(pieces: Sequence[Piece]) -> dict[str, list[Piece]]:
    found: dict[str, list[Piece]] = {}
    for piece in pieces:
        for name in piece.names.writes:
            found.setdefault(name, []).append(piece)
    return found


def _unstable(pieces: Sequence[Piece]) -> set[str]:
    """Names that are deleted, or assigned by a function, or by text that nobody sees."""
    found: set[str] = set()
    for piece in pieces:
        found |= piece.names.deletes
        for node in piece.nodes:
            found |= global_writes(node)
    return found


def _made_here(imports: Mapping[str, str], pieces: Sequence[Piece]) -> set[str]:
    """Names imported from files that the notebook itself writes: they are not there on import."""
    heads = (piece.cell.raw.lstrip().partition("\n")[0] for piece in pieces)
    found = (re.match(r"%%(?:write)?file\s+(?:-a\s+)?(?:\./)?(\w+)(?:/|\.py\b)", h) for h in heads)
    made = {match[1] for match in found if match is not None}
    return {n for n, what in imports.items() if re.split(r"[.:]", what)[0] in made}


def _agree(
    name: str, found: Sequence[Piece], imports: Mapping[str, str], pieces: Sequence[Piece]
) -> bool:
    """Whether all pieces that bind a name are module code and say the same of it."""
    if all(is_import(piece) for piece in found):
        said = {piece.names.imports.get(name, f"?{piece.order}") for piece in found}
        return len(said) == 1 or len(found) == 1
    if len(found) != 1:
        return False
    piece = found[0]
    if is_definition(piece):
        return decorators_are_safe(piece.node, dict(imports)) and not _is_private(
            name, piece, pieces
        )
    if piece.cell.step is not None or piece.cell.is_parameters:
        return False
    if alias_name(piece, imports) == name:
        return not _is_changed(name, pieces)
    if constant_name(piece) != name:
        return False
    return not (is_mutable_literal(piece) and _is_changed(name, pieces))


def _is_private(name: str, piece: Piece, pieces: Sequence[Piece]) -> bool:
    """Whether only the step that defines it uses it: it then stays in the step's body."""
    if piece.cell.step is None:
        return False
    others = [p for p in pieces if p.cell is piece.cell and p is not piece and not is_import(p)]
    used = any(name in p.names.reads for p in pieces if p.cell is not piece.cell)
    return bool(others) and not used


def _is_changed(name: str, pieces: Sequence[Piece]) -> bool:
    """Whether any piece may change the value in place, or give it a second name."""
    for piece in pieces:
        if name in may_change(piece.nodes):
            return True
        for node in piece.nodes:
            value = node.value if isinstance(node, ast.Assign) else None
            if isinstance(value, ast.Name) and value.id == name:
                return True
    return False


def _drop_unready(chosen: dict[str, list[Piece]], binders: Mapping[str, list[Piece]]) -> None:
    """Take out definitions that read what is not at module level, until none does."""
    while True:
        unready = [name for name, found in chosen.items() if not _ready(found, chosen, binders)]
        if not unready:
            return
        for name in unready:
            del chosen[name]


def _ready(
    found: Sequence[Piece], chosen: Mapping[str, list[Piece]], binders: Mapping[str, list[Piece]]
) -> bool:
    piece = found[0]
    if not set(piece.names.writes) <= chosen.keys():
        return False
    if constant_name(piece) or is_import(piece):
        return True
    if not is_definition(piece):
        return all(_is_there(name, chosen, binders) for name in _read(piece))
    if piece.names.calls & DYNAMIC_CALLS:
        return False
    needs = set().union(*(free_names(node) for node in piece.nodes)) | piece.names.annotations
    missing = {name for name in needs if name not in chosen and name not in piece.names.writes}
    return not any(name in binders or name not in BUILTINS for name in missing)


def _read(piece: Piece) -> frozenset[str]:
    return piece.names.reads | piece.names.builtins_read


def _is_there(
    name: str, chosen: Mapping[str, list[Piece]], binders: Mapping[str, list[Piece]]
) -> bool:
    """Whether a name has its value before the first definition: constants stand above them."""
    if name in chosen:
        return not is_definition(chosen[name][0])
    return name in BUILTINS and name not in binders


def _assign(
    code: ModuleCode,
    pieces: Sequence[Piece],
    chosen: Mapping[str, list[Piece]],
    binders: Mapping[str, list[Piece]],
) -> None:
    for piece in pieces:
        if not piece.names.writes or not set(piece.names.writes) <= chosen.keys():
            if _is_future(piece):
                code.kinds[piece.order] = "import"
            continue
        if is_import(piece):
            code.kinds[piece.order] = "import"
            code.imports.update(piece.names.imports)
        else:
            code.kinds[piece.order] = "definition" if is_definition(piece) else "constant"
        for name in piece.names.writes:
            code.names.setdefault(name, piece)


def _is_future(piece: Piece) -> bool:
    return all(isinstance(n, ast.ImportFrom) and n.module == "__future__" for n in piece.nodes)
