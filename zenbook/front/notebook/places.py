"""Where the notebook's cells stand, and with what text.

Known to a kernel is the order in which they were executed first. The file tells more, once it was
saved: which cells are gone, which stand elsewhere, which have another text than the one that ran.
What was executed after that is newer than the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from zenbook.front.notebook.marker import find_marker

if TYPE_CHECKING:
    from zenbook.front.notebook.trail import Trail


class SavedCell(NamedTuple):
    """A code cell of the notebook's file; without an id in files of an older format, and without a
    name if it is no step."""

    cell_id: str
    text: str
    step: str = ""


class Place(NamedTuple):
    """A cell of the notebook: its ``text``, and the ``newest`` of its executions, -1 if there is
    none. ``is_new`` says that it has not run with this text, ``is_unsaved`` that it ran with a
    text that the file does not have yet."""

    rank: float
    newest: int
    text: str
    is_new: bool = False
    is_unsaved: bool = False


def by_execution(trail: Trail) -> dict[object, Place]:
    """The cells in the order in which they were executed first."""
    places: dict[object, Place] = {}
    for at, cell in enumerate(trail.cells):
        key = trail.cell_at(at)
        places[key] = Place(places[key].rank if key in places else at, at, cell.text)
    return places


def by_file(trail: Trail, cells: Sequence[SavedCell], saved: float) -> dict[object, Place]:
    """The cells in the order of a file that was saved at this time (in seconds since the epoch);
    those it does not have are left out, but for what ran since."""
    run = by_execution(trail)
    found = dict(_matched(trail, cells, run))
    places: dict[object, Place] = {}
    for rank, cell in enumerate(cells):
        key = found.get(rank, ("in the file", rank))
        ran = run.get(key, Place(rank, -1, ""))
        is_other = _plain(ran.text) != _plain(cell.text)
        is_newer = ran.newest >= 0 and trail.cells[ran.newest].at > saved
        text = ran.text if is_newer else cell.text
        marks = is_other and not is_newer, is_other and is_newer
        places[key] = Place(rank, ran.newest, text, *marks)
    above = -1.0
    for key, ran in run.items():
        if key in places:
            above = places[key].rank
        elif trail.cells[ran.newest].at > saved:
            above += 2.0**-10
            places[key] = ran._replace(rank=above, is_unsaved=True)
    return dict(sorted(places.items(), key=lambda item: item[1].rank))


def _matched(
    trail: Trail, cells: Sequence[SavedCell], run: Mapping[object, Place]
) -> Iterator[tuple[int, object]]:
    """Which cell of the file is which executed one: told by its id, the name of a step, or a text
    that it has or had."""
    texts: dict[str, list[object]] = {}
    for at in reversed(range(len(trail.cells))):
        texts.setdefault(_plain(trail.cells[at].text), []).append(trail.cell_at(at))
    steps = {trail.cells[place.newest].step: key for key, place in run.items()}
    taken: set[object] = set()
    for rank, cell in enumerate(cells):
        named: list[object] = [cell.cell_id] if cell.cell_id else []
        named += [steps[cell.step]] if cell.step and cell.step in steps else []
        for key in (*named, *texts.get(_plain(cell.text), ())):
            if key in run and key not in taken:
                taken.add(key)
                yield rank, key
                break


def _plain(text: str) -> str:
    return text.strip()


def is_step(text: str) -> bool:
    """Whether a cell with this text is a step."""
    return find_marker(text.splitlines()) is not None
