"""Deleted elsewhere.

Exported from deleted_elsewhere.ipynb by zenbook (3 steps).
Re-export with `zenbook export deleted_elsewhere.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def make() -> list:
    """Make."""
    a = [1, 2]
    kept = a
    return kept


@step
def drop(kept: list) -> int:
    """Drop."""
    scratch = len(kept)
    b = scratch + 1
    del scratch
    return b


@step
def use(kept: list, b: int) -> int:
    """Use."""
    c = sum(kept) + b
    return c


@pipeline
def deleted_elsewhere() -> int:
    """The notebook's steps in their order."""
    kept = make()
    b = drop(kept)
    c = use(kept, b)
    return c


if __name__ == "__main__":
    cli(deleted_elsewhere)
