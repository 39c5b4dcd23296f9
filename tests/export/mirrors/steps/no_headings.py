"""No headings.

Exported from no_headings.ipynb by zenbook (3 steps).
Re-export with `zenbook export no_headings.ipynb`.
"""

from __future__ import annotations

import math

from zenbook import cli, pipeline, step


@step
def part_1() -> float:
    """Make x."""
    x = 2.0
    return x


@step
def part_2(x: float) -> float:
    """Make y."""
    y = math.exp(x)
    return y


@step
def part_3(y: float, x: float) -> float:
    """Make z."""
    z = y / x
    print(z)
    return z


@pipeline
def no_headings() -> float:
    """The notebook's steps in their order."""
    x = part_1()
    y = part_2(x)
    z = part_3(y, x)
    return z


if __name__ == "__main__":
    cli(no_headings)
