"""The members of a class that make it what it is."""

from __future__ import annotations

import abc
import enum
from collections.abc import Iterator, Mapping
from typing import Any

from zenbook.core.closure_origin import is_local_code
from zenbook.core.closure_texts import annotations_of
from zenbook.core.closure_trace import MISSING
from zenbook.core.kinds import is_a

_NOT_BEHAVIOUR = frozenset(
    {
        "__abstractmethods__",
        "__annotate__",
        "__annotate_func__",
        "__annotations__",
        "__annotations_cache__",
        "__dataclass_fields__",
        "__dataclass_params__",
        "__dict__",
        "__doc__",
        "__firstlineno__",
        "__module__",
        "__orig_bases__",
        "__parameters__",
        "__qualname__",
        "__slotnames__",
        "__static_attributes__",
        "__weakref__",
        "_abc_impl",
    }
)
_ENUM_BOOKS = frozenset(
    {
        "__new__",
        "__new_member__",
        "_hashable_values_",
        "_member_map_",
        "_member_names_",
        "_new_member_",
        "_unhashable_values_",
        "_unhashable_values_map_",
        "_use_args_",
        "_value2member_map_",
    }
)
_BUILT_BY_PYDANTIC = frozenset(
    {
        "__pydantic_complete__",
        "__pydantic_core_schema__",
        "__pydantic_parent_namespace__",
        "__pydantic_serializer__",
        "__pydantic_setattr_handlers__",
        "__pydantic_validator__",
        "__signature__",
    }
)
"""Built from fields, decorators and settings, which are members of the class, too; some of them
when they are first needed, and with the addresses of classes in them."""
_Looked = tuple[Mapping[str, Any], str, Any]
_PLAIN_KINDS = (type, abc.ABCMeta, enum.EnumMeta)


def class_members(cls: type) -> Iterator[tuple[str, Any]]:
    """Names and values, in alphabetical order; positions, texts and caches are left out.

    Fields of a dataclass come as ``field NAME``, members of an Enum by their values in the
    order of definition, and the annotations where a metaclass of a library reads them: as
    texts, and each ``annotation NAME`` by the objects that it holds.
    """
    members: Mapping[str, Any] = getattr(cls, "__members__", {})
    is_enum = is_a(cls, enum.EnumMeta)
    for name, value in sorted(vars(cls).items()):
        if name in _NOT_BEHAVIOUR or (is_enum and (name in _ENUM_BOOKS or name in members)):
            continue
        if not is_built(cls, name):
            yield name, value
    if is_enum:
        yield from ((f"member {name}", member.value) for name, member in members.items())
    yield from fields_of(cls)
    if type(cls) not in _PLAIN_KINDS:
        noted = annotations_of(cls)
        yield "annotations", tuple(f"{name}: {text}" for name, text, _ in noted)
        yield from ((f"annotation {name}", objects) for name, _, objects in noted if objects)


def value_in(cls: Any, name: str) -> tuple[list[_Looked], Any] | None:
    """Where ``cls.name`` is looked for (attributes, name, what they hold or MISSING) and the value
    that is found; None unless ``cls`` is a class of the user's without a metaclass, and what it has
    under this name is a value, which is all that this reads of the class."""
    if type(cls) is not type or name.startswith("__"):
        return None
    looked: list[_Looked] = []
    for home in cls.__mro__:
        held = vars(home).get(name, MISSING)
        if not is_local_code(home) or hasattr(type(held), "__get__"):
            return None
        looked.append((vars(home), name, held))
        if held is not MISSING:
            return looked, held
    return None


def is_built(cls: type, name: str) -> bool:
    """Whether a model of pydantic has built this of its other members."""
    return name in _BUILT_BY_PYDANTIC and "__pydantic_fields__" in vars(cls)


def registered(cls: type) -> list[type]:
    """The classes that have been registered with an abstract one."""
    dump: Any = getattr(abc, "_get_dump", None)
    if dump is None or not is_a(cls, abc.ABCMeta):
        return []
    return [one for reference in dump(cls)[0] if (one := reference()) is not None]


def registered_with(cls: type) -> tuple[str, ...]:
    """Their names, in order."""
    return tuple(sorted(f"{one.__module__}.{one.__qualname__}" for one in registered(cls)))


def fields_of(cls: type) -> Iterator[tuple[str, Any]]:
    """What the fields of a dataclass are, apart from their annotations."""
    for name, field in vars(cls).get("__dataclass_fields__", {}).items():
        shape = (field.init, field.repr, field.compare, field.hash, bool(field.kw_only))
        yield f"field {name}", shape
        for given in ("default", "default_factory"):
            value = getattr(field, given)
            if type(value).__module__ != "dataclasses":
                yield f"{given} {name}", value
        if field.metadata:
            yield f"metadata {name}", dict(field.metadata)
