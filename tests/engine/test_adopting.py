"""What an input became keeps the objects it did not change, or is refused."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from zenbook import fingerprint
from zenbook.engine.adopting import adopt
from zenbook.engine.others import entangled
from zenbook.engine.parts import walk
from zenbook.engine.paths import follow, put
from zenbook.engine.sharing import Inseparable, links, relink


def later(value: Any, change: Callable[[Any], None]) -> Any:
    """A loaded copy of what the value became."""
    copy = pickle.loads(pickle.dumps(value))
    change(copy)
    return copy


def test_unchanged_parts_stay_the_objects_they_were() -> None:
    data = np.arange(3.0)
    model = SimpleNamespace(data=data, pair=(data, [1]), cache={})
    copy = later(model, lambda m: m.cache.update(mean=1.0, seen=m.data))
    adopt([(model, copy, ())], fingerprint)
    assert copy.data is data and copy.pair is model.pair and copy.cache["seen"] is data
    assert copy.cache is not model.cache and copy.cache["mean"] == 1.0


def test_two_objects_that_share_a_part_share_it_afterwards() -> None:
    data = [1]
    one, two = {"data": data, "n": [0]}, {"data": data, "n": [0]}
    copies = later([one, two], lambda both: [d["n"].append(1) for d in both])
    adopt([(one, copies[0], ()), (two, copies[1], ())], fingerprint)
    assert copies[0]["data"] is data is copies[1]["data"] and copies[0]["n"] == [0, 1]


def test_what_stands_in_the_place_of_an_equal_part_is_left_there() -> None:
    value = {"k": [[1], [2]], "n": 0}
    copy = later(value, lambda d: d.update(n=1))
    loaded = copy["k"]
    adopt([(value, copy, {(("item", "k"),)})], fingerprint)
    assert copy["k"] is loaded and copy["k"] is not value["k"]
    assert copy["k"][0] is value["k"][0]


CONFLICTS: dict[str, tuple[Any, Callable[[Any], None]]] = {
    "one part became two": (
        (lambda part: {"a": part, "b": part, "n": 0})([1]),
        lambda d: d.update(b=[1], n=1),
    ),
    "two parts became one": ({"a": [1], "b": [1], "n": 0}, lambda d: d.update(b=d["a"], n=1)),
    "a new window into an old array": (
        {"a": np.arange(3.0), "n": 0},
        lambda d: d.update(n=[d["a"][1:]]),
    ),
}


@pytest.mark.parametrize("case", CONFLICTS)
def test_what_cannot_be_told_apart_is_refused(case: str) -> None:
    value, change = CONFLICTS[case]
    with pytest.raises(Inseparable):
        adopt([(value, later(value, change), ())], fingerprint)


def test_what_has_no_digest_is_not_adopted() -> None:
    value = {"a": [1], "n": 0}
    copy = later(value, lambda d: d.update(n=1))
    adopt([(value, copy, ())], lambda part: None)
    assert copy["a"] is not value["a"]


class Slotted:
    """Its state is in slots."""

    __slots__ = ("part",)

    def __init__(self, part: Any) -> None:
        self.part = part


HOLDERS: dict[str, Callable[[Any], Any]] = {
    "list": lambda part: [0, part],
    "dict by a tuple": lambda part: {(1, 2): part},
    "deque": lambda part: deque([part]),
    "namespace": lambda part: SimpleNamespace(inner=[part]),
    "slot": Slotted,
    "array of objects": lambda part: np.array([[None, part]], dtype=object),
}


@pytest.mark.parametrize("kind", HOLDERS)
def test_every_holder_is_entered_and_can_be_given_another_part(kind: str) -> None:
    part = {"it": 1}
    holder = HOLDERS[kind](part)
    (path,) = (path for path, inner in walk(holder) if inner is part)
    assert follow(holder, path) is part
    put(follow(holder, path[:-1]), path[-1], other := {"it": 2})
    assert follow(holder, path) is other
    assert links({"out": HOLDERS[kind](part)}, {"given": part})
    outputs = {"out": HOLDERS[kind]({"it": 1})}
    relink(links({"out": HOLDERS[kind](part)}, {"given": part}), outputs, {"given": part})
    assert any(inner is part for _, inner in walk(outputs["out"]))


def test_a_holder_of_the_whole_is_right_only_if_the_object_itself_changes() -> None:
    value = deque([1])
    assert entangled(value, {"h": [value]}, becomes=True) == ""
    assert entangled(value, {"h": [value]}, becomes=False) == "h"
    held = [1]
    assert entangled([held], {"h": held}, becomes=True) == "h"
    assert entangled([held], {"h": held}, becomes=True, staying={id(held)}) == ""


def test_a_part_that_changed_where_it_stood_is_told_with_what_it_becomes() -> None:
    first, second = [1], [2]
    old, new = {"a": first, "b": second}, {"a": [1, 0], "b": [2]}
    copy = new["a"]
    assert adopt([(old, new, ())], fingerprint, lambda own, copy: True) == [(first, copy)]
    assert new["a"] is first and new["b"] is second


def test_what_stands_in_the_place_of_another_part_is_not_what_that_becomes() -> None:
    old, new = {"a": {"k": [1]}}, {"a": {"k": [1, 0]}}
    place, copy = (("item", "a"),), new["a"]["k"]
    told = adopt([(old, new, {place})], fingerprint, lambda own, copy: True)
    assert told == [(old["a"]["k"], copy)]  # this list stood there before, within another table
    assert new["a"] is not old["a"] and new["a"]["k"] is old["a"]["k"]


def test_a_changed_part_within_a_tuple_is_put_into_another_tuple() -> None:
    one = [1]
    old, new = {"pair": (one, 2)}, {"pair": ([1, 0], 2)}
    adopt([(old, new, ())], fingerprint, lambda own, copy: type(own) is list)
    assert new["pair"][0] is one and new["pair"][1] == 2
    before = {"a": one, "n": 0}
    after = later(before, lambda d: d.update(n=(d["a"], 1)))
    adopt([(before, after, ())], fingerprint)
    assert after["n"][0] is after["a"] is one
