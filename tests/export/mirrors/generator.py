"""Generator.

Exported from generator.ipynb by zenbook (1 step).
Re-export with `zenbook export generator.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def make() -> int:
    """Make."""
    stream = (n * n for n in range(5))

    # Take
    head = next(stream)

    # Rest
    rest = list(stream)
    total = head + sum(rest)
    return total


@pipeline
def generator() -> int:
    """The notebook's steps in their order."""
    total = make()
    return total


if __name__ == "__main__":
    cli(generator)
