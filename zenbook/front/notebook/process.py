"""What a cell changes of the process itself, read from its text.

The process's state is also compared before and after a step. But a cell that is run a second
time in one kernel sets what is set already: nothing changes, its result would be kept, and after
a restart a hit would leave the variable, option or folder unset.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

_MAPPINGS = {"environ": "os.environ", "rcParams": "rcParams"}
_LISTS = {"sys.path": "sys.path"}
_WRITING = frozenset(
    {"append", "extend", "insert", "pop", "remove", "setdefault", "update", "clear"}
)
_CALLS = {
    "chdir": "the working folder",
    "putenv": "os.environ",
    "unsetenv": "os.environ",
    "umask": "the umask",
    "set_option": "display options",
    "reset_option": "display options",
    "set_printoptions": "print options",
    "seterr": "numpy's error handling",
    "filterwarnings": "warning filters",
    "simplefilter": "warning filters",
    "setlocale": "the locale",
    "setrecursionlimit": "the recursion limit",
    "init_printing": "how IPython shows values",
    "set_matplotlib_formats": "how IPython shows values",
    "set_matplotlib_close": "how IPython shows values",
    "for_type_by_name": "how IPython shows values",
}
_RESTORING = ("catch_warnings", "errstate", "option_context", "rc_context", "printoptions", "chdir")


def process_changes(tree: ast.Module) -> Iterator[str]:
    """Reasons not to keep a cell's result: ``it changes os.environ``."""
    found = dict.fromkeys(_in_statements(tree.body))
    yield from (f"it changes {what}" for what in found)


def _in_statements(statements: list[ast.stmt]) -> Iterator[str]:
    for node in statements:
        if isinstance(node, ast.With | ast.AsyncWith):
            opened = " ".join(ast.unparse(item.context_expr) for item in node.items)
            if not any(word in opened for word in _RESTORING):
                yield from _in_statements(node.body)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue  # a definition changes nothing; what calls it is compared
        else:
            inner = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.stmt)]
            yield from _in_statements(inner)
            yield from _in_expressions(node)


def _in_expressions(statement: ast.stmt) -> Iterator[str]:
    for node in _own(statement):
        if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield from _named(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _WRITING:
                yield from _named(node.func.value)
            elif node.func.attr in _CALLS:
                yield _CALLS[node.func.attr]


def _named(owner: ast.expr) -> Iterator[str]:
    text = ast.unparse(owner)
    last = text.rpartition(".")[2]
    if last in _MAPPINGS:
        yield _MAPPINGS[last]
    elif text in _LISTS:
        yield _LISTS[text]


def _own(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement without those of statements inside it."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [one for one in ast.iter_child_nodes(node) if not isinstance(one, ast.stmt)]
