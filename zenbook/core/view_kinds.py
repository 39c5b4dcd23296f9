"""Which kind of View is which: said once for all that draw them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from zenbook.core.view_types import (
    CompareView,
    GraphView,
    NotebookView,
    PlanView,
    RunsView,
    StepView,
    StoreView,
    View,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Drawing(Generic[T]):
    """One way to draw each kind of View. Call it with any."""

    runs: Callable[[RunsView], T]
    graph: Callable[[GraphView], T]
    compare: Callable[[CompareView], T]
    step: Callable[[StepView], T]
    plan: Callable[[PlanView], T]
    store: Callable[[StoreView], T]
    notebook: Callable[[NotebookView], T]

    def __call__(self, view: View) -> T:
        """The View drawn."""
        match view["kind"]:
            case "runs":
                return self.runs(view)
            case "graph":
                return self.graph(view)
            case "compare":
                return self.compare(view)
            case "step":
                return self.step(view)
            case "plan":
                return self.plan(view)
            case "store":
                return self.store(view)
            case _:
                return self.notebook(view)
