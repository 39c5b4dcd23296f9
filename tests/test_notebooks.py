"""The tutorials run, run again cached, and show on their page what a run shows today."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

from notebooks.build import TUTORIALS, played
from tests.test_docs import without_figures

STEP = "application/vnd.zenbook.step+json"
LARGEST = 250_000
"""Bytes a committed tutorial may have: GitHub and a diff have to show it."""
PATHS = re.compile(r"(?<![\w./])/(?:home|root|tmp|usr|var|opt|work|mnt|Users|private)/|[A-Z]:\\")
PROBE = """
import json, zenbook
print(json.dumps({name: zenbook.fingerprint(globals()[name]) for name in %r}))
"""
DRAWN = ("axes", "shades")
"""Figures hold more than they show; what they show is compared as the cells' outputs."""


@dataclass(frozen=True, slots=True)
class Tutorial:
    """One tutorial as it is committed, as it ran first, and as it ran in the next kernel."""

    committed: Any
    first: Any
    again: Any


def read(file: Path) -> Any:
    return nbformat.read(file, as_version=4)


@pytest.fixture(scope="module", params=TUTORIALS, ids=lambda file: file.stem)
def tutorial(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tutorial:
    file, folder = request.param, tmp_path_factory.mktemp(request.param.stem)
    committed = read(file)
    made = {name for line in step_lines(committed) for name in line["outputs"]}
    probe = PROBE % sorted(made.difference(DRAWN))
    return Tutorial(committed, played(file, folder, probe), played(file, folder, probe))


# ------------------------------------------------------------------ looking at a notebook


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def step_name(cell: Any) -> str:
    """The name of a step's cell, "" for any other."""
    found = re.match(r"%%step (\w+)", cell.source) if cell.cell_type == "code" else None
    return found[1] if found else ""


def step_lines(notebook: Any) -> Iterator[dict[str, Any]]:
    """What the line under each step says."""
    for cell in code_cells(notebook):
        yield from (output.data[STEP] for output in cell.outputs if STEP in output.get("data", {}))


def shown(cell: Any) -> list[str]:
    """What a cell shows, as text: the same however long it took, whatever a picture's bytes."""
    texts = []
    for output in cell.outputs:
        assert output.output_type != "error", output.evalue
        texts.append(output.get("text") or output.data["text/plain"])
    return [without_figures(text) for text in texts]


def replayed(cell: Any) -> list[Any]:
    """What a step's own code shows, pictures and all, without the line under it."""
    return [
        output.get("text") or output.data
        for output in cell.outputs
        if STEP not in output.get("data", {})
    ]


# ------------------------------------------------------------------ the tests


def test_a_tutorial_keeps_the_result_of_every_step(tutorial: Tutorial) -> None:
    lines = list(step_lines(tutorial.first))
    assert len(lines) == sum(bool(step_name(cell)) for cell in tutorial.first.cells) > 0
    assert [line["not_kept"] for line in lines if line["not_kept"]] == []
    assert lines[0]["why"] == "first run"


def test_in_the_next_kernel_every_step_is_cached(tutorial: Tutorial) -> None:
    lines = list(step_lines(tutorial.again))
    assert [f"{line['step']}: {line['why']}" for line in lines if line["status"] != "cached"] == []
    assert len(lines) == len(list(step_lines(tutorial.first)))


def test_cached_steps_show_and_leave_what_they_did_when_they_ran(tutorial: Tutorial) -> None:
    for ran, cached in zip(tutorial.first.cells, tutorial.again.cells, strict=True):
        if step_name(ran):
            assert replayed(ran) == replayed(cached), step_name(ran)
    ran, cached = (
        json.loads(n.cells[-1].outputs[0].text) for n in (tutorial.first, tutorial.again)
    )
    assert ran == cached
    assert ran


def test_the_committed_outputs_are_those_of_the_code(tutorial: Tutorial) -> None:
    """If they are not: python notebooks/build.py."""
    today = code_cells(tutorial.first)[:-1]
    committed = code_cells(tutorial.committed)
    assert [cell.execution_count for cell in committed] == list(range(1, len(today) + 1))
    for then, now in zip(committed, today, strict=True):
        assert shown(then) == shown(now), then.source


@pytest.mark.parametrize("file", TUTORIALS, ids=lambda file: file.stem)
def test_a_committed_tutorial_shows_nothing_of_the_machine_it_was_made_on(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert PATHS.findall(text) == []
    assert " at 0x" not in text
    assert len(text) < LARGEST
    metadata = read(file).metadata
    assert metadata.language_info == {"name": "python"}


@pytest.mark.parametrize("file", TUTORIALS, ids=lambda file: file.stem)
def test_a_sentence_stands_above_every_new_step(file: Path) -> None:
    """It becomes the docstring when the notebook is exported."""
    seen: set[str] = set()
    cells = read(file).cells
    for above, cell in itertools.pairwise(cells):
        name = step_name(cell)
        if name and name not in seen:
            assert above.cell_type == "markdown", name
            assert above.source.splitlines()[-1].endswith((".", ":")), name
        seen.add(name)
