"""A call's inputs that stand for results of other steps and are loaded when somebody needs them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from zenbook.engine.desk import Desk
from zenbook.model import Call, Reference


def load(reference: Reference, desk: Desk) -> Any:
    """The live value a reference stands for; a fresh object each time."""
    artifact, record = reference.artifact, reference.record
    return desk.vault.load([artifact], record.seals, record.python)[artifact.name]


def load_inputs(call: Call, desk: Desk, names: Collection[str] | None = None) -> dict[str, Any]:
    """The call's values with every reference loaded, or with those of these names."""
    return {
        name: load(value, desk)
        if type(value) is Reference and (names is None or name in names)
        else value
        for name, value in call.values.items()
    }


def blobs_of(call: Call, names: Collection[str]) -> str:
    """Where the bytes of these inputs are; "" unless all of them are references."""
    given = [call.values.get(name) for name in names]
    found = [value.artifact.blob for value in given if type(value) is Reference]
    return " ".join(found) if len(found) == len(given) else ""
