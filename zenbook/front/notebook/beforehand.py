"""The imports of a cell that are made before the cell is looked at.

A function's imports stand above it in its module: when it is called they have been made, and its
key says what the imported things *are*. A cell's imports stand in the cell. For both to have one
key they are made first, in the notebook's namespace, and taken back before the cell runs: it
makes them itself, at its own place. That costs nothing, for a hit has to make them, too.

It must not be seen either. So an import is made early only where nothing before it in the cell
can matter to it: it stands above everything that computes; or it is the standard library's; or
it is an installed package's, and nothing above it changes the process, calls a magic or uses that
package (``matplotlib.use`` before ``pyplot``). All others count by what they would import, as
imports inside a function do: whole, by text or by version.

Rejected: making a static account of an import equal to a live one (``from sklearn.svm import
SVC`` would have to say ``sklearn.svm._classes.SVC``, and a constant its value, unloaded).
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from zenbook.core.closure_static import StaticModules, read_text
from zenbook.core.source_normal import is_shown_only
from zenbook.core.trees import nodes_of
from zenbook.front.notebook.anew import execute
from zenbook.front.notebook.definitions import bound_names, is_literal
from zenbook.front.notebook.namespace import MISSING
from zenbook.front.notebook.process import process_changes

ImportNode = ast.Import | ast.ImportFrom
_QUIET = frozenset(sys.stdlib_module_names) - {"antigravity", "this"}


class Beforehand:
    """Imports made for as long as a cell is looked at."""

    def __init__(
        self,
        tree: ast.Module,
        namespace: dict[str, Any],
        compile_one: Callable[[ast.stmt], Any],
    ) -> None:
        self._namespace = namespace
        self._compile = compile_one
        self._before: dict[str, Any] = {}
        self.starred: set[str] = set()
        """Names that ``from module import *`` binds: they are no inputs."""
        self._waiting = tuple(_candidates(tree))

    def make(self) -> tuple[ast.stmt, ...]:
        """Make the imports; those that could be made. One that fails fails in the cell again."""
        made = [node for node, is_first in self._waiting if self._made(node, is_first)]
        self._waiting = ()
        return tuple(made)

    def _made(self, node: ImportNode, is_first: bool) -> bool:
        before = dict(self._namespace)
        try:
            execute(self._compile(node), self._namespace)
        except Exception:
            return False  # the cell shows the error, at the right line
        names = [n for n, v in self._namespace.items() if before.get(n, MISSING) is not v]
        moved = {name: before.get(name, MISSING) for name in names}
        if not is_first and any(old is not MISSING for old in moved.values()):
            self._put(moved)  # what stands above the import may read it
            return False
        self._before = {**moved, **self._before}
        self.starred |= _starred(node)
        return True

    def take_back(self) -> None:
        """Leave the names as they were before."""
        self._put(self._before)
        self._before = {}

    def _put(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            if value is MISSING:
                self._namespace.pop(name, None)
            else:
                self._namespace[name] = value

    def leave(self) -> None:
        """Let the imports stand: they are part of a hit."""
        self._before = {}


def without(tree: ast.Module, made: Sequence[ast.stmt]) -> ast.Module:
    """The cell without these statements: what they bind are names of the notebook then."""
    gone = set(map(id, made))
    return ast.Module([node for node in tree.body if id(node) not in gone], [])


def _candidates(tree: ast.Module) -> Iterator[tuple[ImportNode, bool]]:
    """Imports that may be made early, and whether nothing that computes stands above them."""
    if not any(isinstance(node, ImportNode) for node in tree.body):
        return
    loaded = _mentioned(tree.body, ast.Load)
    is_safe = next(iter(process_changes(tree)), None) is None
    for place, node in enumerate(tree.body):
        if not isinstance(node, ImportNode) or _is_special(node):
            continue
        above = tree.body[:place]
        is_first = all(map(_is_still, above))
        names = _bound_by(node)
        if is_first and (not any(map(_is_local, _modules(node))) or names <= loaded):
            yield node, True
        elif not names & _mentioned(above) and _is_indifferent(node, above, is_safe):
            yield node, False


def _is_indifferent(node: ImportNode, above: Sequence[ast.stmt], is_safe: bool) -> bool:
    """Whether an import gives the same whether these statements have been executed or not."""
    tops = _tops(node)
    if any(map(_is_local, _modules(node))):
        return False
    if tops <= _QUIET:
        return True
    mentioned = _mentioned(above)
    related = [one for one in above if isinstance(one, ImportNode) and _tops(one) & tops]
    used = {name for one in related for name in _bound_by(one)} & mentioned
    return is_safe and not used and "get_ipython" not in mentioned


def _is_special(node: ImportNode) -> bool:
    """Relative ones cannot be made in a notebook; those of the future speak to the compiler."""
    return isinstance(node, ast.ImportFrom) and (node.level > 0 or node.module == "__future__")


def _is_still(node: ast.stmt) -> bool:
    """Whether a statement computes nothing that an import could notice."""
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass)) or is_shown_only(node):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Assign) and is_literal(node.value)


def _starred(node: ImportNode) -> set[str]:
    if not isinstance(node, ast.ImportFrom) or node.names[0].name != "*":
        return set()
    module = sys.modules[node.module or ""]
    public = (name for name in vars(module) if not name.startswith("_"))
    return set(getattr(module, "__all__", public))


def _bound_by(node: ImportNode) -> set[str]:
    return set(bound_names([node]))


def _tops(node: ImportNode) -> set[str]:
    return {name.partition(".")[0] for name in _modules(node)}


def _modules(node: ImportNode) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names]


def _is_local(name: str) -> bool:
    """Whether a module is the user's own, loaded or not."""
    return StaticModules(read_text).find(name.partition(".")[0]) is not None


def _mentioned(nodes: Iterable[ast.AST], how: type[ast.expr_context] | None = None) -> set[str]:
    return {
        inner.id
        for inner in nodes_of(nodes)
        if isinstance(inner, ast.Name) and (how is None or isinstance(inner.ctx, how))
    }
