"""The description of a console of rich: how it prints, and what it has recorded.

It holds locks and what each thread is about to print, and is no data. What code prints by it is
shown again by a hit; what would print it otherwise (another width, theme or style) is a reason.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from zenbook.core.closure_trace import ATOMS
from zenbook.core.digest_stream import Describers, Description
from zenbook.errors import NotDigestible

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

_OF_ONE_TIME = frozenset({"_is_alt_screen", "_last_time", "is_interactive"})
"""What a console notes of what it has printed, or found when it was made."""
_HELD = ("_color_system", "get_datetime", "get_time", "highlighter")
_WAITING = ("_record_buffer", "_render_hooks")


def facts_of_console(console: Any) -> dict[str, Any]:
    """What a console tells of itself as plain values: its options, how it logs, the styles of its
    themes."""
    told = {
        name: value
        for held in (vars(console), getattr(console.__dict__.get("_log_render"), "__dict__", {}))
        for name, value in held.items()
        if type(value) in ATOMS and name not in _OF_ONE_TIME
    }
    stack = getattr(getattr(console, "_thread_locals", None), "theme_stack", None)
    for place, styles in enumerate(getattr(stack, "_entries", ())):
        told[f"styles {place}"] = {name: str(style) for name, style in styles.items()}
    return told | {"style": str(vars(console).get("style"))}


def console(value: Any, digester: Digester) -> Description:
    """A console: what it tells of itself, what it calls, what it has recorded, and where it
    prints."""
    own = vars(value)
    held = {name: own.get(name) for name in (*_HELD, *_WAITING)}
    stream = _stream_of(own.get("_file"))
    return "rich", digester.class_token(type(value)), facts_of_console(value), held, stream


def _stream_of(file: Any) -> str:
    """Which of the streams it prints to that a kernel shows; raises NotDigestible for another."""
    if file is None:
        return ""
    if str(type(file).__module__).startswith("ipykernel.") or file in (sys.stdout, sys.stderr):
        return str(file.name)
    raise NotDigestible("is a console that prints into an open file")


DESCRIBERS: Describers = {"Console": console}
