"""Helper reads result.

Exported from helper_reads_result.ipynb by zenbook (3 steps).
Re-export with `zenbook export helper_reads_result.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step(name="data")
def data_step() -> list:
    """Data."""
    data = [1, 2, 3]
    return data


@step
def scale(data: list) -> list:
    """Scale."""

    def scaled(factor):
        return [factor * n for n in data]

    doubled = scaled(2)
    return doubled


@step
def scale_more(data: list) -> list:
    """Scale more."""

    def scaled(factor):
        return [factor * n for n in data]

    tripled = scaled(3)
    return tripled


@pipeline
def helper_reads_result() -> tuple[list, list]:
    """The notebook's steps in their order."""
    data = data_step()
    doubled = scale(data)
    tripled = scale_more(data)
    return doubled, tripled


if __name__ == "__main__":
    cli(helper_reads_result)
