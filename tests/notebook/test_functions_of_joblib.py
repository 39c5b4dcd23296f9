"""Functions whose results a ``joblib.Memory`` keeps count by their code and by what the memory was
told, not by when they were made."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import OTHER_PYTHON, Kernel

pytestmark = pytest.mark.skipif(bool(OTHER_PYTHON), reason="joblib is not there")
MEMORY = "import joblib\nmemory = joblib.Memory('kept', verbose=0)"
MADE = "@memory.cache\ndef more(x, y=0):\n    return x + 1 + y"
HELPER = "def both():\n    return more(1), more(1, y=5)"
STEPS = ("%%step ask\nmore.func(1)", "%%step call\nmore(1), more(1, y=5)", "%%step help\nboth()")
EDITS = {
    "its code": ("x + 1", "x + 2", "(3, 8)"),
    "an input that is left out": (".cache", ".cache(ignore=['y'])", "(2, 2)"),
}


@pytest.mark.parametrize(("before", "after", "gives"), EDITS.values(), ids=[*EDITS])
def test_a_function_counts_by_its_code_and_its_options(
    own: Kernel, before: str, after: str, gives: str
) -> None:
    cells = (MEMORY, MADE, HELPER, *STEPS)
    for expected in (["completed"] * 3, None, ["cached"] * 3):
        told = own.play(*cells)[3:]
        assert expected in (None, [cell.status for cell in told]), [cell.said for cell in told]
        own.restart()
    assert [cell.result for cell in told] == ["2", "(2, 7)", "(2, 7)"]
    edited = own.play(MEMORY, MADE.replace(before, after), HELPER, *STEPS)[3:]
    assert [cell.status for cell in edited] == ["completed"] * 3, [cell.said for cell in edited]
    assert [cell.result for cell in edited[1:]] == [gives, gives]
    assert "more changed" in edited[2].said


def test_a_step_that_computes_with_one_is_cached_at_once(own: Kernel) -> None:
    assert own.play(MEMORY, MADE, STEPS[0])[-1].status == "completed"
    own.restart()
    again = own.play(MEMORY, MADE, STEPS[0])[-1]
    assert (again.status, again.result) == ("cached", "2"), again.said


PARALLEL = (
    "from joblib import Parallel, delayed\nabove = Parallel(n_jobs=2, verbose=0, batch_size={0})",
    "%%step a\nwith Parallel(n_jobs=2) as p:\n    y = p(delayed(abs)(-i) for i in range(9))",
    "%%step b\nz = above(delayed(abs)(-i) for i in range(3))",
    "w = p(delayed(abs)(-i) for i in range(2)), above(delayed(abs)(i) for i in range(2)), p.n_jobs",
)


def test_what_hands_calls_to_workers_is_its_settings_between_its_calls(own: Kernel) -> None:
    for size, statuses in (
        (1, ["completed", "completed"]),
        (1, ["cached", "cached"]),
        (2, ["cached", "completed"]),
    ):
        played = own.play(PARALLEL[0].format(size), *PARALLEL[1:])
        assert [cell.status for cell in played[1:3]] == statuses, [c.said for c in played]
        assert own.ask("y, z, w") == str(([*range(9)], [0, 1, 2], ([0, 1], [0, 1], 2)))
        own.restart()
