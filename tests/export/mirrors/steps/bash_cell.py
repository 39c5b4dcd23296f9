"""Bash cell.

Exported from bash_cell.ipynb by zenbook (2 steps).
Re-export with `zenbook export bash_cell.ipynb`.
"""

from __future__ import annotations

import subprocess

from zenbook import cli, pipeline, step


@step
def write():
    """Write."""
    commands = """echo one > words.txt
echo two >> words.txt"""
    subprocess.run(["bash", "-c", commands], check=True)
    return commands


@step
def read() -> list:
    """Read."""
    with open("words.txt") as file:
        words = file.read().split()
    return words


@pipeline
def bash_cell():
    """The notebook's steps in their order."""
    commands = write()
    words = read()
    return commands, words


if __name__ == "__main__":
    cli(bash_cell)
