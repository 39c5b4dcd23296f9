"""The programs of a trial: what ``!`` starts is run and watched, what it would install is not.

IPython keeps how the last ``!cmd`` ended, and not how ``x = !cmd`` did; so the shell's two
methods are replaced by these, which tell of each command whether it failed, and of which cell.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from types import FrameType
from typing import Any

from zenbook.front.export.installs import installed
from zenbook.front.export.magics_known import INSTALLS

_CELL = re.compile(r"<ipython-input-(\d+)-")


class Programs:
    """Runs what a shell is told to run, and keeps which commands of which cell failed."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._now = 0
        self._cells: dict[int, int] = {}
        self._failed: dict[int, set[str]] = {}
        vars(shell).update(system=self._system, getoutput=self._output)
        for name in INSTALLS:
            shell.register_magic_function(lambda line: None, "line", name)

    def begin(self, cell: int) -> None:
        """Say which cell runs next."""
        self._now = cell
        self._cells[self._shell.execution_count] = cell

    def failed_in(self, cell: int) -> list[str]:
        """The commands in the text of a cell that failed, wherever that text was called."""
        return sorted(self._failed.get(cell, ()))

    def _system(self, command: str) -> None:
        from IPython.utils import process

        if (found := installed(command.strip())) is not None:
            if not found[1]:
                return
            command = found[1]
        _refuse_background(command)
        code = vars(process)["system"](self._shell.var_expand(command, depth=1))
        self._shell.user_ns["_exit_code"] = code
        self._note(command, code)

    def _output(self, command: str, split: bool = True, depth: int = 0) -> Any:
        from IPython.utils.text import LSString, SList

        _refuse_background(command)
        done = subprocess.run(
            self._shell.var_expand(command, depth=depth + 1),
            shell=True,
            executable=os.environ.get("SHELL"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._note(command, done.returncode)
        text = done.stdout.decode(errors="replace")
        return SList(text.splitlines()) if split else LSString(text)

    def _note(self, command: str, code: int) -> None:
        if code:
            self._failed.setdefault(self._calling(), set()).add(command.strip())

    def _calling(self) -> int:
        """The cell whose text holds the command: a function may have been defined above."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            if (found := _CELL.match(frame.f_code.co_filename)) is not None:
                return self._cells.get(int(found[1]), self._now)
            frame = frame.f_back
        return self._now


def _refuse_background(command: str) -> None:
    if command.rstrip().endswith("&"):  # as IPython does
        raise OSError("Background processes not supported.")
