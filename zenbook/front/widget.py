"""The views as an inline widget, for every front end that has ipywidgets.

Nothing of a View is a synchronised trait: widget state may be saved into the notebook, and
what is saved there is the View's own MIME type and the static page. The widget asks for what
it shows over custom messages, in the same words as the extension does over its comm.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zenbook.core.view import View
from zenbook.front.actions import Actions
from zenbook.front.lab import Link, current
from zenbook.front.page import bundle

BUNDLE = Path(__file__).parents[1] / "static" / "widget.js"
"""Built by Node where there was one; without it the static page is shown."""

_kind: Any = None


class Shown:
    """A View as the last expression of a cell or an argument of ``display``.

    In JupyterLab and Notebook with our extension its own renderer draws it; elsewhere the
    widget does; and where nothing runs, the static page and the text are there.
    """

    def __init__(self, view: View, actions: Actions | None = None) -> None:
        self.view = view
        self._actions = actions

    def __repr__(self) -> str:
        return str(bundle(self.view)["text/plain"])

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        forms = bundle(self.view)
        if (widget := make_widget(self.view, self._actions)) is not None:
            model = widget._repr_mimebundle_()
            model = model[0] if isinstance(model, tuple) else model
            forms |= {kind: form for kind, form in (model or {}).items() if kind not in forms}
        return forms


def show(view: View, actions: Actions | None = None) -> Shown:
    """The view for display; ``actions`` answer its widget, else those of the loaded extension."""
    return Shown(view, actions)


def make_widget(view: View, actions: Actions | None = None) -> Any:
    """The anywidget that shows ``view``; None without a bundle, a kernel or anywidget."""
    if not BUNDLE.is_file():
        return None
    link = Link(lambda: actions, None) if actions is not None else current()
    if link is None:
        return None
    try:
        return _widget_class()(view, link)
    except ImportError:
        return None  # anywidget is not installed: the page is complete without it


def _widget_class() -> Any:
    """Made on first use: importing ipywidgets costs more than all of zenbook."""
    global _kind
    if _kind is None:
        import anywidget

        class History(anywidget.AnyWidget):
            _esm = BUNDLE
            _css = BUNDLE.with_suffix(".css")

            def __init__(self, view: View, link: Link) -> None:
                super().__init__()
                self._first, self._link = view, link
                self.on_msg(self._heard)

            def _heard(self, _: object, message: Mapping[str, Any], __: object) -> None:
                if message.get("hello") is True:
                    self.send({"first": self._first})
                    self._link.join(self.model_id, self.send)
                else:
                    self._link.hear(message, self.send)

            def close(self) -> None:
                self._link.leave(self.model_id or "")
                super().close()

        _kind = History
    return _kind
