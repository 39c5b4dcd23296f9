"""What notebooks that others wrote have shown: each case as a tiny notebook of our own."""

from __future__ import annotations

from pathlib import Path

import zenbook
from tests.export.cases import Cell, md, write


def exported(cells: list[str | Cell], executed: bool = False, verify: bool = False) -> str:
    """The script of a notebook that holds these cells."""
    return zenbook.export(write(cells, Path("book.ipynb"), executed), verify=verify).text


def test_what_closes_figures_is_imported_though_no_cell_names_it(home: Path) -> None:
    """``frame.plot()`` draws without a word of pyplot."""
    text = exported(
        [
            "import pandas as pd\nimport matplotlib.pyplot as plt",
            md("# Draw"),
            'frame = pd.DataFrame({"x": [1, 2]})\nframe.plot()',
        ]
    )
    assert 'plt.close("all")' in text
    assert "import matplotlib.pyplot as plt\n" in text
