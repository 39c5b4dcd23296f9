"""Eval strings.

Exported from eval_strings.ipynb by zenbook (2 steps).
Re-export with `zenbook export eval_strings.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def begin() -> list:
    """Begin."""
    limit = [1, 2]
    return limit


@step
def ask(limit: list) -> int:
    """Ask."""
    summed = eval("sum(limit) + 1")
    return summed


@pipeline
def eval_strings() -> int:
    """The notebook's steps in their order."""
    limit = begin()
    summed = ask(limit)
    return summed


if __name__ == "__main__":
    cli(eval_strings)
