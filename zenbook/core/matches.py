"""A match of a regular expression: found again in its text, and kept where it is.

Its pattern, text, bounds and spans say all there is to it, but none of these makes one. So the
pattern is asked again, in each way in which it could have been asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from zenbook.core.digest_stream import Description
from zenbook.errors import NotDigestible

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

WHY_NOT = "is a match of a regular expression that is not found again"
Facts = tuple[re.Pattern[Any], Any, int, int, tuple[tuple[int, int], ...], int | None]
"""Pattern, text, where the search began and ended, the spans of all groups, the last group."""


def match_again(
    pattern: re.Pattern[Any],
    text: Any,
    start: int,
    end: int,
    spans: tuple[tuple[int, int], ...],
    last: int | None,
) -> re.Match[Any]:
    """The match of these facts. Raises LookupError if the pattern finds none such."""
    for found in _matches(pattern, text, start, end):
        if found is not None and (found.regs, found.lastindex) == (spans, last):
            return found
    raise LookupError(WHY_NOT)


def facts_of_match(match: re.Match[Any]) -> Facts | None:
    """What a match is found again by; None if it cannot be: its text may have changed since."""
    if type(match.string) not in (str, bytes):
        return None
    facts = (match.re, match.string, match.pos, match.endpos, match.regs, match.lastindex)
    try:
        match_again(*facts)
    except LookupError:
        return None
    return facts


def match(value: re.Match[Any], digester: Digester) -> Description:
    """Describe a match; raises NotDigestible for one in a text that can change."""
    if type(value.string) not in (str, bytes):
        raise NotDigestible(WHY_NOT)
    return "match", value.re, value.string, value.pos, value.endpos, value.regs, value.lastindex


def _matches(
    pattern: re.Pattern[Any], text: Any, start: int, end: int
) -> Iterator[re.Match[Any] | None]:
    yield pattern.match(text, start, end)
    yield pattern.fullmatch(text, start, end)
    yield from pattern.finditer(text, start, end)
