"""A notebook as the exporter reads it: its code cells as plain Python, each with what is around it.

nbformat brings every older format to format 4. Cells are counted from 1 over *all* cells, as
the rest of zenbook counts them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zenbook.core.source import parse_cell
from zenbook.errors import ExportError, OptionError
from zenbook.front.export.layout import one_line
from zenbook.front.export.magics import plain_python
from zenbook.front.export.prose import first_sentence, heading_text, marked_headings
from zenbook.front.export.raised import before_error, error_of, is_interrupted
from zenbook.front.export.surroundings import Surroundings, words_of
from zenbook.front.export.where import Place
from zenbook.front.notebook.marker import find_marker, holds_parameters
from zenbook.front.notebook.options import StepLine, parse_step_line

_RAISES = "raises-exception"
_SKIPPED_TAGS = frozenset({_RAISES, "skip-execution", "remove_cell_from_export"})
_PARAMETERS = frozenset({"parameters", "injected-parameters"})


@dataclass(frozen=True, slots=True, eq=False)
class SourceCell:
    """One code cell. ``markdown`` is what stands between it and the code cell before it."""

    number: int
    raw: str
    text: str
    tree: ast.Module
    step: StepLine | None = None
    is_parameters: bool = False
    markdown: tuple[str, ...] = ()
    executed: int | None = None
    outputs: Sequence[Mapping[str, Any]] = ()
    notes: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    skipped: str = ""
    """Why the cell is no part of the script, "" if it is."""
    asked: frozenset[str] = frozenset()
    """Names that a run has shown to be read by a text of the cell, such as a formula."""
    raises: bool = False
    """Whether it ends with an error, after which the notebook goes on."""

    @property
    def shown(self) -> str | None:
        """The text of the value the notebook shows as the cell's result; None if it shows none."""
        for output in self.outputs:
            if output.get("output_type") == "execute_result":
                found = output.get("data", {}).get("text/plain", "")
                return "".join(found) if isinstance(found, list) else str(found)
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Notebook:
    """A notebook to be exported. ``pipeline`` is the name ``%pipeline`` gives it, else ""."""

    file: Path
    cells: tuple[SourceCell, ...]
    title: str = ""
    introduction: str = ""
    pipeline: str = ""
    closing: tuple[str, ...] = ()
    remarks: tuple[str, ...] = field(default=())

    @property
    def has_steps(self) -> bool:
        """Whether any cell is marked ``%%step``."""
        return any(cell.step is not None for cell in self.cells)


def read_notebook(
    file: Path, allow_magics: bool = False, failed: Mapping[int, frozenset[str]] | None = None
) -> Notebook:
    """Read a notebook. Raises UsageError for another file, ExportError naming a cell.

    ``failed`` holds the commands of each cell that failed when the notebook ran.
    """
    from zenbook.front.notebook.book import read_notebook as read

    found = read(file)
    _check_language(found, file)
    cells: list[SourceCell] = []
    markdown: list[str] = []
    everything: list[str] = []
    words = words_of(cell.source for cell in found.cells if cell.cell_type == "code")
    for number, cell in enumerate(found.cells, 1):
        if cell.cell_type == "markdown":
            told = marked_headings(cell.source)
            markdown.append(told)
            everything.append(told)
        elif cell.cell_type == "code":
            around = Surroundings(words, (failed or {}).get(number, frozenset()), file.parent)
            cells.append(_code_cell(cell, number, tuple(markdown), allow_magics, around))
            markdown = []
    title, introduction = _opening(everything)
    name = next((line for line in map(_pipeline_line, cells) if line), "")
    remarks = _remarks(found.metadata)
    return Notebook(file, tuple(cells), title, introduction, name, tuple(markdown), remarks)


def _remarks(metadata: Any) -> tuple[str, ...]:
    version = str(metadata.get("language_info", {}).get("version", ""))
    if not version.startswith("2."):
        return ()
    return (f"it last ran under Python {version}, where division and text mean something else",)


def _check_language(notebook: Any, file: Path) -> None:
    from zenbook.front.notebook.book import other_language

    if said := other_language(notebook):
        raise ExportError(
            f"{file.name} is written in {said}. Only Python notebooks become pipeline scripts."
        )


def _code_cell(
    cell: Any, number: int, markdown: tuple[str, ...], allow: bool, around: Surroundings
) -> SourceCell:
    tags = set(cell.metadata.get("tags", ()))
    raw: str = cell.source.replace("\r\n", "\n").replace("\r", "\n")
    common: dict[str, Any] = {
        "number": number,
        "raw": raw,
        "markdown": markdown,
        "executed": cell.get("execution_count"),
        "outputs": tuple(cell.get("outputs", ())),
    }
    ran = before_error(raw, common["outputs"]) if find_marker(raw.split("\n")) is None else ""
    if reason := _why_skipped(tags, common["outputs"], ran):
        raises = not (tags & _SKIPPED_TAGS - {_RAISES} or is_interrupted(common["outputs"]))
        empty = ast.Module([], [])
        return SourceCell(**common, text="", tree=empty, skipped=reason, raises=raises)
    step, body = _marked(ran or raw, number)
    plain = plain_python(body, number, allow, around)
    if ran:
        plain.notes.append("left out from where it ended with an error when the notebook ran")
    return SourceCell(
        **common,
        text=plain.text,
        tree=_parsed(plain.text, number, raw),
        step=step,
        is_parameters=bool(tags & _PARAMETERS) or holds_parameters(raw.splitlines()),
        raises=bool(ran),
        notes=tuple(plain.notes),
        requirements=tuple(plain.requirements),
        imports=tuple(sorted(plain.imports)),
    )


def _why_skipped(tags: set[str], outputs: Sequence[Mapping[str, Any]], ran: str) -> str:
    """Why a cell is left out, "" if it is not; ``ran`` is what of it ran before an error."""
    skipping = sorted(tags & _SKIPPED_TAGS)
    if skipping and not (ran and skipping == [_RAISES]):
        return f"tagged {skipping[0]}"
    return "it ended with an error when the notebook ran" if error_of(outputs) and not ran else ""


def _marked(raw: str, number: int) -> tuple[StepLine | None, str]:
    """The step line's meaning, and the cell without it (every other line in its place)."""
    lines = raw.split("\n")
    marker = find_marker(lines)
    if marker is None:
        return None, raw
    try:
        said = parse_step_line(marker.options)
    except OptionError as error:
        raise Place(number, marker.line + 1).error(str(error), "Correct the %%step line.") from None
    if marker.line + 1 < len(lines) and lines[marker.line + 1].startswith("%%"):
        return said, "\n".join(lines[marker.line + 1 :])
    kept = [*lines[: marker.line], "", *lines[marker.line + 1 :]]
    return said, "\n".join(kept)


def _parsed(text: str, number: int, raw: str) -> ast.Module:
    try:
        return parse_cell(text)
    except (SyntaxError, ValueError) as error:  # ValueError: half a character, a null byte
        line = getattr(error, "lineno", 0) or 0
        lines = raw.split("\n")
        shown = lines[min(line, len(lines)) - 1 if line else 0].strip()[:60]
        if _is_python_2(str(getattr(error, "msg", error)), shown):
            raise Place(number, line).error(
                f"this is Python 2: {one_line(shown)}.", "Bring the notebook to Python 3 first."
            ) from None
        raise Place(number, line).error(
            f"this is no Python ({getattr(error, 'msg', error)}): {one_line(shown)}.",
            "Correct the cell, or tag it raises-exception to leave it out.",
        ) from None


def _is_python_2(message: str, line: str) -> bool:
    """Whether a line that Python 3 cannot read is Python 2: ``print x``, ``except E, e``."""
    told = ("Missing parentheses in call to 'print'", "Missing parentheses in call to 'exec'")
    if message.startswith((*told, "multiple exception types must be parenthesized")):
        return True
    return bool(re.match(r"raise \w+, ", line)) or message.startswith("leading zeros")


def _opening(markdown: Sequence[str]) -> tuple[str, str]:
    """The notebook's title and the sentence below it."""
    for text in markdown:
        lines = [line.strip() for line in text.splitlines()]
        for place, line in enumerate(lines):
            if line.startswith("#"):
                return heading_text(line), first_sentence("\n".join(lines[place + 1 :]))
    return "", ""


def _pipeline_line(cell: SourceCell) -> str:
    found = re.search(r"^%pipeline[ \t]+([A-Za-z_][\w.-]*)", cell.raw, re.MULTILINE)
    return found[1] if found else ""
