"""Who else holds a part of a value that is about to become another one, or looks into its memory.

An input that a step changed in place is given its later content by a hit. Whoever holds a part that
it no longer has then (another name, a container, a row of the array that is a part) would go on
with what it was; so where that cannot be put right, the step runs.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from typing import Any

from zenbook.engine.buffers import buffers
from zenbook.engine.frames import are_alike, tables_by_content
from zenbook.engine.part_kinds import is_array, is_part
from zenbook.engine.reach import Reach
from zenbook.engine.rows import array_of
from zenbook.engine.tensors import is_tensor, share
from zenbook.engine.unseen import holds_unseen


def entangled(
    value: Any,
    others: Mapping[str, Any],
    *,
    becomes: bool,
    staying: Collection[int] = (),
    becoming: Collection[int] = (),
) -> str:
    """The name that holds a part of this value, which is about to become another; "" if none does.

    ``becomes``: the object itself takes on the new content, so that who holds all of it is right.
    ``staying`` are identities of parts that the new content holds too, ``becoming`` of those that
    become another one themselves, and with it all that they hold.
    """
    held = _going_with(value, becomes, {*staying, *becoming})
    going = [inner for inner in held if id(inner) not in staying and is_part(inner)]
    parts = {id(inner) for inner in going if not becomes or inner is not value}
    arrays = [inner for inner in map(_memory, going) if inner is not None]
    tables = tables_by_content(held)
    for name, other in others.items():
        if other is value:
            continue
        reached = Reach([other], {id(value), *becoming}, unseen="all").objects
        if not parts.isdisjoint(reached):
            return name
        if arrays and any(_is_view(_memory(inner), arrays) for inner in reached.values()):
            return name
        if tables and are_alike(tables, tables_by_content(reached.values())):
            return name
    return ""


def _going_with(value: Any, becomes: bool, staying: Collection[int]) -> Collection[Any]:
    """What this value holds; not what is held unseen by what stays, or is given the content that
    it has to become."""
    seen = Reach([value])
    if not seen.is_closed:
        return seen.objects.values()
    stays = {id(value), *staying} if becomes else staying
    closed = {n for n, part in seen.objects.items() if n in stays and holds_unseen(part)}
    return Reach([value], closed, unseen="all").objects.values()


def looker_at(memory: list[Any], others: Mapping[str, Any]) -> str:
    """The name of what looks into this memory without being a frame; "" if nothing does."""
    for name, other in others.items() if memory else ():
        for inner in Reach([other]).objects.values():
            arrays = [inner] if is_array(inner) else [array for _, array in buffers(inner)]
            if any(_is_view(array, memory) for array in arrays):
                return name
    return ""


def share_memory(one: Any, other: Any) -> bool:
    """Whether two arrays, or rows of such, look into the same memory."""
    array = array_of(one)
    return array is not None and _is_view(array_of(other), [array])


def _memory(value: Any) -> Any:
    """A tensor, or the array that a value is or lies in; None for anything else."""
    return value if is_tensor(value) else array_of(value)


def _is_view(value: Any, arrays: list[Any]) -> bool:
    if is_tensor(value) or any(map(is_tensor, arrays)):
        return any(share(value, one) for one in arrays)
    if not is_array(value):
        return False
    share_bytes = sys.modules["numpy"].may_share_memory
    return any(value is not one and share_bytes(value, one) for one in arrays)
