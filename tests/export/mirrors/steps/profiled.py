"""Profiled.

Exported from profiled.ipynb by zenbook (2 steps).
Re-export with `zenbook export profiled.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step(name="count")
def count_step() -> int:
    """Count."""
    count = len(range(5))
    return count


@step(name="double")
def double_step(count: int) -> int:
    """Double."""
    double = count * 2
    return double


@pipeline
def profiled() -> int:
    """The notebook's steps in their order."""
    count = count_step()
    double = double_step(count)
    return double


if __name__ == "__main__":
    cli(profiled)
