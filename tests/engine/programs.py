"""Small random programs with edits, and two ways to run one: cold, and with zenbook.

A program is a handful of choices written out as source: constants, a helper of a helper, a
class with a base, a file, an environment variable, arguments. Two programs that differ in one
choice are an edit.
"""

from __future__ import annotations

import linecache
import os
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from zenbook.engine.desk import close_desks


@dataclass(frozen=True)
class Program:
    """One version of the program; every field is something its result depends on."""

    rate: int = 2
    table: tuple[int, ...] = (1, 2)
    deep: str = "x + 1"
    helper: str = "deep(x) * RATE"
    base: str = "10"
    default: int = 1
    body: str = "helper(x) + Kind().scale() + k"
    file: str = "5"
    variable: str = "a"
    argument: str = "3"
    comment: str = ""

    @property
    def source(self) -> str:
        """The program's text; ``step`` is whatever the one who runs it provides."""
        return f'''
import os
RATE = {self.rate}
TABLE = {list(self.table)}

def deep(x):
    return {self.deep}

def helper(x):
    """{self.comment}"""
    return {self.helper}

class Base:
    def scale(self):
        return {self.base}

class Kind(Base):
    pass

@step
def first(x, k={self.default}):
    # {self.comment}
    with open("given.txt") as file:
        read = file.read()
    return {self.body}, sum(TABLE), read, os.environ["ZB_WORD"]

@step
def second(pair, extra):
    total, listed, read, word = pair
    extra.append(total)
    return [total, listed, read, word, type({self.argument}).__name__]

seen = []
out = second(first({self.argument}), seen), seen
'''


programs = st.builds(
    Program,
    rate=st.sampled_from([2, 3, True]),
    table=st.sampled_from([(1, 2), (2, 1, 1), (3,)]),
    deep=st.sampled_from(["x + 1", "x - 1", "x + True", "x + 1.0"]),
    helper=st.sampled_from(["deep(x) * RATE", "deep(x)", "[deep(i) for i in (x, RATE)][0]"]),
    base=st.sampled_from(["10", "20", "RATE"]),
    default=st.sampled_from([1, 2]),
    body=st.sampled_from(
        ["helper(x) + Kind().scale() + k", "helper(x) - k", "(lambda v: v * RATE)(x) + k"]
    ),
    file=st.sampled_from(["5", "6"]),
    variable=st.sampled_from(["a", "b"]),
    argument=st.sampled_from(["3", "3.0", "4"]),
    comment=st.sampled_from(["", "a word", "another"]),
)


def run(program: Program, folder: Path, step: Callable[[Any], Any]) -> Any:
    """What the program's ``out`` is, run as a new process would: a fresh module, a fresh desk."""
    close_desks()
    path = folder / "program.py"
    path.write_text(program.source)
    (folder / "given.txt").write_text(program.file)
    linecache.checkcache(str(path))
    module = types.ModuleType("program")
    module.__file__ = str(path)
    module.__dict__["step"] = step
    before = os.getcwd(), os.environ.get("ZB_WORD"), sys.modules.get("program")
    os.chdir(folder)
    os.environ["ZB_WORD"] = program.variable
    sys.modules["program"] = module
    try:
        exec(compile(program.source, str(path), "exec"), module.__dict__)
        return module.__dict__["out"]
    finally:
        os.chdir(before[0])
        if before[1] is None:
            del os.environ["ZB_WORD"]
        sys.modules.pop("program")
        close_desks()
