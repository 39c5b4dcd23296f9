"""Settings of plotly: no part of a key until somebody has set them, and then one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from zenbook.world.settings import settings

pio = pytest.importorskip("plotly.io")
px = pytest.importorskip("plotly.express")


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    """Everything as plotly sets it."""
    templates, default = dict(pio.templates._templates), pio.templates.default
    renderer = pio.renderers.default
    yield
    pio.templates._templates.clear()
    pio.templates._templates.update(templates)
    pio.templates.default = default
    pio.renderers.default = renderer
    pio.renderers.render_on_display = True
    px.defaults.reset()


def _change_a_template() -> None:
    pio.templates["plotly_white"].layout.font.size = 20


CHANGES: dict[str, Callable[[], Any]] = {
    "the default template": lambda: setattr(pio.templates, "default", "plotly_dark"),
    "no template": lambda: setattr(pio.templates, "default", "none"),
    "a template of one's own": lambda: pio.templates.update(mine={"layout": {"width": 300}}),
    "a template of plotly's": _change_a_template,
    "what plotly.express takes": lambda: setattr(px.defaults, "width", 300),
    "its colours": lambda: setattr(px.defaults, "color_discrete_sequence", ["red"]),
    "the renderer": lambda: setattr(pio.renderers, "default", "svg"),
    "whether it shows": lambda: setattr(pio.renderers, "render_on_display", False),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_set_is_a_part(change: Callable[[], Any]) -> None:
    before = settings(["plotly"])
    change()
    after = settings(["plotly"])
    assert before != after
    assert settings(["plotly"]) == after
    assert settings(["json"]) == ()


def test_what_plotly_sets_itself_is_none_whether_or_not_it_is_imported() -> None:
    script = (
        "from zenbook.world.settings import settings as s\n"
        "bare = s(['plotly'])\n"
        "import plotly.express, plotly.io as pio\n"
        "assert [pio.templates[name] for name in pio.templates]\n"
        "print(bare == s(['plotly']) == ())"
    )
    told = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert told.stdout == "True\n", told.stderr
