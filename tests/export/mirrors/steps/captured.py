"""Captured.

Exported from captured.ipynb by zenbook (2 steps).
Re-export with `zenbook export captured.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def quiet() -> int:
    """Quiet."""
    print("hidden")
    value = 3
    return value


@step
def loud(value: int) -> int:
    """Loud."""
    doubled = value * 2
    print(doubled)
    return doubled


@pipeline
def captured() -> int:
    """The notebook's steps in their order."""
    value = quiet()
    doubled = loud(value)
    return doubled


if __name__ == "__main__":
    cli(captured)
