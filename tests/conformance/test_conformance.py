"""Small programs with an edit each: never stale, and no needless run.

Each is played four times in processes of its own: without a cache before and after the edit
(the truth), then with zenbook before, again unchanged, and after the edit.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conformance.playing import Played, play, started
from tests.conformance.scenario import SCENARIOS, Scenario

for _kind in ("code", "data", "failure", "mutation", "transitive", "world"):
    importlib.import_module(f"tests.conformance.{_kind}")
for _library in (
    "numpy",
    "pandas",
    "scipy.sparse",
    "sklearn.linear_model",
    "sklearn.ensemble",
    "zenbook.engine.desk",
    "zenbook.engine.drivers",
    "zenbook.engine.keep",
):
    importlib.import_module(_library)  # once here, not once in each of a thousand processes


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_program_gives_what_it_gives_without_a_cache(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "person"))
    truth = _truth(scenario, tmp_path / "truth")
    project, home = tmp_path / "project", tmp_path / "home"
    project.mkdir()
    home.mkdir()
    _write(project, scenario.before)
    first = [
        started(project, home, scenario.env1, scenario.cwd1, cached=True)
        for _ in range(scenario.parallel)
    ]
    if not scenario.kill:
        assert {answer().out for answer in first} == {truth[0].out}
    else:
        assert first[0]().error == "the process died"
    if scenario.control and not scenario.damage:
        again = play(project, home, scenario.env1, scenario.cwd1, cached=True)
        assert (again.out, again.error) == (truth[0].out, "")
    _write(project, scenario.after, gone=scenario.before.keys() - scenario.after.keys())
    for path in scenario.touch:
        os.utime(project / path, (1e9, 1e9))
    _damage(home, scenario.damage)
    last = play(project, home, scenario.env2, scenario.cwd2, cached=True)
    assert (last.out, last.error) == (truth[1].out, "")
    if scenario.truth == "REUSE" and not scenario.soft:
        assert last.ran == 0


def _truth(scenario: Scenario, folder: Path) -> tuple[Played, Played]:
    """What the program gives before and after the edit without a cache; it fits the label."""
    folder.mkdir()
    _write(folder, scenario.before)
    home = folder / "unused"
    before = play(folder, home, scenario.env1, scenario.cwd1, cached=False)
    _write(folder, scenario.after, gone=scenario.before.keys() - scenario.after.keys())
    after = play(folder, home, scenario.env2, scenario.cwd2, cached=False)
    if scenario.truth == "RERUN":
        assert before.out != after.out, "the label says that the edit matters"
    if scenario.truth == "REUSE":
        assert before.out == after.out, "the label says that the edit does not matter"
    return before, after


def _write(
    folder: Path, files: Mapping[str, str], gone: frozenset[str] | set[str] = frozenset()
) -> None:
    for path in gone:
        (folder / path).unlink()
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text) if isinstance(text, bytes) else file.write_text(text)


def _damage(home: Path, how: str) -> None:
    for file in sorted(home.rglob("*")) if how else ():
        if file.is_file():
            content = file.read_bytes()
            file.write_bytes(content[: len(content) // 2] if how == "truncate" else b"")
