"""Figures of matplotlib that a step draws on, where the notebook holds several of their artists.

After ``fig, ax = plt.subplots()`` a step that says ``ax.plot(x)`` changes both. Each is kept with a
copy of all of the figure, for either is described by that; but a notebook must have one figure. So
a record says which of these copies leads the others, and at which place each artist of the figure
is afterwards (:func:`zenbook.engine.artists.artists_of`). A hit takes the leading copy, and
whatever holds an artist of the notebook's figure is given the one that has taken its place
(:mod:`zenbook.engine.redrawn`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from zenbook.engine.artists import artists_of, home_of, is_artist, loses_calls
from zenbook.engine.part_kinds import LEAVES, is_array
from zenbook.engine.parts import WIDEST
from zenbook.engine.reach import Reach
from zenbook.engine.sharing import Link

_MARK = "@"
"""What the name in a link begins with that says where the artists of a figure are afterwards."""
_PLAIN = (list, tuple, dict)


class Drawing:
    """A figure that a step has drawn on."""

    def __init__(self, names: list[str], artists: Collection[int], link: Link) -> None:
        self.names = names
        """Inputs that are its artists, or containers of these; the leading one first."""
        self.artists = artists
        """Its artists, before and afterwards, by identity."""
        self.link = link


class Drawings:
    """The artists of figures before a step runs; nobody else gets their identity meanwhile."""

    def __init__(
        self, figures: Iterable[Any], used: Mapping[str, Any], inputs: Mapping[str, Any]
    ) -> None:
        """``figures`` share nothing but artists with anything else; ``used`` are values that
        the step's code uses besides its inputs."""
        self._before = {id(figure): artists_of(figure) for figure in figures}
        self._used = list(used.values()) if self._before else []
        self._held = {n: held for n, value in inputs.items() if (held := self._arranged(value))}

    def changed(self, changed: Mapping[str, Any]) -> list[Drawing]:
        """Those that a step drew on that changed these inputs."""
        found = (self._drawing(figure, changed) for figure in self._before)
        return [drawing for drawing in found if drawing is not None]

    def _drawing(self, number: int, changed: Mapping[str, Any]) -> Drawing | None:
        before = self._before[number]
        figure = before[0]
        names = [name for name in changed if name in self._held and self._held[name][0] is figure]
        if not names or any(self._held[n] != self._arranged(changed[n]) for n in names):
            return None  # the step has put other artists there, or taken one out of its figure
        names.sort(key=lambda name: (changed[name] is not figure, not is_artist(changed[name])))
        if loses_calls(Reach([figure]).objects.values()):
            return None
        after = artists_of(figure)
        artists = {*map(id, before), *map(id, after)}
        rest = [value for name, value in changed.items() if name not in names]
        if not artists.isdisjoint(Reach([*rest, *self._used]).objects):
            return None
        places = {id(one): place for place, one in enumerate(after)}
        moved = tuple(("artist", places.get(id(one), -1)) for one in before)
        others = tuple(("name", name) for name in names[1:])
        return Drawing(names, artists, (f"{_MARK}{names[0]}", moved, "", others, None))

    def _arranged(self, value: Any) -> tuple[Any, ...]:
        """The figure to which all artists belong that this is or has in it, and how it has them;
        nothing if there are others, or anything else."""
        if not self._before:
            return ()
        homes: dict[int, Any] = {}
        ways: list[Any] = []
        for way, leaf in leaves(value):
            home = home_of(leaf)
            homes[id(home)] = home
            ways.append((*way, id(leaf)))
        if len(homes) != 1 or not homes.keys() <= self._before.keys():
            return ()
        return (*homes.values(), type(value), tuple(ways))


def leaves(value: Any, *, entered: Collection[int] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """What a value has in its lists, tuples, dictionaries and arrays of objects, and in those in
    these, each with the keys that lead to it; the value itself, if it is none of these."""
    if id(value) in entered or not is_plain_container(value):
        yield (), value
        return
    for key, item in items_of(value):
        for way, leaf in leaves(item, entered=(*entered, id(value))):
            yield (key, *way), leaf


def is_plain_container(value: Any) -> bool:
    """Whether artists in it can be replaced."""
    if type(value) is dict:
        return len(value) <= WIDEST and LEAVES.issuperset(map(type, value))
    if type(value) in _PLAIN:
        return len(value) <= WIDEST
    return is_array(value) and value.dtype == object and value.size <= WIDEST


def items_of(value: Any) -> list[tuple[Any, Any]]:
    """What is in such a container, by the key or the place at which it is."""
    if type(value) is dict:
        return list(value.items())
    if type(value) in _PLAIN:
        return list(enumerate(value))
    return [(place, value[place]) for place in _places(value)]


def _places(array: Any) -> Iterator[tuple[int, ...]]:
    import numpy

    return iter(numpy.ndindex(array.shape))


def is_drawing(link: Link) -> bool:
    """Whether a link is of this module's."""
    return link[0].startswith(_MARK)


def drawings_in(links: Iterable[Link]) -> Iterator[tuple[str, tuple[int, ...], tuple[str, ...]]]:
    """Of each figure that was drawn on: the leading name, the place that each artist has
    afterwards (-1 for none), and the other names."""
    for link in links:
        if is_drawing(link):
            moved = tuple(place for _, place in link[1])
            yield link[0].removeprefix(_MARK), moved, tuple(name for _, name in link[3])


def without_artists(values: Mapping[str, Any], drawings: Sequence[Drawing]) -> dict[str, Any]:
    """These values without those that are artists of figures that were drawn on, or hold some."""
    artists = {number for drawing in drawings for number in drawing.artists}
    if not artists:
        return dict(values)
    return {
        name: value
        for name, value in values.items()
        if not any(id(leaf) in artists for _, leaf in leaves(value))
    }


def without_followers(changed: Mapping[str, Any], drawings: Sequence[Drawing]) -> dict[str, Any]:
    """What was changed without the artists that follow from a leading one."""
    followers = {name for drawing in drawings for name in drawing.names[1:]}
    return {name: value for name, value in changed.items() if name not in followers}
