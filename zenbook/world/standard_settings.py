"""Settings of the standard library that a step may use: what was registered, the command line."""

from __future__ import annotations

import os
import sys
from typing import Any


def csv_settings() -> str:
    """The dialects that somebody has registered."""
    csv: Any = sys.modules.get("_csv")
    found = [] if csv is None else sorted({*csv.list_dialects()} - {"excel", "excel-tab", "unix"})
    told = [(name, _dialect(csv.get_dialect(name))) for name in found]
    return repr(told) if told else ""


def _dialect(dialect: Any) -> list[Any]:
    names = ("delimiter", "doublequote", "escapechar", "lineterminator", "quotechar", "quoting")
    return [getattr(dialect, name) for name in (*names, "skipinitialspace", "strict")]


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


def command_line() -> str:
    """What parsers of the command line find there, which a kernel's own program is no part of."""
    program, *arguments = map(str, sys.argv or [""])
    is_kernels = os.path.basename(program).startswith(("ipykernel_launcher", "colab_kernel"))
    return "" if is_kernels else repr(arguments)


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
