"""What a step reaches by a name that is in no code: in a pickle, in a text.

``pickle.load(file).predict(X)`` names no class, and what it runs is in a module that nothing in the
step's code leads to. Whoever looks such names up (see :mod:`watch_reaching`), joblib, pandas, numpy
and shelve among them, is heard; what is of installed libraries is code by version already, the rest
are reads: of a local module its whole text, because it need not be loaded when its record is looked
at again, and of the program itself (a notebook's cells) the class or function.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import FunctionType
from typing import Any
from weakref import ref

from zenbook.core.closure import CodeClosure
from zenbook.core.closure_finders import GLOBAL, MODULE
from zenbook.core.closure_origin import is_local_module
from zenbook.core.digest import Digester
from zenbook.core.kinds import is_a
from zenbook.errors import NotDigestible
from zenbook.model import Read

_PROGRAM = "__main__"
_MISSING: Any = object()


def _gone() -> None:
    """In the place of a reference to what was not there."""


class Reached:
    """What one step has reached by name; it begins when this is made."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], None] = {}
        self._before = {
            name: ref(value)
            for name, value in list(_program().items())
            if is_a(value, (type, FunctionType))
        }
        """Classes and functions of the program, which may go, with a file that a closure holds."""
        self._ids = {name: id(value) for name, value in list(_program().items())}

    def is_news(self, module: str, name: str) -> bool:
        """Whether nothing has told of this name yet, and it is not of the step's own making."""
        return (module, name) not in self._found and not self._is_own(module, name)

    def found(self, module: str, name: str = "") -> None:
        """This name of a module, or the module, was looked up."""
        self._found[module, name] = None

    def reads(self, code: CodeClosure) -> Iterator[Read]:
        """What was found of the user's own code, as it is now."""
        modules = dict.fromkeys(module for module, _ in self._found if module != _PROGRAM)
        for module in modules:
            if is_local_module(module):
                yield code_now(MODULE + module, code)
        for module, name in self._found:
            if module == _PROGRAM and name:
                yield code_now(GLOBAL + name, code)

    def _is_own(self, module: str, name: str) -> bool:
        """Whether the step has bound this name of the program, or has made the class or function
        that it stands for, which is its code then."""
        if module != _PROGRAM:
            return False
        top = name.partition(".")[0]
        value = _program().get(top)
        if is_a(value, (type, FunctionType)):
            return self._before.get(top, _gone)() is not value
        return top in _program() and self._ids.get(top) != id(value)


def names_of_program(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Those of these names that mean something in the program, each with where."""
    known = _program()
    return ((_PROGRAM, name) for name in names if name in known)


def code_now(name: str, code: CodeClosure) -> Read:
    """The code of this name as it is now."""
    if name.startswith(MODULE):
        return Read("use", name, code.named_module(name.removeprefix(MODULE), Digester(code)))
    value: Any = _program()
    for part in name.removeprefix(GLOBAL).split("."):
        value = value.get(part, _MISSING) if type(value) is dict else getattr(value, part, _MISSING)
    return Read("use", name, "missing" if value is _MISSING else _digest(value, code))


def _digest(value: Any, code: CodeClosure) -> str:
    digester = Digester(code)
    try:
        digest = digester.digest(value)
    except NotDigestible as error:
        return f"not digestible: {error.why}"
    return " ".join((digest, *(part.digest for part in code.environment(digester.packages))))


def _program() -> dict[str, Any]:
    return vars(sys.modules[_PROGRAM]) if _PROGRAM in sys.modules else {}
