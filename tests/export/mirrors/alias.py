"""Alias.

Exported from alias.ipynb by zenbook (1 step).
Re-export with `zenbook export alias.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def make() -> int:
    """Make."""
    first = [1]
    second = first

    # Change
    first.append(2)

    # Look
    length = len(second)
    return length


@pipeline
def alias() -> int:
    """The notebook's steps in their order."""
    length = make()
    return length


if __name__ == "__main__":
    cli(alias)
