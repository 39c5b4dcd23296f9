"""The statements of a cell, each with its own text, comments and all.

A piece is what may be moved as a whole: one statement (or several that share a line) with the
comments above it. The syntax tree decides where a piece begins and ends; what is written into
the script is the text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from zenbook.core.names import Names, analyse
from zenbook.front.export.reading import SourceCell
from zenbook.front.export.remembered import global_writes

Kind = Literal["import", "definition", "constant", "setup", "body"]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One statement of a cell with its text. ``order`` counts over the whole notebook."""

    order: int
    cell: SourceCell
    nodes: tuple[ast.stmt, ...]
    text: str
    line: int
    names: Names
    is_last: bool = False
    """Whether it ends its cell, so that its value is what the notebook shows."""

    @property
    def node(self) -> ast.stmt:
        """Its first statement."""
        return self.nodes[0]


def pieces_of(cells: Sequence[SourceCell]) -> list[Piece]:
    """The pieces of all cells, in document order."""
    found: list[Piece] = []
    for cell in cells:
        for module in cell.imports:
            found.append(_extra_import(cell, module, len(found)))
        groups = list(_grouped(cell.tree.body))
        lines = cell.text.split("\n")  # other separators are no line ends to Python
        start = 1
        for place, nodes in enumerate(groups):
            end = nodes[-1].end_lineno or nodes[-1].lineno
            last = place + 1 == len(groups)
            text = "\n".join(lines[start - 1 : len(lines) if last else end])
            text = (
                _without_semicolon(text, nodes, start) if not last else _last(lines, nodes, start)
            )
            names = analyse(ast.Module(list(nodes), []))
            found.append(
                Piece(len(found), cell, nodes, _stripped(text), _first_line(nodes[0]), names, last)
            )
            start = end + 1
    return found


def _extra_import(cell: SourceCell, module: str, order: int) -> Piece:
    tree = ast.parse(f"import {module}")
    return Piece(order, cell, tuple(tree.body), f"import {module}", 1, analyse(tree))


def _grouped(statements: Sequence[ast.stmt]) -> Iterator[tuple[ast.stmt, ...]]:
    """Statements that share a line belong together."""
    group: list[ast.stmt] = []
    for node in statements:
        if group and _first_line(node) > (group[-1].end_lineno or 0):
            yield tuple(group)
            group = []
        group.append(node)
    if group:
        yield tuple(group)


def _first_line(node: ast.stmt) -> int:
    """The line a statement begins at, with its decorators."""
    decorators = getattr(node, "decorator_list", [])
    lines: list[int] = [node.lineno, *(one.lineno for one in decorators)]
    return min(lines)


def _without_semicolon(text: str, nodes: Sequence[ast.stmt], start: int) -> str:
    """The text without a ``;`` that ends it, which only silences a notebook."""
    lines = text.split("\n")
    place = (nodes[-1].end_lineno or 0) - start
    column = nodes[-1].end_col_offset or 0
    line = lines[place].encode()
    rest = line[column:].decode().lstrip()
    if rest.startswith(";"):
        after = rest[1:].strip()
        lines[place] = line[:column].decode() + (f"  {after}" if after else "")
    return "\n".join(lines)


def _last(lines: Sequence[str], nodes: Sequence[ast.stmt], start: int) -> str:
    return _without_semicolon("\n".join(lines[start - 1 :]), nodes, start)


def _stripped(text: str) -> str:
    """Without blank lines around it."""
    lines = text.split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    return "\n".join(lines)


# ------------------------------------------------------------------ what a piece is


_SETTERS = frozenset(
    [
        "filterwarnings",
        "simplefilter",
        "use",
        "style",
        "set_option",
        "set_printoptions",
        "set_theme",
        "set_style",
        "set_palette",
        "set_context",
        "set",
        "set_matplotlib_formats",
        "basicConfig",
        "setLevel",
        "set_color_codes",
        "register_matplotlib_converters",
        "reset_defaults",
        "rc",
        "set_config",
        "seterr",
        "set_loglevel",
        "set_verbosity",
        "disable_warnings",
    ]
)
_SETTING_ROOTS = frozenset(
    [
        "warnings",
        "plt",
        "matplotlib",
        "mpl",
        "pd",
        "pandas",
        "np",
        "numpy",
        "sns",
        "seaborn",
        "logging",
        "os",
        "sys",
        "sklearn",
        "pl",
        "polars",
        "tf",
        "torch",
    ]
)
_SAFE_DECORATORS = frozenset(
    [
        "functools",
        "dataclasses",
        "contextlib",
        "abc",
        "numba",
        "typing",
        "enum",
        "itertools",
        "attr",
        "attrs",
    ]
)


def is_import(piece: Piece) -> bool:
    """Whether it only imports; a ``try`` around imports is kept whole."""
    return all(_imports(node) for node in piece.nodes)


def _imports(node: ast.stmt) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return True
    if not isinstance(node, ast.Try) or not any(map(_imports, node.body)):
        return False
    parts = [*node.body, *node.orelse, *(s for h in node.handlers for s in h.body)]
    return not node.finalbody and all(_imports(part) or _is_plain(part) for part in parts)


def _is_plain(node: ast.stmt) -> bool:
    if isinstance(node, ast.Pass):
        return True
    return isinstance(node, ast.Assign) and isinstance(node.value, (ast.Constant, ast.Name))


def is_definition(piece: Piece) -> bool:
    """Whether it only defines one function or class, or names a lambda."""
    if len(piece.nodes) != 1:
        return False
    node = piece.node
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return True
    return lambda_name(node) != ""


def is_alone(piece: Piece) -> bool:
    """Whether copying a definition gives the same: nothing of it is worked out when it is made."""
    node = piece.node
    if getattr(node, "decorator_list", None) or isinstance(node, ast.ClassDef):
        return False
    arguments = getattr(node, "args", None) or getattr(getattr(node, "value", None), "args", None)
    if arguments is None or any(global_writes(one) for one in piece.nodes):
        return False
    defaults = [d for d in (*arguments.defaults, *arguments.kw_defaults) if d is not None]
    return all(isinstance(default, ast.Constant) for default in defaults)


def lambda_name(node: ast.stmt) -> str:
    """``f`` of ``f = lambda x: x``, "" for anything else."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return ""
    target = node.targets[0]
    plain = isinstance(target, ast.Name) and isinstance(node.value, ast.Lambda)
    return target.id if plain and isinstance(target, ast.Name) else ""


def decorators_are_safe(node: ast.stmt, imports: dict[str, str]) -> bool:
    """Whether decorating does nothing but wrap: what a module may do on import."""
    for one in getattr(node, "decorator_list", []):
        root = one.func if isinstance(one, ast.Call) else one
        while isinstance(root, ast.Attribute):
            root = root.value
        name = root.id if isinstance(root, ast.Name) else ""
        if name in ("property", "staticmethod", "classmethod"):
            continue
        if imports.get(name, "").partition(":")[0].partition(".")[0] not in _SAFE_DECORATORS:
            return False
    return True


def constant_name(piece: Piece) -> str:
    """The name of a literal that the piece binds, "" if it is anything else."""
    if len(piece.nodes) != 1:
        return ""
    node = piece.node
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target: ast.expr = node.targets[0]
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        target = node.target
    else:
        return ""
    if not isinstance(target, ast.Name) or node.value is None or not is_literal(node.value):
        return ""
    return target.id


def is_literal(node: ast.expr) -> bool:
    """Whether it is a constant, or a list, tuple, set or dict of such."""
    if isinstance(node, ast.Constant):
        return node.value is not Ellipsis
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return all(map(is_literal, node.elts))
    if isinstance(node, ast.Dict):
        keys = [key for key in node.keys if key is not None]
        return len(keys) == len(node.keys) and all(map(is_literal, [*keys, *node.values]))
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, (ast.USub, ast.UAdd)) and is_literal(node.operand)
    if isinstance(node, ast.BinOp):
        return is_number(node)
    return False


def is_number(node: ast.expr) -> bool:
    """Whether it is arithmetic of number literals: ``24 * 60``, ``2**10``, ``1 + 2j``."""
    if isinstance(node, ast.BinOp):
        exponent = node.right.value if isinstance(node.right, ast.Constant) else 0
        if isinstance(node.op, ast.Pow) and not (isinstance(exponent, int) and exponent < 100):
            return False
        return is_number(node.left) and is_number(node.right)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, (ast.USub, ast.UAdd)) and is_number(node.operand)
    return isinstance(node, ast.Constant) and type(node.value) in (int, float, complex)


def is_mutable_literal(piece: Piece) -> bool:
    """Whether the constant could be changed in place."""
    value = getattr(piece.node, "value", None)
    return any(isinstance(n, (ast.List, ast.Set, ast.Dict)) for n in ast.walk(value or ast.Pass()))


def is_setup(piece: Piece, imports: dict[str, str]) -> bool:
    """Whether it only sets how libraries behave in this process: options, styles, warnings."""
    return bool(piece.nodes) and all(_sets(node, imports) for node in piece.nodes)


def _sets(node: ast.stmt, imports: dict[str, str]) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        known = isinstance(function, ast.Attribute) and function.attr in _SETTERS
        if isinstance(function, ast.Name):
            known = function.id in _SETTERS and function.id in imports
        return (known or _updates(function)) and _root(function) in imports
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        text = ast.unparse(node.targets[0])
        return _root(node.targets[0]) in _SETTING_ROOTS & imports.keys() and any(
            word in text for word in ("rcParams", "environ", "options.")
        )
    return False


def _updates(function: ast.expr) -> bool:
    return ast.unparse(function).endswith(("rcParams.update", "style.use", "environ.setdefault"))


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_path_change(piece: Piece) -> bool:
    """``sys.path.append(...)``: must stand before the imports it serves."""
    text = ast.unparse(piece.node)
    return len(piece.nodes) == 1 and text.startswith(("sys.path.append(", "sys.path.insert("))
