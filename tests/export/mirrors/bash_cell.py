"""Bash cell.

Exported from bash_cell.ipynb by zenbook (2 steps).
Re-export with `zenbook export bash_cell.ipynb`.
"""

from __future__ import annotations

import subprocess

from zenbook import cli, pipeline, step

commands = """echo one > words.txt
echo two >> words.txt"""


@step
def write() -> None:
    """Write."""
    subprocess.run(["bash", "-c", commands], check=True)


@step
def read() -> list:
    """Read."""
    with open("words.txt") as file:
        words = file.read().split()
    return words


@pipeline
def bash_cell() -> list:
    """The notebook's steps in their order."""
    write()
    words = read()
    return words


if __name__ == "__main__":
    cli(bash_cell)
