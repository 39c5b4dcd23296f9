"""Steps that ask memoized functions what they remember, or have them forget it.

How often ``f`` was called, which ``f.cache_info()`` tells, depends on every cell and step before,
and a hit makes no calls. ``f.cache_clear()`` takes from later cells what earlier ones had it
remember, objects with what was done to them; where that is nothing, it does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zenbook.core.closure_collect import digest_of
from zenbook.model import Part
from zenbook.world.program_text import texts_of_files

if TYPE_CHECKING:
    from zenbook.core.closure import Uses
    from zenbook.core.digest import Digester

_ASKS, _CLEARS = "cache_info", "cache_clear"


def asked_of_memoized(uses: Uses, digester: Digester) -> Iterator[str]:
    """Reasons ("NAME why") not to keep the result of a step that uses this, and whose inputs this
    digester has digested."""
    if _names(_ASKS, uses, digester) or _texts_name(_ASKS, uses):
        yield f"{_ASKS}() tells of calls that hits do not make"
    for name in _remembering(uses, digester):
        yield f"{_CLEARS}() makes {name}() forget, which no hit repeats"


def forgotten_before(uses: Uses, digester: Digester) -> Iterator[Part]:
    """A part for a step that may have functions forget while some remember anything: it is another
    then."""
    if names := (*_remembering(uses, digester),):
        yield Part("setting", f"what {names[0]}() remembers", digest_of(names))


def _remembering(uses: Uses, digester: Digester) -> Iterator[str]:
    """Functions that remember anything now, and that the step may have forget it."""
    if _names(_CLEARS, uses, digester):
        functions = {id(each): each for each in (*uses.memoized, *digester.memoized)}
        held = (each for each in functions.values() if each.cache_info().currsize)
        yield from sorted(str(getattr(each, "__name__", "a function")) for each in held)


def _texts_name(name: str, uses: Uses) -> bool:
    """Whether local modules name this, of which some count by their text."""
    return bool(uses.by_text) and any(name in text for text in texts_of_files())


def _names(name: str, uses: Uses, digester: Digester) -> bool:
    """Whether some of the code names this, and may mean a memoized function's. A module that counts
    by its text may have some."""
    if not (uses.memoized or digester.memoized or uses.by_text or uses.finds_modules):
        return False
    return name in uses.reading.names or any(
        name in trace.reading.names for trace in digester.met.values()
    )
