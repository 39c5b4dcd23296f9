"""Text.

Exported from multi_line_text.ipynb by zenbook (1 step).
Re-export with `zenbook export multi_line_text.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step

text = """first
  second


third"""


@step(name="lines")
def lines_step() -> list:
    """Lines."""
    lines = text.splitlines()  # keeps blanks
    return lines


@pipeline
def multi_line_text() -> list:
    """Text."""
    lines = lines_step()
    return lines


if __name__ == "__main__":
    cli(multi_line_text)
