"""Installs.

Exported from installs.ipynb by zenbook (2 steps).
Re-export with `zenbook export installs.ipynb`.

Needs: numpy, pandas.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def work() -> int:
    """Work."""
    x = 1
    return x


@step
def more(x: int) -> int:
    """More."""
    y = x + 1
    return y


@pipeline
def installs() -> int:
    """The notebook's steps in their order."""
    x = work()
    y = more(x)
    return y


if __name__ == "__main__":
    cli(installs)
