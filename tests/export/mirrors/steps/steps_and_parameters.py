"""Grow.

Exported from steps_and_parameters.ipynb by zenbook (2 steps, 2 parameters).
Re-export with `zenbook export steps_and_parameters.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def make(factor: float, n: int) -> list:
    """Make the numbers."""
    numbers = [factor * i for i in range(n)]
    return numbers


@step
def add(numbers: list) -> float:
    """Sum them."""
    total = sum(numbers)
    return total


@pipeline
def steps_and_parameters(n: int = 4, factor: float = 0.5) -> float:
    """Grow a list and sum it.

    Parameters:
        n: how many numbers
    """
    numbers = make(factor, n)
    total = add(numbers)
    return total


if __name__ == "__main__":
    cli(steps_and_parameters)
