"""Objects of libraries that are known by who they are, and so are kept by name.

``dataclasses.MISSING`` says "nothing was given" because it is that very object; a copy says nothing
of the kind. So an object that cannot be told from another one by what it holds, and that a module
of its library has a name for, is looked up there again. ``argparse.SUPPRESS`` is such an object and
a plain text, which nobody can tell from an equal one; where argparse itself keeps it, it is known.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

from zenbook.core.closure_origin import is_local_module
from zenbook.core.kinds import is_a

_CODE = (type, FunctionType, ModuleType)
_WAYS = ("__eq__", "__reduce_ex__", "__reduce__")
_names: dict[str, tuple[int, dict[int, tuple[str, str]]]] = {}
"""By package: how many modules were loaded when it was searched, and the name by identity."""


class Named:
    """Stands in a pickle for what a module calls by this name."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


def reduce_named(named: Named) -> Any:
    """Look the name up in its module."""
    return getattr, (sys.modules[named.module], named.name)


def name_of(obj: Any) -> Named | None:
    """What a module of its library calls this object, if it is known by its identity alone."""
    kind = type(obj)
    home = kind.__module__
    if not _is_known_by_identity(kind) or not isinstance(home, str) or is_local_module(home):
        return None
    package = home.partition(".")[0]
    module, name = _names_within(package).get(id(obj), ("", ""))
    is_so_named = module and vars(sys.modules[module]).get(name) is obj
    return Named(module, name) if is_so_named else None


def _is_known_by_identity(kind: type) -> bool:
    """Whether two of these are never equal, and pickle knows nothing of them but what they hold."""
    return all(getattr(kind, how) is getattr(object, how) for how in _WAYS)


def _names_within(package: str) -> dict[int, tuple[str, str]]:
    """Names of what modules of a package hold; of what all libraries hold, for plain objects."""
    known = _names.get(package)
    if known is None or known[0] != len(sys.modules):
        known = _names[package] = len(sys.modules), dict(_named_within(package))
    return known[1]


def _named_within(package: str) -> Iterator[tuple[int, tuple[str, str]]]:
    for module, held in list(sys.modules.items()):
        is_within = module == package or module.startswith(f"{package}.")
        if type(held) is not ModuleType or not (is_within or package == "builtins"):
            continue
        if package == "builtins" and is_local_module(module):
            continue
        for name, value in list(vars(held).items()):
            kind = type(value)
            is_one = kind is object if package == "builtins" else _is_known_by_identity(kind)
            if is_one and not is_a(value, _CODE):
                yield id(value), (module, name)


def reduce_field(field: Any) -> Any:
    """A dataclass's field by its class, which gives whoever asks that very object; NotImplemented
    for anything else, and for the field of no class of the user's that has a name."""
    if type(field) is not getattr(sys.modules.get("dataclasses"), "Field", None):
        return NotImplemented
    modules = [held for name, held in list(sys.modules.items()) if type(held) is ModuleType]
    for module in (held for held in modules if is_local_module(held.__name__)):
        for cls in list(vars(module).values()):
            if is_a(cls, type) and _fields_of(cls).get(field.name) is field:
                return field_of, (cls, field.name)
    return NotImplemented


def field_of(cls: type, name: str) -> Any:
    """The field of this name."""
    return _fields_of(cls)[name]


def _fields_of(cls: type) -> Any:
    return vars(cls).get("__dataclass_fields__", {})


def reduce_argparse(obj: Any) -> Any:
    """A parser or an argument of one, with the text that is no text put by name; NotImplemented
    for anything else."""
    argparse = sys.modules.get("argparse")
    if argparse is None or not is_a(obj, (argparse._AttributeHolder, argparse._ActionsContainer)):
        return NotImplemented
    reduced = obj.__reduce_ex__(5)
    state = reduced[2] if len(reduced) > 2 else None
    if type(state) is not dict or is_a(obj, argparse.Namespace):
        return reduced
    suppress = Named("argparse", "SUPPRESS")
    told = {n: suppress if v is argparse.SUPPRESS else v for n, v in state.items()}
    return (*reduced[:2], told, *reduced[3:])
