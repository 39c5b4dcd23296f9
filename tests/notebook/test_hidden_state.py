# ruff: noqa: ISC004  (cells are quoted as they stand in a notebook)
"""Hidden state is the enemy: any order of execution, with edits, gives what running cold gives.

Random notebooks of real statements are executed in a random order with edits, deletions and
restarts in between, once with steps and once plain, and every output and every name is compared.
A deliberately wrong engine, one that leaves a part out of the key or hands a copy where a run
gives the object itself, must fail the same property.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, seed, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import zenbook.engine.becoming as becoming
import zenbook.front.notebook.gathered as gathered
import zenbook.front.notebook.putting as putting
from zenbook.engine.desk import close_desks
from zenbook.front.notebook.loading import load_into
from zenbook.front.notebook.namespace import is_ordinary
from zenbook.front.notebook.passing import Passing

NAMES = ("a", "b", "c")
STATEMENTS = (
    "{x} = {n}",
    "{x} = [{n}, 2]",
    "{x} = {{'k': {n}, 'l': [1]}}",
    "{x} = {{{n}, 2}}",
    "{x} = {y}",
    "{x} = [{y}]",
    "{x} = [{y}, {x}]",
    "{x} = ({y}, {n})",
    "{x}, {y} = {y}, {x}",
    "*{x}, {y} = [1, 2, {n}]",
    "{x} = len(repr({y})) + {n}",
    "{x} = {y}['l'] if isinstance({y}, dict) else {y}",
    "{x} = {y}[0] if isinstance({y}, list) and {y} else {y}",
    "{x} = f'{{{y}}} {n}'",
    "{x} = [helper(i) for i in range({n})]",
    "{x} = {{i: [{y}] for i in range({n})}}",
    "{x} = sum(i for i in range({n}))",
    "{x} = (lambda v: (v, {n}))({y})",
    "if (size := len(repr({y}))) > {n}: {x} = size",
    "match {y}:\n    case [head, *_]: {x} = head\n    case dict(): {x} = {n}\n    case _: pass",
    "try:\n    {x} = {y}[{n}]\nexcept (TypeError, LookupError) as error:\n    {x} = str(error)",
    "while isinstance({y}, list) and len({y}) < {n}: {y}.append({n})",
    "for {x} in range({n}): pass",
    "if isinstance({y}, int) and {y} > 3:\n    {x} = {n}",
    "del {x}",
    "{x} = repr({y})",
    "print({y}, {n})",
    "{y}",
    "[{y}, {n}]",
    "print(repr({y}) + '{n}')",
    "helper({y})",
    # changes in place
    "{x} += {n}",
    "{x} += [{n}]",
    "{y}.append({n}) if isinstance({y}, list) else None",
    "{y}.append({x}) if isinstance({y}, list) and {y} is not {x} else None",
    "{y}.update(m={n}) if isinstance({y}, dict) else None",
    "{y}['l'].append({n}) if isinstance({y}, dict) else None",
    "{y}.update(l=list({y}['l']), m={n}) if isinstance({y}, dict) else None",
    "{y}.clear() if isinstance({y}, list | dict | set) else None",
    "del {y}[0]",
    "{y}.v = {n}",
    "[each.append({n}) for each in {y} if isinstance(each, list)] if isinstance({y}, list) else 0",
    # functions, and what they read and change
    "K = {n}",
    "def helper(v): return len(repr(v)) * {n}",
    "def helper(v): return (v, K)",
    "def helper(v, k=K): return k",
    "def helper(v): return outer(v) if isinstance(v, str) else {n}",
    "def outer(v): return (helper(len(v)), {n})",
    "def make(k):\n    return lambda v: (repr(v), k, {n})\nhelper = make({n})",
    "def deco(function):\n    def inner(v): return ({n}, function(v))\n    return inner",
    "@deco\ndef helper(v): return repr(v)",
    "{x} = helper({y})",
    "{x} = outer(repr({y}))",
    "print(helper({y}))",
    "def setter():\n    global {x}\n    {x} = {n}\nsetter()",
    "def setter():\n    global {x}\n    {x} = [{y}]",
    "def pusher(v={n}): {y}.append(v)",
    "setter()",
    "pusher()",
    # classes
    "class Box:\n    def __init__(self, v): self.v = v\n"
    "    def __repr__(self): return f'Box({{self.v}}, {n})'",
    "class Box:\n    tag = {n}\n    def __init__(self, v): self.v = helper(v)\n"
    "    def __repr__(self): return f'Box({{self.v}}, {{self.tag}})'",
    "class Small(Box):\n    def size(self): return len(repr(self.v)) + {n}",
    "{x} = Box({y})",
    "{x} = Small({y})",
    "{x} = {y}.size()",
    "Box.tag = {n}",
    "{x} = getattr(Box, 'tag', 0)",
    "{x} = isinstance({y}, Box)",
    # modules, chance, files, the process
    "import math\n{x} = math.floor({n} / 2)",
    "from math import floor, ceil as up\n{x} = floor(up({n}))",
    "import math as m",
    "{x} = m.sqrt({n})",
    "import random\nrandom.seed({n})",
    "import random\nrandom.seed({n})\n{x} = random.random()",
    "import random\n{x} = random.random()",
    "from pathlib import Path\nPath('f{m}.txt').write_text(repr({y}))",
    "from pathlib import Path\n{x} = Path('f{m}.txt').read_text()",
    "from pathlib import Path\n{x} = Path('f{m}.txt').exists()",
    "with open('f{m}.txt', 'a') as file:\n    print({y}, file=file)",
    "import os\nos.environ['ZB_HIDDEN'] = '{n}'",
    "import os\n{x} = os.environ.get('ZB_HIDDEN')",
    # arrays
    "import numpy as np\n{x} = np.arange({n}.0)",
    "{x} = {y}[1:] if hasattr({y}, 'shape') else {n}",
    "{y}[...] = {n} if hasattr({y}, 'shape') else 0",
    "{x} = {y} * 2",
    "import numpy as np\n{x} = bytearray({n})\n{y} = np.frombuffer({x}, 'u1')",
    "{x} = np.frombuffer({y}, 'u1') if isinstance({y}, bytearray) else {n}",
    "{y}[0] = {n}",
    # tables
    "import pandas as pd\n{x} = pd.DataFrame({{'k': [{n}, 2], 'l': [{y}, [3]]}})",
    "{x} = {y}.index if hasattr({y}, 'columns') else {n}",
    "{x} = {y}['l'][0] if hasattr({y}, 'columns') else {n}",
    "{x} = {y}.groupby('k')",
    "if hasattr({y}, 'columns'): {y}.index.name = 'i{n}'",
    "if hasattr({y}, 'columns'): {y}['m'] = {n}",
    # objects that hand out what is global
    "TABLE = [{n}]",
    "class Store:\n    def table(self): return TABLE\n    def add(self, v): TABLE.append(v)",
    "{x} = Store()",
    "{x} = {y}.table()",
    "{y}.add({n})",
    # code that nobody sees
    "exec('{x} = {n}')",
    "globals()['{x}'] = {n}",
    "{x} = globals().get('{y}')",
)
Move = tuple[str, int, str]


@st.composite
def statements(draw: Any) -> str:
    lines = [
        draw(st.sampled_from(STATEMENTS)).format(
            x=draw(st.sampled_from(NAMES)),
            y=draw(st.sampled_from(NAMES)),
            n=draw(st.integers(1, 5)),
            m=draw(st.integers(1, 2)),
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    return "\n".join(lines)


BEGINNINGS = (
    "a = [1, [2]]\nb = {'k': 1, 'l': [a]}\nc = 3",
    "import numpy as np\na = np.arange(4.0)\nb = [a]\nc = a[1:]",
    "K = 2\ndef helper(v): return (v, K)\ndef outer(v): return helper(v)\na, b, c = 1, 'two', [3]",
    "class Box:\n    def __init__(self, v): self.v = v\na = Box([1])\nb = a.v\nc = [a]",
    "from pathlib import Path\nPath('f1.txt').write_text('one')\na = b = [1]\nc = {'l': a}",
    "import pandas as pd\nc = [1]\na = pd.DataFrame({'k': [1, 2], 'l': [c, []]})\nb = a.k * 2",
    "TABLE = [1]\nclass Store:\n    def table(self): return TABLE\na = Store()\nb = c = a.table()",
)


@st.composite
def histories(draw: Any) -> list[Move]:
    """Cells executed in any order, edited, run from the top, with restarts in between."""
    cells = [draw(st.sampled_from(BEGINNINGS))]
    cells += draw(st.lists(statements(), min_size=2, max_size=4))
    moves: list[Move] = [("run", place, cell) for place, cell in enumerate(cells)]
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["run", "run", "edit", "turn", "all", "restart", "again"]))
        place = draw(st.integers(0, len(cells) - 1))
        if kind == "edit":
            cells[place] = draw(statements())
        if kind == "turn":
            cells[place] = _turned(cells[place])
        if kind in ("restart", "again"):
            moves.append(("restart", 0, ""))
        if kind in ("all", "again"):
            moves += [("run", number, cell) for number, cell in enumerate(cells)]
        elif kind != "restart":
            moves.append(("run", place, cells[place]))
    return moves


def _turned(cell: str) -> str:
    """The cell with its last value printed instead of shown, or the other way round."""
    *before, last = ast.parse(cell).body
    match last:
        case ast.Expr(ast.Call(ast.Name("print"), [value], [])):
            last = ast.Expr(value)
        case ast.Expr(value):
            last = ast.Expr(ast.Call(ast.Name("print"), [value], []))
    return ast.unparse(ast.Module([*before, last], []))


@pytest.fixture
def shell(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # IPython takes its place
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
    for file in Path().glob("f*.txt"):
        file.unlink()
    _restart(shell)
    seen: list[Any] = []
    for kind, place, source in moves:
        if kind == "restart":
            _restart(shell)
            continue
        first = f"%%step s{place} -q\n" if steps else "# plain\n"
        capsys.readouterr()
        result = shell.run_cell(first + source, store_history=True)
        shown = re.sub(r"0x[0-9a-f]+", "0x", capsys.readouterr().out)  # where an object lies
        error = result.error_in_exec or result.error_before_exec
        texts = {file.name: file.read_text() for file in sorted(Path().glob("f*.txt"))}
        files = {name: re.sub(r"0x[0-9a-f]+", "0x", text) for name, text in texts.items()}
        seen.append((source, _outputs_of(shown), type(error).__name__, _names(shell), files))
    return seen


def _outputs_of(shown: str) -> list[str]:
    """What was printed, without numbers of prompts and tracebacks (which hold addresses)."""
    lines = [re.sub(r"^Out\[\d+\]", "Out", line) for line in shown.splitlines()]
    return lines if not any("Traceback" in line for line in lines) else ["Traceback"]


def _names(shell: InteractiveShell) -> Any:
    """What the names are, and which of them share objects."""
    space = {
        name: value
        for name, value in shell.user_ns.items()
        if is_ordinary(name) and not name.startswith("_") and not isinstance(value, ModuleType)
    }
    parts = {name: list(_parts(value)) for name, value in space.items()}
    pairs = [(m, n) for m in space for n in space if m < n and _share(parts[m], parts[n])]
    return sorted((name, _told(value)) for name, value in space.items()), sorted(pairs)


def _told(value: Any) -> str:
    return type(value).__name__ if " at 0x" in repr(value) else repr(value)


def _share(some: list[Any], others: list[Any]) -> bool:
    """Whether a change of a part of one is seen in the other."""
    if {id(part) for part in some} & {id(part) for part in others}:
        return True
    arrays = [[part for part in parts if isinstance(part, np.ndarray)] for parts in (some, others)]
    return any(np.shares_memory(one, other) for one in arrays[0] for other in arrays[1])


def _parts(value: Any) -> Iterator[Any]:
    """The changeable objects inside a value."""
    waiting, seen = [value], set[int]()
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, list | dict | set | np.ndarray | pd.Index) or hasattr(part, "v"):
            yield part
        if isinstance(part, pd.DataFrame):
            waiting += [part.index, part.columns, *(item for _, item in part.items())]
        elif isinstance(part, pd.Series) and part.dtype == object:
            waiting += list(part)
        if isinstance(part, list | tuple | dict):
            waiting += part.values() if isinstance(part, dict) else part
        elif hasattr(part, "v"):
            waiting.append(part.v)


def _restart(shell: InteractiveShell) -> None:
    """A new kernel, whose first cell seeds: what nobody seeds may be anything."""
    load_into(shell).forget()
    shell.reset(new_session=False)
    os.environ.pop("ZB_HIDDEN", None)
    shell.run_cell("import random\nrandom.seed(0)", store_history=True)


def _again(source: str) -> list[Move]:
    """A cell that leaves ``a`` as it is, executed again when ``a`` is something else."""
    return [("run", 0, "a = b = 1"), ("run", 1, source), ("run", 0, "a = 5"), ("run", 1, source)]


def _property(
    shell: InteractiveShell, capsys: Any, examples: int = 25, chance: int | None = None
) -> None:
    """Steps show and leave what plain cells do, whatever was executed in which order."""

    @settings(
        deadline=None,
        max_examples=examples,
        suppress_health_check=list(HealthCheck),
        database=None,
        print_blob=False,
    )
    @given(histories())
    @example([("run", 1, "c = 1"), ("run", 3, "del c"), ("run", 3, "del c")])
    @example(_again("def setter():\n    global a\n    a = 3"))
    @example(_again("for a in []: pass"))
    @example(_again("if b > 1:\n    a = b + len('')"))
    def steps_are_plain_cells(moves: list[Move]) -> None:
        assert _played(shell, moves, capsys, True) == _played(shell, moves, capsys, False)

    (steps_are_plain_cells if chance is None else seed(chance)(steps_are_plain_cells))()


def test_any_order_of_steps_with_edits_and_restarts_equals_plain_cells(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    _property(shell, capsys)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("chance", range(5))
def test_hundreds_of_notebooks_equal_plain_cells(
    chance: int, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    _property(shell, capsys, examples=300, chance=chance)


def _without_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: inputs are no reason to run again."""
    import zenbook.engine.identify as identify

    real = identify.fingerprint_of
    monkeypatch.setattr(
        identify, "fingerprint_of", lambda parts: real([p for p in parts if p.kind != "input"])
    )


def _with_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: what is changed in place is bound as a copy, other holders keep the old."""
    for module in (becoming, putting):
        monkeypatch.setattr(module, "can_become", lambda old, new: False)
    monkeypatch.setattr(putting, "entangled", lambda value, others, **how: "")
    monkeypatch.setattr(putting, "put_in_place_of", lambda old, new, namespace: None)


def _without_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: the functions a cell uses are no reason to run again."""
    import zenbook.engine.identify as identify

    real = identify.fingerprint_of
    monkeypatch.setattr(
        identify, "fingerprint_of", lambda parts: real([p for p in parts if p.kind != "use"])
    )


def _without_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: nobody looks again at what a step read of the world."""
    import zenbook.engine.decide as decide

    monkeypatch.setattr(decide, "_changed_reads", lambda *_: [])


def _without_deletions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: what a cell deletes is there after a hit."""
    monkeypatch.setattr(Passing, "_gathered", _changed(Passing._gathered, deleted=()))
    monkeypatch.setattr(putting.Putting, "put", _put_without_dropping(putting.Putting.put))


def _changed(real: Callable[..., Any], **fields: Any) -> Callable[..., Any]:
    return lambda *args: replace(real(*args), **fields)


def _put_without_dropping(real: Callable[..., None]) -> Callable[..., None]:
    def put(self: Any, partly: Any) -> None:
        self._cell = replace(self._cell, dropped=())
        real(self, partly)

    return put


def _without_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: a hit leaves the random state as it found it."""
    from zenbook.world.randomness import GlobalRandomness

    monkeypatch.setattr(GlobalRandomness, "restore", lambda self, saved: None)


def _without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: what a result shares with an input is a copy after a hit."""
    monkeypatch.setattr(gathered, "links", lambda *given: [])


def _without_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: arrays that share memory are each on their own after a hit."""
    monkeypatch.setattr(gathered, "windows", lambda *given: [])


def _without_loans(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: what code hands out of its globals is a copy after a hit."""
    import zenbook.engine.keep as keep

    monkeypatch.setattr(keep, "lent", lambda *given: [])


def _without_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: tables hold nothing that others hold."""
    import zenbook.engine.parts as parts

    monkeypatch.setattr(parts, "frame_parts", lambda frame: iter(()))


def _without_displays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: a hit shows nothing."""
    monkeypatch.setattr(putting.Putting, "show", lambda self, replay, shell, how: None)


def _without_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: a hit shows the last value as the step did that was kept."""
    import zenbook.engine.restore as restore

    monkeypatch.setattr(restore, "as_printed", lambda events, value: events)


def _without_entwining(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: what inputs have in common is no reason."""
    import zenbook.engine.restore as restore

    monkeypatch.setattr(restore, "untied", lambda links, values: "")


def _without_touching(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: what inputs share is no reason where the step changes it."""
    import zenbook.engine.restore as restore

    monkeypatch.setattr(restore, "touched", lambda pairs, before, after, digest: "")


def _without_exchanges(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong engine: an equal object in the place of a part is that part."""
    monkeypatch.setattr(putting, "exchanged", lambda tied, name: frozenset())


def _run(*cells: str) -> list[Move]:
    return [("run", place, cell) for place, cell in enumerate(cells)]


def _run_again(*cells: str) -> list[Move]:
    """Run All, a restart, and Run All."""
    return [*_run(*cells), ("restart", 0, ""), *_run(*cells)]


_WRITE = "from pathlib import Path\nPath('f1.txt').write_text('{}')"
_READ = "a = Path('f1.txt').read_text()"
WRITTEN = [*_run(_WRITE.format(1), _READ), *_run(_WRITE.format(2), _READ)]
DELETED = _run_again("a = 1\nb = 2", "c = a\ndel a")
DRAWN = _run_again("import random\nrandom.seed(1)", "a = random.random()", "b = random.random()")
SHARED = _run_again("a = [1]", "b = [a]", "a.append(2)")
VIEWED = _run_again(
    "import numpy as np\na = np.arange(4.0)\nb = {'k': [a.reshape(2, 2).T]}", "a[:] = 7"
)
INDEXED = _run_again(
    "import pandas as pd\na = pd.DataFrame({'k': [1, 2]})", "b = a * 2", "b.index.name = 'i'"
)
LENT = _run_again(
    "TABLE = [1]\nclass Store:\n    def table(self): return TABLE\na = Store()",
    "b = a.table()",
    "b.append(2)",
)
SHOWN = _run_again("print('shown')\na = 1")
TURNED = [*_run("a = [1]", "[a, 2]"), ("run", 1, "print([a, 2])")]
HANDED = [
    *_run("a = [1]\nb = a", "c = [a, b]", "a.append(2)"),
    *_run("a = [1]\nb = [1]", "c = [a, b]", "a.append(2)"),
]
APPENDED = [
    *_run("a = [1]\nb = a", "a.append(2)\nc = len(b)"),
    *_run("a = [1]\nb = [1]", "a.append(2)\nc = len(b)"),
]
EXCHANGED = _run_again(
    "a = {'k': [1], 'n': 0}\nb = a['k']", "a.update(k=list(a['k']), n=5)", "b.append(2)"
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
    [
        (_without_inputs, COUNTED),
        (_without_uses, HELPED),
        (_with_copies, HELD),
        (_without_reads, WRITTEN),
        (_without_deletions, DELETED),
        (_without_chance, DRAWN),
        (_without_links, SHARED),
        (_without_windows, VIEWED),
        (_without_loans, LENT),
        (_without_frames, INDEXED),
        (_without_displays, SHOWN),
        (_without_turns, TURNED),
        (_without_entwining, HANDED),
        (_without_touching, APPENDED),
        (_without_exchanges, EXCHANGED),
    ],
)
def test_a_wrong_engine_fails_this_property(
    wrong: Callable[[pytest.MonkeyPatch], None],
    moves: list[Move],
    home: Path,
    shell: InteractiveShell,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = _played(shell, moves, capsys, False)
    assert _played(shell, moves, capsys, True) == right
    wrong(monkeypatch)
    close_desks()  # a desk remembers fingerprints it has made, and the home what was kept right
    shutil.rmtree(home)
    assert _played(shell, moves, capsys, True) != right
