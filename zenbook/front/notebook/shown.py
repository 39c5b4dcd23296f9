"""Answers as the last expression of a cell: the same pictures that pages show.

Registered with IPython by module and class name, so that loading the extension imports none of
them, and a picture is drawn only where a kernel has a page to show it on. The text stays the
answer's own ``repr``, which is what a terminal shows.

Rejected: ``_repr_mimebundle_`` on the answers themselves, as the engine would have to know the
front ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from zenbook.errors import ZenbookError

if TYPE_CHECKING:
    from zenbook.core.view import View
    from zenbook.front.actions import Actions

ROWS = 100
"""Most runs in one saved picture; a live page asks for the others."""

Draw = Callable[[Any, "Actions"], "View"]


def register(shell: Any, actions: Callable[[], Actions]) -> None:
    """Show the pictures of answers in this shell, if it has a kernel and so may have a page."""
    if getattr(shell, "kernel", None) is None:
        return
    formatter = shell.display_formatter.mimebundle_formatter
    for (module, name), draw in _DRAWN.items():
        formatter.for_type_by_name(module, name, _bundler(draw, actions))


def _bundler(draw: Draw, actions: Callable[[], Actions]) -> Callable[..., Any]:
    def forms(answer: Any, **_: object) -> dict[str, object] | None:
        from zenbook.front.widget import show

        try:
            view = draw(answer, actions())
        except ZenbookError:
            return None  # its runs are gone by now: its own text and table are what is left
        return {**show(view)._repr_mimebundle_(), "text/plain": repr(answer)}

    return forms


def _runs(answer: Any, actions: Actions) -> View:
    from zenbook.core.view import runs_view

    page = [handle.facts for handle in list(answer)[:ROWS]]
    return runs_view(page, answer.total, answer.offset, actions.pinned())


def _run(answer: Any, actions: Actions) -> View:
    from zenbook.engine.pictures import graph_picture

    return graph_picture(answer.facts, actions)


def _diff(answer: Any, actions: Actions) -> View:
    from zenbook.engine.handles import find_run
    from zenbook.engine.pictures import compare_picture

    first, second = find_run(answer.first), find_run(answer.second)
    return compare_picture(first.facts, second.facts, actions)


def _plan(answer: Any, _: Actions) -> View:
    from zenbook.core.view import plan_view

    return plan_view(answer)


def _notebook_plan(answer: Any, _: Actions) -> View:
    from zenbook.core.view import plan_view

    return plan_view(answer.plan)


_DRAWN: dict[tuple[str, str], Draw] = {
    ("zenbook.engine.listing", "Runs"): _runs,
    ("zenbook.engine.handles", "RunHandle"): _run,
    ("zenbook.engine.verbs", "RunDiff"): _diff,
    ("zenbook.model", "Plan"): _plan,
    ("zenbook.front.notebook.planning", "NotebookPlan"): _notebook_plan,
}
