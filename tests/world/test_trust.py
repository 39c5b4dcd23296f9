"""What may be believed."""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world.bundles import in_process, private_home
from zenbook.errors import Damaged, StoreFault, Untrusted
from zenbook.world import trust
from zenbook.world.trust import canonical, forget_key, open_bundle, parse, python_tag, sign, verify


@pytest.fixture(autouse=True)
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    private_home(tmp_path, monkeypatch)
    return tmp_path / "data" / "zenbook" / "key"


def seal(header: bytes) -> str:
    return hashlib.sha256(header).hexdigest()


# ---------------------------------------------------------------- the key


def test_the_key_is_made_once_and_only_its_owner_reads_it(key: Path) -> None:
    mac = sign(b"payload")
    made = key.read_bytes()
    forget_key()
    assert sign(b"payload") == mac
    assert len(made) == 32 and key.read_bytes() == made
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert list(key.parent.iterdir()) == [key]


def test_two_processes_that_make_the_key_at_once_have_the_same(key: Path) -> None:
    program = "from zenbook.world.trust import sign; print(sign(b'payload'))"
    with ThreadPoolExecutor(4) as pool:
        macs = {done.stdout for done in pool.map(lambda _: in_process(program), range(4))}
    assert macs == {sign(b"payload") + "\n"}


def _nothing(key: Path) -> None:
    key.parent.mkdir(parents=True)


def _empty(key: Path) -> None:
    _nothing(key)
    key.write_bytes(b"")
    key.chmod(0o600)


def _too_long(key: Path) -> None:
    _nothing(key)
    key.write_bytes(b"k" * 33)
    key.chmod(0o600)


def _readable(key: Path) -> None:
    _nothing(key)
    key.write_bytes(b"k" * 32)
    key.chmod(0o644)


def _link(key: Path) -> None:
    _nothing(key)
    (key.parent / "other").write_bytes(b"k" * 32)
    key.symlink_to(key.parent / "other")


def _folder(key: Path) -> None:
    key.mkdir(parents=True)


def _fifo(key: Path) -> None:
    _nothing(key)
    os.mkfifo(key, 0o600)


@pytest.mark.parametrize("spoil", [_empty, _too_long, _readable, _link, _folder, _fifo])
def test_fault_55_a_doubtful_key_is_never_used_and_said_once(
    spoil: Any, key: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(key)
    with caplog.at_level(logging.WARNING, "zenbook"):
        mac = sign(b"payload")
        verify(b"payload", mac)
    assert len(caplog.records) == 1
    assert "signing key cannot be used" in caplog.text
    forget_key()
    with pytest.raises(Untrusted):
        verify(b"payload", mac)


def test_fault_55_without_a_home_folder_this_process_trusts_only_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("HOME", "XDG_DATA_HOME", "USERPROFILE"):
        monkeypatch.delenv(name, raising=False)
    mac = sign(b"payload")
    verify(b"payload", mac)
    assert "HOME is not set" in caplog.text
    forget_key()
    assert sign(b"payload") != mac


def test_fault_55_a_deleted_key_makes_what_was_signed_untrusted(key: Path) -> None:
    mac = sign(b"payload")
    key.unlink()
    forget_key()
    with pytest.raises(Untrusted):
        verify(b"payload", mac)


# ---------------------------------------------------------------- signatures


@given(st.binary(), st.binary())
@settings(deadline=None, max_examples=50)
def test_a_signature_fits_its_payload_and_no_other(payload: bytes, other: bytes) -> None:
    mac = sign(payload)
    verify(payload, mac)
    if other != payload:
        with pytest.raises(Untrusted):
            verify(other, mac)


@pytest.mark.parametrize("mac", ["", "0" * 64, "é", None, 7])
def test_fault_20_a_missing_or_made_up_signature_is_untrusted(mac: Any) -> None:
    with pytest.raises(Untrusted):
        verify(b"payload", mac)


# ---------------------------------------------------------------- canonical JSON

_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(_json)
@settings(deadline=None, max_examples=100)
def test_what_is_written_is_read_and_has_one_form(value: Any) -> None:
    written = canonical(value)
    assert parse(written) == value
    assert canonical(parse(written)) == written


def test_the_order_of_keys_does_not_matter() -> None:
    assert canonical({"b": 1, "a": 2}) == canonical({"a": 2, "b": 1}) == b'{"a":2,"b":1}'


@pytest.mark.parametrize(
    "text",
    [
        b"NaN",
        b"[Infinity]",
        b'{"a":1,"a":2}',
        b"[" * 100_000,
        b"1" * 10_000,
        b'"' + b"x" * 50_000_000 + b'"',
        b"{",
        b"\xff",
        '{"é":1}'.encode(),
    ],
    ids=["nan", "infinity", "twice", "deep", "digits", "huge", "cut", "bytes", "accent"],
)
def test_fault_21_doubtful_json_is_damaged_within_a_second(text: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(Damaged):
        parse(text)
    assert time.monotonic() - began < 1.0


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, object(), "x" * 2_000_000])
def test_a_fact_without_a_canonical_form_is_not_written(value: Any) -> None:
    with pytest.raises(StoreFault):
        canonical(value)


# ---------------------------------------------------------------- the choke point

ran: list[str] = []


def canary(word: str) -> str:
    ran.append(word)
    return word


class Canary:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return canary, ("ran",)


class Failing:
    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    def __setstate__(self, state: dict[str, Any]) -> None:
        raise state["error"]("no")


def test_values_come_back_with_their_buffers() -> None:
    buffers: list[pickle.PickleBuffer] = []
    value = {"x": pickle.PickleBuffer(bytearray(b"abc"))}
    header = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    views = [memoryview(bytearray(b"abc"))]
    opened = open_bundle(header, views, seal=seal(header), python=python_tag())
    assert bytes(opened["x"]) == b"abc"


def test_fault_10_nothing_is_unpickled_under_a_foreign_seal() -> None:
    header = pickle.dumps({"x": Canary()})
    ran.clear()
    with pytest.raises(Untrusted):
        open_bundle(header, (), seal=seal(b"another"), python=python_tag())
    assert ran == []


def test_fault_12_nothing_is_unpickled_that_another_python_kept() -> None:
    header = pickle.dumps({"x": Canary()})
    ran.clear()
    with pytest.raises(Untrusted, match="cp312"):
        open_bundle(header, (), seal=seal(header), python="cp312-pickle5")
    assert ran == []


def test_a_trusted_bundle_does_run_its_reducers() -> None:
    header = pickle.dumps({"x": Canary()})
    ran.clear()
    assert open_bundle(header, (), seal=seal(header), python=python_tag()) == {"x": "ran"}
    assert ran == ["ran"]


@pytest.mark.parametrize("error", [ValueError, SystemExit, RecursionError])
def test_a_value_that_cannot_be_made_again_is_damaged(error: type[BaseException]) -> None:
    header = pickle.dumps({"x": Failing(error)})
    with pytest.raises(Damaged, match=error.__name__):
        open_bundle(header, (), seal=seal(header), python=python_tag())


def test_stop_while_opening_is_still_stop() -> None:
    header = pickle.dumps({"x": Failing(KeyboardInterrupt)})
    with pytest.raises(KeyboardInterrupt):
        open_bundle(header, (), seal=seal(header), python=python_tag())


@pytest.mark.parametrize("header", [b"", b"garbage", pickle.dumps([1])])
def test_a_header_that_holds_no_named_values_is_damaged(header: bytes) -> None:
    with pytest.raises(Damaged):
        open_bundle(header, (), seal=seal(header), python=python_tag())


def test_the_opener_says_how_names_are_found() -> None:
    class Opener:
        def find_class(self, module: str, name: str) -> Any:
            return lambda *_: f"{module}.{name}"

    header = pickle.dumps({"x": Canary()})
    opened = open_bundle(header, (), seal=seal(header), python=python_tag(), opener=Opener)
    assert opened == {"x": f"{canary.__module__}.canary"}


def test_the_tag_names_interpreter_and_protocol() -> None:
    assert trust.python_tag().startswith("cp3") and trust.python_tag().endswith("-pickle5")
