"""Work.

Exported from raw_cells.ipynb by zenbook (1 step).
Re-export with `zenbook export raw_cells.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step

one = 1


@step
def more() -> int:
    """More."""
    two = one + 1
    return two


@pipeline
def raw_cells() -> int:
    """Work."""
    two = more()
    return two


if __name__ == "__main__":
    cli(raw_cells)
