"""The View contract: golden files that the TypeScript tests read too."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.view import pictures, samples
from zenbook.core.layout import HEIGHT, WIDTH, layered
from zenbook.core.view import compare_view, graph_view, runs_view, step_view
from zenbook.core.view_diff import diff
from zenbook.core.view_step import change_line
from zenbook.core.view_text import plain, seconds_text, size_text
from zenbook.engine.narrate import told
from zenbook.front.command.progress import line_of
from zenbook.model import (
    Artifact,
    Change,
    Edge,
    Miss,
    Outcome,
    Part,
    Run,
    Shape,
    Step,
    StepRun,
    Version,
)

VIEWS = pictures.views()


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_a_view_is_the_golden_json_that_the_page_reads_too(name: str) -> None:
    golden = (pictures.GOLDEN / f"{name}.json").read_text(encoding="utf-8")
    assert pictures.text(VIEWS[name]) == golden, "run python -m tests.view.pictures and review"


def test_every_golden_file_is_made_by_a_view() -> None:
    assert {path.stem for path in pictures.GOLDEN.glob("*.json")} == set(VIEWS)


@pytest.mark.parametrize("name", [name for name in VIEWS if name.startswith("hostile")])
def test_fault_87_nothing_a_screen_would_obey_enters_a_view(name: str) -> None:
    told = json.dumps(VIEWS[name], ensure_ascii=False)
    assert not any(hidden in told for hidden in ("\x1b", "\u202e", "\x07", "[31m", "]0;title"))
    assert "\\u202egnp.exe" in told.replace("\\\\", "\\")


def test_html_of_a_result_never_enters_a_view_only_its_text_does() -> None:
    displays = VIEWS["step"]["displays"]  # type: ignore[typeddict-item]
    assert [display["kind"] for display in displays] == ["text", "error", "text", "image"]
    assert displays[0]["text"] == "accuracy = 0.991\n"
    assert displays[2]["text"] == "SVC(C=10)"


def test_only_columns_that_differ_are_named_as_differing() -> None:
    view = runs_view(samples.RUNS, 4, 0)
    assert view["parameters"] == ["gamma", "seed"]
    assert view["differing"] == ["gamma", "accuracy", "loss"]


def test_a_stale_step_is_shown_stale_even_where_it_failed() -> None:
    view = graph_view(samples.RUN_3, samples.VERSION_2, stale={"report": "train was edited"})
    node = view["nodes"][3]
    assert (node["name"], node["status"], node["why"]) == ("report", "stale", "train was edited")


def test_a_comparison_tells_a_comment_no_change_and_the_changed_code_line_by_line() -> None:
    view = compare_view(samples.RUN_1, samples.RUN_3, samples.VERSION_1, samples.VERSION_2)
    code = {step["name"]: step["code"] for step in view["steps"] if step["code"]}
    assert code == {
        "train": [
            {"sign": "-", "text": "model = SVC(gamma=gamma)"},
            {"sign": "+", "text": "model = SVC(gamma=gamma, C=10)"},
            {"sign": " ", "text": "model.fit(X_train, y_train)"},
        ]
    }
    assert view["summary"] == (
        "1 parameter, 2 metrics, the code of 1 step differ; 1 of 4 steps gave the same result."
    )


def test_a_shared_blob_is_counted_once_in_a_steps_size() -> None:
    twin = Artifact("b", "2" * 32, samples.SPLIT[0].blob, samples.SPLIT[0].size, "list")
    record = replace(samples.RECORDS["k-load"], artifacts=(samples.SPLIT[0], twin))
    view = graph_view(samples.RUN_1, samples.VERSION_1, {"k-load": record})
    assert view["nodes"][0]["size"] == samples.SPLIT[0].size


def test_a_step_that_never_ran_is_shown_with_its_source_and_versions() -> None:
    view = step_view("train", None, versions=(samples.VERSION_1, samples.VERSION_2))
    assert view["status"] == "waiting"
    assert view["source"] == samples.TRAIN_2
    assert [version["number"] for version in view["versions"]] == [2, 1]


def test_an_input_that_the_step_changed_is_told_with_what_it_left_of_it() -> None:
    later = samples.artifact("~X_train", "numpy.ndarray", 8, (1347, 64), "scaled", 9)
    record = replace(samples.RECORDS["k-train-1"], artifacts=(), changed=(later,))
    inputs = step_view("train", samples.RUN_1, record)["inputs"]
    assert inputs == [
        {"kind": "input", "name": "gamma", "old": "", "new": "0.0015"},
        {"kind": "changed", "name": "X_train", "old": "ndarray 1347×64", "new": "scaled"},
    ]


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=80), st.integers(1, 60))
def test_plain_text_is_bounded_and_plain_again(text: str, limit: int) -> None:
    shown = plain(text, limit)
    assert len(shown) <= limit
    assert plain(shown, limit) == shown


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd"), max_size=12)
)
def test_a_diff_turns_the_old_source_into_the_new_one(old: list[str], new: list[str]) -> None:
    lines = diff("\n".join(old), "\n".join(new))
    added = sum(line["sign"] == "+" for line in lines) - sum(line["sign"] == "-" for line in lines)
    assert added == (len(new) - len(old) if old != new else 0)
    assert bool(lines) == (old != new)


@settings(deadline=None, max_examples=60)
@given(st.data(), st.integers(1, 25))
def test_no_two_nodes_of_a_drawing_overlap_and_every_edge_goes_down(
    data: st.DataObject, count: int
) -> None:
    names = [f"s{index}" for index in range(count)]
    pick = st.tuples(st.sampled_from(names), st.sampled_from(names))
    edges = data.draw(st.lists(pick, max_size=50))
    drawing = layered(names, edges)
    boxes = list(drawing.nodes.values())
    for place, (x, y) in enumerate(boxes):
        assert 0 <= x <= drawing.width - WIDTH and 0 <= y <= drawing.height - HEIGHT
        for other_x, other_y in boxes[place + 1 :]:
            assert y != other_y or abs(x - other_x) >= WIDTH
    for points in drawing.edges.values():
        assert all(a[1] < b[1] for a, b in pairwise(points))


def test_two_hundred_steps_are_laid_out() -> None:
    names = tuple(f"step_{index:03}" for index in range(200))
    edges = list(pairwise(names))
    edges += [(names[max(0, index - 1 - index % 7)], names[index]) for index in range(2, 200)]
    steps = tuple(Step(name, name, "", (), ()) for name in names)
    shape = Shape("0", steps, tuple(Edge(a, "x", b, "x") for a, b in edges), ())
    version = Version("big", 1, shape, 0.0)
    assert len(graph_view(None, version)["nodes"]) == 200


def test_a_cycle_in_a_damaged_shape_is_drawn_all_the_same() -> None:
    drawing = layered(["a", "b"], [("a", "b"), ("b", "a"), ("a", "a"), ("a", "gone")])
    assert set(drawing.nodes) == {"a", "b"}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0042, "4 ms"), (3.21, "3.2 s"), (250, "4 min 10 s"), (7512, "2 h 5 min"), (None, "")],
)
def test_durations_are_told_as_people_say_them(seconds: float | None, text: str) -> None:
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"), [(812, "812 B"), (3_140_000, "3.1 MB"), (2 * 10**12, "2.0 TB"), (None, "")]
)
def test_sizes_are_told_in_powers_of_a_thousand(size: int | None, text: str) -> None:
    assert size_text(size) == text


def test_ten_thousand_rows_keep_to_their_page() -> None:
    page: list[Run] = [samples.RUN_1] * 100
    view = runs_view(page, 10_000, 300)
    assert (view["total"], view["offset"], len(view["rows"])) == (10_000, 300, 100)


LIVE = "g is a generator"


@pytest.mark.parametrize(
    ("why", "in_view"), [(f"not kept before: {LIVE}", "not kept before"), (LIVE, "")]
)
def test_what_was_not_kept_is_said_once_wherever_it_is_told(why: str, in_view: str) -> None:
    miss = Miss((), "unknowable", why)
    ran = Outcome("s", "completed", miss, None, None, {}, 0.01, not_kept=LIVE)
    assert line_of(ran) == f"✓ s  10 ms · not kept: {LIVE}"
    assert told(ran) == ["Step s has finished in 10 ms.", f"  not kept: {LIVE}"]
    assert line_of(replace(ran, verdict=Miss((), "code changed", "code changed"))) == (
        f"✓ s  10 ms · code changed · not kept: {LIVE}"
    )
    done = StepRun("s", 0, "completed", "", why, 0.01, 0.0, "", "", "", not_kept=LIVE)
    run = Run("r", "p", None, 1, "", "completed", {}, 0.0, 1.0, (done,))
    view = step_view("s", run)
    assert (view["why"], view["not_kept"]) == (in_view, LIVE)


def test_a_setting_that_changed_shows_what_differs() -> None:
    old = Part("setting", "logger a at 30", "StreamHandler shown as stderr")
    new = Part("setting", "logger a at 30", "StreamHandler shown as stdout")
    told = change_line(Change(old, new))
    assert (told["old"], told["new"]) == (old.digest, new.digest)
