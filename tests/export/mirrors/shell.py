"""Shell.

Exported from shell.ipynb by zenbook (2 steps).
Re-export with `zenbook export shell.ipynb`.
"""

from __future__ import annotations

import subprocess

from zenbook import cli, pipeline, step

word = "hello"


@step
def ask_shell() -> list:
    """Ask the shell."""
    lines = subprocess.run(
        f"echo {word} && echo world",
        shell=True,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ).stdout.splitlines()
    subprocess.run("echo done", shell=True, check=True)
    return lines


@step(name="count")
def count_step(lines: list) -> tuple[int, str]:
    """Count.

    Returns: count, first.
    """
    count = len(lines)
    first = lines[0]
    return count, first


@pipeline
def shell() -> tuple[int, str]:
    """The notebook's steps in their order."""
    lines = ask_shell()
    count, first = count_step(lines)
    return count, first


if __name__ == "__main__":
    cli(shell)
