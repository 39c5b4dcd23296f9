"""What a step made where it had found nothing is what it finds when it runs again."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

READ = """
import contextlib, os, polars as pl, pyarrow as pa, pyarrow.parquet as pq
made, stem = "made", "c"
def make(path="c.parquet"):
    pl.DataFrame({"n": [1]}).write_parquet(path)
    return made
def load(path):
    try:
        return pl.read_parquet(path).height
    except OSError:
        return make(path)
"""
FOUND = {
    "a missing file": (
        "try:\n    y = pl.read_parquet('c.parquet').height\n"
        "except FileNotFoundError:\n    y = make()"
    ),
    "any error": (
        "try:\n    y = pq.read_table('c.parquet').num_rows\nexcept Exception:\n    y = make()"
    ),
    "whatever is raised": (
        "try:\n    y = pl.read_parquet('c.parquet').height\nexcept:\n    y = make()"
    ),
    "nothing, as it is suppressed": (
        "y = made\nwith contextlib.suppress(OSError):\n"
        "    y = pl.read_parquet('c.parquet').height\nif y == made:\n    make()"
    ),
    "a library's own error": (
        "import duckdb\ntry:\n    y = len(duckdb.sql(\"from 'c.parquet'\").fetchall())\n"
        "except duckdb.IOException:\n    y = make()"
    ),
    "by a helper": "y = load('c.parquet')",
    "at a path that is computed": "y = load(f'{stem}.parquet')",
    "in a folder that is made": (
        "try:\n    y = pq.read_table('lake').num_rows\nexcept FileNotFoundError:\n"
        "    os.mkdir('lake')\n    y = make('lake/c.parquet')"
    ),
}
ASKED = {
    "a test": "!test -f c.txt && echo 1 || touch c.txt",
    "what is shown": "!cat c.txt 2>/dev/null; echo 1 > c.txt",
    "what is shown before": "!cat c.txt 2>/dev/null\n!echo 1 > c.txt",
    "a script": "!python one.py",
    "a module of a script": "!python two.py",
    "a script of a shell": "!bash three.sh",
    "a cell of a shell": "%%bash\nif [ -f c.txt ]; then echo 1; else touch c.txt; fi",
    "a cell of a program": "%%script bash\ncat c.txt 2>/dev/null; echo 1 > c.txt",
    "a text": "!python -c \"import os; os.path.exists('c.txt') and print(1); open('c.txt', 'w')\"",
}
ADDED = {
    "duckdb": (
        "import duckdb\nwith duckdb.connect('c.duckdb') as db:\n"
        "    db.execute('create table if not exists t (a int)')\n"
        "    db.execute('insert into t values (1)')\n"
        "    y = len(db.execute('from t').fetchall())"
    ),
    "duckdb, attached": (
        "import duckdb\nwith duckdb.connect() as db:\n    db.execute(\"attach 'c.duckdb' as c\")\n"
        "    db.execute('create table if not exists c.t (a int)')\n"
        "    db.execute('insert into c.t values (1)')\n"
        "    y = len(db.execute('from c.t').fetchall())"
    ),
    "h5py": (
        "import h5py\nwith h5py.File('c.h5', 'a') as file:\n"
        "    file[f'k{len(file)}'] = 1\n    y = len(file)"
    ),
    "a shell": "!echo x >> c.txt\ny = len(open('c.txt').readlines())",
    "a cell of a shell": (
        "get_ipython().run_cell_magic('bash', '', 'for i in 1; do echo $i >> c.txt; done')\n"
        "y = len(open('c.txt').readlines())"
    ),
    "tee": "_ = !echo x | tee -a c.txt\ny = len(open('c.txt').readlines())",
    "a script": "!python four.py\ny = len(open('c.txt').read())",
}
MADE = {
    "native code": "pl.DataFrame({'n': [1]}).write_parquet('c.parquet')",
    "native code, where other errors are handled": (
        "try:\n    pl.DataFrame({'n': [1]}).write_parquet('c.parquet')\n"
        "except (ValueError, KeyError):\n    pass\nfinally:\n    y = 1"
    ),
    "a database made anew": (
        "import duckdb\nwith duckdb.connect('c.duckdb') as db:\n"
        "    db.execute('create or replace table t as select 1 a')"
    ),
    "a file of h5py": "import h5py\nwith h5py.File('c.h5', 'w') as file:\n    file['k'] = 1",
    "a shell": "!echo x > c.txt",
    "a cell of a shell": "%%bash\nmkdir -p lake\necho x > c.txt",
    "a shell that shows it": "!echo x > c.txt && cat c.txt | wc -l",
    "a script": "!python five.py",
}
SCRIPTS = {
    "one.py": "import os\nprint(1) if os.path.exists('c.txt') else open('c.txt', 'w')\n",
    "two.py": "import one\n",
    "three.sh": "if [ -e c.txt ]; then echo 1; else touch c.txt; fi\n",
    "four.py": "with open('c.txt', 'a') as file:\n    file.write('x')\n",
    "five.py": "with open('c.txt', 'w') as file:\n    file.write('x')\n",
}


@pytest.fixture
def project(kernel: Kernel) -> Kernel:
    for name, text in SCRIPTS.items():
        (kernel.folder / "work" / name).write_text(text)
    kernel.run("import shutil\nshutil.rmtree('lake', ignore_errors=True)\n!rm -f c.*")
    kernel.fresh()
    return kernel


@pytest.mark.parametrize("case", FOUND)
def test_what_native_code_missed_is_a_reason(project: Kernel, case: str) -> None:
    given = []
    for expected in ("completed", "completed", "cached"):
        cell = project.play(READ, f"%%step s\n{FOUND[case]}")[-1]
        given.append(project.value("y"))
        assert cell.status == expected, cell.said
        project.fresh()
    assert given == ["made", 1, 1]


@pytest.mark.parametrize("case", ASKED)
def test_what_a_program_missed_is_a_reason(project: Kernel, case: str) -> None:
    shown = []
    for expected in ("completed", "completed", "cached"):
        cell = project.run(f"%%step s\n{ASKED[case]}")
        shown.append(cell.stream().strip())
        assert cell.status == expected, cell.said
        project.fresh()
    assert shown == ["", "1", "1"]


@pytest.mark.parametrize("case", ADDED)
def test_a_file_that_is_added_to_is_a_reason(project: Kernel, case: str) -> None:
    for expected in (1, 2, 3):
        project.run(f"%%step s\n{ADDED[case]}")
        assert project.value("y") == expected
        project.fresh()


@pytest.mark.parametrize("case", MADE)
def test_what_is_only_made_is_an_output(project: Kernel, case: str) -> None:
    for expected in ("completed", "cached"):
        cell = project.play(READ, f"%%step s\n{MADE[case]}")[-1]
        assert cell.status == expected, cell.said
        project.fresh()
