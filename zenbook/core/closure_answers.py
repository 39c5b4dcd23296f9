"""Functions that tell what there is one of in a process, and that code holds by their own names.

``os.getcwd()`` is heard of while a step runs. Of ``from os import getcwd``, in a cell or module
before it, nobody hears: the function is the one that was there before anybody listened. So it
counts by what it would tell.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

from zenbook.core.closure_origin import identity_of
from zenbook.core.code_digest import code_digest


def answered_by(identity: str) -> tuple[str, Callable[[], object]] | None:
    """How the installed function of this name is written, and what it would tell now; None for
    all but these few."""
    return _ANSWERS.get(identity)


def told_of_handler(handler: Any) -> str:
    """What a signal's handler is: ``SIG_DFL``, or a function with its code."""
    if isinstance(handler, signal.Handlers):
        return handler.name
    code = getattr(getattr(handler, "__func__", handler), "__code__", None)
    return f"{identity_of(handler)} {code_digest(code) if code else ''}"


def _asking(module: str, function: str) -> Callable[[], object]:
    def ask() -> object:
        try:
            return getattr(sys.modules[module], function)()
        except OSError as error:  # the working folder is gone
            return type(error).__name__

    return ask


def _handlers() -> tuple[str, ...]:
    """Of all signals but the one that Stop sends, which kernels handle anew for every cell."""
    numbers = sorted(signal.valid_signals() - {signal.SIGINT})
    return tuple(f"{int(each)} {told_of_handler(signal.getsignal(each))}" for each in numbers)


_ANSWERS: Mapping[str, tuple[str, Callable[[], object]]] = {
    **{
        f"{home}.{function}": (f"{module}.{function}()", _asking(module, function))
        for home, module, function in (
            ("posix", "os", "getcwd"),
            ("posix", "os", "getcwdb"),
            ("nt", "os", "getcwd"),
            ("nt", "os", "getcwdb"),
            ("gc", "gc", "get_debug"),
            ("gc", "gc", "get_threshold"),
            ("gc", "gc", "isenabled"),
            ("sys", "sys", "get_int_max_str_digits"),
            ("sys", "sys", "getrecursionlimit"),
            ("sys", "sys", "getswitchinterval"),
            ("tempfile", "tempfile", "gettempdir"),
            ("_socket", "socket", "getdefaulttimeout"),
        )
    },
    "signal.getsignal": ("signal.getsignal()", _handlers),
}
