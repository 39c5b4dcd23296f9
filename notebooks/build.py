"""Make the tutorials from their text and execute them: `python notebooks/build.py [NAME ...]`.

A tutorial's source is a list of cells, Markdown or code. What is committed are the notebooks with
the outputs of a real run in an empty home, so that they read well without a kernel.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
NAMES = ("iterate_on_a_model", "clean_data", "compare_runs")


def notebook_of(name: str) -> Any:
    """The notebook of one tutorial, not executed."""
    import nbformat

    sys.path.insert(0, str(HERE))
    try:
        cells = import_module(f"sources.{name}").CELLS
    finally:
        sys.path.remove(str(HERE))
    made = nbformat.v4.new_notebook()
    made.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    for number, source in enumerate(cells):
        text = source.strip("\n")
        if text.startswith("md:"):
            cell = nbformat.v4.new_markdown_cell(text.removeprefix("md:").strip())
        else:
            cell = nbformat.v4.new_code_cell(text)
        cell["id"] = hashlib.sha256(f"{name} {number}".encode()).hexdigest()[:8]
        made.cells.append(cell)
    return made


def execute(notebook: Any, folder: Path) -> None:
    """Execute in a kernel whose home and working folder are ``folder``."""
    from nbclient import NotebookClient

    environment = {**os.environ, "ZENBOOK_HOME": str(folder / ".zenbook")}
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}})
    client.create_kernel_manager()
    with client.setup_kernel(env=environment):
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)


def main(names: list[str]) -> None:
    """Make, execute and write the named tutorials."""
    import nbformat

    for name in names or list(NAMES):
        notebook = notebook_of(name)
        with tempfile.TemporaryDirectory() as folder:
            execute(notebook, Path(folder))
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)
        nbformat.write(notebook, HERE / f"{name}.ipynb")


if __name__ == "__main__":
    main(sys.argv[1:])
