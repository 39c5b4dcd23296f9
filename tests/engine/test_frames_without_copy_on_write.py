"""Frames that look into each other's memory, as before pandas 3, do so again or are not kept.

pandas 3 lays frames out the same way and copies when one is written to, so that most of this can
be tested there too.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.notebook.kernel import Kernel
from zenbook.engine import frames
from zenbook.engine.others import entangled
from zenbook.engine.sharing import Inseparable, links, relink
from zenbook.engine.windows import refuse_buffers

MODERN = int(pd.__version__.partition(".")[0]) > 2
Frames = dict[str, Any]


@pytest.fixture
def table() -> pd.DataFrame:
    days = pd.date_range("2020", periods=3)
    return pd.DataFrame({"a": [1.0, 2, 3], "b": [4.0, 5, 6], "o": [{}, [], ()], "d": days})


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "writes_through", lambda: True)


@pytest.mark.usefixtures("through")
def test_a_column_of_an_input_looks_into_it_again(table: pd.DataFrame) -> None:
    found = links({"y": table["a"]}, {"df": table})
    windows = [link for link in found if link[4] is not None]
    assert [link[:4] for link in windows] == [("y", (("block", 0),), "df", (("block", 0),))]
    outputs, inputs = {"y": table["a"].copy(deep=True)}, {"df": copy.deepcopy(table)}
    relink(windows, outputs, inputs)
    assert outputs["y"].equals(table["a"])
    assert np.shares_memory(outputs["y"].array, inputs["df"]["a"].array)


@pytest.mark.usefixtures("through")
def test_what_cannot_be_looked_into_again_is_not_kept(table: pd.DataFrame) -> None:
    with pytest.raises(Inseparable):
        links({"y": table["d"]}, {"df": table})


@pytest.mark.usefixtures("through")
def test_a_functions_result_whose_frames_look_into_each_other_is_not_kept(
    table: pd.DataFrame,
) -> None:
    refuse_buffers({"output": {"table": table, "copy": table.copy(deep=True)}})
    with pytest.raises(Inseparable, match="look into each other's memory"):
        refuse_buffers({"output": {"table": table, "column": table["a"]}})


@pytest.mark.usefixtures("through")
def test_who_looks_into_a_frame_that_is_changed_is_found(table: pd.DataFrame) -> None:
    others = {"n": 1, "copy": table[["a"]].copy(deep=True), "column": table["a"]}
    assert entangled(table, others, becomes=True) == "column"


@pytest.mark.skipif(not MODERN, reason="frames of this pandas write through")
def test_frames_that_copy_on_write_share_no_memory(table: pd.DataFrame) -> None:
    assert all(link[4] is None for link in links({"y": table["a"]}, {"df": table}))
    assert not entangled(table, {"column": table["a"]}, becomes=True)


MAKING = "import pandas as pd\ndf = pd.DataFrame({'a': [1., 2.], 'b': [3., 4.], 'o': ['x', 'y']})"


@pytest.mark.skipif(MODERN, reason="frames of this pandas copy on write")
def test_a_later_change_is_seen_in_both_frames(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)
    try:
        for status in ("completed", "cached"):
            played = kernel.play(MAKING, "%%step s\ny = df['a']", "df.loc[0, 'a'] = 9.0")
            assert played[1].status == status
            assert kernel.value("y.tolist()") == [9.0, 2.0]
            kernel.restart()
    finally:
        kernel.stop()
