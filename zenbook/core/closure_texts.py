"""The texts of used code: docstrings, annotations, source, the bases of classes as they stand in it
(``Generic[T]``), and the order of what it holds, which count only where code reads them.

A step that prints ``help(f)``, ``f.__doc__`` or ``inspect.getsource(f)`` gives another result when
these are another, though ``f`` does what it did. Who reads which: :mod:`text_readers`.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from types import FunctionType, GenericAlias
from typing import Annotated, Any, ForwardRef, Literal, get_args, get_origin, get_overloads

from zenbook.core.kinds import held_by_name, is_a, meant_by, told_by
from zenbook.core.text_readers import Text


def text_of(thing: Any, which: Text) -> str:
    """A function's, class's or module's text of this kind; "" if it has none."""
    try:
        if which == "order":
            return repr([name for name in vars(thing) if not name.startswith("__")])
        if which == "bases":
            return repr(bases_of(thing))
        if which == "source":
            return (inspect.getcomments(thing) or "") + inspect.getsource(thing)
        if which == "docstring":
            return str(thing.__doc__)
        every = (thing, *(get_overloads(thing) if type(thing) is FunctionType else ()))
        return repr([(name, text) for one in every for name, text, _ in annotations_of(one)])
    except Exception:  # annotations are code, which may raise anything, and a source may be gone
        return ""


def bases_of(thing: Any) -> tuple[Any, ...]:
    """The bases of a class as they were written, if these are no classes."""
    found = vars(thing).get("__orig_bases__", ()) if is_a(thing, type) else ()
    return found if type(found) is tuple else ()


def annotations_of(thing: Any) -> list[tuple[str, str, tuple[Any, ...]]]:
    """What a function or class annotates: the name, the text without the objects that the
    annotation holds, and these."""
    noted = inspect.get_annotations(thing).items()
    return [(name, _text_without_objects(note), tuple(_objects_in(note))) for name, note in noted]


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
        noted, waiting = annotations_of(thing), [*inspect.get_annotations(thing).values()]
    except Exception:  # as above
        noted, waiting = [], []
    objects = [(name, held) for name, _, objects in noted for held in objects]
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


def _text_without_objects(annotation: Any) -> str:
    """An annotation without the objects that it holds."""
    if isinstance(annotation, str):
        return annotation
    if is_a(annotation, type):
        return str(annotation.__qualname__)
    if not any(True for _ in _objects_in(annotation)):
        return repr(annotation)
    if is_a(annotation, list):
        return f"[{', '.join(map(_text_without_objects, annotation))}]"
    if get_origin(annotation) is Annotated:
        return f"Annotated[{_text_without_objects(get_args(annotation)[0])}]"
    parts = ", ".join(map(_text_without_objects, get_args(annotation)))
    return f"{_text_without_objects(get_origin(annotation))}[{parts}]"


def _objects_in(annotation: Any) -> Iterator[Any]:
    """What an annotation holds that its text does not say, such as a validator in ``Annotated``."""
    kind, parts = get_origin(annotation), get_args(annotation)
    if kind is Annotated:
        yield from parts[1:]
        yield from _objects_in(parts[0])
    elif parts and kind is not Literal:
        for part in parts:
            yield from _objects_in(part)
    elif is_a(annotation, list):
        for part in annotation:
            yield from _objects_in(part)
    elif not is_a(annotation, (str, type)) and _is_more_than_its_text(annotation):
        yield annotation


def _is_more_than_its_text(annotation: Any) -> bool:
    """Whether it stands for another one, or its text tells where it is in memory."""
    return bool(meant_by(annotation)) or " at 0x" in repr(annotation)
