"""Descriptions of values that are not builtin, in terms of builtin ones.

A description is a tuple whose first member names its kind. It may hold further values that are
not builtin; those are described in turn. What is special to a library lives beside it:
``digest_arrays`` (numpy), ``digest_tables`` (pandas), ``digest_arrow`` (pyarrow, polars).
Everything else is described by what its own reduction keeps, as ``pickle`` would.
"""

from __future__ import annotations

import copyreg
import enum
import functools
import types
from typing import TYPE_CHECKING, Any

from zenbook.core.by_attributes import is_by_attributes
from zenbook.core.closed_file import KINDS, closed_file
from zenbook.core.closure_origin import is_local_module, named
from zenbook.core.dict_views import VIEWS, dictionary_of
from zenbook.core.digest_libraries import of_library
from zenbook.core.digest_stream import Describer, Description
from zenbook.core.ended import facts_of_ended, may_be_over
from zenbook.core.kinds import MEMOIZED, adds_only_attributes, is_a, meant_by
from zenbook.core.left_out import attributes_left_out
from zenbook.core.plain_values import is_value_type
from zenbook.core.raised import behind
from zenbook.core.refused import is_never_refused, refusal
from zenbook.core.remembered import remembered_by
from zenbook.errors import NotDigestible

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

_object_reduce: Any = object.__reduce__
_object_reduce_ex: Any = object.__reduce_ex__


def describe(value: Any, digester: Digester) -> Description:
    """Describe a value; raises NotDigestible, whatever its own methods raise."""
    kind = type(value)
    try:
        known = digester.describers.get(kind)
        if known is None:
            known = _describer(value, kind, digester.live)
            if known in _BY_TYPE and is_never_refused(kind) and not may_be_over(kind):
                digester.describers[kind] = known
        return known(value, digester)
    except (NotDigestible, KeyboardInterrupt, RecursionError, MemoryError):
        raise
    except BaseException as error:  # __reduce__ and __getstate__ are the user's: anything comes
        raise NotDigestible(
            f"cannot be described: {kind.__name__} raised {_told(error)}"
        ) from error


def _told(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # its __str__ fails too: the class is all there is to tell
        return type(error).__name__


def _describer(value: Any, kind: type, is_live: bool) -> Describer:
    known = _EXACT.get(kind)
    if known is not None:
        return known
    if is_a(value, type):
        return _class
    if is_value_type(kind):
        return _EXACT.setdefault(kind, _value)
    if is_a(value, enum.Enum):
        return _enum_member
    for base in kind.__mro__[:-1]:
        found = of_library(base)
        if found is not None:
            if base is kind:
                _EXACT[kind] = found
            return found
    why = refusal(value)
    if why:
        if is_live and (live := _live(kind)) is not None:
            return live
        raise NotDigestible(why)
    if facts_of_ended(value) is not None:
        return _ended
    if _is_plain(kind):
        return _instance
    return reduced


def _ended(value: Any, digester: Digester) -> Description:
    return "ended", facts_of_ended(value)


def _live(kind: type) -> Describer | None:
    from zenbook.core.digest_live import DESCRIBERS

    names = (f"{base.__module__}.{base.__name__}" for base in kind.__mro__)
    return next((DESCRIBERS[name] for name in names if name in DESCRIBERS), None)


# ---------------------------------------------------------------- objects


def _is_plain(kind: type) -> bool:
    """Whether instances are reduced by ``object`` itself to nothing but their state. What C keeps
    of an instance beyond its attributes and slots is in no state."""
    return (
        kind.__reduce_ex__ is _object_reduce_ex
        and kind.__reduce__ is _object_reduce
        and kind.__flags__ & (1 << 9) != 0  # no part of Python itself
        and all(map(adds_only_attributes, kind.__mro__[:-1]))
        and kind not in copyreg.dispatch_table
        and not hasattr(kind, "__getnewargs__")
        and not hasattr(kind, "__getnewargs_ex__")
        and not issubclass(kind, (list, dict, set, frozenset))
    )


def _instance(value: Any, digester: Digester) -> Description:
    kind = type(value)
    state = vars(value) if is_by_attributes(kind) else value.__getstate__()
    if type(state) is dict and not (left_out := remembered_by(kind)).isdisjoint(state):
        state = {name: held for name, held in state.items() if name not in left_out}
    return "instance", digester.class_token(kind), state


def _value(value: Any, digester: Digester) -> Description:
    """What makes an equal one of its type."""
    return "value", digester.class_token(type(value)), value.__reduce_ex__(4)[1:]


def reduced(value: Any, digester: Digester) -> Description:
    """What pickle keeps: how to make it, its state, its members."""
    kind = type(value)
    if is_a(value, (set, frozenset)):
        state = getattr(value, "__dict__", None)
        return "set of", digester.class_token(kind), set(value), state
    reducer = copyreg.dispatch_table.get(kind)
    parts = reducer(value) if reducer is not None else value.__reduce_ex__(4)
    if isinstance(parts, str):
        return _named(value, parts, digester)
    make, arguments = parts[:2]
    state, members, pairs = (*parts[2:5], None, None, None)[:3]
    state = _without_bare(value, state)
    told = (
        "object",
        digester.class_token(kind),
        make,
        tuple(arguments),
        state if state is not None else attributes_left_out(value) or None,
        list(members) if members is not None else None,
        [tuple(pair) for pair in pairs] if pairs is not None else None,
    )
    chained = behind(value) if is_a(value, BaseException) else None
    return (*told, chained) if chained else told


def _without_bare(value: Any, state: Any) -> Any:
    """A state without the empty dictionary that an error or a ``partial`` has as soon as somebody
    has asked for its attributes."""
    if type(state) is dict and not state:
        return None
    if is_a(value, functools.partial) and type(state) is tuple:
        return (*state[:-1], state[-1] or None)
    return state


_BY_TYPE = (_instance, reduced)
"""Whether it is one of these is decided by an object's type, unless that may be refused or over."""


def _named(value: Any, name: str, digester: Digester) -> Description:
    """What pickle only names: its class, and the user's function that it is made around."""
    kind = type(value)
    module = getattr(value, "__module__", kind.__module__)
    said = digester.installed(module, name)
    if is_local_module(module):
        digester.by_name.setdefault(f"{module}:{name}", {})[id(value)] = value
    wrapped = getattr(value, "__wrapped__", None)
    says_so = isinstance(kind.__reduce__, types.FunctionType)  # Cython's functions are no module's
    if meant := meant_by(value):
        return "named", said, meant
    if wrapped is None and not (says_so and digester.code.is_local(kind)):
        return "named", said
    asked = None
    if kind is MEMOIZED:
        digester.memoized.append(value)
        asked = value.cache_parameters()
    return "named", said, digester.class_token(kind), wrapped, asked


def _enum_member(value: Any, digester: Digester) -> Description:
    return "member", digester.class_token(type(value)), value._name_, value._value_


# ---------------------------------------------------------------- code


def _sentinel(value: Any, digester: Digester) -> Description:
    digester.sentinels[id(value)] = value
    return reduced(value, digester)


def _class(value: Any, digester: Digester) -> Description:
    return "class", digester.class_token(value)


def _function(value: Any, digester: Digester) -> Description:
    if digester.code.is_local(value):
        return "function", digester.code.function(value, digester)
    if named(value.__module__, value.__qualname__) is not value:
        # made by a factory, a lambda or exec: the name is not enough
        return "function", digester.installed(
            value.__module__, digester.code.function(value, digester)
        )
    return "function", digester.installed(value.__module__, value.__qualname__)


def _method(value: Any, digester: Digester) -> Description:
    return "method", value.__func__, value.__self__


def _builtin(value: Any, digester: Digester) -> Description:
    owner = getattr(value, "__self__", None)
    module = getattr(value, "__module__", None)
    if owner is None or is_a(owner, types.ModuleType):
        home = module or getattr(owner, "__name__", "builtins")
        return "builtin", digester.installed(home, value.__qualname__)
    if type(owner) is MEMOIZED:
        raise NotDigestible("tells what a function remembers, or makes it forget")
    return "builtin method", value.__name__, owner


def _descriptor(value: Any, digester: Digester) -> Description:
    return "descriptor", value.__name__, value.__objclass__


def _module(value: Any, digester: Digester) -> Description:
    if digester.code.is_local(value):
        return "module", digester.code.module(value, digester)
    return "module", digester.installed(value.__name__, "")


def _code(value: Any, digester: Digester) -> Description:
    from zenbook.core.code_digest import code_digest

    return "code", code_digest(value)


def _wrapper(value: Any, digester: Digester) -> Description:
    return type(value).__name__, value.__func__


def _property(value: Any, digester: Digester) -> Description:
    return "property", value.fget, value.fset, value.fdel


# ---------------------------------------------------------------- builtin and standard types


def _complex(value: Any, digester: Digester) -> Description:
    return "complex", value.real, value.imag


def _singleton(value: Any, digester: Digester) -> Description:
    return "singleton", repr(value)


def _range(value: Any, digester: Digester) -> Description:
    return "range", value.start, value.stop, value.step


def _slice(value: Any, digester: Digester) -> Description:
    return "slice", value.start, value.stop, value.step


def _memoryview(value: Any, digester: Digester) -> Description:
    return "memoryview", value.format, value.shape, value.tobytes()


def _pattern(value: Any, digester: Digester) -> Description:
    return "pattern", value.pattern, value.flags


def _path(value: Any, digester: Digester) -> Description:
    return "path", type(value).__name__, str(value)


def _union(value: Any, digester: Digester) -> Description:
    return "union", tuple(value.__args__)


def _alias(value: Any, digester: Digester) -> Description:
    return "alias", value.__origin__, tuple(value.__args__)


def _view(value: Any, digester: Digester) -> Description:
    return "view", type(value).__name__, dictionary_of(value)


def _mapping_proxy(value: Any, digester: Digester) -> Description:
    return "mappingproxy", dict(value)


def _namespace(value: Any, digester: Digester) -> Description:
    return "namespace", digester.class_token(type(value)), vars(value)


def _cell(value: Any, digester: Digester) -> Description:
    try:
        return "cell", value.cell_contents
    except ValueError:
        return ("empty cell",)


def _memory_file(value: Any, digester: Digester) -> Description:
    """A StringIO or BytesIO: its content and position. Attributes it has none of are told as None
    or as {}, depending on whether somebody has looked. A closed one has neither."""
    if value.closed:
        return _ended(value, digester)
    *state, attributes = value.__getstate__()
    return type(value).__name__, tuple(state), attributes or {}


def _exact_types() -> dict[type, Describer]:
    import io
    import pathlib
    import re

    table: dict[type, Describer] = {
        complex: _complex,
        type(...): _singleton,
        type(NotImplemented): _singleton,
        range: _range,
        slice: _slice,
        memoryview: _memoryview,
        types.FunctionType: _function,
        types.MethodType: _method,
        types.BuiltinFunctionType: _builtin,
        types.MethodWrapperType: _builtin,
        types.MethodDescriptorType: _descriptor,
        types.WrapperDescriptorType: _descriptor,
        types.ClassMethodDescriptorType: _descriptor,
        types.GetSetDescriptorType: _descriptor,
        types.MemberDescriptorType: _descriptor,
        object: _sentinel,
        types.ModuleType: _module,
        types.CodeType: _code,
        types.MappingProxyType: _mapping_proxy,
        types.SimpleNamespace: _namespace,
        types.CellType: _cell,
        types.UnionType: _union,
        types.GenericAlias: _alias,
        staticmethod: _wrapper,
        classmethod: _wrapper,
        property: _property,
        re.Pattern: _pattern,
        io.StringIO: _memory_file,
        io.BytesIO: _memory_file,
    }
    for name in ("PurePosixPath", "PureWindowsPath", "PosixPath", "WindowsPath"):
        table[getattr(pathlib, name)] = _path
    table.update(dict.fromkeys(KINDS.values(), closed_file))
    table.update(dict.fromkeys(VIEWS, _view))
    return table


_EXACT = _exact_types()
