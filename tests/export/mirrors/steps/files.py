"""Files.

Exported from files.ipynb by zenbook (2 steps).
Re-export with `zenbook export files.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def write() -> None:
    """Write."""
    with open("out.txt", "w") as file:
        file.write("7")


@step
def read() -> int:
    """Read."""
    with open("out.txt") as file:
        seven = int(file.read())
    return seven


@pipeline
def files() -> int:
    """The notebook's steps in their order."""
    write()
    seven = read()
    return seven


if __name__ == "__main__":
    cli(files)
