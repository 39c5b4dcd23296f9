"""Größe des Rauschens.

Exported from non_ascii.ipynb by zenbook (1 step).
Re-export with `zenbook export non_ascii.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step

größe = 3.14
name = "π → ∞"


@step
def make_doppelt() -> float:
    """结果."""
    doppelt = größe * 2
    return doppelt


@pipeline
def non_ascii() -> float:
    """Die Größe ist „π“."""
    doppelt = make_doppelt()
    return doppelt


if __name__ == "__main__":
    cli(non_ascii)
