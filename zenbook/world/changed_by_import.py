"""Which changes of the process are the doing of libraries that a step was the first to import.

Libraries put warning filters, loggers and folders for what they bring along in place while they are
imported. When a step is what imports them first, such changes are theirs, and come back with the
import. A step that draws its first picture imports a dozen modules, too, and whatever else it sets
is its own doing: so a change is an import's only if it is about a library that is new.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from typing import Any

from zenbook.core.kinds import told_by

BACKEND = "matplotlib's backend"
"""The name of what matplotlib finds out for itself when it first draws."""
FILTERS, LOGGERS, PATH = "the warning filters", "the logging setup", "sys.path"
HOOKS = "the hooks of the interpreter"
_PICKLING = "how classes are pickled"


def is_imports_doing(name: str, now: Any, before: Any, libraries: Collection[str]) -> bool:
    """Whether this setting is other than before by the import of these libraries alone."""
    if not libraries:
        return False
    if name == FILTERS:
        kept = [one for one in now if one in before]
        added = [one for one in now if one not in before]
        return kept == list(before) and all(_is_filter_of(one, libraries) for one in added)
    if name == LOGGERS:
        return _loggers_apart(now, libraries) == _loggers_apart(before, libraries)
    if name == PATH:
        brought = tuple(_folders(libraries))
        return [each for each in now if not _is_below(each, brought)] == list(before)
    if name == HOOKS:
        return _hooks_apart(now, libraries) == _hooks_apart(before, libraries)
    return name in (BACKEND, _PICKLING)


def libraries_since(modules: int) -> frozenset[str]:
    """The libraries of the modules that have come after so many."""
    return frozenset(name.partition(".")[0] for name in list(sys.modules)[modules:])


def _is_filter_of(one: tuple[Any, ...], libraries: Collection[str]) -> bool:
    """Whether a warning filter is about these libraries' own classes or modules; or about one
    message, as those are that numpy and scipy put in place for what others say of them."""
    _, message, category, module, _ = one
    if str(category.__module__).partition(".")[0] in libraries or message is not None:
        return True
    pattern = str(getattr(module, "pattern", module) or "")
    return pattern.lstrip("^(").replace("\\", "").partition(".")[0] in libraries


def _loggers_apart(setup: tuple[Any, ...], libraries: Collection[str]) -> list[Any]:
    """The setup of other loggers than these libraries'; the first two are of all and the root."""
    of_all, root, *others = setup
    return [of_all, root, *(one for one in others if one[0].partition(".")[0] not in libraries)]


def _hooks_apart(hooks: tuple[Any, ...], libraries: Collection[str]) -> list[Any]:
    """The functions among these that are not of these libraries."""
    return [
        one for one in hooks if str(told_by(one, "__module__")).partition(".")[0] not in libraries
    ]


def _folders(libraries: Collection[str]) -> list[str]:
    """Where these libraries are."""
    found = []
    for name in libraries:
        paths = getattr(sys.modules.get(name), "__path__", ())
        found += [os.path.abspath(path) for path in paths]
    return found


def _is_below(path: Any, folders: tuple[str, ...]) -> bool:
    return isinstance(path, str) and any(
        os.path.abspath(path).startswith(folder + os.sep) for folder in folders
    )
