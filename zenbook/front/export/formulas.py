"""Names inside the formulas of statsmodels and patsy: ``"y ~ np.log(x) + scaled(z)"``.

A formula is a text, evaluated where it is handed over. What it calls is a function of the
notebook or of a library. A bare name is mostly a column, and one of the notebook's own only where
the call has no table.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

_CALLED = re.compile(r"(?<![\w.\"'])([^\W\d]\w*)(?=\s*\(|\.[^\W\d])")
_CODED = re.compile(r"\bC\(\s*\w+\s*,\s*([^\W\d]\w*)")
_ANY = re.compile(r"(?<![\w.\"'])([^\W\d]\w*)")
_BUILDERS = ("dmatrix", "dmatrices", "from_formula")


def formula_names(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that formulas among these nodes read, as far as their text tells."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "~" in node.value:
            found |= _called(node.value)
        elif isinstance(node, ast.Call) and node.args:
            text = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
            if isinstance(text, str):
                found |= _handed_over(node, text)
    return found


def _handed_over(call: ast.Call, text: str) -> set[str]:
    """The names in a text that a call gets first, if it is a formula."""
    name = ast.unparse(call.func).rpartition(".")[2]
    if name not in _BUILDERS and "~" not in text:
        return set()
    has_table = len(call.args) > 1 or any(one.arg in ("data", None) for one in call.keywords)
    return _called(text) if has_table else set(_ANY.findall(text))


def _called(text: str) -> set[str]:
    return set(_CALLED.findall(text)) | set(_CODED.findall(text))
