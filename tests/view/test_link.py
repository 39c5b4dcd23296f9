"""Questions and answers between a page and the kernel."""

from __future__ import annotations

import asyncio
import json
from contextvars import copy_context
from typing import Any

import pytest

from tests.view import samples
from tests.view.fake import FakeActions, many_runs
from zenbook.front.answers import answer, needs_main_thread
from zenbook.front.lab import PAGES, Link
from zenbook.front.widget import show

QUESTIONS: list[dict[str, Any]] = [
    {"ask": "runs", "offset": 0, "limit": 100},
    {"ask": "graph", "run": "r-3"},
    {"ask": "compare", "a": "r-1", "b": "r-3"},
    {"ask": "step", "step": "train", "run": "r-3"},
    {"ask": "plan"},
    {"ask": "store"},
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["ask"])
def test_every_question_is_answered_with_its_view_as_json(question: dict[str, Any]) -> None:
    reply = answer({"id": 5, **question}, FakeActions())
    assert reply["id"] == 5
    assert reply["view"]["kind"] == question["ask"]
    assert json.loads(json.dumps(reply, allow_nan=False)) == reply


@pytest.mark.parametrize(
    "question",
    [
        {"ask": "evaluate"},
        {"ask": "__class__"},
        {"ask": ["runs"]},
        {"act": "system"},
        {"act": None},
        {"ask": "runs", "offset": "0; drop"},
        {"ask": "runs", "search": "x" * 1000},
        {"ask": "graph", "run": "gone"},
        {"ask": "step", "step": 3},
        {"act": "forget"},
        {},
    ],
)
def test_a_question_that_makes_no_sense_gets_a_sentence(question: dict[str, Any]) -> None:
    actions = FakeActions()
    reply = answer({"id": 1, **question}, actions)
    assert set(reply) == {"id", "error"}
    assert actions.log in ([], ["runs 0 100"])


def test_runs_are_sorted_by_a_metric_over_the_whole_history_with_the_unknown_last() -> None:
    question = {"ask": "runs", "sort": "loss", "descending": True}
    rows = answer(question, FakeActions())["view"]["rows"]
    assert [row["id"] for row in rows] == ["r-3", "r-4", "r-2", "r-1"]


def test_numbers_are_sorted_as_numbers_though_parameters_are_texts() -> None:
    rows = answer({"ask": "runs", "sort": "gamma"}, FakeActions(many_runs(95)))["view"]["rows"]
    gammas = [float(row["parameters"]["gamma"]) for row in rows]
    assert gammas == sorted(gammas)


def test_a_page_of_ten_thousand_runs_holds_a_hundred() -> None:
    actions = FakeActions(many_runs(10_000))
    for question in ({"ask": "runs", "offset": 9000}, {"ask": "runs", "sort": "accuracy"}):
        assert len(answer(question, actions)["view"]["rows"]) == 100


def test_only_what_looks_into_the_namespace_waits_for_the_main_thread() -> None:
    waiting = {"plan", "restore", "run_from", "pin", "forget", "export", "gc"}
    asked = [{"ask": name} for name in ("runs", "graph", "compare", "step", "store", "plan")]
    acted = [{"act": name} for name in ("restore", "run_from", "pin", "forget", "export", "gc")]
    found = {next(iter(query.values())) for query in asked + acted if needs_main_thread(query)}
    assert found == waiting


def test_a_page_that_joins_gets_the_full_state_and_later_states_grow_in_serial() -> None:
    heard: list[dict[str, Any]] = []
    link = Link(FakeActions, None)
    link.join("page", heard.append)
    link.changed()
    link.leave("page")
    link.changed()
    assert [message["push"]["serial"] for message in heard] == [1, 2]
    assert heard[0]["push"]["kind"] == "notebook"


def test_nothing_is_computed_while_no_page_listens() -> None:
    def never() -> FakeActions:
        raise AssertionError("asked although nobody listens")

    Link(never, None).changed()


def test_a_picture_that_fails_never_fails_the_cell() -> None:
    heard: list[dict[str, Any]] = []
    actions = FakeActions()
    link = Link(lambda: actions, None)
    link.join("page", heard.append)
    actions.notebook = lambda: 1 / 0  # type: ignore[assignment,method-assign,return-value]
    link.changed()
    assert heard[-1] == {"warning": "ZeroDivisionError: division by zero"}


def test_a_page_whose_connection_is_gone_leaves() -> None:
    link = Link(FakeActions, None)
    link.join("page", lambda message: None)

    def broken(message: dict[str, Any]) -> None:
        raise RuntimeError("closed")

    link._pages["other"] = (broken, copy_context())
    link.changed()
    assert link.pages == 1


def test_after_a_deed_every_page_hears_the_new_state() -> None:
    heard: list[dict[str, Any]] = []
    actions = FakeActions()
    link = Link(lambda: actions, None)
    link.join("page", heard.append)
    link.hear({"id": 9, "act": "forget", "run": "r-2"}, heard.append)
    assert heard[1] == {"id": 9, "said": "Forgot r-2."}
    assert "push" in heard[2]
    assert actions.log == ["forget r-2"]


def test_a_message_without_a_number_is_no_question() -> None:
    heard: list[Any] = []
    Link(FakeActions, None).hear({"ask": "store"}, heard.append)
    assert heard == []


def test_many_changes_in_one_cell_are_told_once_when_it_has_ended() -> None:
    heard: list[dict[str, Any]] = []

    async def cell() -> None:
        link = Link(FakeActions, asyncio.get_running_loop())
        link.join("page", heard.append)
        for _ in range(5):
            link.changed_soon()
        assert len(heard) == 1, "the cell has not ended"
        await asyncio.sleep(0.01)
        assert len(heard) == 2
        link.changed_soon()
        await asyncio.sleep(0.01)

    asyncio.run(cell())
    assert [message["push"]["serial"] for message in heard] == [1, 2, 3]


def test_of_many_pages_the_first_ones_are_let_go() -> None:
    link, heard = Link(FakeActions, None), dict[int, list[Any]]()
    for number in range(PAGES + 3):
        link.join(str(number), heard.setdefault(number, []).append)
    assert link.pages == PAGES
    link.changed()
    assert [len(heard[number]) for number in (0, 2, 3, PAGES + 2)] == [1, 1, 2, 2]


def test_a_forked_child_tells_nobody() -> None:
    heard: list[Any] = []
    link = Link(FakeActions, None)
    link.join("page", heard.append)
    link._process = -1
    link.changed()
    assert len(heard) == 1


def test_a_shown_view_is_text_html_and_our_own_form_without_a_kernel() -> None:
    from tests.view.pictures import views

    shown = show(views()["plan"])
    assert repr(shown).startswith("1 step would run")
    assert "text/html" in shown._repr_mimebundle_()


def test_widget_state_holds_no_view(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.view.pictures import views
    from zenbook.front import widget

    if not widget.BUNDLE.is_file():
        pytest.skip("the bundle is not built")
    made = widget.make_widget(views()["step"], FakeActions())
    state = {
        name: value for name, value in made.get_state().items() if name not in ("_esm", "_css")
    }
    assert samples.TRAIN.splitlines()[0] not in json.dumps(state, default=str)
    assert "0.0016" not in json.dumps(state, default=str)
