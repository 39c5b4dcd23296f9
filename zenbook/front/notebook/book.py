"""A notebook's file: read it, write it, put parameters into it as papermill does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zenbook.errors import OptionError, UsageError
from zenbook.front.notebook.option_table import suggestion


def read_python(file: Path) -> Any:
    """A notebook of format 4, in Python. Raises UsageError for anything else."""
    notebook = read_notebook(file)
    if language := other_language(notebook):
        raise UsageError(f"{file} is a notebook in {language}; zenbook works in Python.")
    return notebook


def read_notebook(file: Path) -> Any:
    """A notebook of format 4, in any language. Raises UsageError for anything else."""
    import nbformat

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
    if isinstance(error, AttributeError | TypeError | KeyError):
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


def inject(notebook: Any, parameters: Mapping[str, str]) -> None:
    """Put a cell with these values below the one that holds the parameters."""
    if not parameters:
        return
    import nbformat

    place = parameters_cell(notebook)
    known = parameter_names(notebook.cells[place].source) if place is not None else None
    for name in parameters:
        if not name.isidentifier():
            raise OptionError(f"{name!r} is no name of a parameter.")
        if known is not None and name not in known:
            near = suggestion(name, known)
            raise OptionError(f"The notebook has no parameter {name}.{near}")
    lines = [f"{name} = {literal(text)!r}" for name, text in parameters.items()]
    source = "\n".join(["# Parameters", *lines])
    cell = nbformat.v4.new_code_cell(source)  # type: ignore[no-untyped-call]
    cell.metadata["tags"] = ["injected-parameters"]
    notebook.cells[:] = [c for c in notebook.cells if "injected-parameters" not in _tags(c)]
    place = parameters_cell(notebook)
    notebook.cells.insert(0 if place is None else place + 1, cell)


def parameters_cell(notebook: Any) -> int | None:
    """The place of the cell that holds the parameters: tagged, or marked ``%%parameters``."""
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        if "parameters" in _tags(cell) or cell.source.lstrip().startswith("%%parameters"):
            return place
    return None


def parameter_names(source: str) -> list[str]:
    """The names a parameters cell binds."""
    import ast

    from zenbook.front.notebook.definitions import bound_names

    text = source.lstrip().removeprefix("%%parameters")
    try:
        return list(dict.fromkeys(bound_names(ast.parse(text).body)))
    except SyntaxError:
        return []  # executing the cell will say so better


def literal(text: str) -> Any:
    """A value from the command line: a Python literal, ``true``/``false``/``null``, else text."""
    import ast

    words = {"true": True, "false": False, "null": None}
    if text in words:
        return words[text]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _tags(cell: Any) -> Sequence[str]:
    tags: Sequence[str] = cell.metadata.get("tags", ())
    return tags
