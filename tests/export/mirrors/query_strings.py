"""Query strings.

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
def ask(df: pd.DataFrame) -> pd.DataFrame:
    """Ask."""
    large = df.query("x > @limit")
    return large


@pipeline
def query_strings() -> pd.DataFrame:
    """The notebook's steps in their order."""
    df = table()
    large = ask(df)
    return large


if __name__ == "__main__":
    cli(query_strings)
