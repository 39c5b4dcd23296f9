"""Give whatever holds an artist of a figure that a hit has drawn on the one in its place.

The figure that the notebook has makes way for the one that was kept
(:mod:`zenbook.engine.drawings`), and each name, and each list, tuple, dictionary and array of
objects, that holds an artist of the one is given the artist that has taken its place in the other.
Where anything else holds such an artist, or a part of one, or where an artist is held that the
step has taken out of its figure, the step runs.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, MutableMapping
from copy import copy
from itertools import chain
from typing import Any

from zenbook.core.closure_trace import MISSING
from zenbook.engine.artists import artists_of, home_of, loses_calls
from zenbook.engine.drawings import drawings_in, is_plain_container, items_of, leaves
from zenbook.engine.figures_apart import share
from zenbook.engine.parts import Path
from zenbook.engine.paths import found
from zenbook.engine.reach import Reach
from zenbook.engine.sharing import Inseparable, Link

_BUILT_OTHERWISE = "an input is built otherwise than it was"


class Redrawn:
    """Which artist takes the place of which."""

    def __init__(
        self, links: Iterable[Link], changed: Mapping[str, Any], given: Mapping[str, Any]
    ) -> None:
        """``changed`` are the loaded contents of inputs, ``given`` the notebook's own objects.
        Raises Inseparable."""
        self._later: dict[int, Any] = {}
        """What takes the place of artists, by identity."""
        self._figures: list[tuple[str, Any]] = []
        self.names: set[str] = set()
        """The changed inputs that are given their later content so."""
        self._leading: set[str] = set()
        self._copies: list[tuple[Any, str]] = []
        self._given = given
        for name, moved, others in drawings_in(links):
            if name not in changed:
                continue
            old, new = _figure_in(given.get(name)), _figure_in(changed[name])
            self._pair(artists_of(old), artists_of(new), moved)
            self._figures.append((name, old))
            self._leading.add(name)
            self.names.update((name, *others))
            self._copies += [(changed[one], one) for one in (name, *others) if one in changed]

    def _pair(self, before: list[Any], after: list[Any], moved: tuple[int, ...]) -> None:
        """Let artists take the places of others."""
        if len(before) != len(moved) or max(moved) >= len(after):
            raise Inseparable(_BUILT_OTHERWISE)
        for own, place in zip(before, moved, strict=True):
            if place < 0:
                continue  # whoever holds one that was taken out holds a part
            if type(own) is not type(after[place]):
                raise Inseparable(_BUILT_OTHERWISE)
            self._later[id(own)] = after[place]

    def without_followers(self, changed: Mapping[str, Any]) -> dict[str, Any]:
        """What was changed without the artists that follow from another one."""
        return {n: new for n, new in changed.items() if n in self._leading or n not in self.names}

    def later(self, value: Any) -> Any:
        """What takes the place of this; of a list, tuple, dictionary or array that has an artist,
        a copy that has the one in its place."""
        return self._exchanged(value, frozenset(), in_place=False)

    def source(self, name: str, where: Path) -> Any:
        """Where a way begins that leads to a part of this input or to all of it: in what takes the
        place of an artist if it leads through one, else in the notebook's own object."""
        at = own = self._given.get(name, MISSING)
        for step in (*where, None):
            if id(at) in self._later:
                return self.later(own)
            at = at if step is None else found(at, (step,))
        return own

    def holder(self, bound: Mapping[str, Any], changed: Mapping[str, Any]) -> str:
        """A sentence that says what else holds an artist, or a part of one; "" if nothing does.
        ``changed`` are the later contents, which may hold parts, too."""
        for name, figure in self._figures:
            staying = Reach([changed[name]]).objects
            held = _reach([figure]).objects
            if loses_calls(held.values()):
                return f"{name} is changed in place and calls functions back"
            going = {n: one for n, one in held.items() if n not in staying or n in self._later}
            besides = {n: [*self._besides(value, (), going)] for n, value in bound.items()}
            if share(going, _reach(chain.from_iterable(besides.values()))):
                holding = (n for n, rest in besides.items() if share(going, _reach(rest)))
                other = next(holding, "what other names hold")
                return f"{name} is changed in place and shares a part with {other}"
        return ""

    def _besides(self, value: Any, within: tuple[int, ...], going: Container[int]) -> Iterator[Any]:
        """What there is in a value besides artists that can be replaced where they are."""
        if id(value) in self._later or id(value) in within:
            return
        if id(value) in going or not is_plain_container(value) or not self._holds_any(value):
            yield value
            return
        for _, item in items_of(value):
            yield from self._besides(item, (*within, id(value)), going)

    def _holds_any(self, value: Any) -> bool:
        return not self._later.keys().isdisjoint(Reach([value]).objects)

    def put(self, namespace: MutableMapping[str, Any]) -> dict[int, Any]:
        """Replace the artists under all names, and in what these stand for; what to use instead of
        the notebook's artists and of the loaded ones, by identity."""
        if not self._figures:
            return {}
        standing = dict(self._later)
        for name, value in list(namespace.items()):
            if id(value) in self._later or (is_plain_container(value) and self._holds_any(value)):
                namespace[name] = self._exchanged(value, frozenset(), in_place=True)
        for loaded, name in self._copies:
            standing[id(loaded)] = self.later(self._given[name])
        return standing

    def _exchanged(self, value: Any, within: frozenset[int], *, in_place: bool) -> Any:
        if id(value) in self._later:
            return self._later[id(value)]
        if id(value) in within or not is_plain_container(value):
            return value
        within |= {id(value)}
        items = [
            (at, it, self._exchanged(it, within, in_place=in_place)) for at, it in items_of(value)
        ]
        if all(item is other for _, item, other in items):
            return value
        if type(value) is tuple:
            return tuple(other for *_, other in items)
        holder = value if in_place else copy(value)
        for at, item, other in items:
            if other is not item:
                holder[at] = other
        return holder


def _figure_in(value: Any) -> Any:
    """The figure to which the artists belong that this is or has in it. Raises Inseparable."""
    homes = {id(home): home for home in (home_of(leaf) for _, leaf in leaves(value))}
    home = next(iter(homes.values()), None)
    if len(homes) != 1 or home is None:
        raise Inseparable(_BUILT_OTHERWISE)
    return home


def _reach(values: Iterable[Any]) -> Reach:
    return Reach(values, unseen="all")
