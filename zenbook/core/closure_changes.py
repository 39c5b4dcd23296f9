"""What code changes of what a library holds, read from its instructions.

A table in a module of it (``mimetypes.types_map[".x"] = ...``), what a function of it hands out
(``sysconfig.get_config_vars()["k"] = ...``), or what it registers
(``matplotlib.colormaps.register(...)``).

No digest is made of what libraries hold, and a step that is run a second time in one process finds
set what it sets; so its code says it, and that of all it calls. Which library a name means is asked
after the step, when whatever it imports is there. A definition alone changes nothing; a decorator
that registers one does so again when a hit makes that anew. What is compared before and after each
step (see :mod:`zenbook.world.process_state`) is left to that.
"""

from __future__ import annotations

import dis
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, MutableSequence, MutableSet
from dataclasses import dataclass
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

from zenbook.core.closure_origin import is_local_code
from zenbook.core.closure_trace import cell_content
from zenbook.core.code_facts import Change, CodeFacts, Import
from zenbook.core.kinds import is_a

TABLES = (MutableMapping, MutableSequence, MutableSet)
WRITING = frozenset(
    [
        *("add", "append", "clear", "discard", "extend", "insert", "move_to_end", "pop"),
        *("popitem", "remove", "reverse", "setdefault", "sort", "update"),
    ]
)
"""Methods that change a table."""
_FITTING = frozenset({"fit", "fit_predict", "fit_transform", "partial_fit", "set_params"})
"""Methods that change a model."""
_FILLING = WRITING | _FITTING
_FUNCTIONS = (FunctionType, BuiltinFunctionType)
_ITEM_WRITES = frozenset({"STORE_SUBSCR", "DELETE_SUBSCR"})
ATTRIBUTE_LOADS = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_ROOTS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FAST", "LOAD_DEREF", "LOAD_FROM_DICT_OR_")
_UNSEEN = frozenset({"EXTENDED_ARG", "NOP", "NOT_TAKEN", "RESUME"})


# ---------------------------------------------------------------- what the code says


def changes_in(code: CodeType) -> Iterator[Change]:
    """What a code object itself, without what is nested in it, changes of what its names mean."""
    in_place = any(type(one) is tuple and "inplace" in one for one in code.co_consts)
    says = in_place or any(name in _FILLING or _registers(name) for name in code.co_names)
    if not says and not any(step.opname in _ITEM_WRITES for step in dis.get_instructions(code)):
        return
    steps = [step for step in dis.get_instructions(code) if step.opname not in _UNSEEN]
    for place, step in enumerate(steps):
        if step.opname.startswith(_ROOTS):
            yield from _changes_at(steps, place, in_place)


def _changes_at(steps: list[dis.Instruction], place: int, in_place: bool) -> Iterator[Change]:
    """``in_place``: a method of pandas is told to change its table itself, whichever it is."""
    loaded = steps[place].argval
    root = loaded[-1] if isinstance(loaded, tuple) else str(loaded)
    after = place + 1
    while after < len(steps) and steps[after].opname in ATTRIBUTE_LOADS:
        after += 1
    chain = tuple(step.argval for step in steps[place + 1 : after])
    last = chain[-1] if chain else ""
    if last in WRITING:
        yield Change(root, chain[:-1], "table")
    elif _registers(last):
        if _is_called_for_its_own_sake(steps, place):
            yield Change(root, chain[:-1], "registry")
    elif last in _FITTING:
        yield Change(root, chain, "part")
    elif (called := _after_empty_call(steps, after)) is not None:
        if _is_written(steps, called):
            yield Change(root, chain, "handed out")
    elif _is_written(steps, after):
        yield Change(root, chain, "table")
    elif _is_filled(steps, after) or (in_place and chain):
        yield Change(root, chain, "part")


def _registers(name: str) -> bool:
    return name.removeprefix("un").startswith("register")


def _after_empty_call(steps: list[dis.Instruction], after: int) -> int | None:
    """Where a call without arguments of what was just loaded has been made, if one is."""
    while after < len(steps) and steps[after].opname in ("PUSH_NULL", "PRECALL"):
        after += 1
    is_call = after < len(steps) and steps[after].opname == "CALL" and not steps[after].arg
    return after + 1 if is_call else None


def _is_written(steps: list[dis.Instruction], after: int) -> bool:
    """Whether an item of what was just loaded, or of its items, is written or deleted."""
    return any(
        depth == 2 and (steps[place].opname in _ITEM_WRITES or _is_copied_twice(steps, place))
        for place, depth in _on_items(steps, after)
    )


def _is_filled(steps: list[dis.Instruction], after: int) -> bool:
    """Whether an item of what was just loaded is changed by a method: ``log["loss"].append(x)``."""
    return any(
        depth == 1 and steps[place].opname in ATTRIBUTE_LOADS and steps[place].argval in _FILLING
        for place, depth in _on_items(steps, after)
    )


def _on_items(steps: list[dis.Instruction], after: int) -> Iterator[tuple[int, int]]:
    """Where it goes on with what was just loaded and with items of it, each place with how many
    values lie on the stack from there."""
    depth = 1
    for place in range(after, len(steps)):
        yield place, depth
        depth += _effect(steps[place])
        if depth < 1 or (depth == 1 and not _is_item_read(steps[place])):
            return


def _is_copied_twice(steps: list[dis.Instruction], place: int) -> bool:
    """``table[key] += 1`` copies both for the write that follows."""
    return [step.opname for step in steps[place : place + 2]] == ["COPY", "COPY"]


def _is_item_read(step: dis.Instruction) -> bool:
    return step.opname == "BINARY_SUBSCR" or step.argrepr == "[]"


def _is_called_for_its_own_sake(steps: list[dis.Instruction], place: int) -> bool:
    """Whether what the call gives is dropped or handed on; a decorator's is bound to a name."""
    depth = 0
    for step, then in zip(steps[place:], steps[place + 1 :], strict=False):
        depth += _effect(step)
        if depth < 1:
            return False
        if depth == 1 and step.opname.startswith("CALL"):
            return then.opname in ("POP_TOP", "RETURN_VALUE")
    return False


def _effect(step: dis.Instruction) -> int:
    return dis.stack_effect(step.opcode, step.arg, jump=False)


# ---------------------------------------------------------------- whether it is a library's


@dataclass(frozen=True, slots=True, eq=False)
class Changing:
    """A change, and where its name is looked up: in what an import binds, or in these globals."""

    change: Change
    imported: Import | None
    space: Mapping[str, Any]

    def of_library(self) -> str:
        """What of a library is changed, as the code calls it; "" if it is none of a library's."""
        change = self.change
        value: Any = self._root()
        for attribute in change.chain:
            value = getattr(value, "__dict__", {}).get(attribute)
        text = ".".join((change.root, *change.chain))
        if change.way == "table":
            return text if is_a(value, TABLES) and not self._is_compared(value) else ""
        if change.way == "part":
            return ""
        if change.way == "handed out":
            return f"what {text}() gives" if is_a(value, _FUNCTIONS) else ""
        return "" if value is None or is_a(value, ModuleType) else text

    def _is_compared(self, value: Any) -> bool:
        """Whether this is looked at before and after each step."""
        plots = getattr(sys.modules.get("matplotlib"), "rcParams", None)
        apart = (os.environ, sys.path, warnings.filters, plots)
        return self.change.root == "logging" or any(value is one for one in apart)

    def _root(self) -> Any:
        """The library's module or class that the name means, or what it imports of one."""
        if self.imported is None:
            value = self.space.get(self.change.root)
            is_home = is_a(value, (ModuleType, type))
            return value if is_home and not is_local_code(value) else None
        module = sys.modules.get(_module_bound(self.imported))
        if module is None or is_local_code(module) or not self.imported.attribute:
            return None if module is None or is_local_code(module) else module
        return vars(module).get(self.imported.attribute)


def _module_bound(entry: Import) -> str:
    top = entry.module.partition(".")[0]
    return top if not entry.attribute and entry.bound == top else entry.module


def changing_in(
    facts: CodeFacts, space: Mapping[str, Any], cells: Mapping[str, Any]
) -> Iterator[Changing]:
    """What some code changes; ``space`` are its globals, ``cells`` the variables around it."""
    imported = {entry.bound: entry for entry in facts.imports if entry.bound}
    for change in facts.changes:
        root = change.root
        around = {root: cell_content(cells[root])} if root in cells else space
        yield Changing(change, imported.get(root), around)
    for chain in (*_asked(facts, space), *(tuple(name.split(".")) for name in facts.stores)):
        if chain[1:] and chain[0] not in imported:
            yield Changing(Change(chain[0], chain[1:], "part"), None, space)


def _asked(facts: CodeFacts, space: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """What some code takes of objects of the user's classes, whose methods may change them."""
    for name in facts.names:
        if name.chain and name.scope == "global":
            held = space.get(name.root)
            if not is_a(held, (*_FUNCTIONS, ModuleType, type)) and is_local_code(type(held)):
                yield name.root, *name.chain


def library_changes(changing: Iterable[Changing]) -> Iterator[str]:
    """Reasons not to keep a step's result: ``it changes mimetypes.types_map``."""
    found = dict.fromkeys(filter(None, (one.of_library() for one in changing)))
    yield from (f"it changes {what}" for what in found)


# ---------------------------------------------------------------- whether it is the notebook's


def filled_in(changing: Iterable[Changing], space: Mapping[str, Any]) -> frozenset[str]:
    """The globals of this namespace that are changed where they stand, or what they hold:
    ``results`` for a function that calls ``results.append(score)``."""
    own = (one.change for one in changing if one.space is space and one.imported is None)
    return frozenset(change.root for change in own if change.way in ("table", "part"))
