"""Export: a notebook leaves as a pipeline script that finds everything computed.

read (:mod:`reading`) → pieces (:mod:`pieces`) → module code (:mod:`module`) and groups
(:mod:`groups`) → plan (:mod:`plan`) → text (:mod:`writing`) → verified by running it
(:mod:`verifying`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from zenbook.front.export.exporting import Exported
    from zenbook.front.export.writing import Target

__all__ = ["export"]


def export(
    notebook: str | Path | None = None,
    output: str | Path | None = None,
    *,
    target: Target = "zenbook",
    verify: bool | None = None,
    check: bool = False,
    allow_magics: bool = False,
    order: Literal["document", "run"] | None = None,
) -> Exported:
    """Export a notebook as a pipeline script, and say what became of every cell.

    ``notebook`` is a file (default: the notebook this kernel runs for), ``output`` the script's
    path (default: beside it). ``target`` is ``zenbook``, ``python`` (no dependency) or
    ``zenml``. ``verify`` runs the script in a fresh process and compares its outputs (default:
    where the notebook has run); ``check`` writes nothing and tells whether an earlier export has
    drifted. ``order`` says which order counts where cells were executed out of order.
    Raises ExportError naming cell, line, name and remedy; a script that gives something else
    than the notebook is never left behind.
    """
    from zenbook.front.export.exporting import Wanted, export_notebook

    file = Path(notebook) if notebook is not None else _own_notebook()
    place = Path(output) if output is not None else None
    return export_notebook(file, place, Wanted(target, verify, check, allow_magics, order))


def _own_notebook() -> Path:
    """The notebook that this kernel runs for. Raises UsageError where nobody tells."""
    from zenbook.core.shell import running_shell
    from zenbook.errors import UsageError
    from zenbook.front.notebook.notebook_name import notebook_file

    shell = running_shell()
    file = notebook_file(shell.user_ns) if shell is not None else None
    if file is None:
        raise UsageError("Name the notebook to export: zenbook.export('notebook.ipynb').")
    return file
