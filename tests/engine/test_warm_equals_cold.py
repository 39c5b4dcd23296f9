"""The property that matters: whatever was edited, a warm run gives what a cold run gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.programs import Program, programs, run
from zenbook import step
from zenbook.engine import decide, identify

ONE_EDIT_EACH = [
    replace(Program(), rate=3),
    replace(Program(), table=(3, 3)),
    replace(Program(), deep="x + 1.0"),
    replace(Program(), helper="deep(x)"),
    replace(Program(), base="20"),
    replace(Program(), default=2),
    replace(Program(), body="helper(x) - k"),
    replace(Program(), file="6"),
    replace(Program(), variable="b"),
    replace(Program(), argument="3.0"),
]


def check(versions: Sequence[Program], folder: Path) -> None:
    """Run each version warm, over one home, and compare with a cold run of it."""
    for version in versions:
        assert run(version, folder, step) == run(version, folder, lambda body: body)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZENBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(versions=st.lists(programs, min_size=2, max_size=4))
def test_any_sequence_of_edits_gives_what_a_cold_run_gives(
    folder: Path, versions: list[Program]
) -> None:
    check(versions, folder)


@pytest.mark.parametrize("edited", ONE_EDIT_EACH, ids=lambda p: p.source[:0] or repr(p)[:60])
def test_one_edit_is_seen_and_going_back_is_a_hit(folder: Path, edited: Program) -> None:
    check([Program(), edited, Program()], folder)
    ran = _counting()
    run(Program(), folder, ran)
    assert ran.count == 0


def test_a_comment_and_a_docstring_are_no_reason_to_run(folder: Path) -> None:
    check([Program()], folder)
    ran = _counting()
    run(replace(Program(), comment="only words"), folder, ran)
    assert ran.count == 0


def _without(*kinds: str) -> Callable[[Any], Any]:
    real = identify.fingerprint_of
    return lambda parts: real([part for part in parts if part.kind not in kinds])


@pytest.mark.parametrize("kind", ["code", "use", "input"])
def test_a_wrong_engine_that_leaves_a_part_out_of_the_key_is_caught(
    folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(identify, "fingerprint_of", _without(kind))
    with pytest.raises(AssertionError):
        for edited in ONE_EDIT_EACH:
            check([Program(), edited], folder)


def test_a_wrong_engine_that_does_not_look_at_reads_again_is_caught(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decide, "_changed_reads", lambda *_: [])
    with pytest.raises(AssertionError):
        for edited in ONE_EDIT_EACH:
            check([Program(), edited], folder)


class _counting:
    """A ``step`` that counts how often a body really ran."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, body: Any) -> Any:
        made = step(body)
        call = made.binder.call

        def counted(**values: Any) -> Any:
            self.count += 1
            return call(**values)

        made.__dict__["_body"] = counted
        return made
