"""A pause for Python's garbage collector while zenbook makes very many small objects.

The collector looks at all that there is again and again while their number grows. Ways to 60,000
parts, or the objects of a result that is loaded, are no garbage: measured, between a tenth and a
third of the time that it takes to make the ways. Nothing that says whether the collector is on may
be asked meanwhile, since a step can depend on that.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect no garbage meanwhile, unless nobody does so anyway."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
