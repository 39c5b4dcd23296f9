# ruff: noqa: E501  (cells are quoted as they stand in a notebook)
"""Hidden state is the enemy: any order of execution, with edits, gives what running cold gives.

Random notebooks of real statements are executed in a random order with edits, deletions and
restarts in between, once with steps and once plain, and every output and every name is compared.
A deliberately wrong engine, one that leaves a part out of the key or hands a copy where a run
gives the object itself, must fail the same property.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import zenbook.front.notebook.putting as putting
from zenbook.engine.desk import close_desks
from zenbook.front.notebook.loading import load_into

NAMES = ("a", "b", "c")
STATEMENTS = (
    "{x} = {n}",
    "{x} = [{n}, 2]",
    "{x} = {{'k': {n}, 'l': [1]}}",
    "{x} = {y}",
    "{x} = [{y}]",
    "{x} = len(repr({y})) + {n}",
    "{x} = {y}['l'] if isinstance({y}, dict) else {y}",
    "{y}.append({n}) if isinstance({y}, list) else None",
    "{y}.update(m={n}) if isinstance({y}, dict) else None",
    "{x} = helper({y}) + {n}",
    "def helper(v): return len(repr(v)) * {n}",
    "def setter():\n    global {x}\n    {x} = {n}\nsetter()",
    "for {x} in range({n}): pass",
    "if isinstance({y}, int) and {y} > 3:\n    {x} = {n}",
    "del {x}",
    "{x} = repr({y})",
    "class Box:\n    def __init__(self, v): self.v = v\n    def __repr__(self): return f'Box({{self.v}}, {n})'",
    "{x} = Box({y})",
    "print({y}, {n})",
    "{y}",
    "import random\nrandom.seed({n})\n{x} = random.random()",
)
Move = tuple[str, int, str]


@st.composite
def statements(draw: Any) -> str:
    lines = [
        draw(st.sampled_from(STATEMENTS)).format(
            x=draw(st.sampled_from(NAMES)),
            y=draw(st.sampled_from(NAMES)),
            n=draw(st.integers(1, 5)),
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    return "\n".join(lines)


@st.composite
def histories(draw: Any) -> list[Move]:
    """Cells executed in any order, edited and deleted, with restarts in between."""
    cells = draw(st.lists(statements(), min_size=2, max_size=4))
    moves: list[Move] = []
    for _ in range(draw(st.integers(4, 14))):
        kind = draw(st.sampled_from(["run", "run", "run", "run", "edit", "restart"]))
        place = draw(st.integers(0, len(cells) - 1))
        if kind == "edit":
            cells[place] = draw(statements())
        moves.append((kind, place, cells[place]))
    return moves


@pytest.fixture
def shell(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    (tmp_path / "person").mkdir(exist_ok=True)
    config = Config()
    config.HistoryManager.enabled = False
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance(config=config)
    made.colors = "nocolor"
    load_into(made)
    yield made
    load_into(made).forget()
    InteractiveShell.clear_instance()


def _played(shell: InteractiveShell, moves: list[Move], capsys: Any, steps: bool) -> list[Any]:
    """What every move showed and left."""
    _restart(shell)
    random.seed(0)
    seen: list[Any] = []
    for kind, place, source in moves:
        if kind == "restart":
            _restart(shell)
            random.seed(0)
            continue
        first = f"%%step s{place} -q\n" if steps else "# plain\n"
        capsys.readouterr()
        result = shell.run_cell(first + source, store_history=True)
        shown = capsys.readouterr().out
        error = result.error_in_exec or result.error_before_exec
        seen.append((source, _outputs_of(shown), type(error).__name__, _names(shell)))
    return seen


def _outputs_of(shown: str) -> list[str]:
    """What was printed, without numbers of prompts and tracebacks (which hold addresses)."""
    lines = [
        line.partition("]: ")[2] if line.startswith("Out[") else line for line in shown.splitlines()
    ]
    return lines if not any("Traceback" in line for line in lines) else ["Traceback"]


def _names(shell: InteractiveShell) -> Any:
    """What the names are, and which of them share objects."""
    space = {name: shell.user_ns[name] for name in NAMES if name in shell.user_ns}
    parts = {name: {id(part) for part in _parts(value)} for name, value in space.items()}
    pairs = [(m, n) for m in space for n in space if m < n and parts[m] & parts[n]]
    return {name: _told(value) for name, value in space.items()}, pairs


def _told(value: Any) -> str:
    return type(value).__name__ if " at 0x" in repr(value) else repr(value)


def _parts(value: Any) -> Iterator[Any]:
    """The changeable objects inside a value."""
    if isinstance(value, list | dict) or hasattr(value, "v"):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in (*inner, *([value.v] if hasattr(value, "v") else [])):
        yield from _parts(item)


def _restart(shell: InteractiveShell) -> None:
    load_into(shell).forget()
    shell.reset(new_session=False)


EXAMPLES = settings(
    deadline=None, max_examples=25, suppress_health_check=list(HealthCheck), database=None
)


def _property(shell: InteractiveShell, capsys: Any) -> None:
    """Steps show and leave what plain cells do, whatever was executed in which order."""

    @EXAMPLES
    @given(histories())
    @example([("run", 1, "c = 1"), ("run", 3, "del c"), ("run", 3, "del c")])
    def steps_are_plain_cells(moves: list[Move]) -> None:
        assert _played(shell, moves, capsys, True) == _played(shell, moves, capsys, False)

    steps_are_plain_cells()


def test_any_order_of_steps_with_edits_and_restarts_equals_plain_cells(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    _property(shell, capsys)


def _without_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: inputs are no reason to run again."""
    import zenbook.engine.identify as identify

    real = identify.fingerprint_of
    monkeypatch.setattr(
        identify, "fingerprint_of", lambda parts: real([p for p in parts if p.kind != "input"])
    )


def _with_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: what is changed in place is bound as a copy, other holders keep the old."""
    monkeypatch.setattr(putting, "_can_become", lambda old, new: False)
    monkeypatch.setattr(putting, "put_in_place_of", lambda old, new, namespace: None)


def _without_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: the functions a cell uses are no reason to run again."""
    import zenbook.engine.identify as identify

    real = identify.fingerprint_of
    monkeypatch.setattr(
        identify, "fingerprint_of", lambda parts: real([p for p in parts if p.kind != "use"])
    )


COUNTED = [
    ("run", 0, "a = 1"),
    ("run", 1, "b = a + 1"),
    ("run", 0, "a = 2"),
    ("run", 1, "b = a + 1"),
]
HELPED = [
    ("run", 0, "def helper(v): return v"),
    ("run", 1, "b = helper(1)"),
    ("run", 0, "def helper(v): return v * 2"),
    ("run", 1, "b = helper(1)"),
]
HELD = [
    ("run", 0, "a = [1]\nb = [a]"),
    ("run", 1, "a.append(2)"),
    ("restart", 0, ""),
    ("run", 0, "a = [1]\nb = [a]"),
    ("run", 1, "a.append(2)"),
]


@pytest.mark.parametrize(
    ("wrong", "moves"),
    [(_without_inputs, COUNTED), (_without_uses, HELPED), (_with_copies, HELD)],
)
def test_a_wrong_engine_fails_this_property(
    wrong: Callable[[pytest.MonkeyPatch], None],
    moves: list[Move],
    shell: InteractiveShell,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = _played(shell, moves, capsys, False)
    assert _played(shell, moves, capsys, True) == right
    wrong(monkeypatch)
    close_desks()  # a desk remembers fingerprints it has made
    assert _played(shell, moves, capsys, True) != right
