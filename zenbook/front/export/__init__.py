"""Export: a notebook leaves as a pipeline script that finds everything computed.

read (:mod:`reading`) → pieces (:mod:`pieces`) → module code (:mod:`module`) and groups
(:mod:`groups`) → plan (:mod:`plan`) → text (:mod:`writing`) → verified by running it
(:mod:`verifying`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zenbook.front.export.exporting import Exported
    from zenbook.front.export.writing import Target

__all__ = ["export"]


def export(
    notebook: str | Path,
    output: str | Path | None = None,
    *,
    target: Target = "zenbook",
    verify: bool | None = None,
    check: bool = False,
    allow_magics: bool = False,
) -> Exported:
    """Export a notebook as a pipeline script, and say what became of every cell.

    ``output`` is the script's path (default: beside the notebook). ``target`` is ``zenbook``,
    ``python`` (no dependency) or ``zenml``. ``verify`` runs the script in a fresh process and
    compares its outputs (default: where the notebook has run); ``check`` writes nothing and
    tells whether an earlier export has drifted. Raises ExportError naming cell, line, name and
    remedy; a script that gives something else than the notebook is never left behind.
    """
    from zenbook.front.export.exporting import export_notebook

    place = Path(output) if output is not None else None
    return export_notebook(Path(notebook), place, target, verify, check, allow_magics)
