"""Commands that install packages: a script lists what it needs, and never installs it."""

from __future__ import annotations

import re

_INSTALL = re.compile(
    r"(?:sudo\s+)?(?:\S*python[\d.]*\s+-m\s+)?(?:pip[\d.]*|uv\s+pip|conda|mamba)\s+install\b(.*)",
    re.DOTALL,
)
_TAKES_A_WORD = re.compile(
    r"-[rcifctnpe]|--(?:requirement|constraint|channel|index-url|extra-index-url|find-links|target"
    r"|name|prefix|platform|python-version|editable)"
)


def installed(command: str) -> tuple[str, str] | None:
    """The words behind ``install``, and the command after it; None if it installs nothing."""
    found = _INSTALL.fullmatch(command)
    if found is None:
        return None
    words, _, rest = re.sub(r"&&|\|\||;", "\n", found[1], count=1).partition("\n")
    return words.strip(), rest.strip()


def packages(words: str) -> list[str]:
    """The packages among the words that an installer gets."""
    names: list[str] = []
    waiting = iter(re.split(r"(?:^|\s)(?:\d?>|\||#)", words)[0].split())
    for word in waiting:
        if _TAKES_A_WORD.fullmatch(word):
            next(waiting, "")
        elif not word.startswith("-"):
            names.append(word.strip("\"'"))
    return names
