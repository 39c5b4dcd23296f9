"""Where the script goes: never over anything but an earlier export, and whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from zenbook.errors import ExportError
from zenbook.front.export.titles import identifier

_ORIGIN = "by zenbook ("
"""Stands in the first lines of every script."""


def place_of(notebook: Path, output: Path | None) -> Path:
    """The script's file: beside the notebook, in the folder named, or the file named.

    Raises ExportError if there is a file that no export wrote, or no such folder.
    """
    name = f"{identifier(notebook.stem)}.py"
    place = output or notebook.with_name(name)
    if place.is_dir():
        place = place / name
    if place.suffix != ".py":
        raise ExportError(f"{place} is no name for a script. Name a file that ends in .py.")
    if not place.parent.is_dir():
        raise ExportError(f"{place} cannot be written: there is no folder {place.parent}.")
    if place.exists() and not _is_export(place):
        raise ExportError(
            f"{place} is there and was not exported by zenbook. "
            "Name another file with -o, or move this one away."
        )
    return place


def _is_export(place: Path) -> bool:
    with place.open(encoding="utf-8", errors="replace") as file:
        head = file.read(5000)
    return not head.strip() or ("Exported from " in head and _ORIGIN in " ".join(head.split()))


def put(place: Path, text: str) -> None:
    """Write the script. Raises ExportError where one may not write, or its folder is not there."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=place.parent, suffix=".tmp", delete=False
        ) as file:
            file.write(text)
        os.chmod(file.name, _mode(place))
        os.replace(file.name, place)
    except OSError as error:
        raise ExportError(f"{place} cannot be written: {error.strerror or error}.") from error


def _mode(place: Path) -> int:
    """The permissions the file has, else those that this process gives to new files."""
    if place.exists():
        return place.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
