"""Parameters from text: ``-p gamma=0.002`` becomes what the pipeline's signature says it is.

The type is the annotation, else the default's type, else whatever Python literal the text is
(and the text itself if it is none). A text that does not fit is an error that names the
parameter, its type and the text; nothing is guessed.
"""

from __future__ import annotations

import ast
import enum
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import PurePath
from typing import Any

from zenbook.errors import OptionError

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def split(given: Sequence[str]) -> dict[str, str]:
    """``["a=1", "b=2"]`` as a mapping; the text after the first ``=`` is the value."""
    texts: dict[str, str] = {}
    for item in given:
        name, separator, text = item.partition("=")
        if not separator or not name.strip():
            raise OptionError(f"-p wants name=value, but got {item!r}.")
        if name.strip() in texts:
            raise OptionError(f"Parameter {name.strip()} is given twice.")
        texts[name.strip()] = text
    return texts


def parse(function: Callable[..., Any], texts: Mapping[str, str], owner: str) -> dict[str, Any]:
    """The values for a call of ``function``, typed from its signature.

    ``owner`` is the pipeline's name, for errors. Raises OptionError for an unknown, missing or
    malformed parameter.
    """
    signature = inspect.signature(function)
    annotations = annotations_of(function)
    refuse_unknown(texts, signature, owner)
    values: dict[str, Any] = {}
    for name, parameter in signature.parameters.items():
        if name in texts:
            values[name] = value_of(name, texts[name], _type_of(parameter, annotations))
        elif parameter.default is parameter.empty and parameter.kind in _NEEDED:
            raise OptionError(f"{owner} needs a value for {name}: pass -p {name}=VALUE.")
        elif parameter.default is not parameter.empty:
            values[name] = parameter.default
    return values


_NEEDED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def annotations_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Resolved annotations; those that name something unknown are left out."""
    try:
        return typing.get_type_hints(function)
    except (NameError, TypeError, AttributeError):
        # An annotation for type checkers only (`if TYPE_CHECKING:`) has no object here.
        found = getattr(function, "__annotations__", {})
        return {name: hint for name, hint in found.items() if not isinstance(hint, str)}


def value_of(name: str, text: str, kind: Any) -> Any:
    """The text as a value of this type; raises OptionError saying what was expected."""
    try:
        return _convert(text, kind)
    except (ValueError, SyntaxError, TypeError, KeyError) as error:
        raise OptionError(f"{name} must be {_described(kind)}, but got {text!r}.") from error


def refuse_unknown(given: Iterable[str], signature: inspect.Signature, owner: str) -> None:
    """Raise OptionError for a name that the signature has not, with the nearest one it has."""
    known = [name for name, parameter in signature.parameters.items() if parameter.kind in _NEEDED]
    for name in given:
        if name not in known:
            raise OptionError(f"{owner} has no parameter {name}. {suggestion(name, known)}")


def suggestion(wrong: str, known: Sequence[str]) -> str:
    """``Did you mean gamma?``, or what there is to choose from."""
    if close := get_close_matches(wrong, known, 1):
        return f"Did you mean {close[0]}?"
    return f"It has {', '.join(known)}." if known else "It has none."


def _type_of(parameter: inspect.Parameter, annotations: Mapping[str, Any]) -> Any:
    if parameter.name in annotations:
        return annotations[parameter.name]
    if parameter.default is parameter.empty or parameter.default is None:
        return None
    return type(parameter.default)


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
