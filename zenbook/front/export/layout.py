"""Python text in the layout ruff and black give it, for the lines the exporter writes itself.

Constraint: no formatter at run time, and ``ruff format`` must find nothing to do. So every
construct written here has the one or two layouts a formatter would choose, at 88 columns. What
the user wrote stays as it was written; only its indentation, blank lines and trailing blanks
are set.
"""

from __future__ import annotations

import io
import re
import textwrap
import tokenize
from collections.abc import Iterable, Sequence

WIDTH = 88
INDENT = "    "


def bracketed(head: str, items: Sequence[str], tail: str, level: int = 0) -> str:
    """``head(items)tail`` on one line, else one item a line (which any line length leaves so)."""
    pad, inner = INDENT * level, INDENT * (level + 1)
    line = f"{pad}{head}{', '.join(items)}{tail}"
    if len(line) <= WIDTH or not items:
        return line
    return f"{pad}{head}\n" + "".join(f"{inner}{item},\n" for item in items) + f"{pad}{tail}"


Tree = str | tuple[str, Sequence["Tree"], str]
"""A text, or what opens a bracket, the items in it, and what closes it."""


def spelled(tree: Tree, level: int = 0) -> str:
    """Brackets within brackets, each on one line if it fits there, else one item a line."""
    flat = _flat(tree)
    if isinstance(tree, str) or not tree[1] or len(INDENT * level + flat) < WIDTH:
        return flat
    head, items, tail = tree
    inner = INDENT * (level + 1)
    lines = "".join(f"{inner}{spelled(item, level + 1)},\n" for item in items)
    return f"{head}\n{lines}{INDENT * level}{tail}"


def _flat(tree: Tree) -> str:
    if isinstance(tree, str):
        return tree
    head, items, tail = tree
    return f"{head}{', '.join(map(_flat, items))}{tail}"


def quoted(text: str) -> str:
    """The text as a literal, in double quotes unless it holds some."""
    shown = repr(text)
    return f'"{shown[1:-1]}"' if shown[0] == "'" and '"' not in shown else shown


def listed(head: str, items: Sequence[str], level: int = 0) -> str:
    """``head a, b``; too long, a tuple in parentheses with one name a line."""
    pad, inner = INDENT * level, INDENT * (level + 1)
    line = f"{pad}{head} {', '.join(items)}"
    if len(line) <= WIDTH or len(items) < 2:
        return line
    return f"{pad}{head} (\n" + "".join(f"{inner}{item},\n" for item in items) + f"{pad})"


def from_import(module: str, names: Sequence[str]) -> str:
    """``from module import a, b``; too long, in parentheses with one name a line."""
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return f"from {module} import (\n" + "".join(f"{INDENT}{name},\n" for name in names) + ")"


def call(targets: Sequence[str], function: str, arguments: Sequence[str], level: int = 1) -> str:
    """``a, b = function(c, d)``, broken in the arguments first and in the targets second."""
    pad, inner = INDENT * level, INDENT * (level + 1)
    left = f"{', '.join(targets)} = " if targets else ""
    line = f"{pad}{left}{function}({', '.join(arguments)})"
    if len(line) <= WIDTH:
        return line
    if len(f"{pad}{left}{function}(") <= WIDTH and arguments:
        return bracketed(f"{left}{function}(", arguments, ")", level)
    if len(targets) == 1:
        return bracketed(f"{left}{function}(", arguments, ")", level)
    opened = "".join(f"{inner}{target},\n" for target in targets)
    whole = bracketed(f") = {function}(", arguments, ")", level)
    return f"{pad}(\n{opened}{whole}"


def docstring(sentences: Sequence[str], level: int) -> list[str]:
    """A docstring: its first line, and the paragraphs after it, wrapped."""
    pad = INDENT * level
    said = [_printable(text) for text in sentences if text]
    texts = [text.replace("\\", "\\\\").replace('"""', "'''") for text in said]
    if not texts:
        return []
    first = texts[0][:-1] + "'" if texts[0].endswith('"') and len(texts) == 1 else texts[0]
    if len(texts) == 1 and len(pad + first) + 6 <= WIDTH:
        return [f'{pad}"""{first}"""']
    lines = textwrap.wrap(first, WIDTH - len(pad) - 3, break_long_words=False) or [""]
    out = [f'{pad}"""{lines[0]}', *(f"{pad}{line}" for line in lines[1:])]
    for text in texts[1:]:
        out.append("")
        for line in text.split("\n"):
            hang = INDENT if line.startswith(INDENT) else ""
            wrapped = textwrap.wrap(
                line.strip(), WIDTH - len(pad) - len(hang), break_long_words=False
            )
            out += [f"{pad}{hang}{piece}" for piece in wrapped]
    return [*out, f'{pad}"""']


def one_line(text: str) -> str:
    """A text that could hold anything, as a name within a sentence."""
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    """Without what no source file can hold, or what an editor would take for a line's end."""
    whole = text.encode("utf-8", "replace").decode()
    return re.sub(r"[^\S\n ]|[\x00-\x09\x0b-\x1f\x7f-\x9f]", " ", whole)


def indented(text: str, level: int = 1) -> str:
    """The statements one level deeper; the inside of texts that span lines stays as it is."""
    pad = INDENT * level
    inside = _inside_strings(text)
    lines = text.split("\n")
    return "\n".join(
        line if number in inside else (pad + line.rstrip() if line.strip() else "")
        for number, line in enumerate(lines, 1)
    )


def tidy(text: str, most_blank: int = 1) -> str:
    """Without trailing blanks and without more blank lines than a formatter leaves."""
    spans = [(first, last) for first, last in _strings(text) if last > first]
    kept = {line for first, last in spans for line in range(first, last + 1)}
    out: list[str] = []
    blank = 0
    for number, line in enumerate(text.split("\n"), 1):
        if number in kept:
            out.append(line)
            blank = 0
            continue
        line = line.rstrip()
        blank = 0 if line else blank + 1
        if blank <= most_blank:
            out.append(line)
    while out and not out[-1]:
        out.pop()
    return "\n".join(out)


def _strings(text: str) -> Iterable[tuple[int, int]]:
    """First and last line of every text literal that spans lines."""
    if "\n" not in text:
        return
    starts: list[int] = []
    opens = getattr(tokenize, "FSTRING_START", -1)
    closes = getattr(tokenize, "FSTRING_END", -1)
    try:
        for token in tokenize.generate_tokens(io.StringIO(text + "\n").readline):
            if token.type == opens:
                starts.append(token.start[0])
            elif token.type == closes:
                yield starts.pop(), token.end[0]
            elif token.type == tokenize.STRING and token.start[0] != token.end[0]:
                yield token.start[0], token.end[0]
    except (tokenize.TokenError, IndentationError):
        return  # a comment at the end of a text in parentheses; nothing spans lines there


def _inside_strings(text: str) -> set[int]:
    return {n for first, last in _strings(text) for n in range(first + 1, last + 1)}
