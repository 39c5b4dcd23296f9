"""The audit events of unpickling: which names it looks up, and which code it makes.

dill makes functions of the program by value, and lets them live among the program's names as they
are then, and instances of its classes in these: what such code names, or is within, is looked up,
too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from zenbook.world.watch_code import names_of_program
from zenbook.world.watch_notes import Notes
from zenbook.world.watch_scope import forward, is_child


def _found(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    if is_child() and str(frame.f_globals.get("__name__")).startswith("multiprocessing."):
        return  # what the step itself has sent
    for notes in everyone:
        if notes.unpickled.is_news(*args) and not forward(notes, "unpickled", " ".join(args)):
            notes.unpickled.found(*args)


def _made(everyone: tuple[Notes, ...], args: tuple[Any, ...], frame: FrameType) -> None:
    if frame.f_globals.get("__name__") != "dill._dill":
        return
    for place in names_of_program(_said_of(frame.f_locals["args"])):
        _found(everyone, place, frame)


def _said_of(code: tuple[Any, ...]) -> Iterator[str]:
    """The names in what a code object is made of, and the class or function that it is within."""
    for said in code:
        if isinstance(said, str):
            yield said.partition(".")[0]
        elif isinstance(said, tuple):
            yield from (name for name in said if isinstance(name, str))


HANDLERS: dict[str, Callable[[tuple[Notes, ...], tuple[Any, ...], FrameType], None]] = {
    "pickle.find_class": _found,
    "code.__new__": _made,
}
