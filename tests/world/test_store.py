"""Digest → bytes: what every store does, and what the one on disk does besides."""

from __future__ import annotations

import os
import pickle
import stat
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.world.bundles import LARGE, bundle, in_process, large, private_home, raw
from zenbook.errors import Damaged, StoreFault
from zenbook.testing.store import MemoryStore
from zenbook.world import blob as blobs
from zenbook.world.ports import Bundle, Store
from zenbook.world.store import DiskStore


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return private_home(tmp_path, monkeypatch)


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, home: Path) -> Store:
    return DiskStore(home) if request.param == "disk" else MemoryStore()


def got(store: Store, blob: str) -> tuple[bytes, list[bytes]]:
    header, buffers = store.get(blob)
    return header, [bytes(buffer) for buffer in buffers]


sizes = st.sampled_from([0, 1, 63, 64, 65, 4095, 4096, 65536, 1 << 20, (4 << 20) + 1])


# ---------------------------------------------------------------- every store


@given(header=st.binary(max_size=5000), lengths=st.lists(sizes, max_size=4), seed=st.integers())
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_was_put_is_got(store: Store, header: bytes, lengths: list[int], seed: int) -> None:
    buffers = [(seed + n).to_bytes(16, "big", signed=True)[-1:] * n for n in lengths]
    put = store.put(raw(header, *buffers))
    assert got(store, put.blob) == (header, buffers)
    assert store.has(put.blob)
    assert store.sizes()[put.blob] == put.size


def test_equal_bytes_have_one_name_and_different_ones_have_two(store: Store) -> None:
    names = {
        store.put(each).blob
        for each in (
            raw(b"h", b"ab", b"c"),
            raw(b"h", b"ab", b"c"),
            raw(b"h", b"a", b"bc"),
            raw(b"h", b"abc"),
            raw(b"habc"),
        )
    }
    assert len(names) == 4


def test_the_seal_is_the_headers_and_not_the_buffers(store: Store) -> None:
    assert store.put(raw(b"h", b"a")).seal == store.put(raw(b"h", b"b")).seal
    assert store.put(raw(b"h", b"a")).seal != store.put(raw(b"i", b"a")).seal


@pytest.mark.parametrize("size", [100, 100_000, LARGE])
def test_fault_23_changing_what_was_got_changes_nothing_kept(store: Store, size: int) -> None:
    blob = store.put(raw(b"h", b"a" * size)).blob
    _, (buffer,) = store.get(blob)
    buffer[:] = b"z" * size
    assert got(store, blob) == (b"h", [b"a" * size])


def test_what_was_deleted_is_gone_and_may_be_put_again(store: Store) -> None:
    puts = [store.put(raw(b"h", b"a" * size)) for size in (10, 100_000)]
    assert store.delete([put.blob for put in puts] + ["0" * 32]) == 2
    for put in puts:
        assert not store.has(put.blob)
        with pytest.raises(Damaged):
            store.get(put.blob)
    assert store.sizes() == {}
    assert store.put(raw(b"h", b"a" * 10)) == puts[0]


@pytest.mark.parametrize("name", ["", "0" * 32, "0" * 31, "../../../etc/passwd", "A" * 32, "\0"])
def test_a_name_nobody_gave_is_damaged(store: Store, name: str) -> None:
    with pytest.raises(Damaged):
        store.get(name)


def test_many_threads_put_and_get_at_once(store: Store) -> None:
    failed: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            for turn in range(20):
                content = raw(b"%d" % (turn % 7), bytes([seed % 2]) * (turn * 3000))
                blob = store.put(content).blob
                assert got(store, blob)[0] == b"%d" % (turn % 7)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_closed_store_opens_again_by_itself(store: Store) -> None:
    blob = store.put(raw(b"h", b"a")).blob
    store.close()
    assert got(store, blob) == (b"h", [b"a"])


# ---------------------------------------------------------------- the one on disk


def files(home: Path) -> list[Path]:
    return sorted(path for path in (home / "store").glob("??/*"))


def test_another_process_finds_everything(home: Path) -> None:
    names = [DiskStore(home).put(each).blob for each in (raw(b"small"), raw(b"h", b"a" * 9000))]
    program = (
        "import sys; from pathlib import Path; from zenbook.world.store import DiskStore\n"
        "store = DiskStore(Path(sys.argv[1]))\n"
        "print([len(store.get(name)[1]) for name in sys.argv[2:]])"
    )
    assert in_process(program, str(home), *names).stdout == "[0, 1]\n"


def test_small_blobs_are_rows_and_larger_ones_are_files(home: Path) -> None:
    store = DiskStore(home)
    store.put(raw(b"h", b"a" * 2000))
    assert files(home) == []
    put = store.put(raw(b"h", b"a" * 5000))
    assert [path.stem for path in files(home)] == [put.blob]
    assert files(home)[0].stat().st_size == put.size


def test_large_buffers_begin_at_a_page_and_many_small_ones_do_not_swell(home: Path) -> None:
    outline = blobs.Outline((10, 65536, 3, 65536), (b"",) * 4)
    assert [place % 4096 for place in outline.places()[1:4]] == [0, outline.places()[2] % 4096, 0]
    crowd = raw(b"h", *[b"x" * 80] * 10_000)
    assert DiskStore(home).put(crowd).size < 2.5 * crowd.size


def test_fault_63_the_same_content_is_written_once(home: Path) -> None:
    store = DiskStore(home)
    puts = {store.put(large()).blob for _ in range(5)}
    assert len(puts) == 1 and len(files(home)) == 1
    written = files(home)[0].stat().st_ino
    DiskStore(home).put(large())
    assert files(home)[0].stat().st_ino == written


def test_fault_54_files_are_private_whatever_the_umask(home: Path) -> None:
    before = os.umask(0)
    try:
        DiskStore(home).put(large())
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.lstat().st_mode) for path in home.rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.lstat().st_mode) for path in home.rglob("*") if path.is_dir()}
    assert (modes, folders) == ({0o600}, {0o700})


@pytest.mark.parametrize(
    "name", ["a space", "ünïcödé", "100%", "a#b?c", "x" * 200, "it's", '"', "mode=ro&x"]
)
def test_fault_59_odd_paths_work(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name / ".zenbook"
    store = DiskStore(folder)
    blob = store.put(raw(b"h", b"a" * 9000)).blob
    store.close()
    assert got(DiskStore(folder), blob) == (b"h", [b"a" * 9000])


def test_a_home_that_moves_keeps_its_results(home: Path, tmp_path: Path) -> None:
    store = DiskStore(home)
    names = [store.put(each).blob for each in (large(), raw(b"small"))]
    store.close()
    os.rename(home, tmp_path / "elsewhere")
    moved = DiskStore(tmp_path / "elsewhere")
    assert [moved.get(name)[0] for name in names] == [b"header 1", b"small"]


def test_a_large_array_is_back_and_writable(home: Path) -> None:
    import numpy as np

    array = np.arange(25_000_000, dtype="f8")
    store = DiskStore(home)
    blob = store.put(bundle(x=array)).blob
    header, buffers = store.get(blob)
    loaded = pickle.loads(header, buffers=buffers)["x"]
    loaded[0] = -1.0
    assert loaded[-1] == 24_999_999.0
    assert pickle.loads(*store.get(blob)[:1], buffers=store.get(blob)[1])["x"][0] == 0.0


def test_a_blob_without_a_row_is_found_and_counted(home: Path) -> None:
    store = DiskStore(home)
    put = store.put(large())
    store.close()
    for path in (home / "store").glob("cache.db*"):
        path.unlink()
    again = DiskStore(home)
    assert again.has(put.blob)
    assert again.sizes() == {put.blob: put.size}
    assert got(again, put.blob)[0] == b"header 1"


def test_fault_31_drafts_of_killed_writers_are_swept_and_live_ones_are_not(home: Path) -> None:
    store = DiskStore(home)
    blob = store.put(large()).blob
    (home / "store" / "ab").mkdir(exist_ok=True)
    old, young = (home / "store" / "ab" / f"{n}.draft" for n in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"x" * 100)
    os.utime(old, (time.time() - 7200,) * 2)
    assert store.drafts() == {str(old): 100}
    assert store.sweep() == 100
    assert (old.exists(), young.exists(), store.has(blob)) == (False, True, True)


def test_fault_90_every_faulty_blob_is_named(home: Path) -> None:
    store = DiskStore(home)
    fine, broken = store.put(large(1)).blob, store.put(large(2)).blob
    path = home / "store" / broken[:2] / f"{broken}.blob"
    with open(path, "r+b") as file:
        file.seek(-1, 2)
        file.write(b"!")
    assert list(store.faulty()) == [broken]
    store.delete([broken])
    assert store.faulty() == {} and store.has(fine)


def test_a_bundle_may_be_empty(home: Path) -> None:
    store = DiskStore(home)
    assert got(store, store.put(Bundle((), b"", ())).blob) == (b"", [])


def test_fault_47_a_read_only_home_serves_hits_and_refuses_puts(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DiskStore(home)
    names = [store.put(each).blob for each in (large(), raw(b"small"))]
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    reader = DiskStore(home)
    monkeypatch.setattr("zenbook.world.store.is_writable", lambda path: False)
    assert [reader.get(name)[0] for name in names] == [b"header 1", b"small"]
    assert set(reader.sizes()) == set(names)
    for refused in (lambda: reader.put(large(2)), lambda: reader.delete(names)):
        with pytest.raises(StoreFault, match="cannot be written"):
            refused()
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before
