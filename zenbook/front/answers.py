"""From a page's question to its answer, both JSON.

``{"id": 1, "ask": "runs", "offset": 0}`` → ``{"id": 1, "view": ...}``
``{"id": 2, "act": "pin", "run": "…", "pinned": true}`` → ``{"id": 2, "said": "…"}``
``{"id": 3, "error": "…"}`` when it cannot be: a sentence, never a traceback.

A page is not trusted: fields are taken by name with their type, verbs from a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from zenbook.core.view import View, plan_view, runs_view, store_view
from zenbook.core.view_text import plain
from zenbook.engine.pictures import compare_picture, graph_picture, step_picture
from zenbook.errors import UsageError, ZenbookError
from zenbook.front.actions import Actions, Done
from zenbook.model import Run

Query = Mapping[str, Any]
PAGE, MOST = 200, 1_000_000_000
"""Most rows of one answer, and the last row that can be asked for."""


def needs_main_thread(query: Query) -> bool:
    """Whether answering looks into the namespace or changes something."""
    return "act" in query or query.get("ask") == "plan"


def answer(query: Query, actions: Actions) -> dict[str, Any]:
    """Answer one question; an error becomes a sentence."""
    number = query.get("id")
    try:
        return {"id": number, **_answer(query, actions)}
    except ZenbookError as error:
        return {"id": number, "error": plain(error, 1000)}
    except Exception as error:  # a page that waits must hear of it, whatever it was
        return {"id": number, "error": plain(f"{type(error).__name__}: {error}", 1000)}


def _answer(query: Query, actions: Actions) -> dict[str, Any]:
    if "act" in query:
        done = _known(ACTS, query["act"])(query, actions)
        return {key: value for key, value in asdict(done).items() if value}
    return {"view": _known(ASKS, query.get("ask"))(query, actions)}


def _known(verbs: Mapping[str, Any], verb: object) -> Callable[[Query, Actions], Any]:
    if not isinstance(verb, str) or verb not in verbs:
        raise UsageError(f"a page asked for {plain(verb, 40)!r}, which is none of {sorted(verbs)}")
    return verbs[verb]  # type: ignore[no-any-return]


def _text(query: Query, name: str) -> str:
    value = query.get(name, "")
    if not isinstance(value, str) or len(value) > 500:
        raise UsageError(f"{name} must be a short text")
    return value


def _count(query: Query, name: str, most: int) -> int:
    value = query.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool):
        raise UsageError(f"{name} must be a whole number")
    return max(0, min(value, most))


# ------------------------------------------------------------------ looking


def _runs(query: Query, actions: Actions) -> View:
    offset, limit = _count(query, "offset", MOST), _count(query, "limit", PAGE) or 100
    runs, total = actions.runs(
        search=_text(query, "search"),
        status=_text(query, "status"),
        limit=limit,
        offset=offset,
        order=_text(query, "sort"),
        descending=query.get("descending") is True,
    )
    return runs_view(runs, total, offset, actions.pinned())


def _run(actions: Actions, id: str) -> Run:
    run = actions.run(id or "latest")
    if run is None:
        raise UsageError(f"run {plain(id, 60)!r} is not in the history (any more)")
    return run


def _graph(query: Query, actions: Actions) -> View:
    return graph_picture(_run(actions, _text(query, "run")), actions)


def _compare(query: Query, actions: Actions) -> View:
    a, b = _run(actions, _text(query, "a")), _run(actions, _text(query, "b"))
    return compare_picture(a, b, actions)


def _step(query: Query, actions: Actions) -> View:
    name, run = _text(query, "step"), _run(actions, _text(query, "run"))
    done = next((step for step in run.steps if step.step == name), None)
    record = actions.record(done.record) if done is not None and done.record else None
    displays = actions.displays(record) if record is not None else ()
    return step_picture(run, name, actions, displays)


def _plan(query: Query, actions: Actions) -> View:
    return plan_view(actions.plan())


def _store(query: Query, actions: Actions) -> View:
    return store_view(actions.store())


ASKS = {
    "runs": _runs,
    "graph": _graph,
    "compare": _compare,
    "step": _step,
    "plan": _plan,
    "store": _store,
}


# ------------------------------------------------------------------ acting


def _restore(query: Query, actions: Actions) -> Done:
    return actions.restore(_text(query, "run"), _text(query, "step"))


def _run_from(query: Query, actions: Actions) -> Done:
    return actions.run_from(_text(query, "step"))


def _pin(query: Query, actions: Actions) -> Done:
    return actions.pin(_text(query, "run"), query.get("pinned") is True)


def _forget(query: Query, actions: Actions) -> Done:
    if not (run := _text(query, "run")):
        raise UsageError("forget needs a run")
    return actions.forget(run)


def _export(query: Query, actions: Actions) -> Done:
    return actions.export()


def _gc(query: Query, actions: Actions) -> Done:
    return actions.gc()


ACTS = {
    "restore": _restore,
    "run_from": _run_from,
    "pin": _pin,
    "forget": _forget,
    "export": _export,
    "gc": _gc,
}
