"""Faults A: bytes that are wrong, foreign or dangerous are a miss, and nothing in them runs."""

from __future__ import annotations

import os
import pickle
import shutil
import socket
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from tests.world.bundles import LARGE, large, private_home, raw
from zenbook.errors import Damaged, Untrusted
from zenbook.world.disk import faults
from zenbook.world.store import DiskStore
from zenbook.world.trust import forget_key, open_bundle, python_tag

SIZES = {"row": 50, "file": 20_000, "mapped": LARGE}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return private_home(tmp_path, monkeypatch)


@pytest.fixture
def store(home: Path) -> DiskStore:
    return DiskStore(home)


def file_of(home: Path, blob: str) -> Path:
    return home / "store" / blob[:2] / f"{blob}.blob"


def database(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(home / "store" / "cache.db", isolation_level=None)


def image_of(home: Path, blob: str) -> bytes:
    """The bytes of a blob wherever they lie."""
    if file_of(home, blob).exists():
        return file_of(home, blob).read_bytes()
    connection = database(home)
    ((row,),) = connection.execute("SELECT value FROM Cache WHERE key = ?", (blob,))
    connection.close()
    return bytes(row)[1:]


def overwrite(home: Path, blob: str, image: bytes) -> None:
    """Write other bytes in a blob's place, keeping the file, its times and its row."""
    path = file_of(home, blob)
    if path.exists():
        time.sleep(0.015)  # one tick: only then must ctime give away who sets mtime back
        before = path.stat()
        path.write_bytes(image)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return
    connection = database(home)
    connection.execute("UPDATE Cache SET value = ? WHERE key = ?", (b"I" + image, blob))
    connection.close()


def kept(store: DiskStore, size: int, seed: int = 1) -> str:
    return store.put(raw(b"header", bytes([seed]) * size)).blob


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("place", [0, 9, 15, 40, -1], ids=lambda place: f"at{place}")
def test_fault_01_one_flipped_byte_is_a_miss(
    size: int, place: int, home: Path, store: DiskStore
) -> None:
    blob = kept(store, size)
    image = bytearray(image_of(home, blob))
    image[place] ^= 1
    overwrite(home, blob, bytes(image))
    with pytest.raises(Damaged):
        store.get(blob)


def test_fault_01_every_single_byte_of_a_blob_is_guarded(home: Path, store: DiskStore) -> None:
    blob = kept(store, 5)
    image = image_of(home, blob)
    padding = 0
    for place in range(len(image)):
        changed = bytearray(image)
        changed[place] ^= 0x80
        overwrite(home, blob, bytes(changed))
        try:
            header, (buffer,) = store.get(blob)
        except Damaged:
            continue
        padding += 1
        assert (header, bytes(buffer)) == (b"header", b"\1" * 5)
    assert padding < 64


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_fault_01_a_damaged_blob_is_whole_again_after_the_next_put(
    size: int, home: Path, store: DiskStore
) -> None:
    blob = kept(store, size)
    overwrite(home, blob, b"x" * len(image_of(home, blob)))
    assert kept(store, size) == blob
    assert bytes(store.get(blob)[1][0]) == b"\1" * size


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_fault_02_swapped_blobs_are_a_miss(size: int, home: Path, store: DiskStore) -> None:
    first, second = kept(store, size, 1), kept(store, size, 2)
    images = image_of(home, first), image_of(home, second)
    overwrite(home, first, images[1])
    overwrite(home, second, images[0])
    for blob in (first, second):
        with pytest.raises(Damaged):
            store.get(blob)


def test_fault_02_renamed_files_are_a_miss_although_their_bytes_are_untouched(
    home: Path, store: DiskStore
) -> None:
    first, second = kept(store, LARGE, 1), kept(store, LARGE, 2)
    os.replace(file_of(home, second), file_of(home, first))
    with pytest.raises(Damaged):
        store.get(first)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("change", ["empty", "cut", "half", "grown"])
def test_fault_05_lost_or_gained_bytes_are_a_miss(
    size: int, change: str, home: Path, store: DiskStore
) -> None:
    blob = kept(store, size)
    image = image_of(home, blob)
    changed = {
        "empty": b"",
        "cut": image[:-1],
        "half": image[: len(image) // 2],
        "grown": image + b"x",
    }[change]
    overwrite(home, blob, changed)
    with pytest.raises(Damaged):
        store.get(blob)


@pytest.mark.parametrize("size", [20_000, LARGE])
def test_fault_06_a_deleted_blob_is_a_miss_and_is_stored_again(
    size: int, home: Path, store: DiskStore
) -> None:
    blob = kept(store, size)
    file_of(home, blob).unlink()
    assert not store.has(blob)
    with pytest.raises(Damaged):
        store.get(blob)
    kept(store, size)
    assert store.has(blob) and bytes(store.get(blob)[1][0]) == b"\1" * size


class Bomb:
    """A pickle that leaves a file behind when it is opened."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("mode", [1, 2, 3, 4, 5])
def test_fault_07_a_planted_pickle_in_a_row_never_runs(
    mode: int, home: Path, store: DiskStore, tmp_path: Path
) -> None:
    blob = kept(store, 50)
    bomb = pickle.dumps(Bomb(tmp_path / "mark"))
    connection = database(home)
    connection.execute("UPDATE Cache SET mode = ?, value = ?", (mode, bomb))
    connection.close()
    with pytest.raises(Damaged):
        store.get(blob)
    store.sizes()
    assert not (tmp_path / "mark").exists()


def test_fault_08_a_planted_pickle_as_a_key_never_runs(
    home: Path, store: DiskStore, tmp_path: Path
) -> None:
    blob = kept(store, 50)
    bomb = pickle.dumps(Bomb(tmp_path / "mark"))
    connection = database(home)
    connection.execute("INSERT INTO Cache (key, raw, size, mode) VALUES (?, 0, 1, 1)", (bomb,))
    connection.execute("INSERT INTO Cache (key, raw, size, mode) VALUES (?, 1, 1, 1)", (bomb,))
    connection.close()
    assert set(store.sizes()) == {blob}
    assert store.faulty() == {}
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("name", ["../../victim", "/etc/hostname", "victim"])
def test_fault_09_a_file_named_in_a_row_is_neither_read_nor_deleted(
    name: str, home: Path, store: DiskStore, tmp_path: Path
) -> None:
    blob = kept(store, 50)
    for victim in (tmp_path / "victim", home / "store" / "victim"):
        victim.write_bytes(b"precious")
    connection = database(home)
    for mode in (1, 2, 3, 4):
        connection.execute("UPDATE Cache SET mode = ?, value = NULL, filename = ?", (mode, name))
        with pytest.raises(Damaged):
            store.get(blob)
    kept(store, 50)
    connection.execute("UPDATE Cache SET filename = ?", (name,))
    connection.close()
    store.delete([blob])
    store.sweep()
    assert (tmp_path / "victim").read_bytes() == b"precious"
    assert (home / "store" / "victim").read_bytes() == b"precious"


def test_fault_09_a_planted_key_that_is_a_path_is_never_followed(
    home: Path, store: DiskStore, tmp_path: Path
) -> None:
    kept(store, 50)
    connection = database(home)
    connection.execute("INSERT INTO Cache (key, raw, size, mode) VALUES ('../../v', 1, 1, 1)")
    connection.close()
    assert "../../v" not in store.sizes()
    with pytest.raises(Damaged):
        store.delete(["../../v"])


def test_fault_10_a_copied_store_is_read_under_another_key_but_its_stamps_count_for_nothing(
    home: Path, store: DiskStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blob = kept(store, LARGE)
    before = os.stat(file_of(home, blob))
    with open(file_of(home, blob), "r+b") as file:
        file.seek(-1, 2)
        file.write(b"!")
    stamp = _forged(home, blob)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "other user"))
    forget_key()
    connection = database(home)
    connection.execute("UPDATE Cache SET value = ? WHERE key = ?", (stamp, blob))
    connection.close()
    assert before.st_size == file_of(home, blob).stat().st_size
    with pytest.raises(Damaged):
        store.get(blob)


def _forged(home: Path, blob: str) -> bytes:
    """A stamp of the file as it is now, signed with the key of now."""
    from zenbook.world.stamp import stamp

    return b"F" + stamp(blob, os.stat(file_of(home, blob)))


def test_fault_10_a_foreign_header_is_not_opened(store: DiskStore) -> None:
    header, buffers = store.get(store.put(raw(pickle.dumps({"x": 1}))).blob)
    with pytest.raises(Untrusted):
        open_bundle(header, buffers, seal="0" * 64, python=python_tag())


@pytest.mark.parametrize("setting", ["disk_evil", "sqlite_journal_mode", "cull_limit", "hash"])
def test_fault_11_settings_in_a_planted_index_are_ignored(
    setting: str, home: Path, store: DiskStore
) -> None:
    blobs = [kept(store, 50), kept(store, LARGE)]
    store.close()
    connection = database(home)
    insert = "INSERT OR REPLACE INTO Settings VALUES (?, ?)"
    connection.execute(insert, (setting, "off; DROP TABLE Cache"))
    connection.execute(insert, ("size_limit", 1))
    connection.execute(insert, ("eviction_policy", "least-recently-used"))
    connection.close()
    again = DiskStore(home)
    kept(again, 60, 3)
    assert all(again.has(blob) for blob in blobs)


@pytest.mark.parametrize("version", [0, 2, 255])
def test_fault_20_another_format_is_a_miss(version: int, home: Path, store: DiskStore) -> None:
    blob = kept(store, 20_000)
    image = bytearray(image_of(home, blob))
    image[7] = version
    overwrite(home, blob, bytes(image))
    with pytest.raises(Damaged):
        store.get(blob)


def test_fault_21_a_prologue_that_promises_too_much_is_a_miss_at_once(
    home: Path, store: DiskStore
) -> None:
    blob = kept(store, 20_000)
    image = bytearray(image_of(home, blob))
    image[8:12] = b"\xff\xff\xff\xff"
    overwrite(home, blob, bytes(image))
    began = time.monotonic()
    with pytest.raises(Damaged):
        store.get(blob)
    assert time.monotonic() - began < 1


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    before = os.getcwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(before)


def _link(path: Path) -> None:
    shutil.copy(path.with_suffix(".real"), path.with_suffix(".copy"))
    path.symlink_to(path.with_suffix(".copy"))


def _dangling(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("plant", [_fifo, _socket, _link, _dangling, os.mkdir])
def test_fault_22_what_is_not_a_file_is_a_miss_without_hanging_and_is_not_deleted(
    plant: Any, home: Path, store: DiskStore
) -> None:
    blob = kept(store, 20_000)
    path = file_of(home, blob)
    path.rename(path.with_suffix(".real"))
    plant(path)
    began = time.monotonic()
    with pytest.raises(Damaged):
        store.get(blob)
    assert not store.has(blob)
    store.delete([blob])
    assert time.monotonic() - began < 1
    assert os.path.lexists(path)


def test_fault_22_a_device_is_a_miss(home: Path, store: DiskStore) -> None:
    blob = kept(store, 20_000)
    file_of(home, blob).unlink()
    try:
        os.mknod(file_of(home, blob), 0o600 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root may make a device")
    with pytest.raises(Damaged):
        store.get(blob)


def test_a_write_right_after_a_put_is_seen_although_clocks_tick_slowly(
    home: Path, store: DiskStore
) -> None:
    for seed in range(10):
        blob = kept(store, LARGE, seed)
        fd = os.open(file_of(home, blob), os.O_RDWR)
        os.pwrite(fd, b"!", LARGE)
        os.close(fd)
        with pytest.raises(Damaged):
            store.get(blob)


def test_a_stamp_of_another_boot_is_not_believed(
    home: Path, store: DiskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = store.put(large()).blob
    time.sleep(0.015)  # a stamp is renewed when the disk's clock has moved on
    from zenbook.world import blob_file as module

    checked: list[bool] = []
    check = module.blobs.check

    def seeing(*given: Any, only_header: bool = False) -> None:
        checked.append(not only_header)
        check(*given, only_header=only_header)

    monkeypatch.setattr(module.blobs, "check", seeing)
    store.get(blob)
    monkeypatch.setattr("zenbook.world.stamp.boot", lambda: b"another boot 123")
    store.get(blob)
    store.get(blob)
    assert checked == [False, True, False]


def test_whatever_the_disk_raises_is_a_fault_of_the_store() -> None:
    from zenbook.errors import StoreFault

    for error in (OSError(5, "Input/output error"), sqlite3.DataError("x"), MemoryError()):
        with pytest.raises(StoreFault), faults("reading"):
            raise error
