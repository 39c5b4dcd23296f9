"""pyplot's open figures: what a step has opened, closed, or drawn into.

They are a state of the process that no result holds. After a hit a figure that the step has left
open is not there: a notebook, which shows what is open when a cell ends, would show nothing, and
what is drawn next would begin another figure. Scripts are let alone with what they leave open,
because most save or show a figure where they draw it (docs/guarantees.md says so).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from zenbook.core.shell import running_shell


def open_figures() -> Sequence[Any]:
    """The figures that pyplot would draw into, without importing it; the current one last."""
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    managers = helpers.Gcf.figs.values() if helpers is not None else ()
    return [manager.canvas.figure for manager in managers]


def make_ready() -> None:
    """Let a notebook show figures as it does from the first one that pyplot makes: one that is
    loaded may be the first."""
    if not hasattr(running_shell(), "kernel") or "matplotlib.figure" not in sys.modules:
        return
    import matplotlib
    from matplotlib import pyplot

    if getattr(pyplot, "_backend_mod", None) is None:
        pyplot.switch_backend(matplotlib.get_backend())


def is_shown_by(modules: Collection[str]) -> bool:
    """Whether one of these is what shows figures in a notebook, which the first figure loads."""
    return "matplotlib_inline.backend_inline" in modules


class FiguresBefore:
    """The figures that were open when a step began; they report what is drawn into them."""

    def __init__(self) -> None:
        self._figures = open_figures()
        self._is_changed = False
        self._listening = [(figure, *self._listen(figure)) for figure in self._figures]

    def _listen(self, figure: Any) -> tuple[Any, Any]:
        """Put our callback before the figure's own; the two of them."""
        own = figure.stale_callback

        def changed(artist: Any, stale: bool) -> None:
            self._is_changed = self._is_changed or stale
            if own is not None:
                own(artist, stale)

        figure.stale_callback = changed
        return own, changed

    def changes(self) -> Iterator[str]:
        """Sentences for what no hit could repeat; what is drawn from now on is not seen."""
        for figure, own, ours in self._listening:
            if figure.stale_callback is ours:
                figure.stale_callback = own
        if _is_notebook() and [*map(id, open_figures())] != [*map(id, self._figures)]:
            yield "it leaves other figures open in pyplot than before (close them in it)"
        elif self._is_changed:
            yield "it draws into a figure that was open before"


def _is_notebook() -> bool:
    """Whether IPython runs here, which shows figures that are open."""
    return running_shell() is not None
