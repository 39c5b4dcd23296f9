"""What notebooks of data scientists do all the time is cached after a restart."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.notebook.kernel import Cell, Kernel


def passages(kernel: Kernel, cells: Sequence[str], times: int) -> list[list[Cell]]:
    """Run All so many times, restarted in between; what the steps among the cells showed."""
    found = []
    for time in range(times):
        if time:
            kernel.fresh()
        played = kernel.play(*cells)
        assert all(cell.reply["status"] == "ok" for cell in played), played[-1].traceback
        found.append([cell for cell in played if cell.line])
    return found


def statuses(passed: list[list[Cell]]) -> list[list[str]]:
    return [[cell.status for cell in steps] for steps in passed]


def test_a_table_that_is_replaced_in_a_database(kernel: Kernel) -> None:
    cells = [
        "import sqlite3\nimport pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3]})",
        (
            "%%step save\ncon = sqlite3.connect('d.db')\n"
            "df.to_sql('t', con, if_exists='replace')\ncon.close()"
        ),
        (
            "%%step load\ncon = sqlite3.connect('d.db')\n"
            "d = pd.read_sql('select * from t', con)\ncon.close()"
        ),
    ]
    first, second, third = passages(kernel, cells, 3)
    assert statuses([first, second, third]) == [
        ["completed", "completed"],
        ["completed", "cached"],  # the first found no table, and nobody knows what it would do
        ["cached", "cached"],
    ], second[0].said
    kernel.run("c = sqlite3.connect('d.db'); c.execute('insert into t values (3, 4)')\nc.commit()")
    assert [cell.status for cell in kernel.play(*cells[1:])] == ["completed", "cached"]


def test_a_dataset_that_is_written_anew(kernel: Kernel) -> None:
    cells = [
        "import shutil\nimport pandas as pd\ndf = pd.DataFrame({'k': ['a', 'b'], 'v': [1, 2]})",
        (
            "%%step save\nshutil.rmtree('ds', ignore_errors=True)\n"
            "df.to_parquet('ds', partition_cols=['k'])"
        ),
        "%%step load\nback = pd.read_parquet('ds')",
    ]
    first, second = passages(kernel, cells, 2)
    assert statuses([first, second]) == [["completed"] * 2, ["cached"] * 2], second[0].said


def test_a_table_beside_others(kernel: Kernel) -> None:
    cells = [
        (
            "from pathlib import Path\nimport pandas as pd\nOUT = Path('out')\n"
            "OUT.mkdir(exist_ok=True)\ndf = pd.DataFrame({'v': [1, 2]})"
        ),
        "%%step one\ndf.to_parquet(OUT / 'one.parquet')",
        "%%step load\nback = pd.read_parquet(OUT / 'one.parquet')",
        "%%step two\ndf.to_parquet(OUT / 'two.parquet')",
    ]
    first, second = passages(kernel, cells, 2)
    assert statuses([first, second]) == [["completed"] * 3, ["cached"] * 3], second[1].said


MADE = (
    "from collections import Counter, OrderedDict, defaultdict\n"
    "groups = defaultdict(list)\ngroups['a'].append(1)\nfirst = groups['a']\n"
    "counts = Counter('ab')\norder = OrderedDict(a=1, b=2, c=3)\n"
    "lazy = defaultdict(lambda: 5)\n"
    "holder = {'it': groups, 'them': [counts, order, lazy]}"
)
IN_PLACE = {
    "lists in a defaultdict": ("groups['a'].append(2)\ngroups['b'].append(3)", "cached"),
    "a list that is exchanged and held": ("groups['a'] = groups['a'] + [2]", "completed"),
    "a Counter": ("counts['b'] -= 3\ncounts.update('cc')", "cached"),
    "an OrderedDict": ("order.move_to_end('a')\norder['d'] = 4", "cached"),
    "another factory": ("groups.default_factory = set\ngroups['z']", "completed"),
    "a factory of the notebook": ("lazy['x']", "completed"),
}
HELD = (
    "(holder['it'] is groups, holder['them'][0] is counts, holder['them'][1] is order,"
    " holder['them'][2] is lazy, first, first is groups['a'], list(groups.items()),"
    " list(counts.items()), list(order.items()), list(lazy.items()),"
    " groups.default_factory.__name__)"
)


@pytest.mark.parametrize("what", IN_PLACE)
def test_a_dictionary_of_collections_that_others_hold(what: str, kernel: Kernel) -> None:
    body, expected = IN_PLACE[what]
    kernel.play(MADE, body)
    cold = kernel.value(HELD)
    kernel.fresh()
    first, second = passages(kernel, [MADE, f"%%step change\n{body}"], 2)
    assert statuses([first, second]) == [["completed"], [expected]], second[0].said
    assert kernel.value(HELD) == cold


def test_what_cells_above_have_shown(own: Kernel) -> None:
    cells = ["1 + 1", "%%step count\nn = len(Out)\nn", "%%step take\nv = Out[max(Out)] + 1\nv"]
    own.play(*cells)
    own.restart()
    _, counted, taken = own.play(*cells)
    assert [counted.status, taken.status] == ["cached", "cached"], counted.said
    assert own.value("(n, v, list(Out.values()))") == (1, 2, [2, 1, 2])
    own.play("5", cells[1])
    assert own.value("n") == 4


def test_a_step_that_takes_away_what_was_shown_is_not_kept(kernel: Kernel) -> None:
    for _ in range(2):
        kernel.fresh()
        kernel.run("1 + 1")
        assert "Out is a global" in kernel.run("%%step clear\nOut.clear()\n3").said


CONNECT = """
import sqlite3
from contextlib import contextmanager
import pandas as pd
@contextmanager
def connect():
    con = sqlite3.connect('d.db')
    try:
        yield con
        con.commit()
    finally:
        con.close()
def load(con): return pd.read_sql('select * from users', con)
"""


def test_a_table_of_a_database_is_no_variable_of_its_name(kernel: Kernel) -> None:
    """The frame that an earlier run has left under the name that the text of SQL says."""
    read = "with connect() as con:\n    docs = pd.read_sql('select * from docs', con)"
    cells = [
        f"%%step own\n{read}",
        "%%step given\nusers = load(keep)",
    ]
    fill = "pd.DataFrame({'n': [1, 2]}).to_sql(name, keep, if_exists='append')"
    kernel.run(CONNECT + "keep = sqlite3.connect('d.db')")
    for rows in (2, 4):
        kernel.run(f"for name in ('docs', 'users'): {fill}\nkeep.commit()")
        kernel.play(*cells)
        assert [cell.status for cell in kernel.play(*cells)] == ["cached", "cached"], rows
        assert kernel.value("len(docs), len(users)") == (rows, rows)


READ_VARIABLES = {
    "polars": ("", "out = pl.sql('select * from frame').collect().height"),
    "an object that may": (
        (
            "class Source:\n    def ask(self, text): return pl.sql(text).collect().height\n"
            "source = Source()"
        ),
        "sqlite3.connect(':memory:').close()\nout = source.ask('select * from frame')",
    ),
    "polars that a helper imports": (
        "def ask(text):\n    import polars\n    return polars.sql(text).collect().height",
        "sqlite3.connect(':memory:').close()\nout = ask('select * from frame')",
    ),
}


@pytest.mark.parametrize("way", READ_VARIABLES)
def test_a_text_of_sql_that_may_read_a_variable_does(way: str, kernel: Kernel) -> None:
    before, body = READ_VARIABLES[way]
    kernel.run(f"import sqlite3\nimport polars as pl\n{before}\nframe = pl.DataFrame({{'a': [1]}})")
    step = f"%%step ask\n{body}"
    assert [kernel.run(step).status for _ in range(2)] == ["completed", "cached"]
    kernel.run("frame = pl.DataFrame({'a': [1, 2]})")
    assert kernel.run(step).status == "completed" and kernel.value("out") == 2


SETTINGS = """
class Base:
    folds = 5
class CFG(Base):
    seed = 1
    target = "y"
    names = ["a", "b"]
    class model:
        rate = 0.1
        depth = 3
"""
OF_SETTINGS = {
    "%%step seeded\na = CFG.seed * 10": "10",
    "%%step named\na = CFG.target + '!'": "y!",
    "%%step counted\na = len(CFG.names)": "2",
    "%%step slow\na = CFG.model.rate": "0.1",
    "%%step split\na = folds()": "5",
    "%%step listed\na = len([n for n in vars(CFG) if n[0] != '_'])": "4",
}


@pytest.mark.parametrize(
    "old, new, told",
    [
        ("seed = 1", "seed = 2", {"seeded": "CFG.seed 1→2", "listed": "CFG changed"}),
        ('"y"', '"z"', {"named": "CFG.target 'y'→'z'", "listed": "CFG changed"}),
        ('"b"', '"b", "c"', {"counted": "CFG.names changed", "listed": "CFG.names changed"}),
        ("rate = 0.1", "rate = 0.2", {"slow": "CFG.model.rate 0.1→0.2", "listed": "model changed"}),
        ("depth = 3", "depth = 4", {"listed": "CFG.model changed"}),
        ("folds = 5", "folds = 4", {"split": "CFG.folds 5→4", "listed": "Base changed"}),
    ],
)
def test_of_a_class_of_settings_what_a_step_reads_counts(
    old: str, new: str, told: dict[str, str], kernel: Kernel
) -> None:
    helper = "def folds():\n    return CFG.folds"
    kernel.play(SETTINGS, helper, *OF_SETTINGS)
    kernel.fresh()
    assert old in SETTINGS
    for cell, expected in OF_SETTINGS.items():
        again = kernel.play(SETTINGS.replace(old, new), helper, cell)[-1]
        name = cell.split()[1]
        assert again.status == ("completed" if name in told else "cached"), again.said
        assert told.get(name, "cached") in again.said
        assert (str(kernel.value("a")) == expected) or name in told
    for assigning in ("CFG.seed = 7", "Base.folds = 7", "k = CFG; setattr(k, 'seed', 8)"):
        kernel.run(assigning)
    found = [kernel.run(cell).status for cell in OF_SETTINGS]
    assert found[0] == found[4] == "completed"
    assert kernel.value("a") is not None


def test_a_step_that_assigns_a_setting_is_not_kept(kernel: Kernel) -> None:
    kernel.run(SETTINGS)
    kernel.run("class Bump:\n    def go(self):\n        CFG.seed += 1\nbump = Bump()")
    for body, said in {
        "a = CFG.seed\nCFG.seed = 5": "CFG.seed is assigned by the step",
        "a = CFG.seed\nbump.go()": "CFG.seed is assigned by the step",
        "a = CFG.folds\nBase.folds = 3": "Base.folds is assigned by the step",
        "a = CFG.names\nCFG.names.append('c')": "CFG.names",
    }.items():
        assert f"not kept: {said}" in kernel.run(f"%%step again\n{body}").said


@pytest.mark.parametrize(
    "way", ["from multiprocessing import Pool", "import multiprocessing as mp"]
)
def test_pools_of_one_name_in_several_steps(way: str, own: Kernel) -> None:
    pool = "Pool" if "Pool" in way else "mp.Pool"
    made = f"{way}\ndef more(x):\n    return x + 1"
    steps = [
        f"%%step {name}\nwith {pool}(2) as pool:\n    {name} = pool.map(more, [1, 2])"
        for name in ("one", "two", "three")
    ]
    first, second = passages(own, [made, *steps], 2)
    assert not [cell.said for cell in first if "not kept" in cell.said or "changes" in cell.said]
    third = [cell for cell in own.play(made, *steps) if cell.line]
    assert statuses([first, second, third]) == [["completed"] * 3, *[["cached"] * 3] * 2]


def test_what_loguru_shows_is_shown_again_and_how_it_is_told_to_is_a_reason(own: Kernel) -> None:
    told = "logger.remove()\n_ = logger.add(sys.stdout, level='{}', format='{{level}} {{message}}')"
    steps = ["%%step a\nlogger.info('one')\nx = 1", "%%step b\ny = work()"]
    above = (
        "import sys\nfrom loguru import logger\ndef work():\n    logger.debug('two')\n    return 2"
    )
    first, second = passages(own, [above, told.format("INFO"), *steps], 2)
    assert statuses([first, second]) == [["completed"] * 2, ["cached"] * 2], second[0].said
    assert [cell.stream() for cell in second] == ["INFO one\n", ""]
    third = own.play(told.format("DEBUG"), *steps)[1:]
    assert ["logger changed" in cell.said for cell in third] == [True, True]
    assert [cell.stream() for cell in third] == ["INFO one\n", "DEBUG two\n"]
    fourth = own.play(told.format("DEBUG").replace("{level} ", ""), *steps)[1:]
    assert [cell.stream() for cell in fourth] == ["one\n", "two\n"]


def test_what_a_console_of_rich_prints_is_shown_again_and_its_width_is_a_reason(
    own: Kernel,
) -> None:
    made = "import sys\nfrom rich.console import Console\n"
    made += "console, other = Console(width={0}), Console(width={0}, file=sys.stdout)"
    steps = [
        "%%step a\nconsole.rule('[bold]one')",
        "%%step b\nother.print('two')",
        "%%step c\ndef say(): console.print('three')\nsay()",
    ]
    first, second = passages(own, [made.format(40), *steps], 2)
    assert statuses([first, second]) == [["completed"] * 3, ["cached"] * 3], first[0].said
    assert [cell.outputs for cell in second] == [cell.outputs for cell in first]
    third = own.play(made.format(30), *steps)[1:]
    assert ["changed" in cell.said for cell in third] == [True] * 3
    assert len(third[0].displayed[0]) < len(first[0].displayed[0])


WORKERS = {
    "joblib": "Parallel(n_jobs=2)(delayed(f)(i) for i in range(2))",
    "pool": "Pool(1).apply(f, [1])",
}
"""What hands calls to other processes, which no text of the cell says anything of."""


@pytest.mark.parametrize("way", WORKERS)
def test_what_workers_ask_for_is_a_reason(way: str, own: Kernel) -> None:
    cells = [
        (
            "import os, numpy as np\nfrom pathlib import Path\n"
            "def is_there(_): return os.path.exists('in/' + 'more.csv')\n"
            "def listed(_): return sorted(Path('i' + 'n').glob('*.c' + 'sv'))\n"
            "def drawn(_): return np.random.rand()\n"
            "os.makedirs('in', exist_ok=True)\nnp.random.seed(SEED)"
        ),
        *(
            f"%%step {name}\nfrom multiprocessing import Pool\n"
            "from joblib import Parallel, delayed\n"
            f"print({WORKERS[way].replace('(f', f'({name}')})"
            for name in ("is_there", "listed")
        ),
        (
            "%%step drawn\nfrom multiprocessing import Pool\n"
            "with Pool(1) as p:\n    print(p.map(drawn, [1]))"
        ),
    ]
    first, second = passages(own, [f"SEED = 0\n{cells[0]}", *cells[1:]], 2)
    assert statuses([first, second]) == [["completed"] * 3, ["cached"] * 3], second[0].said
    (own.folder / "work/in/more.csv").write_text("")
    own.fresh()
    changed = [cell for cell in own.play(f"SEED = 1\n{cells[0]}", *cells[1:]) if cell.line]
    assert [cell.status for cell in changed] == ["completed"] * 3
    assert "file in/more.csv appeared" in changed[0].said
    assert "files in/*.csv changed" in changed[1].said
    assert "random state of numpy changed" in changed[2].said


@pytest.mark.parametrize("how", ["frozen", "define(unsafe_hash=True)", "frozen(cache_hash=True)"])
def test_a_class_of_attrs_that_is_hashed_is_the_same_after_a_restart(how: str, own: Kernel) -> None:
    """attrs puts the hash of a text into it, which every process draws anew."""
    point = f"import attrs\n@attrs.{how}\nclass Point:\n    x: int\n    y: int = {{}}"
    steps = ("%%step a\np = Point(1)", "%%step b\nd = {p: p.y}\nh = hash(p) == hash(Point(1))")
    for y, expected in ((2, "completed"), (2, "cached"), (3, "completed")):
        played = own.play(point.format(y), *steps)[1:]
        assert [cell.status for cell in played] == [expected] * 2, played[0].said
        assert own.value("h") is True
        own.restart()
