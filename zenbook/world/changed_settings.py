"""What steps have changed of this process, as parts of those that may change it, too.

A step that changes the process is not kept. Run again, it finds set what it sets, changes nothing,
and would be kept as if it never did; after a restart a hit would leave that unset. So whatever a
step has changed counts from then on for a step of the same code, and for one that may set the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from xxhash import xxh3_128_hexdigest

from zenbook.model import Part
from zenbook.world.changed_by_import import HOOKS
from zenbook.world.process_state import FOLDER, VARIABLE, process_state

CHANGEABLE: Mapping[str, tuple[str, ...]] = {
    "warnings": ("the warning filters",),
    "logging": ("the logging setup",),
    "sys": ("sys.path", "the recursion limit", "how long a number's text may be", HOOKS),
    "gc": ("the garbage collector", HOOKS),
    "signal": ("signal handlers",),
}
"""What a step may change by a module of the standard library, by name."""
_changed: dict[str, set[str]] = {}
"""What steps have changed in this process, by the digest of their code."""


def note_changed(code: str, names: Iterable[str]) -> None:
    """A step of this code has changed what is so called."""
    if names:
        _changed.setdefault(code, set()).update(names)


def changed_before(code: str) -> tuple[Part, ...]:
    """A part for what a step of this code has changed in this process, by whatever means."""
    names = _changed.get(code)
    if not names:
        return ()
    text = f"{_state(names)} {_places(names)}"
    digest = xxh3_128_hexdigest(text.encode("utf-8", "surrogateescape"))
    return (Part("environment", "process settings", digest),)


def changed_settings(library: str) -> str:
    """What steps have changed of this library's process-wide state, as it is now."""
    return _state(_by_any().intersection(CHANGEABLE[library]))


def changed_places() -> str:
    """The working folder and the variables that steps have set, as they are now."""
    return _places(_by_any())


def _by_any() -> set[str]:
    return set().union(*_changed.values())


def _state(names: set[str]) -> str:
    if not names:
        return ""
    state = [(name, repr(value)) for name, value in process_state() if name in names]
    return repr(sorted(state)) if state else ""


def _places(names: set[str]) -> str:
    said = {
        name: repr(os.environ.get(name.removeprefix(VARIABLE)))
        for name in names
        if name.startswith(VARIABLE)
    }
    if FOLDER in names:
        said["cwd"] = os.getcwd()
    return repr(sorted(said.items())) if said else ""
