"""The extension in real JupyterLab and Notebook 7 servers with real kernels: what people see."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import axe
from tests.browser.servers import BUILT, Server, notebook, serving
from tests.view import samples
from tests.view.pictures import views
from zenbook.core.view import runs_view
from zenbook.front.page import html

pytestmark = pytest.mark.browser

LOAD = "%%step load_data\nimport time\ntime.sleep(0.3)\nxs = list(range(1000))"
TRAIN = "%%step train\ntotal = sum(xs)\nprint(total)"
SCORE = "%%step score\nshare = total / 1000"
CELLS = ("%load_ext zenbook", LOAD, TRAIN, SCORE)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not BUILT.is_dir():
        pytest.fail("build the front end first: cd labextension && npm ci && npm run build:prod")
    with serving(tmp_path_factory.mktemp("lab"), "lab") as server:
        yield server


@pytest.fixture(scope="module")
def notebook7(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("notebook"), "notebook") as server:
        yield server


def opened(page: Any, server: Server, name: str, *cells: str, **more: Any) -> Any:
    """A notebook of these cells in the page, its kernel ready; in a folder and home of its own."""
    file = server.folder / name / f"{name}.ipynb"
    if cells:
        file.parent.mkdir(exist_ok=True)
        (file.parent / "pyproject.toml").touch()
        file.write_text(notebook(*cells, **more), encoding="utf-8")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(server.url(f"{name}/{file.name}"))
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function("window.jupyterapp?.commands.hasCommand('zenbook:panel')")
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
        timeout=30_000,
    )
    return page


def command(page: Any, name: str) -> None:
    """Start a command without waiting for its end."""
    page.evaluate("name => { void window.jupyterapp.commands.execute(name); }", name)


def run_all(page: Any) -> None:
    command(page, "notebook:run-all-cells")


def badge(page: Any, step: str) -> Any:
    """By its role and name, as a screen reader finds it; the panel's nodes are others."""
    cells = page.locator(".jp-Notebook")
    return cells.get_by_role("button", name=re.compile(f"^Step {step},")).and_(
        page.locator(".zb-badge")
    )


SEEN = """([step, text]) => {
    const named = `Step ${step},`;
    const badge = [...document.querySelectorAll('.jp-Notebook .zb-badge')].find(
        found => found.getAttribute('aria-label')?.startsWith(named)
    );
    if (!badge?.innerText.includes(text)) return false;
    badge.scrollIntoView({ block: 'nearest' });
    const { x, y, height } = badge.getBoundingClientRect();
    return height > 10 && document.elementFromPoint(x + 20, y + height / 2)?.closest('.zb-badge')
        === badge;
}"""
"""Whether a step's badge reads like this and is on top of all else where it stands."""


def says(page: Any, step: str, text: str, seconds: float = 60, where: str = "") -> None:
    """Wait until the step's badge can be seen and reads like this, or its title does."""
    if where:
        page.wait_for_function(
            "([step, text]) => [...document.querySelectorAll('.jp-Notebook .zb-badge')].some("
            "badge => badge.ariaLabel.startsWith(`Step ${step},`) && badge.title.includes(text))",
            arg=[step, text],
        )
        return
    badge(page, step).filter(has_text=text).wait_for(timeout=seconds * 1000)
    page.wait_for_function(SEEN, arg=[step, text], timeout=seconds * 1000)


def type_into(page: Any, cell: int, text: str) -> None:
    page.locator(".jp-Notebook .jp-Cell").nth(cell).locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def panel(page: Any) -> Any:
    if not page.locator("#zenbook-panel").is_visible():
        command(page, "zenbook:panel")
    found = page.locator("#zenbook-panel")
    found.wait_for()
    return found


def test_every_step_cell_has_a_badge_that_can_be_seen(page: Any, lab: Server) -> None:
    opened(page, lab, "badges", *CELLS)
    says(page, "train", "not connected")
    says(page, "train", "run %load_ext zenbook", where="title")
    run_all(page)
    says(page, "load_data", "ran")
    says(page, "score", "ran")
    assert "first run" in badge(page, "score").get_attribute("aria-label")
    assert axe(page, ".jp-Notebook .zb-badge") == []


def test_an_edit_makes_the_step_and_all_below_it_stale_at_once(page: Any, lab: Server) -> None:
    opened(page, lab, "edits", *CELLS)
    run_all(page)
    says(page, "score", "ran")
    type_into(page, 2, "\n# a remark changes nothing")
    page.wait_for_timeout(300)
    says(page, "train", "ran")
    type_into(page, 2, "\ntotal += 1")
    says(page, "train", "stale")
    says(page, "score", "train was edited")
    says(page, "load_data", "ran")
    run_all(page)
    says(page, "load_data", "cached")
    says(page, "train", "ran")
    says(page, "score", "ran")


def test_after_a_restart_run_all_says_cached_and_what_that_saved(page: Any, lab: Server) -> None:
    opened(page, lab, "restart", *CELLS)
    run_all(page)
    says(page, "score", "ran")
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    says(page, "train", "not connected")
    run_all(page)
    says(page, "load_data", "cached")
    says(page, "load_data", "saved")
    says(page, "score", "cached")


def test_a_reload_of_the_page_finds_the_kernel_again(page: Any, lab: Server) -> None:
    opened(page, lab, "reload", *CELLS)
    run_all(page)
    says(page, "score", "ran")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")
    opened(page, lab, "reload")
    says(page, "train", "ran")


SLOW = "%%step slow\nimport os, time\nwhile not os.path.exists('go'): time.sleep(0.1)\nx = 1"
AFTER = "%%step after\ny = x + 1"


def test_while_a_step_runs_the_panel_is_answered_and_says_how_long_it_will_take(
    page: Any, lab: Server
) -> None:
    opened(page, lab, "busy", "%load_ext zenbook", SLOW, AFTER)
    (lab.folder / "busy" / "go").touch()
    run_all(page)
    says(page, "after", "ran")
    (lab.folder / "busy" / "go").unlink()
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    says(page, "slow", "not connected")
    type_into(page, 1, "\nx += 1")
    run_all(page)
    says(page, "slow", "running")
    shown = panel(page)
    shown.get_by_text(re.compile(r"^slow, step 1 of 2, (about .* left|longer)")).wait_for()
    for tab, told in (("runs", re.compile(r"^\d+ runs?$")), ("store", re.compile("used"))):
        shown.get_by_role("tab", name=tab).click()
        shown.get_by_text(told).first.wait_for()
    shown.get_by_role("tab", name="graph").click()
    shown.get_by_role("button", name=re.compile("^Step slow, running")).click()
    shown.get_by_role("region", name="Step slow").get_by_text("code changed").first.wait_for()
    shown.get_by_role("tab", name="plan").click()
    shown.get_by_text("when the running cell has ended").wait_for()
    assert "running" in badge(page, "slow").inner_text()
    (lab.folder / "busy" / "go").touch()
    shown.get_by_text("file go appeared").wait_for()
    says(page, "slow", "ran")


def test_a_reload_while_a_cell_runs_says_that_the_kernel_answers_later(
    page: Any, lab: Server
) -> None:
    opened(page, lab, "later", "%load_ext zenbook", SLOW)
    run_all(page)
    says(page, "slow", "running")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")
    page.reload()
    waiting = page.get_by_label(re.compile("^Step slow, .*waiting for the kernel"))  # once it knows
    badge(page, "slow").filter(has_text="not connected").and_(waiting).wait_for(timeout=60_000)
    panel(page).get_by_text("when the cell that it runs has ended").wait_for()
    (lab.folder / "later" / "go").touch()
    says(page, "slow", "ran")


def test_the_panel_opens_from_the_toolbar_and_a_double_click_goes_to_the_cell(
    page: Any, lab: Server
) -> None:
    opened(page, lab, "panel", *CELLS)
    run_all(page)
    says(page, "score", "ran")
    page.locator(
        '.jp-NotebookPanel-toolbar [data-command="zenbook:panel"], '
        '.jp-NotebookPanel-toolbar [data-jp-item-name="zenbook"]'
    ).first.click()
    shown = page.locator("#zenbook-panel")
    node = shown.get_by_role("button", name=re.compile("^Step train,"))
    node.dblclick()
    page.wait_for_function("window.jupyterapp.shell.currentWidget.content.activeCellIndex === 2")
    shown.get_by_role("region", name="Step train").wait_for()
    assert "total" in shown.get_by_role("region", name="Step train").inner_text()
    assert axe(page, "#zenbook-panel") == []


def test_an_open_panel_of_an_idle_notebook_sends_nothing(page: Any, lab: Server) -> None:
    sent: list[str] = []

    def listen(socket: Any) -> None:
        socket.on("framesent", lambda frame: sent.append(str(frame)[:200]))

    page.on("websocket", listen)
    opened(page, lab, "idle", *CELLS)
    run_all(page)
    says(page, "score", "ran")
    panel(page).get_by_role("button", name=re.compile("^Step train,")).wait_for()
    page.wait_for_timeout(1500)  # what opening the panel asked for is answered
    sent.clear()
    page.wait_for_timeout(4000)
    assert [frame for frame in sent if "comm" in frame or "execute" in frame] == []


def test_without_zenbook_or_a_kernel_the_panel_says_what_to_do(page: Any, lab: Server) -> None:
    opened(page, lab, "bare", "x = 1")
    shown = panel(page)
    shown.get_by_text("zenbook is not loaded in this kernel").wait_for()
    assert "%load_ext zenbook" in shown.inner_text()
    assert page.locator(".zb-badge").count() == 0
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    shown.get_by_text("This notebook has no kernel").wait_for()


def test_two_notebooks_have_their_own_states(page: Any, lab: Server) -> None:
    other = lab.folder / "two" / "other.ipynb"
    other.parent.mkdir()
    (other.parent / "pyproject.toml").touch()
    other.write_text(notebook("%load_ext zenbook", "%%step only\ny = 1"))
    opened(page, lab, "first", *CELLS)
    run_all(page)
    says(page, "score", "ran")
    shown = panel(page)
    shown.get_by_role("button", name=re.compile("^Step score,")).wait_for()
    page.evaluate(
        "window.jupyterapp.commands.execute('docmanager:open', {path: 'two/other.ipynb'})"
    )
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget.context.path === 'two/other.ipynb'"
    )
    shown.get_by_text("zenbook is not loaded in this kernel").wait_for()
    run_all(page)
    shown.get_by_role("button", name=re.compile("^Step only,")).wait_for(timeout=20_000)
    page.evaluate(
        "window.jupyterapp.commands.execute('docmanager:open', {path: 'first/first.ipynb'})"
    )
    shown.get_by_role("button", name=re.compile("^Step score,")).wait_for()


def test_runs_a_run_and_a_plan_show_their_pictures_under_the_cell(page: Any, lab: Server) -> None:
    opened(page, lab, "shown", *CELLS, "%zenbook runs", "%zenbook show", "%plan")
    run_all(page)
    shown = page.locator(".zb-output")
    shown.nth(2).wait_for()
    shown.nth(0).scroll_into_view_if_needed()
    shown.nth(0).get_by_role("button", name="run 1", exact=True).wait_for()
    shown.nth(1).scroll_into_view_if_needed()
    shown.nth(1).get_by_role("button", name=re.compile("^Step train,")).wait_for()
    shown.nth(2).scroll_into_view_if_needed()
    shown.nth(2).get_by_text("3 cached").wait_for()


def test_an_output_saved_elsewhere_shows_its_picture_and_no_buttons(page: Any, lab: Server) -> None:
    view = views()["graph"]
    output = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"application/vnd.zenbook.history+json": view, "text/plain": "graph"},
    }
    opened(page, lab, "foreign", "%pipeline", outputs={0: [output]})
    shown = page.locator(".zb-output")
    shown.wait_for()
    assert shown.locator(".zb-node").count() == 4
    assert shown.get_by_role("tab").count() == 0
    assert shown.get_by_text("Restore").count() == 0


def test_an_untrusted_notebook_shows_the_line_the_table_and_the_picture(
    page: Any, lab: Server
) -> None:
    graph, runs = views()["graph"], runs_view([samples.RUN_1] * 100, 1000, 0)
    shown = [
        {"output_type": "display_data", "metadata": {}, "data": {"text/html": html(view)}}
        for view in (graph, runs)
    ]
    opened(page, lab, "untrusted", "%pipeline", outputs={0: shown})
    trusted = "window.jupyterapp.shell.currentWidget.content.model.cells.get(0).trusted"
    assert page.evaluate(trusted) is False
    first = page.locator(".jp-OutputArea-output").nth(0)
    first.get_by_text("train_digits v2 run 3").wait_for()
    picture = first.get_by_role("img", name=re.compile("^Pipeline train_digits, 4 steps"))
    page.wait_for_function(
        "image => image.complete && image.naturalWidth > 200", arg=picture.element_handle()
    )
    first.get_by_text("as a table").click()
    assert "↺ cached" in first.get_by_role("table").inner_text()
    second = page.locator(".jp-OutputArea-output").nth(1)
    assert second.get_by_role("row").count() == 21
    assert "… 980 more" in second.inner_text()
    assert page.locator(".jp-OutputArea-output button").count() == 0


def test_fault_82_a_hostile_notebook_is_shown_as_text_and_runs_nothing(
    page: Any, lab: Server
) -> None:
    evil: Any = json.loads(json.dumps(views()["hostile_graph"]))
    evil["nodes"][0]["name"] = "<img src=x onerror=alert(1)>"
    outputs = [
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"application/vnd.zenbook.history+json": made},
        }
        for made in (evil, views()["hostile_runs"], {"kind": "graph", "schema": 1}, {"schema": 99})
    ]
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    name = '%%step <img src=x onerror="alert(1)">\nx = 1'
    opened(page, lab, "hostile", name, outputs={0: outputs})
    page.get_by_text("<img src=x onerror=alert(1)>").first.wait_for()
    page.get_by_text("cannot be read").first.wait_for()
    page.wait_for_timeout(500)
    assert page.locator(".zb-output img, .zb-output a, .zb-output script").count() == 0
    assert page.locator(".jp-OutputArea [data-commandlinker-command]").count() == 0
    assert not [url for url in requests if url.endswith("/x")]


def test_export_writes_the_script_and_opens_it(page: Any, lab: Server) -> None:
    opened(page, lab, "exported", *CELLS)
    run_all(page)
    says(page, "score", "ran")
    command(page, "zenbook:export")
    deadline = time.monotonic() + 30
    found: list[Path] = []
    while time.monotonic() < deadline and not found:
        page.wait_for_timeout(200)
        found = list((lab.folder / "exported").glob("*.py"))
    assert found, page.locator(".Toastify").inner_text()
    page.wait_for_function(
        "name => window.jupyterapp.shell.currentWidget?.context?.path === name",
        arg=f"exported/{found[0].name}",
    )


def test_a_step_that_fails_says_so_and_why_where_the_pointer_is(page: Any, lab: Server) -> None:
    opened(page, lab, "failing", "%load_ext zenbook", "%%step broken\nx = 1 / 0")
    run_all(page)
    says(page, "broken", "failed")
    title = badge(page, "broken").get_attribute("title")
    assert "ZeroDivisionError: division by zero" in title
    assert "ZeroDivisionError" in badge(page, "broken").get_attribute("aria-label")
    shown = panel(page)
    shown.get_by_role("button", name=re.compile("^Step broken, failed")).click()
    step = shown.get_by_role("region", name="Step broken")
    step.get_by_text("division by zero").first.wait_for()


def test_the_commands_are_in_the_palette_and_on_keys(page: Any, lab: Server) -> None:
    opened(page, lab, "commands", *CELLS)
    run_all(page)
    says(page, "score", "ran")
    page.keyboard.press("Control+Shift+C")
    palette = page.locator("#modal-command-palette")
    palette.locator("input").fill("zenbook")
    for label in ("Steps, Runs and Versions", "Plan", "Runs", "Export as a Script"):
        palette.get_by_text(f"zenbook: {label}", exact=True).wait_for()
    palette.get_by_text("zenbook: Runs", exact=True).click()
    shown = page.locator("#zenbook-panel")
    shown.get_by_role("button", name="run 1", exact=True).wait_for()
    cell = page.locator(".jp-Notebook .jp-Cell").first
    cell.locator(".jp-InputPrompt").click()
    page.keyboard.press("Control+Alt+z")
    shown.wait_for(state="hidden")
    cell.locator(".jp-InputPrompt").click()
    page.keyboard.press("Control+Alt+p")
    shown.get_by_text("3 cached").wait_for()


def test_everything_one_may_do_with_a_run_is_done_from_the_panel(page: Any, lab: Server) -> None:
    opened(page, lab, "deeds", *CELLS, "print('total is', total)")
    run_all(page)
    says(page, "score", "ran")
    type_into(page, 2, "\ntotal += 1")
    run_all(page)
    says(page, "score", "499500→499501", where="title")
    page.get_by_text("total is 499501").wait_for()
    shown = panel(page)
    shown.get_by_role("tab", name="runs").click()
    shown.get_by_role("button", name="run 1", exact=True).click()
    shown.get_by_role("button", name="Baseline").click()
    shown.get_by_role("button", name="run 2", exact=True).click()
    shown.get_by_role("button", name="Compare with run 1").click()
    told = shown.get_by_role("region", name="Comparison")
    told.get_by_text("+ total += 1").wait_for()
    shown.get_by_role("button", name="run 1", exact=True).click()
    shown.get_by_role("button", name="Pin", exact=True).click()
    shown.locator(".zb-rows").get_by_text("pinned", exact=True).wait_for()
    shown.get_by_role("button", name="Restore", exact=True).click()
    shown.locator(".zb-said", has_text="total").wait_for()
    page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 4")
    command(page, "notebook:run-cell")
    page.get_by_text("total is 499500").wait_for()
    shown.get_by_role("tab", name="graph").click()
    shown.get_by_role("button", name=re.compile("^Step train,")).click()
    shown.get_by_role("button", name="Run from here").click()
    shown.get_by_text("Ran the cells from train on.").wait_for()
    page.get_by_text("total is 499501").wait_for()
    shown.get_by_role("tab", name="runs").click()
    shown.get_by_role("button", name="run 2", exact=True).click()
    shown.get_by_role("button", name="Forget…").click()
    shown.get_by_role("button", name="Forget it").click()
    shown.get_by_role("button", name="run 2", exact=True).wait_for(state="hidden")


def test_a_read_only_notebook_has_badges_and_a_panel_too(page: Any, lab: Server) -> None:
    opened(page, lab, "readonly", *CELLS)
    page.evaluate(
        """() => {
            const { content } = window.jupyterapp.shell.currentWidget;
            content.model.readOnly = true;
            content.widgets.forEach(cell => cell.model.setMetadata('editable', false));
        }"""
    )
    run_all(page)
    says(page, "train", "ran")
    panel(page).get_by_role("button", name=re.compile("^Step train,")).wait_for()


def test_in_notebook_7_badges_and_panel_are_there_too(page: Any, notebook7: Server) -> None:
    file = notebook7.folder / "seven.ipynb"
    file.write_text(notebook(*CELLS), encoding="utf-8")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(notebook7.url(file.name))
    says(page, "train", "not connected")
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    says(page, "score", "ran")
    page.locator('[data-jp-item-name="zenbook"] jp-button').click()
    shown = page.locator("#zenbook-panel")
    shown.get_by_role("button", name=re.compile("^Step train,")).wait_for()
    assert axe(page, "#zenbook-panel") == []
    type_into(page, 2, "\ntotal += 1")
    says(page, "score", "stale")
