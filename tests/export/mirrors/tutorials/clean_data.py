"""Clean data that comes in files.

Exported from clean_data.ipynb by zenbook (3 steps).
Re-export with `zenbook export clean_data.ipynb`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sklearn.datasets import load_wine
from zenbook import cli, pipeline, step

columns = ["target", "alcohol", "flavanoids", "color_intensity"]


def as_sent(file):
    """A laboratory's table with every value still as it was written."""
    separator = ";" if ";" in file.read_text() else ","
    return pd.read_csv(file, sep=separator, dtype=str).assign(laboratory=file.stem)


def as_numbers(column):
    """Numbers with a decimal point or comma; what is no number is missing."""
    return pd.to_numeric(column.str.replace(",", "."), errors="coerce")


def what_laboratories_sent() -> tuple[pd.DataFrame, pd.DataFrame, Path]:
    """One sends some rows twice, one writes 12,37 for 12.37, one has n/a where a value
    is missing.

    Returns: one, three, inbox.
    """
    table = load_wine(as_frame=True).frame[columns].rename_axis("sample").reset_index()
    one, two, three = [
        part.drop(columns="target") for _, part in table.groupby("target")
    ]

    inbox = Path("wines")
    inbox.mkdir(exist_ok=True)
    pd.concat([one, one.tail(9)]).to_csv(inbox / "one.csv", index=False)
    two.to_csv(inbox / "two.csv", index=False, sep=";", decimal=",")
    strong = three.color_intensity > 9
    three.assign(flavanoids=three.flavanoids.mask(strong)).to_csv(
        inbox / "three.csv", index=False, na_rep="n/a"
    )
    for file in sorted(inbox.glob("*.csv")):
        lines = file.read_text().splitlines()
        print(file, lines[0], lines[-1], sep="\n    ")
    return one, three, inbox


def file_changes(three: pd.DataFrame, inbox: Path) -> None:
    """Laboratory three sends the missing values."""
    three.to_csv(inbox / "three.csv", index=False)


def file_changes_it_does_not(one: pd.DataFrame, inbox: Path) -> None:
    """Now laboratory one sends its file again, without the repeated rows."""
    one.to_csv(inbox / "one.csv", index=False)


@step
def read(inbox: Path) -> pd.DataFrame:
    """Read every file in the folder."""
    raw = pd.concat(
        [as_sent(file) for file in sorted(inbox.glob("*.csv"))], ignore_index=True
    )
    print(raw.groupby("laboratory").head(1))
    return raw


@step
def clean(raw: pd.DataFrame) -> pd.DataFrame:
    """Make numbers of the text, and leave out what is incomplete or came twice."""
    wines = (
        raw.drop(columns="laboratory")
        .apply(as_numbers)
        .assign(laboratory=raw.laboratory)
    )
    wines = wines.dropna().drop_duplicates(ignore_index=True)
    print(f"{len(raw)} rows came, {len(wines)} wines are left")
    print(wines.groupby("laboratory").mean().drop(columns="sample").round(2))
    return wines


@step
def draw(wines: pd.DataFrame) -> pd.DataFrame:
    """Draw every wine, coloured by its laboratory."""
    intensity = wines.pivot(columns="laboratory", values="color_intensity")
    axes = intensity.set_index(wines.flavanoids).plot(
        style="o", markersize=3.5, figsize=(5.5, 3.2)
    )
    axes.set(
        ylabel="color_intensity",
        ylim=(0, 14),
        title=f"{len(wines)} wines of three growers",
    )
    return intensity


@pipeline
def clean_wines() -> pd.DataFrame:
    """Three laboratories analysed the wines of one grower each, and sent a CSV file in
    a format of their own.
    """
    one, three, inbox = what_laboratories_sent()
    file_changes(three, inbox)
    file_changes_it_does_not(one, inbox)
    raw = read(inbox)
    wines = clean(raw)
    intensity = draw(wines)
    return intensity


if __name__ == "__main__":
    cli(clean_wines)
