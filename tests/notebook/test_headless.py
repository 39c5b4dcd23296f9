"""Notebooks without a front end: `zenbook run`, nbclient, papermill and nbconvert."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.notebook.kernel import STEP
from zenbook.front.command import main
from zenbook.front.notebook.failed_cell import failure_of, shown
from zenbook.front.notebook.one_pass import is_executor

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


def _environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "ZENBOOK_HOME": str(folder / ".zenbook"),
        "HOME": str(folder.parent / "person"),
        "XDG_DATA_HOME": str(folder.parent / "person" / "data"),
        "IPYTHONDIR": str(folder.parent / "ipython"),
        "PYTHONWARNINGS": "",
    }


def _call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=_environment(folder),
        capture_output=True,
        text=True,
        timeout=120,
    )


def _outputs(file: Path) -> list[Any]:
    return [cell.get("outputs") for cell in nbformat.read(file, as_version=4).cells]


def test_zenbook_run_executes_a_notebook_and_waits_only_for_what_changed(project: Path) -> None:
    file = _notebook(project)
    first = _call(project, "-m", "zenbook", "run", file.name)
    assert first.returncode == 0, first.stderr
    assert "✓ load" in first.stdout and "✓ train" in first.stdout
    assert "demo v1" in first.stdout and "run 1" in first.stdout
    ended = r"demo.ipynb completed in .*, 0 of 2 steps cached: run 1 of demo."
    assert re.fullmatch(ended, first.stdout.splitlines()[-1])
    again = _call(
        project, "-m", "zenbook", "run", file.name, "-p", "gamma=0.6", "--output", "o.ipynb"
    )
    assert again.returncode == 0, again.stderr
    assert "↺ load" in again.stdout and "gamma 0.5→0.6" in again.stdout
    assert "3.59" in json.dumps(_outputs(project / "o.ipynb"))
    assert "already loaded" not in json.dumps(_outputs(project / "o.ipynb"))
    runs = _call(project, "-m", "zenbook", "runs", "--json")
    rows = json.loads(runs.stdout)["rows"]
    assert [row["parameters"] for row in rows] == [{"gamma": "0.6"}, {"gamma": "0.5"}]
    assert [row["status"] for row in rows] == ["completed", "completed"]
    assert [row["version"] for row in rows] == [1, 1]


def _places(said: subprocess.CompletedProcess[str]) -> list[str]:
    ended = [line for line in said.stdout.splitlines() if line[:1] in "✓↺"]
    return [line.rpartition(" · demo ")[2] for line in ended]


def test_the_lines_of_a_run_say_the_version_that_the_notebooks_code_has(project: Path) -> None:
    run = ("-m", "zenbook", "run", "demo.ipynb")
    _notebook(project)
    assert _places(_call(project, *run)) == ["v1 draft run 1", "v1 run 1"]
    _notebook(project, [*CELLS[:-1], CELLS[-1] + " * 2"])
    assert _places(_call(project, *run)) == ["v2 draft run 2", "v2 run 2"]
    assert _places(_call(project, *run)) == ["v2 run 3"] * 2
    _notebook(project)
    assert _places(_call(project, *run)) == ["v1 run 4"] * 2
    _notebook(project, [*CELLS, "%%step more\nrest = model"])
    _call(project, *run)
    _notebook(project)
    assert _places(_call(project, *run)) == ["v1 run 6"] * 2


def test_no_cache_runs_every_step_and_the_run_has_the_name_it_is_given(project: Path) -> None:
    file = _notebook(project)
    _call(project, "-m", "zenbook", "run", file.name)
    about = ("--name", "nightly", "--tag", "slow", "--note", "all anew")
    again = _call(project, "-m", "zenbook", "run", file.name, "--no-cache", *about)
    assert again.returncode == 0 and "cache disabled by run" in again.stdout
    row = json.loads(_call(project, "-m", "zenbook", "runs", "--json").stdout)["rows"][0]
    assert (row["name"], row["tags"], row["note"]) == ("nightly", ["slow"], "all anew")


def test_a_parameter_has_its_type_and_a_cell_that_binds_it_again_is_told(project: Path) -> None:
    cells = [CELLS[0], "gamma = True", "%%step one\nx = gamma", "gamma = 1", "x / 0"]
    file = _notebook(project, cells)
    for cell in (book := nbformat.read(file, as_version=4)).cells[3:]:
        cell.metadata.pop("tags", None)
    nbformat.write(book, file)
    ran = _call(project, "-m", "zenbook", "run", file.name, "-p", "gamma=no", "--output", "o.ipynb")
    assert "gamma=no holds down to cell 4, which binds gamma again." in ran.stderr
    assert "Cell 5 failed" in ran.stderr  # as its author counts, who knows of no injected cell
    assert nbformat.read(project / "o.ipynb", as_version=4).cells[2].source.endswith("= False")
    planned = _call(project, "-m", "zenbook", "plan", file.name, "-p", "gamma=off")
    assert "gamma=off holds down to cell 4" in planned.stderr and "cached" in planned.stdout
    wrong = _call(project, "-m", "zenbook", "run", file.name, "-p", "gamma=maybe")
    assert wrong.returncode == 2
    assert wrong.stderr == "Error: gamma must be true or false, but got 'maybe'.\n"


def test_a_failing_cell_is_shown_and_the_exit_code_is_one(project: Path) -> None:
    file = _notebook(project, [*CELLS[:3], "%%step train\nmodel = X / gamma", "after = 1"])
    failed = _call(project, "-m", "zenbook", "run", file.name)
    assert failed.returncode == 1
    assert failed.stderr == (
        "Cell 4 failed (step train):\n"
        "\n"
        "      1 %%step train\n"
        "----> 2 model = X / gamma\n"
        "\n"
        "TypeError                                 Traceback (most recent call last)\n"
        "Cell In[4], line 2\n"
        "TypeError: unsupported operand type(s) for /: 'list' and 'float'\n"
    )
    assert re.fullmatch(
        r"demo.ipynb failed after .*, 0 of 2 steps cached: run 1 of demo.",
        failed.stdout.splitlines()[-1],
    )


def test_a_failing_cell_is_shown_once_with_its_source_and_what_it_had_shown(project: Path) -> None:
    half = "def half(x):\n    return 1 / x"
    long = [f"v{n} = {n}" for n in range(30)]
    wrong = ["%%step wrong", *long, "for n in range(25): print('row', n)", "half(0)", *long]
    file = _notebook(project, [CELLS[0], half, "\n".join(wrong)])
    told = _call(project, "-m", "zenbook", "run", file.name).stderr
    assert told == "\n".join(
        [
            "Cell 3 failed (step wrong):",
            "",
            "       1 %%step wrong",
            "         … 19 lines",
            *(f"      {n} v{n - 2} = {n - 2}" for n in range(21, 32)),
            "      32 for n in range(25): print('row', n)",
            "----> 33 half(0)",
            *(f"      {n} v{n - 34} = {n - 34}" for n in range(34, 38)),
            "         … 26 lines",
            "",
            "Before that it had shown:",
            "",
            "… 5 lines",
            *(f"row {n}" for n in range(5, 25)),
            "",
            "ZeroDivisionError                         Traceback (most recent call last)",
            "Cell In[3], line 33",
            "Cell In[2], line 2, in half(x)",
            "      1 def half(x):",
            "----> 2     return 1 / x",
            "ZeroDivisionError: division by zero",
            "",
        ]
    )


def test_a_failing_cell_that_is_no_python_and_one_without_a_traceback_are_shown() -> None:
    def told(source: str, **output: Any) -> str:
        cell = nbformat.v4.new_code_cell(source, execution_count=2)
        cell.outputs = [nbformat.v4.new_output(**output)]
        return shown(failure_of(cell, 5, "UsageError: no magic"), io.StringIO())

    wrong = ["  Cell In[2], line 2\n    y = = 1\n        ^\nSyntaxError: invalid syntax\n"]
    error = {"output_type": "error", "ename": "SyntaxError", "evalue": "", "traceback": wrong}
    assert told("if x:\n  y = = 1", **error) == (
        "Cell 5 failed:\n\n      1 if x:\n----> 2   y = = 1\n              ^\n\n"
        "SyntaxError: invalid syntax"
    )
    stream = {"output_type": "stream", "name": "stderr", "text": "UsageError: no magic\n"}
    assert told("%nosuch", **stream) == (
        "Cell 5 failed:\n\n      1 %nosuch\n\nBefore that it had shown:\n\nUsageError: no magic"
    )
    error["traceback"] = ["In another form\n  1 x"]
    assert told("x", **error) == "Cell 5 failed:\n\n      1 x\n\nIn another form\n  1 x"


@pytest.mark.parametrize("ending", ["raise KeyError(1)", "x = = 1", "raise SystemExit(3)"])
@pytest.mark.parametrize("below", [[], ["%%step more\nrest = 1"]])
def test_a_run_that_a_plain_cell_ends_is_on_record_as_failed(
    project: Path, ending: str, below: list[str]
) -> None:
    _notebook(project, [*CELLS, ending, *below])
    assert _call(project, "-m", "zenbook", "run", "demo.ipynb").returncode == 1
    assert _statuses(project) == ["failed"]


def _statuses(project: Path) -> list[str]:
    runs = _call(project, "-m", "zenbook", "runs", "--json")
    return [row["status"] for row in json.loads(runs.stdout)["rows"]]


def test_an_unknown_parameter_or_file_is_a_clear_error(project: Path) -> None:
    file = _notebook(project)
    wrong = _call(project, "-m", "zenbook", "run", file.name, "-p", "gama=1")
    assert wrong.returncode == 2 and "Did you mean gamma?" in wrong.stderr
    (project / "broken.ipynb").write_text("{")
    broken = _call(project, "-m", "zenbook", "run", "broken.ipynb")
    assert broken.returncode == 2 and "is no notebook" in broken.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"cells": [', "is no notebook: it is not JSON."),
        ("[]", "is no notebook: it is JSON of another kind."),
        ("{}", "is no notebook: it is JSON of another kind."),
        ('{"nbformat": 9, "metadata": {}, "cells": []}', "Unsupported nbformat version 9."),
        (
            '{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "raw", "metadata": {}}]}',
            "its cell 1 has no source or no type.",
        ),
        (
            '{"nbformat": 4, "cells": [], "metadata": {"language_info": {"name": "R"}}}',
            "is a notebook in R; zenbook works in Python.",
        ),
    ],
)
@pytest.mark.parametrize("verb", ["run", "plan"])
def test_a_file_that_is_no_notebook_is_told_in_a_sentence(
    verb: str, text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file := tmp_path / "odd.ipynb").write_text(text)
    assert main([verb, str(file)]) == 2
    said = capsys.readouterr().err
    assert told in said and said.count("\n") == 1


def test_what_would_end_a_run_badly_is_told_before_it_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(_notebook(tmp_path))
    (tmp_path / "demo2.ipynb").mkdir()
    wrong = {
        (file, "--output", str(tmp_path / "nowhere" / "o.ipynb")): "there is no folder",
        (file, "--step", "trian", "--rerun"): "has no step trian. Did you mean train?",
        (f"{file}:train",): "is a notebook, which is one pipeline",
        (str(tmp_path / "demo2.ipynb"),): "is a folder",
    }
    for words, told in wrong.items():
        assert main(["run", *words]) == 2
        assert told in capsys.readouterr().err
    book = nbformat.read(file, as_version=4)
    book.metadata["kernelspec"] = {"name": "gone", "language": "python", "display_name": "Gone"}
    nbformat.write(book, file)
    assert main(["run", file]) == 2
    assert "asks for the kernel gone, which is not installed here" in capsys.readouterr().err


def test_a_kernel_that_dies_ends_the_run_in_a_sentence(project: Path) -> None:
    dying = """%%step dies
import os, time
print('begun', flush=True)
time.sleep(0.5)  # for the kernel's thread that sends it
os.kill(os.getpid(), 9)"""
    file = _notebook(project, [*CELLS[:3], dying, "after = 1"])
    died = _call(project, "-m", "zenbook", "run", file.name, "--output", "o.ipynb")
    assert died.returncode == 1
    told = "Cell 4 failed: the kernel died while it ran this cell (step dies): memory ran out"
    assert told in died.stderr and "\n\nbegun\n" in died.stderr, died.stderr
    assert "Traceback" not in died.stderr
    assert "loading" in json.dumps(_outputs(project / "o.ipynb"))
    runs = json.loads(_call(project, "-m", "zenbook", "runs", "--json").stdout)["rows"]
    assert [row["status"] for row in runs] == ["interrupted"]


def test_ctrl_c_in_a_plain_cell_leaves_a_run_that_was_interrupted(project: Path) -> None:
    slow = "import time\nopen('begun', 'w').close()\ntime.sleep(60)"
    _notebook(project, [*CELLS, slow])
    words = [sys.executable, "-m", "zenbook", "run", "demo.ipynb"]
    with subprocess.Popen(
        words,
        cwd=project,
        env=_environment(project),
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored in a background
    ) as run:
        while not (project / "begun").exists():
            assert run.poll() is None
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=60) == 130
    assert _statuses(project) == ["interrupted"]


def test_ctrl_c_stops_the_cell_and_leaves_what_it_has_shown(project: Path) -> None:
    slow = "%%step slow\nimport time\nprint('begun', flush=True)\ntime.sleep(60)"
    file = _notebook(project, [*CELLS[:3], slow, "after = 1"])
    words = ("-m", "zenbook", "run", file.name, "--output", "o.ipynb")
    with subprocess.Popen(
        [sys.executable, *words],
        cwd=project,
        env=_environment(project),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored in a background
    ) as run:
        assert run.stdout is not None and run.stderr is not None
        while "slow  running" not in run.stdout.readline():
            assert run.poll() is None
        time.sleep(0.5)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=30)
    assert run.returncode == 130 and err.endswith("Interrupted.\n") and "Traceback" not in err
    assert "■ slow  stopped after" in out
    shown = json.dumps(_outputs(project / "o.ipynb"), ensure_ascii=False)
    assert "begun" in shown and "KeyboardInterrupt" in shown and "■ slow" in shown


FAREWELL = """import atexit, logging
from errno import EINVAL, ENOTSOCK
from zmq import ZMQError

def end():
    for number in (ENOTSOCK, EINVAL):
        try:
            raise ZMQError(number)
        except ZMQError:
            logging.getLogger("tornado.general").error("socket", exc_info=True)

atexit.register(end)
"""


def test_what_a_kernel_says_of_its_closed_socket_while_it_ends_is_not_shown(project: Path) -> None:
    file = _notebook(project, [*CELLS[:3], FAREWELL])
    ended = _call(project, "-m", "zenbook", "run", file.name)
    assert ended.returncode == 0
    assert "Invalid argument" in ended.stderr and "non-socket" not in ended.stderr, ended.stderr


TWICE = [CELLS[0], "%%step dup\nu = 1", "%%step use\nw = u", "%%step dup\nv = 2"]
ONE_PASS = {
    "zenbook": ("-m", "zenbook", "run", "demo.ipynb", "--output", "out.ipynb"),
    "papermill": ("-m", "papermill", "demo.ipynb", "out.ipynb"),
    "nbconvert": ("-m", "nbconvert", "--execute", "--to", "notebook", "--output", "out",
                  "demo.ipynb"),
}  # fmt: skip


def _runs(project: Path) -> list[tuple[Any, ...]]:
    rows = json.loads(_call(project, "-m", "zenbook", "runs", "--json").stdout)["rows"]
    return [(r["number"], r["version"], r["status"], r["steps"]) for r in reversed(rows)]


@pytest.mark.parametrize("tool", ONE_PASS)
def test_the_later_of_two_cells_with_one_name_says_what_it_replaces(
    tool: str, project: Path
) -> None:
    _notebook(project, TWICE)
    ran = _call(project, *ONE_PASS[tool])
    assert ran.returncode == 0, ran.stderr
    said = [_line(c) for c in nbformat.read(project / "out.ipynb", as_version=4).cells]
    replaces = ["replaces the step of that name in another cell" in line for line in said]
    assert replaces == [False, False, False, True], said
    assert [number for number, *_ in _runs(project)] == [1, 2]  # as if the cell had been edited
    shown = _call(project, "-m", "zenbook", "show", "latest", "dup").stdout
    assert "replaces the step of that name in another cell" in shown and "v       int" in shown


@pytest.mark.parametrize("tool", ONE_PASS)
def test_a_step_that_may_fail_is_in_the_one_run_with_those_below_it(
    tool: str, project: Path
) -> None:
    file = _notebook(project, [*CELLS[:3], "%%step wrong\n1 / 0", "%%step after\ny = X"])
    (book := nbformat.read(file, as_version=4)).cells[3].metadata["tags"] = ["raises-exception"]
    nbformat.write(book, file)
    ran = _call(project, *ONE_PASS[tool])
    assert ran.returncode == (tool == "papermill"), ran.stderr  # at its end it fails all the same
    assert _runs(project) == [(1, 1, "completed", {"completed": 2, "failed": 1})]


@pytest.mark.parametrize(
    ("words", "executes"),
    [
        ("/v/bin/python3.11 /v/bin/papermill a.ipynb b.ipynb", True),
        ("python -W ignore -m papermill a.ipynb", True),
        ("python3 /v/bin/jupyter-execute a.ipynb", True),
        ("/usr/bin/python -I /v/bin/jupyter-nbconvert --execute a.ipynb", True),
        ("/v/bin/python /v/bin/jupyter-lab papermill", False),
        ("python -m jupyterlab nbconvert", False),
        ("python -c papermill", False),
        ("", False),
    ],
)
def test_who_executes_a_notebook_once_is_known_by_the_program(words: str, executes: bool) -> None:
    assert is_executor(words.split()) == executes


TOOLS = {
    "papermill": ("-m", "papermill", "demo.ipynb", "out.ipynb", "-p", "gamma", "2"),
    "nbconvert": ("-m", "nbconvert", "--execute", "--allow-errors", "--to", "notebook",
                  "--output", "out", "demo.ipynb"),
}  # fmt: skip
SHOWING = [
    *CELLS[:2],
    "%matplotlib inline\nimport sys\nimport matplotlib.pyplot as plt\nimport pandas as pd",
    "%%step load\nprint('loading')\nprint(2, file=sys.stderr)\nX = pd.Series([1, 2])\nX.to_frame()",
    "%%step draw\nfigure, axes = plt.subplots(figsize=(1, 1))\nprint(axes.plot([1, gamma])[0])",
    "%%step helper\ndef half(x):\n    return x / 2\nclass K:\n    pass\nhalf(gamma)",
    "_, sorted(Out), len(In), get_ipython().execution_count",
    "%%step wrong\nbefore = 1\nhalf('x')",
    "after = 1",
]


@pytest.mark.parametrize("tool", TOOLS)
def test_a_notebook_of_hits_is_the_notebook_of_plain_cells_but_for_the_lines(
    tool: str, project: Path
) -> None:
    written = []
    plain = [cell.replace("%%step", "# %%step") for cell in SHOWING]
    for cells in (plain, SHOWING, SHOWING):
        _notebook(project, cells)
        ran = _call(project, *TOOLS[tool])
        assert "comm target" not in ran.stderr, ran.stderr
        written.append(nbformat.read(project / "out.ipynb", as_version=4))
    lines = [_line(cell) for cell in written[2].cells]
    assert [said[0] for said in lines if said] == ["↺", "↺", "↺", "✗"], lines
    bare, first, again = map(_shown, written)
    assert again == first == bare
    assert ("injected-parameters" in bare) == (tool == "papermill")


def _line(cell: Any) -> str:
    found = [o.data["text/plain"] for o in cell.get("outputs", ()) if STEP in o.get("data", {})]
    return str(found[-1]) if found else ""


def _shown(book: Any) -> str:
    """Counts, tags and outputs without the lines of steps and what differs between processes."""
    told = [
        [
            cell.get("execution_count"),
            cell.metadata.get("tags", []),
            [o for o in cell.get("outputs", []) if STEP not in o.get("data", {})],
        ]
        for cell in book.cells
    ]
    text = re.sub(r"# %%step|%%step", "%%step", json.dumps(told, indent=1))
    return re.sub(r"ipykernel_\d+/\d+|0x[0-9a-f]+", "", text)


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


def test_zenbook_plan_looks_up_files_in_the_notebooks_folder(project: Path) -> None:
    def planned() -> str:
        said = _call(project, "-m", "zenbook", "plan", "sub/demo.ipynb", "--json")
        return " ".join(row["why"] for row in json.loads(said.stdout)["rows"])

    inside = project / "sub"
    inside.mkdir()
    _notebook(inside, ["%%step read\nx = open('in.txt').read()"])
    (inside / "in.txt").write_text("a")
    assert _call(project, "-m", "zenbook", "run", "sub/demo.ipynb").returncode == 0
    assert planned().startswith("kept")
    (project / "in.txt").write_text("a")
    (inside / "in.txt").write_text("another")
    assert planned() == "file in.txt changed"


def test_a_cell_that_a_run_skips_is_in_no_plan(project: Path) -> None:
    file = _notebook(project)
    book = nbformat.read(file, as_version=4)
    book.cells[2].metadata["tags"] = ["skip-execution"]
    book.cells.insert(3, nbformat.v4.new_code_cell("X = [4]"))
    nbformat.write(book, file)
    said = _call(project, "-m", "zenbook", "plan", file.name, "--json")
    assert [row["name"] for row in json.loads(said.stdout)["rows"]] == ["train"]
    assert "Step load" not in _call(project, "-m", "zenbook", "run", file.name).stdout


def test_a_step_that_several_cells_are_is_told(project: Path) -> None:
    file = _notebook(project, [*CELLS, "%%step load\nX = [4]", "%%step load\nX = [5]"])
    told = "Cells 3, 5 and 6 are all the step load: each replaces the one above it.\n"
    assert _call(project, "-m", "zenbook", "plan", file.name).stderr == told
    assert _call(project, "-m", "zenbook", "run", file.name).stderr == told


def test_zenbook_plan_names_a_cell_that_is_no_python_and_a_notebook_without_steps(
    project: Path,
) -> None:
    broken = _notebook(project, [*CELLS, "%%step late\nx = = 1"])
    told = _call(project, "-m", "zenbook", "plan", broken.name)
    assert told.stderr == "Cell 5 is no Python, and ends a run: invalid syntax (its line 2).\n"
    assert "train" in told.stdout
    bare = _call(project, "-m", "zenbook", "plan", _notebook(project, ["x = 1"]).name)
    assert bare.stdout == "No steps yet.\n"
    assert bare.stderr.startswith("demo.ipynb has no step: mark cells with %%step NAME")


KEPT_OTHERWISE = """
from zenbook import pipeline, step

@step
def load():
    whole = list(range(900_000))
    X = whole[:2]
    return X

@pipeline
def demo():
    load()
"""


def test_zenbook_plan_knows_what_is_not_kept(project: Path) -> None:
    def why(*cells: str) -> list[str]:
        _notebook(project, [CELLS[0], *cells])
        said = _call(project, "-m", "zenbook", "plan", "demo.ipynb", "--json")
        return [row["why"] for row in json.loads(said.stdout)["rows"]]

    moving = "%%step moving\ng = (n for n in [1])"
    assert why(moving) == ["first run"]
    _call(project, "-m", "zenbook", "run", _notebook(project, [CELLS[0], moving]).name)
    assert why(moving) == ["not kept before: g is a generator"]
    (project / "mine.py").write_text(KEPT_OTHERWISE)
    _call(project, "-m", "zenbook", "run", "mine.py")
    assert why("%%step load\nwhole = list(range(900_000))\nX = whole[:2]") == ["whole was not kept"]


def test_zenbook_plan_knows_that_the_notebook_switches_its_cache_off(project: Path) -> None:
    file = _notebook(project, ["%pipeline --no-cache -q", *CELLS])
    told = _call(project, "-m", "zenbook", "plan", file.name, "--json")
    rows = json.loads(told.stdout)["rows"]
    assert [row["why"] for row in rows] == ["cache disabled by pipeline"] * 2


FORESEEN = [
    *CELLS[:2],
    "import random\nfrom mine import K\n\ndef half(x: int):\n    return x / 2",
    "base = 2 + 1",
    "%%step load\nX = sorted([1, 2, 3])\ndef first(): return X[0]",
    "shape = [64, 32]",
    "%%step train\nmodel = half(sum(X)) * gamma * len(shape)",
    "%%step shift\ns = base + 1",
    "%%step local\nk = K + 1",
    "%%step draw --seed 1\nr = random.random()",
    "%%step\nlast = first()",
    "shape.append(16)",
    "%%step size\nn = len(shape)",
    "%%step page\n%%html\n<b>{shape}</b>",
]


def _planned(project: Path, cells: list[str], *words: str) -> dict[str, str]:
    _notebook(project, cells)
    said = _call(project, "-m", "zenbook", "plan", "demo.ipynb", "--json", *words)
    assert said.returncode == 0, said.stderr
    rows = json.loads(said.stdout)["rows"]
    return {r["name"]: "hit" if r["verdict"] == "hit" else r["why"] for r in rows}


def test_zenbook_plan_is_right_or_says_what_only_a_kernel_knows(project: Path) -> None:
    def planned(cells: list[str], *words: str) -> dict[str, str]:
        return _planned(project, cells, *words)

    def edited(old: str, new: str) -> dict[str, str]:
        return planned([cell.replace(old, new) for cell in FORESEEN])

    (project / "mine.py").write_text("K = 1\n")
    _notebook(project, FORESEEN)
    for words in ((), ("-p", "gamma=0.7")):
        ran = _call(project, "-m", "zenbook", "run", "demo.ipynb", *words)
        assert ran.returncode == 0, ran.stderr
    waits = {"shift": "depends on cell 4", "size": "depends on cell 12"}
    waits["last"] = "depends on cell 5"  # a function that reads what a step gives
    kept = dict.fromkeys(("load", "train", "local", "draw", "page"), "hit") | waits
    assert planned(FORESEEN) == planned(FORESEEN, "-p", "gamma=0.7") == kept
    assert edited("return x / 2", "return x / 2  # a half") == kept
    changed = {"train": "half() changed", "size": "known when train ran"}
    assert edited("return x / 2", "return x / 3") == kept | changed
    assert edited("--seed 1", "--seed 2") == {**kept, "draw": "seed 1→2"}
    assert edited("%%step draw --seed 1", "%%step other --seed 1") == (
        {name: why for name, why in kept.items() if name != "draw"} | {"other": "hit"}
    )
    changed = {"load": "code changed", "train": "known when load ran", "size": changed["size"]}
    changed["last"] = "depends on load, cell 5"
    assert edited("sorted([1", "sorted([0") == kept | changed
    later = time.time() + 5
    os.utime(project / "mine.py", (later, later))
    assert planned(FORESEEN) == {**kept, "local": "depends on the import of mine.py"}


def test_zenbook_plan_claims_nothing_of_a_random_state_that_a_plain_cell_seeds(
    project: Path,
) -> None:
    draw, still = "%%step draw\nx = random.random()", "%%step still\ny = 1"
    _notebook(project, ["import random\nrandom.seed(1)", draw, still])
    assert _call(project, "-m", "zenbook", "run", "demo.ipynb").returncode == 0
    told = _planned(project, ["import random\nrandom.seed(2)", draw, still])
    assert told == {"draw": "depends on cell 1", "still": "hit"}
    told = _planned(project, ["import random", draw, still])
    assert told == {"draw": "depends on the random state of random", "still": "hit"}


def test_zenbook_plan_follows_what_is_changed_in_place(project: Path) -> None:
    grow, total = "%%step grow\nrows['b'] = 2", "%%step total\nn = sum(rows.values()) + k"
    cells = ["%%step make\nrows = dict(a=1)", grow, "k = 0\nlong = len(rows) > 9", total]
    _notebook(project, cells)
    assert _call(project, "-m", "zenbook", "run", "demo.ipynb").returncode == 0
    kept = dict.fromkeys(("make", "grow", "total"), "hit")
    assert _planned(project, cells) == kept
    told = _planned(project, [cells[0], grow.replace("2", "3"), *cells[2:]])
    assert told == {**kept, "grow": "code changed", "total": "known when grow ran"}
    told = _planned(project, [*cells[:2], "k = 0\nrows['c'] = 5", total])
    assert told == {**kept, "total": "depends on cell 3"}
    told = _planned(project, [cells[0], *cells[2:]])
    assert told == {"make": "hit", "total": "depends on cell 2"}


CFG = """
class CFG:
    seed = 1
    rate: float = 0.5
    names = ["a", "b"]
    class model:
        depth = 3
"""


def test_zenbook_plan_knows_what_a_call_of_dict_gives(project: Path) -> None:
    cells = ["args = dict(depth=4, more=dict(rate=0.5))", "%%step a\nd = args['depth']"]
    _notebook(project, cells)
    assert _call(project, "-m", "zenbook", "run", "demo.ipynb").returncode == 0
    assert _planned(project, cells) == {"a": "hit"}
    changed = _planned(project, [cells[0].replace("0.5", "0.7"), cells[1]])
    assert list(changed) == ["a"] and changed["a"].startswith("args ")


def test_zenbook_plan_knows_the_settings_in_a_class(project: Path) -> None:
    seed, rate = "%%step seed\ns = CFG.seed", "def half(): return CFG.rate / 2\nk = CFG.seed"
    steps = ["%%step rate\nr = half()", "%%step names\nn = len(CFG.names)"]
    steps = [seed, rate, "%%step depth\nd = CFG.model.depth", *steps]
    _notebook(project, [CFG, *steps])
    assert _call(project, "-m", "zenbook", "run", "demo.ipynb").returncode == 0
    kept = dict.fromkeys(("seed", "depth", "rate", "names"), "hit")

    def edited(old: str, new: str) -> dict[str, str]:
        return _planned(project, [CFG.replace(old, new), *steps])

    assert edited("seed = 1", "seed = 1  # a comment") == kept
    assert edited("seed = 1", "seed = 2") == {**kept, "seed": "CFG.seed 1→2"}
    assert edited("float = 0.5", "float = 0.7") == {**kept, "rate": "CFG.rate 0.5→0.7"}
    assert edited('"b"', '"c"') == {**kept, "names": "CFG.names changed"}
    assert edited("names =", "more = dict(a=1, b=dict(c=[2]))\n    names =") == kept
    assert edited("depth = 3", "depth = 4") == {**kept, "depth": "CFG.model.depth 3→4"}
    told = _planned(project, [f"{CFG}\nCFG.seed = 2", *steps])
    assert set(told.values()) == {"depends on cell 1", "depends on cell 1, cell 3"}
    for assigning in ("CFG.seed = 2", "setattr(CFG, 'seed', 2)", "CFG.names.append('c')"):
        told = _planned(project, [CFG, seed, assigning, *steps[1:]])
        others = dict.fromkeys(("depth", "names"), "depends on cell 3")
        assert told == {"seed": "hit", **others, "rate": "depends on cell 3, cell 4"}


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
