"""Fail.

Exported from raising.ipynb by zenbook (2 steps).
Re-export with `zenbook export raising.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def go_on() -> int:
    """Go on."""
    fine = 1
    return fine


@step
def more(fine: int) -> int:
    """More."""
    finer = fine + 1
    return finer


@pipeline
def raising() -> int:
    """Fail."""
    fine = go_on()
    finer = more(fine)
    return finer


if __name__ == "__main__":
    cli(raising)
