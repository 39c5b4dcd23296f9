"""What a code object does, read from its instructions.

The digest describes behaviour and nothing else. Constants are resolved per instruction (adding
a docstring shifts the constant table but not what is loaded), by value *and* type, so that 1,
True, 1.0 and -0.0 differ and a frozenset has one digest whatever the hash seed. Left out: the
docstring, file name, line table, function name and qualified name, and the number that ``attrs``
puts into the ``__hash__`` of a class, which is another in each process. Instructions come from
``dis`` by name, with jump targets as ordinals; no opcode number is written here, so the same
text serves Python 3.11 to 3.14 (digests of different minor versions differ, and the Python
version is a part of every key anyway).

Everything here depends on the code object alone.

Rejected: ``co_code`` with ``co_consts`` (a docstring changes both), ``marshal`` (reference flags
depend on reference counts), source text (what is in memory is what runs).
"""

from __future__ import annotations

import dis
from collections.abc import Sequence
from types import CodeType
from typing import Any

from xxhash import xxh3_128_hexdigest

_NOISE = frozenset(
    {
        "CACHE",
        "COPY_FREE_VARS",
        "EXTENDED_ARG",
        "MAKE_CELL",
        "NOP",
        "NOT_TAKEN",
        "PRECALL",
        "PUSH_NULL",
        "RESUME",
    }
)
GLOBAL_LOADS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
CONSTANT_LOADS = frozenset({"LOAD_CONST", "LOAD_SMALL_INT", "LOAD_CONST_IMMORTAL"})
_OWN_FACTS = frozenset({"__qualname__", "__firstlineno__", "__doc__"})
_SHAPE_FLAGS = 0x04 | 0x08 | 0x20 | 0x80 | 0x200
"""varargs, varkeywords, generator, coroutine, asynchronous generator."""


def code_digest(code: CodeType, own_name: str = "") -> str:
    """32 hex digits of what the code does. The global ``own_name`` is read as "itself"."""
    return xxh3_128_hexdigest(repr(_described(code, own_name)).encode("utf-8", "surrogatepass"))


def constant_key(value: Any, own_name: str = "") -> object:
    """A constant as nested tuples of text whose ``repr`` tells values and types apart."""
    if isinstance(value, CodeType):
        return _described(value, own_name)
    if type(value) is tuple:
        return ("tuple", [constant_key(item, own_name) for item in value])
    if type(value) is frozenset:
        return ("frozenset", sorted(repr(constant_key(item, own_name)) for item in value))
    return (type(value).__name__, repr(value))


def instructions_of(code: CodeType) -> list[dis.Instruction]:
    """The instructions that mean something, in order."""
    return [i for i in dis.get_instructions(code) if i.opname not in _NOISE]


# ------------------------------------------------------------------ the digest


def _described(code: CodeType, own_name: str) -> object:
    """The whole behaviour of a code object as nested tuples of text."""
    steps = instructions_of(code)
    ordinals = _ordinals(code, steps)
    is_drawn = _is_hash_by_attrs(code)
    told = [
        _instruction(step, ordinals, own_name)
        for index, step in enumerate(steps)
        if not (_is_own_fact(steps, index) or (is_drawn and type(step.argval) is int))
    ]
    parameters = code.co_argcount + code.co_kwonlyargcount
    shape = code.co_flags & _SHAPE_FLAGS
    extra = bool(shape & 0x04) + bool(shape & 0x08)
    return (
        "code",
        (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, shape),
        code.co_varnames[: parameters + extra],
        told,
        code.co_exceptiontable.hex(),
    )


def _is_hash_by_attrs(code: CodeType) -> bool:
    return code.co_name == "__hash__" and code.co_filename.startswith("<attrs generated")


def _ordinals(code: CodeType, steps: Sequence[dis.Instruction]) -> dict[int, int]:
    """Instruction ordinal by offset; an offset of noise has the ordinal of what follows it."""
    ordinals: dict[int, int] = {}
    after = len(steps)
    place = after - 1
    for offset in range(len(code.co_code), -1, -2):
        if place >= 0 and steps[place].offset == offset:
            after, place = place, place - 1
        ordinals[offset] = after
    return ordinals


def _instruction(step: dis.Instruction, ordinals: dict[int, int], own_name: str) -> object:
    if step.opcode in dis.hasconst:
        return (step.opname, constant_key(step.argval, own_name))
    if step.opcode in dis.hasjrel or step.opcode in dis.hasjabs:
        return (step.opname, ordinals.get(step.argval, -1))
    if step.opname in GLOBAL_LOADS and step.argval == own_name:
        return (step.opname, "itself", 0)
    # A module's compiler loads a method of an imported name as an attribute; a notebook's, which
    # compiles each statement alone, does not. They are the same call.
    named = "LOAD_ATTR" if step.opname == "LOAD_METHOD" else step.opname
    return (named, repr(step.argval))


def _is_own_fact(steps: Sequence[dis.Instruction], index: int) -> bool:
    """Whether this loads or stores a class body's qualified name, first line or docstring."""
    step = steps[index]
    if step.opname == "STORE_NAME":
        return step.argval in _OWN_FACTS and steps[index - 1].opname in CONSTANT_LOADS
    if step.opname not in CONSTANT_LOADS or index + 1 >= len(steps):
        return False
    follower = steps[index + 1]
    return follower.opname == "STORE_NAME" and follower.argval in _OWN_FACTS
