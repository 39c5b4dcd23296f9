"""What inputs hold in common is found without touching them, and known by identity."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import Any

import numpy as np
import pytest

from zenbook import fingerprint
from zenbook.engine.entwined import Entwined
from zenbook.engine.parts import Path


def ways(**inputs: Any) -> set[tuple[str, str]]:
    """The pairs of ways to one object, as text."""

    def text(way: Any) -> str:
        return ".".join(str(key) for _, key in way)

    return {(text(one), text(other)) for one, other, _ in Entwined({}, inputs).pairs_of(inputs)}


def test_what_is_reached_by_two_ways_is_found() -> None:
    part = [1]
    assert ways(a=part, b={"k": part}) == {("a", "b.k")}
    assert ways(a=[part, part]) == {("a.0", "a.1")}
    assert ways(a=part, b=[1]) == set()
    base = np.arange(4.0)
    assert ways(a=base, b=base[1:]) == {("a", "b")}
    assert ways(a=defaultdict(partial(list, part)), b=part) == {("b", "a.default_factory.1")}


class OfNoModule:
    """As Cython makes classes, which say of themselves only that an instance has a module."""

    __module__ = property(lambda self: "of an instance")  # type: ignore[assignment]


def test_a_value_whose_class_is_of_no_module_is_looked_through() -> None:
    part = [1]
    value: Any = OfNoModule()
    value.part = part
    assert ways(a=part, b=value) == {("a", "b.part")}


@pytest.mark.parametrize(
    "value", [partial(max, [1]), ValueError([1]), OSError(2, "gone")], ids=repr
)
def test_looking_leaves_a_value_as_it_was(value: Any) -> None:
    before = fingerprint(value), repr(value.__reduce__())
    ways(a=value, b=[value])
    assert (fingerprint(value), repr(value.__reduce__())) == before


def places(entwined: Entwined, whole: Any) -> list[Path]:
    return [path for _, path, _ in entwined.exchanged({"whole": whole})]


def test_what_takes_the_place_and_the_address_of_another_is_another() -> None:
    """Where a part is dropped, the next one of its kind often gets its address."""

    class Part:
        pass

    whole = {"k": Part()}
    entwined = Entwined({}, {"whole": whole})
    for _ in range(20):
        del whole["k"]
        whole["k"] = Part()
        assert places(entwined, whole) == [(("item", "k"),)]


def test_a_place_is_known_by_every_way_to_it() -> None:
    part = [1]
    whole = {"k": part, "l": [part]}
    entwined = Entwined({}, {"a": part, "whole": whole})
    assert places(entwined, whole) == []
    whole["k"] = [1]
    assert places(entwined, whole) == [(("item", "k"),)]


def test_an_array_that_the_step_drops_is_not_held() -> None:
    from weakref import ref

    whole = {"k": np.arange(3.0)}
    entwined = Entwined({}, {"whole": whole})
    gone = ref(whole["k"])
    whole["k"] = np.arange(3.0)
    assert gone() is None
    assert places(entwined, whole) == [(("item", "k"),)]
