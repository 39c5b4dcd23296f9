"""What objects of libraries only remember. It follows from the rest of them, as their class sees to
it; so it is no part of what they are, and a look that fills it changes nothing."""

from __future__ import annotations

from functools import cached_property
from weakref import WeakKeyDictionary

from zenbook.core.closure_origin import library_of

_NAMES = {
    "networkx": frozenset({"__networkx_cache__"}),
    "pandas": frozenset({"_cache"}),
    "sklearn": frozenset({"_stop_words_id"}),  # the address of an attribute
    "statsmodels": frozenset({"_cache", "_nobs_int", "_summary_cache", "diagn"}),
}
_VIEWS = frozenset({"networkx"})
"""Whose cached properties are views of the object itself."""
_known: WeakKeyDictionary[type, frozenset[str]] = WeakKeyDictionary()


def remembered_by(kind: type) -> frozenset[str]:
    """The attributes that instances of this class remember things in."""
    found = _known.get(kind)
    if found is None:
        found = _known[kind] = frozenset().union(*map(_remembered_by_own, kind.__mro__[:-1]))
    return found


def _remembered_by_own(kind: type) -> frozenset[str]:
    library = library_of(kind)
    found = _NAMES.get(library, frozenset())
    if library in _VIEWS:
        found |= {name for name, own in vars(kind).items() if isinstance(own, cached_property)}
    return found
