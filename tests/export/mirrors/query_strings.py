"""Table.

Exported from query_strings.ipynb by zenbook (2 steps).
Re-export with `zenbook export query_strings.ipynb`.
"""

from __future__ import annotations

import pandas as pd

from zenbook import cli, pipeline, step

limit = 1


@step
def table() -> pd.DataFrame:
    """Table."""
    df = pd.DataFrame({"x": [1, 2, 3]})
    return df


@step
def ask(df: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Ask.

    Returns: large, summed.
    """
    large = df.query("x > @limit")
    summed = eval("limit + 1")
    return large, summed


@pipeline
def query_strings() -> tuple[pd.DataFrame, int]:
    """Table."""
    df = table()
    large, summed = ask(df)
    return large, summed


if __name__ == "__main__":
    cli(query_strings)
