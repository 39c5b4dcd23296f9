"""Every option of a step line does what its help says, and is offered and explained."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.notebook.kernel import Kernel
from zenbook.front.notebook.option_table import PIPELINE_OPTIONS, STEP_OPTIONS


def _statuses(kernel: Kernel, *cells: str) -> list[str]:
    played = kernel.play(*cells)
    assert len(played) == len(cells), played[-1].traceback
    return [cell.status for cell in played if cell.line]


# ------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("def train(a):\n    return a\nz = train(1)", "train"),
        ("a = 1\nlast = 2", "last"),
        ("def f(): pass\ndef g(): pass\nx = 3", "x"),
    ],
    ids=["the only function", "the last output", "the last output beside two functions"],
)
def test_a_step_without_a_name_is_named_for_what_it_makes(
    body: str, name: str, kernel: Kernel
) -> None:
    cell = kernel.run(f"%%step\n{body}")
    assert cell.line is not None and cell.line["step"] == name


def test_a_step_that_can_be_named_for_nothing_asks_for_a_name(kernel: Kernel) -> None:
    cell = kernel.run("%%step\nprint('ran')")
    assert cell.error == "OptionError" and "%%step NAME" in cell.reply["evalue"]
    assert cell.stream() == ""


def test_a_name_has_at_most_a_hundred_characters(kernel: Kernel) -> None:
    assert kernel.run(f"%%step {'n' * 100}\nx = 1").status == "completed"
    assert kernel.run(f"%%step {'n' * 101}\nx = 1").error == "OptionError"


def test_a_later_cell_of_the_same_name_replaces_the_step_and_the_line_says_so(
    kernel: Kernel,
) -> None:
    said = "replaces the step of that name in another cell"
    first = kernel.run("%%step a\nx = 1", cell="one")
    edited = kernel.run("%%step a\nx = 2", cell="one")
    other = kernel.run("%%step a\ny = 3", cell="two")
    assert said not in first.said and said not in edited.said and said in other.said
    assert said not in kernel.run("%%step a\ny = 3", cell="two").said
    plan = str(kernel.run("%plan").result)
    assert plan.count("\n↺ a  ") + plan.startswith("↺ a  ") == 1


def test_a_step_that_was_renamed_is_in_the_graph_by_its_new_name_only(kernel: Kernel) -> None:
    assert str(kernel.run("%pipeline").result) == (
        "Pipeline notebook: no step has run in this kernel yet."
    )
    kernel.run("%%step old\nx = 1", cell="one")
    kernel.run("%%step new\nx = 1", cell="one")
    graph = str(kernel.run("%pipeline").result)
    assert "new" in graph and "old" not in graph


def test_a_name_that_an_option_misspells_is_told(kernel: Kernel) -> None:
    kernel.run("rows = 3")
    cell = "%%step a --ignore rwos,rows --depends gone.csv,$HOME\nx = rows"
    for said in (kernel.run(cell).said, kernel.run(cell).said):
        assert "--ignore names rwos, which is not there" in said
        assert "--depends names gone.csv, which is not there" in said
        assert said.count("which is not there") == 2
    for option in ("-d gone.csv", "--files gone.csv", "--files=gone.csv"):
        said = kernel.run(f"%%step b {option}\nx = rows").said
        assert f"{option[:7].split()[0]} names gone.csv, which is not there" in said


# ------------------------------------------------------------ what counts, and what is kept


def test_inputs_replace_what_is_found_and_plus_adds_to_it(kernel: Kernel) -> None:
    kernel.run("a, b = 1, 2")
    added = "%%step s -i +b\nx = a"
    assert _statuses(kernel, added, added, "b = 3", added, "a = 4", added) == [
        "completed",
        "cached",
        "completed",
        "completed",
    ]
    found = "%%step t\nexec('y = ' + 'b')"
    said = "%%step t --inputs b\nexec('y = ' + 'b')"
    assert _statuses(kernel, found, found, said, said, "b = 6", said) == [
        "completed",
        "completed",
        "completed",
        "cached",
        "completed",
    ]


def test_outputs_keep_only_these(kernel: Kernel) -> None:
    source = "%%step s -o x,z\nx = len('1')\ny = len('22')\nz = len('333')"
    assert "x, z (" in kernel.run(source).said
    kernel.fresh()
    assert kernel.run(source).status == "cached"
    assert kernel.names() == {"x": "1", "z": "3"}


def test_outputs_let_a_step_with_something_unkeepable_be_kept(kernel: Kernel) -> None:
    source = "%%step s -o n\nimport sqlite3\nc = sqlite3.connect(':memory:')\nn = 5"
    assert _statuses(kernel, source, source) == ["completed", "cached"]


def test_what_is_ignored_is_read_and_no_reason(kernel: Kernel) -> None:
    source = "%%step s --ignore a\nx = a"
    assert _statuses(kernel, "a = 1", source, "a = 2", source) == ["completed", "cached"]
    assert kernel.value("x") == 1


def test_depends_takes_a_path_a_pattern_and_a_variable(kernel: Kernel) -> None:
    work = kernel.folder / "work"
    (work / "data").mkdir()
    (work / "one.txt").write_text("1")
    (work / "data" / "a.csv").write_text("1")
    source = "%%step s -d one.txt --files data/*.csv --depends $ZB_DEPENDS\nx = 1"
    assert _statuses(kernel, "import os\nos.environ['ZB_DEPENDS'] = '1'", source, source) == [
        "completed",
        "cached",
    ]
    (work / "one.txt").write_text("2")
    assert "one.txt changed" in kernel.run(source).said
    (work / "data" / "b.csv").write_text("1")
    assert "data/b.csv appeared" in kernel.run(source).said
    kernel.run("os.environ['ZB_DEPENDS'] = '2'")
    assert "$ZB_DEPENDS 1→2" in kernel.run(source).said
    assert kernel.run(source).status == "cached"
    kernel.quietly("import os; del os.environ['ZB_DEPENDS']")


def test_another_version_text_runs_the_step_again(kernel: Kernel) -> None:
    one, two = "%%step s --version one\nx = 1", "%%step s --version two\nx = 1"
    assert _statuses(kernel, one, two, one, two) == ["completed", "completed", "cached", "cached"]


def test_a_result_counts_for_as_long_as_ttl_says(kernel: Kernel) -> None:
    long, short = "%%step s --ttl 12h\nx = 1", "%%step s --ttl 0.2s\nx = 1"
    assert _statuses(kernel, long, long) == ["completed", "cached"]
    time.sleep(0.3)
    expired = kernel.run(short)
    assert expired.status == "completed" and "expired" in expired.said


# ------------------------------------------------------------ whether it runs


def test_no_cache_runs_every_time_and_force_keeps_the_new_result(kernel: Kernel) -> None:
    count = "\nimport pathlib\n_p = pathlib.Path('n')\n_n = _p.write_text('x')\nx = 1"
    assert _statuses(kernel, *["%%step s --no-cache" + count] * 2) == ["completed"] * 2
    seeding = "%%step t{}\nimport uuid\nu = uuid.uuid4().hex"
    kernel.run(seeding.format(""))
    first = kernel.value("u")
    assert "forced" in kernel.run(seeding.format(" -f")).said
    forced = kernel.value("u")
    assert kernel.run(seeding.format("")).status == "cached"
    assert kernel.value("u") == forced != first


def test_enable_cache_outranks_the_pipeline(kernel: Kernel) -> None:
    kernel.run("%%step a\nx = 1")
    kernel.run("%pipeline --no-cache -q")
    assert _statuses(kernel, "%%step a\nx = 1", "%%step a --enable-cache\nx = 1") == [
        "completed",
        "cached",
    ]
    kernel.run("%pipeline --enable-cache -q")
    assert kernel.run("%%step a\nx = 1").status == "cached"


def test_must_hit_and_dry_run_never_run_the_body(kernel: Kernel) -> None:
    body = "\nprint('ran')\nx = 1"
    missed = kernel.run("%%step s --must-hit" + body)
    assert missed.error == "MustHit" and missed.stream() == ""
    planned = kernel.run("%%step s --dry-run" + body)
    assert "would run: first run" in planned.said and planned.stream() == ""
    assert kernel.names() == {}
    assert kernel.value("len(__import__('zenbook').runs())") == 0
    kernel.run("%%step s" + body)
    kernel.fresh()
    assert "would be cached" in kernel.run("%%step s -n" + body).said and kernel.names() == {}
    assert kernel.run("%%step s --must-hit" + body).status == "cached"
    assert kernel.value("x") == 1


# ------------------------------------------------------------ chance, showing, belonging


def test_a_seed_is_set_before_and_the_outer_state_put_back_after(kernel: Kernel) -> None:
    kernel.run("import random\nimport numpy as np\nrandom.seed(1); np.random.seed(1)")
    expected = kernel.value(
        "[random.Random(1).random(), np.random.RandomState(1).rand()].__repr__()"
    )
    body = "\nx = random.random(), float(np.random.rand())"
    kernel.run("%%step s --seed 7" + body)
    first = kernel.value("x")
    assert kernel.value("[random.random(), np.random.rand()].__repr__()") == expected
    assert kernel.run("%%step s --seed 7" + body).status == "cached"
    other = kernel.run("%%step s --seed 8" + body)
    assert other.status == "completed" and kernel.value("x") != first
    kernel.run("%%step s --seed 7 -f" + body)
    assert kernel.value("x") == first


@pytest.mark.parametrize(
    ("how", "text", "displays"),
    [("all", "p\n", ["'d'"]), ("display", "", ["'d'"]), ("none", "", [])],
)
def test_replay_says_what_a_hit_shows(
    how: str, text: str, displays: list[str], kernel: Kernel
) -> None:
    body = "\nfrom IPython.display import display\nprint('p')\ndisplay('d')\nx = 1"
    kernel.run("%%step s" + body)
    again = kernel.run(f"%%step s --replay {how}" + body)
    assert again.status == "cached" and again.stream() == text and again.displayed == displays


def test_a_step_belongs_to_the_pipeline_it_names(kernel: Kernel) -> None:
    kernel.run("%%step a\nx = 1")
    assert " other v1 draft run 1" in kernel.run("%%step b -p other\ny = x").said
    assert kernel.value("sorted(r.pipeline for r in __import__('zenbook').runs())") == [
        "notebook",
        "other",
    ]


def test_quiet_hides_the_line_and_nothing_else(kernel: Kernel) -> None:
    for _ in range(2):
        cell = kernel.run("%%step a --quiet\nprint('p')\nx = 1\nx")
        assert cell.line is None and cell.stream() == "p\n" and cell.result == "1"


# ------------------------------------------------------------ wrong, offered, explained


@pytest.mark.parametrize(
    "spelling", [name for option in STEP_OPTIONS for name in option.names if len(name) > 4]
)
def test_a_misspelt_option_fails_before_the_body_with_a_suggestion(
    spelling: str, kernel: Kernel
) -> None:
    wrong = spelling[:-2] + spelling[-1]
    cell = kernel.run(f"%%step s {wrong}\nran = 1")
    assert cell.error == "OptionError" and "ran" not in kernel.names()
    assert f"Did you mean {spelling}?" in cell.reply["evalue"]


def test_options_steps_runs_verbs_and_values_are_completed(kernel: Kernel) -> None:
    kernel.play("first_value = 1", "%%step load\nx = first_value", "%%step train\ny = x")
    for option in STEP_OPTIONS:
        assert option.names[-1] in kernel.complete(f"%%step train {option.names[-1][:4]}")
    for option in PIPELINE_OPTIONS:
        assert option.names[-1] in kernel.complete(f"%pipeline {option.names[-1][:4]}")
    assert {"all", "display", "none"} <= set(kernel.complete("%%step train --replay "))
    assert "ignore" in kernel.complete("%%step train --rng ig")
    assert "first_value" in kernel.complete("%%step train --inputs fir")
    assert "load" in kernel.complete("%%step lo") and "train" in kernel.complete("%why tr")
    assert "restore" in kernel.complete("%zenbook res")
    for verb in ("show", "restore", "diff", "diff 1", "why train", "pin", "forget"):
        found = kernel.complete(f"%zenbook {verb} ")
        assert {"latest", "1", "notebook:1"} <= set(found), (verb, found)
    for verb in ("why", "restore 1"):
        assert "train" in kernel.complete(f"%zenbook {verb} ")
    assert "notebook" in kernel.complete("%runs note")
    assert "%%step" in kernel.complete("%%st") and "%zenbook" in kernel.complete("%zen")


@pytest.mark.parametrize(
    ("magic", "told"),
    [
        ("%%step", "--must-hit"),
        ("%step", "--must-hit"),
        ("%%parameters", "parameters"),
        ("%pipeline", "--no-cache"),
        ("%zenbook", "restore"),
        ("%runs", "newest first"),
        ("%plan", "would run"),
        ("%why", "every reason"),
    ],
)
def test_a_question_mark_explains_each_magic(magic: str, told: str, kernel: Kernel) -> None:
    assert told in str(kernel.run(f"{magic}?").reply["payload"])


def test_the_help_of_a_step_tells_every_option(kernel: Kernel) -> None:
    told = str(kernel.run("%%step?").reply["payload"])
    for option in STEP_OPTIONS:
        assert all(name in told for name in option.names) and option.text in told


def test_a_decorator_takes_the_same_names_in_snake_case(tmp_path: Path) -> None:
    import inspect

    import zenbook

    taken = str(inspect.signature(zenbook.step)) + str(zenbook.step.__doc__)
    of_functions = {"enable_cache", "ignore", "version", "ttl", "rng"}
    assert all(name in taken for name in of_functions), taken
