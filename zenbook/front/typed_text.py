"""Texts that people type as values of a type: a parameter of a script, or of a notebook; a size.

A text that does not fit is an error that names the parameter, its type and the text; nothing is
guessed. Without a type a text is whatever Python literal it is, and itself if it is none.
"""

from __future__ import annotations

import ast
import enum
import re
import types
import typing
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from zenbook.errors import OptionError

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_UNITS = {"": 1, "b": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def size_of(text: str) -> int:
    """Bytes, or a number with a unit in powers of 1000: ``500MB``, ``2.5 GB``.

    Raises OptionError for what is no size.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", text.strip().lower())
    if found is None:
        raise OptionError(f"A size is a number of bytes or like 500MB or 2.5GB, not {text!r}.")
    return int(float(found[1]) * _UNITS[found[2]])


def value_of(name: str, text: str, kind: Any) -> Any:
    """The text as a value of this type; raises OptionError saying what was expected."""
    try:
        return _convert(text, kind)
    except (ValueError, SyntaxError, TypeError, KeyError) as error:
        raise OptionError(f"{name} must be {_described(kind)}, but got {text!r}.") from error


def _convert(text: str, kind: Any) -> Any:
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        return _convert(text, typing.get_args(kind)[0])
    if origin in (typing.Union, types.UnionType):
        return _one_of(text, typing.get_args(kind))
    if origin is typing.Literal:
        return {str(choice): choice for choice in typing.get_args(kind)}[text]
    if kind is bool:
        return _truth(text)
    if kind is str:
        return text
    if kind in (int, float, complex):
        return kind(text)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind[text] if text in kind.__members__ else kind(text)
    if isinstance(kind, type) and issubclass(kind, PurePath):
        return kind(text)
    return _literal(text, origin or kind)


def _literal(text: str, kind: Any) -> Any:
    """A Python literal of this type; without a usable type, the text where it is no literal."""
    if not isinstance(kind, type) or kind is object:
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return text
    value = ast.literal_eval(text)
    if isinstance(value, kind):
        return value
    if isinstance(value, (list, tuple, set)) and kind in (list, tuple, set, frozenset):
        return kind(value)
    raise ValueError(text)


def _one_of(text: str, kinds: Sequence[Any]) -> Any:
    """The first type of a union that takes the text; ``None`` only for the word itself."""
    if type(None) in kinds and text in ("None", "null", ""):
        return None
    # str takes anything, so it is asked last.
    for kind in sorted((kind for kind in kinds if kind is not type(None)), key=lambda k: k is str):
        try:
            return _convert(text, kind)
        except (ValueError, SyntaxError, TypeError, KeyError):
            continue
    raise ValueError(text)


def _truth(text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError(text)


def _described(kind: Any) -> str:
    """The type in words: ``an int``, ``one of 'a', 'b'``, ``a list``."""
    if typing.get_origin(kind) is typing.Literal:
        return "one of " + ", ".join(repr(choice) for choice in typing.get_args(kind))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return "one of " + ", ".join(kind.__members__)
    if kind is bool:
        return "true or false"
    name = str(kind) if typing.get_args(kind) else getattr(kind, "__name__", str(kind))
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
