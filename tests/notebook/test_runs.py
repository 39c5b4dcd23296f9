"""Runs and versions while iterating, by the rules R1 to R5, and the verbs that show them."""

from __future__ import annotations

from tests.notebook.kernel import Kernel

LOAD = "%%step load\nX = [1, 2, 3]"
TRAIN = "%%step train\nmodel = sum(X) * gamma"
SCORE = "%%step score\naccuracy = model / 2"


def _all(kernel: Kernel, gamma: float = 0.5, train: str = TRAIN) -> list[str]:
    played = kernel.play(LOAD, f"gamma = {gamma}", train, SCORE)
    return [cell.said for cell in played if cell.line]


def _place(said: str) -> str:
    return said.rpartition("notebook ")[2]


def test_five_cells_executed_for_the_first_time_make_one_version(kernel: Kernel) -> None:
    assert [_place(said) for said in _all(kernel)] == ["v1 draft run 1"] * 3
    assert [_place(said) for said in _all(kernel)] == ["v1 run 2"] * 3


def test_run_all_again_is_the_next_run_all_cached(kernel: Kernel) -> None:
    _all(kernel)
    again = _all(kernel)
    assert all(said.startswith("↺") for said in again)
    assert kernel.value("len(__import__('zenbook').runs())") == 2


def test_another_parameter_is_another_run_of_the_same_version(kernel: Kernel) -> None:
    kernel.run("%%parameters\ngamma = 0.5")
    kernel.play(LOAD, TRAIN, SCORE)
    kernel.run("%%parameters\ngamma = 0.6")
    said = [cell.said for cell in kernel.play(LOAD, TRAIN, SCORE)]
    assert said[0].startswith("↺ load") and "gamma 0.5→0.6" in said[1]
    assert [_place(one) for one in said] == ["v1 run 2"] * 3
    runs = kernel.value("[(r.number, dict(r.parameters)) for r in __import__('zenbook').runs()]")
    assert runs == [(2, {"gamma": "0.6"}), (1, {"gamma": "0.5"})]


def test_a_miss_of_a_step_in_the_run_opens_a_run_with_the_steps_before_it(kernel: Kernel) -> None:
    _all(kernel)
    kernel.run("gamma = 0.7")
    said = kernel.run(TRAIN).said
    assert "gamma 0.5→0.7" in said and _place(said) == "v1 run 2"
    runs = kernel.value(
        "[[(s, h.status) for s, h in r.steps.items()] for r in __import__('zenbook').runs()]"
    )
    assert runs[0] == [("load", "cached"), ("train", "completed")]


def test_an_edited_step_is_a_draft_of_the_next_version_and_going_back_is_the_old(
    kernel: Kernel,
) -> None:
    _all(kernel)
    edited = TRAIN + " + 1"
    said = _all(kernel, train=edited)
    assert "code changed" in said[1] and _place(said[1]) == "v2 draft run 2"
    assert [_place(one) for one in _all(kernel, train=edited)] == ["v2 run 3"] * 3
    back = _all(kernel)
    assert all(said.startswith("↺") for said in back) and _place(back[2]) == "v1 run 4"


def test_lines_of_a_run_are_told_again_when_its_version_is(kernel: Kernel) -> None:
    edited = TRAIN + " + 1"
    _all(kernel)
    closed = kernel.play(LOAD)[0]
    assert [_place(line) for line in closed.retold] == ["v1 run 1"] * 3, "stamped when it closed"
    kernel.play(edited, SCORE)
    back = kernel.play(LOAD, TRAIN, SCORE)
    assert _place(back[0].said) == "v2 run 3", "as far as anybody knows"
    assert [_place(line) for line in back[1].retold] == ["v1 run 3"]
    assert [_place(cell.said) for cell in back[1:]] == ["v1 run 3"] * 2


def test_a_step_that_is_in_several_versions_is_a_draft_until_another_tells(
    kernel: Kernel,
) -> None:
    _all(kernel)
    _all(kernel, train=TRAIN + " + 1")
    kernel.fresh()
    load, *_ = kernel.play(LOAD, "gamma = 0.5")
    assert _place(load.said) == "v2 draft run 3"
    train = kernel.run(TRAIN)
    assert _place(train.said) == "v1 run 3"
    assert [_place(line) for line in train.retold] == ["v1 run 3"]


def test_another_hit_than_the_first_is_noted_on_the_current_run(kernel: Kernel) -> None:
    _all(kernel)
    assert _place(kernel.run(SCORE).said).endswith("run 1")
    assert _place(kernel.run(TRAIN).said).endswith("run 1")


def test_a_failed_step_ends_the_run_and_a_rerun_opens_the_next(kernel: Kernel) -> None:
    kernel.run(LOAD)
    failed = kernel.run("%%step train\nmodel = X / 0")
    assert failed.said.startswith("✗ train  failed after") and failed.said.endswith("run 1")
    kernel.run("gamma = 1")
    assert _place(kernel.run(TRAIN).said).endswith("run 2")
    statuses = kernel.value("[r.status for r in __import__('zenbook').runs()]")
    assert statuses == ["running", "failed"]


def test_a_kernel_start_opens_its_own_run_and_the_old_one_is_complete(kernel: Kernel) -> None:
    _all(kernel)
    kernel.fresh()
    assert _place(_all(kernel)[0]) == "v1 run 2"
    assert kernel.value("[r.status for r in __import__('zenbook').runs()]") == [
        "running",
        "completed",
    ]


def test_two_cells_with_one_name_are_said(kernel: Kernel) -> None:
    kernel.run("%%step a\nx = 1")
    kernel.run("%pipeline demo --quiet")
    assert "demo v1 draft run 1" in kernel.run("%%step a\nx = 1").said


def test_plan_says_what_is_stale_and_for_how_long(kernel: Kernel) -> None:
    _all(kernel)
    assert kernel.run("%plan").result is not None
    assert "↺ load  cached\n↺ train  cached\n↺ score  cached" in str(kernel.run("%plan").result)
    kernel.run("gamma = 0.9")
    told = str(kernel.run("%plan").result)
    assert "↺ load  cached" in told and "▶ train  would run · gamma 0.5→0.9" in told
    assert "? score  depends on train" in told and "Run All would take about" in told


def test_why_gives_every_reason_with_old_and_new(kernel: Kernel) -> None:
    _all(kernel)
    kernel.run("gamma = 0.9")
    kernel.run(TRAIN + " + 1")
    told = str(kernel.run("%why train").result)
    assert told == (
        "train completed: code changed\n"
        "  gamma 0.5→0.9  (input)\n"
        "  --- train (before)\n"
        "  +++ train (after)\n"
        "  @@ -1 +1 @@\n"
        "  -model = sum(X) * gamma\n"
        "  +model = sum(X) * gamma + 1"
    )
    assert "from notebook:1" in told_of(kernel, "%why load")
    kernel.run("%%step train\nmodel = 1 / 0")
    assert "\n  ZeroDivisionError: division by zero\n" in told_of(kernel, "%why train")


def test_a_miss_is_told_against_what_the_last_run_of_this_pipeline_was_given(
    kernel: Kernel,
) -> None:
    for gamma in (1, 2, 1, 3):
        kernel.run(f"gamma = {gamma}")
        kernel.run(TRAIN.replace("sum(X)", "10"))
    assert told_of(kernel, "%why train") == "train completed: gamma 1→3"
    kernel.run("%pipeline another -q")
    kernel.run(TRAIN.replace("sum(X)", "11"))
    assert told_of(kernel, "%why train") == "train completed: first run"


def told_of(kernel: Kernel, line: str) -> str:
    return str(kernel.run(line).result)


def test_restore_puts_an_old_run_back_and_says_what_it_replaced(kernel: Kernel) -> None:
    _all(kernel, 0.5)
    _all(kernel, 2.0)
    assert kernel.value("model") == 12.0
    told = str(kernel.run("%zenbook restore 1").result)
    assert kernel.value("model") == 3.0 and kernel.value("accuracy") == 1.5
    assert "Replaced: " in told and "model" in told


def test_the_verbs_answer_and_a_wrong_one_gets_a_suggestion(kernel: Kernel) -> None:
    _all(kernel)
    assert "notebook" in str(kernel.run("%runs").result)
    for line in ("show", "show latest", "status", "gc", "runs", "plan", "why train"):
        assert kernel.run(f"%zenbook {line}").reply["status"] == "ok", line
    wrong = kernel.run("%zenbook restor 1")
    assert wrong.error == "OptionError" and "restore" in wrong.reply["evalue"]
    assert kernel.run("%zenbook diff 1").error == "OptionError"


def test_completion_knows_options_steps_and_verbs(kernel: Kernel) -> None:
    _all(kernel)
    assert "--must-hit" in kernel.complete("%%step train --mu")
    assert "train" in kernel.complete("%why tr")
    assert "restore" in kernel.complete("%zenbook res")
    assert "%%step" in kernel.complete("%%ste")


def test_help_tells_the_options(kernel: Kernel) -> None:
    reply = kernel.run("%%step?")
    assert "--must-hit" in str(reply.reply["payload"])


def test_the_graph_is_shown_by_pipeline(kernel: Kernel) -> None:
    _all(kernel)
    cell = kernel.run("%pipeline")
    assert cell.result is not None and "train" in cell.result


def test_a_result_of_another_pipeline_says_whose_it_is(kernel: Kernel) -> None:
    kernel.run(LOAD)
    kernel.run("%pipeline study")
    assert " · from notebook run 1, just now · study v1 draft run 1" in kernel.run(LOAD).said
    assert " · from run 1, just now · notebook" not in kernel.run(LOAD).said


def test_a_run_of_papermill_tells_all_parameters_and_not_only_those_it_was_given(
    kernel: Kernel,
) -> None:
    cells = ["above = 1", "gamma = 0.5\nrate = 3", "# Parameters\ngamma = 0.7", "below = 2"]
    kernel.play(*cells, "%%step train\ny = gamma * rate")
    told = "dict(__import__('zenbook').show('latest').facts.parameters)"
    assert kernel.value(told) == {"gamma": "0.7", "rate": "3"}


def test_what_stands_above_an_injected_cell_without_its_names_is_none_of_them(
    kernel: Kernel,
) -> None:
    for above in ("rate = 3", "%%step load\nrate = 3\ngamma = 1"):
        kernel.fresh()
        kernel.play(above, "# Parameters\ngamma = 0.7", "%%step train\ny = gamma * rate")
        told = "dict(__import__('zenbook').show('latest').facts.parameters)"
        assert kernel.value(told) == {"gamma": "0.7"}
