"""The description of a function whose results a ``joblib.Memory`` keeps.

When it was made, and what joblib has found out about its source, differs in each process. What it
gives depends on the function's code and on what the memory was told; what lies in the memory's
folder is read and written as any file is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zenbook.core.digest_stream import Describers, Description

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

_FOUND_OUT = frozenset({"timestamp", "func_id", "_func_code_id", "_func_code_info"})
"""What differs without any edit, or says where the function's text is."""


def memorized(value: Any, digester: Digester) -> Description:
    """Such a function: its code, its options, and where its results are. Its name in the memory
    counts where joblib prints it."""
    held = {
        name: own
        for name, own in vars(value).items()
        if name not in _FOUND_OUT and not name.startswith("__")
    }
    printed = value.func_id if value._verbose else None
    return "joblib", digester.class_token(type(value)), held, printed


DESCRIBERS: Describers = {"MemorizedFunc": memorized}
