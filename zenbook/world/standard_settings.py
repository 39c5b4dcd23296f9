"""Settings of the standard library that a step may use, where they are not those it starts with."""

from __future__ import annotations

import linecache
import os
import re
import sys
from typing import Any

from zenbook.core.command_line import command_line
from zenbook.core.csv_dialect import told_of_dialect


def csv_settings() -> str:
    """The dialects that somebody has registered, and how long a field may be."""
    csv: Any = sys.modules.get("_csv")
    if csv is None:
        return ""
    found = sorted({*csv.list_dialects()} - {"excel", "excel-tab", "unix"})
    told: list[Any] = [(n, [*told_of_dialect(csv.get_dialect(n)).values()]) for n in found]
    if (longest := csv.field_size_limit()) != _LONGEST_FIELD:
        told.append(longest)
    return repr(told) if told else ""


_LONGEST_FIELD = 128 * 1024


_file_types: tuple[int, str] = (0, "")


def mimetypes_settings() -> str:
    """The file types that somebody has added to those of the system, or changed."""
    global _file_types
    module: Any = sys.modules.get("mimetypes")
    if module is None or module._db is None:
        return ""
    now = _types_in(module._db)
    count = hash(now)
    if _file_types[0] != count:
        fresh = module.MimeTypes()
        for file in filter(os.path.isfile, module.knownfiles):
            fresh.read(file)
        added = sorted({*now}.difference(_types_in(fresh)))
        _file_types = count, repr(added) if added else ""
    return _file_types[1]


def parsed_settings() -> str:
    """What parsers of the command line find there: its arguments."""
    said = command_line()
    return repr([*said[1:]]) if said else ""


def calendar_settings() -> str:
    """The first day of the week, where it is not Monday."""
    module: Any = sys.modules.get("calendar")
    first = 0 if module is None else module.firstweekday()
    return f"weeks begin with {first:d}" if first else ""


def socket_settings() -> str:
    """How long sockets wait, where that is not for ever."""
    module: Any = sys.modules.get("_socket")
    wait = None if module is None else module.getdefaulttimeout()
    return "" if wait is None else f"sockets wait {wait}"


def reprlib_settings() -> str:
    """How long the parts of what ``reprlib.repr`` tells may be."""
    module: Any = sys.modules.get("reprlib")
    if module is None:
        return ""
    now, usual = vars(module.aRepr), vars(module.Repr())
    changed = sorted((name, repr(now[name])) for name in now if now[name] != usual.get(name))
    return repr(changed) if changed else ""


def xml_settings() -> str:
    """The prefixes of namespaces that somebody has registered."""
    module = sys.modules.get("xml.etree.ElementTree")
    found = dict(getattr(module, "_namespace_map", {}))
    added = sorted((uri, prefix) for uri, prefix in found.items() if prefix not in _XML_PREFIXES)
    return repr(added) if added else ""


_XML_PREFIXES = frozenset({"xml", "html", "rdf", "wsdl", "xs", "xsi", "dc"})
"""Those that every program has."""


def _types_in(types: Any) -> tuple[tuple[str, str], ...]:
    return tuple(pair for table in types.types_map for pair in table.items())


def h5py_settings() -> str:
    """How ``h5py`` orders what it writes and names parts of complex numbers and truth values."""
    module: Any = sys.modules.get("h5py")
    config = module.get_config() if hasattr(module, "get_config") else None
    now = [(name, getattr(config, name, None)) for name in _FRESH_H5PY]
    changed = [(name, repr(value)) for name, value in now if value != _FRESH_H5PY[name]]
    return repr(changed) if changed and config is not None else ""


_FRESH_H5PY = {"bool_names": (b"FALSE", b"TRUE"), "complex_names": ("r", "i"), "track_order": False}


def lines_given() -> dict[str, Any]:
    """The texts that somebody has given ``linecache`` for what is no file; IPython gives it each
    cell, and files are read there for tracebacks."""
    cache: Any = linecache.cache
    return {
        name: entry
        for name, entry in sorted([*cache.items()], key=lambda item: str(item[0]))
        if len(entry) == 4 and entry[1] is None and not _OF_A_CELL.search(str(name))
    }


_OF_A_CELL = re.compile(r"<ipython-input-|[/\\]ipykernel_\d+[/\\]")
