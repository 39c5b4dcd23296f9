"""Free names of functions, lambdas and comprehensions, by Python's scoping rules.

A name is local to a function if it is bound anywhere in it, whatever the order; so no flow is
needed here. A class body is a scope of its own that its methods do not see.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from zenbook.core.trees import children_of, nodes_of

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.ClassDef,
)

_BINDING = (
    ast.Import, ast.ImportFrom, ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping,
)  # fmt: skip

DYNAMIC_CALLS = frozenset({"eval", "exec", "globals", "locals", "vars", "dir", "__import__", "run"})
"""Calls by which a cell may read or bind names that nobody sees."""
OF_A_VALUE = frozenset({"vars", "dir"})
"""Those of them that are about a value alone where they are given one."""
NAMESPACES = frozenset(
    {"f_globals", "f_locals", "__globals__", "user_global_ns", "user_module", "user_ns"}
)
"""Attributes (of a frame, a function, the shell) by which code reaches any name."""
SHELL_RUNS = frozenset(
    {"ev", "ex", "run_ast_nodes", "run_cell", "run_cell_async", "run_code", "safe_execfile"}
)
"""What the shell is asked for in order to run a text, which may name anything."""
_TEXT_RUNNERS = frozenset({"eval", "exec"})
_TABLE_QUERIES = frozenset({"query", "eval"})
_ANNOTATIONS = ("annotation", "returns")
_AT_NAME = re.compile(r"(?<![\w@])@([A-Za-z_]\w*)")
_SHELL_NAME = re.compile(r"(?<!\$)\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_BRACES = re.compile(r"(?<!\{)\{([^{}]+)\}(?!\})")


def free_names(node: ast.AST | None, bind: bool = True) -> set[str]:
    """Names an expression, function or statement reads and does not bind itself.

    With ``bind=False`` the names a statement binds count as free where it reads them too.
    """
    if node is None:
        return set()
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return _free_of_function(node)
    if isinstance(node, _Comprehension):
        return _free_of_comprehension(node)
    if isinstance(node, ast.ClassDef):
        return _free_of_class(node)
    loads, stores = _scan([node])
    return loads - stores if bind and isinstance(node, ast.stmt) else loads


def _free_of_function(node: FunctionNode | ast.Lambda) -> set[str]:
    body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
    loads, stores = _scan(body)
    arguments = {inner.arg for inner in nodes_of([node.args]) if isinstance(inner, ast.arg)}
    shared = {name for inner in _own(body) if isinstance(inner, ast.Global) for name in inner.names}
    return (loads - (stores | arguments)) | (loads & shared) | _outside(node)


def _outside(node: FunctionNode | ast.Lambda) -> set[str]:
    """What is read where the function is defined: its defaults and decorators."""
    outer: list[ast.expr] = [d for d in node.args.defaults + node.args.kw_defaults if d is not None]
    outer += getattr(node, "decorator_list", [])
    return set().union(*(free_names(part) for part in outer)) if outer else set()


def _free_of_comprehension(node: _Comprehension) -> set[str]:
    bound: set[str] = set()
    free: set[str] = set()
    for generator in node.generators:
        free |= free_names(generator.iter) - bound
        bound |= names_with(generator.target, ast.Store)
        free |= free_names(generator.target) - bound
        for condition in generator.ifs:
            free |= free_names(condition) - bound
    bound |= set(walrus_targets(node))
    parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    for part in parts:
        free |= free_names(part) - bound
    return free


def _free_of_class(node: ast.ClassDef) -> set[str]:
    loads, stores = _scan([s for s in node.body if not isinstance(s, FunctionNode)])
    methods = [free_names(s) for s in node.body if isinstance(s, FunctionNode)]
    around = [free_names(part) for part in (*node.bases, *node.keywords, *node.decorator_list)]
    return (loads - stores).union(*methods, *around)


def _scan(nodes: list[ast.AST]) -> tuple[set[str], set[str]]:
    """Names loaded, and names bound, in one scope (scopes inside bring their free names)."""
    loads: set[str] = set()
    stores: set[str] = set()
    own = list(_own(nodes))
    for node in own:
        if isinstance(node, ast.Name):
            (loads if isinstance(node.ctx, ast.Load) else stores).add(node.id)
        elif isinstance(node, _SCOPES):
            loads |= free_names(node)
            stores.update(walrus_targets(node))
            if not isinstance(node, (ast.Lambda, *_Comprehension.__args__)):
                stores.add(node.name)  # type: ignore[union-attr]
        elif isinstance(node, _BINDING):
            stores.update(_bound_by(node))
        if isinstance(node, ast.Call):
            loads |= names_in_texts(node)
    loads |= {n.target.id for n in own if _is_augmented(n)}  # type: ignore[attr-defined]
    return loads, stores


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest


def _own(nodes: list[ast.AST]) -> Iterator[ast.AST]:
    """Nodes of this scope; a scope inside is given, but not entered. Annotations are left out."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _SCOPES):
            waiting += children_of(node, _ANNOTATIONS)


def global_writes(node: ast.AST) -> set[str]:
    """Names that a function declares global and binds."""
    nodes = nodes_of([node])
    shared = {n for inner in nodes if isinstance(inner, ast.Global) for n in inner.names}
    return names_with(node, ast.Store) & shared if shared else shared


def walrus_targets(node: ast.AST) -> list[str]:
    """Names that ``:=`` inside a comprehension binds outside of it."""
    if not isinstance(node, _Comprehension):
        return []
    return [n.target.id for n in nodes_of([node]) if isinstance(n, ast.NamedExpr)]


def names_in_texts(node: ast.Call) -> set[str]:
    """Names inside constant texts that are run: ``eval("a + b")``, ``df.query("x > @limit")``."""
    text = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
    if not isinstance(text, str):
        return set()
    if isinstance(node.func, ast.Name) and node.func.id in _TEXT_RUNNERS:
        return _names_of_code(text)
    if isinstance(node.func, ast.Attribute) and node.func.attr in _TABLE_QUERIES:
        return set(_AT_NAME.findall(text))
    return set()


def names_in_formula(text: str, *, is_code: bool) -> set[str]:
    """Names that pandas looks up in the code around a formula: ``@limit``; all of them where the
    formula is code, as ``pd.eval`` takes it."""
    return set(_AT_NAME.findall(text)) | (_names_of_code(text) if is_code else set())


def text_names(text: str) -> set[str]:
    """Names that IPython fills into a command: ``{expression}`` and ``$name``."""
    names = {braced or plain for braced, plain in _SHELL_NAME.findall(text)}
    for expression in _BRACES.findall(text):
        names |= _names_of_code(expression)
    return names


def _names_of_code(text: str) -> set[str]:
    try:
        return _scan(list(ast.parse(text.strip()).body))[0]
    except (SyntaxError, ValueError):
        return set()  # a shell's own braces, or an error when it is run


def names_with(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    """Names in a tree that are loaded, stored or deleted."""
    inside = (inner for inner in nodes_of([node]) if isinstance(inner, ast.Name))
    return {inner.id for inner in inside if isinstance(inner.ctx, context)}


def _is_augmented(node: ast.AST) -> bool:
    return isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
