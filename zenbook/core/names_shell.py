"""IPython's syntax, as IPython turns it into calls before anybody sees it.

``%time f(x)`` arrives as ``get_ipython().run_line_magic('time', 'f(x)')``, ``!ls {x}`` as
``get_ipython().system('ls {x}')``.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

_BINDING = frozenset({"time", "capture"})
_RUNNING = frozenset({"time", "timeit", "prun", "capture"})
_CALLS = {
    "run_line_magic": "line",
    "run_cell_magic": "cell",
    "system": "system",
    "getoutput": "getoutput",
}


@dataclass(frozen=True, slots=True)
class Magic:
    """One magic or shell command of a cell.

    ``code`` is the Python it runs (``%time``, ``%%capture``), and ``binds`` whether names bound
    there stay. ``expanded`` is the text in which IPython fills in ``{x}`` and ``$x``.
    """

    kind: Literal["line", "cell", "system", "getoutput"]
    name: str
    line: str
    body: str = ""

    @property
    def code(self) -> str:
        """The Python code this runs, "" if it runs none."""
        if self.name not in _RUNNING:
            return ""
        return self.body if self.kind == "cell" else _without_options(self.line)

    @property
    def binds(self) -> bool:
        """Whether names bound by the code stay bound."""
        return self.name in _BINDING

    @property
    def expanded(self) -> str:
        """The text in which IPython fills in names."""
        return "" if self.code else self.line


def magic_of(node: ast.expr) -> Magic | None:
    """The magic a call stands for, None if it is another call."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    kind = _CALLS.get(node.func.attr)
    if kind is None or not _is_shell(node.func.value):
        return None
    texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
    words = [text for text in texts if isinstance(text, str)]
    if kind in ("system", "getoutput"):
        return Magic(kind, "!", words[0] if words else "")  # type: ignore[arg-type]
    name, line, body = (*words, "", "", "")[:3]
    return Magic(kind, name, line, body)  # type: ignore[arg-type]


def _is_shell(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "get_ipython"
    )


def _without_options(line: str) -> str:
    """``-n 10 -r 3 f(x)`` is ``f(x)``."""
    words = line.split(" ")
    while words and words[0].startswith("-"):
        flag = words.pop(0)
        if flag in ("-n", "-r", "-p", "-s", "-l", "-T", "-D") and words:
            words.pop(0)
    return " ".join(words)
