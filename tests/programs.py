"""Programs as users write them: files in a folder, run by a fresh Python each time."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Said:
    """What a program printed, and its exit code."""

    out: str
    err: str
    code: int

    @property
    def lines(self) -> list[str]:
        """The lines of standard output."""
        return self.out.splitlines()

    def seed_lines(self) -> list[str]:
        """Only the lines that ZenML's text shows: registrations, starts, cached versions."""
        starts = ("Registered pipeline ", "Step ", "Using cached version of ")
        kept = [line for line in self.lines if line.startswith(starts)]
        return [line for line in kept if " has finished in " not in line]


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with programs, and a zenbook home and signing key of its own."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables of every program run here."""
        own = {
            "ZENBOOK_HOME": str(self.folder / ".zenbook"),
            "HOME": str(self.folder / "person"),
            "XDG_DATA_HOME": str(self.folder / "person" / "data"),
            "PYTHONPATH": "",
            "COLUMNS": "200",
        }
        return {**os.environ, **own}

    def write(self, name: str, text: str) -> Path:
        """Put a file into the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    def python(self, *arguments: str, **variables: str) -> Said:
        """Run Python here."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Said(done.stdout, done.stderr, done.returncode)

    def play(self, text: str, name: str = "main.py", **variables: str) -> Said:
        """Write a program and run it; it must succeed without a word on standard error."""
        self.write(name, text)
        said = self.python(name, **variables)
        assert (said.code, said.err) == (0, ""), said.err
        return said

    def zenbook(self, *arguments: str, **variables: str) -> Said:
        """Run the command line here."""
        return self.python("-m", "zenbook", *arguments, **variables)
