"""What a person sees of a value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from zenbook.core.preview import LONGEST, preview, shape_of, type_path


class Loud:
    def __repr__(self) -> str:
        raise AssertionError("a user's __repr__ is never called")

    _repr_html_ = __repr__


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0015, "0.0015"),
        (None, "None"),
        ("text", "'text'"),
        (b"abc", "bytes (3)"),
        ([1, "a", (2,)], "[1, 'a', (2,)]"),
        ({"b": 1, "a": {2, 1}}, "{'b': 1, 'a': {1, 2}}"),
        (list(range(100)), "[0, 1, 2, 3, 4, 5, … 100 in all]"),
        (np.zeros((2, 3)), "float64 (2, 3)"),
        (np.float32(1.5), "float32(1.5)"),
        (pd.DataFrame({"a": [1]}), "DataFrame (1, 1)"),
        (Loud(), "Loud"),
        ([Loud()], "[Loud]"),
        (Loud, "class Loud"),
        (len, "len()"),
        (10**1000, "int of 3322 bits"),
    ],
)
def test_a_value_is_shown_in_one_short_line(value: Any, shown: str) -> None:
    assert preview(value) == shown


@pytest.mark.parametrize(
    "secret",
    [
        "sk-" + "a1B2" * 8,
        "ghp_" + "x9Yz" * 9,
        "postgres://me:hunter22@host/db",
        "dGhpcyBpcyBhIHZlcnkgbG9uZyB0b2tlbg0123456789==",
        {"api_key": "hunter22hunter"},
    ],
)
def test_fault_85_what_looks_like_a_secret_is_masked(secret: Any) -> None:
    shown = preview(secret)
    assert "•••" in shown
    assert "hunter22" not in shown
    assert "a1B2" not in shown


def test_a_preview_is_never_long() -> None:
    assert len(preview({"key" * 50: ["text" * 50] * 50})) <= LONGEST


def test_types_are_told_by_their_public_path() -> None:
    assert type_path(pd.DataFrame()) == "pandas.DataFrame"
    assert type_path(np.arange(1)) == "numpy.ndarray"
    assert type_path(1) == "int"


def test_shapes_are_those_of_arrays_tables_and_containers() -> None:
    assert shape_of(np.zeros((2, 3))) == (2, 3)
    assert shape_of([1, 2]) == (2,)
    assert shape_of(1) is None
