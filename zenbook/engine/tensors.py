"""Tensors of torch among a step's values: whose memory they look into.

A tensor is a view of a storage, and so may be others, and numpy's arrays through ``from_numpy`` and
``numpy()``. Within one kept value views stay views (see :mod:`zenbook.world.codec_torch`). Where
one value looks into the memory of another, no kept result says so: such a result is not kept.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from zenbook.core.kinds import is_a
from zenbook.engine.memory import bounds_of

Walk = Callable[[Any], Iterator[tuple[Any, Any]]]
Stretch = tuple[int, int]
_ANYWHERE: Stretch = (0, sys.maxsize)
"""The memory of a tensor that does not tell where it is."""
_ROWS, _COLUMNS = ("crow_indices", "col_indices"), ("ccol_indices", "row_indices")
_SPARSE = {
    "coo": ("_indices", "_values"),
    "csr": (*_ROWS, "values"),
    "bsr": (*_ROWS, "values"),
    "csc": (*_COLUMNS, "values"),
    "bsc": (*_COLUMNS, "values"),
}
"""The methods that give the tensors a sparse one is made of, by the end of its layout's name."""


def is_tensor(value: Any) -> bool:
    """Whether it is a tensor of torch's, if torch is loaded at all."""
    kind = getattr(sys.modules.get("torch"), "Tensor", None)
    return isinstance(kind, type) and is_a(value, kind)


def stretches_of(value: Any) -> list[Stretch]:
    """Where the memory of a tensor's storages or of an array begins and ends."""
    if is_tensor(value):
        return [stretch for storage in _storages_of(value) for stretch in _stretch_of(storage)]
    numpy = sys.modules.get("numpy")
    if numpy is None or not is_a(value, numpy.ndarray) or not value.size:
        return []
    return [bounds_of(value)]


def _storages_of(tensor: Any) -> Iterator[Any]:
    """The storages of a tensor, of which a sparse one has several; None for one that torch does
    not show."""
    if sys.modules["torch"].nn.parameter.is_lazy(tensor):
        return  # of a module that has not seen its first batch: it has none yet
    inner = _SPARSE.get(str(tensor.layout).removeprefix("torch.sparse_"))
    for part in [getattr(tensor, name)() for name in inner] if inner else [tensor]:
        try:
            yield part.untyped_storage()
        except (NotImplementedError, RuntimeError):
            yield None


def _stretch_of(storage: Any) -> list[Stretch]:
    if storage is None:
        return [_ANYWHERE]
    start = int(storage.data_ptr())
    return [(start, start + int(storage.nbytes()))] if start else []


def share(one: Any, other: Any) -> bool:
    """Whether two of them, at least one a tensor, may have memory in common."""
    if one is other or not (is_tensor(one) or is_tensor(other)):
        return False
    stretches = stretches_of(other)
    return any(
        low < end and start < high for low, high in stretches_of(one) for start, end in stretches
    )


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
        if stretches_of(part):
            yield part
