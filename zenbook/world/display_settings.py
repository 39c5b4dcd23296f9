"""How IPython shows values: the printers that were registered for types.

``sympy.init_printing()`` and its kin register printers with the running shell, and sympy keeps
settings of its own beside them. A hit that left them out would show values another way from then
on. What IPython and matplotlib register by themselves is there in every kernel, and is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

_THEIR_OWN = frozenset({"IPython", "ipykernel", "matplotlib", "matplotlib_inline", "builtins"})


def display_settings() -> str:
    """The registered printers and sympy's printing settings as text; "" where nothing was set."""
    told = sorted({*_printers(), *_sympy()})
    return repr(told) if told else ""


def shows_by_default() -> bool:
    """Whether nobody has set how this kernel shows values and figures."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    formatters = getattr(getattr(shell, "display_formatter", None), "formatters", {})
    precision = getattr(formatters.get("text/plain"), "float_precision", "")
    return not (precision or display_settings() or _inline())


def _inline() -> list[str]:
    """What was set of the backend that shows figures in notebooks."""
    kind = getattr(sys.modules.get("matplotlib_inline.config"), "InlineBackend", None)
    if kind is None or not kind.initialized():
        return []
    backend = kind.instance()
    names = ("figure_formats", "print_figure_kwargs", "rc")
    return [name for name in names if getattr(backend, name) != backend.trait_defaults(name)]


def _printers() -> Iterator[str]:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    formatters: Mapping[str, Any] = getattr(
        getattr(shell, "display_formatter", None), "formatters", {}
    )
    for mime, formatter in formatters.items():
        for registry in ("type_printers", "deferred_printers", "singleton_printers"):
            for kind, printer in getattr(formatter, registry, {}).items():
                function = getattr(printer, "func", printer)  # matplotlib's are partials
                home = str(getattr(function, "__module__", ""))
                if home.partition(".")[0] not in _THEIR_OWN:
                    yield f"{mime} {_name_of(kind)} {home}.{getattr(function, '__qualname__', '')}"


def _name_of(kind: Any) -> str:
    """A type, a (module, name) pair of a type not yet imported, or the identity of one object."""
    return f"{kind.__module__}.{kind.__qualname__}" if isinstance(kind, type) else str(kind)


def _sympy() -> Iterator[str]:
    printer = getattr(sys.modules.get("sympy.printing.printer"), "Printer", None)
    for name, value in getattr(printer, "_global_settings", {}).items():
        yield f"sympy {name} {value!r}"
