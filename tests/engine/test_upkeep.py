"""What may go, what must stay, and what is said about it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.upkeep_samples import Folder, open_folder
from zenbook.engine import upkeep
from zenbook.engine.upkeep_answers import bytes_text
from zenbook.errors import Busy, UsageError
from zenbook.world.history_keeping import collecting, keeping
from zenbook.world.trust import forget_key

AN_HOUR = 3600.0


@pytest.fixture
def folder(home: Path) -> Iterator[Folder]:
    forget_key()
    opened = open_folder(home)
    yield opened
    opened.history.close()
    opened.store.close()


# ---------------------------------------------------------------- status


def test_status_says_where_how_large_and_what_takes_most(folder: Folder, home: Path) -> None:
    first = folder.run("a", "b", size=200_000)
    folder.run("c", size=50_000)
    upkeep.pin(first.id)
    told = upkeep.status()
    assert told.path == home
    assert (told.artifacts, told.records, told.runs, told.pinned) == (3, 3, 2, 1)
    assert told.limit == upkeep.DEFAULT_LIMIT
    assert told.reclaimable == 0
    assert [kept.artifact.size > 200_000 for kept in told.largest] == [True, True, False]
    assert [kept.pinned for kept in told.largest] == [True, True, False]
    real = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    assert abs(told.size - real) < 200_000
    assert [kept.run for kept in told.largest] == ["p:1", "p:1", "p:2"]
    assert "2 runs (1 pinned)" in repr(told)
    assert "of 20.0 GB" in repr(told)


def test_status_of_nothing_is_all_zero_and_makes_nothing(home: Path) -> None:
    told = upkeep.status()
    assert (told.path, told.size, told.artifacts, told.runs) == (home, 0, 0, 0)
    assert not home.exists()


def test_the_view_of_a_status_is_the_store_view(folder: Folder) -> None:
    from zenbook.core.view import store_view

    folder.run("a")
    assert store_view(upkeep.status())["artifacts"] == 1


# ---------------------------------------------------------------- gc


def test_without_pressure_nothing_goes(folder: Folder) -> None:
    folder.run("a", "b")
    folder.clock.move(AN_HOUR)
    collected = folder.collect()
    assert (collected.evicted, collected.freed) == ((), 0)
    assert len(folder.store.sizes()) == 2


def test_fault_62_the_oldest_unpinned_go_first_and_each_is_an_event(folder: Folder) -> None:
    runs = []
    for value in "abcd":
        runs.append(folder.run(value, size=100_000))
        folder.clock.move(AN_HOUR)
    upkeep.pin(runs[0].id)
    fresh = folder.run("just written", size=100_000)
    collected = folder.collect(limit=350_000)
    expected = [folder.blobs_of(runs[1])[0], folder.blobs_of(runs[2])[0]]
    assert [one.blob for one in collected.evicted] == expected
    assert folder.events("evicted") == expected
    assert all(folder.store.has(folder.blobs_of(run)[0]) for run in (runs[0], runs[3], fresh))
    assert collected.size == sum(folder.store.sizes().values()) <= 350_000
    assert len(folder.history.runs()) == 5


def test_fault_62_pinned_running_and_fresh_results_stay_whatever_the_limit(folder: Folder) -> None:
    pinned = folder.run("pinned", size=10_000)
    old = folder.run("old", size=10_000)
    upkeep.pin(pinned.id)
    running = folder.history.begin_run("p", None, {})
    mine = folder.keep("of a running run", running.id, 10_000)
    folder.clock.move(AN_HOUR)
    fresh = folder.run("fresh", size=10_000)
    collected = folder.collect(limit=0)
    assert [one.blob for one in collected.evicted] == folder.blobs_of(old)
    left = {*folder.blobs_of(pinned), *folder.blobs_of(fresh), mine.artifacts[0].blob}
    assert folder.store.sizes().keys() == left
    assert "still over the limit" in repr(collected)


def test_a_result_that_was_hit_lately_outlives_one_that_was_not(folder: Folder) -> None:
    from tests.world.history_samples import line

    used, unused = folder.run("used", size=10_000), folder.run("unused", size=10_000)
    folder.clock.move(AN_HOUR)
    again = folder.history.begin_run("p", None, {})
    made = folder.history.run(used.id).steps[0].record  # type: ignore[union-attr]
    folder.history.set_step(again.id, line("step_0", record=made, status="cached"))
    folder.history.end_run(again.id, "completed")
    folder.clock.move(AN_HOUR)
    collected = folder.collect(limit=15_000)
    assert [one.blob for one in collected.evicted] == folder.blobs_of(unused)


def test_a_dry_run_tells_the_same_and_takes_nothing(folder: Folder) -> None:
    folder.run("a", "b", size=10_000)
    folder.clock.move(AN_HOUR)
    planned = folder.collect(limit=0, dry_run=True)
    assert len(folder.store.sizes()) == 2
    assert folder.events("evicted") == []
    done = folder.collect(limit=0)
    assert planned.evicted == done.evicted
    assert len(done.evicted) == 2
    assert folder.store.sizes() == {}
    assert repr(planned).startswith("Would free ")
    assert repr(done).startswith("Freed 20.")


def test_the_limit_of_a_folder_can_be_set_and_seen(folder: Folder) -> None:
    folder.run("a", size=10_000)
    folder.clock.move(AN_HOUR)
    upkeep.set_limit(5_000)
    assert upkeep.status().limit == 5_000
    assert folder.collect().limit == 5_000
    assert folder.store.sizes() == {}
    for wrong in (lambda: upkeep.set_limit(-1), lambda: upkeep.gc(-1)):
        with pytest.raises(UsageError, match="0 or more, not -1"):
            wrong()


def test_fault_31_orphans_are_counted_and_go_after_the_grace(folder: Folder) -> None:
    orphan = folder.put("nobody's", 10_000)
    folder.run("somebody's")
    assert upkeep.status().reclaimable == folder.store.sizes()[orphan]
    assert folder.collect().orphans == 0
    folder.clock.move(upkeep.GRACE - 1)
    assert folder.collect().orphans == 0
    folder.clock.move(2)
    assert folder.collect().orphans == 1
    assert not folder.store.has(orphan)
    assert folder.events("collected") == [orphan]


def test_an_orphan_that_found_its_record_is_no_orphan_any_more(folder: Folder) -> None:
    folder.put("value")
    folder.collect()
    run = folder.run("value")
    folder.clock.move(AN_HOUR)
    assert folder.collect().orphans == 0
    assert folder.store.sizes().keys() == set(folder.blobs_of(run))


def test_fault_31_a_living_writers_draft_is_untouched(folder: Folder, home: Path) -> None:
    folder.run("a", size=10_000)
    draft = next((home / "store").glob("*/")) / "0123.draft"
    draft.write_bytes(b"half")
    folder.collect()
    assert draft.exists()
    os.utime(draft, (0, 0))
    folder.collect()
    assert not draft.exists()


def test_fault_63_what_two_records_share_stays_until_both_are_gone(folder: Folder) -> None:
    first, second = folder.run("shared", size=10_000), folder.run("shared", size=10_000)
    assert folder.blobs_of(first) == folder.blobs_of(second)
    assert len(folder.store.sizes()) == 1
    forgotten = upkeep.forget(first.id)
    assert repr(forgotten) == "p:1 is forgotten. train.value stays: p:2 keeps the same."
    assert forgotten.blobs == 0
    assert len(folder.store.sizes()) == 1
    forgotten = upkeep.forget(second.id)
    assert repr(forgotten).startswith("p:2 is forgotten: train.value deleted, 1")
    assert forgotten.blobs == 1
    assert folder.store.sizes() == {}


def test_results_signed_by_a_key_that_is_gone_today_are_not_garbage(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:

    folder.run("a", "b")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "elsewhere"))
    forget_key()
    try:
        folder.clock.move(AN_HOUR)
        folder.collect()
        folder.clock.move(AN_HOUR)
        assert folder.collect().orphans == 0
        assert len(folder.store.sizes()) == 2
    finally:
        forget_key()


def test_fault_32_collection_waits_for_whoever_is_keeping_a_result(home: Path) -> None:
    home.mkdir(mode=0o700)
    with keeping(home) as held:
        assert held
        with keeping(home, patience=0.1) as also:
            assert also
        with pytest.raises(Busy, match="keeping its result"):
            with collecting(home, patience=0.1):
                raise AssertionError("both at once")
    with collecting(home, patience=0.1):
        with keeping(home, patience=0.1) as held:
            assert not held


# ---------------------------------------------------------------- pin


def test_a_pinned_run_can_be_let_go(folder: Folder) -> None:
    run = folder.run("a", size=10_000)
    assert upkeep.pin("latest").id == run.id
    folder.clock.move(AN_HOUR)
    assert folder.collect(limit=0).evicted == ()
    assert upkeep.unpin("p:1").id == run.id
    assert len(folder.collect(limit=0).evicted) == 1
    assert folder.events("pinned", "unpinned") == [run.id, run.id]


def test_verbs_on_an_unknown_run_say_so(folder: Folder) -> None:
    folder.run("a")
    for verb in (upkeep.pin, upkeep.unpin, upkeep.forget):
        with pytest.raises(UsageError, match="There is no run 'nowhere'"):
            verb("nowhere")


def test_verbs_where_nothing_was_run_yet_say_so(home: Path) -> None:
    for verb in (upkeep.gc, upkeep.pin, upkeep.unpin, lambda: upkeep.forget("latest")):
        with pytest.raises(UsageError, match="no zenbook folder"):
            verb()
    assert upkeep.fsck().clean
    assert not home.exists()


def test_sizes_are_told_for_people() -> None:
    told = [bytes_text(size) for size in (0, 999, 1000, 1_746_633, 2 * 10**10, 3 * 10**12)]
    assert told == ["0 B", "999 B", "1.0 kB", "1.7 MB", "20.0 GB", "3.0 TB"]
