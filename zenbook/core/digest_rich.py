"""The description of a console of rich: how it prints, and what it has recorded.

It holds locks and what each thread is about to print, and is no data. What code prints by it is
shown again by a hit; what would print it otherwise (another width, theme or style) is a reason.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from zenbook.core.digest_stream import Describers, Description
from zenbook.errors import NotDigestible

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

_HOW = (
    *("is_jupyter", "tab_size", "record", "_markup", "_emoji", "_emoji_variant", "_highlight"),
    *("legacy_windows", "soft_wrap", "_width", "_height", "_force_terminal", "quiet", "stderr"),
    *("_color_system", "highlighter", "safe_box", "get_datetime", "get_time", "no_color"),
    *("is_interactive", "_record_buffer", "_render_hooks", "_is_alt_screen"),
)
_LOGS = (
    "show_time",
    "show_level",
    "show_path",
    "time_format",
    "omit_repeated_times",
    "level_width",
)


def console(value: Any, digester: Digester) -> Description:
    """A console: its options, its themes, its style, and where it prints."""
    own = vars(value)
    logs = own.get("_log_render")
    styles = [
        {name: str(style) for name, style in entry.items()}
        for entry in value._thread_locals.theme_stack._entries
    ]
    return (
        "rich",
        digester.class_token(type(value)),
        {name: own.get(name) for name in _HOW},
        {name: getattr(logs, name, None) for name in _LOGS},
        styles,
        str(own.get("style")),
        _stream_of(own.get("_file")),
    )


def _stream_of(file: Any) -> str:
    """Which of the streams it prints to that a kernel shows; raises NotDigestible for another."""
    if file is None:
        return ""
    if str(type(file).__module__).startswith("ipykernel.") or file in (sys.stdout, sys.stderr):
        return str(file.name)
    raise NotDigestible("is a console that prints into an open file")


DESCRIBERS: Describers = {"Console": console}
