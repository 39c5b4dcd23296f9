"""Global randomness.

Exported from global_randomness.ipynb by zenbook (3 steps).
Re-export with `zenbook export global_randomness.ipynb`.
"""

from __future__ import annotations

import random

import numpy as np
from zenbook import cli, pipeline, step


@step
def seed() -> np.ndarray:
    """Seed."""
    np.random.seed(3)
    random.seed(4)
    a = np.random.rand(3)
    return a


@step
def draw() -> tuple[np.ndarray, float]:
    """Draw.

    Returns: b, c.
    """
    b = np.random.rand(3)
    c = random.random()
    return b, c


@step
def draw_again(b: np.ndarray) -> np.ndarray:
    """Draw again."""
    d = np.random.normal(size=2) + b[:2]
    return d


@pipeline
def global_randomness() -> tuple[np.ndarray, float, np.ndarray]:
    """The notebook's steps in their order."""
    a = seed()
    b, c = draw()
    d = draw_again(b)
    return a, c, d


if __name__ == "__main__":
    cli(global_randomness)
