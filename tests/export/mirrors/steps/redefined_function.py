"""Redefined function.

Exported from redefined_function.ipynb by zenbook (2 steps).
Re-export with `zenbook export redefined_function.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def first() -> int:
    """First."""

    def f(x):
        return x + 1

    a = f(1)
    return a


@step
def second(a: int) -> int:
    """Second."""

    def f(x):
        return x * 10

    b = f(a)
    return b


@pipeline
def redefined_function() -> int:
    """The notebook's steps in their order."""
    a = first()
    b = second(a)
    return b


if __name__ == "__main__":
    cli(redefined_function)
