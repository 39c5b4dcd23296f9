"""A notebook's file: read it, write it, tell which of its cells hold parameters."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zenbook.errors import UsageError


def read_python(file: Path) -> Any:
    """A notebook of format 4, in Python. Raises UsageError for anything else."""
    notebook = read_notebook(file)
    if language := other_language(notebook):
        raise UsageError(f"{file} is a notebook in {language}; zenbook works in Python.")
    return notebook


def read_notebook(file: Path) -> Any:
    """A notebook of format 4, in any language. Raises UsageError for anything else."""
    import nbformat

    if file.suffix == ".py":
        raise UsageError(f"{file} is a Python script, and no notebook.")
    try:
        notebook = nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]
    except FileNotFoundError:
        raise UsageError(f"There is no notebook {file}.") from None
    except Exception as error:  # nbformat raises many kinds for a file that is no notebook
        raise UsageError(f"{file} is no notebook: {_wrong(error)}.") from error
    for number, cell in enumerate(notebook.cells, 1):
        if not isinstance(cell.get("source"), str) or "cell_type" not in cell:
            raise UsageError(f"{file} is no notebook: its cell {number} has no source or no type.")
        cell.setdefault("metadata", nbformat.from_dict({}))  # type: ignore[no-untyped-call]
    return notebook


def _wrong(error: Exception) -> str:
    """Why a file is no notebook, in words."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, UnicodeDecodeError):
        return "it is not text in UTF-8"
    if type(error).__name__ == "NotJSONError":
        return "it is not JSON"
    if isinstance(error, AttributeError | TypeError | KeyError) or "a key: " in str(error):
        return "it is JSON of another kind"
    return str(error).partition("\n")[0].rstrip(".")


def other_language(notebook: Any) -> str:
    """The language that a notebook is in, as it says it, if that is not Python; else ""."""
    told = notebook.metadata.get("kernelspec", {}).get("language", "")
    told = str(told or notebook.metadata.get("language_info", {}).get("name", ""))
    return "" if told.lower() in ("", "python", "python3", "ipython", "sage") else told


def write_notebook(notebook: Any, file: Path) -> None:
    """Write the executed notebook. Raises UsageError if its folder does not exist."""
    import nbformat

    try:
        nbformat.write(notebook, file)  # type: ignore[no-untyped-call]
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from error


def parameters_cells(notebook: Any) -> list[int]:
    """The places of the cells that hold parameters: tagged, or marked ``%%parameters``."""
    return [
        place
        for place, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
        and ("parameters" in tags_of(cell) or cell.source.lstrip().startswith("%%parameters"))
    ]


def tags_of(cell: Any) -> Sequence[str]:
    """What a cell is tagged."""
    tags: Sequence[str] = cell.metadata.get("tags", ())
    return tags


def tree_of(source: str) -> ast.Module:
    """The cell as IPython would parse it. Raises SyntaxError."""
    from IPython.core.inputtransformer2 import TransformerManager

    from zenbook.core.source import parse_cell
    from zenbook.front.notebook.marker import take_marker_away

    whole = source if source.endswith("\n") else f"{source}\n"  # which a magic's text ends with
    lines = "".join(take_marker_away(whole.splitlines(keepends=True)))
    return parse_cell(TransformerManager().transform_cell(lines))  # type: ignore[no-untyped-call]
