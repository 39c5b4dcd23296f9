"""Live values ↔ bytes: pickle protocol 5 with buffers beside it.

Constraints. What is loaded must be what was kept, in another process too: same classes
(``isinstance`` holds), same sharing inside a bundle, arrays that can be written to. What cannot
be brought back is refused by name, before anything is written. Bytes are the same for the same
values where pickle allows it, so that equal contents are stored once.

* The C pickler with ``reducer_override`` (called only for what is not builtin) writes a million
  ints in 12 ms; arrays are not copied but handed out as buffers.
* Functions and classes of the user are where pickle and dill go wrong; see
  :mod:`zenbook.world.codec_code`.
* Values that are not from builtins or well-known libraries are loaded back once and their digest
  compared: a class whose reduction gives another type, or whose ``__setstate__`` raises, is found
  out when it is kept and not when somebody waits for it.

Rejected: ``dill.dumps`` (30 to 130 times slower, functions silently take another process's
globals, locks and files "succeed" and come back dead), cloudpickle (classes come back as
strangers: ``isinstance`` is False).
"""

from __future__ import annotations

import enum
import hashlib
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from zenbook.core.left_out import left_out
from zenbook.core.source_shown import LINKS, MANIFEST
from zenbook.core.uncollected import uncollected
from zenbook.errors import Damaged, NotDigestible, NotHere, NotKeepable
from zenbook.world.codec_code import Classes, CodeDigests, classes_met, uncount
from zenbook.world.codec_numpy import owning
from zenbook.world.codec_pickler import Packer, Refusal
from zenbook.world.ports import Bundle
from zenbook.world.trust import open_bundle, python_tag

_CHECKED_UP_TO = 64 << 20
"""Bytes of a bundle that are loaded back to see whether they can be."""
_TRUSTED = frozenset(
    {"builtins", "numpy", "pandas", "scipy", "sklearn", "pyarrow", "polars", "torch", "matplotlib"}
) | (sys.stdlib_module_names - {"__main__"})
_DOUBTFUL = ("scipy.stats.",)
"""How the names of their classes begin whose objects may come back as others, or not at all."""
_IMMUTABLE = frozenset(
    {type(None), bool, int, float, complex, str, bytes, tuple, frozenset}
    | {types.BuiltinFunctionType, types.ModuleType, types.CodeType}
)

_FACTS = frozenset({MANIFEST, LINKS})
"""The names of what a record says of its values, in texts, numbers and digests: of which there may
be very many, and which share no object with them that anybody could change."""
_LIKE_CONSTANTS = frozenset({"dtype", "ExtensionDtype", "tzinfo", "cython_function_or_method"})


class Opener:
    """How names in a trusted pickle become objects again: a mixin of the one unpickler."""

    def find_class(self, module: str, name: str) -> Any:
        """Import by name; NotHere, saying which, if it is not there any more."""
        try:
            found = super().find_class(module, name)  # type: ignore[misc]
            return owning(found) if name == "_frombuffer" else found
        except (ImportError, AttributeError) as error:
            raise NotHere(f"{module}.{name} is not there any more") from error

    def load(self) -> Any:
        """Make the values."""
        met: Classes = {}
        token = classes_met.set(met)
        try:
            with uncollected():
                return super().load()  # type: ignore[misc]
        finally:
            classes_met.reset(token)
            if met:
                uncount(met)


class PickleCodec:
    """The real :class:`zenbook.world.ports.Codec`.

    ``code`` says what a class is now, ``digest`` what a value is.
    """

    def __init__(self, code: CodeDigests, digest: Callable[[Any], str]) -> None:
        self._code = code
        self._digest = digest

    def pack(self, values: Mapping[str, Any]) -> tuple[Bundle, ...]:
        """Group values by the mutable objects they share; raises NotKeepable naming the value."""
        if len(values) == 1:
            (name,) = values
            return (self._bundle(values, self._packed(name, values[name])),)
        with uncollected():
            packers = list(self._packers(values))
        return tuple(self._bundle(together, packer) for together, packer in packers)

    def _packers(self, values: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], Packer]]:
        single: dict[str, Packer] = {}
        holders: dict[str, str] = {}
        for name, value in values.items():
            others = {} if name in _FACTS else single
            if (holder := _holder_of(value, others)) is None:
                single[name] = self._packed(name, value)
            else:
                holders[name] = holder
        for names in _groups(values, single, holders, self._code):
            together = {name: values[name] for name in names}
            alone = len(names) == 1
            packer = single[names[0]] if alone else self._packed_as(", ".join(names), together)
            yield together, packer

    def fits(self, value: Any, most: int) -> bool:
        """Whether a value can be packed into so many bytes; the packing ends where it cannot."""
        try:
            Packer(self._code, {}, most).write({"": value})
        except KeyboardInterrupt:
            raise
        except BaseException:  # whatever stands against it, its methods are the user's
            return False
        return True

    def unpack(self, header: bytes, buffers: Sequence[memoryview]) -> dict[str, Any]:
        """The values of a bundle that this process has just made. Raises Damaged."""
        seal = hashlib.sha256(header).hexdigest()
        return open_bundle(header, buffers, seal=seal, python=python_tag(), opener=Opener)

    def _packed(self, name: str, value: Any) -> Packer:
        return self._packed_as(name, {name: value})

    def _packed_as(self, name: str, values: Mapping[str, Any]) -> Packer:
        try:
            packer = Packer(self._code, _memory_shared(values))
            packer.write(dict(values))
        except (KeyboardInterrupt, NotKeepable):
            raise
        except Refusal as error:
            raise NotKeepable(name, str(error)) from error
        except RecursionError as error:
            raise NotKeepable(name, "is nested too deeply to be kept") from error
        except MemoryError as error:
            raise NotKeepable(name, "needs more memory than there is to be kept") from error
        except BaseException as error:  # __reduce__ and __getstate__ are the user's
            raise NotKeepable(name.removeprefix("~"), f"cannot be kept: {_told(error)}") from error
        return packer

    def _bundle(self, values: Mapping[str, Any], packer: Packer) -> Bundle:
        bundle = Bundle(tuple(values), packer.header, packer.buffers)
        if bundle.size <= _CHECKED_UP_TO and not _is_trusted(packer):
            self._check(values, bundle)
            for value in packer.reduced:
                self._check_whole(", ".join(values), value)
        return bundle

    def _check_whole(self, names: str, value: Any) -> None:
        """Raise NotKeepable if a copy lacks what the object has, by its class's own will."""
        packer = self._packed(names, value)
        copies = [memoryview(bytearray(buffer)) for buffer in packer.buffers]
        (copy,) = self.unpack(packer.header, copies).values()
        if name := left_out(value, copy):
            why = f"would come back without {name}, which {type(value).__qualname__} leaves out"
            raise NotKeepable(names.replace("~", ""), why)

    def _check(self, values: Mapping[str, Any], bundle: Bundle) -> None:
        """Load the values back and compare; live memory is copied, so that nothing can touch it."""
        names = ", ".join(values)
        copies = [memoryview(bytearray(buffer)) for buffer in bundle.buffers]
        try:
            loaded = self.unpack(bundle.header, copies)
        except Damaged as error:
            raise NotKeepable(names, f"cannot be loaded again: {error}") from error
        for name, value in values.items():
            try:
                same = self._digest(value) == self._digest(loaded[name])
            except NotDigestible as error:
                raise NotKeepable(name, error.why) from error
            if not same:
                raise NotKeepable(name, f"would come back as another value: {_kinds(value)}")


def _is_trusted(packer: Packer) -> bool:
    """Whether all that was packed is of classes that are known to come back as they were."""
    if not packer.roots <= _TRUSTED:
        return False
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in packer.kinds)
    return not any(name.startswith(_DOUBTFUL) for name in names)


def _kinds(value: Any) -> str:
    return f"its type {type(value).__qualname__} does not pickle faithfully"


def _told(error: BaseException) -> str:
    try:
        text = f"{type(error).__name__}: {error}"
    except Exception:  # its __str__ fails too: the class is all there is to tell
        text = type(error).__name__
    return text if len(text) <= 200 else text[:199] + "…"


# ---------------------------------------------------------------- what is kept together


def _holder_of(value: Any, packers: Mapping[str, Packer]) -> str | None:
    """The first of these that holds a value, with all that it holds, as a figure does its axes;
    None for what cannot change, and for code, which is packed otherwise by its own name."""
    kind = type(value)
    if kind is types.FunctionType or _is_kind_shared_by_all(kind):
        return None
    return next((n for n, packer in packers.items() if packer.met.get(id(value)) is value), None)


def _groups(
    values: Mapping[str, Any],
    packers: Mapping[str, Packer],
    holders: Mapping[str, str],
    code: CodeDigests,
) -> Iterator[tuple[str, ...]]:
    """Names by connected component of "shares a mutable object with", in the order given; some
    have ``holders`` that are known already."""
    leader = {name: holders.get(name, name) for name in values}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    owners: dict[int, str] = {}
    for name, value in values.items():
        is_apart = name in _FACTS or name not in packers
        own = () if is_apart else _mutable(packers[name], code)
        for identity in chain(own, _memory_looked_into(value)):
            first = owners.setdefault(identity, name)
            one, other = find(first), find(name)
            if one != other:
                leader[other] = one
    groups: dict[str, list[str]] = {}
    for name in values:
        groups.setdefault(find(name), []).append(name)
    return (tuple(names) for names in groups.values())


def _mutable(packer: Packer, code: CodeDigests) -> Iterator[int]:
    """Identities of the mutable objects in a value."""
    # pandas writes its classes' own list of extra names with every frame.
    of_classes = {id(getattr(kind, "_metadata", None)) for kind in packer.kinds}
    known: dict[type, bool] = {}
    for identity, obj in packer.met.items():
        kind = type(obj)
        if (is_shared := known.get(kind)) is None:
            is_shared = known[kind] = _is_kind_shared_by_all(kind)
        if kind is types.FunctionType:
            is_shared = not code.is_local(obj)
        if not is_shared and identity not in of_classes:
            yield identity


def _memory_looked_into(value: Any) -> Iterator[int]:
    """The identity of whose memory an array looks into."""
    if (owner := _memory_owner(value)) is not None:
        yield id(owner)


def _is_kind_shared_by_all(kind: type) -> bool:
    """Whether sharing an object of this kind says nothing: it cannot change, or it is a library's
    own."""
    if kind in _IMMUTABLE or issubclass(kind, (type, enum.Enum)):
        return True
    return any(base.__name__ in _LIKE_CONSTANTS for base in kind.__mro__)


def _memory_owner(value: Any) -> Any:
    """The array whose memory this plain array looks into; None for anything else."""
    numpy = sys.modules.get("numpy")
    if numpy is None or type(value) is not numpy.ndarray:
        return None
    while type(value.base) is numpy.ndarray:
        value = value.base
    return value


def _memory_shared(values: Mapping[str, Any]) -> Mapping[int, Any]:
    """Arrays among the values that look into memory of another one: identity → owner."""
    owners = [(value, _memory_owner(value)) for value in values.values()]
    counts: dict[int, set[int]] = {}
    for value, owner in owners:
        if owner is not None:
            counts.setdefault(id(owner), set()).add(id(value))
    return {
        id(value): owner
        for value, owner in owners
        if owner is not None and owner is not value and len(counts[id(owner)]) > 1
    }
