"""Parameters from text: ``-p gamma=0.002`` becomes what the pipeline's signature says it is.

The type is the annotation, else the default's type, else whatever Python literal the text is
(and the text itself if it is none). A text that does not fit is an error that names the
parameter, its type and the text; nothing is guessed.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from zenbook.core.naming import nearest
from zenbook.errors import OptionError
from zenbook.front.typed_text import value_of


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


def refuse_unknown(given: Iterable[str], signature: inspect.Signature, owner: str) -> None:
    """Raise OptionError for a name that the signature has not, with the nearest one it has."""
    known = [name for name, parameter in signature.parameters.items() if parameter.kind in _NEEDED]
    for name in given:
        if name not in known:
            raise OptionError(f"{owner} has no parameter {name}. {nearest(name, known)}")


def _type_of(parameter: inspect.Parameter, annotations: Mapping[str, Any]) -> Any:
    if parameter.name in annotations:
        return annotations[parameter.name]
    if parameter.default is parameter.empty or parameter.default is None:
        return None
    return type(parameter.default)
