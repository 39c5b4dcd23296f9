"""The tutorials run, run again cached, and show on their page what a run shows today."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
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
DRAWN = ("axes",)
"""Figures hold more than they show; what they show is compared as the cells' outputs."""


def read(file: Path) -> Any:
    return nbformat.read(file, as_version=4)


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


def probe(notebook: Any) -> str:
    """Code that prints what every output of a step is."""
    made = {name for line in step_lines(notebook) for name in line["outputs"]}
    return PROBE % sorted(made.difference(DRAWN))


# ------------------------------------------------------------------ what must hold


def every_step_is_kept(ran: Any) -> None:
    lines = list(step_lines(ran))
    assert len(lines) == sum(bool(step_name(cell)) for cell in ran.cells) > 0
    assert [f"{line['step']}: {line['not_kept']}" for line in lines if line["not_kept"]] == []
    assert lines[0]["why"] == "first run"


def every_step_is_cached(ran: Any) -> None:
    lines = list(step_lines(ran))
    assert len(lines) == sum(bool(step_name(cell)) for cell in ran.cells)
    assert [f"{line['step']}: {line['why']}" for line in lines if line["status"] != "cached"] == []


def both_show_and_leave_the_same(first: Any, again: Any) -> None:
    for ran, cached in zip(first.cells, again.cells, strict=True):
        if step_name(ran):
            assert replayed(ran) == replayed(cached), step_name(ran)
    values, kept = (json.loads(notebook.cells[-1].outputs[0].text) for notebook in (first, again))
    assert values == kept
    assert values


def its_page_shows_a_run_of_today(committed: Any, ran: Any) -> None:
    """If it does not: python notebooks/build.py."""
    today, page = code_cells(ran)[:-1], code_cells(committed)
    assert [cell.execution_count for cell in page] == list(range(1, len(today) + 1))
    for then, now in zip(page, today, strict=True):
        assert shown(then) == shown(now), then.source


# ------------------------------------------------------------------ the tests


@pytest.mark.parametrize("file", TUTORIALS, ids=lambda file: file.stem)
def test_a_tutorial_runs_as_its_page_shows_and_is_cached_in_the_next_kernel(
    file: Path, tmp_path: Path
) -> None:
    committed = read(file)
    first = played(file, tmp_path, probe(committed))
    every_step_is_kept(first)
    again = played(file, tmp_path, probe(committed))
    every_step_is_cached(again)
    both_show_and_leave_the_same(first, again)
    its_page_shows_a_run_of_today(committed, first)


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
