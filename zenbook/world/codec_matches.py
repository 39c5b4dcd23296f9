"""Matches of regular expressions, as they are kept: made again by looking for them anew.

A match says what it was looked for with and in, and from where to where; so whoever looks again
finds the same. Which way it had been looked for it does not say: ``finditer`` finds what ``search``
and ``match`` find, each where it is its turn, and ``fullmatch`` may find another. What none of
these gives again is refused.
"""

from __future__ import annotations

import re
from typing import Any

Where = tuple[re.Pattern[Any], Any, int, int]
"""The expression, the text, and from where to where one looks."""


class Matches:
    """What an expression finds in a text, one after the other, as far as anybody has asked."""

    def __init__(self, *where: Any) -> None:
        pattern, *rest = self.where = where
        self._coming = pattern.finditer(*rest)
        self._found: list[re.Match[Any]] = []
        self._numbers: dict[tuple[int, int], int] = {}

    def at(self, number: int) -> re.Match[Any]:
        """The match of this number. Raises IndexError."""
        while len(self._found) <= number and self._goes_on():
            pass
        return self._found[number]

    def number_of(self, match: re.Match[Any]) -> int | None:
        """The number of the match that is equal to this one; None if there is none."""
        while not self._found or self._found[-1].start() <= match.start():
            if match.span() in self._numbers or not self._goes_on():
                break
        number = self._numbers.get(match.span())
        return number if number is not None and _are_equal(self._found[number], match) else None

    def _goes_on(self) -> bool:
        if (match := next(self._coming, None)) is None:
            return False
        self._numbers[match.span()] = len(self._found)
        self._found.append(match)
        return True


Searches = dict[tuple[int, int, int, int], Matches]
"""One for all matches of one expression in one text, so that many take no longer than finding them
did."""


def reduce_match(match: re.Match[Any], searches: Searches) -> Any:
    """A match by its place among what is found. Raises LookupError for one not found again."""
    where = (match.re, match.string, match.pos, match.endpos)
    key = (id(match.re), id(match.string), match.pos, match.endpos)
    if (matches := searches.get(key)) is None:
        matches = searches[key] = Matches(*where)
    if (number := matches.number_of(match)) is not None:
        return Matches.at, (matches, number)
    whole = match.re.fullmatch(*where[1:])
    if whole is None or not _are_equal(whole, match):
        raise LookupError("is a match of a regular expression that is not found again")
    return re.Pattern.fullmatch, where


def reduce_matches(matches: Matches) -> Any:
    """What is found, by how it is looked for."""
    return Matches, matches.where


def _are_equal(one: re.Match[Any], other: re.Match[Any]) -> bool:
    return (one.regs, one.lastindex) == (other.regs, other.lastindex)
