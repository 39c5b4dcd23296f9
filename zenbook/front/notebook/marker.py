"""Find the line that makes a cell a step, and take it away without moving any other line.

Constraints, measured with ipykernel 7.4 and IPython 9.18:

* ipykernel transforms every cell twice and IPython counts on the line numbers, so the
  transformer is pure, idempotent and keeps the number of lines. The marker therefore becomes a
  comment; an empty line would be stripped by the second pass.
* IPython looks for a cell magic in the first line only, so a cell magic *below* the marker
  (``%%bash``, ``%%time``) is lowered here.

Rejected: a cell magic that calls ``run_cell`` (it hides errors from nbclient and papermill).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_MARKER = re.compile(r"^%%?step(?:[ \t]+(?P<options>.*))?$")
_PARAMETERS = re.compile(r"^%%parameters[ \t]*$")
_ABOVE = re.compile(r"^%%(?P<magic>\w+)")


@dataclass(frozen=True, slots=True)
class Marker:
    """Where the step line of a cell stands (counted from 0), and what follows the magic's name."""

    line: int
    options: str


def find_marker(lines: Sequence[str]) -> Marker | None:
    """The marker of a cell: its first line that is neither blank nor a comment, if it is one."""
    for number, line in enumerate(lines):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        found = _MARKER.match(text)
        return Marker(number, (found["options"] or "").strip()) if found else None
    return None


def holds_parameters(lines: Sequence[str]) -> bool:
    """Whether a cell says itself that it holds the pipeline's parameters."""
    return bool(_PARAMETERS.match(_first(lines))) or is_injected(lines)


def is_injected(lines: Sequence[str]) -> bool:
    """Whether papermill has written the cell: below the one that is tagged ``parameters``, with
    those that were given another value."""
    return _first(lines) == "# Parameters"


def _first(lines: Sequence[str]) -> str:
    return next((line.strip() for line in lines if line.strip()), "")


def magic_above(source: str) -> str:
    """The cell magic that stands above a step line and therefore hides it; "" if none does."""
    lines = source.splitlines()
    if not lines or find_marker(lines) is not None:
        return ""
    above = _ABOVE.match(lines[0].strip())
    if above is None or find_marker(lines[1:]) is None:
        return ""
    return above["magic"]


def take_marker_away(lines: list[str]) -> list[str]:
    """The input transformer: the same lines, the marker turned into a comment."""
    marker = find_marker(lines)
    if marker is None:
        return _without_parameters_line(lines)
    comment = f"# {lines[marker.line].strip()}\n"
    below = lines[marker.line + 1 :]
    if below and below[0].startswith("%%"):
        from IPython.core.inputtransformer2 import cell_magic

        lowered: list[str] = cell_magic(below)  # type: ignore[no-untyped-call]
        below = lowered
    return [*lines[: marker.line], comment, *below]


take_marker_away.has_side_effects = True  # type: ignore[attr-defined]
"""Of such transformers a terminal does not ask whether a cell is complete: it then sees a cell
magic, which goes on until a blank line, and no comment, which would end with its line."""


def _without_parameters_line(lines: list[str]) -> list[str]:
    """``%%parameters`` as a comment: such a cell runs as any cell does."""
    for number, line in enumerate(lines):
        if line.strip():
            if _PARAMETERS.match(line.strip()):
                return [*lines[:number], f"# {line.strip()}\n", *lines[number + 1 :]]
            break
    return lines
