"""Timed.

Exported from timed.ipynb by zenbook (2 steps).
Re-export with `zenbook export timed.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def sums() -> int:
    """Sums."""
    total = sum(range(1000))
    return total


@step(name="squares")
def squares_step(total: int) -> tuple[list, int]:
    """Squares.

    Returns: squares, last.
    """
    squares = [n * n for n in range(10)]
    last = squares[-1] + total
    return squares, last


@pipeline
def timed() -> tuple[list, int]:
    """The notebook's steps in their order."""
    total = sums()
    squares, last = squares_step(total)
    return squares, last


if __name__ == "__main__":
    cli(timed)
