"""Where in a notebook something is, for whoever reads of it in an error."""

from __future__ import annotations

from dataclasses import dataclass

from zenbook.errors import ExportError


@dataclass(frozen=True, slots=True)
class Place:
    """Where an error is: the cell, counted from 1 over all cells, and its line."""

    cell: int
    line: int = 0

    def error(self, what: str, remedy: str) -> ExportError:
        """The error, with its place and what to do."""
        line = f", line {self.line}" if self.line else ""
        return ExportError(f"Cell {self.cell}{line}: {what} {remedy}")
