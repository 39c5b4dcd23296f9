"""Notebooks without a front end: `zenbook run`, nbclient, papermill and nbconvert."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

CELLS = [
    "%load_ext zenbook",
    "gamma = 0.5",
    "%%step load\nX = [1, 2, 3]\nprint('loading')",
    "%%step train\nmodel = sum(X) * gamma\nmodel",
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def _notebook(folder: Path, cells: list[str] = CELLS, name: str = "demo") -> Path:
    book = nbformat.v4.new_notebook()
    book.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "P"}
    book.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    for cell in book.cells:
        if cell.source.startswith("gamma"):
            cell.metadata["tags"] = ["parameters"]
    file = folder / f"{name}.ipynb"
    nbformat.write(book, file)
    return file


def _call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {
        **os.environ,
        "ZENBOOK_HOME": str(folder / ".zenbook"),
        "HOME": str(folder.parent / "person"),
        "XDG_DATA_HOME": str(folder.parent / "person" / "data"),
        "IPYTHONDIR": str(folder.parent / "ipython"),
        "PYTHONWARNINGS": "",
    }
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=env, capture_output=True, text=True, timeout=120
    )


def _outputs(file: Path) -> list[Any]:
    return [cell.get("outputs") for cell in nbformat.read(file, as_version=4).cells]


def test_zenbook_run_executes_a_notebook_and_waits_only_for_what_changed(project: Path) -> None:
    file = _notebook(project)
    first = _call(project, "-m", "zenbook", "run", file.name)
    assert first.returncode == 0, first.stderr
    assert "✓ load" in first.stdout and "✓ train" in first.stdout
    assert "demo v1" in first.stdout and "run 1" in first.stdout
    again = _call(
        project, "-m", "zenbook", "run", file.name, "-p", "gamma=0.6", "--output", "o.ipynb"
    )
    assert again.returncode == 0, again.stderr
    assert "↺ load" in again.stdout and "gamma 0.5→0.6" in again.stdout
    assert "3.59" in json.dumps(_outputs(project / "o.ipynb"))
    runs = _call(project, "-m", "zenbook", "runs", "--json")
    rows = json.loads(runs.stdout)["rows"]
    assert [row["parameters"] for row in rows] == [{"gamma": "0.6"}, {"gamma": "0.5"}]
    assert [row["status"] for row in rows] == ["completed", "completed"]
    assert [row["version"] for row in rows] == [1, 1]


def test_no_cache_runs_every_step(project: Path) -> None:
    file = _notebook(project)
    _call(project, "-m", "zenbook", "run", file.name)
    again = _call(project, "-m", "zenbook", "run", file.name, "--no-cache")
    assert again.returncode == 0 and "cache disabled by run" in again.stdout


def test_a_failing_cell_is_shown_and_the_exit_code_is_one(project: Path) -> None:
    file = _notebook(project, [*CELLS[:3], "%%step train\nmodel = X / gamma", "after = 1"])
    failed = _call(project, "-m", "zenbook", "run", file.name)
    assert failed.returncode == 1
    assert "Cell 4 failed" in failed.stderr and "TypeError" in failed.stderr


def test_an_unknown_parameter_or_file_is_a_clear_error(project: Path) -> None:
    file = _notebook(project)
    wrong = _call(project, "-m", "zenbook", "run", file.name, "-p", "gama=1")
    assert wrong.returncode == 2 and "Did you mean gamma?" in wrong.stderr
    (project / "broken.ipynb").write_text("{")
    broken = _call(project, "-m", "zenbook", "run", "broken.ipynb")
    assert broken.returncode == 2 and "is no notebook" in broken.stderr


def test_papermill_and_nbclient_stop_at_a_failing_step(project: Path) -> None:
    file = _notebook(project)
    ran = _call(
        project, "-m", "papermill", file.name, "out.ipynb", "-p", "gamma", "2", "--no-progress-bar"
    )
    assert ran.returncode == 0, ran.stderr
    assert "12" in json.dumps(_outputs(project / "out.ipynb")[-1])
    failing = _notebook(project, [*CELLS[:3], "%%step t\n1 / 0", "after = 1"], "failing")
    stopped = _call(project, "-m", "papermill", failing.name, "out.ipynb", "--no-progress-bar")
    assert stopped.returncode != 0 and "ZeroDivisionError" in stopped.stderr
    assert not _outputs(project / "out.ipynb")[-1]


def test_nbconvert_executes_and_shows_the_lines(project: Path) -> None:
    file = _notebook(project)
    done = _call(
        project, "-m", "nbconvert", "--execute", "--to", "notebook", "--output", "n", file.name
    )
    assert done.returncode == 0, done.stderr
    assert "✓ train" in json.dumps(_outputs(project / "n.ipynb"), ensure_ascii=False)


def test_fault_76_a_notebook_copied_to_another_folder_finds_its_results(project: Path) -> None:
    _call(project, "-m", "zenbook", "run", _notebook(project).name)
    (project / "copy").mkdir()
    file = _notebook(project / "copy")
    again = _call(project, "-m", "zenbook", "run", str(file.relative_to(project)))
    assert "↺ load" in again.stdout and "↺ train" in again.stdout


def test_zenbook_plan_tells_what_the_file_alone_can_tell(project: Path) -> None:
    file = _notebook(project)
    first = _call(project, "-m", "zenbook", "plan", file.name, "--json")
    assert first.returncode == 0, first.stderr
    assert [row["verdict"] for row in json.loads(first.stdout)["rows"]] == ["miss", "miss"]
    _call(project, "-m", "zenbook", "run", file.name)
    warm = _call(project, "-m", "zenbook", "plan", file.name, "--json")
    assert [row["verdict"] for row in json.loads(warm.stdout)["rows"]] == ["hit", "hit"]
    other = _call(project, "-m", "zenbook", "plan", file.name, "-p", "gamma=0.7")
    assert "gamma 0.5→0.7" in other.stdout


def test_zenbook_plan_knows_that_the_notebook_switches_its_cache_off(project: Path) -> None:
    file = _notebook(project, ["%pipeline --no-cache -q", *CELLS])
    told = _call(project, "-m", "zenbook", "plan", file.name, "--json")
    rows = json.loads(told.stdout)["rows"]
    assert [row["why"] for row in rows] == ["cache disabled by pipeline"] * 2


def test_a_saved_notebook_holds_no_view_that_only_a_live_kernel_could_show(project: Path) -> None:
    widget, states = "application/vnd.jupyter.widget-view+json", "widgets"
    slider = "from ipywidgets import IntSlider\nIntSlider(3)"
    for name, cells in {"with": [*CELLS, "%runs", slider], "without": [*CELLS, "%runs"]}.items():
        file = _notebook(project, cells, name)
        ran = _call(project, "-m", "zenbook", "run", file.name, "--output", f"{name}_out.ipynb")
        assert ran.returncode == 0, ran.stderr
        book = nbformat.read(project / f"{name}_out.ipynb", as_version=4)
        views = [
            o.data[widget] for c in book.cells for o in c.outputs if widget in o.get("data", {})
        ]
        saved = book.metadata.get(states, {}).get("application/vnd.jupyter.widget-state+json", {})
        models = saved.get("state", {})
        runs = book.cells[len(CELLS)].outputs[0].data
        assert "application/vnd.zenbook.history+json" in runs and "text/html" in runs
        assert [view["model_id"] in models for view in views] == ([True] if name == "with" else [])
        assert "_esm" not in json.dumps(models) and bool(models) == (name == "with")
