"""What the process of an open run knows of it and the history does not yet.

A notebook's run has no version before it is complete, and the history holds the text of steps by
version. Until then whoever has the run open tells: :attr:`Desk.drafts` maps a run's id to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zenbook.model import Step


@dataclass(frozen=True, slots=True)
class Draft:
    """An open run's version as it is said (``v1``, ``v2 draft``), and its steps by name."""

    version: str
    steps: Mapping[str, Step]
