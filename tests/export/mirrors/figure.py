"""Figure.

Exported from figure.ipynb by zenbook (1 step).
Re-export with `zenbook export figure.ipynb`.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
from zenbook import cli, pipeline, step


@step
def begin() -> tuple[int, str]:
    """Begin.

    Returns: n_lines, title.
    """
    _, ax = plt.subplots()
    plt.close("all")

    # Draw
    ax.plot([1, 2, 3])
    n_lines = len(ax.lines)
    plt.close("all")

    # Label
    ax.set_title("lines")
    title = ax.get_title()
    return n_lines, title


@pipeline
def figure() -> tuple[int, str]:
    """The notebook's steps in their order."""
    n_lines, title = begin()
    return n_lines, title


if __name__ == "__main__":
    cli(figure)
