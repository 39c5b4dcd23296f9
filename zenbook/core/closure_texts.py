"""The texts of used code: docstrings, annotations, source, and the order of what it holds, which
count only where code reads them.

A step that prints ``help(f)``, ``f.__doc__`` or ``inspect.getsource(f)`` gives another result when
these are another, though ``f`` does what it did. Who reads which is told by the names it uses.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType, GenericAlias
from typing import Annotated, Any, ForwardRef, Literal, get_args, get_origin, get_overloads

from zenbook.core.kinds import held_by_name, is_a, meant_by, told_by
from zenbook.core.text_readers import Text

_READERS: dict[str, tuple[Text, ...]] = {
    "DocTestFinder": ("docstring",),
    "DocTestSuite": ("docstring",),
    "Signature": ("annotations",),
    "TypeAdapter": ("annotations",),
    "__annotations__": ("annotations",),
    "__dataclass_fields__": ("annotations",),
    "__dict__": ("order",),
    "__doc__": ("docstring",),
    "__signature__": ("annotations",),
    "beartype": ("annotations",),
    "classify_class_attrs": ("docstring",),
    "create_model": ("annotations",),
    "fields": ("annotations",),
    "findsource": ("source",),
    "get_annotations": ("annotations",),
    "get_overloads": ("annotations",),
    "get_type_hints": ("annotations",),
    "getcomments": ("source",),
    "getdoc": ("docstring",),
    "getfullargspec": ("annotations",),
    "getmembers": ("annotations", "docstring", "order"),
    "getmembers_static": ("annotations", "docstring", "order"),
    "getsource": ("source",),
    "getsourcelines": ("source",),
    "help": ("annotations", "docstring"),
    "jit": ("annotations", "source"),
    "json_schema": ("annotations", "docstring"),
    "model_json_schema": ("annotations", "docstring"),
    "pdef": ("annotations",),
    "pdoc": ("docstring",),
    "pinfo": ("annotations", "docstring"),
    "pinfo2": ("annotations", "docstring", "source"),
    "psource": ("source",),
    "pydoc": ("annotations", "docstring", "source"),
    "run_docstring_examples": ("docstring",),
    "schema": ("annotations", "docstring"),
    "schema_json": ("annotations", "docstring"),
    "signature": ("annotations",),
    "testmod": ("docstring",),
    "typechecked": ("annotations",),
    "validate_call": ("annotations",),
    "vars": ("order",),
}


def texts_read(names: Iterable[str]) -> frozenset[Text]:
    """The texts that code reads which uses these names."""
    return frozenset(text for name in names for text in _READERS.get(name, ()))


def text_of(thing: Any, which: Text) -> str:
    """A function's, class's or module's text of this kind; "" if it has none."""
    try:
        if which == "order":
            return repr([name for name in vars(thing) if not name.startswith("__")])
        if which == "source":
            return (inspect.getcomments(thing) or "") + inspect.getsource(thing)
        if which == "docstring":
            return str(thing.__doc__)
        every = (thing, *(get_overloads(thing) if type(thing) is FunctionType else ()))
        noted = [[*inspect.get_annotations(each).items()] for each in every]
        return repr([(n, text_without_objects(note)) for notes in noted for n, note in notes])
    except Exception:  # annotations are code, which may raise anything, and a source may be gone
        return ""


def annotated_with(
    thing: Any,
) -> tuple[Mapping[str, Any], list[str], list[type], list[tuple[str, Any]]]:
    """What annotations of a function or class lead to: the globals it stands in, the names of
    those that its texts name, the classes that it holds themselves, and other objects that it
    holds, by the names of what is annotated."""
    space = told_by(thing, "__globals__")
    if space is None:
        space = held_by_name(sys.modules.get(str(told_by(thing, "__module__")))) or {}
    try:
        notes = inspect.get_annotations(thing)
    except Exception:  # as above
        notes = {}
    objects = [(name, held) for name, note in notes.items() for held in objects_in(note)]
    waiting = [*notes.values()]
    names: dict[str, None] = {}
    classes: dict[type, None] = {}
    met: dict[int, Any] = {}
    while waiting:
        note = waiting.pop()
        if isinstance(note, ForwardRef):
            note = note.__forward_arg__
        if isinstance(note, str):
            names |= dict.fromkeys(names_of(note))
        elif type(note) is not GenericAlias and isinstance(note, type):
            classes[note] = None
        elif id(note) not in met:
            met[id(note)] = note  # an alias may be within itself
            waiting += [*get_args(note), *meant_by(note).values()]
    return space, sorted(space.keys() & names), list(classes), objects


def names_of(text: str) -> Iterator[str]:
    """The names in the text of an annotation; none if it is no code."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from names_of(node.value)


def text_without_objects(annotation: Any) -> str:
    """An annotation without the objects that it holds."""
    if isinstance(annotation, str):
        return annotation
    if is_a(annotation, type):
        return str(annotation.__qualname__)
    if not any(True for _ in objects_in(annotation)):
        return repr(annotation)
    if is_a(annotation, list):
        return f"[{', '.join(map(text_without_objects, annotation))}]"
    if get_origin(annotation) is Annotated:
        return f"Annotated[{text_without_objects(get_args(annotation)[0])}]"
    parts = ", ".join(map(text_without_objects, get_args(annotation)))
    return f"{text_without_objects(get_origin(annotation))}[{parts}]"


def objects_in(annotation: Any) -> Iterator[Any]:
    """What an annotation holds that its text does not say, such as a validator in ``Annotated``."""
    kind, parts = get_origin(annotation), get_args(annotation)
    if kind is Annotated:
        yield from parts[1:]
        yield from objects_in(parts[0])
    elif parts and kind is not Literal:
        for part in parts:
            yield from objects_in(part)
    elif is_a(annotation, list):
        for part in annotation:
            yield from objects_in(part)
    elif not is_a(annotation, (str, type)) and _is_more_than_itstext_without_objects(annotation):
        yield annotation


def _is_more_than_itstext_without_objects(annotation: Any) -> bool:
    """Whether it stands for another one, or its text tells where it is in memory."""
    return bool(meant_by(annotation)) or " at 0x" in repr(annotation)
