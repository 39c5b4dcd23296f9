"""Parameters from text are typed by the signature, or refused in a sentence."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zenbook.errors import OptionError
from zenbook.front.command.parameters import parse, split
from zenbook.front.typed_text import value_of


class Kernel(enum.Enum):
    LINEAR = "linear"
    RBF = "rbf"


def train(
    gamma: float,
    rounds: int = 3,
    verbose: bool = False,
    name="first",
    limit: int | None = None,
    mode: Literal["fast", "exact"] = "fast",
    kernel: Kernel = Kernel.RBF,
    folder: Path = Path("."),
    layers: list[int] = [1],  # noqa: B006  (what users write)
    weight: Annotated[float, "kg"] = 1.0,
    anything=None,
) -> None: ...


def parsed(*texts: str) -> dict[str, Any]:
    return parse(train, split(texts), "train")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("gamma=1e-3", 0.001),
        ("rounds=-4", -4),
        ("verbose=yes", True),
        ("verbose=False", False),
        ("name=a=b c", "a=b c"),
        ("name=1", "1"),
        ("limit=None", None),
        ("limit=7", 7),
        ("mode=exact", "exact"),
        ("kernel=LINEAR", Kernel.LINEAR),
        ("kernel=rbf", Kernel.RBF),
        ("folder=a/b", Path("a/b")),
        ("layers=[4, 5]", [4, 5]),
        ("layers=(4, 5)", [4, 5]),
        ("weight=2", 2.0),
        ("anything={'a': 1}", {"a": 1}),
        ("anything=plain words", "plain words"),
    ],
)
def test_a_text_becomes_what_the_signature_says(text: str, value: Any) -> None:
    name = text.partition("=")[0]
    given_now = ["gamma=1"] if name != "gamma" else []
    found = parsed(*given_now, text)[name]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["gama=1"], "train has no parameter gama. Did you mean gamma?"),
        ([], "train needs a value for gamma: pass -p gamma=VALUE."),
        (["gamma=fast"], "gamma must be a float, but got 'fast'."),
        (["gamma=1", "rounds=1.5"], "rounds must be an int, but got '1.5'."),
        (["gamma=1", "verbose=maybe"], "verbose must be true or false, but got 'maybe'."),
        (["gamma=1", "mode=slow"], "mode must be one of 'fast', 'exact', but got 'slow'."),
        (["gamma=1", "kernel=poly"], "kernel must be one of LINEAR, RBF, but got 'poly'."),
        (["gamma=1", "layers=many"], "layers must be a list[int], but got 'many'."),
        (["gamma=1", "limit=x"], "limit must be an int | None, but got 'x'."),
        (["gamma=1", "gamma=2"], "Parameter gamma is given twice."),
        (["gamma"], "-p wants name=value, but got 'gamma'."),
        (["=1"], "-p wants name=value, but got '=1'."),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(texts: list[str], message: str) -> None:
    with pytest.raises(OptionError) as refused:
        parsed(*texts)
    assert str(refused.value) == message


def test_what_is_not_given_keeps_its_default() -> None:
    assert parsed("gamma=1")["mode"] == "fast"


def test_an_annotation_for_type_checkers_only_does_not_stop_a_parameter() -> None:
    def lazy(x: Undefined, y: int = 2) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    lazy.__annotations__ = {"x": "Undefined", "y": int}
    assert parse(lazy, {"x": "5", "y": "6"}, "lazy") == {"x": 5, "y": 6}


@settings(deadline=None, max_examples=100)
@given(st.one_of(st.integers(), st.floats(allow_nan=False), st.text(), st.booleans()))
def test_the_text_of_a_value_is_that_value_again(value: Any) -> None:
    assert value_of("x", str(value), type(value)) == value
