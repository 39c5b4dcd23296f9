"""Classes of libraries whose objects are their attributes, whatever pickling makes of them.

patsy forbids pickling altogether, and statsmodels evaluates a formula anew where its result is
loaded, with names that it guesses. Both hold everything in plain attributes.
"""

from __future__ import annotations

from typing import Any

from zenbook.core.closure_origin import library_of

_object_reduce_ex: Any = object.__reduce_ex__


def is_by_attributes(kind: type) -> bool:
    """Whether objects of this class are described and kept by their attributes."""
    if kind.__reduce_ex__ is not _object_reduce_ex or kind.__dictoffset__ == 0:
        return False
    library = library_of(kind)
    if library == "patsy":
        return True
    return library == "statsmodels" and any(base.__name__ == "ModelData" for base in kind.__mro__)
