"""Loop state.

Exported from loop_state.ipynb by zenbook (3 steps).
Re-export with `zenbook export loop_state.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def begin() -> int:
    """Begin."""
    total = 0
    return total


@step
def add(total: int) -> int:
    """Add."""
    for n in range(4):
        total += n
    return total


@step
def add_more(total: int) -> int:
    """Add more."""
    total += 10
    return total


@pipeline
def loop_state() -> int:
    """The notebook's steps in their order."""
    total = begin()
    total = add(total)
    total = add_more(total)
    return total


if __name__ == "__main__":
    cli(loop_state)
