"""The texts of used code: docstrings, annotations and source, which count only where code reads
them.

A step that prints ``help(f)``, ``f.__doc__`` or ``inspect.getsource(f)`` gives another result when
these are another, though ``f`` does what it did. Who reads which is told by the names it uses.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any, Literal

Text = Literal["annotations", "docstring", "source"]
_READERS: dict[str, tuple[Text, ...]] = {
    "__annotations__": ("annotations",),
    "__dataclass_fields__": ("annotations",),
    "__doc__": ("docstring",),
    "fields": ("annotations",),
    "findsource": ("source",),
    "get_annotations": ("annotations",),
    "get_type_hints": ("annotations",),
    "getdoc": ("docstring",),
    "getfullargspec": ("annotations",),
    "getsource": ("source",),
    "getsourcelines": ("source",),
    "help": ("annotations", "docstring"),
    "run_docstring_examples": ("docstring",),
    "signature": ("annotations",),
}


def texts_read(names: Iterable[str]) -> frozenset[Text]:
    """The texts that code reads which uses these names."""
    return frozenset(text for name in names for text in _READERS.get(name, ()))


def text_of(thing: Any, which: Text) -> str:
    """A function's or class's text of this kind; "" if it has none."""
    try:
        if which == "source":
            return inspect.getsource(thing)
        if which == "docstring":
            return str(thing.__doc__)
        return repr([(n, _noted(note)) for n, note in inspect.get_annotations(thing).items()])
    except Exception:  # annotations are code, which may raise anything, and a source may be gone
        return ""


def _noted(note: Any) -> str:
    text = note if isinstance(note, str) else repr(note)
    return "" if " at 0x" in text else text
