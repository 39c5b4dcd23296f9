"""A namespace whose data are no reasons: somebody has said which of them count.

``%%step --inputs a`` replaces what zenbook would find out. Of the notebook's own names only those
that stand for code are followed then: functions, classes, modules, whatever is made of them, and
the classes of the values that are read.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

from zenbook.core.closure_origin import is_local_code
from zenbook.core.kinds import is_a

_CODE = (
    BuiltinFunctionType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
    functools.partial,
    type,
)


class Vouched(Mapping[str, Any]):
    """A namespace of which only code counts, and what code it reaches besides.

    ``home`` is the namespace itself, which functions defined in it have as their globals.
    """

    def __init__(self, home: Mapping[str, Any]) -> None:
        self.home = home

    def __getitem__(self, name: str) -> Any:
        return self.home[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.home)

    def __len__(self) -> int:
        return len(self.home)


def is_datum(value: Any) -> bool:
    """Whether code works on this value, and it is no code itself.

    An instance of the user's own class is a datum, also if it can be called; a library's object
    that can be called (a ufunc, a cached function, ``numpy.vectorize``) may be made of code.
    """
    if is_a(value, _CODE):
        return False
    return not callable(value) or is_local_code(type(value))
