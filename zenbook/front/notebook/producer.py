"""Which step gave a name of the notebook its value."""

from __future__ import annotations

import sys
import weakref
from typing import Any


class Producer:
    """The step that gave a name its value, what the step calls it, and which object it is; the
    object is let go.

    A value that takes weak references is told by one. An array is not, as it could not be resized
    in place any more; like what takes none, it is told by its id.
    """

    __slots__ = ("_identity", "_weakly", "output", "step")

    def __init__(self, step: str, output: str, value: Any) -> None:
        self.step, self.output = step, output
        self._identity = id(value)
        numpy = sys.modules.get("numpy")
        is_array = numpy is not None and type(value) is numpy.ndarray
        takes_none = is_array or not type(value).__weakrefoffset__
        self._weakly = None if takes_none else weakref.ref(value)

    def made(self, value: Any) -> bool:
        """Whether this is the object that the step bound or changed."""
        if self._weakly is not None:
            return self._weakly() is value
        return id(value) == self._identity
