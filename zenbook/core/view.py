"""The View: pure functions from what is remembered to what is shown.

The only thing a front end gets: the widget, the extension, the static page and the command
line all render these. ``view_types`` is the contract, each ``view_*`` module one picture.
"""

from zenbook.core.view_compare import compare_view
from zenbook.core.view_graph import graph_view, live_graph
from zenbook.core.view_notebook import CellNow, NotebookNow, notebook_view
from zenbook.core.view_plan import Kept, StoreStatus, plan_view, store_view
from zenbook.core.view_runs import runs_view
from zenbook.core.view_step import step_view
from zenbook.core.view_types import (
    SCHEMA,
    CompareView,
    GraphView,
    NotebookView,
    PlanView,
    RunsView,
    StepView,
    StoreView,
    View,
)

__all__ = [
    "SCHEMA",
    "CellNow",
    "CompareView",
    "GraphView",
    "Kept",
    "NotebookNow",
    "NotebookView",
    "PlanView",
    "RunsView",
    "StepView",
    "StoreStatus",
    "StoreView",
    "View",
    "compare_view",
    "graph_view",
    "live_graph",
    "notebook_view",
    "plan_view",
    "runs_view",
    "step_view",
    "store_view",
]
