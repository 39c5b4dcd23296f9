"""Secrets are taken out of text, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from zenbook.core.masking import mask, secrets_in


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("key sk-abcdefghijklmnop1234 end", "key ••• end"),
        ("sk-abcdefghijklmnopqrstuv", "•••"),
        ("sk-proj-ab_Cd-0a1b2c3d4e5f", "•••"),
        ("ghp_" + "a1" * 18, "•••"),
        ("AKIAABCDEFGHIJKLMNOP", "•••"),
        ("https://me:secret@host/path", "https://•••@host/path"),
        ("https://host/path:8@x", "https://host/path:8@x"),
        ("sk-estimator-doc-link sk-hidden--visually", "sk-estimator-doc-link sk-hidden--visually"),
        ("sk-top-container-id-12", "sk-top-container-id-12"),
        ("risk-free task-based 12:30", "risk-free task-based 12:30"),
    ],
)
def test_credentials_are_known_by_their_look(text: str, masked: str) -> None:
    assert mask(text, ()) == masked


def test_a_diagram_of_a_model_is_left_as_it_is() -> None:
    html = make_pipeline(StandardScaler(), LogisticRegression())._repr_html_()
    assert "sk-" in html and mask(html, ()) == html


def test_values_of_variables_with_secret_names_are_masked() -> None:
    secrets = secrets_in({"MY_TOKEN": "tok-123", "DB_PASSWORD": "tok-12345", "RATE": "common-word"})
    assert secrets == ("tok-12345", "tok-123")
    assert mask("tok-12345 tok-123 common-word", secrets) == "••• ••• common-word"


def test_short_values_and_paths_are_left_alone() -> None:
    assert secrets_in({"A_TOKEN": "1", "PWD": "/home/me/project"}) == ()


@given(st.text(), st.text(min_size=6).filter(lambda secret: "•" not in secret))
def test_no_secret_remains(text: str, secret: str) -> None:
    assert secret not in mask(f"{text}{secret}{text}", [secret])
