"""Größe des Rauschens.

Exported from non_ascii.ipynb by zenbook (2 steps).
Re-export with `zenbook export non_ascii.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def gre_des_rauschens() -> tuple[float, str]:
    """Die Größe ist „π“.

    Returns: größe, name.
    """
    größe = 3.14
    name = "π → ∞"
    return größe, name


@step
def other(größe: float) -> float:
    """结果."""
    doppelt = größe * 2
    return doppelt


@pipeline
def non_ascii() -> tuple[str, float]:
    """Die Größe ist „π“."""
    größe, name = gre_des_rauschens()
    doppelt = other(größe)
    return name, doppelt


if __name__ == "__main__":
    cli(non_ascii)
