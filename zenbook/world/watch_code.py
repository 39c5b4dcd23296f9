"""Code that a step reaches through data: classes and functions that unpickling finds by name.

``pickle.load(file).predict(X)`` names no class, and what it runs is in a module that nothing in the
step's code leads to. Python tells of each name that is looked up so, also to joblib, pandas, numpy,
shelve and torch, which all unpickle; those of installed libraries are code by version already, the
others are reads: of a local module its whole text, because it need not be loaded when its record
is looked at again, and of the program itself (a notebook's cells) the class or function.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import FunctionType
from typing import Any

from zenbook.core.closure import CodeClosure
from zenbook.core.closure_origin import is_local_module
from zenbook.core.digest import Digester
from zenbook.errors import NotDigestible
from zenbook.model import Read

_PROGRAM = "__main__"
_MODULE = "module "
_PICKLED = "pickled "
_MISSING: Any = object()


class Unpickled:
    """What unpickling has found for one step, which begins when this is made."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], None] = {}
        self._before = {
            name: value
            for name, value in list(_program().items())
            if isinstance(value, (type, FunctionType))
        }

    def is_news(self, module: str, name: str) -> bool:
        """Whether nothing has told of this name yet, and it is not of the step's own making."""
        return (module, name) not in self._found and not self._is_own(module, name)

    def found(self, module: str, name: str) -> None:
        """This name was looked up."""
        self._found[module, name] = None

    def reads(self, code: CodeClosure) -> Iterator[Read]:
        """What was found in the user's own code, as it is now."""
        for module, name in self._found:
            if module == _PROGRAM:
                yield code_now(_PICKLED + name, code)
            elif is_local_module(module):
                yield code_now(_MODULE + module, code)

    def _is_own(self, module: str, name: str) -> bool:
        """Whether the step has made this class or function, which is its code then."""
        if module != _PROGRAM:
            return False
        top = name.partition(".")[0]
        value = _program().get(top)
        return isinstance(value, (type, FunctionType)) and self._before.get(top) is not value


def names_of_program(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Those of these names that mean something in the program, each with where."""
    known = _program()
    return ((_PROGRAM, name) for name in names if name in known)


def code_now(name: str, code: CodeClosure) -> Read:
    """The code of this name as it is now."""
    if name.startswith(_MODULE):
        return Read("use", name, code.named_module(name.removeprefix(_MODULE), Digester(code)))
    value: Any = _program()
    for part in name.removeprefix(_PICKLED).split("."):
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
