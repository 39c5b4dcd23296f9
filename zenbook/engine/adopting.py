"""Let what an input became, loaded from the store, keep those parts that did not change.

A cell that asks a fitted model for its summary changes the model in place: a cache in it is filled.
Its later content is loaded as a whole, with copies of the data it was fitted on; but those data
may be the very frame that the notebook holds under another name. So every part that is what it was
(by digest, at the same place) is given back its own object, and only what did change is new. So is
a part that did change where it stood, if it can be given its later content: ``for model in
models.values(): model.fit(X, y)`` changes the very models that other names hold.

What cannot be said so is refused, and the step runs: a part that stands in two places of the later
content and in one of the earlier, or the other way round; an array that looks into the memory of
another of which only one changed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum
from typing import Any

from zenbook.core.digest import unchanging
from zenbook.core.kinds import is_a
from zenbook.engine.blocks import stay_behind
from zenbook.engine.frames import is_another_index
from zenbook.engine.part_kinds import is_array, is_atom, is_drawn
from zenbook.engine.parts import Path, Step, held_by, walk
from zenbook.engine.paths import found, put
from zenbook.engine.rows import array_of
from zenbook.engine.sharing import Inseparable, Link

_BUILT_OTHERWISE = "an input is built otherwise than it was"
Becoming = Callable[[Any, Any], bool]
"""Whether a part can be given the content of this copy."""


def _nothing_becomes(own: Any, copy: Any) -> bool:
    return False


def adopt(
    pairs: Iterable[tuple[Any, Any, Collection[Path]]],
    digest: Callable[[Any], str | None],
    can_become: Becoming = _nothing_becomes,
) -> list[tuple[Any, Any]]:
    """For an object, its later content, and the places in it where another object stands than did
    before: put the object's unchanged parts into its later content, and those changed ones that can
    become what they are there. These are told, each with what it has yet to become.

    ``digest`` gives None for what has none. Raises Inseparable."""
    adoption = _Adoption(digest, can_become)
    pairs = list(pairs)
    for old, new, exchanged in pairs:
        with unchanging():
            adoption.compare(old, new, _Exchanged(exchanged))
        stay_behind(old, new, adoption.is_same)
    adoption.put_back([*(new for _, new, _ in pairs), *(copy for _, copy in adoption.becoming)])
    return adoption.becoming


def stand_in(standing: Iterable[tuple[Any, Any]], contents: Iterable[Any]) -> None:
    """Let objects stand for their own later contents wherever these are held.

    ``standing`` are pairs of an object and the content it is about to be given. An input that
    holds itself, or another one that was changed too, then goes on holding that very object.
    Raises Inseparable.
    """
    adoption = _Adoption(lambda _: None)
    for old, new in standing:
        adoption.stand(old, new)
    adoption.put_back(contents)


def untouched(old: Any, new: Any, becoming: Iterable[tuple[Any, Any]] = ()) -> set[int]:
    """Identities of an object's parts that stay what they are when it becomes its later content:
    those which that holds, too, and an index in whose place it holds another one. ``becoming`` are
    parts that hold by then what their later contents hold."""
    contents = {id(own): copy for own, copy in becoming}
    later = dict(walk(new, stop=contents))
    staying = {*map(id, later.values()), *contents}
    for copy in contents.values():
        staying.update(id(part) for path, part in walk(copy, stop=contents) if path)
    replaced = (id(p) for path, p in walk(old) if is_another_index(p, later.get(path)))
    return {*staying, *replaced}


def from_later(
    link: Link, sources: Mapping[str, Any], becoming: Iterable[tuple[Any, Any]]
) -> tuple[Link, Mapping[str, Any]]:
    """A link whose way leads through a part that is yet to become another, and where it begins: in
    that part's later content, of which the part knows nothing yet."""
    contents = {id(own): copy for own, copy in becoming}
    name, path, source, where, window = link
    at = sources.get(source)
    for number, step in enumerate(where if contents else ()):
        if id(at) in contents:
            at = contents[id(at)]
            link, sources = (name, path, source, where[number:], window), {source: at}
        at = found(at, (step,))
    return link, sources


class _Exchanged:
    """Places where another object stands than before, and the place one has come to."""

    def __init__(self, paths: Collection[Path], here: Path = ()) -> None:
        self._paths, self._here = paths, here
        self.is_below = any(path[: len(here)] == here for path in paths)
        self.is_here = here in paths

    def at(self, step: Step) -> _Exchanged:
        """One step further."""
        return _Exchanged(self._paths if self.is_below else (), (*self._here, step))


class _Adoption:
    """Which object stands for which loaded copy."""

    def __init__(
        self,
        digest: Callable[[Any], str | None],
        can_become: Becoming = _nothing_becomes,
    ) -> None:
        self._digest, self._can_become = digest, can_become
        self.becoming: list[tuple[Any, Any]] = []
        self._own: dict[int, Any] = {}
        self._copies: dict[int, Any] = {}
        self._compared: set[int] = set()
        self._kept: list[Any] = []

    def compare(self, old: Any, new: Any, exchanged: _Exchanged) -> None:
        """Note the unchanged parts of one object."""
        if id(new) in self._compared:
            return
        self._compared.add(id(new))
        if is_drawn(new):
            raise Inseparable(_BUILT_OTHERWISE)
        before = dict(held_by(old))
        for step, copy in held_by(new):
            own = before.get(step, copy)
            if is_atom(copy) or is_a(copy, Enum) or type(own) is not type(copy) or own is copy:
                continue
            further = exchanged.at(step)
            if not further.is_below and self.is_same(own, copy):
                self._note(own, copy)
                continue
            self.compare(own, copy, further)
            if not further.is_here and self._can_become(own, copy):
                self._become(own, copy)

    def _become(self, own: Any, copy: Any) -> None:
        """Note a part that changed where it stood."""
        known = self._own.setdefault(id(copy), own)
        if known is not own or self._copies.setdefault(id(own), copy) is not copy:
            raise Inseparable(_BUILT_OTHERWISE)
        self._kept.append(copy)
        self.becoming.append((own, copy))
        stay_behind(own, copy, self.is_same)

    def stand(self, old: Any, new: Any) -> None:
        """Note that an object is about to be what its later content is."""
        self._kept.append(new)
        self._own[id(new)] = old
        self._copies[id(old)] = new

    def put_back(self, contents: Iterable[Any]) -> None:
        """Replace the copies of unchanged parts, wherever they stand in the later contents."""
        waiting, seen = list(contents), set[int]()
        while waiting:
            holder = waiting.pop()
            for step, item in list(held_by(holder)):
                if id(item) in self._own:
                    self._put(holder, step, self._own[id(item)])
                elif is_a(item, tuple) and any(id(one) in self._own for one in item):
                    items = (self._own.get(id(one), one) for one in item)
                    waiting.append(made := tuple.__new__(type(item), items))
                    self._put(holder, step, made)
                elif id(item) not in seen and not is_atom(item):
                    seen.add(id(item))
                    waiting.append(item)
                    self._refuse_windows(item)

    def is_same(self, own: Any, copy: Any) -> bool:
        """Whether both have the same content."""
        digest = self._digest(own)
        return digest is not None and digest == self._digest(copy)

    def _note(self, own: Any, copy: Any) -> None:
        """Own parts stand for the copy's, one for one; an own tuple for the copied one."""
        self._kept.append(copy)
        self._own.setdefault(id(copy), own)
        owns, copies = dict(walk(own)), dict(walk(copy))
        if owns.keys() != copies.keys():
            raise Inseparable(_BUILT_OTHERWISE)
        for path, part in copies.items():
            known = self._own.setdefault(id(part), owns[path])
            if known is not owns[path] or self._copies.setdefault(id(known), part) is not part:
                raise Inseparable(_BUILT_OTHERWISE)

    def _put(self, holder: Any, step: tuple[str, Any], own: Any) -> None:
        try:
            put(holder, step, own)
        except (TypeError, AttributeError) as error:
            raise Inseparable(_BUILT_OTHERWISE) from error

    def _refuse_windows(self, item: Any) -> None:
        """A new array or row must not look into the memory of a copy that is to be dropped."""
        copies: Mapping[int, Any] = self._copies
        if (array := array_of(item)) is not None:
            share = sys.modules["numpy"].may_share_memory
            if any(is_array(copy) and share(array, copy) for copy in copies.values()):
                raise Inseparable(_BUILT_OTHERWISE)
