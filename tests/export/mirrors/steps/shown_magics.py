"""Shown magics.

Exported from shown_magics.ipynb by zenbook (2 steps).
Re-export with `zenbook export shown_magics.ipynb`.
"""

from __future__ import annotations

import math

from zenbook import cli, pipeline, step


@step(name="radii")
def radii_step() -> list:
    """Radii."""
    radii = [1, 2, 3]
    return radii


@step(name="areas")
def areas_step(radii: list) -> list:
    """Areas."""
    areas = [math.pi * radius**2 for radius in radii]
    return areas


@pipeline
def shown_magics() -> list:
    """The notebook's steps in their order."""
    radii = radii_step()
    areas = areas_step(radii)
    return areas


if __name__ == "__main__":
    cli(shown_magics)
