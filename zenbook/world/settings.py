"""Settings of libraries that a step uses, as parts of its key.

They are looked at on every call of a step whose code reaches such a library, hit or not, so they
are remembered by the identity of the values in them, and turned to text only when one is another
object. Measured: 1 µs for numpy, 4 µs for pandas, 4 µs for matplotlib, 3 µs for the time zone,
3 µs for the decimal context; 0.2 µs for a step that uses none.

A setting at its default gives no part, so that it does not matter whether the library has been
imported yet. The time zone has no default: a step that reaches ``time`` or ``datetime`` always
has one.

Libraries change warning filters, loggers and variables while they are imported, so those are no
parts, unless a step has changed them (:mod:`zenbook.world.changed_settings`).
"""

from __future__ import annotations

import ast
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from xxhash import xxh3_128_hexdigest

from zenbook.core.closure_setting import SETTERS
from zenbook.core.verdict import BETWEEN_SETTINGS, SETTINGS
from zenbook.model import Part
from zenbook.world.changed_settings import CHANGEABLE, changed_places, changed_settings
from zenbook.world.display_settings import NO_STYLE, display_settings, notebook_backend
from zenbook.world.loop_settings import loop_settings
from zenbook.world.plotly_settings import plotly_settings
from zenbook.world.process_settings import thread_settings
from zenbook.world.process_state import decimal_context, torch_settings
from zenbook.world.standard_settings import (
    calendar_settings,
    csv_settings,
    h5py_settings,
    mimetypes_settings,
    parsed_settings,
    reprlib_settings,
    socket_settings,
    xml_settings,
)
from zenbook.world.told_settings import CODE, told

_Read = Callable[[], str]


def settings(
    libraries: Iterable[str],
    may_draw: bool = True,
    may_set: frozenset[str] = frozenset(SETTERS),
) -> tuple[Part, ...]:
    """Parts for settings of libraries that a step uses and that differ from their defaults:
    ``decimal``, ``locale``, ``time``, ``datetime``, ``numpy``, ``pandas``, ``matplotlib``,
    ``torch``, ``sklearn``, ``polars``, ``plotly``, ``csv``, ``calendar``, ``h5py``, ``mimetypes``,
    ``reprlib``, ``socket``, ``xml``, ``asyncio`` (its loop), ``threading``, how IPython shows
    values, the command line for what parses it; or that a step has changed: ``os``, ``sys``,
    ``warnings``, ``logging``, ``signal``, ``gc``.

    Those of matplotlib count for pandas where the step ``may_draw``, and those that a step has
    changed of ``os`` and ``logging`` where this one ``may_set`` them, too."""
    used = TRIGGERS.intersection(libraries)
    if not used:
        return ()
    if may_draw and "pandas" in used:
        used |= {_DRAWN}
    parts = []
    for library, read in _SETTINGS.items():
        if library in SETTERS and library not in may_set:
            continue
        if not _USED_BY[library].isdisjoint(used) and (text := read()):
            parts.append(_part(library, text))
    return tuple(parts)


def are_quiet(libraries: Iterable[str]) -> bool:
    """Whether none of these libraries draws with matplotlib, but for what tells so by its name."""
    return all(each in _QUIET or each in sys.stdlib_module_names for each in libraries)


_QUIET = frozenset(
    (
        *("IPython", "PIL", "dateutil", "joblib", "numpy", "openpyxl", "pandas", "polars"),
        *("pyarrow", "pytz", "requests", "scipy", "sklearn", "sqlalchemy", "tqdm", "yaml"),
        "zenbook",
    )
)
"""Libraries that draw only by what has such a name."""

_parts: dict[str, tuple[str, Part]] = {}
_TEXT = 400
"""Characters of settings that are told one by one."""


def _part(library: str, text: str) -> Part:
    """The part of this text, made once."""
    known = _parts.get(library)
    if known is None or known[0] != text:
        digest = xxh3_128_hexdigest(text.encode("utf-8", "surrogateescape"))
        part = Part("environment", f"{library}{SETTINGS}", digest, _shown(text))
        known = _parts[library] = (text, part)
    return known[1]


def _shown(text: str) -> str:
    """``name=value`` of each setting, where the text is a list of such pairs and they are short."""
    if not text.startswith("[('") or len(text) > _TEXT:
        return ""
    try:
        pairs: list[tuple[str, Any]] = ast.literal_eval(text)
        shown = ((name, CODE if str(value).startswith(CODE) else value) for name, value in pairs)
        return BETWEEN_SETTINGS.join(f"{name}={value}" for name, value in shown)
    except (SyntaxError, TypeError, ValueError):  # a list of something else
        return ""


class _Known:
    """The text of a setting while the objects it was made of are the same."""

    def __init__(self) -> None:
        self._objects: tuple[Any, ...] = ()
        self._lists: list[tuple[list[Any], list[Any]]] = []
        self._text: str | None = None

    def text(self, objects: tuple[Any, ...], read: _Read) -> str:
        """The text that ``read`` gives, remembered. Equal objects count as the same; lists among
        them may have been changed in place."""
        is_known = self._text is not None and CODE not in self._text
        if not is_known or objects != self._objects or self._is_changed():
            self._text = read()
            self._objects = objects
            self._lists = [(each, each.copy()) for each in objects if type(each) is list]
        return self._text or ""

    def _is_changed(self) -> bool:
        return any(live != copied for live, copied in self._lists)


# ---------------------------------------------------------------- the standard library's


def _decimal_settings() -> str:
    """The decimal context where it is not the one a new process has."""
    text = decimal_context()
    return "" if text == _FRESH_DECIMAL else text


_FRESH_DECIMAL = (
    "(28, 'ROUND_HALF_EVEN', -999999, 999999, 1, "
    "['InvalidOperation', 'DivisionByZero', 'Overflow'])"
)


def _locale_settings() -> str:
    """Locale categories a program has set; a new process has only the character type set."""
    import _locale as c

    names = ("LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY")
    current = [c.setlocale(getattr(c, name)) for name in names]
    return "" if set(current) == {"C"} else repr(current)


def _time_settings() -> str:
    """The time zone, as offsets and names, for whoever turns time into text."""
    return repr((time.timezone, time.altzone, time.tzname, os.environ.get("TZ", "")))


# ---------------------------------------------------------------- numpy's

_numpy = _Known()


def _numpy_settings() -> str:
    """numpy's print options and error handling where they differ from its defaults."""
    printing = sys.modules.get("numpy._core.printoptions")
    handling = sys.modules.get("numpy._core.umath")
    try:
        objects = (
            printing.format_options.get(),  # type: ignore[union-attr]
            handling._extobj_contextvar.get(None),  # type: ignore[union-attr]
        )
    except AttributeError:  # numpy keeps them elsewhere before 2.0
        return _numpy_text()
    return _numpy.text(objects, _numpy_text)


def _numpy_text() -> str:
    numpy = sys.modules.get("numpy")
    if numpy is None or not hasattr(numpy, "get_printoptions"):
        return ""
    now = {**numpy.get_printoptions(), **numpy.geterr(), "call": numpy.geterrcall()}
    fresh = _FRESH_NUMPY
    changed = [(name, told(value)) for name, value in now.items() if value != fresh.get(name)]
    return repr(changed) if changed else ""


_FRESH_NUMPY = {
    "edgeitems": 3,
    "threshold": 1000,
    "floatmode": "maxprec",
    "precision": 8,
    "suppress": False,
    "linewidth": 75,
    "nanstr": "nan",
    "infstr": "inf",
    "sign": "-",
    "formatter": None,
    "legacy": False,
    "override_repr": None,
    "call": None,
    "divide": "warn",
    "over": "warn",
    "under": "ignore",
    "invalid": "warn",
}


# ---------------------------------------------------------------- pandas'

_pandas = _Known()
_pandas_leaves: tuple[int, tuple[dict[str, Any], ...]] = (0, ())


def _pandas_settings() -> str:
    """pandas' options that are not at their defaults."""
    config: Any = sys.modules.get("pandas._config.config")
    registered = getattr(config, "_registered_options", None)
    if not registered:
        return ""
    global _pandas_leaves
    if _pandas_leaves[0] != len(registered):
        _pandas_leaves = len(registered), tuple(_leaves(config._global_config))
    values = tuple(tuple(leaf.values()) for leaf in _pandas_leaves[1])
    return _pandas.text(values, lambda: _pandas_text(config, registered))


def _leaves(tree: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """Every dictionary of the tree, the tree itself first."""
    yield tree
    for value in tree.values():
        if isinstance(value, dict):
            yield from _leaves(value)


def _pandas_text(config: Any, registered: Mapping[str, Any]) -> str:
    changed = []
    for name in sorted(registered):
        value = config._global_config
        for step in name.split("."):
            value = value[step]
        if value != registered[name].defval:
            changed.append((name, told(value)))
    return repr(changed) if changed else ""


# ---------------------------------------------------------------- matplotlib's

_matplotlib = _Known()


def matplotlib_settings() -> str:
    """Style settings of matplotlib that differ from its defaults; the backend is no style,
    but in a notebook another one than the inline one shows no figures there."""
    matplotlib: Any = sys.modules.get("matplotlib")
    if matplotlib is None or not hasattr(matplotlib, "rcParamsDefault"):
        return ""
    objects = tuple(dict.values(matplotlib.rcParams))
    return _matplotlib.text(objects, lambda: _matplotlib_text(matplotlib))


def _matplotlib_text(matplotlib: Any) -> str:
    default = matplotlib.rcParamsDefault
    changed = [
        (name, told(value))
        for name, value in dict.items(matplotlib.rcParams)
        if name in default and not name.startswith(NO_STYLE) and dict.get(default, name) != value
    ]
    if backend := notebook_backend():
        changed.append(("backend", backend))
    return repr(sorted(changed)) if changed else ""


# ---------------------------------------------------------------- torch's


def _torch_settings() -> str:
    """torch's settings where they are not those it starts with."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "is_grad_enabled"):
        return ""
    text = torch_settings(torch)
    return "" if _FRESH_TORCH.fullmatch(text) else text


_FRESH_TORCH = re.compile(
    r"\(torch\.float32, device\(type='cpu'\), True, False, False, 'highest', "
    r"_*PrinterOptions\(precision=4, threshold=1000(\.0)?, edgeitems=3, linewidth=80, "
    r"sci_mode=None\)\)"
)


# ---------------------------------------------------------------- other libraries'


def _sklearn_settings() -> str:
    """What ``sklearn.set_config`` has set: how estimators print, and what they give."""
    config: Any = sys.modules.get("sklearn._config")
    if config is None:
        return ""
    now, usual = config._get_threadlocal_config(), config._global_config
    changed = sorted(name for name in now if now[name] != usual.get(name))
    return repr([(name, repr(now[name])) for name in changed]) if changed else ""


def _polars_settings() -> str:
    """What ``pl.Config`` has set; it keeps nearly all of that in environment variables."""
    polars: Any = sys.modules.get("polars.config")
    if polars is None:
        return ""
    state = polars.Config.state(if_set=True)
    return repr(sorted(state.items())) if state else ""


_SETTINGS: Mapping[str, _Read] = {
    "decimal": _decimal_settings,
    "locale": _locale_settings,
    "time": _time_settings,
    "numpy": _numpy_settings,
    "pandas": _pandas_settings,
    "matplotlib": matplotlib_settings,
    "torch": _torch_settings,
    "sklearn": _sklearn_settings,
    "polars": _polars_settings,
    "plotly": plotly_settings,
    "csv": csv_settings,
    "h5py": h5py_settings,
    "calendar": calendar_settings,
    "socket": socket_settings,
    "reprlib": reprlib_settings,
    "mimetypes": mimetypes_settings,
    "xml": xml_settings,
    "asyncio": loop_settings,
    "threading": thread_settings,
    "command line": parsed_settings,
    "display": display_settings,
    "os": changed_places,
    **{library: partial(changed_settings, library) for library in CHANGEABLE},
}
_DRAWN = "pandas.plotting"
_USED_BY: Mapping[str, frozenset[str]] = {
    "decimal": frozenset({"decimal"}),
    "locale": frozenset({"locale", "time", "datetime", "calendar"}),
    "time": frozenset({"time", "datetime", "calendar"}),
    "numpy": frozenset({"numpy", "pandas", "scipy", "sklearn"}),
    "pandas": frozenset({"pandas"}),
    "matplotlib": frozenset({"matplotlib", "seaborn", "pylab", "plotnine", _DRAWN}),
    "torch": frozenset({"torch", "torchvision"}),
    "sklearn": frozenset({"sklearn"}),
    "polars": frozenset({"polars"}),
    "plotly": frozenset({"plotly", "cufflinks", _DRAWN}),
    "csv": frozenset({"csv"}),
    "h5py": frozenset({"h5py", "xarray"}),
    "calendar": frozenset({"calendar"}),
    "socket": frozenset({"socket", "ssl", "http", "urllib"}),
    "reprlib": frozenset({"reprlib"}),
    "mimetypes": frozenset({"mimetypes"}),
    "xml": frozenset({"xml"}),
    "asyncio": frozenset({"asyncio"}),
    "threading": frozenset({"threading", "logging"}),
    "command line": frozenset({"argparse", "optparse", "click", "typer", "fire", "docopt", "absl"}),
    "display": frozenset({"IPython", "pandas", "sympy"}),
    "os": frozenset({"os"}),
    **{library: frozenset({library}) for library in CHANGEABLE},
}
TRIGGERS: frozenset[str] = frozenset().union(*_USED_BY.values())
"""Top-level modules whose use makes some setting matter."""
