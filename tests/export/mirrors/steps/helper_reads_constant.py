"""Helper reads constant.

Exported from helper_reads_constant.ipynb by zenbook (2 steps).
Re-export with `zenbook export helper_reads_constant.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step

RATE = 0.5  # share kept


def kept(values):
    return values[: int(len(values) * RATE)]


@step
def data() -> list:
    """Data."""
    values = list(range(10))
    return values


@step
def keep(values: list) -> list:
    """Keep."""
    half = kept(values)
    return half


@pipeline
def helper_reads_constant() -> list:
    """The notebook's steps in their order."""
    values = data()
    half = keep(values)
    return half


if __name__ == "__main__":
    cli(helper_reads_constant)
