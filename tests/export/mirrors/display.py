"""Display.

Exported from display.ipynb by zenbook (2 steps).
Re-export with `zenbook export display.ipynb`.
"""

from __future__ import annotations

from IPython.display import display
from zenbook import cli, pipeline, step

table = {"a": 1}


@step
def show() -> None:
    """Show."""
    display(table)


@step
def add() -> dict:
    """Add."""
    table2 = {**table, "b": 2}
    return table2


@pipeline(name="display")
def display_pipeline() -> dict:
    """The notebook's steps in their order."""
    show()
    table2 = add()
    return table2


if __name__ == "__main__":
    cli(display_pipeline)
