"""Raw cells.

Exported from raw_cells.ipynb by zenbook (2 steps).
Re-export with `zenbook export raw_cells.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def work() -> int:
    """Work."""
    one = 1
    return one


@step
def more(one: int) -> int:
    """More."""
    two = one + 1
    return two


@pipeline
def raw_cells() -> int:
    """The notebook's steps in their order."""
    one = work()
    two = more(one)
    return two


if __name__ == "__main__":
    cli(raw_cells)
