"""Descriptions of values of scipy, torch and matplotlib."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from zenbook.core.digest_stream import Describers, Description

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

_SPARSE_PARTS = ("data", "indices", "indptr", "row", "col", "coords", "offsets", "rows")


def sparse(value: Any, digester: Digester) -> Description:
    """A sparse matrix or array: its arrays as they are, without what it found out about them."""
    if value.format == "dok":
        return "sparse", digester.class_token(type(value)), value.shape, value.dtype, dict(value)
    state = {name: getattr(value, name) for name in _SPARSE_PARTS if name in _own(value)}
    return "sparse", digester.class_token(type(value)), tuple(value.shape), value.dtype, state


def _own(value: Any) -> Any:
    return vars(value)


def tensor(value: Any, digester: Digester) -> Description:
    """A torch tensor: its type, where it is, whether it wants gradients, and its numbers."""
    facts = (str(value.dtype), str(value.device), bool(value.requires_grad), tuple(value.shape))
    plain = value.detach().cpu()
    if plain.layout is not sys.modules["torch"].strided:
        plain = plain.coalesce() if hasattr(plain, "coalesce") else plain
        parts = (plain.indices(), plain.values())
        return "tensor", digester.class_token(type(value)), facts, str(value.layout), parts
    raw = plain.contiguous().reshape(-1).view(sys.modules["torch"].uint8).numpy()
    return "tensor", digester.class_token(type(value)), facts, raw


def tensor_generator(value: Any, digester: Digester) -> Description:
    """A torch random generator, by its state."""
    return "torch generator", str(value.device), value.get_state()


def torch_name(value: Any, digester: Digester) -> Description:
    """A torch dtype, device, layout or size."""
    return "torch", type(value).__name__, str(value)


def figure(value: Any, digester: Digester) -> Description:
    """A figure: what it looks like, and the numbers it was made of.

    Its own state holds caches that change with every drawing.
    """
    from zenbook.core.digest_figure import looks

    return "figure", digester.class_token(type(value)), *looks(value)


def artist(value: Any, digester: Digester) -> Description:
    """A part of a figure: which part, of which figure."""
    home = value.get_figure()
    if home is None or home is value:
        return "artist", digester.class_token(type(value)), str(value)
    parts = home.findobj(include_self=False)
    place = next((i for i, part in enumerate(parts) if part is value), -1)
    return "artist", digester.class_token(type(value)), place, home


DESCRIBERS: Describers = {
    "_spbase": sparse,
    "spmatrix": sparse,
    "Tensor": tensor,
    "Generator": tensor_generator,
    "dtype": torch_name,
    "device": torch_name,
    "layout": torch_name,
    "Figure": figure,
    "Artist": artist,
}
