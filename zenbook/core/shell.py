"""The IPython shell of this process."""

from __future__ import annotations

import sys
from typing import Any


def running_shell() -> Any:
    """The shell; None outside IPython, which this does not import."""
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
