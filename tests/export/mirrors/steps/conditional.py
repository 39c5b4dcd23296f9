"""Conditional.

Exported from conditional.ipynb by zenbook (2 steps).
Re-export with `zenbook export conditional.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


@step
def decide() -> int:
    """Decide."""
    flag = len("abc") == 3
    if flag:
        answer = 42
    return answer


@step
def use(answer: int) -> int:
    """Use."""
    double = answer * 2
    return double


@pipeline
def conditional() -> int:
    """The notebook's steps in their order."""
    answer = decide()
    double = use(answer)
    return double


if __name__ == "__main__":
    cli(conditional)
