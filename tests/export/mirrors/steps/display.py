"""Display.

Exported from display.ipynb by zenbook (2 steps).
Re-export with `zenbook export display.ipynb`.
"""

from __future__ import annotations

from IPython.display import display
from zenbook import cli, pipeline, step


@step
def show() -> dict:
    """Show."""
    table = {"a": 1}
    display(table)
    return table


@step
def add(table: dict) -> dict:
    """Add."""
    table2 = {**table, "b": 2}
    return table2


@pipeline(name="display")
def display_pipeline() -> dict:
    """The notebook's steps in their order."""
    table = show()
    table2 = add(table)
    return table2


if __name__ == "__main__":
    cli(display_pipeline)
