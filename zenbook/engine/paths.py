"""Follow a path to a part (:mod:`zenbook.engine.parts`), or let it lead to another object."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial, reduce
from operator import getitem
from typing import Any

from zenbook.core.closure_trace import MISSING
from zenbook.core.kinds import held_by_name, is_a
from zenbook.core.neighbours import array_in, put_into
from zenbook.engine.artists import artists_of, home_of
from zenbook.engine.blocks import array_behind, put_behind, wrapping
from zenbook.engine.buffers import buffer_at, with_buffer
from zenbook.engine.parts import Path, Step, held_by
from zenbook.engine.rows import array_of, row_in


def follow(value: Any, path: Path) -> Any:
    """What stands at the end of a path. Raises KeyError, IndexError, TypeError, AttributeError."""
    for how, key in path:
        if how == "item":  # of which there are most
            value = value[key]
        elif how == "attribute":
            value = held_by_name(value)[key]
        elif how == "cell":
            value = value.__closure__[key].cell_contents
        elif how == "given":
            value = (value.func, *value.args)[key]
        elif how == "entry":
            value = value.iat[key]
        elif how == "key":
            value = list(dict.keys(value))[key]
        elif how == "value":
            value = list(dict.values(value))[key]
        elif how == "fixed":
            value = dict(held_by(value))[how, key]
        elif how == "block":
            value = value._mgr.blocks[key].values
        elif how == "behind":
            value = array_behind(value, key)
        elif how == "buffer":
            value = buffer_at(value, key)
        elif how == "row":
            value = array_of(value)
        elif how == "field":
            value = reduce(getitem, key, value)
        elif how == "grown":
            value = array_in(value)
        elif how == "artist":
            value = artists_of(value)[key]
        elif how == "artist's":
            value = home_of(value)
        else:
            value = getattr(value, key) if how in ("slot", "wrapped") else value[key]
    return value


def found(value: Any, path: Path) -> Any:
    """What stands at the end of a path; MISSING if it leads nowhere."""
    try:
        return follow(value, path)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        return MISSING


def put_at(root: Any, path: Path, value: Any) -> Any:
    """Let a path lead to another object; the object at its beginning, which is another one where
    tuples had to be made anew. Raises as :func:`follow` and :func:`put` do."""
    if not path:
        return value
    holder = follow(root, path[:-1])
    how, key = path[-1]
    if how == "row":
        return put_at(root, path[:-1], row_in(value))
    if how in ("wrapped", "buffer"):
        made = wrapping if how == "wrapped" else with_buffer
        return put_at(root, path[:-1], made(holder, key, value))
    if how != "place":
        put(holder, path[-1], value)
        return root
    items = (*holder[:key], value, *holder[key + 1 :])
    return put_at(root, path[:-1], tuple.__new__(type(holder), items))


def put(holder: Any, step: Step, value: Any) -> None:
    """Let this step lead to another object. Raises TypeError for a fixed one."""
    how, key = step
    if how in ("fixed", "place", "buffer", "row"):
        raise TypeError("nothing can be put into a tuple or a set")
    if how == "attribute":
        held_by_name(holder)[key] = value
    elif how in ("key", "value"):
        base = OrderedDict if is_a(holder, OrderedDict) else dict
        items = list(base.items(holder))
        items[key] = (value, items[key][1]) if how == "key" else (items[key][0], value)
        base.clear(holder)
        base.update(holder, items)
    elif how == "cell":
        holder.__closure__[key].cell_contents = value
    elif how == "field":
        reduce(getitem, key[:-1], holder)[key[-1]] = value
    elif how == "given":
        _give(holder, key, value)
    elif how == "entry":
        holder.iat[key] = value
    elif how == "block":
        holder._mgr.blocks[key].values = value
    elif how == "grown":
        put_into(holder, value)
    elif how == "behind":
        put_behind(holder, key, value)
    elif how in ("slot", "wrapped"):
        object.__setattr__(holder, key, value)
    else:
        holder[key] = value


def _give(function: Any, number: int, value: Any) -> None:
    """Let a partial function have another function (0) or argument."""
    state: Any = partial.__reduce__(function)[2]
    given = [state[0], *state[1]]
    given[number] = value
    function.__setstate__((given[0], tuple(given[1:]), *state[2:]))
