"""The import block: what the script uses, sorted as isort and ruff sort it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Sequence

from zenbook.core.trees import nodes_of
from zenbook.front.export.formulas import formula_names
from zenbook.front.export.layout import from_import, tidy
from zenbook.front.export.pieces import Piece

_COME_TRUE = frozenset(
    {
        "absolute_import",
        "division",
        "generator_stop",
        "generators",
        "nested_scopes",
        "print_function",
        "unicode_literals",
        "with_statement",
    }
)
"""What once was the future, and every Python that zenbook knows does anyway."""


class Imports:
    """Collects import statements, and writes those whose names are used."""

    def __init__(self, keeps_futures: bool = False) -> None:
        self.keeps_futures = keeps_futures
        self.plain: dict[tuple[str, str], None] = {}
        self.members: dict[str, dict[tuple[str, str], None]] = {}
        self.whole: list[str] = []
        self.futures: dict[str, None] = {"annotations": None}

    def take(self, piece: Piece, used: set[str]) -> None:
        """Add what a piece imports and the script uses; a ``try`` or a path change as it is."""
        if any(not isinstance(node, (ast.Import, ast.ImportFrom)) for node in piece.nodes):
            if piece.names.writes & used or not piece.names.writes:
                self.whole.append(tidy(piece.text))
            return
        for node in piece.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if (alias.asname or alias.name.partition(".")[0]) in used:
                        self.plain[alias.name, alias.asname or ""] = None
            elif isinstance(node, ast.ImportFrom):
                self._from(node, used)

    def _from(self, node: ast.ImportFrom, used: set[str]) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if module == "__future__":
                if self.keeps_futures or alias.name not in _COME_TRUE:
                    self.futures[alias.name] = None
            elif (alias.asname or alias.name) in used:
                self.add(module, alias.name, alias.asname or "")

    def add(self, module: str, name: str, asname: str = "") -> None:
        """``from module import name``."""
        self.members.setdefault(module, {})[name, asname if asname != name else ""] = None

    def add_module(self, name: str, asname: str = "") -> None:
        """``import name as asname``."""
        self.plain[name, asname] = None

    def text(self) -> str:
        """All of it: the future, the standard library, what is installed, local files."""
        future = sorted(self.futures)
        blocks = [from_import("__future__", future)] if future else []
        for section in range(3):
            lines = [*self._plain_lines(section), *self._from_lines(section)]
            if lines:
                blocks.append("\n".join(lines))
        return "\n\n".join([*blocks, *self.whole])

    def _plain_lines(self, section: int) -> list[str]:
        chosen = sorted(
            (name for name in self.plain if _section(name[0]) == section),
            key=lambda n: (n[0].lower(), n),
        )
        return [f"import {name} as {said}" if said else f"import {name}" for name, said in chosen]

    def _from_lines(self, section: int) -> list[str]:
        lines: list[str] = []
        modules = (module for module in self.members if _section(module) == section)
        for module in sorted(modules, key=lambda m: (m.lower(), m)):
            names = self.members[module]
            plain = sorted((name for name, said in names if not said), key=_by_kind)
            said = {(n, a): f"from {module} import {n} as {a}" for n, a in names if a}
            if plain:
                said[plain[0], ""] = from_import(module, plain)
            lines += [said[key] for key in sorted(said, key=lambda k: (_by_kind(k[0]), k[1]))]
        return lines


def _by_kind(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2, name)


def _section(module: str) -> int:
    top = module.partition(".")[0]
    if module.startswith("."):
        return 2
    if top in sys.stdlib_module_names:
        return 0
    return 1


def names_used(nodes: Iterable[ast.AST]) -> set[str]:
    """Every name these statements mention, in annotations too."""
    flat = nodes_of(nodes)
    found = formula_names(flat)
    for inner in flat:
        if isinstance(inner, ast.Name):
            found.add(inner.id)
            continue
        note = getattr(inner, "annotation", None) or getattr(inner, "returns", None)
        if isinstance(note, ast.Constant) and isinstance(note.value, str):  # it is kept as text
            found |= set(note.value.replace("[", " ").replace("]", " ").replace(".", " ").split())
    return found


def text_of(pieces: Sequence[Piece], used: set[str], keeps_futures: bool) -> Imports:
    """The imports of these pieces, pruned to the names used.

    ``keeps_futures`` is for ``%%step`` cells: what was in force is a part of their records.
    """
    imports = Imports(keeps_futures)
    for piece in pieces:
        imports.take(piece, used)
    return imports
