"""The script's layout: as the user wrote it, or as the project's formatter wants it.

What the exporter writes itself needs no formatter (:mod:`layout`). What the user wrote may: so
where ruff is installed it formats the whole script, by the settings of the project the script
goes to, and whoever checks with ruff finds nothing to do. Without ruff every line stays as it was
written. Layout never counts as drift: a script is compared by what it says.
"""

from __future__ import annotations

import ast
import inspect
import io
import shutil
import subprocess
import sys
import tokenize
from pathlib import Path

_SECONDS = 20


def formatted(text: str, place: Path) -> str:
    """The text as ``ruff format`` lays it out for a file at this place; as it is without ruff."""
    ruff = _ruff()
    if ruff is None:
        return text
    try:
        done = subprocess.run(
            [ruff, "format", "--quiet", "--no-cache", "--stdin-filename", str(place), "-"],
            input=text.encode(),
            capture_output=True,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return text  # a formatter that does not work is as good as none
    return done.stdout.decode() if done.returncode == 0 and done.stdout else text


def _ruff() -> str | None:
    """The ruff of this environment, else the one on the path."""
    return shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")


def says_the_same(one: str, other: str) -> bool:
    """Whether two scripts differ in nothing but their layout."""
    if one == other:
        return True
    try:
        return _code(one) == _code(other) and _comments(one) == _comments(other)
    except (SyntaxError, tokenize.TokenError):
        return False


def _code(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        value = first.value if isinstance(first, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            value.value = inspect.cleandoc(value.value).strip()  # a formatter sets its indentation
    return ast.dump(tree)


def _comments(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT]
