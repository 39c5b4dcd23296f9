"""Names given to types, functions and patterns: what a module may bind when it is imported.

``Board = list[str]``, ``cat = "".join``, ``norm = stats.norm``, ``word = re.compile("[a-z]+")``
and ``Point = namedtuple("Point", "x y")`` do nothing but name something, and an expert would not
hand them from step to step. What is named must itself be imported, built in or such a name.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping

from zenbook.front.export.pieces import Piece, is_literal
from zenbook.front.notebook.definitions import defines

_MAKERS = frozenset(
    [
        "collections:namedtuple",
        "collections.namedtuple",
        "typing:NewType",
        "typing.NewType",
        "typing:TypeVar",
        "typing.TypeVar",
        "enum:Enum",
        "enum.Enum",
        "operator:itemgetter",
        "operator.itemgetter",
        "operator:attrgetter",
        "operator.attrgetter",
        "re:compile",
        "re.compile",
    ]
)
_GENERIC_MODULES = frozenset({"typing", "collections", "collections.abc", "numpy.typing"})
_BUILT_IN = frozenset(name for name in dir(builtins) if not name.startswith("_"))
_GENERICS = frozenset({"list", "dict", "tuple", "set", "frozenset", "type"})


def alias_name(piece: Piece, imports: Mapping[str, str]) -> str:
    """The name that a piece only gives to a type, function or pattern, "" if it does else."""
    node = piece.node
    if len(piece.nodes) != 1 or not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return ""
    target = node.targets[0]
    return target.id if isinstance(target, ast.Name) and _names(node.value, imports) else ""


def names_of_classes(nodes: Iterable[ast.stmt]) -> set[str]:
    """Names that stand for a class which a call makes, as ``class`` would: no value to give."""
    made = (node for node in nodes if isinstance(node, ast.Assign) and defines(node))
    targets = (target for node in made for target in node.targets)
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _names(value: ast.expr, imports: Mapping[str, str]) -> bool:
    """Whether an expression only names something that is there on import."""
    if isinstance(value, ast.Attribute):
        text = isinstance(value.value, ast.Constant) and isinstance(value.value.value, (str, bytes))
        return text or _path(value, imports) != ""
    if isinstance(value, ast.Name):
        return value.id in imports or value.id in _BUILT_IN
    if isinstance(value, ast.Subscript):
        return _is_generic(value, imports)
    if isinstance(value, ast.Call):
        arguments = [*value.args, *(key.value for key in value.keywords)]
        return _path(value.func, imports) in _MAKERS and all(map(is_literal, arguments))
    return False


def _is_generic(value: ast.Subscript, imports: Mapping[str, str]) -> bool:
    """``list[int]`` and ``Callable[[int], str]``."""
    root = value.value
    if isinstance(root, ast.Name) and root.id not in imports:
        known = root.id in _GENERICS
    else:
        known = _path(root, imports).replace(":", ".").rpartition(".")[0] in _GENERIC_MODULES
    inner = value.slice.elts if isinstance(value.slice, ast.Tuple) else [value.slice]
    return known and all(_is_type(one, imports) for one in inner)


def _is_type(value: ast.expr, imports: Mapping[str, str]) -> bool:
    if isinstance(value, (ast.Name, ast.Constant)):
        return True
    if isinstance(value, ast.List):
        return all(_is_type(one, imports) for one in value.elts)
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr):
        return _is_type(value.left, imports) and _is_type(value.right, imports)
    return _names(value, imports)


def _path(value: ast.expr, imports: Mapping[str, str]) -> str:
    """``scipy.stats.norm`` of an imported name or an attribute of it, "" of anything else."""
    if isinstance(value, ast.Attribute):
        root = _path(value.value, imports)
        return f"{root}.{value.attr}" if root else ""
    return imports.get(value.id, "") if isinstance(value, ast.Name) else ""
