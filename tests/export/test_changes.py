"""What the text tells of changes in place."""

from __future__ import annotations

import ast

import pytest

from zenbook.front.export.changes import function_changes, may_change, may_change_through


def changed(text: str) -> set[str]:
    """Names that the statements after the definitions may change."""
    body = ast.parse(text).body
    kinds = (ast.FunctionDef, ast.ClassDef)
    rest = [node for node in body if not isinstance(node, kinds)]
    return may_change(rest, function_changes(body))


@pytest.mark.parametrize(
    ("definition", "call", "expected"),
    [
        ("def f(x):\n    return x * 2", "y = f(table)", set()),
        ("def f(x):\n    x.append(1)", "f(table)", {"table"}),
        ("def f(a, x):\n    x[0] = a", "f(one, table)", {"table"}),
        ("def f(a, x):\n    x[0] = a", "f(x=table, a=one)", {"table"}),
        ("def f(x):\n    y = x[1:]\n    y += 1", "f(table)", {"table"}),
        ("def f(x):\n    for row in x:\n        row.sort()", "f(table)", {"table"}),
        ("def f(x):\n    x = x.copy()\n    return x.sum()", "f(table)", set()),
        ("def g(x):\n    x.sort()\n\ndef f(x):\n    g(x)", "f(table)", {"table"}),
        ("def f(*rest):\n    rest[0].sort()", "f(one, table)", {"one", "table"}),
        ("def f(x):\n    seen.append(x)", "f(one)", {"seen"}),
        ("class F:\n    def __init__(self, x):\n        self.x = x", "f = F(table)", {"table"}),
    ],
)
def test_a_functions_own_text_tells_what_calling_it_changes(
    definition: str, call: str, expected: set[str]
) -> None:
    assert changed(f"{definition}\n\n{call}") == expected


@pytest.mark.parametrize(
    "text",
    [
        "row = table['a']\nrow.append(1)",
        "for row in table.values():\n    row.append(1)",
        "part = other = table\nother[0] = 1",
        "with table as inner:\n    inner.pop()",
    ],
)
def test_a_change_by_another_name_is_a_change(text: str) -> None:
    assert "table" in may_change_through(ast.parse(text).body)
    assert "table" not in may_change_through(ast.parse("row = sorted(table)\nrow.append(1)").body)
