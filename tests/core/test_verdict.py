"""The words of a miss."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zenbook.core.verdict import changes_between, miss_for
from zenbook.model import Part

TEXT = st.text("ab", max_size=12)


@given(same=st.text("ab", min_size=15, max_size=30), old=TEXT, new=TEXT)
def test_two_values_that_differ_are_told_apart_in_few_characters(
    same: str, old: str, new: str
) -> None:
    parts = [Part("input", "x", shown, f"x{shown}") for shown in (same + old, same + new)]
    changes = changes_between(parts[:1], parts[1:])
    if changes and all(part.shown for part in parts):
        was, now = miss_for(changes).why.removeprefix("x ").split("→")
        assert was != now
        assert max(len(was), len(now)) <= 24
