"""Line differences of sources, made here with difflib.

So the page needs no diff library (3.3 kB) and the static page shows the same lines. Sources
over ``LINES`` lines are cut first: difflib is quadratic on lines that repeat.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from zenbook.core.view_text import plain
from zenbook.core.view_types import Line, Sign

LINES, WIDTH, AROUND = 1_000, 300, 3


def whole(source: str, sign: Sign = " ") -> list[Line]:
    """Every line with the same sign; a space is context."""
    return _signed(sign, _lines(source))


def diff(old: str, new: str) -> list[Line]:
    """Removed and added lines with three lines around them; empty if nothing differs."""
    if old == new:
        return []
    return list(_changes(_lines(old), _lines(new)))


def _signed(sign: Sign, texts: list[str]) -> list[Line]:
    return [{"sign": sign, "text": text} for text in texts]


def _lines(source: str) -> list[str]:
    lines = source[: LINES * WIDTH].splitlines()
    shown = [plain(text, WIDTH) for text in lines[:LINES]]
    return [*shown, f"… {len(lines) - LINES} more lines"] if len(lines) > LINES else shown


def _changes(old: list[str], new: list[str]) -> Iterator[Line]:
    groups = SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND)
    for place, group in enumerate(groups):
        if place:
            yield {"sign": "…", "text": ""}
        for tag, i, j, k, m in group:
            if tag == "equal":
                yield from _signed(" ", old[i:j])
                continue
            yield from _signed("-", old[i:j])
            yield from _signed("+", new[k:m])
