"""Words for people: capped, one line, and nothing in them that a screen would obey.

Every string that enters a View passes :func:`plain`. Terminal control sequences are dropped,
other control characters and the bidirectional overrides (which can make text read as
something else) become visible escapes. HTML is *not* escaped here: a View is text, and each
front end shows it as text.
"""

from __future__ import annotations

import math
import re

ANSI = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])|\x9b[0-?]*[ -/]*[@-~]"
)
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]"
)

GLYPHS = {
    "running": "▶",
    "completed": "✓",
    "cached": "↺",
    "failed": "✗",
    "interrupted": "■",
    "skipped": "–",
    "stale": "◐",
    "waiting": "○",
}
WORDS = {
    "running": "running",
    "completed": "ran",
    "cached": "cached",
    "failed": "failed",
    "interrupted": "interrupted",
    "skipped": "skipped",
    "stale": "stale",
    "waiting": "not run yet",
}


def plain(text: object, limit: int = 200) -> str:
    """The text, safe to show: no control sequence or hidden direction, at most ``limit`` long."""
    raw = text if isinstance(text, str) else str(text)
    clean = ANSI.sub("", raw[: 4 * limit + 64]).replace("\r\n", "\n")
    clean = HIDDEN.sub(lambda found: f"\\u{ord(found.group()):04x}", clean)
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def line(text: object, limit: int = 200) -> str:
    """As :func:`plain`, on one line."""
    return " ".join(plain(text, limit).split())


def number(value: float | int | None) -> float | int | None:
    """The number as JSON can carry it: neither NaN nor infinite."""
    if value is None or not math.isfinite(value):
        return None
    return value if isinstance(value, int) else round(value, 6)


def seconds_text(seconds: float | None) -> str:
    """A duration as people say it: ``12 ms``, ``3.2 s``, ``4 min 10 s``, ``2 h 5 min``."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"


def size_text(size: int | None) -> str:
    """A size as people say it, in powers of 1000: ``812 B``, ``3.1 MB``."""
    if size is None:
        return ""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def count_text(count: int, noun: str) -> str:
    """``1 step``, ``3 steps``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
