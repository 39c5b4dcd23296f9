"""Tensors of torch among a step's values: whose memory they look into.

A tensor is a view of a storage, and so may be others, and numpy's arrays through ``from_numpy`` and
``numpy()``. Within one kept value views stay views (see :mod:`zenbook.world.codec_torch`). Where
one value looks into the memory of another, no kept result says so: such a result is not kept.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Walk = Callable[[Any], Iterator[tuple[Any, Any]]]
Stretch = tuple[int, int]


def is_tensor(value: Any) -> bool:
    """Whether it is a tensor of torch's, if torch is loaded at all."""
    kind = getattr(sys.modules.get("torch"), "Tensor", None)
    return isinstance(kind, type) and isinstance(value, kind)


def stretch_of(value: Any) -> Stretch | None:
    """Where the memory of a tensor's storage or of an array begins and ends; None without any."""
    if is_tensor(value):
        try:
            storage = value.untyped_storage()
        except (NotImplementedError, RuntimeError):
            return None  # sparse, or on no device
        start = int(storage.data_ptr())
        return (start, start + int(storage.nbytes())) if start else None
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.ndarray) or not value.size:
        return None
    bounds = getattr(numpy, "byte_bounds", None) or numpy.lib.array_utils.byte_bounds
    low, high = bounds(value)
    return int(low), int(high)


def share(one: Any, other: Any) -> bool:
    """Whether two of them, at least one a tensor, have memory in common."""
    if one is other or not (is_tensor(one) or is_tensor(other)):
        return False
    first, second = stretch_of(one), stretch_of(other)
    return bool(first and second and first[0] < second[1] and second[0] < first[1])


def looking_into(outputs: Mapping[str, Any], inputs: Mapping[str, Any], walk: Walk) -> str:
    """The name of an output that looks into memory of another output or of an input, and is not
    that very object; "" if none does, or if there are no tensors."""
    if "torch" not in sys.modules:
        return ""
    held = [(name, part) for name, value in inputs.items() for part in _memories(value, walk)]
    for name, value in outputs.items():
        own = list(_memories(value, walk))
        known = {id(part) for _, part in held}
        for part in own:
            if id(part) not in known and any(share(part, other) for _, other in held):
                return name
        held += [(name, part) for part in own]
    return ""


def _memories(value: Any, walk: Walk) -> Iterator[Any]:
    for _, part in walk(value):
        if stretch_of(part) is not None:
            yield part
