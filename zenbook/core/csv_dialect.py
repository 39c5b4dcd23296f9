"""What a dialect of ``csv`` says of itself."""

from __future__ import annotations

from typing import Any

_SAYS = (
    *("delimiter", "doublequote", "escapechar", "lineterminator", "quotechar", "quoting"),
    *("skipinitialspace", "strict"),
)


def told_of_dialect(dialect: Any) -> dict[str, Any]:
    """Its attributes by name, as ``csv.reader`` and ``csv.writer`` take them."""
    return {name: getattr(dialect, name) for name in _SAYS}
