"""What a value is to those who look for its parts: changeable or not, plain, an array, a mock."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any
from weakref import CallableProxyType, ProxyType

from zenbook.core.closure_lending import is_nameless
from zenbook.core.closure_origin import is_local_module, library_of
from zenbook.core.kinds import held_by_name, is_a
from zenbook.core.plain_values import is_value_type
from zenbook.engine.artists import is_container
from zenbook.engine.tensors import is_tensor

CODE = (FunctionType, MethodType, BuiltinFunctionType)
_KERNELS = frozenset({"comm", "ipykernel", "jupyter_client", "tornado", "zmq"})
_SHELLS = ("IPython.core.interactiveshell", "IPython.terminal")
_VALUES = (int, float, complex, str, bytes)
_ATOMS = (
    *_VALUES, bool, type(None), type(Ellipsis), range,
    type, FunctionType, BuiltinFunctionType, ModuleType, MethodType,
)  # fmt: skip
LEAVES: set[type] = {
    *(int, float, complex, str, bytes, bool, type(None), type(Ellipsis)),
    *(range, type, ProxyType, CallableProxyType),
}
"""Types of values that hold nothing, themselves and not what is made of them; those of libraries
(``Decimal``, ``datetime``, numpy's numbers) as they are met. A weak proxy must not be asked
anything: what it stands for may be gone."""
FROZEN = frozenset({tuple, frozenset})
"""Containers that hold what they were made with."""
_COLLECTED = 1 << 14
"""The flag of types whose objects may lead to others."""
_MUTABLE = frozenset((list, dict, set, bytearray))


class _Plain:
    """Measures what an instance without slots or a built-in base looks like."""


def is_plain(value: Any) -> bool:
    """Whether all of an instance's state is in its ``__dict__``."""
    kind = type(value)
    return bool(
        kind.__basicsize__ == _Plain.__basicsize__
        and kind.__itemsize__ == 0
        and kind.__flags__ & (1 << 9)  # made by a class statement
        and held_by_name(value) is not None
        and not any(slots_of(base) for base in kind.__mro__)
    )


def slots_of(kind: type) -> list[str]:
    """The names of a class's own slots."""
    names = vars(kind).get("__slots__", ())
    told = (names,) if isinstance(names, str) else names
    return [name for name in told if name not in ("__dict__", "__weakref__")]


def is_array(value: Any) -> bool:
    """Whether it is an array of numpy's, if numpy is loaded at all."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and is_a(value, numpy.ndarray)


def is_row(value: Any) -> bool:
    """Whether it is a row of a structured array of numpy's, in whose memory it is."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and is_a(value, numpy.void)


def is_element(value: Any) -> bool:
    """Whether it is an element of ``xml.etree``, if that is loaded at all."""
    etree = sys.modules.get("xml.etree.ElementTree")
    return etree is not None and is_a(value, etree.Element)


def is_atom(value: Any) -> bool:
    """Whether a value has no parts that matter: it cannot change, or is code."""
    return type(value) in LEAVES or (is_a(value, _ATOMS) and not may_have_attributes(value))


def may_have_attributes(value: Any) -> bool:
    """Whether it is a number or text of a class of the user's, which can be given attributes."""
    kind = type(value)
    is_value = kind.__dictoffset__ and is_a(value, _VALUES) and not is_a(value, Enum)
    return bool(is_value and is_local_module(kind.__module__))


def has_identity(value: Any) -> bool:
    """Whether it matters which of equal values it is."""
    is_value = is_a(value, (*_VALUES, type(None), frozenset))
    return not is_value or may_have_attributes(value)


def learn_leaves(values: Iterable[Any]) -> None:
    """Count the types of these values with ``LEAVES`` that are such."""
    met = list(values)
    for kind, value in dict(zip(map(type, met), met, strict=True)).items():
        if kind not in LEAVES and _is_leaf(value):
            LEAVES.add(kind)


def _is_leaf(value: Any) -> bool:
    """Whether it is a value of a library's that leads to no other and is hashed by its content."""
    kind = type(value)
    if is_value_type(kind):
        return True
    if kind.__flags__ & _COLLECTED or kind.__dictoffset__ or is_local_module(kind.__module__):
        return False
    by_content: Any = kind.__hash__
    return by_content not in (None, object.__hash__) and not is_mutable(value)


def is_of_leaves(value: Any) -> bool:
    """Whether it is a tuple or frozen set of values that hold nothing, of which there may be
    millions."""
    return type(value) in FROZEN and LEAVES.issuperset(map(type, value))


def holds_nothing(value: Any) -> bool:
    """Whether a walk need not enter it."""
    if type(value) in LEAVES or is_of_leaves(value):
        return True
    return is_atom(value) and not is_a(value, CODE)


def is_part(value: Any) -> bool:
    """Whether a walk comes by this value: it can change, and is no code; or is a function of the
    user's to which no name leads, as to one in a list or that another one has made."""
    if is_a(value, CODE):
        return is_nameless(value)
    return is_mutable(value)


def is_drawn(value: Any) -> bool:
    """Whether it belongs to a picture of matplotlib. Drawing one, which describing it does, too,
    exchanges what its parts hold, and each part is described by the whole picture."""
    return library_of(type(value)) == "matplotlib"


def is_not_entered(value: Any) -> bool:
    """Whether no walk enters it: what it holds is its own, or without end."""
    is_compiled = library_of(type(value)) == "numba"  # what it compiles is its own
    return is_compiled or _has_a_name(value) or is_mock(value) or _is_the_kernels(value)


def _has_a_name(value: Any) -> bool:
    """Whether it is a logger: whoever holds one holds the process's own, with all of its handlers,
    and it is kept by its name."""
    logging = sys.modules.get("logging")
    return logging is not None and is_a(value, logging.Logger)


def _is_the_kernels(value: Any) -> bool:
    """Whether it belongs to what runs the notebook: a thread has its output stream, and a widget
    its line to the page, and by way of either all names of the notebook are reached."""
    kind = type(value)
    return library_of(kind) in _KERNELS or str(kind.__module__).startswith(_SHELLS)


def is_mock(value: Any) -> bool:
    """Whether it is a mock: it holds ever more of them the more it is asked."""
    mock = sys.modules.get("unittest.mock")
    return mock is not None and issubclass(type(value), mock.NonCallableMock)


def is_mutable(value: Any) -> bool:
    """Whether identity matters: a value that is hashed by content cannot change, unless a class of
    the user's says both how its objects are hashed and that their attributes can be set."""
    kind = type(value)
    if kind in _MUTABLE:
        return True
    if is_a(value, (tuple, type)):
        return is_container(value)
    if kind in LEAVES:
        return False
    if is_mock(value) or may_have_attributes(value):
        return True
    if is_tensor(value) or is_row(value):  # whose hash, if they have one, is not object's own
        return True
    if _is_hashed_by_user(kind):
        return _can_be_set(kind)
    try:
        return hash(value) == object.__hash__(value)
    except Exception:  # a memoryview that can be written to says ValueError, users' code anything
        return True


def _is_hashed_by_user(kind: type) -> bool:
    """Whether a function of the user's, or one that ``dataclasses`` or ``attrs`` has made for it,
    hashes it."""
    how: Any = kind.__hash__
    if type(how) is not FunctionType:
        return False
    homes = (how.__globals__.get("__name__"), how.__module__)
    return any(is_local_module(home) for home in homes if type(home) is str)


def _can_be_set(kind: type) -> bool:
    """Whether attributes of such an object can be set: they can unless its class was declared as
    frozen."""
    config: Any = getattr(kind, "model_config", None)
    if library_of(type(kind)) == "pydantic" and is_a(config, dict):
        return not config.get("frozen")
    if getattr(getattr(kind, "__dataclass_params__", None), "frozen", False):
        return False
    sets: Any = kind.__setattr__
    return getattr(sets, "__name__", "") != "_frozen_setattrs"  # that of attrs
