"""Static pages as people meet them: converted by nbconvert, opened in a browser, no kernel."""

from __future__ import annotations

from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.browser.servers import notebook
from tests.view import samples
from tests.view.pictures import views
from zenbook.core.view import View, runs_view
from zenbook.front.page import bundle

pytestmark = pytest.mark.browser
VIEWS = views()
MANY = runs_view([samples.RUN_1] * 100, 1000, 0)


def converted(*shown: View) -> str:
    """The notebook with these outputs as ``jupyter nbconvert --to html`` writes it."""
    outputs = [
        {"output_type": "display_data", "data": bundle(view), "metadata": {}} for view in shown
    ]
    exporter = import_module("nbconvert").HTMLExporter()
    body, _ = exporter.from_file(StringIO(notebook("%pipeline", outputs={0: outputs})))
    return str(body)


def opened(page: Any, tmp_path: Path, body: str) -> list[str]:
    """Open the file in the page; what it asks the network for is refused, and given back."""
    asked: list[str] = []

    def refuse(route: Any) -> None:
        asked.append(route.request.url)
        route.abort()

    file = tmp_path / "notebook.html"
    file.write_text(body, encoding="utf-8")
    page.route("http*://**", refuse)
    page.goto(file.as_uri())
    return asked


def test_a_converted_notebook_shows_the_line_the_picture_and_a_capped_table(
    page: Any, tmp_path: Path
) -> None:
    opened(page, tmp_path, converted(VIEWS["graph"], MANY))
    page.get_by_text("train_digits v2 run 3", exact=True).wait_for()
    alt = "Pipeline train_digits, 4 steps: load_data cached, train ran, evaluate ran, report stale."
    picture = page.get_by_role("img", name=alt)
    assert picture.evaluate("image => image.complete && image.naturalWidth > 200")
    page.get_by_text("as a table").click()
    assert "↺ cached" in page.locator("table").first.inner_text()
    runs = page.locator("table").nth(1)
    assert runs.get_by_role("row").count() == 21
    assert runs.get_by_role("columnheader").first.inner_text() == "run"
    page.get_by_text("… 980 more").wait_for()


@pytest.mark.parametrize("name", [name for name in VIEWS if name.startswith("hostile")])
def test_fault_82_in_a_static_page_hostile_text_is_text(
    page: Any, tmp_path: Path, name: str
) -> None:
    asked = opened(page, tmp_path, converted(VIEWS[name]))
    shown = page.locator(".jp-OutputArea-output").first
    shown.wait_for()
    for summary in shown.locator("summary").all():
        summary.click()
    page.wait_for_timeout(200)
    told = shown.inner_text() + "".join(
        image.get_attribute("alt") or "" for image in shown.locator("img").all()
    )
    assert "<img src=x onerror=alert(1)>" in told
    assert "\u202e" not in told and "\x1b" not in told
    pictures = shown.locator("img").all()
    assert all(
        (image.get_attribute("src") or "").startswith("data:image/svg+xml;base64,")
        for image in pictures
    )
    assert shown.locator("script, a, iframe, [onerror], [data-commandlinker-command]").count() == 0
    assert [url for url in asked if url.endswith("/x") or "evil" in url] == []
