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
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat as always
from types import ModuleType
from typing import Any

from zenbook.core.kinds import held_by_name, is_a
from zenbook.model import Read
from zenbook.world import watch_marks
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
    r"warning (.*) \(([\w.]+) < (\w+) in ([\w.]*)\), (shown|shown anew|shown before) at line (\d+)",
    re.DOTALL,
)
FORGOTTEN = "that warnings were shown before is forgotten"
"""The step changed filters, if only for a while: each warning may be shown once more."""
_MARKED, _PASSED, _BEFORE, _TO_BE_SHOWN = "marked", "not marked", "before", "to be shown"
"""What a read about a mark says: the step had it shown and left it marked, or not; it was shown
before by others, or was not."""
_SAID = {
    _MARKED: "by the step",
    _PASSED: "by the step",
    _BEFORE: "by others before",
    _TO_BE_SHOWN: "",
}
"""The same in a reason's words."""
_Registry = dict[Any, Any]
_Key = tuple[Any, ...]
"""Text, category and line number of a warning; 0 for any line of the module. What is shown ``once``
has a key of two, besides."""

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
            _left_out(self.text, self.kind, self.home, int(self))
        return is_same

    __hash__ = int.__hash__


class _Text(str):
    """In the place of the text in a mark that has no line number."""

    __slots__ = ("home", "kind")
    kind: type[Warning]
    home: str

    def __eq__(self, other: object) -> bool:
        is_same = str.__eq__(self, other)
        if is_same is True and type(other) is str:
            _left_out(str(self), self.kind, self.home, 0)
        return is_same

    __hash__ = str.__hash__


# ---------------------------------------------------------------- while a step runs


def know(notes: Notes) -> None:
    """Note which version of the filters a step finds."""
    _versions[notes] = version()


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
    """Put what is our own into the keys of a module's registry, or what was Python's again."""
    for key in _keys(registry):
        is_ours = type(key[-1]) is _Line or type(key[0]) is _Text
        if is_ours != bool(home):
            registry[_heard(key, home) if home else _bare(key)] = registry.pop(key)
    if home and not any(each is registry for each in _listening):
        _listening.append(registry)


def _keys(registry: _Registry) -> list[_Key]:
    return [key for key in registry if type(key) is tuple and len(key) in (2, 3)]


def _heard(key: _Key, home: str) -> _Key:
    """A key that tells of it that it is compared."""
    text, kind, *lines = key
    if not lines:
        told = _Text(text)
        told.kind, told.home = kind, home
        return told, kind
    line = _Line(lines[0])
    line.text, line.kind, line.home = text, kind, home
    return text, kind, line


def _bare(key: _Key) -> _Key:
    """The key that Python has made."""
    return (str(key[0]), key[1], *map(int, key[2:]))


def _left_out(text: str, kind: type[Warning], home: str, line: int) -> None:
    """Python compares this mark: a warning has been given in vain, unless the step itself had it
    shown before."""
    name = name_of(text, kind, home, _LONGEST_MARK)
    for notes in current():
        if f"{name}, shown at line {line}" not in notes.reports and not is_full(notes):
            notes.reports.add(f"{name}, shown before at line {line}")


def shown(text: str, kind: type[Warning], home: str, line: int) -> None:
    """A warning is about to be shown; anew, if the step has had all marks forgotten before, and so
    whatever the marks are that it finds."""
    name, now = name_of(text, kind, home, _LONGEST_MARK), version()
    for notes in current():
        how = "shown" if _versions.get(notes, now) == now else "shown anew"
        if len(text) <= _LONGEST_MARK and not is_full(notes):
            notes.reports.add(f"{name}, {how} at line {line}")


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
                yield _said(name, _BEFORE)
            else:
                yield _said(name, _MARKED if _claim(found, (notes.who,)) else _PASSED)


def again(read: Read, who: str) -> Read:
    """The same as it would be now for this step."""
    found = _MARK.fullmatch(read.name)
    if found is None or found[5] == "shown anew":
        return read
    standing, now = _standing(found), version()
    if found[5] == "shown before":
        return _said(read.name, _BEFORE if standing else _TO_BE_SHOWN)
    if any(watch_marks.is_in_the_way(mark, who, now) for mark in standing):
        return _said(read.name, _BEFORE)
    return _said(read.name, _PASSED if read.digest == _PASSED else _MARKED)


def _said(name: str, digest: str) -> Read:
    return Read("setting", name, digest, _SAID[digest])


def repeat(reads: Iterable[Read], doers: Sequence[str]) -> None:
    """Do to the marks what a step did that made these reads; it is these steps' doing."""
    reads = [read for read in reads if is_about_marks(read.name)]
    if any(read.name == FORGOTTEN for read in reads):
        _forget()
    for read in reads:
        found = _MARK.fullmatch(read.name)
        if found is not None and read.digest == _MARKED:
            _mark(found)
            _claim(found, doers)


def cell_begins(place: int, order: watch_marks.Order) -> None:
    """A notebook's next cell begins: the marks that are nobody's yet are the last one's."""
    now = version()
    standing = [
        (home, _bare(key))
        for home, registry in _registries()
        if registry.get("version") == now
        for key in _keys(registry)
    ]
    standing += [(home, key) for home in _waiting for key, then in _waiting[home] if then == now]
    watch_marks.cell_begins(place, order, standing, now)


def _claim(found: re.Match[str], doers: Iterable[str]) -> bool:
    """Note whose mark it is, if it stands."""
    standing, now = _standing(found), version()
    for mark in standing:
        for who in doers:
            watch_marks.claim(mark, who, now)
    return bool(standing)


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
    if action not in ("default", "module", "once"):
        return
    more: dict[str, list[_Key]] = {"module": [(text, kind, 0)], "once": [(text, kind)]}
    for key in ((text, kind, int(line)), *more.get(action, ())):
        _waiting.setdefault(home, []).append((key, version()))
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


def _standing(found: re.Match[str]) -> list[watch_marks.Mark]:
    """The marks that stand because of which the warning would not be shown."""
    text, _, _, home, _, line = found.groups()
    kind, now = category_of(found[2], found[3]), version()
    keys: list[_Key] = [(text, kind, int(line)), (text, kind, 0), (text, kind)]
    if home not in sys.modules:
        return [(home, key) for key in keys if (key, now) in _waiting.get(home, ())]
    _put(home)
    registry = (held_by_name(sys.modules[home]) or {}).get(_REGISTRY)
    if type(registry) is not dict or registry.get("version") != now:
        return []
    with quiet():
        return [(home, key) for key in keys if key in registry]


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
