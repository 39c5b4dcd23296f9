"""``from __future__``: what a cell asks of the compiler is a reason, like its code.

IPython goes on compiling with the flags that an earlier cell has set.
"""

from __future__ import annotations
import __future__

import ast

from zenbook.core.source_normal import has_annotations


def future_flags(tree: ast.Module, flags: int) -> int:
    """The compiler flags that count for this cell: those set before, and its own."""
    names = [name for name in __future__.all_feature_names if _counts(name, tree)]
    every = 0
    for name in names:
        every |= getattr(__future__, name).compiler_flag
    for name in set(names).intersection(_asked_by(tree)):
        flags |= getattr(__future__, name).compiler_flag
    return flags & every


def _counts(name: str, tree: ast.Module) -> bool:
    return name != "annotations" or has_annotations(tree)


def _asked_by(tree: ast.Module) -> set[str]:
    return {
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    }
