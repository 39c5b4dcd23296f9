"""What is noted of one path while a step runs."""

from __future__ import annotations

from dataclasses import dataclass

from zenbook.world import files


@dataclass(slots=True)
class Content:
    """A file whose bytes were read: its stamp then, and its digest once it had to be taken."""

    name: str
    stamp: files.Stamp | None
    digest: str = ""


@dataclass(slots=True)
class Written:
    """A path the step wrote or removed: its stamp before, None if it was not there."""

    name: str
    before: files.Stamp | None
    blind: bool
    """Whether it was overwritten without having been read."""


@dataclass(slots=True)
class Named:
    """A path that a literal, an input or a command line names."""

    name: str
    kind: str
    stamp: files.Stamp | None
    digest: str
    within: str = ""
    """The folder that was named instead, which a native reader may have gone through."""


UNKNOWN: files.Stamp = (0, 0, 0, 0, 0)
"""The stamp of a file that was there, and was written before anybody could look."""
