"""Radii.

Exported from shown_magics.ipynb by zenbook (1 step).
Re-export with `zenbook export shown_magics.ipynb`.
"""

from __future__ import annotations

import math

from zenbook import cli, pipeline, step

radii = [1, 2, 3]


@step(name="areas")
def areas_step() -> list:
    """Areas."""
    areas = [math.pi * radius**2 for radius in radii]
    return areas


@pipeline
def shown_magics() -> list:
    """Radii."""
    areas = areas_step()
    return areas


if __name__ == "__main__":
    cli(shown_magics)
