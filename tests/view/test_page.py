"""Static pages and text: complete without script, style or Node."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser

import pytest

from tests.view import pictures, samples
from zenbook.core.view import runs_view
from zenbook.front.page import bundle, html
from zenbook.front.picture import svg
from zenbook.front.text import text

VIEWS = pictures.views()
ALLOWED = {
    "p",
    "strong",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "img",
    "details",
    "summary",
    "pre",
    "ins",
    "del",
}
ATTRIBUTES = {"scope", "align", "alt", "width", "src"}


class Tags(HTMLParser):
    """Collects what a page is made of and complains about tags that do not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_fault_82_a_static_page_has_only_tags_that_every_cleaner_keeps(name: str) -> None:
    tags = Tags()
    tags.feed(html(VIEWS[name]))
    assert not tags.open
    assert tags.tags <= ALLOWED
    assert tags.attributes <= ATTRIBUTES


@pytest.mark.parametrize("name", [name for name in VIEWS if "graph" in name])
def test_a_picture_is_well_formed_and_has_no_script(name: str) -> None:
    from xml.etree import ElementTree

    root = ElementTree.fromstring(svg(VIEWS[name]))  # type: ignore[arg-type]
    assert {child.tag.rpartition("}")[2] for child in root.iter()} <= {
        *("svg", "rect", "path", "title", "text")
    }


def test_the_plan_in_a_terminal_reads_as_a_whole() -> None:
    assert text(VIEWS["plan"]) == (
        "1 step would run, 1 cached, 2 not known before, about 12.7 s\n"
        "load_data  ↺ cached             kept, spares 3.2 s\n"
        "train      ▶ would run  12.1 s  code changed\n"
        "evaluate   ? depends    600 ms  known when train ran\n"
        "report     ? depends            known when train ran"
    )


def test_the_graph_in_a_terminal_names_what_its_edges_carry() -> None:
    lines = text(VIEWS["graph"]).splitlines()
    assert lines[2].split("  ")[0] == "train"
    assert lines[2].endswith("← load_data (X_train, y_train)")


def test_a_graph_has_a_picture_with_its_meaning_as_alternative_text() -> None:
    page = html(VIEWS["graph"])
    assert (
        'alt="Pipeline train_digits, 4 steps: load_data cached, train ran, evaluate ran, '
        'report stale."'
    ) in page
    assert 'src="data:image/svg+xml;base64,' in page


def test_a_long_table_is_cut_and_says_by_how_much() -> None:
    page = html(runs_view([samples.RUN_1] * 100, 1000, 0))
    assert page.count("<tr>") == 21
    assert "… 980 more" in page
    assert text(runs_view([samples.RUN_1] * 100, 1000, 0)).endswith("… 980 more")


def test_a_diff_keeps_its_signs_where_colours_are_dropped() -> None:
    assert "<ins>+ model = SVC(gamma=gamma, C=10)</ins>" in html(VIEWS["compare"])


def test_an_empty_view_says_what_to_do() -> None:
    assert "%%step" in html(VIEWS["runs_empty"])
    assert "%%step" in text(VIEWS["runs_empty"])


def test_a_bundle_holds_our_own_form_the_page_and_the_text() -> None:
    assert set(bundle(VIEWS["runs"])) == {
        "application/vnd.zenbook.history+json",
        "text/html",
        "text/plain",
    }


def test_the_page_is_made_without_any_heavy_library() -> None:
    code = (
        "import sys, zenbook.front.page, zenbook.front.actions, zenbook.front.lab, "
        "zenbook.front.widget\n"
        "heavy = {'anywidget', 'ipywidgets', 'IPython', 'numpy', 'comm', 'nbformat'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
