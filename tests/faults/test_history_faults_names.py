"""Faults of names: what would be dangerous somewhere is refused everywhere."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zenbook.core.naming import LONGEST_NAME, is_secret_name, shown_safely, valid_name
from zenbook.errors import OptionError

HOSTILE = (
    "../../x",
    "a/b",
    "a\\b",
    "nul\0",
    "two\nlines",
    "x" * 300,
    "CON",
    "nul.txt",
    "com1",
    "\u202egnp.exe",
    "{{x}}",
    "-rf",
    "$(id)",
    "x'); DROP TABLE run; --",
    "<img onerror=alert(1)>",
    "",
    " ",
    "9lives",
    ".hidden",
    "a b",
    "größe",
    "x\n",
    "a:b",
    "%s",
)


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:30])
def test_fault_81_a_hostile_name_is_refused_and_shown_safely(name: str) -> None:
    with pytest.raises(OptionError) as caught:
        valid_name(name, "step name")
    told = str(caught.value)
    assert "cannot be a step name" in told
    assert told.isascii()
    assert told.isprintable()
    assert len(told) < 300


@pytest.mark.parametrize("name", ["a", "_", "svc_trainer", "Train.v2", "a-b", "train_2", "x" * 100])
def test_a_usual_name_is_given_back(name: str) -> None:
    assert valid_name(name) == name


def test_what_is_no_text_is_no_name() -> None:
    with pytest.raises(OptionError, match="it is not text"):
        valid_name(7)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=120))
def test_a_name_that_is_allowed_is_harmless_in_paths_shells_pages_and_scripts(name: str) -> None:
    try:
        valid_name(name)
    except OptionError:
        return
    assert name.isascii()
    assert len(name) <= LONGEST_NAME
    assert not set(name) & set("/\\\0\n\r\t '\"`$&|;<>(){}[]*?!#%:~=,@+^")
    assert name[0] not in "-.0123456789"


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=400))
def test_any_text_is_shown_on_one_short_printable_line(text: str) -> None:
    shown = shown_safely(text)
    assert shown.isascii()
    assert shown.isprintable()


@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "API_KEY",
        "apiKey",
        "apikey",
        "openai_api_key",
        "password",
        "dbPassword",
        "HF_TOKEN",
        "token",
        "client_secret",
        "AWS_SECRET_ACCESS_KEY",
        "credentials",
        "private_key",
        "passphrase",
        "authToken",
        "connection_string",
    ],
)
def test_fault_85_names_of_secrets_are_known(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    ["gamma", "max_tokens", "token_count", "keyword", "key", "primary_key", "author", "monkey", ""],
)
def test_names_of_other_things_are_no_secrets(name: str) -> None:
    assert not is_secret_name(name)
