"""Faults E: size. Nothing is lost silently, nothing is copied needlessly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.world.bundles import LARGE, in_process, large, private_home, raw
from zenbook.world.store import DiskStore


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return private_home(tmp_path, monkeypatch)


@pytest.fixture
def store(home: Path) -> DiskStore:
    return DiskStore(home)


def test_fault_61_nothing_is_culled_silently(store: DiskStore) -> None:
    blobs = [store.put(large(seed)).blob for seed in range(12)]
    index: Any = store._index()
    assert index._cache.size_limit > 2**60 and index._cache.cull_limit == 0
    assert index._cache.eviction_policy == "none"
    assert all(store.has(blob) for blob in blobs)
    assert sum(store.sizes().values()) >= 12 * LARGE


@pytest.mark.long
def test_fault_61_twelve_hundred_megabytes_and_one_larger_value_are_all_there(
    store: DiskStore,
) -> None:
    hundred = [bytes([seed]) * (100 << 20) for seed in range(12)]
    blobs = [store.put(raw(b"h", each)).blob for each in hundred]
    blobs.append(store.put(raw(b"h", *hundred)).blob)
    assert all(store.has(blob) for blob in blobs)
    assert bytes(store.get(blobs[-1])[1][11][-1:]) == b"\x0b"


def test_fault_66_a_large_result_is_written_and_loaded_in_place(home: Path) -> None:
    program = """
import resource, sys
from pathlib import Path
from zenbook.world.ports import Bundle
from zenbook.world.store import DiskStore
content = bytearray(200 << 20)
store = DiskStore(Path(sys.argv[1]))
store.put(Bundle((), b"warm", ()))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
blob = store.put(Bundle(("x",), b"h", (memoryview(content),))).blob
store.get(blob)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""
    grown = int(in_process(program, str(home)).stdout)
    assert grown < 20
