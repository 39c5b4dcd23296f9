"""Of very many objects only the ways to those are made that outputs share with inputs."""

from __future__ import annotations

import gc
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import pytest

from zenbook.core.uncollected import uncollected
from zenbook.engine import sharing
from zenbook.engine.sharing import Inseparable, Link, links
from zenbook.engine.ways import Endless


class Node:
    """Something with attributes."""

    def __init__(self, **held: Any) -> None:
        vars(self).update(held)


def _by_tag(records: list[Any]) -> dict[str, Any]:
    by: defaultdict[int, list[Any]] = defaultdict(list)
    for record in records:
        by[record["id"] % 3].append({**record, "n": 1})
    return {"by": by, "out": [each for group in by.values() for each in group], "r": records[-1]}


MADE: dict[str, Callable[[list[Any]], dict[str, Any]]] = {
    "the same objects": lambda records: {"some": records[::2]},
    "parts of them": _by_tag,
    "the input": lambda records: {"same": records, "too": [records]},
    "one object and a part of it": lambda records: {"two": [records[0], records[0]["tags"]]},
    "one object in two places": lambda records: {"two": [records[1], {"k": records[1]}]},
    "in tuples": lambda records: {"t": (1, (records[0], (records[1]["tags"],)))},
    "a tuple in two places": lambda records: {"t": [t := (1, records[0]), t]},
    "attributes": lambda records: {"node": Node(a=Node(b=records[2]), c=[records[3]["tags"]])},
    "a queue": lambda records: {"q": deque(records)},
    "very many": lambda records: {"wide": [*range(20_000), records[5]["tags"]]},
    "what holds itself": lambda records: {"loop": _loop(records[0])},
}


def _loop(part: Any) -> list[Any]:
    loop = [part]
    loop.append(loop)
    return loop


def _by_walking(
    outputs: dict[str, Any], inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> list[Link]:
    """What walks find that make the way to everything they come by."""

    def endless(*_: Any) -> Any:
        raise Endless

    with monkeypatch.context() as patched:
        patched.setattr(sharing, "_links_to", endless)
        return links(outputs, inputs)


def _records() -> list[dict[str, Any]]:
    return [{"id": number, "tags": ["a", number], "score": 0.5} for number in range(50)]


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_the_ways_are_those_that_walks_find(
    made: Callable[[list[Any]], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    records = _records()
    inputs = {"first": {"n": [1]}, "records": records, "again": records[7:9]}
    outputs = made(records)
    found = links(outputs, inputs)
    assert found == _by_walking(outputs, inputs, monkeypatch)
    assert found


def test_no_walk_makes_the_ways_to_all_that_inputs_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "walk", lambda *_, **__: pytest.fail("all of it is walked"))
    records = _records()
    found = links({"some": [record["tags"] for record in records[30:]]}, {"records": records})
    assert found[0] == ("some", (("item", 0),), "records", (("item", 30), ("item", "tags")), None)
    assert len(found) == 20


@pytest.mark.parametrize("made", [lambda node: {"s": {node}}, lambda node: {"s": [{1: {node}}]}])
def test_a_part_that_sits_in_a_set_is_refused(made: Callable[[Any], dict[str, Any]]) -> None:
    node = Node(n=1)
    with pytest.raises(Inseparable, match="holds a part of an input in a set"):
        links(made(node), {"nodes": [node]})


def test_no_garbage_is_collected_meanwhile_and_then_as_before() -> None:
    with uncollected(), uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
