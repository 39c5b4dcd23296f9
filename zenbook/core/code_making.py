"""What code does about classes and their registries, read from its instructions.

Whether it makes classes, which attributes it only puts something into
(``cls.registry[cls.__name__] = cls``, ``cls.known.append(cls)``), and whether it may look at
attributes whose names do not stand in it.
"""

from __future__ import annotations

import dis
from types import CodeType

from zenbook.core.closure_changes import ATTRIBUTE_LOADS

_UNSEEN = frozenset({"CACHE", "EXTENDED_ARG", "NOP", "NOT_TAKEN", "RESUME"})
_MAKERS = frozenset({"create_model", "define", "make_class", "make_dataclass", "new_class"})
_PUTTING = frozenset({"add", "append", "extend", "insert", "setdefault", "update"})
_LOOKING = frozenset(
    {"classify_class_attrs", "dir", "getattr_static", "getmembers", "getmembers_static"}
)
_WHOLE = frozenset({"__dict__", "vars"})
_SELF = "self"


def read_of_attributes(code: CodeType) -> set[str]:
    """The attributes that a code object itself, without what is nested in it, takes for more than
    to put something into them."""
    steps = steps_of(code)
    return {
        step.argval
        for place, step in enumerate(steps)
        if step.opname in ATTRIBUTE_LOADS and not _is_filled(steps, place + 1)
    }


def makes_classes(code: CodeType) -> bool:
    """Whether a code object itself makes a class: by a statement, ``type(name, bases, space)`` or
    a function that makes one."""
    steps = steps_of(code)
    if any(step.opname == "LOAD_BUILD_CLASS" for step in steps) or _MAKERS & {*code.co_names}:
        return True
    if "type" not in code.co_names:
        return False
    return any(step.argval == "type" and _is_given_three(steps, p) for p, step in enumerate(steps))


def looks_at_all(code: CodeType) -> bool:
    """Whether a code object itself may ask for all attributes of a class. What ``vars(self)`` and
    ``self.__dict__`` hold are an instance's."""
    names = {*code.co_names}
    if _LOOKING & names:
        return True
    if not _WHOLE & names:
        return False
    steps = [step for step in steps_of(code) if step.opname not in ("PUSH_NULL", "PRECALL")]
    for place, step in enumerate(steps):
        beside = {"vars": place + 1, "__dict__": place - 1}.get(str(step.argval))
        if beside is None or not step.opname.startswith("LOAD_"):
            continue
        if not 0 <= beside < len(steps) or steps[beside].argval != _SELF:
            return True
    return False


def steps_of(code: CodeType) -> list[dis.Instruction]:
    """The instructions of a code object that do something."""
    return [step for step in dis.get_instructions(code) if step.opname not in _UNSEEN]


def _is_filled(steps: list[dis.Instruction], after: int) -> bool:
    """Whether what was just loaded is given an item, or told to take one in and nothing else."""
    method = steps[after] if after < len(steps) else None
    asked = method is not None and method.opname in ATTRIBUTE_LOADS and method.argval in _PUTTING
    depth = 1
    for place in range(after, len(steps) - 1):
        step = steps[place]
        if not asked and depth == 2:
            if step.opname == "STORE_SUBSCR":
                return True
            if step.opname.startswith(("COPY", "SWAP")):
                return False
        depth += _effect(step)
        if asked and depth == 1 and step.opname.startswith("CALL"):
            return steps[place + 1].opname == "POP_TOP"
        if depth < (1 if asked else 2):
            return False
    return False


def _is_given_three(steps: list[dis.Instruction], place: int) -> bool:
    """Whether what is loaded here is called with three arguments, or with any number."""
    depth = 0
    for step in steps[place + 1 :]:
        if step.opname == "CALL_FUNCTION_EX" and depth < 3:
            return True
        if step.opname.startswith(("CALL", "PRECALL")) and depth == step.arg:
            return depth == 3
        depth += _effect(step)
        if depth < 0:
            return False
    return False


def _effect(step: dis.Instruction) -> int:
    return dis.stack_effect(step.opcode, step.arg, jump=False)
