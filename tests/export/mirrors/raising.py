"""Fail.

Exported from raising.ipynb by zenbook (1 step).
Re-export with `zenbook export raising.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step

fine = 1


@step
def more() -> int:
    """More."""
    finer = fine + 1
    return finer


@pipeline
def raising() -> int:
    """Fail."""
    finer = more()
    return finer


if __name__ == "__main__":
    cli(raising)
