"""What a function drops that a cell with its body leaves: its last value, and its other names.

``model.fit(X, y)`` at the end of a cell shows the model, and every name that the cell binds stays;
in a function with that body the value is dropped, and so are the names that it does not return.
For both to share their results they are noted: the function is compiled once more, from a source
that is believed (:mod:`zenbook.core.source_trusted`), with that one expression handed through
:func:`note`, or with a call of it at the end. File, lines and everything else stay, so tracebacks
and debuggers see no difference.

Rejected: executing the expression again on a hit of a cell, which may take long, or change what
it is called on.
"""

from __future__ import annotations

import ast
import copy
import dis
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any, cast

from zenbook.core.source import body_of_function, closing_statement, last_expression
from zenbook.core.source_normal import gives_value, is_generator
from zenbook.core.source_trusted import FunctionNode, codes_at, starts_at, trusted

MANIFEST = "%cell"
LINKS = "%links"
"""Artifact that says what a cell left beside its values; only cells have one."""
LEFT = "%left"
"""Artifact that says what classes and functions of a cell hold besides what defining them gives."""
LAST = ("%last", "%last2", "%last3")
"""Artifacts that are the values shown last, newest first; None where nothing was shown."""
SEVERAL = "%several"
"""Artifact that a cell has where LAST[0] is not sure to be the value of its last expression."""
LOCAL = "%."
"""Begins the name of an artifact that a function has not returned: ``%.axes``."""
LOST = "%lost"
"""Artifact that lists the names which a function has bound and that are not kept; ANY for all."""
UNBOUND = "%unbound"
"""Artifact that lists the names which a function may delete, and by whose end nothing is bound."""
ANY = "*"
_WORDS = {"%displays": "what it showed", "%random": "random state", LINKS: "what is shared"}
_WORDS |= dict.fromkeys((*LAST, SEVERAL), "value shown") | {
    MANIFEST: "definitions",
    LEFT: "definitions",
}


def in_words(artifact: str) -> str:
    """What people call an artifact, which may be none of the step's outputs."""
    return _WORDS.get(artifact, artifact.removeprefix(LOCAL).removeprefix("%"))


_STORES_OUTSIDE = ("STORE_DEREF", "DELETE_DEREF")
_STORES = (*_STORES_OUTSIDE, "STORE_FAST", "DELETE_FAST")


@dataclass(slots=True, eq=False)
class Noted:
    """What one run of a function has dropped; ``names`` is None where that is not known.

    ``choose`` says at once which names are remembered, so that no other value outlives the call.
    """

    choose: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    last: list[Any] = field(default_factory=list)
    names: Mapping[str, Any] | None = None


_noted: ContextVar[Noted | None] = ContextVar("zenbook_noted", default=None)
_before_print: ContextVar[Callable[[], object]] = ContextVar("zenbook_printing", default=str)
_listening: ContextVar[tuple[Callable[[], None], ...]] = ContextVar("zenbook_ending", default=())


@contextmanager
def noting_dropped(
    choose: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict,
) -> Iterator[Noted]:
    """What a noting function that runs in the block drops."""
    noted = Noted(choose)
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def note(*last: Any, names: Mapping[str, Any], prints: bool = False) -> Any:
    """Take a function's local names, and the value of its last expression if it has one, which is
    given back; ``prints``: the function is about to print it."""
    for listen in _listening.get():
        listen()
    noted = _noted.get()
    if noted is not None:
        noted.last, noted.names = list(last), noted.choose(names)
    if prints:
        _before_print.get()()
    return last[0] if last else None


@contextmanager
def before_end(listen: Callable[[], None]) -> Iterator[None]:
    """Call ``listen`` when a noting function is about to end, and before it closes its figures."""
    token = _listening.set((*_listening.get(), listen))
    try:
        yield
    finally:
        _listening.reset(token)


@contextmanager
def before_print(listen: Callable[[], object]) -> Iterator[None]:
    """Call ``listen`` when a noting function that runs in the block prints its last value."""
    before = _before_print.get()
    _before_print.set(listen)
    try:
        yield
    finally:
        _before_print.set(before)  # a cell that awaits may end in another context, without a token


def noting(function: FunctionType) -> FunctionType | None:
    """The function with what it drops noted; None if it drops nothing or has no source to trust."""
    code = function.__code__
    if is_generator(code):
        return None
    source = trusted(function)
    if source is None:
        return None
    is_top = source.node in source.tree.body
    tree = ast.Module([source.node], []) if is_top else source.tree
    tree = copy.deepcopy(tree)  # others read it, too
    node = next(node for node in ast.walk(tree) if starts_at(node, code))
    if not _handed_on(node, function):
        return None
    twin = next(codes_at(tree, source.flags, code), code)
    if twin.co_freevars != code.co_freevars:
        return None
    made = FunctionType(
        twin, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    made.__kwdefaults__ = function.__kwdefaults__
    made.__qualname__, made.__module__ = function.__qualname__, function.__module__
    return made


def _handed_on(node: FunctionNode, function: FunctionType) -> bool:
    """Put a call of :func:`note` into a function's tree; whether there is anything to note."""
    last = last_expression(node, function)
    if last is not None and gives_value(last):
        last.value = _noting(last.value, last.value)
        return True
    if last is not None:
        printing = cast(ast.Call, last.value)
        printing.args = [_noting(last.value, *printing.args, prints=True)]
        return True
    closing = closing_statement(node, function)
    if closing is None and drops_nothing(function):
        return False
    before = closing if closing is not None else node.body[-1]
    at_end = closing is None and not isinstance(before, ast.Return)
    place = node.body.index(before) + at_end
    node.body.insert(place, ast.copy_location(ast.Expr(_noting(before)), before))
    return True


def drops_nothing(function: FunctionType) -> bool:
    """Whether a function binds no name but its outputs, and deletes none."""
    return names_touched(function.__code__) <= set(body_of_function(function).returns or ())


def names_touched(code: CodeType) -> set[str]:
    """The local names that a function binds or deletes: its parameters only if it does so."""
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    own = {*code.co_varnames[count:], *code.co_cellvars} - set(code.co_varnames[:count])
    return own | _stored(code)


def names_deleted(code: CodeType) -> set[str]:
    """The local names that a function may delete."""
    kinds = ("DELETE_FAST", "DELETE_DEREF")
    return {str(step.argval) for step in dis.get_instructions(code) if step.opname in kinds}


def _stored(code: CodeType, inside: bool = False) -> set[str]:
    """Names in instructions that bind or delete; of inner functions, what they bind outside."""
    found: set[str] = set()
    for step in dis.get_instructions(code):
        if step.opname.startswith(_STORES_OUTSIDE if inside else _STORES):
            found |= {step.argval} if isinstance(step.argval, str) else set(step.argval)
    inner = (const for const in code.co_consts if isinstance(const, CodeType))
    return found.union(*(_stored(each, inside=True) for each in inner))


def _noting(like: ast.AST, *last: ast.expr, prints: bool = False) -> ast.expr:
    """``note(last, names=locals())``, with names that the function's module need not hold."""
    text = f"__import__({__name__!r}, fromlist=['note']).note"
    said = f"names=__import__('builtins').locals(), prints={prints}"
    called = ast.parse(f"{text}({said})", mode="eval").body
    for node in ast.walk(called):
        ast.copy_location(node, like)
    assert isinstance(called, ast.Call)
    called.args += last
    return called
