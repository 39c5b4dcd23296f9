"""Global statement.

Exported from global_statement.ipynb by zenbook (1 step).
Re-export with `zenbook export global_statement.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step(name="count")
def count_step() -> int:
    """Count."""
    count = 0

    def step_up():
        nonlocal count
        count += 1

    # Call
    step_up()
    step_up()

    # See
    seen = count
    return seen


@pipeline
def global_statement() -> int:
    """The notebook's steps in their order."""
    seen = count_step()
    return seen


if __name__ == "__main__":
    cli(global_statement)
