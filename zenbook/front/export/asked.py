"""Names that only a text reads, such as ``p`` of the formula ``"y ~ I(x**p)"``.

No analysis of the code finds them; the script does, when it is verified. The notebook binds the
name and the step has not got it, so the step is given it, and the script is verified again.
"""

from __future__ import annotations

import re
from dataclasses import replace

from zenbook.front.export.plan import Plan
from zenbook.front.export.reading import Notebook
from zenbook.front.export.verifying import Comparison
from zenbook.front.export.writing import Script

_LACKS = re.compile(r"\bNameError: name '(\w+)' is not defined")


def asking(notebook: Notebook, comparison: Comparison, plan: Plan, script: Script) -> Notebook:
    """The notebook in which a cell asks for the name that its step lacked; else as it is."""
    found = _LACKS.search(comparison.error)
    titles = zip(plan.groups, script.titles, strict=True)
    group = next((g for g, title in titles if title.name == comparison.step), None)
    if found is None or group is None or group.marked is not None:
        return notebook
    name = found[1]
    made = any(name in piece.names.writes for piece in plan.pieces)
    numbers = {cell.number for cell in group.cells if name not in cell.asked}
    if not made or not numbers:
        return notebook
    cells = (
        replace(cell, asked=cell.asked | {name}) if cell.number in numbers else cell
        for cell in notebook.cells
    )
    return replace(notebook, cells=tuple(cells))
