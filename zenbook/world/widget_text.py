"""A live widget as text: what stands in its place once its kernel is gone.

A bar or a label is told as it is when the step ends, as the page then shows it: its text at the
moment it was displayed says that nothing has been done yet. Other widgets keep that text.
"""

from __future__ import annotations

import html
import re
import sys
from typing import Any

_TAGS = re.compile(r"<[^>]*>")
_WIDE = 10
"""Characters of a bar."""


def text_of_widget(model: str) -> str | None:
    """What the widget of this model says now; None where it is none that is only looked at."""
    module = sys.modules.get("ipywidgets.widgets.widget")
    known = getattr(module, "_instances", None)
    if known is None:  # before ipywidgets 8
        known = getattr(getattr(module, "Widget", None), "widgets", {})
    parts = _parts(known.get(model))
    return " ".join(part for part in parts if part) if parts is not None else None


def _parts(widget: Any) -> list[str] | None:
    kind = type(widget)
    if not any(base.__module__.startswith("ipywidgets.") for base in kind.__mro__):
        return None
    names = {base.__name__ for base in kind.__mro__}
    if "Box" in names:
        inner = [_parts(child) for child in widget.children]
        found = [part for parts in inner if parts is not None for part in parts]
        return found if None not in inner else None
    if names & {"HTML", "HTMLMath", "Label"}:
        return [" ".join(html.unescape(_TAGS.sub("", str(widget.value))).split())]
    if names & {"FloatProgress", "IntProgress"}:
        whole = float(widget.max) - float(widget.min)
        done = (float(widget.value) - float(widget.min)) / whole if whole else 1.0
        full = round(_WIDE * min(max(done, 0.0), 1.0))
        return [f"|{'█' * full}{' ' * (_WIDE - full)}|"]
    return None
