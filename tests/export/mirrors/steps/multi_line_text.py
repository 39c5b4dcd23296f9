"""Multi line text.

Exported from multi_line_text.ipynb by zenbook (2 steps).
Re-export with `zenbook export multi_line_text.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step(name="text")
def text_step() -> str:
    """Text."""
    text = """first
  second


third"""
    return text


@step(name="lines")
def lines_step(text: str) -> list:
    """Lines."""
    lines = text.splitlines()  # keeps blanks
    return lines


@pipeline
def multi_line_text() -> list:
    """The notebook's steps in their order."""
    text = text_step()
    lines = lines_step(text)
    return lines


if __name__ == "__main__":
    cli(multi_line_text)
