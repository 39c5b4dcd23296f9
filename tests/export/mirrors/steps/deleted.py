"""Deleted.

Exported from deleted.ipynb by zenbook (2 steps).
Re-export with `zenbook export deleted.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def make() -> tuple[list, int]:
    """Make.

    Returns: a, b.
    """
    a = [1, 2]
    temporary = a * 2
    b = len(temporary)
    del temporary
    return a, b


@step
def use(b: int, a: list) -> int:
    """Use."""
    c = b + len(a)
    return c


@pipeline
def deleted() -> int:
    """The notebook's steps in their order."""
    a, b = make()
    c = use(b, a)
    return c


if __name__ == "__main__":
    cli(deleted)
