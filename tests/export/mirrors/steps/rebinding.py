"""Rebinding.

Exported from rebinding.ipynb by zenbook (3 steps).
Re-export with `zenbook export rebinding.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def load() -> list:
    """Load."""
    df = [3, None, 1]
    return df


@step
def clean(df: list) -> list:
    """Clean."""
    df = [n for n in df if n is not None]
    return df


@step
def sort(df: list) -> list:
    """Sort."""
    df = sorted(df)
    return df


@pipeline
def rebinding() -> list:
    """The notebook's steps in their order."""
    df = load()
    df = clean(df)
    df = sort(df)
    return df


if __name__ == "__main__":
    cli(rebinding)
