"""One Chromium for the whole session; a page that notes what must never happen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.stage import AXE, CHROMIUM, FLAGS, STATIC


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Playwright's own Chromium where it has one, else the system's."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not (STATIC / "widget.js").is_file():
        pytest.fail("build the front end first: cd labextension && npm ci && npm run build:prod")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


NOT_OURS = "Cannot read properties of undefined (reading 'schema')"
"""Notebook 7.6 says this on every load, with no extension of anybody's installed."""


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A page that fails its test on any dialog or uncaught error."""
    opened = chromium.new_page(viewport={"width": 1000, "height": 800})
    bad: list[str] = []

    def refuse(dialog: Any) -> None:
        bad.append(f"dialog {dialog.message}")
        dialog.dismiss()

    opened.on("dialog", refuse)
    opened.on("pageerror", lambda error: bad.append(f"error {error}"))
    yield opened
    opened.close()
    assert [entry for entry in bad if NOT_OURS not in entry] == []


def axe(page: Any, root: str) -> list[str]:
    """What the accessibility checker finds wrong below ``root``: rule and place."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "root => axe.run(root, {rules: {region: {enabled: false}}})"
        ".then(result => result.violations)",
        root,
    )
    return [
        f"{rule['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for rule in found
        for node in rule["nodes"]
    ]
