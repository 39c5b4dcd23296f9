"""A plan says what Run All would do, and where nobody can know it says so: each row is compared
with what then really happens."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

import nbformat
import pytest

from tests.notebook.kernel import Kernel


@dataclass(frozen=True)
class Story:
    """A notebook that has run ``passes`` times, what is done then, and the plan of it.

    ``edits`` replace cells of the notebook; they and ``then`` are executed before the plan.
    """

    title: str
    cells: tuple[str, ...]
    plan: str
    """The verdict of each step, in order: ``↺`` cached, ``▶`` would run, ``?`` depends."""
    then: tuple[str, ...] = ()
    edits: tuple[tuple[str, str], ...] = ()
    passes: int = 1
    saved: bool = False
    """Whether the notebook's file is known."""


SETTINGS = "class CFG:\n    seed = 1\n    rate = 2"
SEED = "import random\nrandom.seed(0)"
OWN = "%%step a\ndef own(x):\n    return x + h\n\na = own(1)"
DRAW_A = "%%step a\na = random.random()"
DRAW_B = "%%step b\nb = random.random()"
MADE = "%%step made\nX = [1, 2, 3]"
GROW = "%%step grow\nX.append(4)\nn = len(X)"
AFTER = "%%step after\ntotal = sum(X)"
WRITE = "%%step write\nfrom pathlib import Path\n_ = Path('f.txt').write_text('a' * size)"
READ = "%%step read\nfrom pathlib import Path\ntext = Path('f.txt').read_text()"
OPEN = "import sqlite3\ndb = sqlite3.connect(':memory:')"
NOT_KEPT = "%%step gen\ng = (i for i in [n0])\nm = 1"

STORIES = (
    Story("seeded in a plain cell", (SEED, DRAW_A, DRAW_B), "↺↺"),
    Story("seeded, run twice", (SEED, DRAW_A, DRAW_B), "↺↺", passes=2),
    Story("seeded anew between", (SEED, DRAW_A, "random.seed(7)", DRAW_B), "↺↺", passes=2),
    Story(
        "another seed",
        (SEED, DRAW_A, DRAW_B),
        "??",
        edits=((SEED, "import random\nrandom.seed(1)"),),
    ),
    Story(
        "another seed by a name",
        ("s = 0", "import random; random.seed(s)", DRAW_A),
        "?",
        edits=(("s = 0", "s = 1"),),
    ),
    Story(
        "one more draw in a plain cell",
        (SEED, "r = random.random()", DRAW_A),
        "?",
        edits=(("r = random.random()", "r = random.random() + random.random()"),),
    ),
    Story("a drawing step run alone again", (SEED, DRAW_A, DRAW_B), "↺↺", then=(DRAW_B,)),
    Story("seeded and one of them run alone", (SEED, DRAW_A, DRAW_B), "↺↺", then=(SEED, DRAW_B)),
    Story(
        "a step met before the one above it",
        (SEED, DRAW_A, DRAW_B),
        "??",
        passes=0,
        then=(SEED, DRAW_B, DRAW_A),
        saved=True,
    ),
    Story(
        "an input of a drawing step",
        (SEED, "k = 1", "%%step a\na = random.random() * k", DRAW_B),
        "▶?",
        edits=(("k = 1", "k = 2"),),
    ),
    Story(
        "numpy seeded in a plain cell",
        ("import numpy as np\nnp.random.seed(3)", "%%step a\na = float(np.random.rand())"),
        "↺",
    ),
    Story("changed in place by a later step", (MADE, GROW, AFTER), "↺↺↺"),
    Story("changed in place, run twice", (MADE, GROW, AFTER), "↺↺↺", passes=2),
    Story("changed in place, made in a plain cell", ("X = [1, 2, 3]", GROW, AFTER), "↺↺"),
    Story(
        "read before and after it is changed in place",
        ("X = [1, 2, 3]", "%%step first\nf = sum(X)", GROW, AFTER),
        "↺↺↺",
    ),
    Story(
        "changed in place twice",
        ("X = [1, 2, 3]", GROW, "%%step more\nX.append(5)", AFTER),
        "↺↺↺",
    ),
    Story(
        "changed in place under another name",
        (MADE, "%%step alias\nY = X", GROW, "%%step after\ntotal = sum(Y)"),
        "↺↺↺↺",
    ),
    Story(
        "what is changed in place is another one now",
        ("X = [1, 2, 3]", GROW, AFTER),
        "▶?",
        edits=(("X = [1, 2, 3]", "X = [1, 2]"),),
    ),
    Story(
        "an edited helper",
        ("def h(): return 1", "%%step a\na = h()", "%%step b\nb = a + 1"),
        "▶?",
        edits=(("def h(): return 1", "def h(): return 2"),),
    ),
    Story(
        "a plain cell between steps",
        ("k = 1", "%%step a\na = k", "Y = a * 2", "%%step b\nb = Y"),
        "▶?",
        edits=(("k = 1", "k = 2"),),
    ),
    Story(
        "a plain cell between steps that has not run since",
        ("k = 1", "%%step a\na = k", "Y = a * 2", "%%step b\nb = Y"),
        "↺?",
        edits=(("k = 1", "k = 2"),),
        then=("%%step a\na = k",),
    ),
    Story(
        "a plain cell that reads what was edited",
        ("g = 1", "X = [g]", "%%step a\na = sum(X)"),
        "?",
        edits=(("g = 1", "g = 2"),),
    ),
    Story(
        "a plain cell that reads what is updated below",
        ("df = [1, 2]", "X = df[0]", "df = df + [3]", "%%step a\na = X", "%%step b\nb = sum(df)"),
        "↺↺",
    ),
    Story(
        "an import again below",
        ("import math", "X = math.pi", "%%step a\na = X", "import math, os"),
        "↺",
    ),
    Story(
        "an edited input",
        ("k = 1", "%%step a\na = k"),
        "▶",
        edits=(("k = 1", "k = 2"),),
    ),
    Story(
        "changed in place by a plain cell between steps",
        (MADE, "X.append(9)", AFTER),
        "↺↺",
        passes=2,
    ),
    Story(
        "an edited cell of imports",
        ("from math import sqrt", "%%step a\na = sqrt(4)", "print(sqrt(9))"),
        "↺",
        edits=(("from math import sqrt", "from math import sqrt, pi"),),
        then=("print(sqrt(9))",),
    ),
    Story(
        "an edited setting in a class",
        (SETTINGS, "%%step a\na = CFG.seed", "%%step b\nb = CFG.rate"),
        "▶↺",
        edits=((SETTINGS, SETTINGS.replace("seed = 1", "seed = 2")),),
    ),
    Story(
        "a setting in a class that a plain cell assigns",
        (SETTINGS, "%%step a\na = CFG.seed", "CFG.seed = 5", "%%step b\nb = CFG.seed, CFG.rate"),
        "↺↺",
        passes=2,
    ),
    Story("a step that binds its input anew", ("n = 0", "%%step a\nn = n + 1"), "↺"),
    Story(
        "a step that binds an input of one above",
        ("n = 0", "%%step a\na = n", "%%step b\nn = 5", "%%step c\nc = n"),
        "↺↺↺",
    ),
    Story(
        "a step that binds an input where a library holds something",
        ("import json\njson.kept = [1]", "n = 0", "%%step b\nn = 5", "%%step c\nc = n"),
        "↺↺",
    ),
    Story(
        "an input edited to what a step makes of it",
        ("n = 0", "%%step a\nn = n + 1"),
        "▶",
        edits=(("n = 0", "n = 1"),),
    ),
    Story("a deleted input", ("t = 5", "%%step a\na = t + 1\ndel t"), "↺"),
    Story(
        "a file that a step writes and another reads",
        ("size = 3", WRITE, READ),
        "▶?",
        edits=(("size = 3", "size = 4"),),
    ),
    Story(
        "a file that is gone and made again",
        ("size = 3", WRITE, READ),
        "▶?",
        then=("import os; os.remove('f.txt')",),
    ),
    Story("a step that is not kept", ("n0 = 1", NOT_KEPT, "%%step b\nb = m"), "▶?"),
    Story(
        "no cache for the pipeline",
        ("%pipeline --no-cache -q", MADE, "%%step b\nb = sum(X)"),
        "▶▶",
    ),
    Story(
        "no cache but for one step",
        ("%pipeline --no-cache -q", MADE, "%%step b --enable-cache\nb = sum(X)"),
        "▶?",
    ),
    Story("a forced step", ("%%step a -f\na = 1", "%%step b\nb = a"), "▶?"),
    Story(
        "two steps that import the same",
        (
            "%%step a\nimport time\na = time.sleep(0.01)",
            "%%step b\nimport time\nb = a, time.altzone",
        ),
        "↺↺",
    ),
    Story("a helper of its own", ("h = 1", OWN, "%%step b\nb = a"), "↺↺", passes=2),
    Story(
        "what a helper of its own reads",
        ("h = 1", OWN, "%%step b\nb = a"),
        "▶?",
        edits=(("h = 1", "h = 2"),),
        passes=2,
    ),
    Story(
        "a helper of its own that other cells call otherwise",
        ("def own(x): return 5", "h = 1", OWN, "def own(x): return 7", "%%step b\nb = a"),
        "↺↺",
        passes=2,
    ),
    Story(
        "a helper of its own that one of the notebook's calls",
        ("def calls(): return own(1)", "h = 1", f"{OWN}\nc = calls()"),
        "↺",
        passes=2,
    ),
    Story("a step below that says not to", (MADE, "%%step b --no-cache\nb = sum(X)"), "↺▶"),
)


def save(kernel: Kernel, cells: Sequence[str], ids: Sequence[str] = ()) -> None:
    """Write the notebook's file, and tell the kernel of it."""
    file = kernel.folder / "work" / "notebook.ipynb"
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    for cell, told in zip(notebook.cells, ids, strict=False):
        cell["id"] = told
    nbformat.write(notebook, file)
    kernel.quietly(f"__session__ = {str(file)!r}")


def rows_of(kernel: Kernel) -> tuple[dict[str, str], str]:
    told = str(kernel.run("%plan").result)
    return {name: glyph for glyph, name in re.findall(r"(?m)^([↺▶?]) (\S+)", told)}, told


def test_steps_that_the_notebook_has_no_more_are_in_no_plan(kernel: Kernel) -> None:
    kernel.run("%%step old\na = 1", cell="1")
    kernel.run("%%step new\na = 1", cell="1")
    assert list(rows_of(kernel)[0]) == ["new"]
    save(kernel, ["%%step new\na = 1", "%%step b\nb = 1"])
    kernel.run("%%step b\nb = 1", cell="2")
    assert list(rows_of(kernel)[0]) == ["new", "b"]
    time.sleep(0.01)
    save(kernel, ["%%step new\na = 1"])
    assert list(rows_of(kernel)[0]) == ["new"]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.title).replace(" ", "_"))
def test_a_plan_comes_true(kernel: Kernel, story: Story) -> None:
    cells = list(story.cells)
    if story.saved:
        save(kernel, cells)
    for _ in range(story.passes):
        kernel.play(*cells)
    for old, new in story.edits:
        cells[cells.index(old)] = new
        kernel.run(new)
    kernel.play(*story.then)
    compared(kernel, cells, story.plan)


TWICE = ("x = 1", "x = 2", "%%step a\ny = x + 1", "%%step b\nz = y + 1")
SAVED = {
    "nothing new": (TWICE, TWICE, "↺↺"),
    "a cell is gone": (TWICE, (TWICE[0], *TWICE[2:]), "▶?"),
    "two have changed places": (TWICE, (TWICE[1], TWICE[0], *TWICE[2:]), "▶?"),
    "one stands below now": (TWICE, (TWICE[0], TWICE[2], TWICE[1], TWICE[3]), "▶?"),
    "a new one": (TWICE, (*TWICE[:2], "x = 3", *TWICE[2:]), "▶?"),
    "a new one that a step above counts on": (TWICE, (*TWICE[:3], "x = 3", TWICE[3]), "↺↺"),
    "a value is another": (TWICE, ("x = 1", "x = 5", *TWICE[2:]), "▶?"),
    "a step is another": (TWICE, (*TWICE[:2], "%%step a\ny = x + 2", TWICE[3]), "▶?"),
    "a name between steps": (TWICE, (*TWICE[:3], "y = abs(-4)", TWICE[3]), "↺?"),
    "a helper is gone": (
        ("def f(): return 1", "def f(): return 2", "%%step a\ny = f()"),
        ("def f(): return 1", "%%step a\ny = f()"),
        "▶",
    ),
    "a change in place is gone": (
        ("X = list((1,))", "X.append(2)", "%%step a\ny = sum(X)"),
        ("X = list((1,))", "%%step a\ny = sum(X)"),
        "?",
    ),
    "steps have changed places": (
        ("x = 1", "%%step a\nx = x + 1", "%%step b\nx = x * 3"),
        ("x = 1", "%%step b\nx = x * 3", "%%step a\nx = x + 1"),
        "▶?",
    ),
    "another seed": (
        ("import random\nrandom.seed(0)", DRAW_A),
        ("import random\nrandom.seed(1)", DRAW_A),
        "?",
    ),
    "another file is written": (
        ("open('f.txt', 'w').write('1')", READ, DRAW_B.replace("random()", "Random(1)")),
        ("open('f.txt', 'w').write('2')", READ, DRAW_B.replace("random()", "Random(1)")),
        "?↺",
    ),
}
"""What has run, what the notebook's file has by now, and the plan of it."""


@pytest.mark.parametrize("has_ids", [True, False], ids=["ids", "no ids"])
@pytest.mark.parametrize("story", SAVED)
def test_what_was_saved_and_has_not_run_counts_in_a_plan(
    kernel: Kernel, story: str, has_ids: bool
) -> None:
    before, now, plan = SAVED[story]
    if "random" in before[-1]:
        kernel.run("import random")
    ids = {cell: f"id{number}" for number, cell in enumerate(dict.fromkeys(before + now))}
    for cell in before:
        kernel.run(cell, cell=ids[cell] if has_ids else "")
    save(kernel, now, [ids[cell] for cell in now] if has_ids else ())
    compared(kernel, now, plan)


def test_what_ran_after_the_file_was_saved_is_newer(kernel: Kernel) -> None:
    cells = ["x = 1", "%%step a\ny = x + 1", "%%step b\nz = y + 1"]
    save(kernel, cells, ["1", "2", "3"])
    kernel.play(*cells)
    edited = ["x = 2", cells[1], "y = 7", cells[2]]
    for cell, told in zip(edited, ["1", "2", "4", "3"], strict=True):
        kernel.run(cell, cell=told)
    compared(kernel, edited, "↺↺")


POOL = (
    "s = {v}",
    "random.seed({v})",
    "random.seed(s)",
    "r = random.random()",
    "random.shuffle(X)",
    "k = {v}",
    "k = k + 1",
    "X = [1, {v}]",
    "Y = a * {v}",
    "Z = [k, {v}]",
    "def h(): return k + {v}",
    "%%step a\na = k + {v}",
    "%%step b\nb = random.random() + {v}",
    "%%step c\nX.append({v})",
    "%%step d\nd = sum(X) + {v}",
    "%%step e\ne = Y + {v}",
    "%%step f\nf = sum(Z) + h() + {v}",
    "%%step g\nk = k + {v}",
    "%%step i\nW = X",
    "%%step j\nW.append(1)",
    "%%step w\nopen('f.txt', 'w').write(str(k))",
    "%%step t\nt = open('f.txt').read()",
)
FIRST = (
    "import os, random\nk = s = a = Y = 1\nX, Z, W = [1], [1], [1]\nh = lambda: 1\n"
    "os.path.exists('f.txt') or open('f.txt', 'w').write('0')"
)


def test_a_plan_tells_of_steps_that_this_kernel_has_not_run(kernel: Kernel) -> None:
    cells = ["%%step a\na = 1", "%%step slow\nb = a + 1", "%%step c\nc = b", "%%step d\nd = 4"]
    save(kernel, cells)
    kernel.play(*cells)
    kernel.restart()
    save(kernel, cells)
    kernel.play(cells[0], "b = 2", cells[2])
    rows, told = rows_of(kernel)
    assert rows == {"a": "↺", "slow": "?", "c": "?", "d": "?"}, told
    assert "? slow  depends on its cell, which this kernel has not run yet" in told
    assert "? c  depends on slow" in told


def test_right_after_a_restart_the_notebooks_file_tells_the_plan(kernel: Kernel) -> None:
    cells = ["gamma = 1", "%%step a\na = gamma", "%%step b\nb = a + 1", "%%step c\nc = 4"]
    save(kernel, cells)
    kernel.play(*cells)
    kernel.restart()
    cells[2] = "%%step b\nb = a + 2"
    save(kernel, cells)
    told = str(kernel.run("%plan").result)
    assert told.endswith("\nAs the notebook's file says: this kernel has not run any step yet.")
    compared(kernel, cells, "↺▶↺")


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_of_any_notebook_comes_true(kernel: Kernel, seed: int) -> None:
    """Cells run in order, then some are edited and run in any order, as one does."""
    dice = random.Random(seed)
    cells = [FIRST, *dice.sample(POOL, 8)]
    values = [0] * len(cells)

    def text(place: int) -> str:
        return cells[place].replace("{v}", str(values[place]))

    for _ in range(dice.randint(1, 2)):
        for place in range(len(cells)):
            kernel.run(text(place), cell=str(place))
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(1, len(cells))
        values[place] = dice.randint(0, 1)
        kernel.run(text(place), cell=str(place))
    compared(kernel, [text(place) for place in range(len(cells))], with_ids=True)


@pytest.mark.parametrize("seed", range(16))
def test_a_plan_of_any_saved_notebook_comes_true(kernel: Kernel, seed: int) -> None:
    """Cells run in order; some are edited, moved, put in or taken out then, and only saved.
    What chance gives without a seed no plan can know, nor what cells that have moved do to one
    object under two names."""
    dice = random.Random(seed)
    known = [cell for cell in POOL if "random" not in cell and "W = X" not in cell]
    pool = dice.sample(known, 11)
    values = dict.fromkeys(pool, 0)
    cells, rest = pool[:8], pool[8:]
    has_ids = bool(seed % 2)
    ids = {cell: f"id{number}" for number, cell in enumerate([FIRST, *pool])}

    def page() -> tuple[list[str], list[str]]:
        texts = [cell.replace("{v}", str(values.get(cell, 0))) for cell in (FIRST, *cells)]
        return texts, [ids[cell] for cell in (FIRST, *cells)]

    for text, told in zip(*page(), strict=True):
        kernel.run(text, cell=told if has_ids else "")
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(cells))
        match dice.choice(["edit", "move", "put in", "take out", "run"]):
            case "edit":
                values[cells[place]] = 1 - values[cells[place]]
            case "move":
                cells.insert(dice.randrange(len(cells)), cells.pop(place))
            case "put in" if rest:
                cells.insert(place, rest.pop())
            case "take out" if len(cells) > 2:
                del cells[place]
            case "run":
                told = ids[cells[place]] if has_ids else ""
                kernel.run(page()[0][place + 1], cell=told)
    texts, told_ids = page()
    save(kernel, texts, told_ids if has_ids else ())
    compared(kernel, texts)


def compared(
    kernel: Kernel, cells: Sequence[str], plan: str = "", *, with_ids: bool = False
) -> None:
    """Take the plan, run everything, and compare each row with what happened."""
    rows, told = rows_of(kernel)
    played = [kernel.run(one, cell=str(at) if with_ids else "") for at, one in enumerate(cells)]
    happened = {cell.line["step"]: cell.status for cell in played if cell.line}
    wanted = {"↺": {"cached"}, "▶": {"completed"}, "?": {"cached", "completed"}}
    assert rows.keys() == happened.keys()
    wrong = {n: told for n, glyph in rows.items() if happened[n] not in wanted[glyph]}
    assert not wrong, happened
    assert not plan or "".join(rows.values()) == plan, told


def test_a_plan_knows_a_result_that_was_denied(own: Kernel) -> None:
    cells = ("q = {1: [1]}\nk = q[1]", "%%step a\nq.clear()")
    own.play(*cells)
    denied = own.play(*cells)[-1]
    assert denied.status == "completed" and "shares a part with k" in denied.said
    told = own.run("%plan").result
    assert told.startswith("? a  depends on whether q is changed in place and shares a part with k")
    own.play("k = 0", "q = {1: [1]}", cells[1])
    assert "whether" not in own.run("%plan").result
