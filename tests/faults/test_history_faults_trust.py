"""Faults of single rows: whatever stands in the file, only what was signed is believed."""

from __future__ import annotations

import hmac
import json
import pickle
from pathlib import Path

import pytest

from tests.world.history_samples import key_of, line, open_history, record, shape, sign, verify
from zenbook.world.clock import SystemClock
from zenbook.world.history import SqliteHistory
from zenbook.world.history_rows import record_to_json
from zenbook.world.trust import canonical

NINE_KINDS = (None, 7, 0.5, "text", b"", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"a":1,"a":2}')


@pytest.fixture
def history(tmp_path: Path) -> SqliteHistory:
    opened = open_history(tmp_path / "home")
    opened.add(record(1))
    opened.add(record(2))
    return opened


def change(history: SqliteHistory, statement: str, *values: object) -> None:
    history.ledger.write(lambda connection: connection.execute(statement, values))


def signed_body(history: SqliteHistory, id: str) -> bytes:
    rows = history.ledger.read(
        lambda c: c.execute("SELECT body FROM record WHERE id = ?", (id,)).fetchall()
    )
    return bytes(rows[0][0])


def test_fault_03_a_record_copied_under_another_key_is_refused(history: SqliteHistory) -> None:
    change(
        history,
        "INSERT INTO record SELECT 9, 'copy', ?, step, pipeline, run, mac, body FROM record "
        "WHERE sequence = 2",
        key_of(1),
    )
    assert [found.id for found in history.candidates(key_of(1))] == ["record-1"]
    assert history.rejected(key_of(1)).startswith("wrong key")
    assert history.record("copy") is None
    assert history.rejected(key_of(2)) == ""


def test_fault_03_a_record_moved_to_another_key_is_refused(history: SqliteHistory) -> None:
    assert history.candidates(key_of(2))  # also when it was believed under its own key before
    change(history, "UPDATE record SET key = ? WHERE sequence = 2", key_of(3))
    assert history.candidates(key_of(3)) == ()
    assert history.rejected(key_of(3)).startswith("wrong key")


def test_a_record_under_another_step_name_is_not_what_a_miss_is_told_against(
    history: SqliteHistory,
) -> None:
    change(history, "UPDATE record SET step = 'other' WHERE sequence = 2")
    assert history.latest("other", "p") is None


def test_fault_04_a_record_redirected_to_another_blob_is_refused(history: SqliteHistory) -> None:
    assert history.candidates(key_of(1))
    body = signed_body(history, "record-1").replace(key_of(1).encode(), key_of(2).encode())
    change(history, "UPDATE record SET body = ? WHERE sequence = 1", body)
    assert history.candidates(key_of(1)) == ()
    assert history.rejected(key_of(1)) == "untrusted: its signature is not yours"


def test_fault_01_any_flipped_byte_of_a_record_is_refused(history: SqliteHistory) -> None:
    body = signed_body(history, "record-1")
    for place in range(0, len(body), 37):
        flipped = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        change(history, "UPDATE record SET body = ? WHERE sequence = 1", flipped)
        assert history.candidates(key_of(1)) == (), place
        assert history.rejected(key_of(1)), place
    change(history, "UPDATE record SET body = ? WHERE sequence = 1", body)
    assert len(history.candidates(key_of(1))) == 1


def test_fault_10_a_history_of_another_user_is_all_untrusted(tmp_path: Path) -> None:
    open_history(tmp_path / "home").add(record(1))

    def sign_otherwise(payload: bytes) -> str:
        return hmac.digest(b"another person's key", payload, "sha256").hex()

    def verify_otherwise(payload: bytes, mac: str) -> None:
        from zenbook.errors import Untrusted

        if sign_otherwise(payload) != mac:
            raise Untrusted("its signature is not yours")

    theirs = SqliteHistory(tmp_path / "home", sign_otherwise, verify_otherwise, SystemClock())
    assert theirs.candidates(key_of(1)) == ()
    assert theirs.rejected(key_of(1)).startswith("untrusted")
    assert theirs.latest("train", "") is None
    own = theirs.add(record(2, fingerprint=record(1).fingerprint))
    assert theirs.candidates(key_of(1)) == (own,)


@pytest.mark.parametrize("mac", ["", "0" * 64, None, 5, b"0" * 64, "ünsigned", "none"])
def test_fault_20_a_missing_or_weak_signature_is_refused(
    history: SqliteHistory, mac: object
) -> None:
    change(history, "UPDATE record SET mac = ? WHERE sequence = 1", "" if mac is None else mac)
    assert history.candidates(key_of(1)) == ()
    assert history.rejected(key_of(1))


@pytest.mark.parametrize("version", [0, 2, None, "1"])
def test_fault_20_another_format_is_refused_even_if_signed(
    history: SqliteHistory, version: object
) -> None:
    body = canonical({**record_to_json(record(1)), "version": version})
    change(history, "UPDATE record SET body = ?, mac = ? WHERE sequence = 1", body, sign(body))
    assert history.candidates(key_of(1)) == ()
    assert history.rejected(key_of(1)).startswith("newer")


@pytest.mark.parametrize("body", NINE_KINDS, ids=lambda body: repr(body)[:20])
def test_fault_21_what_is_no_record_is_refused_at_once(
    history: SqliteHistory, body: object
) -> None:
    told = b"" if body is None else body
    mac = sign(told) if isinstance(told, bytes) else "0"
    change(history, "UPDATE record SET body = ?, mac = ? WHERE sequence = 1", told, mac)
    assert history.candidates(key_of(1)) == ()
    assert history.rejected(key_of(1)).startswith("damaged")


def test_fault_21_a_huge_record_is_refused_unread(history: SqliteHistory) -> None:
    change(history, "UPDATE record SET body = zeroblob(200000000) WHERE sequence = 1")
    assert history.candidates(key_of(1)) == ()
    assert history.rejected(key_of(1)).startswith("damaged")


def test_a_trusted_record_is_found_behind_many_refused_ones(history: SqliteHistory) -> None:
    for number in range(40):
        change(
            history,
            "INSERT INTO record SELECT ?, 'x' || ?, key, step, pipeline, run, 'bad', body "
            "FROM record WHERE sequence = 1",
            100 + number,
            number,
        )
    assert [found.id for found in history.candidates(key_of(1), limit=1)] == ["record-1"]


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('a pickle was run')",)


def test_fault_08_planted_pickles_are_never_run(history: SqliteHistory) -> None:
    planted = pickle.dumps(Bomb())
    run = history.begin_run("p", None, {})
    history.set_step(run.id, line())
    history.version("p", shape())
    change(history, "UPDATE record SET body = ?, mac = ?", planted, sign(planted))
    change(history, "UPDATE step SET body = ?", planted)
    change(history, "UPDATE version SET body = ?", planted)
    change(history, "UPDATE run SET parameters = ?, metrics = ?", planted, planted)
    assert history.candidates(key_of(1)) == ()
    assert history.versions("p") == ()
    (found,) = history.runs()
    assert (found.id, found.steps, dict(found.parameters)) == (run.id, (), {})


def test_a_run_with_damaged_lines_is_still_shown(history: SqliteHistory) -> None:
    run = history.begin_run("p", None, {"a": "1"})
    history.set_step(run.id, line("good", 0))
    history.set_step(run.id, line("bad", 1))
    for body in ("", "[]", "{}", "null", json.dumps({"status": "odd"})):
        change(history, "UPDATE step SET body = ? WHERE step = 'bad'", body)
        (found,) = history.runs()
        assert [step.step for step in found.steps] == ["good"]


def test_verify_of_the_samples_refuses_what_it_should() -> None:
    verify(b"x", sign(b"x"))
    with pytest.raises(Exception, match="not yours"):
        verify(b"y", sign(b"x"))
