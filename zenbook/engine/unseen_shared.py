"""Whether values share what is held to which no way leads (:mod:`zenbook.engine.unseen`).

No link can say where such a part is, so nothing can be put together again: what is kept must not
share one with anything else that is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

from zenbook.engine.reach import Reach
from zenbook.model import Reference


def unseen_between(outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> str:
    """The name of an output that shares such a part with an input; "" for none.

    What libraries make in C, such as a tree for looking up neighbours, may hold the data that they
    were given, and nobody changes these then; so only Python's and numpy's own types count."""
    if not _share_unseen(outputs.values(), inputs.values(), "common"):
        return ""
    shared = (n for n, one in outputs.items() if _share_unseen([one], inputs.values(), "common"))
    return next(shared, next(iter(outputs)))


def unseen_pairs(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The names of values, two by two, that share such a part."""
    present = {n: value for n, value in values.items() if type(value) is not Reference}
    all_held = {n: Reach([value], unseen="all").objects for n, value in present.items()}
    for one, other in combinations(present, 2):
        if all_held[one].keys().isdisjoint(all_held[other]):
            continue
        if _share_unseen([present[one]], [present[other]], "all"):
            yield one, other


def _share_unseen(ones: Iterable[Any], others: Iterable[Any], unseen: str) -> bool:
    """Whether both hold a changeable object, and not both so that a way leads to it, or to what
    holds it."""
    ones, others = list(ones), list(others)
    told = Reach(ones).objects.keys() & Reach(others).objects.keys()
    held = Reach(ones, told, unseen=unseen)
    return held.shares(Reach(others, told, unseen=unseen), besides=told)
