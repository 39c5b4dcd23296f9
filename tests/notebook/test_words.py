"""What the verbs and the line say: true, short, and with what to do next."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel
from zenbook.front.notebook.verb_table import VERBS

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
    again = kernel.run("%%step a\n1 / 0").lines[0]
    assert "its last run failed" in again and "changed" not in again
    assert "its last run failed; code changed ·" in kernel.run("%%step a\nx = 1").said
    kernel.run("k = 0")
    kernel.run("%%step b\ny = 1 / k")
    kernel.run("k = 1")
    changed = "its last run failed; what it depends on has changed"
    assert changed in kernel.run("%%step b\ny = 1 / k").said


@pytest.mark.parametrize("cell", ["%%step a", "%%step a\n# later", "%step a\n\n"])
def test_a_step_without_code_says_that_it_has_nothing_to_run(kernel: Kernel, cell: str) -> None:
    ran = kernel.run(cell)
    told = "zenbook: step a has nothing to run: there is no code below its line.\n"
    assert (ran.stream("stderr"), ran.error, ran.said) == (told, "", "")
    assert kernel.run("%%step a\nx = 1").said.startswith("✓ a")


def test_a_step_that_failed_tells_the_parameter_that_is_another_now(kernel: Kernel) -> None:
    kernel.run("%%parameters\nk = 0")
    kernel.run("%%step a\nx = 1 / k")
    kernel.run("%%parameters\nk = 2")
    assert "its last run failed; k 0→2 ·" in kernel.run("%%step a\nx = 1 / k").said


def test_a_dependency_that_is_no_longer_named_did_not_appear(kernel: Kernel) -> None:
    kernel.run("%%step a -d missing.txt\nx = 1")
    assert "file missing.txt is no longer used" in kernel.run("%%step a\nx = 1").said


def test_files_are_told_as_people_name_them(kernel: Kernel) -> None:
    def said(step: str, change: str) -> str:
        kernel.run(step)
        kernel.run(f"import os, pathlib\n{change}")
        return kernel.run(step).said

    asked = "%%step a\nimport os\nx = os.path.exists('o')"
    assert "file o appeared" in said(asked, "os.mkdir('o')")
    assert "file o is gone" in said(
        asked.replace(" a\n", " a2\n").replace("x", "x2", 1), "os.rmdir('o')"
    )
    found = "%%step b\nimport glob\ny = glob.glob('*.csv')"
    assert "files *.csv changed" in said(found, "pathlib.Path('a.csv').touch()")
    listed = "%%step c\nimport os\nz = os.listdir('.')"
    assert "folder . changed" in said(listed, "pathlib.Path('b.csv').touch()")
    declared = "%%step d -d *.txt\nw = 1"
    assert "file a.txt appeared" in said(declared, "pathlib.Path('a.txt').touch()")
    kernel.run("%%step e\nv = 1")
    assert "file none.x is missing" in kernel.run("%%step e -d none.x\nv = 1").said


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


# ------------------------------------------------------------------ errors of the verbs


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("%zenbook show it's", "%zenbook: no closing quotation in: show it's"),
        ("%runs a b", "%runs takes [PIPELINE], not 'a b': %runs [PIPELINE] [--tag TAG]"),
        ("%runs nosuch", "There is no pipeline nosuch."),
        ("%runs notebok", "There is no pipeline notebok. Did you mean notebook?"),
        ("%zenbook runs --json", "%zenbook runs has no option --json. It has --tag, --status,"),
        ("%zenbook runs --stat failed", "has no option --stat. Did you mean --status?"),
        ("%zenbook runs --status good", "--status is one of completed, failed, "),
        ("%zenbook runs --limit no", "--limit takes a whole number from 1, not 'no'."),
        ("%zenbook gc 5", "%zenbook gc takes no arguments, not '5': %zenbook gc [--limit SIZE]"),
        ("%zenbook gc --limit x", "A size is a number of bytes or like 500MB or 2.5GB, not 'x'."),
        ("%zenbook diff 1", "%zenbook diff takes RUN RUN, not '1': %zenbook diff RUN RUN"),
        ("%zenbook diff 1 99", "notebook has no run 99: its newest is run 1. `%runs` lists"),
        ("%zenbook show bogus", "There is no run 'bogus'. `%zenbook runs` lists them."),
        ("%zenbook show load", "load is a step: `%zenbook show notebook:1 load` shows"),
        ("%zenbook forget 9", "notebook has no run 9"),
        ("%zenbook pin 9", "notebook has no run 9"),
        ("%zenbook restor 1", "There is no verb restor. Did you mean restore?"),
        ("%zenbook xyz", "There is no verb xyz. There are run, plan, runs,"),
        ("%why", "%why takes STEP [RUN], and got none: %why STEP [RUN]"),
        ("%why trian", "No run on record has a step trian. Did you mean train?"),
        ("%plan x", "%plan takes no arguments, not 'x': %plan"),
        ("%pipeline a b", "%pipeline takes one name, not a and b."),
        ("%zenbook run x.ipynb", "!zenbook run x.ipynb"),
        ("%zenbook export", "No front end tells the notebook's name: %zenbook export FILE."),
        ("%%parameters --x\na = 1", "%%parameters takes no options, not '--x'."),
    ],
)
def test_a_wrong_verb_line_gets_one_short_sentence(kernel: Kernel, line: str, wanted: str) -> None:
    kernel.play(*CELLS)
    wrong = kernel.run(line)
    assert wrong.error in ("OptionError", "UsageError")
    assert wanted in wrong.reply["evalue"]
    assert wrong.traceback == f"{wrong.error}: {wrong.reply['evalue']}"


def test_the_verbs_take_a_run_by_its_number_and_their_own_options(kernel: Kernel) -> None:
    kernel.play(*CELLS, LOAD)
    assert told(kernel, "%zenbook pin 1").startswith("Run 1 of notebook is pinned")
    assert "(1 pinned)" in told(kernel, "%zenbook status")
    assert told(kernel, "%zenbook pin 1 --remove") == "Run 1 of notebook is no longer pinned."
    assert told(kernel, "%zenbook gc --dry-run").startswith("Would free")
    assert "the limit is 0 B" in told(kernel, "%zenbook gc --limit 0 --dry-run")
    assert told(kernel, "%zenbook gc --set-limit 1GB").startswith("Freed")
    assert " of 1" in told(kernel, "%zenbook status")
    assert "clean" in told(kernel, "%zenbook fsck")
    assert told(kernel, "%zenbook runs --status failed") == (
        "No run of notebook has the status failed."
    )
    assert told(kernel, "%zenbook runs --limit 1").count("notebook") == 1
    asked = kernel.run("%zenbook forget 1")
    assert asked.reply["evalue"] == (
        "To delete run 1 of notebook for good, say so: %zenbook forget 1 --yes"
    )
    assert "is forgotten" in told(kernel, "%zenbook forget 1 --yes")
    wrong = kernel.run("%zenbook forget 2 --yes")
    assert "is still running" in wrong.reply["evalue"]


def test_show_and_restore_take_a_step_or_an_output_and_help_is_told(kernel: Kernel) -> None:
    kernel.play(*CELLS)
    assert told(kernel, "%zenbook show latest train").startswith("train  ✓ ran  notebook")
    kernel.run("del X, model")
    assert told(kernel, "%zenbook restore latest model") == ("Restored from run 1. Added: model.")
    assert told(kernel, "%zenbook restore 1 load") == "Restored from run 1. Added: X."
    wrong = kernel.run("%zenbook restore 1 modl")
    assert wrong.reply["evalue"] == (
        "That run kept nothing that is called modl. Did you mean model?"
    )
    assert "\n  forget RUN [--yes]  " in told(kernel, "%zenbook --help")
    assert told(kernel, "%zenbook pin --help").endswith("let go of a pinned run")


@pytest.mark.parametrize(
    ("typed", "offered", "not_offered"),
    [
        ("%zenbook forget ", {"latest", "1"}, {"train", "--inputs"}),
        ("%zenbook pin ", {"1", "--remove"}, {"train", "--inputs"}),
        ("%zenbook runs ", {"notebook", "--tag"}, {"train", "--inputs"}),
        ("%zenbook runs --status ", {"failed"}, {"--tag", "notebook"}),
        ("%zenbook gc ", {"--dry-run", "--limit"}, {"train", "--inputs", "1"}),
        ("%zenbook status ", set(), {"train", "--inputs"}),
        ("%zenbook export ", {"--check"}, {"train", "--inputs"}),
        ("%zenbook restore ", {"1"}, {"train"}),
        ("%zenbook restore 1 ", {"train"}, {"1"}),
        ("%why ", {"train"}, {"1"}),
        ("%why train ", {"1"}, {"load"}),
        ("%runs ", {"notebook"}, {"train"}),
        ("%pipeline ", {"notebook", "--no-cache"}, {"train"}),
        ("%zenbook runs --", {"--tag", "--limit"}, {"--abs", "--all"}),
        ("%%step -", {"-i", "--inputs"}, {"-abs", "-all"}),
        ("%%step ", {"train", "-i"}, {"and", "not"}),
    ],
)
def test_completion_offers_what_may_come_next(
    kernel: Kernel, typed: str, offered: set[str], not_offered: set[str]
) -> None:
    kernel.play(*CELLS)
    found = set(kernel.complete(typed))
    assert offered <= found and not not_offered & found


def test_an_input_that_is_misspelt_gets_a_suggestion(kernel: Kernel) -> None:
    kernel.run("gamma = 1")
    wrong = kernel.run("%%step a -i gama\nx = 1")
    assert wrong.reply["evalue"].endswith("the notebook does not have. Did you mean gamma?")


def test_before_anything_has_run_the_verbs_say_so(kernel: Kernel) -> None:
    assert told(kernel, "%runs") == "no runs yet"
    for line, wanted in (
        ("%plan", "This kernel has not run any step yet; run the cells once."),
        ("%zenbook show", "There is no run yet: run a step or a pipeline first."),
        ("%zenbook restore 1", "notebook has no run 1: it has not run yet."),
    ):
        assert kernel.run(line).reply["evalue"].startswith(wanted)


def test_a_cell_that_must_be_a_hit_is_told_of_its_own_option(kernel: Kernel) -> None:
    assert "Run it without --must-hit." in kernel.run("%%step a --must-hit\nx = 1").reply["evalue"]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("for i in range(2):\n    total = i", "total"),
        ("import os\nfor i in range(2):\n    n = i\nclass K: pass", "n"),
        ("if True:\n    a = 1\nb = 2", "b"),
    ],
)
def test_a_step_without_a_name_is_called_after_its_last_output(
    body: str, name: str, kernel: Kernel
) -> None:
    assert f" {name} " in kernel.run(f"%%step\n{body}").said


@pytest.mark.parametrize("body", ["import os", "class K: pass", "print(1)"])
def test_a_step_that_nothing_names_asks_for_a_name(body: str, kernel: Kernel) -> None:
    assert "it binds no data to be named after" in kernel.run(f"%%step\n{body}").reply["evalue"]


def test_an_error_of_a_step_line_points_at_that_line(kernel: Kernel) -> None:
    wrong = kernel.run("# a note\n%%step a --ttl soon\nx = 1\ny = 2")
    assert "-> 2 " in wrong.traceback and "--ttl takes a time such as" in wrong.traceback


@pytest.mark.parametrize("asked", ["--help", "-h", "--"])
def test_a_question_for_options_is_answered_with_all_of_them(asked: str, kernel: Kernel) -> None:
    refused = kernel.run(f"%%step a {asked}\nx = 1")
    assert f"%%step has no option {asked}. It has --inputs, --outputs," in refused.traceback


def test_the_help_of_verbs_has_what_each_does_in_one_column(kernel: Kernel) -> None:
    lines = str(kernel.run("%zenbook -h").result).splitlines()[2:]
    meanings = [line[30:] for line in lines if line[28:30] == "  "]
    assert len(meanings) == len(VERBS) and not any(one.startswith(" ") for one in meanings)
