"""Tensors of torch, as they are kept and made again.

torch's own pickling copies the storage of every tensor into the pickle and forgets gradients. Here
a storage is an array of bytes, one for all tensors that look into it, which travels out of band
like any other array; a tensor is a view of it, and brings its gradient along.

A tensor that was computed from others (it has a ``grad_fn``) is the end of a graph that nobody can
keep: made again it would be a leaf, and ``backward()`` would stop there. It is refused.
"""

from __future__ import annotations

import sys
from typing import Any

Memories = dict[int, Any]
"""By address: the bytes of a storage that has been met."""


def reduce_tensor(value: Any, memories: Memories) -> Any:
    """How to make a tensor again; NotImplemented for values that are none, and for tensors that
    torch keeps well itself (sparse and quantized ones, those of subclasses)."""
    torch = sys.modules["torch"]
    if type(value) not in (torch.Tensor, torch.nn.Parameter):
        return NotImplemented
    usual = value.layout is torch.strided and value.device.type == "cpu"
    if not usual or value.is_quantized or value.is_conj() or value.is_neg() or vars(value):
        return NotImplemented
    plain = value.detach()
    view = (_memory(plain, memories), plain.dtype, plain.storage_offset())
    shape = (tuple(plain.size()), tuple(plain.stride()))
    is_parameter = type(value) is torch.nn.Parameter
    return make_tensor, (*view, *shape, value.requires_grad, is_parameter, value.grad)


def _memory(plain: Any, memories: Memories) -> Any:
    """The whole storage as bytes, the same array for every tensor that looks into it."""
    torch = sys.modules["torch"]
    storage = plain.untyped_storage()
    address = storage.data_ptr()
    if address not in memories:
        memories[address] = torch.empty(0, dtype=torch.uint8).set_(storage).numpy()
    return memories[address]


def make_tensor(
    memory: Any,
    dtype: Any,
    offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    requires_grad: bool,
    is_parameter: bool,
    gradient: Any,
) -> Any:
    """The tensor that looks so into this memory."""
    import torch

    if not memory.flags.writeable:
        memory = memory.copy()
    storage = torch.from_numpy(memory).untyped_storage()
    tensor = torch.empty(0, dtype=dtype).set_(storage, offset, size, stride)
    if is_parameter:
        tensor = torch.nn.Parameter(tensor, requires_grad)
    elif requires_grad:
        tensor.requires_grad_()
    tensor.grad = gradient
    return tensor
