"""Lambda.

Exported from lambda.ipynb by zenbook (2 steps).
Re-export with `zenbook export lambda.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


def square(x):
    return x * x


@step
def use() -> int:
    """Use."""
    nine = square(3)
    return nine


@step
def again(nine: int) -> int:
    """Again."""
    eighty_one = square(nine)
    return eighty_one


@pipeline(name="lambda")
def lambda_() -> int:
    """The notebook's steps in their order."""
    nine = use()
    eighty_one = again(nine)
    return eighty_one


if __name__ == "__main__":
    cli(lambda_)
