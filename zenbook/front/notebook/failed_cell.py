"""The cell that ended a run, as a person wants to see it: which, its source, what it had shown by
then, and the error.

IPython's traceback quotes the lines around each of its frames. Those of the cell itself stand in
its source already, so there they are marked, and such a frame is told by its line only. A
traceback in another form is shown as it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from zenbook.core.view_text import ANSI, count_text, plain
from zenbook.front.notebook.line import MIME

_LONGEST, _LAST = 40, 20
"""Lines of a source that are told whole, and the last ones of what was shown."""
_BEFORE, _AFTER = 12, 4
"""Lines of a longer source that are told around a marked one."""
_WIDEST = 300
_ARROW = re.compile(r"^-+> *(\d+)", re.M)
_OWN = r"\s*(?:Cell In|Input In ?)\[{0}\]|<ipython-input-{0}-"
_LEFT_OUT = ("An exception has occurred, use %tb", "-----")
_DIED = (
    "the kernel died while it ran this cell{step}: memory ran out, a library crashed, or somebody "
    "ended its process. What ran before is kept."
)


@dataclass(frozen=True, slots=True)
class Failure:
    """The cell that ended a run, in plain facts.

    ``cell`` is its number, counted from 1; ``step`` the step that it is, "" for a plain cell;
    ``frames`` the kernel's traceback, none where the kernel died; ``printed`` what it had shown as
    text; ``count`` the number that IPython gave it.
    """

    cell: int
    source: str
    step: str = ""
    frames: tuple[str, ...] = ()
    printed: str = ""
    count: int | None = None
    died: bool = False


def failure_of(cell: Any, number: int, error: str = "") -> Failure:
    """What an executed cell tells of its failure; ``error`` is it where the cell shows no
    traceback, "" where its kernel died."""
    tracebacks = [output.traceback for output in cell.outputs if output.output_type == "error"]
    printed = "".join(_texts(cell.outputs))
    frames = tracebacks[-1] if tracebacks else [] if error in printed else [error]
    said = [output.data[MIME] for output in cell.outputs if MIME in output.get("data", {})]
    return Failure(
        cell=number,
        source=cell.source,
        step=str(said[-1]["step"]) if said else "",
        frames=tuple(frames),
        printed=printed,
        count=cell.get("execution_count"),
        died=not error,
    )


def _texts(outputs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What a cell has printed and displayed, as text; the line under it is neither."""
    for output in outputs:
        data = output.get("data", {})
        if output["output_type"] == "stream":
            yield output["text"]
        elif "text/plain" in data and MIME not in data:
            yield f"{data['text/plain']}\n"


def shown(failure: Failure, stream: TextIO) -> str:
    """The failure, in colour only where somebody watches who wants colour."""
    marks, traceback = _told_apart(failure)
    if not stream.isatty() or os.environ.get("NO_COLOR"):
        traceback = ANSI.sub("", traceback)
    printed = "\n".join(_last(failure.printed))
    paragraphs = [
        f"Cell {failure.cell} failed{_how(failure)}",
        "\n".join(_numbered(failure.source, marks)),
        f"Before that it had shown:\n\n{printed}" if printed else "",
        traceback,
    ]
    return "\n\n".join(filter(None, paragraphs))


def _how(failure: Failure) -> str:
    step = f" (step {plain(failure.step)})" if failure.step else ""
    return f": {_DIED.format(step=step)}" if failure.died else f"{step}:"


def _told_apart(failure: Failure) -> tuple[Mapping[int, str], str]:
    """Which lines of the cell to mark, each with what stands below it, and what else the
    traceback says."""
    own = re.compile(_OWN.format(failure.count))
    marks: dict[int, str] = {}
    told: list[str] = []
    for frame in failure.frames:
        bare = ANSI.sub("", frame)
        arrows = [int(number) for number in _ARROW.findall(bare)]
        if bare.startswith(_LEFT_OUT):
            continue
        if own.match(bare) and arrows and max(arrows) <= len(failure.source.splitlines()):
            marks |= dict.fromkeys(arrows, "")
            told.append(frame.partition("\n")[0])
        elif own.match(bare) and (wrong := _SYNTAX.match(bare)):
            marks[int(wrong["line"])] = wrong["below"]
            told.append(wrong["error"])
        else:
            told.append(frame.rstrip("\n"))
    return marks, "\n".join(told)


_SYNTAX = re.compile(
    r".*line (?P<line>\d+)\n {4}.*\n {4}(?P<below> *\^+)\n(?P<error>\w+(?:.|\n)*?)\s*$"
)
"""What IPython says of a line that is no Python: the line without its indent, and carets."""


def _numbered(source: str, marks: Mapping[int, str]) -> Iterator[str]:
    """The lines of the cell with their numbers; of a long one those around the marks."""
    lines = source.splitlines()
    wanted = _wanted(len(lines), marks)
    width, left_out = len(str(len(lines))) + 6, 0
    for number, text in enumerate(lines, 1):
        if number not in wanted:
            left_out += 1
            continue
        if left_out:
            yield f"{'':{width}} … {count_text(left_out, 'line')}"
            left_out = 0
        arrow = "-" * (width - len(str(number)) - 2) + "> " if number in marks else ""
        yield f"{f'{arrow}{number}':>{width}} {plain(text, _WIDEST)}".rstrip()
        if below := marks.get(number):
            indent = len(text) - len(text.lstrip())
            yield f"{'':{width}} {text[:indent]}{below}"
    if left_out:
        yield f"{'':{width}} … {count_text(left_out, 'line')}"


def _wanted(lines: int, marks: Collection[int]) -> Collection[int]:
    if lines <= _LONGEST:
        return range(1, lines + 1)
    around = [range(mark - _BEFORE, mark + _AFTER + 1) for mark in sorted(marks)]
    return {1, *(number for each in around or [range(1, _LONGEST)] for number in each)}


def _last(text: str) -> Iterator[str]:
    """The last lines of what was shown, as a terminal would show them."""
    lines = text.rstrip().split("\n")
    if (more := len(lines) - _LAST) > 0:
        yield f"… {count_text(more, 'line')}"
    for each in lines[-_LAST:]:
        yield plain(each.rstrip("\r").rpartition("\r")[2], _WIDEST)
