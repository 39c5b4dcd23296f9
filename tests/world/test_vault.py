"""Live values in, trusted live values out."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.world.bundles import private_home
from zenbook.errors import Damaged, NotDigestible, NotKeepable, StoreFault, Untrusted
from zenbook.testing.store import MemoryStore
from zenbook.world.ports import Bundle, Put
from zenbook.world.store import DiskStore
from zenbook.world.trust import NoOpening, python_tag
from zenbook.world.vault import SealedVault

TAG = python_tag()


class PlainCodec:
    """Packs lists that are the same object together, and everything else alone."""

    def pack(self, values: Mapping[str, Any]) -> tuple[Bundle, ...]:
        groups: dict[int, dict[str, Any]] = {}
        for name, value in values.items():
            if isinstance(value, type(lambda: 0)):
                raise NotKeepable(name, "is a function")
            groups.setdefault(id(value), {})[name] = value
        return tuple(map(self._packed, groups.values()))

    def _packed(self, values: dict[str, Any]) -> Bundle:
        buffers: list[pickle.PickleBuffer] = []
        header = pickle.dumps(values, protocol=5, buffer_callback=buffers.append)
        return Bundle(tuple(values), header, tuple(buffer.raw() for buffer in buffers))

    def unpack(self, header: bytes, buffers: Sequence[memoryview]) -> dict[str, Any]:
        raise AssertionError("only trust unpickles")


def digest(value: Any) -> str:
    if value is Ellipsis:
        raise NotDigestible("has no digest")
    return hashlib.md5(repr(value).encode()).hexdigest()


def describe(value: Any) -> tuple[str, tuple[str, ...]]:
    return digest(value), ("numpy",)


@pytest.fixture(params=["disk", "memory"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> DiskStore | MemoryStore:
    home = private_home(tmp_path, monkeypatch)
    return DiskStore(home) if request.param == "disk" else MemoryStore()


@pytest.fixture
def vault(store: DiskStore) -> SealedVault:
    return SealedVault(PlainCodec(), store, describe, NoOpening)


def test_what_was_kept_is_loaded_with_its_digest(vault: SealedVault) -> None:
    values = {"b": [1, 2], "a": "text", "none": None, "large": bytearray(9000)}
    artifacts, seals = vault.keep(values)
    assert [artifact.name for artifact in artifacts] == list(values)
    loaded = vault.load(artifacts, seals, TAG)
    assert loaded == values
    assert [digest(loaded[each.name]) for each in artifacts] == [each.digest for each in artifacts]


def test_an_artifact_says_what_and_where_it_is(vault: SealedVault, store: DiskStore) -> None:
    ((artifact,), seals) = vault.keep({"x": [1, 2]})
    assert (artifact.type, artifact.preview) == ("list", "[1, 2]")
    assert store.sizes() == {artifact.blob: artifact.size}
    assert list(seals) == [artifact.blob]


def test_values_that_were_one_object_are_one_object_again(vault: SealedVault) -> None:
    shared = [1]
    artifacts, seals = vault.keep({"a": shared, "b": shared, "c": [1]})
    loaded = vault.load(artifacts, seals, TAG)
    assert loaded["a"] is loaded["b"] and loaded["c"] == [1]
    assert loaded["c"] is not loaded["a"]


def test_equal_values_that_were_two_objects_stay_two(vault: SealedVault) -> None:
    artifacts, seals = vault.keep({"a": [1], "b": [1]})
    assert artifacts[0].blob == artifacts[1].blob
    loaded = vault.load(artifacts, seals, TAG)
    assert loaded["a"] is not loaded["b"]


def test_each_load_gives_fresh_objects(vault: SealedVault) -> None:
    artifacts, seals = vault.keep({"x": [1]})
    vault.load(artifacts, seals, TAG)["x"].append(2)
    assert vault.load(artifacts, seals, TAG) == {"x": [1]}


def test_fault_63_the_same_value_under_five_names_is_kept_once(
    vault: SealedVault, store: DiskStore
) -> None:
    kept = [vault.keep({name: bytearray(9000)}) for name in "abcd"]
    kept.append(vault.keep({"e": bytearray(9000), "other": 1}))
    assert len({artifacts[0].blob for artifacts, _ in kept}) == 1
    assert len(store.sizes()) == 2
    assert vault.load(kept[-1][0][:1], kept[-1][1], TAG) == {"e": bytearray(9000)}


def test_some_of_the_values_may_be_loaded_alone(vault: SealedVault) -> None:
    shared = [1]
    artifacts, seals = vault.keep({"a": shared, "b": shared})
    assert vault.load(artifacts[1:], seals, TAG) == {"b": [1]}
    assert vault.load((), seals, TAG) == {}


def test_fault_69_nothing_and_its_like_are_real_values(vault: SealedVault) -> None:
    artifacts, seals = vault.keep({"none": None, "no": NotImplemented, "nan": float("nan")})
    loaded = vault.load(artifacts, seals, TAG)
    assert loaded["none"] is None and loaded["no"] is NotImplemented
    assert loaded["nan"] != loaded["nan"]


@pytest.mark.parametrize("others", [{}, {"y": 1}])
def test_what_cannot_be_kept_is_named(vault: SealedVault, others: dict[str, int]) -> None:
    with pytest.raises(NotKeepable, match=r"^f is a function"):
        vault.keep({**others, "f": lambda: 0})
    with pytest.raises(NotKeepable, match=r"^dots has no digest"):
        vault.keep({**others, "dots": ...})


def test_fault_04_a_blob_the_record_does_not_vouch_for_is_untrusted(vault: SealedVault) -> None:
    (kept,), seals = vault.keep({"x": 1})
    (other,), _ = vault.keep({"x": 2})
    with pytest.raises(Untrusted, match="x"):
        vault.load([replace(kept, blob=other.blob)], seals, TAG)


def test_fault_10_a_seal_that_does_not_fit_is_untrusted(vault: SealedVault) -> None:
    artifacts, seals = vault.keep({"x": 1})
    with pytest.raises(Untrusted, match="signed"):
        vault.load(artifacts, dict.fromkeys(seals, "0" * 64), TAG)


def test_fault_12_what_another_python_kept_is_untrusted(vault: SealedVault) -> None:
    artifacts, seals = vault.keep({"x": 1})
    with pytest.raises(Untrusted, match="cp312"):
        vault.load(artifacts, seals, "cp312-pickle5")


def test_fault_06_a_blob_that_is_gone_is_damaged(vault: SealedVault, store: DiskStore) -> None:
    artifacts, seals = vault.keep({"x": 1})
    store.delete([artifacts[0].blob])
    with pytest.raises(Damaged, match="x: its bytes are gone"):
        vault.load(artifacts, seals, TAG)


def test_a_name_that_is_not_in_its_blob_is_damaged(vault: SealedVault) -> None:
    shared = [1]
    artifacts, seals = vault.keep({"a": shared, "b": shared})
    with pytest.raises(Damaged, match="c is not in its blob"):
        vault.load([replace(artifacts[0], name="c")], seals, TAG)


class Broken(MemoryStore):
    """A store that fails at whatever is asked of it."""

    def put(self, bundle: Bundle) -> Put:
        raise StoreFault("the disk is full")

    def get(self, blob: str) -> tuple[bytes, tuple[memoryview, ...]]:
        raise StoreFault("the disk is on fire")


def test_fault_45_a_broken_store_is_a_fault_when_keeping_and_damage_when_loading(
    vault: SealedVault,
) -> None:
    artifacts, seals = vault.keep({"x": 1})
    broken = SealedVault(PlainCodec(), Broken(), describe, NoOpening)
    with pytest.raises(StoreFault, match="full"):
        broken.keep({"x": 1})
    with pytest.raises(Damaged, match="on fire"):
        broken.load(artifacts, seals, TAG)
