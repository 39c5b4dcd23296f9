"""The inline widget in a real Chromium, without JupyterLab around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.front import among_many, page_of
from tests.browser.conftest import axe
from tests.browser.stage import staged
from tests.view import samples
from tests.view.fake import FakeActions, many_runs
from tests.view.pictures import views
from zenbook.core.view import graph_view, runs_view
from zenbook.model import Edge, Run, Shape, Step, Version
from zenbook.world.history import SqliteHistory

pytestmark = pytest.mark.browser
VIEWS = views()


def opened(page: Any, stage: Any, theme: str = "light", width: int = 900) -> Any:
    page.goto(stage.url(theme, width))
    page.wait_for_selector(".zb")
    return page


def node(page: Any, step: str) -> Any:
    return page.get_by_role("button", name=re.compile(f"^Step {step},"))


def test_the_graph_says_of_every_step_how_it_went_in_glyph_word_and_figures(page: Any) -> None:
    with staged(VIEWS["graph"]) as stage:
        stage.actions.now = None
        opened(page, stage)
        told = [" ".join(text.split()) for text in page.locator(".zb-facts").all_text_contents()]
        assert told == [
            "↺ cached · saved 3.2 s · 934.4 kB",
            "✓ ran · 12.1 s · 398.2 kB",
            "✓ ran · 580 ms · 117 B",
            "◐ stale · 900 ms",
        ]
        versions = page.locator(".zb-version").all_text_contents()
        assert [version for version in versions if version] == ["v2"]
        assert "X_train, y_train" in page.locator(".zb-label").all_text_contents()


def test_a_click_on_a_step_shows_why_it_ran_and_what_it_gave(page: Any) -> None:
    with staged(VIEWS["graph"]) as stage:
        stage.actions.now = None
        opened(page, stage)
        node(page, "train").click()
        step = page.get_by_role("region", name="Step train")
        step.wait_for()
        assert "why code changed" in " ".join(step.inner_text().split())
        assert "SVC(C=10, gamma=0.0016)" in step.inner_text()
        step.get_by_text("Displays").click()
        assert "accuracy = 0.991" in step.inner_text()
        step.get_by_text("Versions of its code").click()
        step.get_by_text(re.compile("^v2 ")).click()
        assert "+ model = SVC(gamma=gamma, C=10)" in step.inner_text()


@pytest.mark.parametrize("changed", [True, False])
def test_what_a_step_only_changed_is_put_back_by_a_button_too(page: Any, changed: bool) -> None:
    later = samples.artifact("X_train", "numpy.ndarray", 8, (1347, 64), "scaled", 9)
    actions = FakeActions()
    actions.records["k-train-2"] = replace(
        actions.records["k-train-2"], artifacts=(), changed=(later,) if changed else ()
    )
    with staged(VIEWS["graph"], actions) as stage:
        opened(page, stage)
        node(page, "train").click()
        step = page.get_by_role("region", name="Step train")
        step.wait_for()
        button = step.get_by_role("button", name="Restore outputs")
        if not changed:
            assert button.count() == 0
            return
        step.get_by_text("Inputs").click()
        assert "ndarray 1347×64 → scaled" in step.inner_text()
        button.click()
        page.locator(".zb-said", has_text="Restored train").wait_for()
        assert "restore r-3 train" in actions.log


def test_a_cached_step_names_the_run_that_made_it_and_leads_there(page: Any) -> None:
    with staged(VIEWS["graph"]) as stage:
        stage.actions.now = None
        opened(page, stage)
        node(page, "load_data").click()
        page.get_by_role("button", name=re.compile("^run 1 ")).click()
        page.locator(".zb-head-bar", has_text="run 1").wait_for()
        assert node(page, "train").get_attribute("aria-label").startswith("Step train, ran")


def test_the_graph_is_walked_by_keyboard_and_focus_is_seen(page: Any) -> None:
    with staged(VIEWS["graph"]) as stage:
        stage.actions.now = None
        opened(page, stage)
        node(page, "load_data").focus()
        page.keyboard.press("ArrowDown")
        assert "Step train" in page.evaluate("document.activeElement.getAttribute('aria-label')")
        width = page.evaluate(
            "getComputedStyle(document.activeElement.querySelector('rect')).strokeWidth"
        )
        assert width == "2.5px"
        page.keyboard.press("Enter")
        page.get_by_role("region", name="Step train").wait_for()


def test_a_filter_dims_the_steps_of_a_status(page: Any) -> None:
    with staged(VIEWS["graph"]) as stage:
        stage.actions.now = None
        opened(page, stage)
        page.get_by_role("button", name=re.compile("ran 2")).click()
        assert page.locator(".zb-node.zb-dim").count() == 2


def test_runs_show_only_the_columns_that_differ_until_all_are_asked_for(page: Any) -> None:
    with staged(runs_view(samples.RUNS, 4, 0, {"r-1"})) as stage:
        opened(page, stage)
        heads = page.locator(".zb-rows thead th")
        assert heads.all_inner_texts()[6:] == ["gamma", "accuracy", "loss"]
        page.get_by_role("button", name="All columns").click()
        assert "seed" in heads.all_inner_texts()


def test_runs_are_searched_and_sorted_over_the_whole_history(page: Any) -> None:
    runs = many_runs(1000)
    with staged(runs_view(runs[:100], 1000, 0), FakeActions(runs)) as stage:
        opened(page, stage)
        page.get_by_role("button", name="accuracy").click()
        page.locator("th[aria-sort=descending]").wait_for()
        page.wait_for_function("document.querySelectorAll('.zb-rows tbody tr').length > 5")
        page.locator(".zb-rows tbody tr", has_text="0.996").first.wait_for()
        page.get_by_role("searchbox").fill("run-77")
        page.get_by_text("11 runs", exact=True).wait_for()
        assert page.locator(".zb-rows tbody th").first.inner_text().startswith("run 77")


class Kept(FakeActions):
    """Actions over a real history."""

    def __init__(self, history: SqliteHistory) -> None:
        super().__init__([])
        self.history = history

    def runs(self, *, search: str = "", status: str = "", **page: Any) -> tuple[Sequence[Run], int]:
        self.log.append(f"runs {page['offset']}")
        asked: dict[str, Any] = {"search": search, "status": status or None}
        return self.history.runs(**asked, **page), self.history.count(**asked)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteHistory]:
    history = among_many(tmp_path_factory.mktemp("many") / "home")
    yield history
    history.close()


def test_ten_thousand_runs_open_and_scroll_to_the_last(page: Any, many: SqliteHistory) -> None:
    with staged(page_of(many), Kept(many)) as stage:
        opened(page, stage)
        page.get_by_text("run 10000", exact=True).wait_for()
        assert page.locator(".zb-rows tbody tr").count() < 60
        page.locator(".zb-rows").evaluate("element => element.scrollTo(0, 1e9)")
        page.get_by_text("run 1", exact=True).wait_for()
        asked = [entry for entry in stage.actions.log if entry.startswith("runs")]
        assert len(asked) <= 4


def test_ten_thousand_runs_are_sorted_and_searched_while_one_waits(
    page: Any, many: SqliteHistory
) -> None:
    with staged(page_of(many), Kept(many)) as stage:
        opened(page, stage)
        page.get_by_role("button", name="gamma").click()
        page.locator(".zb-rows tbody tr").nth(1).get_by_text("0.096").wait_for()
        page.get_by_role("button", name="Took").click()
        page.locator("th[aria-sort=descending]", has_text="Took").wait_for()
        page.get_by_role("searchbox").fill("bench:7777")
        page.get_by_text("1 run", exact=True).wait_for()


def test_two_runs_are_compared_with_the_pinned_baseline(page: Any) -> None:
    with staged(runs_view(samples.RUNS, 4, 0)) as stage:
        opened(page, stage)
        page.get_by_role("button", name="run 1", exact=True).click()
        page.get_by_role("button", name="Baseline").click()
        page.get_by_role("button", name="run 3", exact=True).click()
        page.get_by_role("button", name="Compare with run 1").click()
        told = page.get_by_role("region", name="Comparison")
        told.wait_for()
        assert "+ model = SVC(gamma=gamma, C=10)" in told.inner_text()
        assert "0.0015" in told.inner_text() and "0.0016" in told.inner_text()


def test_the_plot_tells_the_best_run_in_words_too(page: Any) -> None:
    with staged(runs_view(samples.RUNS, 4, 0)) as stage:
        opened(page, stage)
        page.get_by_role("button", name="Plot").click()
        picture = page.get_by_role("img", name="3 runs; highest accuracy 0.9911 in run 3")
        assert picture.locator("circle").count() == 3


def test_forget_asks_first_and_only_a_click_on_yes_does_it(page: Any) -> None:
    with staged(runs_view(samples.RUNS, 4, 0)) as stage:
        opened(page, stage)
        page.get_by_role("button", name="run 2", exact=True).click()
        page.get_by_role("button", name="Forget…").click()
        question = page.get_by_role("alertdialog")
        assert "Forget run 2?" in question.inner_text()
        page.keyboard.press("Escape")
        question.wait_for(state="detached")
        assert not any(entry.startswith("forget") for entry in stage.actions.log)
        page.get_by_role("button", name="Forget…").click()
        page.get_by_role("button", name="Forget it").click()
        page.get_by_text("Forgot r-2.").wait_for()
        assert "forget r-2" in stage.actions.log


@pytest.mark.parametrize(
    ("button", "entry"),
    [("Restore", "restore r-2"), ("Pin", "pin r-2 True")],
)
def test_a_run_is_restored_or_pinned_by_its_button(page: Any, button: str, entry: str) -> None:
    with staged(runs_view(samples.RUNS, 4, 0)) as stage:
        opened(page, stage)
        page.get_by_role("button", name="run 2", exact=True).click()
        page.get_by_role("button", name=button, exact=True).click()
        page.locator(".zb-said", has_text=re.compile("Restored|Pinned")).wait_for()
        assert entry in stage.actions.log


def test_the_plan_and_the_store_are_asked_for_when_they_are_opened(page: Any) -> None:
    with staged(VIEWS["notebook"]) as stage:
        opened(page, stage)
        page.get_by_role("tab", name="plan").click()
        page.get_by_text("1 step would run, 1 cached, 2 not known before").wait_for()
        page.get_by_role("tab", name="store").click()
        page.get_by_text("1.7 MB of 20.0 GB used").wait_for()
        page.get_by_role("button", name="Collect 412.9 kB").click()
        page.get_by_text("Collected 412.9 kB.").wait_for()
        page.get_by_role("tab", name="plan").click()
        page.get_by_role("button", name="Export as a script").click()
        page.get_by_text("Wrote train_digits.py.").wait_for()


def test_a_pushed_state_is_shown_at_once_and_an_older_one_is_dropped(page: Any) -> None:
    with staged(VIEWS["notebook"]) as stage:
        opened(page, stage)
        page.get_by_text("train, step 2 of 4, about 14.6 s left").wait_for()
        state: Any = views()["notebook"]
        state["serial"], state["progress"] = 50, None
        state["graph"]["nodes"][1]["status"] = "completed"
        page.evaluate("push => window.tell({push})", state)
        assert node(page, "train").get_attribute("aria-label").startswith("Step train, ran")
        state["serial"] = 49
        state["graph"]["nodes"][1]["status"] = "failed"
        page.evaluate("push => window.tell({push})", state)
        assert node(page, "train").get_attribute("aria-label").startswith("Step train, ran")


def test_an_idle_widget_sends_nothing(page: Any) -> None:
    with staged(VIEWS["notebook"]) as stage:
        opened(page, stage)
        page.wait_for_timeout(300)
        before = page.evaluate("window.sent")
        page.wait_for_timeout(2500)
        assert page.evaluate("window.sent") == before == 1


def test_two_hundred_steps_are_painted_within_two_hundred_milliseconds(page: Any) -> None:
    names = [f"step_{index:03}" for index in range(200)]
    edges = [(names[(at - 1) // 3], names[at]) for at in range(1, 200)]
    steps = tuple(Step(name, name, "", (), ("x",)) for name in names)
    shape = Shape("0", steps, tuple(Edge(a, "x", b, "x") for a, b in edges), ())
    big = graph_view(None, Version("big", 1, shape, 0.0))
    with staged(big) as stage:
        stage.actions.now = None
        opened(page, stage)
        assert page.locator(".zb-node").count() == 200
        paint = """async first => {
            const began = performance.now();
            window.tell({first});
            await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
            return performance.now() - began;
        }"""
        spent = [page.evaluate(paint, big) for _ in range(3)]
        assert min(spent) < 200, f"{spent} ms"


def test_an_error_of_the_kernel_is_told_as_a_sentence(page: Any) -> None:
    with staged(runs_view(samples.RUNS, 4, 0)) as stage:
        opened(page, stage)
        stage.actions.held = []
        page.get_by_role("button", name="run 2", exact=True).dblclick()
        assert "is not in the history" in page.get_by_role("alert").inner_text()


HOSTILE = [name for name in VIEWS if name.startswith("hostile")]


@pytest.mark.parametrize("name", HOSTILE)
def test_fault_82_hostile_text_is_text_no_node_no_request_no_dialog(page: Any, name: str) -> None:
    actions = FakeActions([samples.hostile_run()])
    actions.now = None
    with staged(VIEWS[name], actions) as stage:
        opened(page, stage)
        page.wait_for_timeout(200)
        for summary in page.locator("summary").all():
            summary.click()
        assert page.locator("#stage img, #stage script, #stage a, #stage iframe").count() == 0
        assert page.locator("[onerror], [data-commandlinker-command]").count() == 0
        assert "<img src=x onerror=alert(1)>" in page.locator("#stage").inner_text() or (
            "<img src=x" in page.locator("#stage").inner_html().replace("&lt;", "<")
        )
        wanted = [path for path in stage.requests if not path.startswith(("/?", "/widget."))]
        assert [path for path in wanted if path != "/favicon.ico"] == []


def test_a_saved_view_with_raw_control_characters_is_made_plain_in_the_page(page: Any) -> None:
    evil: Any = views()["runs"]
    evil["rows"][0]["tags"] = ["\u202egnp.exe\x1b[31m", "<b>bold</b>"]
    with staged(evil) as stage:
        opened(page, stage)
        told = page.locator(".zb-rows").inner_text()
        assert "\u202e" not in told and "\x1b" not in told
        assert "\\u202egnp.exe" in told and "<b>bold</b>" in told


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["notebook", "graph", "runs", "plan", "store", "step"])
def test_the_accessibility_checker_finds_nothing(page: Any, theme: str, name: str) -> None:
    with staged(VIEWS[name]) as stage:
        opened(page, stage, theme)
        page.wait_for_timeout(300)
        if name == "runs":
            page.get_by_role("button", name="Plot").click()
            page.get_by_role("button", name="run 1", exact=True).click()
            page.get_by_role("button", name="Baseline").click()
            page.get_by_role("button", name="run 3", exact=True).click()
            page.get_by_role("button", name="Compare with run 1").click()
            page.get_by_role("region", name="Comparison").wait_for()
        if name == "graph":
            node(page, "train").click()
            page.get_by_role("region", name="Step train").wait_for()
        assert axe(page, "#stage") == []


def test_a_narrow_page_and_a_high_zoom_need_no_sideways_scrolling(page: Any) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    with staged(VIEWS["notebook"]) as stage:
        opened(page, stage, width=320)
        for tab in ("graph", "runs", "plan", "store"):
            page.get_by_role("tab", name=tab).click()
            page.wait_for_timeout(200)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 320, f"{tab} is {wide} px wide"


WIDE = ("load_measurements", "load_prices", "load_names", "join_tables", "train", "report")
FEEDS = ((0, 3), (1, 3), (2, 3), (3, 4), (4, 5), (2, 5))

OUTSIDE = """() => {
    const box = element => element.getBoundingClientRect();
    const canvas = box(document.querySelector('.zb-canvas'));
    return [...document.querySelectorAll('.zb-node')].filter(node => {
        const rect = box(node.querySelector('rect')), name = box(node.querySelector('.zb-name'));
        return rect.left < canvas.left || rect.right > canvas.right || name.right > rect.right
            || name.height < 9;
    }).map(node => node.textContent);
}"""
"""Nodes that stand out of the frame, or whose name stands out of them or cannot be read."""


def test_three_steps_beside_each_other_fit_a_narrow_panel_with_names_one_can_read(
    page: Any,
) -> None:
    steps = tuple(Step(name, name, "", (), ("x",)) for name in WIDE)
    edges = tuple(Edge(WIDE[a], "x", WIDE[b], "x") for a, b in FEEDS)
    wide = graph_view(None, Version("wide", 1, Shape("0", steps, edges, ()), 0.0))
    for width in (234, 400, 900):
        with staged(wide) as stage:
            stage.actions.now = None
            opened(page, stage, width=width)
            page.wait_for_timeout(200)
            assert page.evaluate(OUTSIDE) == []


def test_the_graph_is_dragged_zoomed_at_the_pointer_and_fitted_again(page: Any) -> None:
    with staged(VIEWS["graph"]) as stage:
        stage.actions.now = None
        opened(page, stage)
        page.wait_for_timeout(200)
        rect = node(page, "train").locator("rect").first
        canvas = page.locator(".zb-canvas").bounding_box()
        before = rect.bounding_box()
        page.mouse.move(canvas["x"] + 20, canvas["y"] + 20)
        page.mouse.down()
        page.mouse.move(canvas["x"] + 60, canvas["y"] + 50, steps=3)
        page.mouse.up()
        dragged = rect.bounding_box()
        assert (dragged["x"] - before["x"], dragged["y"] - before["y"]) == (40, 30)
        page.keyboard.down("Control")
        page.mouse.move(dragged["x"], dragged["y"])
        page.mouse.wheel(0, -200)
        page.keyboard.up("Control")
        page.wait_for_timeout(100)
        zoomed = rect.bounding_box()
        assert zoomed["width"] > 1.5 * dragged["width"]
        assert abs(zoomed["x"] - dragged["x"]) < 3, "what is under the pointer stays there"
        page.get_by_role("button", name="Zoom out").click()
        assert rect.bounding_box()["width"] < zoomed["width"]
        page.get_by_role("button", name="Fit").click()
        fitted = rect.bounding_box()
        assert fitted["x"] >= canvas["x"] and fitted["y"] >= canvas["y"]


def test_nothing_moves_where_people_asked_for_less_motion(page: Any) -> None:
    page.emulate_media(reduced_motion="reduce")
    with staged(VIEWS["notebook"]) as stage:
        opened(page, stage)
        assert page.evaluate("document.getAnimations().length") == 0


def test_forced_colours_keep_the_chosen_step_visible(page: Any) -> None:
    page.emulate_media(forced_colors="active")
    with staged(VIEWS["graph"]) as stage:
        opened(page, stage)
        node(page, "train").click()
        strokes = page.evaluate(
            "[...document.querySelectorAll('.zb-node > rect:first-of-type')]"
            ".map(rect => getComputedStyle(rect).stroke)"
        )
        assert len(set(strokes)) == 2


def test_a_closed_widget_leaves_nothing_behind(page: Any) -> None:
    with staged(VIEWS["notebook"]) as stage:
        opened(page, stage)
        page.evaluate("window.close_widget()")
        assert page.locator(".zb").count() == 0
