"""Code that goes on where a file is missing, and so does one thing first and another ever after.

``try: pl.read_parquet(path)``, ``except FileNotFoundError:`` make it. What Python opens is seen to
be missing; what native code looks for is not, so for a step with such code whatever it names or
makes was looked for. Read from the instructions of a code object: a handler that the error of a
missing file may reach, ``contextlib.suppress``, and the looks of native libraries.
"""

from __future__ import annotations

import builtins
from dis import Instruction
from types import CodeType

from zenbook.core.code_making import steps_of

_LOOKS = frozenset({"get_file_info", "imread", "is_hdf5", "suppress"})
_MATCHES = frozenset({"CHECK_EG_MATCH", "CHECK_EXC_MATCH"})
_TAKEN_UP = "PUSH_EXC_INFO"


def seeks(code: CodeType) -> bool:
    """Whether a code object itself, without what is nested in it, is such code."""
    if not _LOOKS.isdisjoint(code.co_names):
        return True
    steps = steps_of(code)
    return any(_handles(steps, place) for place in range(len(steps)))


def _handles(steps: list[Instruction], place: int) -> bool:
    """Whether what stands here begins to handle the error of a missing file."""
    if steps[place].opname == _TAKEN_UP:
        return steps[place + 1].opname == "POP_TOP"  # ``except:``
    return steps[place].opname in _MATCHES and any(map(_may_be_missing, _named(steps, place)))


def _named(steps: list[Instruction], place: int) -> list[str]:
    """The kinds of errors that are named before a match; with the attributes, if they are taken of
    something: ``duckdb.IOException``."""
    named: list[str] = []
    start = place
    while steps[start - 1].opname.startswith(("LOAD_", "BUILD_TUPLE")):
        start -= 1
    for step in steps[start:place]:
        if step.opname == "LOAD_ATTR":
            named[-1] += f".{step.argval}"
        elif step.opname != "BUILD_TUPLE":
            named.append(str(step.argval))
    return named


def _may_be_missing(name: str) -> bool:
    """Whether an error of this kind may say that a file is missing: any error of a library's."""
    kind = getattr(builtins, name, None)
    return not isinstance(kind, type) or issubclass(FileNotFoundError, kind)
