"""Star import.

Exported from star_import.ipynb by zenbook (2 steps).
Re-export with `zenbook export star_import.ipynb`.
"""

from __future__ import annotations

from math import pi, sqrt

from zenbook import cli, pipeline, step


@step
def use() -> float:
    """Use."""
    area = pi * 2**2
    return area


@step
def root(area: float) -> float:
    """Root."""
    side = sqrt(area)
    return side


@pipeline
def star_import() -> float:
    """The notebook's steps in their order."""
    area = use()
    side = root(area)
    return side


if __name__ == "__main__":
    cli(star_import)
