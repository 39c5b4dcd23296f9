"""Warnings that Python shows once per place, and those that a step gives in vain because of that.

Python marks in ``__warningregistry__`` of a module where it has shown what, and shows it there no
more until the filters change. Nobody is told of a warning that is left out so, and no filter is
asked: Python looks its key up and goes on. So while a step runs, the line numbers in the keys that
stood before are our own, which hear that they are compared (measured: 0.1 ms for 1,800 modules).

A step that gave such a warning in vain is what it was as long as the mark stands. So a hit marks
what the step had marked in the end, and lets the marks before it go where the step did.
"""

from __future__ import annotations

import builtins
import functools
import re
import sys
import warnings
import weakref
from collections.abc import Iterable, Iterator
from itertools import repeat as always
from types import ModuleType
from typing import Any

from zenbook.core.kinds import held_by_name, is_a
from zenbook.model import Read
from zenbook.world.files import quiet
from zenbook.world.watch_filters import standing, version
from zenbook.world.watch_notes import Notes
from zenbook.world.watch_scope import current

_REGISTRY = "__warningregistry__"
_LONGEST = 200
_LONGEST_MARK = 4000
MOST = 50
"""How many warnings are noted of one step, which may give a thousand."""
_MARK = re.compile(
    r"warning (.*) \(([\w.]+) < (\w+) in ([\w.]*)\), (shown|shown before) at line (\d+)", re.DOTALL
)
FORGOTTEN = "that warnings were shown before is forgotten"
"""The step changed filters, if only for a while: each warning may be shown once more."""
_Registry = dict[Any, Any]
_Key = tuple[str, type[Warning], int]

_listening: list[_Registry] = []
_versions: weakref.WeakKeyDictionary[Notes, int] = weakref.WeakKeyDictionary()
_waiting: dict[str, list[tuple[_Key, int]]] = {}
"""Marks for modules that are not loaded yet, by their names, each with the version of filters."""


class _Line(int):
    """In the place of a line number in a mark."""

    kind: type[Warning]
    text: str
    home: str

    def __eq__(self, other: object) -> bool:
        is_same = int.__eq__(self, other)
        if is_same is True and type(other) is int:
            _left_out(self)
        return is_same

    __hash__ = int.__hash__


# ---------------------------------------------------------------- while a step runs


def know(notes: Notes) -> None:
    """Note which version of the filters a step finds, if there are marks that it may forget."""
    now = version()
    if any(each.get("version") == now and len(each) > 1 for _, each in _registries()):
        _versions[notes] = now


def listen() -> None:
    """Have it told from now on that a warning is left out because of a mark that stands now."""
    now = version()
    with quiet():
        for home, registry in _registries():
            if registry.get("version") == now:
                _replace(registry, home)


def end() -> None:
    """Leave the marks as they would be without us."""
    with quiet():
        for registry in _listening:
            _replace(registry, "")
    _listening.clear()


def _replace(registry: _Registry, home: str) -> None:
    """Put line numbers of our own into the keys of a module's registry, or Python's again."""
    for key in [key for key in registry if type(key) is tuple and len(key) == 3]:
        text, kind, line = key
        if (type(line) is _Line) == bool(home):
            continue
        number = _Line(line) if home else int(line)
        if type(number) is _Line:
            number.text, number.kind, number.home = text, kind, home
        registry[(text, kind, number)] = registry.pop(key)
    if home and not any(each is registry for each in _listening):
        _listening.append(registry)


def _left_out(mark: _Line) -> None:
    """Python compares this mark: a warning has been given in vain, unless the step itself had it
    shown before."""
    for notes in current():
        shown, before = _names(mark.text, mark.kind, mark.home, int(mark))
        if shown not in notes.reports and not is_full(notes):
            notes.reports.add(before)


def shown(text: str, kind: type[Warning], home: str, line: int) -> None:
    """A warning is about to be shown."""
    for notes in current():
        name = _names(text, kind, home, line)[0]
        if len(text) <= _LONGEST_MARK and not is_full(notes):
            notes.reports.add(name)


def is_full(notes: Notes) -> bool:
    """Whether as many warnings of a step are noted as will be."""
    return sum(map(str.startswith, notes.reports, always("warning "))) >= 2 * MOST


# ---------------------------------------------------------------- reads


def is_about_marks(name: str) -> bool:
    """Whether a read of this name is about marks."""
    return name == FORGOTTEN or _MARK.fullmatch(name) is not None


def after(notes: Notes) -> Iterator[Read]:
    """What a step that has ended read and left of marks."""
    if _versions.get(notes, now := version()) != now:
        yield Read("setting", FORGOTTEN, "yes")
    for name in sorted(notes.reports):
        if found := _MARK.fullmatch(name):
            if found[5] == "shown before":
                yield Read("setting", name, "before")
            elif _stands(found):
                yield Read("setting", name, "marked")


def again(read: Read) -> Read:
    """The same as it would be now."""
    found = _MARK.fullmatch(read.name)
    if found is None or found[5] == "shown":
        return read
    return Read("setting", read.name, "before" if _stands(found) else "to be shown")


def repeat(reads: Iterable[Read]) -> None:
    """Do to the marks what a step did that made these reads."""
    names = [read.name for read in reads]
    if FORGOTTEN in names:
        _forget()
    for name in names:
        found = _MARK.fullmatch(name)
        if found is not None and found[5] == "shown":
            _mark(found)


def _forget() -> None:
    mutated: Any = getattr(warnings, "_filters_mutated", None)
    if mutated is None:
        with warnings.catch_warnings():
            return
    mutated()


def _mark(found: re.Match[str]) -> None:
    """Mark a warning as shown, if Python would."""
    text, _, _, home, _, line = found.groups()
    kind = category_of(found[2], found[3])
    action = action_on(text, kind, home)
    if action not in ("default", "module"):
        return
    lines = (int(line), 0) if action == "module" else (int(line),)
    _waiting.setdefault(home, []).extend(((text, kind, each), version()) for each in lines)
    _put(home)


def _put(home: str) -> None:
    """Put the marks that wait for a module into its registry, if it is loaded."""
    space = held_by_name(sys.modules.get(home))
    if type(space) is not dict:
        return
    now = version()
    for key, then in _waiting.pop(home, ()):
        registry = space.setdefault(_REGISTRY, {})
        if then == now and type(registry) is dict:
            if registry.get("version") != now:
                registry.clear()
                registry["version"] = now
            with quiet():
                registry.setdefault(key, True)


def _stands(found: re.Match[str]) -> bool:
    text, _, _, home, _, line = found.groups()
    kind, now = category_of(found[2], found[3]), version()
    if home not in sys.modules:
        return ((text, kind, int(line)), now) in _waiting.get(home, ())
    _put(home)
    registry = (held_by_name(sys.modules[home]) or {}).get(_REGISTRY)
    if type(registry) is not dict or registry.get("version") != now:
        return False
    with quiet():
        return (text, kind, int(line)) in registry or (text, kind, 0) in registry


def _registries() -> Iterator[tuple[str, _Registry]]:
    for home in [*_waiting]:
        _put(home)
    last = next(reversed(sys.modules))
    for name, space in _spaces(len(sys.modules), last, id(sys.modules[last])):
        if type(registry := space.get(_REGISTRY)) is dict:
            yield name, registry


@functools.lru_cache(maxsize=1)
def _spaces(_count: int, _last: str, _identity: int) -> list[tuple[str, Any]]:
    """What modules hold, by their names, while they are the same."""
    return [
        (name, space)
        for name, module in list(sys.modules.items())
        if is_a(module, ModuleType) and type(space := held_by_name(module)) is dict
    ]


# ---------------------------------------------------------------- names, and what filters do


def name_of(text: str, kind: type[Warning], home: str, most: int = _LONGEST) -> str:
    """The name of a read about a warning of this text and kind in a module."""
    base = next(one.__name__ for one in kind.__mro__ if one.__module__ == "builtins")
    told = f"{kind.__module__}.{kind.__qualname__} < {base} in {home}"
    return f"warning {text[:most]} ({told})"


def _names(text: str, kind: type[Warning], home: str, line: int) -> tuple[str, str]:
    """The names of reads: that it was shown there, and that it was given there in vain."""
    name = name_of(text, kind, home, _LONGEST_MARK)
    return f"{name}, shown at line {line}", f"{name}, shown before at line {line}"


def category_of(kind: str, base: str) -> Any:
    """A warning's class by its name; where that is not loaded, the one of Python's it is from."""
    module, _, name = kind.rpartition(".")
    return getattr(sys.modules.get(module), name, None) or getattr(builtins, base)


def action_on(text: str, category: Any, home: str) -> str:
    """What the filters have Python do with a warning; "" where they do not say."""
    for action, message, about, where, line in standing():
        if (
            (message is None or _matches(message, text))
            and issubclass(category, about)
            and (where is None or _matches(where, home))
            and not line
        ):
            return str(action)
    return str(getattr(warnings, "defaultaction", "default"))


def _matches(pattern: Any, text: str) -> bool:
    if isinstance(pattern, str):
        return re.match(pattern, text, re.IGNORECASE) is not None
    return bool(pattern.match(text))
