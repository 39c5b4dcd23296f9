"""The command line, as code reads it in ``sys.argv``."""

from __future__ import annotations

import os
import sys

_KERNELS = ("ipykernel_launcher", "colab_kernel")
"""How the names of programs begin that are kernels."""


def command_line() -> tuple[str, ...]:
    """The program and its arguments; none where they are those that a kernel was started with,
    which say nothing of the notebook."""
    said = tuple(map(str, getattr(sys, "argv", ()) or ("",)))
    if not _is_kernel(said[0]):
        return said
    own = next((n for n, word in enumerate(sys.orig_argv, 1) if _is_kernel(word)), None)
    return () if own is None or list(said[1:]) == sys.orig_argv[own:] else said


def _is_kernel(word: str) -> bool:
    return os.path.basename(word).startswith(_KERNELS)
