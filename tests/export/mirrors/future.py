"""Future.

Exported from future.ipynb by zenbook (2 steps).
Re-export with `zenbook export future.ipynb`.
"""

from __future__ import annotations

import math

from zenbook import cli, pipeline, step


@step
def use() -> float:
    """Use."""
    root = math.sqrt(16)
    return root


@step(name="more")
def more_step(root: float) -> float:
    """More."""
    more = root + 1
    return more


@pipeline
def future() -> float:
    """The notebook's steps in their order."""
    root = use()
    more = more_step(root)
    return more


if __name__ == "__main__":
    cli(future)
