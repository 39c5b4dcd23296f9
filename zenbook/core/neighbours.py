"""Trees of scipy and sklearn for looking up neighbours: they go on looking at the array that they
were made of, and tell it only with the whole of their state."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

_PLACES = {
    ("scipy.spatial._ckdtree", "cKDTree"): 1,
    ("sklearn.neighbors._kd_tree", "BinaryTree64"): 0,
    ("sklearn.neighbors._kd_tree", "BinaryTree32"): 0,
    ("sklearn.neighbors._ball_tree", "BinaryTree64"): 0,
    ("sklearn.neighbors._ball_tree", "BinaryTree32"): 0,
}
"""Where the array stands in the state of a tree, by the module and name of the tree's base."""
_places: WeakKeyDictionary[type, int | None] = WeakKeyDictionary()


def is_tree(value: Any) -> bool:
    """Whether it is such a tree."""
    return _place_in(type(value)) is not None


def array_in(tree: Any) -> Any:
    """The array that a tree looks at."""
    return tree.data if _place_in(type(tree)) else tree.__getstate__()[0]


def put_into(tree: Any, array: Any) -> None:
    """Let a tree look at another array of the same content. Raises TypeError for one that is laid
    out otherwise."""
    before = array_in(tree)
    if (array.shape, array.dtype, array.strides) != (before.shape, before.dtype, before.strides):
        raise TypeError("a tree looks only at an array that is laid out as it was")
    tree.__setstate__(state_with(tree, array))


def state_with(tree: Any, array: Any) -> tuple[Any, ...]:
    """The state of a tree that looks at this array; scipy's own has a copy of it."""
    state = [*tree.__getstate__()]
    state[_place_in(type(tree)) or 0] = array
    return tuple(state)


def _place_in(kind: type) -> int | None:
    if kind not in _places:
        names = ((each.__module__, each.__name__) for each in kind.__mro__)
        found = (_PLACES[name] for name in names if name in _PLACES)
        _places[kind] = next(found, None)
    return _places[kind]
