"""Files by path.

Exported from files_by_path.ipynb by zenbook (2 steps).
Re-export with `zenbook export files_by_path.ipynb`.
"""

from __future__ import annotations

from pathlib import Path

from zenbook import cli, pipeline, step


@step
def write() -> tuple[Path, int]:
    """Write.

    Returns: folder, written.
    """
    folder = Path("numbers")
    folder.mkdir(exist_ok=True)
    (folder / "n.txt").write_text("7")
    written = len(list(folder.iterdir()))
    return folder, written


@step
def read(folder: Path) -> int:
    """Read."""
    seven = int((folder / "n.txt").read_text())
    return seven


@pipeline
def files_by_path() -> tuple[int, int]:
    """The notebook's steps in their order."""
    folder, written = write()
    seven = read(folder)
    return written, seven


if __name__ == "__main__":
    cli(files_by_path)
