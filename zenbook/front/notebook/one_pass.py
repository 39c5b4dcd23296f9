"""Whether a notebook is executed once from its top to its end, and the kernel is then let go.

Then every execution is another cell, and one that may fail does not end the run. That cannot be
seen in the cells: nbclient tells no ids, and two cells of one name look like one that was edited.
``zenbook run`` tells it itself; papermill, ``nbconvert --execute`` and ``jupyter execute`` are
known by their names, as the program that has started this kernel.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

_EXECUTORS = {"papermill", "nbconvert", "jupyter-nbconvert", "jupyter-execute"}
_OPTIONS_WITH_VALUE = ("-W", "-X")


def started_for_one_pass() -> bool:
    """Whether the program that started this kernel executes a notebook once. Where nobody tells, a
    person iterates."""
    return is_executor(_parents_words())


def _parents_words() -> list[str]:
    """The command line of the process that started this one; nothing where nobody tells."""
    try:
        told = Path(f"/proc/{os.getppid()}/cmdline").read_bytes()
        return told.decode("utf-8", "replace").split("\0")
    except OSError:
        pass  # not a Linux
    try:
        import psutil  # ipykernel has it where it can
    except ImportError:
        return []
    try:
        return list(psutil.Process(os.getppid()).cmdline())
    except psutil.Error:
        return []


def is_executor(words: Sequence[str]) -> bool:
    """Whether a command line is that of a program that executes notebooks."""
    return PurePath(_program(words)).stem in _EXECUTORS


def _program(words: Sequence[str]) -> str:
    """What a command line executes: its module or script, where it is one of Python's."""
    if not words or not PurePath(words[0]).stem.lower().startswith("python"):
        return words[0] if words else ""
    rest = iter(words[1:])
    for word in rest:
        if word in ("-m", "-c"):
            return next(rest, "") if word == "-m" else ""
        if word in _OPTIONS_WITH_VALUE:
            next(rest, "")
        elif not word.startswith("-"):
            return word
    return ""


def may_fail(shell: Any) -> bool:
    """Whether the cell that runs now may fail without ending the notebook: it is tagged
    ``raises-exception``, or all are allowed to."""
    kernel = getattr(shell, "kernel", None)
    request = kernel.get_parent("shell") if kernel is not None else None
    return bool(request and request["content"].get("stop_on_error") is False)
