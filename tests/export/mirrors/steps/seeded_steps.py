"""Draw.

Exported from seeded_steps.ipynb by zenbook (3 steps).
Re-export with `zenbook export seeded_steps.ipynb`.
"""

from __future__ import annotations

import random

import numpy as np
from zenbook import cli, pipeline, step


@step(seed=3)
def draw() -> list:
    """Draw numbers."""
    drawn = [random.random(), float(np.random.rand())]
    return drawn


@step(seed=3)
def again(drawn: list) -> bool:
    """Draw them again."""
    same = drawn == [random.random(), float(np.random.rand())]
    return same


@step(name="other", seed=4)
def other_step(drawn: list) -> bool:
    """Draw others."""
    other = drawn == [random.random(), float(np.random.rand())]
    return other


@pipeline
def seeded_steps() -> tuple[bool, bool]:
    """Draw the same numbers twice."""
    drawn = draw()
    same = again(drawn)
    other = other_step(drawn)
    return same, other


if __name__ == "__main__":
    cli(seeded_steps)
