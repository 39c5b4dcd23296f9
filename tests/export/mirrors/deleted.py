"""Deleted.

Exported from deleted.ipynb by zenbook (2 steps).
Re-export with `zenbook export deleted.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step

a = [1, 2]


@step
def make() -> int:
    """Make."""
    temporary = a * 2
    b = len(temporary)
    del temporary
    return b


@step
def use(b: int) -> int:
    """Use."""
    c = b + len(a)
    return c


@pipeline
def deleted() -> int:
    """The notebook's steps in their order."""
    b = make()
    c = use(b)
    return c


if __name__ == "__main__":
    cli(deleted)
