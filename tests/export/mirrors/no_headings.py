"""No headings.

Exported from no_headings.ipynb by zenbook (2 steps).
Re-export with `zenbook export no_headings.ipynb`.
"""

from __future__ import annotations

import math

from zenbook import cli, pipeline, step

x = 2.0


@step
def make_y() -> float:
    """Make y."""
    y = math.exp(x)
    return y


@step
def make_z(y: float) -> float:
    """Make z."""
    z = y / x
    print(z)
    return z


@pipeline
def no_headings() -> float:
    """The notebook's steps in their order."""
    y = make_y()
    z = make_z(y)
    return z


if __name__ == "__main__":
    cli(no_headings)
