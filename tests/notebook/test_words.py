"""What the verbs and the line say: true, short, and with what to do next."""

from __future__ import annotations

from tests.notebook.kernel import Kernel

LOAD = "%%step load\nX = [1, 2, 3]"
TRAIN = "%%step train\nmodel = sum(X) * gamma"
CELLS = ("%%parameters\ngamma = 0.5", LOAD, TRAIN)


def told(kernel: Kernel, line: str) -> str:
    return str(kernel.run(line).result)


# ------------------------------------------------------------------ the open run


def test_the_difference_to_an_open_run_shows_code_only_where_it_differs(kernel: Kernel) -> None:
    kernel.play(*CELLS, "gamma = 0.6", TRAIN)
    assert told(kernel, "%zenbook diff 1 2") == (
        "parameter gamma: 0.5 → 0.6\ntrain: completed → completed\n  gamma 0.5→0.6\n"
        "  other outputs: model"
    )
    kernel.run(TRAIN + " + 1")
    found = told(kernel, "%zenbook diff 2 3")
    assert "-model = sum(X) * gamma\n  +model = sum(X) * gamma + 1" in found
    assert "X = [1, 2, 3]" not in found


def test_a_step_that_an_open_run_has_not_met_is_not_told_as_removed(kernel: Kernel) -> None:
    kernel.play(*CELLS, LOAD)
    assert told(kernel, "%zenbook diff 1 2") == "train: completed → not run yet"


def test_runs_show_the_version_of_the_open_run_as_its_lines_do(kernel: Kernel) -> None:
    kernel.play(*CELLS)
    assert "notebook  1    1 draft  running" in told(kernel, "%runs")
    assert told(kernel, "%zenbook show").startswith("Run 1 of notebook (version 1 draft): running")
    kernel.play(LOAD, TRAIN + " + 1")
    assert "notebook  2    2 draft  running" in told(kernel, "%runs")
    assert "notebook  1    1        completed" in told(kernel, "%runs")


def test_a_run_that_failed_has_no_version(kernel: Kernel) -> None:
    kernel.play(LOAD, "%%step train\n1 / 0")
    assert "notebook  1    –        failed" in told(kernel, "%runs")
    assert told(kernel, "%zenbook show").startswith("Run 1 of notebook (no version): failed")


def test_a_run_shows_the_parameters_that_its_steps_used(kernel: Kernel) -> None:
    kernel.play(*CELLS, "gamma = 0.6", TRAIN)
    assert "gamma=0.6" in told(kernel, "%zenbook show 2")
    assert "gamma=0.5" in told(kernel, "%zenbook show 1")
    kernel.play("gamma = 0.7", "%%step score\nscore = gamma")
    assert "gamma=0.6→0.7" in told(kernel, "%zenbook show 2"), "its steps used both"
