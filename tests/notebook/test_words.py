"""What the verbs and the line say: true, short, and with what to do next."""

from __future__ import annotations

from tests.notebook.kernel import Kernel

LOAD = "%%step load\nX = [1, 2, 3]"
TRAIN = "%%step train\nmodel = sum(X) * gamma"
CELLS = ("%%parameters\ngamma = 0.5", LOAD, TRAIN)


def told(kernel: Kernel, line: str) -> str:
    return str(kernel.run(line).result)


# ------------------------------------------------------------------ why a step ran

NEVER = "%%step never\nn = 1\ng = (i for i in range(3))"


def test_a_step_that_is_never_kept_says_what_it_said_before(kernel: Kernel) -> None:
    first, again = kernel.run(NEVER), kernel.run(NEVER)
    assert "first run · not kept: g is" in first.said
    assert again.lines[0].startswith("▶ never  running · not kept before: g is a generator")
    assert again.said.count("g is a generator") == 1 and "first run" not in again.said
    assert "would run · not kept before: g is a generator" in told(kernel, "%plan")


def test_a_step_that_failed_says_so_when_it_runs_again(kernel: Kernel) -> None:
    kernel.run("%%step a\n1 / 0")
    assert "its last run failed" in kernel.run("%%step a\nx = 1").said


def test_a_dependency_that_is_no_longer_named_did_not_appear(kernel: Kernel) -> None:
    kernel.run("%%step a -d missing.txt\nx = 1")
    assert "file missing.txt is no longer used" in kernel.run("%%step a\nx = 1").said


def test_a_declared_file_that_is_deleted_is_gone(kernel: Kernel) -> None:
    kernel.run("_ = open('d.txt', 'w').write('1')")
    kernel.run("%%step a -d d.txt\nx = 1")
    kernel.run("import os; os.remove('d.txt')")
    assert "file d.txt is gone" in kernel.run("%%step a -d d.txt\nx = 1").said


def test_an_output_that_the_cell_never_binds_is_an_error_before_it_runs(kernel: Kernel) -> None:
    kernel.run("model = 0")
    wrong = kernel.run("%%step a -o modle\nmodel = 1")
    assert wrong.reply["evalue"] == (
        "--outputs names modle, which the cell does not bind. Did you mean model?"
    )
    assert kernel.value("model") == 0
    assert kernel.run("%%step a -o late\nexec('late = 3')").error == ""


def test_long_values_are_short_in_the_line_and_whole_in_why(kernel: Kernel) -> None:
    kernel.run("text = 'a very long text that goes on and on for a while, one'")
    kernel.run("%%step a\nx = len(text)")
    kernel.run("text = 'a very long text that goes on and on for a while, two'")
    said = kernel.run("%%step a\nx = len(text)").said
    assert "text …while, one'→…while, two'" in said
    assert "'a very long text that goes on" in told(kernel, "%why a")


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
