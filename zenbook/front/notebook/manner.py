"""How the shell executes a cell is a reason, like its code: what was asked of the compiler by
``from __future__``, which statements show their values, what awaits (``%autoawait trio``), and
whether magics are IPython's own.

IPython goes on compiling with the flags that an earlier cell has set.
"""

from __future__ import annotations
import __future__

import ast
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from zenbook.core.source_normal import has_annotations, is_async
from zenbook.front.notebook.cell_text import shown_magics
from zenbook.model import Options


def with_manner(
    options: Options, tree: ast.Module, shell: Any, digest: Callable[[Any], str]
) -> Options:
    """A step's options with how the shell executes this cell in the version text of the key."""
    words = [options.version] if options.version else []
    if flags := future_flags(tree, int(getattr(shell.compile, "flags", 0))):
        words.append(f"future {flags}")
    if (how := shell.ast_node_interactivity) != "last_expr":
        whole = ast.dump(tree) if how == "all" else ""  # every statement may show a value
        words.append(f"shows {how} {digest(whole)[:8] if whole else ''}".strip())
    if is_async(tree.body) and (runner := other_runner(shell)):
        words.append(f"awaits with {runner}")
    words += [f"%%{name} of its own" for name in replaced_magics(shown_magics(tree), shell.user_ns)]
    return replace(options, version="; ".join(words), keep_only=())


def other_runner(shell: Any) -> str:
    """What runs the cells that await, where it is not asyncio; "" where it is."""
    runner = shell.loop_runner
    if runner is getattr(sys.modules.get("IPython.core.async_helpers"), "_asyncio_runner", None):
        return ""
    named = (name for name, (one, _) in shell.loop_runner_map.items() if one is runner)
    return str(next(named, getattr(runner, "__name__", "a runner of its own")))


def replaced_magics(names: Iterable[str], namespace: Mapping[str, Any]) -> list[str]:
    """Those of some cell magics for which the notebook's shell has another one than IPython's."""
    shell = namespace["get_ipython"]() if "get_ipython" in namespace else None
    return [name for name in names if shell is not None and not _is_of_ipython(name, shell)]


def _is_of_ipython(name: str, shell: Any) -> bool:
    magic = shell.find_cell_magic(name)
    if aliased := getattr(magic, "magic_name", ""):
        return _is_of_ipython(aliased, shell)
    return bool(magic is not None and magic.__module__ == "IPython.core.magics.display")


def future_flags(tree: ast.Module, flags: int) -> int:
    """The compiler flags that count for this cell: those set before, and its own."""
    asked, found = _asked_by(tree), 0
    for name in __future__.all_feature_names:
        flag = getattr(__future__, name).compiler_flag
        if (flags & flag or name in asked) and _counts(name, tree):
            found |= flag
    return found


def _counts(name: str, tree: ast.Module) -> bool:
    return name != "annotations" or has_annotations(tree)


def _asked_by(tree: ast.Module) -> set[str]:
    return {
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    }
