"""What a function's hit gives is counted by pandas as what its run gave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from zenbook import step
from zenbook.engine.frames import writes_through

pd = pytest.importorskip("pandas")
if writes_through():
    pytest.skip("frames of this pandas do not copy on write", allow_module_level=True)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def taken_out(frame: Any) -> Any:
    return frame.pop("v")


def column(frame: Any) -> Any:
    return frame["v"]


def by(frame: Any) -> Any:
    return frame.set_index("v")


@pytest.mark.parametrize("function", [taken_out, column, by], ids=lambda each: each.__name__)
def test_an_array_sees_what_it_would_see_after_a_run(function: Any) -> None:
    seen = []
    for call in (function, step(function), step(function)):
        frame = pd.DataFrame({"v": [1.0, 2.0], "w": [3.0, 4.0]})
        array = frame["w"].to_numpy()
        made = call(frame)
        frame.loc[0, "w"] = 100
        seen.append((array.tolist(), made.tolist() if made.ndim == 1 else made.w.tolist()))
    assert seen == [seen[0]] * 3


def test_a_column_alone_in_its_memory_writes_there() -> None:
    seen = []
    for call in (column, step(column), step(column)):
        frame = pd.DataFrame({"v": [1.0, 2.0]})
        array = frame["v"].to_numpy()
        made = call(frame)
        del frame
        made.loc[0] = 100
        seen.append(array.tolist())
    assert seen == [[100.0, 2.0]] * 3


def test_a_frame_laid_out_otherwise_is_counted_all_the_same() -> None:
    first = pd.DataFrame({"v": [1.0, 2.0], "w": [3.0, 4.0]}).copy()
    other = pd.DataFrame({"v": [1.0, 2.0]})
    other["w"] = [3.0, 4.0]
    whole = step(lambda frame: frame.rename(columns={"v": "u"}))
    whole(first)
    array = other["w"].to_numpy()
    made = whole(other)
    other.loc[0, "w"] = 100
    assert array.tolist() == made.w.tolist() == [3.0, 4.0]
