"""Begin.

Exported from eval_strings.ipynb by zenbook (1 step).
Re-export with `zenbook export eval_strings.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step

limit = [1, 2]


@step
def ask() -> int:
    """Ask."""
    summed = eval("sum(limit) + 1")
    return summed


@pipeline
def eval_strings() -> int:
    """Begin."""
    summed = ask()
    return summed


if __name__ == "__main__":
    cli(eval_strings)
