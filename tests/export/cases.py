"""Small notebooks, one per hard case. A text is a code cell; ``md(...)`` is Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Cell:
    """A cell with its kind and tags."""

    source: str
    kind: str = "code"
    tags: tuple[str, ...] = ()


def md(source: str) -> Cell:
    """A Markdown cell."""
    return Cell(source, "markdown")


def tagged(source: str, *tags: str) -> Cell:
    """A code cell with tags."""
    return Cell(source, tags=tags)


def raw(source: str) -> Cell:
    """A raw cell."""
    return Cell(source, "raw")


def write(cells: list[str | Cell], file: Path, executed: bool = True) -> Path:
    """Write the notebook; ``executed`` gives every code cell its count, in order."""
    import nbformat

    book = nbformat.v4.new_notebook()
    book.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    count = 0
    for place, entry in enumerate(cells):
        cell = entry if isinstance(entry, Cell) else Cell(entry)
        made: Any = getattr(nbformat.v4, f"new_{cell.kind}_cell")(cell.source)
        made["id"] = f"cell-{place}"
        made.metadata["tags"] = list(cell.tags)
        if cell.kind == "code" and executed:
            count += 1
            made["execution_count"] = count
        book.cells.append(made)
    nbformat.write(book, file)
    return file


def with_steps(cells: list[str | Cell]) -> list[str | Cell]:
    """The same notebook with ``%%step`` on the cells that stand below a heading."""
    made: list[str | Cell] = []
    heading = ""
    has_headings = any(isinstance(entry, Cell) and entry.kind == "markdown" for entry in cells)
    for entry in cells:
        cell = entry if isinstance(entry, Cell) else Cell(entry)
        if cell.kind == "markdown":
            heading = cell.source.partition("\n")[0]
        if not has_headings and not cell.source.startswith("import"):
            heading = f"part {cells.index(entry)}"
        if cell.kind == "code" and heading and not cell.tags and "%%step" not in cell.source:
            words = heading.lstrip("# ").lower().encode("ascii", "ignore").decode().split()
            entry = f"%%step {'_'.join(words) or 'other'}\n{cell.source}"
            heading = ""
        made.append(entry)
    return made


CASES: dict[str, list[str | Cell]] = {
    "shown_magics": [
        "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'\nimport math",
        md("# Radii"),
        "%matplotlib inline\nradii = [1, 2, 3]",
        "%who",
        md("# Areas"),
        "areas = [math.pi * radius**2 for radius in radii]",
        "areas?",
    ],
    "timed": [
        md("# Sums"),
        "%time total = sum(range(1000))\n%timeit -n 1 -r 1 sum(range(10))",
        md("# Squares"),
        "%%time\nsquares = [n * n for n in range(10)]\nlast = squares[-1] + total",
    ],
    "captured": [
        md("# Quiet"),
        "%%capture\nprint('hidden')\nvalue = 3",
        md("# Loud"),
        "doubled = value * 2\nprint(doubled)",
    ],
    "profiled": [
        md("# Count"),
        "%%prun -q\ncount = len(range(5))",
        md("# Double"),
        "double = count * 2",
    ],
    "installs": [
        "!pip install pandas\n%pip install -q numpy",
        md("# Work"),
        "x = 1",
        md("# More"),
        "y = x + 1",
    ],
    "shell": [
        md("# Ask the shell"),
        'word = "hello"\nlines = !echo {word} && echo world\n!echo done',
        md("# Count"),
        "count = len(lines)\nfirst = lines[0]",
    ],
    "bash_cell": [
        md("# Write"),
        "%%bash\necho one > words.txt\necho two >> words.txt",
        md("# Read"),
        'with open("words.txt") as file:\n    words = file.read().split()',
    ],
    "display": [
        md("# Show"),
        "table = {'a': 1}\ndisplay(table)",
        md("# Add"),
        "table2 = {**table, 'b': 2}\ntable2",
    ],
    "in_place": [
        md("# Make"),
        "numbers = [3, 1, 2]",
        md("# Sort"),
        "numbers.sort()",
        md("# Use"),
        "smallest = numbers[0]",
    ],
    "alias": [
        md("# Make"),
        "first = [1]\nsecond = first",
        md("# Change"),
        "first.append(2)",
        md("# Look"),
        "length = len(second)",
    ],
    "global_randomness": [
        "import random\nimport numpy as np",
        md("# Seed"),
        "np.random.seed(3)\nrandom.seed(4)\na = np.random.rand(3)",
        md("# Draw"),
        "b = np.random.rand(3)\nc = random.random()",
        md("# Draw again"),
        "d = np.random.normal(size=2) + b[:2]",
    ],
    "generator": [
        md("# Make"),
        "stream = (n * n for n in range(5))",
        md("# Take"),
        "head = next(stream)",
        md("# Rest"),
        "rest = list(stream)\ntotal = head + sum(rest)",
    ],
    "connection": [
        "import sqlite3",
        md("# Connect"),
        'connection = sqlite3.connect(":memory:")\nconnection.execute("create table t (x)")',
        md("# Insert"),
        'connection.execute("insert into t values (1), (2)")\nconnection.commit()',
        md("# Ask"),
        'rows = connection.execute("select sum(x) from t").fetchall()',
    ],
    "lambda": [
        "square = lambda x: x * x",
        md("# Use"),
        "nine = square(3)",
        md("# Again"),
        "eighty_one = square(nine)",
    ],
    "redefined_function": [
        "def f(x):\n    return x + 1",
        md("# First"),
        "a = f(1)",
        "def f(x):\n    return x * 10",
        md("# Second"),
        "b = f(a)",
    ],
    "star_import": [
        "from math import *",
        md("# Use"),
        "area = pi * 2**2",
        md("# Root"),
        "side = sqrt(area)",
    ],
    "global_statement": [
        md("# Count"),
        "count = 0\n\n\ndef step_up():\n    global count\n    count += 1",
        md("# Call"),
        "step_up()\nstep_up()",
        md("# See"),
        "seen = count",
    ],
    "conditional": [
        md("# Decide"),
        "flag = len('abc') == 3\nif flag:\n    answer = 42",
        md("# Use"),
        "double = answer * 2",
    ],
    "loop_state": [
        md("# Begin"),
        "total = 0",
        md("# Add"),
        "for n in range(4):\n    total += n",
        md("# Add more"),
        "total += 10",
    ],
    "builtin_shadowing": [
        md("# Shadow"),
        "list = list(range(3))\nsum = sum(list)",
        md("# Use"),
        "twice = sum * 2\nlength = len(list)",
    ],
    "await": [
        "import asyncio",
        md("# Wait"),
        "async def fetch(n):\n    await asyncio.sleep(0)\n    return n\n\n\nvalue = await fetch(3)",
        md("# Use"),
        "twice = value * 2",
    ],
    "deleted": [
        md("# Make"),
        "a = [1, 2]\ntemporary = a * 2\nb = len(temporary)\ndel temporary",
        md("# Use"),
        "c = b + len(a)",
    ],
    "deleted_elsewhere": [
        md("# Make"),
        "a = [1, 2]\nkept = a",
        md("# Drop"),
        "scratch = len(kept)\nb = scratch + 1\ndel a, scratch",
        md("# Use"),
        "c = sum(kept) + b",
    ],
    "files": [
        md("# Write"),
        'with open("out.txt", "w") as file:\n    file.write("7")',
        md("# Read"),
        'with open("out.txt") as file:\n    seven = int(file.read())',
    ],
    "files_by_path": [
        "from pathlib import Path",
        md("# Write"),
        (
            'folder = Path("numbers")\nfolder.mkdir(exist_ok=True)\n'
            '(folder / "n.txt").write_text("7")\nwritten = len(list(folder.iterdir()))'
        ),
        md("# Read"),
        'seven = int((folder / "n.txt").read_text())',
    ],
    "query_strings": [
        "import pandas as pd",
        md("# Table"),
        'df = pd.DataFrame({"x": [1, 2, 3]})\nlimit = 1',
        md("# Ask"),
        'large = df.query("x > @limit")',
    ],
    "eval_strings": [
        md("# Begin"),
        "limit = [1, 2]",
        md("# Ask"),
        'summed = eval("sum(limit) + 1")',
    ],
    "future": [
        "from __future__ import annotations\nimport math",
        md("# Use"),
        "root = math.sqrt(16)",
        md("# More"),
        "more = root + 1",
    ],
    "try_import": [
        "try:\n    import missing_package_xyz as fast\nexcept ImportError:\n    fast = None",
        md("# Use"),
        "speed = 'slow' if fast is None else 'fast'",
        md("# Tell"),
        "told = speed.upper()",
    ],
    "raising": [
        md("# Fail"),
        tagged("1 / 0", "raises-exception"),
        md("# Go on"),
        "fine = 1",
        md("# More"),
        "finer = fine + 1",
    ],
    "helper_reads_result": [
        md("# Data"),
        "data = [1, 2, 3]",
        "def scaled(factor):\n    return [factor * n for n in data]",
        md("# Scale"),
        "doubled = scaled(2)",
        md("# Scale more"),
        "tripled = scaled(3)",
    ],
    "helper_reads_constant": [
        "RATE = 0.5  # share kept",
        "def kept(values):\n    return values[: int(len(values) * RATE)]",
        md("# Data"),
        "values = list(range(10))",
        md("# Keep"),
        "half = kept(values)",
    ],
    "rebinding": [
        md("# Load"),
        "df = [3, None, 1]",
        md("# Clean"),
        "df = [n for n in df if n is not None]",
        md("# Sort"),
        "df = sorted(df)",
    ],
    "figure": [
        "import matplotlib.pyplot as plt",
        md("# Begin"),
        "fig, ax = plt.subplots()",
        md("# Draw"),
        "ax.plot([1, 2, 3])\nn_lines = len(ax.lines)",
        md("# Label"),
        'ax.set_title("lines")\ntitle = ax.get_title()',
    ],
    "class_instances": [
        md("# Define"),
        (
            "class Point:\n    def __init__(self, x):\n        self.x = x\n\n"
            "    def shifted(self, by):\n        return Point(self.x + by)"
        ),
        md("# Make"),
        "origin = Point(0)",
        md("# Move"),
        "moved = origin.shifted(2)\nwhere = moved.x",
    ],
    "no_headings": [
        "import math",
        "x = 2.0",
        "y = math.exp(x)",
        "z = y / x\nprint(z)",
    ],
    "multi_line_text": [
        md("# Text"),
        'text = """first\n  second\n\n\nthird"""',
        md("# Lines"),
        "lines = text.splitlines()  # keeps blanks",
    ],
    "non_ascii": [
        md("# Größe des Rauschens\n\nDie Größe ist „π“."),
        'größe = 3.14\nname = "π → ∞"',
        md("# 结果"),
        "doppelt = größe * 2",
    ],
    "steps_and_parameters": [
        md("# Grow\n\nGrow a list and sum it."),
        tagged("n = 4  # how many numbers\nfactor = 0.5", "parameters"),
        md("Make the numbers."),
        "%%step make\nnumbers = [factor * i for i in range(n)]",
        md("Sum them."),
        "%%step add\ntotal = sum(numbers)\ntotal",
    ],
    "seeded_steps": [
        md("# Draw\n\nDraw the same numbers twice."),
        "import random\nimport numpy as np",
        md("Draw numbers."),
        "%%step draw --seed 3\ndrawn = [random.random(), float(np.random.rand())]",
        md("Draw them again."),
        "%%step again --seed 3\nsame = drawn == [random.random(), float(np.random.rand())]",
        md("Draw others."),
        "%%step other --seed 4\nother = drawn == [random.random(), float(np.random.rand())]",
    ],
    "raw_cells": [
        raw("\\newpage"),
        md("# Work"),
        "one = 1",
        raw("nothing"),
        md("# More"),
        "two = one + 1",
    ],
}
