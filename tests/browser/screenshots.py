"""One screenshot of every view: ``python -m tests.browser.screenshots [folder]``.

The pictures in ``docs/images`` are made by this and by nothing else.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.servers import notebook, serving
from tests.browser.stage import CHROMIUM, FLAGS, ROOT, staged
from tests.view import samples
from tests.view.fake import FakeActions, many_runs
from tests.view.pictures import views
from zenbook.core.view import runs_view

VIEWS = views()
DIGITS = (
    "%load_ext zenbook",
    """%%step load_data
import random, time
time.sleep(1.2)
random.seed(0)
X = [[random.random() for _ in range(64)] for _ in range(1797)]
y = [int(sum(row)) % 10 for row in X]""",
    "gamma = 0.0015",
    "%%step train\nimport time\ntime.sleep(2.1)\nmodel = {'gamma': gamma, 'rows': len(X)}",
    "%%step evaluate\nscore = 0.9 + model['gamma']\nprint(f'accuracy = {score:.3f}')",
    "%%step report\nlines = [f'{name}: {value}' for name, value in model.items()]",
)


def node(page: Any, step: str) -> Any:
    return page.get_by_role("button", name=re.compile(f"^Step {step},"))


def graph(page: Any) -> None:
    node(page, "train").click()
    page.get_by_role("region", name="Step train").wait_for()


def compared(page: Any) -> None:
    page.get_by_role("button", name="run 1", exact=True).click()
    page.get_by_role("button", name="Baseline").click()
    page.get_by_role("button", name="run 3", exact=True).click()
    page.get_by_role("button", name="Compare with run 1").click()
    page.get_by_role("region", name="Comparison").wait_for()


def plotted(page: Any) -> None:
    page.get_by_role("button", name="Plot").click()
    page.get_by_role("button", name="run 238", exact=True).click()


def nothing(page: Any) -> None:
    page.wait_for_timeout(100)


SCENES: list[tuple[str, str, str, int, Callable[[Any], None]]] = [
    ("graph-light", "graph", "light", 900, graph),
    ("graph-dark", "graph", "dark", 900, graph),
    ("running", "notebook", "light", 900, nothing),
    ("narrow", "notebook", "dark", 300, nothing),
    ("runs", "many", "light", 900, plotted),
    ("compare", "few", "light", 900, compared),
    ("compare-dark", "few", "dark", 900, compared),
    ("plan", "plan", "light", 900, nothing),
    ("store", "store", "dark", 900, nothing),
]


def widgets(browser: Any, folder: Path) -> None:
    """Every view of the inline widget."""
    many = many_runs(240)
    first = {**VIEWS, "many": runs_view(many[:100], 240, 0), "few": runs_view(samples.RUNS, 4, 0)}
    for name, view, theme, width, prepare in SCENES:
        page = browser.new_page(viewport={"width": width, "height": 300}, device_scale_factor=2)
        actions = FakeActions(many) if view == "many" else FakeActions()
        if view != "notebook":
            actions.now = None
        with staged(first[view], actions) as stage:
            page.goto(stage.url(theme, width))
            page.wait_for_selector(".zb")
            page.wait_for_timeout(300)
            prepare(page)
            page.mouse.move(0, 0)
            page.wait_for_timeout(300)
            page.locator("#stage").screenshot(path=folder / f"{name}.png")
        page.close()


def lab(browser: Any, folder: Path) -> None:
    """JupyterLab with badges and the panel: after an edit, light, then dark."""
    with tempfile.TemporaryDirectory() as tmp, serving(Path(tmp), "lab") as server:
        (server.folder / "train_digits.ipynb").write_text(notebook(*DIGITS))
        page = browser.new_page(viewport={"width": 1280, "height": 820})
        page.goto(server.url("train_digits.ipynb"))
        page.wait_for_function("window.jupyterapp?.commands.hasCommand('zenbook:panel')")
        page.wait_for_function(
            "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status"
            " === 'idle'"
        )
        run = "name => window.jupyterapp.commands.execute(name)"
        page.evaluate(run, "notebook:run-all-cells")
        node(page, "report").filter(has_text="ran").wait_for(timeout=30_000)
        page.evaluate(run, "notebook:run-all-cells")
        node(page, "report").filter(has_text="cached").wait_for(timeout=30_000)
        page.evaluate(run, "application:toggle-left-area")
        page.evaluate(run, "zenbook:panel")
        page.locator(".jp-Notebook .jp-Cell").nth(3).locator(".cm-content").click()
        page.keyboard.press("Control+End")
        page.keyboard.type("\nmodel['C'] = 10")
        node(page, "evaluate").filter(has_text="train was edited").first.wait_for()
        page.locator("#zenbook-panel").get_by_role(
            "button", name=re.compile("^Step train,")
        ).click()
        page.wait_for_timeout(800)
        if (news := page.get_by_role("button", name="No", exact=True)).count():
            news.click()
        page.wait_for_timeout(500)
        page.screenshot(path=folder / "lab.png")
        page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
            "JupyterLab Dark",
        )
        page.wait_for_timeout(1500)
        page.screenshot(path=folder / "lab-dark.png")
        page.close()


def main() -> None:
    from playwright.sync_api import sync_playwright

    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        widgets(browser, folder)
        lab(browser, folder)
        browser.close()


if __name__ == "__main__":
    main()
