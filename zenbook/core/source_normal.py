"""The rules of the normal form, one transformer and a few questions about statements."""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Collection, Iterable, Iterator, Sequence
from types import BuiltinFunctionType, CodeType, FunctionType

from zenbook.core.text_readers import Text, texts_read
from zenbook.core.trees import copied, nodes_of

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
CO_FUTURE_ANNOTATIONS = __import__("__future__").annotations.compiler_flag
_SHOWN_ONLY = frozenset({"matplotlib", "load_ext", "reload_ext", "autoreload", "config", "pylab"})
"""Magics that change how things look and not what a step gives; an export leaves them out."""
_LISTING = frozenset({"-l", "--list"})
_SHOWS_ITSELF = frozenset({"print", "display", "pprint"})


def normalised(statements: Sequence[ast.stmt], own_name: str = "") -> list[ast.stmt]:
    """Copies of the statements in normal form. ``own_name`` is read as "itself". Docstrings and
    annotations stay where the statements ask for such."""
    form = _Form(own_name, texts_asked_for(statements))
    kept = [form.visit(copied(node)) for node in statements]
    flat = [node for entry in kept for node in _listed(entry)]
    return _without_pass(flat)


def texts_asked_for(statements: Iterable[ast.stmt]) -> frozenset[Text]:
    """Which texts of functions and classes statements may read."""
    names: set[str] = set()
    for node in nodes_of(statements):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.alias):
            names.add(node.name)
    return texts_read(names)


def how_annotated(statements: Sequence[ast.stmt], code: CodeType) -> str:
    """That a function's annotations are texts, where its statements may ask for them."""
    as_texts = code.co_flags & CO_FUTURE_ANNOTATIONS
    asked = as_texts and "annotations" in texts_asked_for(statements)
    is_said = asked and has_annotations(ast.Module([*statements], []))
    return "annotations as texts" if is_said else ""


def has_annotations(tree: ast.AST) -> bool:
    """Whether anything is annotated, so that how annotations are kept could matter."""
    return any(
        isinstance(node, ast.AnnAssign)
        or getattr(node, "annotation", None) is not None
        or getattr(node, "returns", None) is not None
        for node in nodes_of([tree])
    )


def drop_imports(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The statements without the imports at their own level."""
    return [node for node in statements if not isinstance(node, (ast.Import, ast.ImportFrom))]


def imported_names(statements: Iterable[ast.stmt]) -> dict[str, str]:
    """What each name imported at this level is: ``"numpy"``, ``"sklearn.svm:SVC"``."""
    names: dict[str, str] = {}
    for node in statements:
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                names[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                names[alias.asname or alias.name] = f"{module}:{alias.name}"
    return names


def bare_last(statements: Sequence[ast.stmt]) -> str:
    """A cell's last statement if it only names a value (``model``), else "". An attribute may be
    computed, and is code like any other."""
    last = statements[-1].value if statements and isinstance(statements[-1], ast.Expr) else None
    return last.id if isinstance(last, ast.Name) else ""


def gives_value(last: ast.Expr) -> bool:
    """Whether a last expression may show a value: texts are comments, ``print`` shows by itself."""
    value = last.value
    if isinstance(value, ast.Constant):
        return not isinstance(value.value, str | type(None))
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id not in _SHOWS_ITSELF
    return True


def printed_value(last: ast.stmt) -> ast.expr | None:
    """What a final ``print(E)`` prints, if a notebook would as well show it by a final ``E``.

    A name alone only shows a value, and a text alone is a comment.
    """
    match last:
        case ast.Expr(ast.Call(ast.Name("print"), [value], [])):
            if isinstance(value, ast.Starred | ast.Constant):
                return None
            alone = ast.copy_location(ast.Expr(value), last)
            return value if gives_value(alone) and not bare_last([alone]) else None
    return None


def means_print(function: FunctionType) -> bool:
    """Whether ``print`` is the builtin in a function."""
    code = function.__code__
    own = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
    return "print" not in own and "print" not in function.__globals__ and is_pythons_print()


def binds_print(tree: ast.Module) -> bool:
    """Whether a cell gives ``print`` another meaning, or somebody has given it one."""
    if not is_pythons_print():
        return True
    for node in nodes_of([tree]):
        if isinstance(node, ast.alias) and (node.asname or node.name) in ("print", "*"):
            return True
        if isinstance(node, ast.Name) and node.id == "print" and not isinstance(node.ctx, ast.Load):
            return True
        if getattr(node, "name", "") == "print":
            return True
    return False


def is_pythons_print() -> bool:
    """Whether nobody has put another ``print`` into Python's builtins."""
    return isinstance(builtins.print, BuiltinFunctionType)


def with_value(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The statements with a final ``print(E)`` as ``E``."""
    value = printed_value(statements[-1]) if statements else None
    if value is None:
        return list(statements)
    return [*statements[:-1], ast.copy_location(ast.Expr(value), statements[-1])]


def closes_figures(node: ast.stmt, function: FunctionType) -> bool:
    """Whether a statement is ``plt.close("all")``, with ``plt`` meaning pyplot in this function."""
    match node:
        case ast.Expr(ast.Call(ast.Attribute(ast.Name(name), "close"), [ast.Constant("all")], [])):
            code = function.__code__
            if name in {*code.co_varnames, *code.co_cellvars, *code.co_freevars}:
                return False
            meant = function.__globals__.get(name)
            return getattr(meant, "__name__", "") == "matplotlib.pyplot"
    return False


def is_generator(code: CodeType) -> bool:
    """Whether a function's code yields."""
    return bool(code.co_flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR))


def is_async(statements: Iterable[ast.stmt]) -> bool:
    """Whether a cell awaits at its own level."""
    waiting: list[ast.AST] = list(statements)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith)):
            return True
        if isinstance(node, ast.comprehension) and node.is_async:
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
    return False


def own_returns(statements: Iterable[ast.stmt]) -> list[ast.Return]:
    """The return statements of this body, without those of functions inside it."""
    return [node for node in _own_nodes(statements) if isinstance(node, ast.Return)]


def plain_names(value: ast.expr | None) -> tuple[str, ...] | None:
    """The names of ``a`` or of ``a, b``; None if there is anything else."""
    if isinstance(value, ast.Name):
        return (value.id,)
    if not isinstance(value, ast.Tuple) or len(value.elts) < 2:
        return None
    names = tuple(item.id for item in value.elts if isinstance(item, ast.Name))
    return names if len(names) == len(value.elts) else None


def is_shown_only(node: ast.stmt) -> bool:
    """Whether a statement is a magic that only changes how things look, and shows nothing itself:
    what it has shown would be shown for a cell without it."""
    return changes_looks(node, tells=False)


def changes_looks(node: ast.stmt, *, tells: bool = True) -> bool:
    """Whether a statement is a magic that only changes how things look; with ``tells``, one that
    says besides what it has chosen (``%matplotlib`` alone), too."""
    match node:
        case ast.Expr(
            ast.Call(ast.Attribute(attr="run_line_magic"), [ast.Constant(name), *rest], _)
        ):
            texts = [one.value for one in rest if isinstance(one, ast.Constant)]
            words = str(texts[0]).split() if texts else []
            asks = _LISTING.intersection(words) or (name == "config" and "=" not in "".join(words))
            says = name == "matplotlib" and not words
            return name in _SHOWN_ONLY and not asks and (tells or not says)
    return False


def _own_nodes(statements: Iterable[ast.AST]) -> Iterator[ast.AST]:
    waiting = list(statements)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _SCOPES):
            waiting += ast.iter_child_nodes(node)


def _listed(entry: ast.stmt | list[ast.stmt] | None) -> list[ast.stmt]:
    if entry is None:
        return []
    return entry if isinstance(entry, list) else [entry]


def _without_pass(statements: list[ast.stmt]) -> list[ast.stmt]:
    return [node for node in statements if not isinstance(node, ast.Pass)]


class _Form(ast.NodeTransformer):
    """Takes out of a copied tree what does not count."""

    def __init__(self, own_name: str, asked: Collection[Text]) -> None:
        self.own_name = own_name
        self.asked = asked
        self.in_class = False

    def visit_Expr(self, node: ast.Expr) -> ast.stmt | None:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return node if "docstring" in self.asked else None  # or it is a comment in quotes
        if is_shown_only(node):
            return None
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt | None:
        if self.in_class:
            self.generic_visit(node)
            return node
        if node.value is None:
            return None
        return ast.Assign([self.visit(node.target)], self.visit(node.value), None)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.stmt:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt:
        outer, self.in_class = self.in_class, False
        self.generic_visit(node)
        self.in_class = outer
        node.body = _without_pass(node.body)
        if not (node.decorator_list or "annotations" in self.asked):
            node.returns = None
            for argument in nodes_of([node.args]):
                if isinstance(argument, ast.arg):
                    argument.annotation = None
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.stmt:
        outer, self.in_class = self.in_class, True
        self.generic_visit(node)
        self.in_class = outer
        node.body = _without_pass(node.body)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if self.own_name and node.id == self.own_name:
            return ast.Name("itself?", node.ctx)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        node.kind = None
        return node
