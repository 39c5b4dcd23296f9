"""Make the tutorials' outputs anew, each from a real run in a home of its own.

python notebooks/build.py                # all of them
python notebooks/build.py clean_data     # one

A tutorial is executed from top to bottom by a fresh kernel, in an empty folder, with an empty
zenbook home and a new signing key. Nothing of the machine it is made on may show: what a kernel
says of itself is taken out, and a run that shows a path of the machine is refused.
"""

from __future__ import annotations

import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from zenbook.front.notebook.saved import without_live_views

FOLDER = Path(__file__).resolve().parent
TUTORIALS = [FOLDER / f"{name}.ipynb" for name in ("train_digits", "clean_data", "compare_runs")]
SECONDS_PER_CELL = 120


def played(file: Path, folder: Path, last: str = "") -> Any:
    """The notebook with the outputs of a run in this folder, which a later run may find again.

    ``last`` is code that runs after its cells, in a cell of its own. Raises CellExecutionError.
    """
    notebook: Any = nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]
    if last:
        notebook.cells.append(nbformat.v4.new_code_cell(last))  # type: ignore[no-untyped-call]
    work = folder / "work"
    for place in (work, folder / "person"):
        place.mkdir(parents=True, exist_ok=True)
    client = NotebookClient(
        notebook,
        km=AsyncKernelManager(transport="ipc", ip=str(folder / "ipc")),
        timeout=SECONDS_PER_CELL,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(work)}},
    )
    client.on_cell_execute = partial(_tell_id, client)
    client.owns_km = True  # or the kernel whose transport we chose would outlive the run
    client.execute(env=_environment(file, folder))
    return _plain(notebook)


def _tell_id(client: NotebookClient, cell: Any, **_place: Any) -> None:
    """Tell the kernel which cell it executes, as JupyterLab does."""
    client.kc.session.metadata = {"cellId": cell.id}


def _environment(file: Path, folder: Path) -> dict[str, str]:
    """What the kernel finds: a person who has never used zenbook, and the notebook's name."""
    person = folder / "person"
    kept = {name: text for name, text in os.environ.items() if not name.startswith("JPY_")}
    return {
        **kept,
        "HOME": str(person),
        "XDG_DATA_HOME": str(person / "data"),
        "IPYTHONDIR": str(person / "ipython"),
        "MPLCONFIGDIR": str(person / "matplotlib"),
        "ZENBOOK_HOME": str(folder / "home"),
        "ZENBOOK_NOTEBOOK": str(file),
    }


def _plain(notebook: Any) -> Any:
    """The notebook without what the kernel says of itself, and what only a live kernel shows."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    notebook.metadata = nbformat.from_dict(about)  # type: ignore[no-untyped-call]
    without_live_views(notebook)
    return notebook


def made_anew(file: Path) -> None:
    """Write the outputs of a new run into the notebook's file. Raises ValueError for a leak."""
    with tempfile.TemporaryDirectory() as folder:
        notebook = played(file, Path(folder))
        text = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
        for place in (folder, str(FOLDER.parent), sys.prefix, str(Path.home())):
            if place in text:
                raise ValueError(f"{file.name} shows {place}, which is of this machine only")
    nbformat.write(notebook, file)  # type: ignore[no-untyped-call]


def main(names: list[str]) -> None:
    """Make the named tutorials anew; all of them if none is named."""
    unknown = set(names) - {file.stem for file in TUTORIALS}
    if unknown:
        raise SystemExit(f"There is no tutorial {', '.join(sorted(unknown))}.")
    for file in TUTORIALS:
        if not names or file.stem in names:
            made_anew(file)
            print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
