"""Work.

Exported from installs.ipynb by zenbook (1 step).
Re-export with `zenbook export installs.ipynb`.

Needs: numpy, pandas.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step

x = 1


@step
def more() -> int:
    """More."""
    y = x + 1
    return y


@pipeline
def installs() -> int:
    """Work."""
    y = more()
    return y


if __name__ == "__main__":
    cli(installs)
