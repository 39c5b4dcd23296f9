"""Let the kernel send what was printed, before something else is sent: it does so when it likes,
unless told.

To tell a kernel's stream means to wait for the thread that sends (0.5 ms), even if it holds
nothing; whether it does is looked up first. What that thread is sending already stays first, since
all is sent by it.
"""

from __future__ import annotations

import sys


def flush_streams() -> None:
    """Have ``sys.stdout`` and ``sys.stderr`` send what they hold."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and getattr(stream, "_flush_pending", True):
            stream.flush()
