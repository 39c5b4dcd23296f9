"""Change an object into another of its type, so that its caller sees what a cold run would leave.

A function that changes its argument in place leaves the *caller's* object changed. On a hit the
value the argument had afterwards is loaded and put into that very object.
"""

from __future__ import annotations

import sys
from collections import deque
from types import BuiltinFunctionType, FunctionType
from typing import Any

from zenbook.core.digest_pillow import is_of_file
from zenbook.core.digest_random import shared_by
from zenbook.core.digest_tables import own_attributes
from zenbook.core.kinds import held_by_name, is_a
from zenbook.engine.memory import is_writeable
from zenbook.engine.part_kinds import is_element, is_row
from zenbook.engine.rows import can_become, fill
from zenbook.engine.tensors import is_tensor

_CONSTANTS = (
    int,
    float,
    complex,
    str,
    bytes,
    bool,
    type(None),
    frozenset,
    type,
    FunctionType,
    BuiltinFunctionType,
)


def replaceable(value: Any) -> bool:
    """Whether :func:`replace` can make this object what a run would have made of it.

    Not if it holds other mutable objects: the run may have changed those in place, and whoever
    else holds them would not see it.
    """
    if type(value) in (list, dict, set, bytearray):
        return _holds_constants_only(value)
    if _is(value, "numpy", "ndarray"):
        return not value.dtype.hasobject and is_writeable(value)
    if is_row(value):
        return can_become(value, value)
    if is_of_file(value):
        return True
    if _is(value, "pandas", "DataFrame") or _is(value, "pandas", "Series"):
        return _holds_constants_only(own_attributes(value))
    if type(value).__module__ in sys.stdlib_module_names or (own := held_by_name(value)) is None:
        return False
    return _holds_constants_only(own)


def replace(target: Any, source: Any) -> None:
    """Give ``target`` the content of ``source``; both have the type they had when kept.

    Raises ValueError if an array's shape or dtype differs, which the engine excludes by the key.
    """
    match target:
        case list() | bytearray():
            target[:] = source
        case dict():
            target.clear()
            target.update(source)
        case set():
            target.clear()
            target.update(source)
        case deque():
            target.clear()
            target.extend(source)
        case _ if _is(target, "numpy", "ndarray"):
            _replace_array(target, source)
        case _ if is_tensor(target):
            target.detach().copy_(source.detach())
            target.grad = source.grad
        case _ if _is(target, "pandas", "DataFrame") or _is(target, "pandas", "Series"):
            _replace_frame(target, source)
        case _ if is_of_file(target):
            _read_as(target, source)
        case _ if is_row(target):
            fill(target, source)
        case _ if is_element(target):
            target.tag, target.text, target.tail = source.tag, source.text, source.tail
            target.attrib = source.attrib
            target[:] = list(source)
        case _ if is_generator(target):
            _replace_state(target, source)
        case _:
            target.__dict__.clear()
            target.__dict__.update(source.__dict__)


def fills_alike(one: Any, other: Any) -> bool:
    """Whether two dictionaries of a class of :mod:`collections` differ in nothing but their items:
    a ``default_factory`` that was loaded is another one than the caller's."""
    pair = (one, other)
    one_makes, other_makes = (getattr(each, "default_factory", None) for each in pair)
    return one_makes is other_makes and not any(getattr(each, "__dict__", None) for each in pair)


def is_generator(value: Any) -> bool:
    """Whether it is a random generator whose state can be set, and none that everybody shares."""
    kinds = (("numpy.random", "Generator"), ("numpy.random", "RandomState"), ("random", "Random"))
    return any(_is(value, *kind) for kind in kinds) and not shared_by(value)


def is_another_generator(one: Any, other: Any) -> bool:
    """Whether these two generators of a type differ in more than their state: in their algorithm,
    or in how many generators were made from them."""
    one, other = (_bits(each) for each in (one, other))
    made = [repr(getattr(getattr(bits, "_seed_seq", None), "state", "")) for bits in (one, other)]
    return type(one) is not type(other) or made[0] != made[1]


def _bits(generator: Any) -> Any:
    """What numpy's generators draw from; None for Python's."""
    bits = getattr(generator, "bit_generator", None)
    return bits if bits is not None else getattr(generator, "_bit_generator", None)


def _read_as(image: Any, later: Any) -> None:
    """Read an image of Pillow's as another one of an equal file was read."""
    if image.tell() != later.tell():
        image.seek(later.tell())
    image.load()
    if getattr(later, "_exif", None) is not None:
        image.getexif()


def _replace_state(target: Any, source: Any) -> None:
    if hasattr(target, "bit_generator"):
        target.bit_generator.state = source.bit_generator.state
    elif hasattr(target, "set_state"):
        target.set_state(source.get_state(legacy=False))
    else:
        target.setstate(source.getstate())


def _holds_constants_only(holder: Any) -> bool:
    items = holder.values() if is_a(holder, dict) else holder
    return all(is_a(item, _CONSTANTS) for item in items)


def _replace_array(target: Any, source: Any) -> None:
    """An array's elements, and whether it can be written to."""
    if not is_writeable(target):
        target.flags.writeable = True
    target[...] = source
    if not is_writeable(source):
        target.flags.writeable = False


def _replace_frame(target: Any, source: Any) -> None:
    """A frame's blocks and attributes, through the setter that pandas' own ``inplace=`` uses."""
    target._update_inplace(source)
    vars(target)["_attrs"] = source.attrs  # the property's setter would make another dictionary
    target.flags.allows_duplicate_labels = source.flags.allows_duplicate_labels
    for name in own_attributes(target):
        del vars(target)[name]
    vars(target).update(own_attributes(source))
    if "_name" in vars(source):  # a series'
        vars(target)["_name"] = source.name


def _is(value: Any, module: str, name: str) -> bool:
    """Whether a library's class, if that library is loaded at all, has made this value."""
    library = sys.modules.get(module)
    return library is not None and type(value) is getattr(library, name, None)
