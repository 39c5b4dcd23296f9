"""Bind a call's arguments to input names, fast, and call a function with them again.

``inspect.Signature.bind`` costs more than a whole cache hit may; plain parameters are bound by
a zip, and anything unusual falls back to it, also for its error messages.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any

_PLAIN = inspect.Parameter.POSITIONAL_OR_KEYWORD
_NAMED = (_PLAIN, inspect.Parameter.KEYWORD_ONLY)


class Binder:
    """The inputs of one function: their names, and how to bind and to call."""

    __slots__ = ("_defaults", "_function", "_names", "_plain", "_positional", "_signature", "names")

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._signature = inspect.signature(function)
        parameters = self._signature.parameters.values()
        self.names = tuple(parameter.name for parameter in parameters)
        self._names = frozenset(self.names)
        self._plain = all(parameter.kind in _NAMED for parameter in parameters)
        self._positional = tuple(p.name for p in parameters if p.kind is _PLAIN)
        self._defaults = {p.name: p.default for p in parameters if p.default is not p.empty}

    def calling(self, function: Callable[..., Any]) -> Binder:
        """The same inputs, given to another function that takes them alike."""
        other = copy.copy(self)
        other._function = function
        return other

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Every input by name, defaults filled in, in the order of the signature.

        ``*args`` is one tuple and ``**kwargs`` one dict. Raises TypeError as the call would.
        """
        if not kwargs and len(args) == len(self._positional) == len(self.names):
            return dict(zip(self.names, args, strict=True))
        if self._plain and len(args) <= len(self._positional):
            given = {**dict(zip(self._positional, args, strict=False)), **kwargs}
            if len(given) == len(args) + len(kwargs):
                bound = {**self._defaults, **given}
                if bound.keys() == self._names:
                    return {name: bound[name] for name in self.names}
        try:
            arguments = self._signature.bind(*args, **kwargs)
        except TypeError as error:
            name = getattr(self._function, "__name__", "")
            raise TypeError(f"{name}(): {error}") from None
        arguments.apply_defaults()
        return dict(arguments.arguments)

    def call(self, /, **values: Any) -> Any:
        """Call the function with inputs by name, as :meth:`bind` gave them."""
        if self._plain:
            positional = [values.pop(name) for name in self._positional]
            return self._function(*positional, **values)
        bound = inspect.BoundArguments(self._signature, values)
        return self._function(*bound.args, **bound.kwargs)
