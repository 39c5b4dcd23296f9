"""How IPython shows values and figures: printers, formatters' traits, the inline backend.

``sympy.init_printing()`` and its kin register printers with the running shell, and sympy keeps
settings of its own beside them. A hit that left them out would show values another way from then
on. What IPython and matplotlib register by themselves is there in every kernel, and is left out.

What a step displayed is kept as it was shown. So a step that displayed something depends on these
settings, too, as reads: :func:`how_shown`. Measured: 20 µs, for such a step only.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from zenbook.core.shell import running_shell
from zenbook.model import Read
from zenbook.world.formatters_set import (
    formatters,
    registered,
    shown_by_registered,
    shows_by_printing,
)


def display_settings() -> str:
    """What is registered with formatters, and sympy's printing settings, as text; "" where nothing
    was set."""
    told = sorted({*registered(), *_sympy()})
    return repr(told) if told else ""


def ways_of_showing() -> str:
    """All that is set of how this kernel shows values and figures; "" where nothing was set."""
    told = [display_settings(), *_formatting(), *_figures()]
    return repr(told) if any(told) else ""


# ---------------------------------------------------------------- as reads of what was shown


def how_shown(events: Iterable[Mapping[str, Any]]) -> Iterator[Read]:
    """What these displays depended on beside the values, as reads: another precision, printer,
    style or format of pictures would have shown something else. Printed text depends on none, but
    where code of the user's may have printed it, or nothing, to show a value."""
    shown = [event["data"] for event in events if "data" in event]
    if shown or shows_by_printing():
        yield _as_now(_TEXTS if _shows_text_only() else _VALUES)
    if any(_FIGURE.match(str(data.get("text/plain", ""))) for data in shown):
        yield _as_now(_PICTURES)


def shown_now(read: Read) -> Read:
    """What this read of :func:`how_shown` is by now.

    A script shows no pictures, so that it does not matter there how they would be shown; and a
    terminal shows the text of what a kernel showed in any form, but not the other way round.
    """
    if read.name == _PICTURES and running_shell() is None:
        return read
    return _as_now(read.name)


_VALUES, _TEXTS, _PICTURES = "display settings", "text display settings", "InlineBackend settings"
SHOWING = frozenset({_VALUES, _TEXTS, _PICTURES})
"""The names of these reads."""
_FIGURE = re.compile(r"<\w+ size \S+ with \d+ Axes>")


def _as_now(name: str) -> Read:
    if name == _PICTURES:
        from zenbook.world.settings import matplotlib_settings  # which asks here for printers

        style = matplotlib_settings()
        figures = [*_figures(), *([style] if style else [])]
        return Read("setting", name, repr(figures) if figures else "")
    told = [*sorted({*shown_by_registered(), *_sympy()}), *_formatting()]
    if name == _TEXTS and running_shell() is not None and not _shows_text_only():
        told.append("all forms")
    return Read("setting", name, repr(told) if told else "")


# ---------------------------------------------------------------- how values are shown

_TRAITS: Mapping[str, Any] = {
    "float_format": "%r",
    "float_precision": "",
    "max_seq_length": 1000,
    "max_width": 79,
    "newline": "\n",
    "pprint": True,
    "verbose": False,
}
"""Traits of the formatter of text, with IPython's defaults."""


def _enabled() -> list[str]:
    return [mime for mime, formatter in formatters().items() if formatter.enabled]


def _shows_text_only() -> bool:
    """Whether values are shown as text only, as in a terminal."""
    return _enabled() == ["text/plain"]


def _formatting() -> Iterator[str]:
    """Traits of the formatters that somebody has set."""
    forms, enabled = formatters(), _enabled()
    if len(enabled) < len(forms) and not _shows_text_only():
        yield f"forms {enabled}"
    text = forms.get("text/plain")
    for name, usual in _TRAITS.items():
        if (value := getattr(text, name, usual)) != usual:
            yield f"{name} {value!r}"


def _sympy() -> Iterator[str]:
    printer = getattr(sys.modules.get("sympy.printing.printer"), "Printer", None)
    for name, value in getattr(printer, "_global_settings", {}).items():
        yield f"sympy {name} {value!r}"


# ---------------------------------------------------------------- how figures are shown

_INLINE: Mapping[str, Any] = {
    "figure_formats": {"png"},
    "print_figure_kwargs": {"bbox_inches": "tight"},
    "rc": {},
    "close_figures": True,
}
"""Traits of the backend that shows figures in notebooks, with its defaults."""


def _figures() -> Iterator[str]:
    """What was set of the inline backend, and which other one is in its place."""
    if running_shell() is None:
        return
    if backend := notebook_backend():
        yield f"backend {backend}"
    now = _inline()
    for name, usual in _INLINE.items():
        if (value := now.get(name, usual)) != usual:
            yield f"{name} {sorted(value) if isinstance(value, set) else value!r}"


def _inline() -> Mapping[str, Any]:
    """The inline backend's traits; before its first use, what the configuration says of them.
    Formats are what is registered for figures, which others may do past the traits."""
    kind = getattr(sys.modules.get("matplotlib_inline.config"), "InlineBackend", None)
    if kind is not None and kind.initialized():
        backend = kind.instance()
        return {**{name: getattr(backend, name) for name in _INLINE}, **_registered()}
    said = dict(dict.get(running_shell().config, "InlineBackend") or {})
    if (one := said.get("figure_format")) and "figure_formats" not in said:
        said["figure_formats"] = {one}
    return {**said, **_registered()}


def _registered() -> Mapping[str, Any]:
    """The formats that figures are drawn in and how; nothing where an older IPython hides it."""
    kind = getattr(sys.modules.get("matplotlib.figure"), "Figure", None)
    printers = [each.type_printers.get(kind) for each in formatters().values()]
    drawing = [each for each in printers if isinstance(each, partial)]
    if not drawing:
        return {}
    formats, options = set(), dict[str, Any]()
    for printer in drawing:
        options = {**printer.keywords}
        is_sharp = printer.func.__name__ == "retina_figure"
        formats.add("retina" if is_sharp else options.pop("fmt", "png"))
        options.pop("base64", None)
    return {"figure_formats": formats, "print_figure_kwargs": options}


NO_STYLE = ("backend", "interactive", "toolbar", "webagg", "figure.hooks")
"""How the names of matplotlib's parameters begin that decide where figures go, not their looks."""


def notebook_backend() -> str:
    """The backend of matplotlib where a notebook has another one than the inline one; "" before
    one is chosen."""
    if not hasattr(running_shell(), "kernel"):
        return ""
    params: dict[str, Any] = getattr(sys.modules.get("matplotlib"), "rcParams", {})
    name = dict.get(params, "backend", "inline")
    is_usual = not isinstance(name, str) or "inline" in name
    return "" if is_usual else name
