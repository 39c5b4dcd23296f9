"""Secrets are taken out of text, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zenbook.core.masking import mask, secrets_in


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("key sk-abcdefghijklmnop1234 end", "key ••• end"),
        ("ghp_" + "a1" * 18, "•••"),
        ("AKIAABCDEFGHIJKLMNOP", "•••"),
        ("https://me:secret@host/path", "https://•••@host/path"),
        ("https://host/path:8@x", "https://host/path:8@x"),
        ("risk-free task-based 12:30", "risk-free task-based 12:30"),
    ],
)
def test_credentials_are_known_by_their_look(text: str, masked: str) -> None:
    assert mask(text, ()) == masked


def test_values_of_variables_with_secret_names_are_masked() -> None:
    secrets = secrets_in({"MY_TOKEN": "tok-123", "DB_PASSWORD": "tok-12345", "RATE": "common-word"})
    assert secrets == ("tok-12345", "tok-123")
    assert mask("tok-12345 tok-123 common-word", secrets) == "••• ••• common-word"


def test_short_values_and_paths_are_left_alone() -> None:
    assert secrets_in({"A_TOKEN": "1", "PWD": "/home/me/project"}) == ()


@given(st.text(), st.text(min_size=6).filter(lambda secret: "•" not in secret))
def test_no_secret_remains(text: str, secret: str) -> None:
    assert secret not in mask(f"{text}{secret}{text}", [secret])
