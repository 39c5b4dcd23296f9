"""Generator.

Exported from generator.ipynb by zenbook (1 step).
Re-export with `zenbook export generator.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step(name="rest")
def rest_step() -> tuple[int, list, int]:
    """Rest.

    Returns: head, rest, total.
    """
    stream = (n * n for n in range(5))

    head = next(stream)

    rest = list(stream)
    total = head + sum(rest)
    return head, rest, total


@pipeline
def generator() -> tuple[int, list, int]:
    """The notebook's steps in their order."""
    head, rest, total = rest_step()
    return head, rest, total


if __name__ == "__main__":
    cli(generator)
