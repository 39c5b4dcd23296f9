"""What a loop leaves behind, rows of a frame or looks at a dictionary, is kept like all else."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

FRAME = "import pandas as pd\nframe = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})"
LOOPS = {
    "itertuples": "for row in frame.itertuples():\n    total += row.a",
    "named rows": "for row in frame.itertuples(index=False, name='Row'):\n    total += row.a",
    "rows and their type": "rows = [*frame.itertuples()]\nkind = type(rows[0])\ntotal = rows[1].a",
    "iterrows": "for name, row in frame.iterrows():\n    total += row['a']",
    "iterrows of a selection": (
        "top = frame['a'].nlargest(2).to_frame()\n"
        "for name, row in top.iterrows():\n    total += row.a"
    ),
    "groupby": "for name, group in frame.groupby('b'):\n    total += len(group)",
}


@pytest.mark.parametrize("loop", LOOPS)
def test_what_a_loop_over_a_frame_leaves_comes_back(loop: str, kernel: Kernel) -> None:
    step = f"%%step s\ntotal = 0\n{LOOPS[loop]}"
    tell = "row = globals().get('row'); repr((total, row, type(row).__name__))"
    told = kernel.play(FRAME, step, tell)
    kernel.fresh()
    again = kernel.play(FRAME, step, tell)
    assert again[1].status == "cached", (told[1].said, again[1].said)
    assert again[2].result == told[2].result


def test_a_kept_row_is_of_its_kept_type(kernel: Kernel) -> None:
    step = f"%%step s\n{LOOPS['rows and their type']}"
    kernel.play(FRAME, step)
    kernel.fresh()
    again = kernel.play(FRAME, step, "isinstance(rows[0], kind), rows[0]._asdict()")
    assert again[1].status == "cached", again[1].said
    assert again[2].result == "(True, {'Index': 0, 'a': 1, 'b': 'x'})"


def test_what_looks_at_a_dictionary_sees_its_later_items(kernel: Kernel) -> None:
    step = "%%step s\nd = {'a': 1}\nkeys, values, items = d.keys(), d.values(), d.items()"
    look = "d['b'] = 2; [*keys], [*values], [*items]"
    told = kernel.play(step, look)[-1].result
    kernel.fresh()
    again = kernel.play(step, look)
    assert again[0].status == "cached" and again[-1].result == told, again[0].said
    used = kernel.play("%%step t\nn = len(keys)", "d['c'] = 3", "%%step t\nn = len(keys)", "n")
    assert used[2].status == "completed" and used[3].result == "3", used[2].said
