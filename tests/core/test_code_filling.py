"""Which globals code is seen to fill."""

from __future__ import annotations

import pytest

from zenbook.core.closure_changes import changing_in, filled_in
from zenbook.core.code_reader import facts_of

FILLS = [
    "it.append(x)",
    "it[x] = 1",
    "it[x] += 1",
    "del it[x]",
    "it.rows.append(x)",
    "it['loss'].append(x)",
    "it['a'][x].update(y)",
    "it['a'][x] = y",
    "it.fit(X, y)",
    "it.fit()",
    "it[x].fit(X)",
    "it.setdefault(x, []).append(y)",
    "def inner():\n        it.append(x)\n    inner()",
]
READS = [
    "len(it)",
    "it[x]",
    "it.copy()",
    "it['a'].mean()",
    "f(it)",
    "other.append(it)",
    "other[it] = 1",
    "other.append(it[x])",
    "sorted(it.items())",
]


def _filled(body: str) -> frozenset[str]:
    space: dict[str, object] = {}
    exec(compile(f"def f(x, X=None, y=None, other=None):\n    {body}\n", "cell", "exec"), space)
    function: object = space["f"]
    facts = facts_of(function.__code__)  # type: ignore[attr-defined]
    return filled_in(changing_in(facts, space, {}), space)


@pytest.mark.parametrize("body", FILLS)
def test_code_fills_what_it_changes_where_it_stands(body: str) -> None:
    assert "it" in _filled(body)


@pytest.mark.parametrize("body", READS)
def test_code_that_only_reads_fills_nothing(body: str) -> None:
    assert "it" not in _filled(body)
