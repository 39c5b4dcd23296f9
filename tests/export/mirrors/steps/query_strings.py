"""Query strings.

Exported from query_strings.ipynb by zenbook (2 steps).
Re-export with `zenbook export query_strings.ipynb`.
"""

from __future__ import annotations

import pandas as pd
from zenbook import cli, pipeline, step


@step
def table() -> tuple[pd.DataFrame, int]:
    """Table.

    Returns: df, limit.
    """
    df = pd.DataFrame({"x": [1, 2, 3]})
    limit = 1
    return df, limit


@step
def ask(df: pd.DataFrame, limit: int) -> pd.DataFrame:
    """Ask."""
    large = df.query("x > @limit")
    return large


@pipeline
def query_strings() -> pd.DataFrame:
    """The notebook's steps in their order."""
    df, limit = table()
    large = ask(df, limit)
    return large


if __name__ == "__main__":
    cli(query_strings)
