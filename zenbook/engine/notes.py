"""What people write on runs and steps, checked where it is written: metrics, tags, names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zenbook.core.masking import MASK, mask
from zenbook.core.naming import is_secret_name, valid_name, valid_title
from zenbook.errors import OptionError
from zenbook.world.variables import secrets_of_environment


def checked_metrics(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Metrics as plain numbers, texts, booleans or None, secrets masked. Raises OptionError."""
    return {name: _metric(name, value) for name, value in metrics.items()}


def checked_tags(tags: str | Iterable[str]) -> tuple[str, ...]:
    """One tag or several. Raises OptionError for one that cannot be a name."""
    return tuple(valid_name(tag, "tag") for tag in ((tags,) if isinstance(tags, str) else tags))


def checked_run_name(name: str) -> str:
    """A run's name: words on one line. Raises OptionError."""
    return valid_title(name, "run name") if name != "" else ""


def _metric(name: str, value: Any) -> Any:
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    if not isinstance(value, (int, float, str, bool, type(None))):
        raise OptionError(
            f"The metric {name} is a {type(value).__name__}; log a number, text or boolean."
        )
    if is_secret_name(name):
        return MASK
    return mask(value, secrets_of_environment()) if isinstance(value, str) else value
