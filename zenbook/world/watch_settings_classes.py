"""The environment variables that a class of ``pydantic_settings`` asks for: those of its fields.

The library copies the whole environment and looks up in the copy what the class of the user's says:
a prefix and the fields' names in capital letters or not, or their aliases; and those of models that
fields are, behind a delimiter.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import FrameType
from typing import Any, get_args

LIBRARY = "pydantic_settings"
_DEEPEST = 6


def variables_of_settings(frame: FrameType | None) -> list[str]:
    """The variables that the settings class may read for which the environment is copied in this
    frame or below it; all (``*``) where that is not to be found out."""
    while frame is not None and str(frame.f_globals.get("__name__")).startswith(LIBRARY):
        source = frame.f_locals.get("self")
        if hasattr(source, "settings_cls"):
            try:
                return sorted(_spelled(source, _names(source)))
            except Exception:  # another version of the library, or a source of the user's
                return ["*"]
        frame = frame.f_back
    return ["*"]


def _names(source: Any) -> Iterator[str]:
    delimiter = getattr(source, "env_nested_delimiter", None)
    for name, field in source.settings_cls.model_fields.items():
        for _, variable, _ in source._extract_field_info(field, name):
            yield variable
            if delimiter:
                yield from _nested(variable + delimiter, delimiter, field.annotation, _DEEPEST)


def _nested(start: str, delimiter: str, kind: Any, depth: int) -> Iterator[str]:
    """The names of the fields of a model, or of models in a union."""
    for each in (kind, *get_args(kind)) if depth else ():
        for name, field in getattr(each, "model_fields", {}).items():
            yield start + name
            yield from _nested(start + name + delimiter, delimiter, field.annotation, depth - 1)
    found = (name for name in os.environ if name.lower().startswith(start.lower()))
    yield from found  # the keys of a dictionary


def _spelled(source: Any, names: Iterator[str]) -> set[str]:
    """In small and in capital letters, and in each other way in which there are such variables."""
    told = set(names)
    if source.case_sensitive:
        return told
    lowered = {name.lower() for name in told}
    there = {name for name in os.environ if name.lower() in lowered}
    return there | lowered | {name.upper() for name in told}
