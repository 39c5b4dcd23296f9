"""Captured.

Exported from captured.ipynb by zenbook (2 steps).
Re-export with `zenbook export captured.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step

value = 3


@step
def quiet() -> None:
    """Quiet."""
    print("hidden")


@step
def loud() -> int:
    """Loud."""
    doubled = value * 2
    print(doubled)
    return doubled


@pipeline
def captured() -> int:
    """The notebook's steps in their order."""
    quiet()
    doubled = loud()
    return doubled


if __name__ == "__main__":
    cli(captured)
