"""What is large is looked at once, and only as far as anything can come of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from zenbook.engine import parts, sharing
from zenbook.engine.entwined import Entwined
from zenbook.engine.parts import Looks, held_by, walk
from zenbook.engine.reach import Reach
from zenbook.engine.sharing import Inseparable, links
from zenbook.engine.windows import windows


class Node:
    """Something that holds others and is held by them, as a figure does with its axes."""


def _picture() -> dict[str, Any]:
    figure = Node()
    figure.axes = []
    for _ in range(20):
        axes = Node()
        axes.figure, axes.limits = figure, np.zeros(4)
        axes.half = axes.limits[:2]
        figure.axes.append(axes)
    return {"figure": figure, "axes": figure.axes, "last": figure.axes[-1]}


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How often walks have asked each object what it holds."""
    counts: Counter[int] = Counter()

    def counting(value: Any, *more: Any) -> Any:
        counts[id(value)] += 1
        return held_by(value, *more)

    monkeypatch.setattr(parts, "held_by", counting)
    return counts


def test_what_several_outputs_hold_is_looked_at_once(looked: Counter[int]) -> None:
    outputs = _picture()
    looks: Looks = {}
    shared = links(outputs, {"given": np.zeros(3)}, looks)
    found = windows(outputs, shared, looks)
    assert Counter(link[0] for link in found) == dict.fromkeys(outputs, 20)
    assert set(looked.values()) == {1}


def test_walks_that_share_their_looks_find_what_others_do() -> None:
    outputs, looks = _picture(), Looks()
    stop = {id(outputs["last"].limits): None}
    for value in (*outputs.values(), *outputs.values()):
        for where in ({}, stop):
            alone = [(path, id(part)) for path, part in walk(value, where)]
            assert alone == [(path, id(part)) for path, part in walk(value, where, looks=looks)]


def test_outputs_that_share_nothing_with_inputs_are_not_walked(looked: Counter[int]) -> None:
    assert links(_picture(), {"data": [[1.0], np.zeros(3)], "n": 3}) == []
    assert not looked


@pytest.mark.parametrize(
    ("inputs", "made"),
    [
        ({"x": np.zeros(5)}, lambda x: {"y": [x[1:]]}),
        ({"x": pd.DataFrame({"a": [1.0, 2.0]})}, lambda x: {"y": [x["a"].to_numpy()]}),
        ({"x": np.zeros(4)}, lambda x: {"y": pd.DataFrame({"a": x}, copy=False)}),
        ({"x": [[1]]}, lambda x: {"y": {"k": x[0]}}),
    ],
)
def test_whatever_outputs_share_with_inputs_is_found(inputs: Mapping[str, Any], made: Any) -> None:
    (link,) = links(made(inputs["x"]), inputs)
    assert link[0] == "y" and link[2] == "x"


def test_an_array_in_the_memory_of_an_input_that_is_none_is_refused() -> None:
    memory = bytearray(8)
    with pytest.raises(Inseparable, match="looks into the memory of x"):
        links({"y": np.frombuffer(memory, "u1")}, {"x": memory})


def test_tuples_of_what_cannot_change_are_no_reason_to_look_any_further() -> None:
    rows = {number: (number, str(number)) for number in range(20_000)}
    reach = Reach([rows])
    assert not reach.is_beyond
    assert list(reach.objects.values()) == [rows]
    assert Reach([{**rows, -1: (1, [])}]).is_beyond
    assert Reach([{**rows, -1: (1, (2, 3))}]).is_beyond


def test_an_object_put_in_the_place_of_an_equal_one_is_noticed_without_a_second_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [{"a": number, "b": [number]} for number in range(20_000)]
    before = Entwined({}, {"rows": rows})
    monkeypatch.setattr(sharing.Reach, "__init__", lambda *_: pytest.fail("everything is met anew"))
    assert list(before.replaced({"rows": rows})) == []
    last = rows.pop()
    assert list(before.replaced({"rows": rows})) == []
    rows.append(last)
    last["b"] = rows[0]["b"]
    assert list(before.replaced({"rows": rows})) == []
    monkeypatch.undo()
    rows[7] = dict(rows[7])
    with pytest.raises(Inseparable, match="in the place of parts"):
        list(before.replaced({"rows": rows}))
    rows[7] = rows[8]
    rows[9]["b"] = [9]
    with pytest.raises(Inseparable, match="in the place of parts"):
        list(before.replaced({"rows": rows}))


def test_each_object_is_met_once_however_often_it_is_held() -> None:
    one, other = [1], {"k": [2]}
    reach = Reach([[one, one, other], other, one, [other["k"]]])
    assert Counter(map(id, reach.objects.values())).most_common(1)[0][1] == 1
    assert reach.twice == {id(part): part for part in (one, other, other["k"])}
    assert {id(one), id(other), id(other["k"])} <= reach.objects.keys()
