"""Verification: what the script gives in a fresh process, compared with what the notebook gave.

The notebook's side is the record of its run where every step has one, else a trial: its cells
run once, from top to bottom, in a fresh process and a copy of its folder. An output that differs
between two trials (a clock, randomness that nothing seeds) cannot be compared, and is said so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zenbook.errors import ExportError
from zenbook.front.export.facts import CellFacts, Facts
from zenbook.front.export.reading import Notebook, SourceCell
from zenbook.front.export.where import Place
from zenbook.front.export.writing import Script

_LEFT_BEHIND = frozenset(
    {".git", ".zenbook", ".venv", "venv", "node_modules", "__pycache__", ".ipynb_checkpoints"}
)
_LARGE = 50_000_000
"""Bytes above which a file is linked into the copy."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``same`` of ``outputs`` are identical; what differs, what cannot be compared, what broke."""

    outputs: int = 0
    same: int = 0
    differ: tuple[tuple[str, str], ...] = ()
    """(step, output), in the order of the run."""
    unsure: tuple[tuple[str, str], ...] = ()
    error: str = ""
    step: str = ""
    statement: str = ""
    """The script's line that failed."""
    live: frozenset[str] = frozenset()
    """Steps whose outputs were not kept, and are seen as the last step left them."""

    @property
    def holds(self) -> bool:
        """Whether the script gives what the notebook gives."""
        return not self.error and not self.differ

    def __str__(self) -> str:
        told = f"{self.same}/{self.outputs - len(self.unsure)} outputs identical"
        if self.unsure:
            names = ", ".join(sorted({output for _, output in self.unsure}))
            told += f"; not comparable (they differ from run to run): {names}"
        return told


def trial(notebook: Notebook, hashes: int = 0) -> Facts:
    """Run the notebook from top to bottom, and look at it after each cell. Raises ExportError.

    ``hashes`` seeds the hashes of texts, which order sets: the same for a trial and its script.
    """
    cells = [
        {"number": cell.number, "source": _as_run(cell, notebook), "raises": cell.raises}
        for cell in notebook.cells
        if cell.raises or not cell.skipped
    ]
    answer = in_fresh_process(
        {"what": "cells", "cells": cells, "steps": notebook.has_steps, "name": notebook.file.name},
        notebook.file,
        "module://matplotlib_inline.backend_inline",
        hashes=hashes,
    )
    if answer["error"]:
        raise Place(answer["cell"], answer.get("line", 0)).error(
            f"it raises {answer['error']} when the notebook runs from top to bottom.",
            "Correct it, tag it raises-exception to leave it out, or export with --no-verify.",
        )
    return Facts({found["number"]: _facts(found) for found in answer["cells"]})


def _as_run(cell: SourceCell, notebook: Notebook) -> str:
    """What IPython executes: the cell itself, unless it exports something.

    A notebook with steps runs with zenbook, in a home of its own, for its other cells may ask
    for its runs. Elsewhere what speaks to zenbook is left out.
    """
    if "export" in cell.raw and _ours(cell):
        return cell.text
    if notebook.has_steps:
        return cell.raw
    return cell.text if cell.is_parameters or _ours(cell) else cell.raw


def _ours(cell: SourceCell) -> bool:
    """Whether a magic of the cell speaks to zenbook."""
    return any(word in cell.raw for word in ("%zenbook", "%pipeline", "%load_ext zenbook"))


def _facts(found: Mapping[str, Any]) -> CellFacts:
    return CellFacts(
        types=found["types"],
        standing=found["standing"],
        digests=found["digests"],
        alike=found["alike"],
        changed=frozenset(found["changed"]),
        bound=frozenset(found["bound"]),
        stuck=found["stuck"],
        shares=tuple((one, other) for one, other in found["shares"]),
        read=frozenset(found["read"]),
        wrote=frozenset(found["wrote"]),
        random=frozenset(found["random"]),
        failed=frozenset(found["failed"]),
    )


def compare(text: str, script: Script, facts: Facts) -> Comparison:
    """Run the script in a fresh process and compare every step's outputs."""
    named = {
        title.function: {"name": title.name, "outputs": group.outputs}
        for group, title in zip(script.plan.groups, script.titles, strict=True)
    }
    job = {"what": "script", "target": script.target, "functions": named, "main": script.main}
    if not named:
        job["what"] = "module"
    answer = in_fresh_process(job, script.plan.notebook.file, "Agg", text)
    live = frozenset(answer.get("live", ()))
    expected = _expected(script, facts, live)
    if answer["error"]:
        return Comparison(
            len(expected),
            error=answer["error"],
            step=answer["step"],
            statement=answer.get("statement", ""),
        )
    got, alike = _by_output(answer["steps"]), _by_output(answer.get("alike", {}))
    other = _expected(script, _where_ever_code_stands(facts), live)
    differ = [
        key
        for key, digest in expected.items()
        if got.get(key, "") != digest and not (key in alike and alike[key] == other.get(key))
    ]
    return Comparison(len(expected), len(expected) - len(differ), tuple(differ), live=live)


def _by_output(steps: Mapping[str, Mapping[str, str]]) -> dict[tuple[str, str], str]:
    return {(step, name): d for step, given in steps.items() for name, d in given.items()}


def _where_ever_code_stands(facts: Facts) -> Facts:
    cells = facts.cells.items()
    return Facts({n: replace(c, digests={**c.digests, **c.alike}) for n, c in cells})


def _expected(
    script: Script, facts: Facts, live: frozenset[str] = frozenset()
) -> dict[tuple[str, str], str]:
    """The digest of each step's output in the notebook, where it is known.

    What the steps in ``live`` gave was not kept, so it is seen as the last step left it.
    """
    found: dict[tuple[str, str], str] = {}
    for group, title in zip(script.plan.groups, script.titles, strict=True):
        if not script.is_step(group):
            continue  # what it gives is what a step takes, or nobody sees it
        last = max(cell.number for cell in group.cells)
        for name in group.outputs:
            digest = _digest_at(facts, last, name)
            if title.name in live:
                digest = _left_by_others(facts, last, name, digest)
            if digest and digest != "none":
                found[title.name, name] = digest
    return found


def _digest_at(facts: Facts, last: int, name: str) -> str:
    """The digest a name had after a cell: as the newest cell up to it left it."""
    for number in sorted(facts.cells, reverse=True):
        if number <= last and (digest := facts.cells[number].digests.get(name)):
            return digest
    return ""


def _left_by_others(facts: Facts, last: int, name: str, digest: str) -> str:
    """The digest of the same object after all cells that change it in place."""
    for number in sorted(number for number in facts.cells if number > last):
        known = facts.cells[number]
        if name in known.bound:
            break
        digest = known.digests.get(name, digest)
    return digest


def settle(comparison: Comparison, script: Script, facts: Facts) -> Comparison:
    """Run the notebook again: what differs between its own runs cannot be compared."""
    first = _expected(script, facts, comparison.live)
    left, unsure = list(comparison.differ), list[tuple[str, str]]()
    for hashes in (1, 2):  # what depends on the order of a set shows by one of them
        again = _expected(script, trial(script.plan.notebook, hashes), comparison.live)
        unsure += [key for key in left if again.get(key) != first.get(key)]
        left = [key for key in left if key not in unsure]
        if not left:
            break
    return replace(comparison, differ=tuple(left), unsure=tuple(unsure))


# ------------------------------------------------------------------ the fresh process


def in_fresh_process(
    job: dict[str, Any], notebook: Path, backend: str, script: str = "", hashes: int = 0
) -> dict[str, Any]:
    """Do a job of :mod:`trial_child` in a copy of the notebook's folder, and give its answer."""
    with _copy_of(notebook.resolve().parent) as (folder, aside):
        if script:
            file = folder / "exported_by_zenbook.py"
            file.write_text(script, encoding="utf-8")
            job = {**job, "script": str(file)}
        answer = aside / "answer.json"
        order = aside / "job.json"
        order.write_text(json.dumps({**job, "answer": str(answer)}), encoding="utf-8")
        why = run_apart(order, folder, _environment(aside, backend, hashes))
        if not answer.exists():
            raise ExportError(f"The verification's process ended early: {why}")
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return found


def run_apart(order: Path, folder: Path, environment: Mapping[str, str]) -> str:
    """Do a job in a process of its own; its last words, if it ends without an answer."""
    done = subprocess.run(
        [sys.executable, "-m", "zenbook.front.export.trial_child", str(order)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


def _environment(aside: Path, backend: str, hashes: int) -> dict[str, str]:
    package = str(Path(__file__).parents[3])
    path = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH", "")])])
    return {
        **os.environ,
        "PYTHONPATH": path,
        "ZENBOOK_HOME": str(aside / "home"),
        "XDG_DATA_HOME": str(aside / "person"),
        "IPYTHONDIR": str(aside / "ipython"),
        "MPLBACKEND": backend,
        "PYTHONWARNINGS": "ignore",
        "PYTHONHASHSEED": str(hashes),
    }


@contextmanager
def _copy_of(folder: Path) -> Iterator[tuple[Path, Path]]:
    """A copy of the notebook's folder, and a place aside for our own files."""
    with tempfile.TemporaryDirectory(prefix="zenbook-verify-") as made:
        aside = Path(made) / "aside"
        copy = Path(made) / "copy"
        aside.mkdir()
        shutil.copytree(folder, copy, ignore=_left_behind, copy_function=_copied, symlinks=True)
        yield copy, aside


def _left_behind(folder: str, names: Iterable[str]) -> set[str]:
    """The names in a folder of what belongs to tools, and of what cannot be copied."""
    return {
        name for name in names if name in _LEFT_BEHIND or not _can_copy(os.path.join(folder, name))
    }


def _can_copy(path: str) -> bool:
    """Whether it is a link, or a file or a folder that may be read: a socket or a pipe is none."""
    if os.path.islink(path):
        return True
    if os.path.isdir(path):
        return os.access(path, os.R_OK | os.X_OK)
    return os.path.isfile(path) and os.access(path, os.R_OK)


def _copied(source: str, target: str) -> str:
    """Large files are linked: nobody wants gigabytes copied to compare digests."""
    if os.path.getsize(source) > _LARGE:
        os.symlink(os.path.abspath(source), target)
        return target
    return str(shutil.copy2(source, target))
