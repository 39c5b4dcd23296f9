"""Data.

Exported from helper_reads_result.ipynb by zenbook (2 steps).
Re-export with `zenbook export helper_reads_result.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step

data = [1, 2, 3]


def scaled(factor):
    return [factor * n for n in data]


@step
def scale() -> list:
    """Scale."""
    doubled = scaled(2)
    return doubled


@step
def scale_more() -> list:
    """Scale more."""
    tripled = scaled(3)
    return tripled


@pipeline
def helper_reads_result() -> tuple[list, list]:
    """Data."""
    doubled = scale()
    tripled = scale_more()
    return doubled, tripled


if __name__ == "__main__":
    cli(helper_reads_result)
