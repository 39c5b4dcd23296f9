"""In place.

Exported from in_place.ipynb by zenbook (3 steps).
Re-export with `zenbook export in_place.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def make() -> list:
    """Make."""
    numbers = [3, 1, 2]
    return numbers


@step
def sort(numbers: list) -> list:
    """Sort."""
    numbers.sort()
    return numbers


@step
def use(numbers: list) -> int:
    """Use."""
    smallest = numbers[0]
    return smallest


@pipeline
def in_place() -> int:
    """The notebook's steps in their order."""
    numbers = make()
    numbers = sort(numbers)
    smallest = use(numbers)
    return smallest


if __name__ == "__main__":
    cli(in_place)
