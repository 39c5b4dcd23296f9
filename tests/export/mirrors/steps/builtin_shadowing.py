"""Builtin shadowing.

Exported from builtin_shadowing.ipynb by zenbook (2 steps).
Re-export with `zenbook export builtin_shadowing.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def shadow() -> tuple[list, int]:
    """Shadow.

    Returns: list, sum.
    """
    import builtins

    list = builtins.list
    sum = builtins.sum

    list = list(range(3))
    sum = sum(list)
    return list, sum


@step
def use(sum: int, list: list) -> tuple[int, int]:
    """Use.

    Returns: twice, length.
    """
    twice = sum * 2
    length = len(list)
    return twice, length


@pipeline
def builtin_shadowing() -> tuple[int, int]:
    """The notebook's steps in their order."""
    list, sum = shadow()
    twice, length = use(sum, list)
    return twice, length


if __name__ == "__main__":
    cli(builtin_shadowing)
