"""Walking and copying syntax trees."""

from __future__ import annotations

import ast

import pytest

from zenbook.core.trees import copied, nodes_of

SOURCES = [
    "x: int = f(a, *b, c=-1)[1:2]\ndel x",
    "def f(a, /, b=1, *, c: str = ''):\n    'Doc.'\n    global g\n    return a + b",
    "match x:\n    case {'a': [1, *rest], **more} if rest:\n        pass",
    "try:\n    pass\nexcept* ValueError as error:\n    raise error from None",
    "async def f():\n    async with a as b:\n        return {k: await v async for k, v in b}",
    "f'{x!r:>{width}}' if (y := ...) else lambda: (yield)",
]


@pytest.mark.parametrize("source", SOURCES)
def test_a_copy_is_another_tree_of_the_same_text_and_places(source: str) -> None:
    tree = ast.parse(source)
    copy = copied(tree)
    assert ast.dump(copy, include_attributes=True) == ast.dump(tree, include_attributes=True)
    assert {id(node) for node in nodes_of([copy])}.isdisjoint(map(id, nodes_of([tree])))


def test_a_copy_leaves_behind_what_a_debugger_has_put_on_nodes() -> None:
    tree = ast.parse("a + b")
    shared = next(node for node in ast.walk(tree) if isinstance(node, ast.Add))
    shared.parent = tree  # type: ignore[attr-defined]
    try:
        assert not any(hasattr(node, "parent") for node in ast.walk(copied(tree)))
    finally:
        del shared.parent  # type: ignore[attr-defined]


@pytest.mark.parametrize("source", SOURCES)
def test_the_nodes_of_a_tree_are_those_that_ast_walks_without_contexts(source: str) -> None:
    tree = ast.parse(source)
    walked = [node for node in ast.walk(tree) if not isinstance(node, ast.expr_context)]
    assert nodes_of([tree]) == walked
