"""What a history promises, asked of the real one and of the fake alike."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.front import among_many
from tests.world.history_samples import (
    finished,
    key_of,
    line,
    open_history,
    record,
    shape,
    sign,
    start,
)
from zenbook.errors import OptionError, StoreFault
from zenbook.model import Part, Record
from zenbook.testing.history import MemoryHistory
from zenbook.testing.store import FakeClock
from zenbook.world import history_order
from zenbook.world.history import SqliteHistory
from zenbook.world.history_rows import (
    json_ready,
    line_from_json,
    line_to_json,
    record_from_json,
    record_to_json,
    shape_from_json,
    shape_to_json,
)
from zenbook.world.ports import History
from zenbook.world.trust import canonical, parse

# ---------------------------------------------------------------- records


def test_a_record_comes_back_as_it_was_added_with_its_sequence_number(history: History) -> None:
    added = history.add(record(1))
    assert added == replace(record(1), sequence=1)
    assert history.candidates(key_of(1)) == (added,)
    assert history.candidates(key_of(1))[0].fingerprint.parts[1].shown == "0.0015"
    assert history.record("record-1") == added
    assert history.record("record-2") is None


def test_candidates_are_newest_first_and_no_more_than_asked_for(history: History) -> None:
    same = record(1).fingerprint
    for number in range(12):
        history.add(record(number, fingerprint=same))
    assert [r.id for r in history.candidates(key_of(1))] == [
        f"record-{n}" for n in range(11, 3, -1)
    ]
    assert [r.id for r in history.candidates(key_of(1), limit=1)] == ["record-11"]
    assert history.candidates(key_of(2)) == ()
    assert history.rejected(key_of(1)) == ""


def test_a_record_id_is_given_once(history: History) -> None:
    history.add(record(1))
    with pytest.raises(StoreFault):
        history.add(record(1))
    assert len(history.candidates(key_of(1))) == 1


def test_a_miss_is_told_against_the_newest_record_of_this_pipeline(history: History) -> None:
    here, there = history.begin_run("here", 1, {}), history.begin_run("there", 1, {})
    history.add(record(1, run=here.id))
    history.add(record(2, run=there.id))
    assert history.latest("train", "here").id == "record-1"  # type: ignore[union-attr]
    assert history.latest("train", "there").id == "record-2"  # type: ignore[union-attr]
    assert history.latest("train", "").id == "record-2"  # type: ignore[union-attr]
    assert history.latest("train", "elsewhere") is None
    assert history.latest("load", "here") is None


def test_expected_seconds_are_those_of_the_last_time_it_really_ran(history: History) -> None:
    assert history.expected("train", "p") is None
    for seconds, status in (
        (4.0, "completed"),
        (5.0, "completed"),
        (0.1, "cached"),
        (9.0, "failed"),
    ):
        run = history.begin_run("p", 1, {})
        history.set_step(run.id, line(seconds=seconds, status=status))
    assert history.expected("train", "p") == 5.0
    assert history.expected("train", "another") is None


# ---------------------------------------------------------------- versions


def test_a_shape_has_one_number_per_pipeline_and_gets_it_back(history: History) -> None:
    first = history.version("p", shape("a"))
    second = history.version("p", shape("b"))
    again = history.version("p", shape("a"))
    assert (first.number, first.is_new) == (1, True)
    assert (second.number, second.is_new) == (2, True)
    assert (again.number, again.is_new) == (1, False)
    assert history.version("q", shape("b")).number == 1
    assert [(v.number, v.shape) for v in history.versions("p")] == [
        (1, shape("a")),
        (2, shape("b")),
    ]
    assert history.versions("unknown") == ()


# ---------------------------------------------------------------- runs


def test_a_run_is_on_record_from_its_first_moment(history: History) -> None:
    run = history.begin_run("p", 1, {"gamma": "0.1"}, name="n", tags=("b", "a", "a"), origin="f.py")
    found = history.run(run.id)
    assert found == run
    assert found is not None
    assert (found.status, found.ended, found.number, found.tags) == ("running", None, 1, ("a", "b"))


def test_a_step_line_is_replaced_by_name_and_told_by_position(history: History) -> None:
    run = history.begin_run("p", 1, {})
    history.set_step(run.id, line("train", 1, status="running"))
    history.set_step(run.id, line("load", 0))
    history.set_step(run.id, line("train", 1))
    ended = history.end_run(run.id, "completed", version=3)
    assert ended.steps == (line("load", 0), line("train", 1))
    assert (ended.status, ended.version) == ("completed", 3)
    assert ended.ended is not None
    assert history.run(run.id) == ended


def test_a_step_still_running_when_its_run_ends_was_interrupted(history: History) -> None:
    run = history.begin_run("p", 1, {})
    history.set_step(run.id, line(status="running"))
    ended = history.end_run(run.id, "interrupted")
    assert [step.status for step in ended.steps] == ["interrupted"]


def test_an_unknown_run_is_a_store_fault(history: History) -> None:
    with pytest.raises(StoreFault):
        history.set_step("nowhere", line())
    with pytest.raises(StoreFault):
        history.end_run("nowhere", "completed")
    with pytest.raises(StoreFault):
        history.annotate("nowhere", note="x")


def test_metrics_tags_name_and_note_are_added_to_a_run(history: History) -> None:
    run = history.begin_run("p", 1, {}, tags=("a",), note="before")
    history.annotate(run.id, metrics={"x": 1, "y": 2}, tags=("b",))
    history.annotate(run.id, metrics={"y": 3}, note="after", name="best")
    found = history.run(run.id)
    assert found is not None
    assert found.metrics == {"x": 1, "y": 3}
    assert (found.tags, found.note, found.name) == (("a", "b"), "after", "best")


def test_a_run_is_found_by_id_prefix_number_and_as_the_latest(history: History) -> None:
    assert history.run("latest") is None
    first, second = history.begin_run("p", 1, {}), history.begin_run("p", 1, {})
    other = history.begin_run("q:1", 1, {})
    assert history.run(first.id) == first
    assert history.run(first.id[:-1]) == first
    assert history.run("p:2") == second
    assert history.run("q:1:1") == other
    assert history.run("latest") == other
    assert history.run("p:3") is None
    assert history.run("zzzz") is None
    assert history.run("") is None


def test_an_ambiguous_prefix_says_so() -> None:
    history = MemoryHistory()
    history.begin_run("p", 1, {})
    history.begin_run("p", 1, {})
    with pytest.raises(OptionError, match="several runs begin with '0000'"):
        history.run("0000")


def test_an_ambiguous_prefix_says_so_in_sqlite(tmp_path: Path) -> None:
    history = open_history(tmp_path / "home", clock=FakeClock())
    history.begin_run("p", 1, {})
    history.begin_run("p", 1, {})
    with pytest.raises(OptionError, match="several runs begin with '2023'"):
        history.run("2023")


def test_runs_are_told_newest_first_in_pages_and_by_what_is_asked(history: History) -> None:
    ids = []
    for number in range(6):
        run = history.begin_run("pq"[number % 2], 1, {"gamma": f"0.{number}"}, tags=(f"t{number}",))
        ids.append(run.id)
        history.set_step(run.id, line())
        history.end_run(run.id, "failed" if number == 3 else "completed")
    newest = ids[::-1]
    assert [run.id for run in history.runs()] == newest
    assert [run.id for run in history.runs(limit=2, offset=1)] == newest[1:3]
    assert [run.id for run in history.runs(pipeline="p")] == newest[1::2]
    assert [run.id for run in history.runs(tag="t4")] == [ids[4]]
    assert [run.id for run in history.runs(status="failed")] == [ids[3]]
    assert [run.id for run in history.runs(search="0.2")] == [ids[2]]
    assert [run.id for run in history.runs(search="GAMMA q t1")] == [ids[1]]
    assert history.runs(limit=0) == ()
    assert (history.count(), history.count(pipeline="p"), history.count(tag="t4")) == (6, 3, 1)
    assert (history.count(status="failed"), history.count(search="GAMMA q")) == (1, 3)
    assert history.count(search="%") == 0
    assert all(run.steps == (line(),) for run in history.runs())


def test_runs_are_sorted_by_any_column_with_the_unknown_last(history: History) -> None:
    ids = []
    for number, (gamma, loss, noted) in enumerate(
        [("0.002", 0.5, None), ("0.0015", 0.25, 9), ("auto", None, 8), ("", 0.75, None)]
    ):
        run = history.begin_run("p", 1, {"gamma": gamma, 'a "quoted" ü': str(-number)})
        metrics = {} if loss is None else {"loss": loss, "accuracy": 1 - loss}
        history.set_step(run.id, replace(line(), status="cached", saved=loss or 0, metrics=metrics))
        history.end_run(run.id, "completed", 4 - number)
        if noted is not None:
            history.annotate(run.id, metrics={"accuracy": noted})
        ids.append(run.id)

    def told(order: str, descending: bool = False, **more: Any) -> list[int]:
        found = history.runs(order=order, descending=descending, **more)
        return [ids.index(run.id) for run in found]

    assert told("gamma") == [1, 0, 2, 3]
    assert told("gamma", True) == [2, 0, 1, 3]
    assert told("loss", True) == [3, 0, 1, 2]
    assert told("accuracy") == [3, 0, 2, 1], "a run's own metric outranks its steps'"
    assert told("saved", True) == [3, 0, 1, 2]
    assert told("version") == told("number", True) == told("started", True) == [3, 2, 1, 0]
    assert told('a "quoted" ü') == [3, 2, 1, 0]
    assert told("status") == told("nothing has this") == [3, 2, 1, 0], "equal: newest first"
    assert told("gamma", limit=2, offset=1) == [0, 2]
    assert told("gamma", search="auto") == [2]
    assert told("x') FROM run; DROP TABLE run; --") == [3, 2, 1, 0]
    assert history.pinned() == frozenset()


def test_fault_83_names_and_searches_are_literal(history: History) -> None:
    run = history.begin_run("p", 1, {}, name="x'); DROP TABLE run; --", tags=("100%", "a_b"))
    history.begin_run("p", 1, {}, name="plain", tags=("1000", "aXb"))
    for search in ("x'); DROP TABLE run; --", "100%", "a_b"):
        assert [found.id for found in history.runs(search=search)] == [run.id]
    assert history.runs(search="\\") == ()
    assert len(history.runs(tag="x'); DROP TABLE run; --")) == 0
    assert len(history.runs()) == 2


# ---------------------------------------------------------------- JSON


texts = st.text(max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**60), 2**60)


@settings(deadline=None, max_examples=60)
@given(
    parts=st.lists(st.builds(Part, st.sampled_from(["use", "input"]), texts, texts, texts)),
    metrics=st.dictionaries(texts, texts | numbers | st.none() | st.booleans()),
    remarks=st.lists(texts),
)
def test_any_record_survives_canonical_json(
    parts: list[Part], metrics: dict[str, object], remarks: list[str]
) -> None:
    made = record(1)
    made = replace(
        made,
        fingerprint=replace(made.fingerprint, parts=tuple(parts)),
        metrics=metrics,
        remarks=tuple(remarks),
    )
    back = record_from_json(parse(canonical(record_to_json(made))))
    assert back == made
    assert [part.shown for part in back.fingerprint.parts] == [part.shown for part in parts]


def test_shapes_and_lines_survive_json() -> None:
    assert shape_from_json(parse(canonical(shape_to_json(shape())))) == shape()
    assert line_from_json(parse(canonical(line_to_json(line())))) == line()


def test_metrics_without_a_json_form_become_numbers_or_short_text() -> None:
    np = pytest.importorskip("numpy")
    told = json_ready({"a": np.float32(0.5), "b": float("nan"), "c": object, "d": (1, {"e": 2})})
    assert told == {"a": 0.5, "b": "nan", "c": "<class 'object'>", "d": [1, {"e": 2}]}


@pytest.mark.parametrize("name", list(record_to_json(record(1))))
def test_a_record_with_a_field_missing_or_of_another_type_is_refused(name: str) -> None:
    facts = record_to_json(record(1))
    errors = (ValueError, TypeError, KeyError, AttributeError)
    with pytest.raises(errors):
        record_from_json({k: v for k, v in facts.items() if k != name})
    if name != "displays":
        with pytest.raises(errors):
            record_from_json({**facts, name: object()})


# ---------------------------------------------------------------- numbers under concurrency


def test_fault_75_two_processes_never_share_a_run_id_run_number_or_version(tmp_path: Path) -> None:
    program = """
        history = open_history(home)
        for number in range(25):
            run = history.begin_run("p", None, {})
            version = history.version("p", shape(f"{sys.argv[0]}{number}"))
            print(run.id, run.number, history.version("p", shape(f"{os.getpid()}-{number}")).number)
    """
    open_history(tmp_path / "home").close()
    processes = [start(tmp_path / "home", program) for _ in range(2)]
    rows = [row.split() for process in processes for row in process.communicate()[0].splitlines()]
    assert len(rows) == 50
    ids, numbers, versions = zip(*rows, strict=True)
    assert len(set(ids)) == 50
    assert sorted(map(int, numbers)) == list(range(1, 51))
    assert len(set(versions)) == 50
    history = open_history(tmp_path / "home")
    told = [version.number for version in history.versions("p")]
    assert told == list(range(1, len(told) + 1))


def test_fault_42_eight_threads_leave_all_their_records(real: SqliteHistory) -> None:
    errors: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            for number in range(20):
                real.add(record(thread * 100 + number))
                assert real.candidates(key_of(thread * 100 + number))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    sequences = [found.sequence for _, found, _ in real.every_record() if found]
    assert sequences == list(range(1, 161))


def test_what_one_process_adds_another_sees_at_once(real: SqliteHistory, tmp_path: Path) -> None:
    real.add(record(1))
    out = finished(
        tmp_path / "home",
        """
        history = open_history(home)
        print(history.candidates(key_of(1))[0].id)
        history.add(record(2))
        """,
    )
    assert out.split() == ["record-1"]
    assert real.candidates(key_of(2))[0].sequence == 2


# ---------------------------------------------------------------- size


def test_fault_64_ten_thousand_runs_open_and_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it takes is in ``benchmarks/front.py``."""
    among_many(tmp_path / "home").close()
    history = open_history(tmp_path / "home")
    latest = history.run("latest")
    assert latest is not None and latest.number == 10_000
    for offset, search in ((0, ""), (9_900, ""), (0, "gamma")):
        page = history.runs(limit=100, offset=offset, search=search)
        assert [run.number for run in page] == [*range(10_000 - offset, 9_900 - offset, -1)]
    read = []
    values = history_order._values
    monkeypatch.setattr(history_order, "_values", lambda *a: read.append(a[1]) or values(*a))
    for order in ("seconds", "saved", "gamma", "accuracy", "accuracy"):
        assert len(history.runs(limit=100, offset=5_000, order=order, descending=True)) == 100
    assert read == ["seconds", "saved", "gamma", "accuracy"], "what was sorted by is remembered"
    assert history.count() == history.count(search="gamma") == 10_000


def test_the_signature_covers_the_sequence_number(real: SqliteHistory) -> None:
    added = real.add(record(1))
    rows = real.ledger.read(lambda c: c.execute("SELECT mac, body FROM record").fetchall())
    ((mac, body),) = rows
    assert sign(body) == mac
    told: Record = record_from_json(parse(body))
    assert told == added
    assert told.sequence == 1
