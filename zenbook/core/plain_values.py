"""Types of libraries whose objects are values: none can change or leads to what can, equal ones are
exchangeable, and their own reduction says all that they are.

A list may hold hundreds of thousands of them, so each type is looked into once.
"""

from __future__ import annotations

from zenbook.core.closure_origin import is_local_module, library_of

_NAMES = frozenset(
    {
        *("datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta"),
        *("decimal.Decimal", "fractions.Fraction", "uuid.UUID"),
        *("pathlib.PosixPath", "pathlib.PurePosixPath", "pathlib.PureWindowsPath"),
        *("pandas.Timedelta", "pandas.Timestamp"),
    }
)
"""By library and name."""
_known: set[type] = set()


def is_value_type(kind: type) -> bool:
    """Whether it is such a type itself; what is derived from one may hold anything."""
    if kind in _known:
        return True
    name = f"{library_of(kind)}.{kind.__qualname__}"
    if name not in _NAMES or is_local_module(kind.__module__):
        return False
    _known.add(kind)
    return True
