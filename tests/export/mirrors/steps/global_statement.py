"""Global statement.

Exported from global_statement.ipynb by zenbook (1 step).
Re-export with `zenbook export global_statement.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def see() -> tuple[int, int]:
    """See.

    Returns: count, seen.
    """
    count = 0

    def step_up():
        nonlocal count
        count += 1

    step_up()
    step_up()

    seen = count
    return count, seen


@pipeline
def global_statement() -> tuple[int, int]:
    """The notebook's steps in their order."""
    count, seen = see()
    return count, seen


if __name__ == "__main__":
    cli(global_statement)
