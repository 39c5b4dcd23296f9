"""Whether a library may read texts of the user's code is told by what is known, or by its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from zenbook.core.text_readers import texts_read_by


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "zb_reading"
    (folder / "inner" / "tests").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "inner" / "tests" / "t.py").write_text("import inspect\ninspect.getsource(f)\n")
    monkeypatch.syspath_prepend(tmp_path)
    texts_read_by.cache_clear()
    yield folder
    texts_read_by.cache_clear()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(x): return x", set()),
        ("def f(x): return x.__annotations__", {"annotations"}),
        ("from typing import get_type_hints", {"annotations"}),
        ("def f(x): return x.__doc__", {"docstring"}),
        ("import inspect\ninspect.getsource(f), inspect.getdoc(f)", {"docstring", "source"}),
    ],
)
def test_an_unknown_library_reads_what_its_text_says(
    text: str, expected: set[str], package: Path
) -> None:
    (package / "inner" / "deep.py").write_text(text)
    assert texts_read_by("zb_reading") == expected
    assert "zb_reading" not in sys.modules


def test_what_is_known_of_a_library_comes_first() -> None:
    assert texts_read_by("numpy") == frozenset()
    assert texts_read_by("pydantic") == {"annotations"}
    assert texts_read_by("zb_nowhere") == frozenset()
