"""Compile the user's code to look at it, without a word.

Compiling warns (``x is 5``, ``"\\d"``), and whoever executes the code compiles it, too: a person
would be told twice. ``warnings.catch_warnings`` is no cure: it makes Python forget which warnings
were shown already, and they would all be shown again. So two filters stand in front of the others
for as long as the compiler works; what the compiler says is looked up in them directly.
"""

from __future__ import annotations

import ast
import warnings
from typing import Any

_SILENCE: tuple[Any, ...] = (
    ("ignore", None, SyntaxWarning, None, 0),
    ("ignore", None, DeprecationWarning, None, 0),
)


def compiled(source: str | ast.AST, name: str, flags: int = 0) -> Any:
    """A code object, or a tree if the flags ask for one. Raises SyntaxError."""
    filters: list[Any] = warnings.filters  # type: ignore[assignment]
    filters[:0] = _SILENCE
    try:
        return compile(source, name, "exec", flags, dont_inherit=True)  # type: ignore[arg-type]
    finally:
        for each in _SILENCE:
            filters.remove(each)
