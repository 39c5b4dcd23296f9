"""The notebook front: ``%%step`` makes a cell a cached, versioned step."""

from __future__ import annotations

from typing import Any


def load(shell: Any) -> None:
    """Put the step magics into a shell; once, however often it is loaded."""
    from zenbook.front.notebook.loading import load_into

    load_into(shell)
