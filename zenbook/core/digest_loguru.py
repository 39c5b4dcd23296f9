"""The description of loguru's logger: what it shows, and how.

It is one object that holds open streams, and is no data. What code logs is shown again by a hit;
what would show it otherwise (another level, format, filter or sink) is a reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zenbook.core.digest_stream import Describers, Description

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

_FORMATS = ("_decolorized_format", "_precolorized_formats")
"""The one without colours, and, where there are colours, one for each level."""
_SHOWING = ("_levelno", "_filter", "_colorize", "_serialize", *_FORMATS)


def logger(value: Any, digester: Digester) -> Description:
    """A logger: its options and, of all loggers, the handlers, what is bound and what is off."""
    core = value._core
    handlers = [_handler(one) for one in core.handlers.values()]
    levels = [(one.name, one.no) for one in core.levels.values()]
    told = (core.extra, core.patcher, core.activation_list)
    return "loguru", value._options, handlers, levels, *told


def _handler(handler: Any) -> Any:
    sink = handler._sink
    dynamic = handler._formatter if handler._is_formatter_dynamic else None
    shows = [getattr(handler, name, None) for name in _SHOWING]
    return type(sink).__name__, getattr(sink, "_function", None), dynamic, shows


DESCRIBERS: Describers = {"Logger": logger}
