"""Descriptions of values of scipy, scikit-learn, torch, matplotlib, pydantic, multiprocessing."""

from __future__ import annotations

import re
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from zenbook.core.closure_texts import annotations_of
from zenbook.core.digest_stream import Describers, Description
from zenbook.core.refused import refusal
from zenbook.errors import NotDigestible

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


def tree_of_points(value: Any, digester: Digester) -> Description:
    """A tree of scipy: its points, and how they are divided, without the addresses of its nodes."""
    _, *told = value.__getstate__()
    return "tree", digester.class_token(type(value)), told, getattr(value, "__dict__", None)


def counting_tree(value: Any, digester: Digester) -> Description:
    """A tree of scikit-learn, without what it counts while it is searched."""
    state = value.__getstate__()
    told = (*state[: _COUNTED.start], *state[_COUNTED.stop :])
    return "tree", digester.class_token(type(value)), told, vars(value)


_COUNTED = slice(7, 11)
"""In the state of such a tree: trims, leaves, splits and calls."""


def tensor(value: Any, digester: Digester) -> Description:
    """A torch tensor: its type, where it is, its numbers, and its gradient."""
    if why := refusal(value):
        raise NotDigestible(why)
    facts = (str(value.dtype), str(value.device), bool(value.requires_grad), tuple(value.shape))
    kind = digester.class_token(type(value))
    numbers = _numbers(value.detach())
    return "tensor", kind, facts, str(value.layout), numbers, value.grad, vars(value)


def _numbers(plain: Any) -> Any:
    """What a tensor holds, whatever its layout in memory."""
    torch = sys.modules["torch"]
    if plain.is_meta:
        return ()
    if plain.is_quantized:
        return str(plain.qscheme()), _scale(plain), plain.int_repr()
    if plain.layout is torch.sparse_coo:
        whole = plain.coalesce()
        return whole.indices(), whole.values()
    if plain.layout is not torch.strided:
        parts = ("crow_indices", "ccol_indices", "col_indices", "row_indices", "values")
        return {name: getattr(plain, name)() for name in parts if _has(plain, name)}
    plain = plain.cpu().resolve_conj().resolve_neg()
    return plain.contiguous().reshape(-1).view(torch.uint8).numpy()


def _scale(plain: Any) -> Any:
    if "per_tensor" in str(plain.qscheme()):
        return plain.q_scale(), plain.q_zero_point()
    return (
        plain.q_per_channel_axis(),
        plain.q_per_channel_scales(),
        plain.q_per_channel_zero_points(),
    )


def _has(plain: Any, name: str) -> bool:
    """Whether a compressed tensor has this part: by rows or by columns."""
    by_rows = str(plain.layout) in ("torch.sparse_csr", "torch.sparse_bsr")
    return name == "values" or (name in ("crow_indices", "col_indices")) == by_rows


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

    return "figure", digester.class_token(type(value)), *digester.once("looks", value, looks)


def artist(value: Any, digester: Digester) -> Description:
    """A part of a figure: which part, of which figure; what it is, where it is in none."""
    from zenbook.core.digest_figure import alone

    home = value.get_figure()
    if home is None or home is value:
        return "artist", digester.class_token(type(value)), alone(value)
    return "artist", digester.class_token(type(value)), _place_of(value, home), home


def container(value: Any, digester: Digester) -> Description:
    """What ``ax.bar()`` and ``ax.errorbar()`` give: parts of a figure, with a label."""
    from zenbook.core.digest_figure import told_alone

    return "container", digester.class_token(type(value)), tuple(value), told_alone(vars(value))


def colour_bar(value: Any, digester: Digester) -> Description:
    """A colour bar: its axes, and of what it shows the colours."""
    return "colour bar", digester.class_token(type(value)), value.ax, value.mappable


def _place_of(part: Any, home: Any) -> tuple[int, int]:
    """Which of the axes' parts it is; drawing makes others, ticks and their labels, that are none
    of these, and have a place in the whole figure only."""
    for number, axes in enumerate(home.axes):
        if axes is part:
            return number, -1
        for place, child in enumerate(axes.get_children()):
            if child is part:
                return number, place
    everything = home.findobj(include_self=False)
    return -1, next((place for place, one in enumerate(everything) if one is part), -1)


def decorator(value: Any, digester: Digester) -> Description:
    """A validator or serializer of a pydantic model, without the address of the model's class."""
    return "pydantic", value.cls_var_name, value.func, value.shim, value.info


def validated(value: Any, digester: Digester) -> Description:
    """What pydantic's ``validate_call`` makes of a function: the function, and what it was told."""
    told = (value.validate_return, value.config_wrapper.config_dict)
    noted = annotations_of(getattr(value.function, "func", value.function))
    return "pydantic", value.function, told, noted


_COMPILED = ("validator", "serializer")
"""What a type adapter of pydantic makes of its schema."""


def adapter(value: Any, digester: Digester) -> Description:
    """A type adapter of pydantic: its schema, without the addresses of classes that are in it."""
    held = {name: own for name, own in vars(value).items() if name not in _COMPILED}
    if held.get("pydantic_complete") is not True:
        return "pydantic", digester.class_token(type(value)), vars(value)
    held["core_schema"] = _without_addresses(held["core_schema"], {})
    return "pydantic", digester.class_token(type(value)), held


def _without_addresses(schema: Any, numbers: dict[str, str]) -> Any:
    """A schema whose references have numbers in the order in which they are met."""
    if type(schema) is dict:
        return {
            name: _ADDRESS.sub(partial(_numbered, numbers), held)
            if name in ("ref", "schema_ref") and type(held) is str
            else _without_addresses(held, numbers)
            for name, held in schema.items()
        }
    if type(schema) in (list, tuple):
        return type(schema)(_without_addresses(held, numbers) for held in schema)
    return schema


_ADDRESS = re.compile(r":\d+")


def _numbered(numbers: dict[str, str], address: re.Match[str]) -> str:
    return numbers.setdefault(address[0], f":{len(numbers)}")


def process_context(value: Any, digester: Digester) -> Description:
    """What ``multiprocessing.Pool`` is a method of: how it starts processes, whether it has already
    looked that up or not."""
    chosen = value._actual_context or value._default_context
    return "multiprocessing", chosen.get_start_method()


DESCRIBERS: Describers = {
    "DefaultContext": process_context,
    "BinaryTree": counting_tree,
    "BinaryTree32": counting_tree,
    "BinaryTree64": counting_tree,
    "cKDTree": tree_of_points,
    "_spbase": sparse,
    "spmatrix": sparse,
    "Tensor": tensor,
    "Generator": tensor_generator,
    "dtype": torch_name,
    "device": torch_name,
    "layout": torch_name,
    "Figure": figure,
    "Artist": artist,
    "Colorbar": colour_bar,
    "Container": container,
    "Decorator": decorator,
    "TypeAdapter": adapter,
    "ValidateCallWrapper": validated,
}
