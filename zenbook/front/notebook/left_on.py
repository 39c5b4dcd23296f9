"""What classes and functions that a cell defines hold by its end besides what defining them gives.

``Acc.count += 1`` in a method, ``seen.append(...)`` on a list of the class, ``deco.names = []``
below a decorator: a hit makes the definitions anew (:mod:`zenbook.front.notebook.definitions`), and
gives them this again before any instance is loaded, because it belongs to what their class is.

Only what belongs to nobody else is kept: numbers, texts and their like, and a list, dictionary or
set of them that nothing but the class or function holds, as Python's own count of holders says.
With anything else (an instance of the class, an iterator) the step is not kept, and says so.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from types import FunctionType
from typing import Any

from zenbook.core.made_digest import Digest, made_digest
from zenbook.engine.in_place import replace
from zenbook.front.notebook.definitions import MADE, bound_names
from zenbook.front.notebook.namespace import MISSING

Left = dict[str, dict[str, Any]]
"""Attributes by the name of their class or function."""
_ATOMS = frozenset({int, float, complex, str, bytes, bool, type(None)})
_TABLES = frozenset({list, dict, set})
_UNKNOWN: Any = object()
_HELD_ONCE = 2
"""What ``sys.getrefcount`` says of an object that one dictionary holds, and the call itself."""


def left_on(tree: ast.Module, made: Collection[str], space: Mapping[str, Any]) -> Left:
    """Copies of what those made by the cell hold, where all of it can be given to them again."""
    bound = Counter(bound_names(tree.body))
    found: Left = {}
    for node in tree.body:
        if isinstance(node, MADE) and node.name in made and bound[node.name] == 1:
            held = _held(node, space.get(node.name))
            if held:
                found[node.name] = held
    return found


def give(left: Mapping[str, Mapping[str, Any]], space: Mapping[str, Any]) -> None:
    """Give what was left on them to classes and functions that have been made anew."""
    for name, attributes in left.items():
        thing = space[name]
        for attribute, value in attributes.items():
            standing = vars(thing).get(attribute, MISSING)
            if type(standing) is type(value) and type(value) in _TABLES:
                replace(standing, value)
            elif isinstance(thing, type):
                type.__setattr__(thing, attribute, value)
            else:
                vars(thing)[attribute] = value


def unlike(
    anew: Mapping[str, Any], digests: Mapping[str, str], left: Collection[str], digest: Digest
) -> Iterator[str]:
    """A sentence for each that is not what making it anew has just given, and cannot be so; for
    none of those in ``left``."""
    for name, thing in anew.items():
        was = digests.get(name) if name not in left else None
        if was is not None and made_digest(thing, digest) != was:
            yield f"{name} is not what defining it again gives"


def _held(node: ast.stmt, thing: Any) -> dict[str, Any]:
    """What it holds besides; nothing if any of it cannot be given again."""
    if getattr(node, "decorator_list", ()) or getattr(node, "keywords", ()):
        return {}
    if type(thing) not in (type, FunctionType):
        return {}
    names = [n for n in vars(thing) if not (n.startswith("__") and n.endswith("__"))]
    own = {name for name in names if sys.getrefcount(vars(thing)[name]) <= _HELD_ONCE}
    defined = _defined(node)
    found: dict[str, Any] = {}
    if any(name not in names for name, value in defined.items() if value is not _UNKNOWN):
        return {}  # deleted
    for name in names:
        value = vars(thing)[name]
        if _is_still(value, defined.get(name, MISSING)):
            continue
        if not (type(value) in _ATOMS or (name in own and _is_flat(value))):
            return {}
        found[name] = value if type(value) in _ATOMS else type(value)(value)
    return found


def _defined(node: ast.stmt) -> dict[str, Any]:
    """What the body of a class binds: literals by their value, all else as unknown."""
    if not isinstance(node, ast.ClassDef):
        return {}
    found: dict[str, Any] = dict.fromkeys(bound_names(node.body), _UNKNOWN)
    for name, count in Counter(bound_names(node.body)).items():
        given = [value for one in node.body if (value := _given(one, name)) is not None]
        if count == 1 and given:
            found[name] = _literal(given[0])
    return found


def _given(node: ast.stmt, name: str) -> ast.expr | None:
    match node:
        case ast.Assign([ast.Name(bound)], value) if bound == name:
            return value
        case ast.AnnAssign(ast.Name(bound), _, ast.expr() as value) if bound == name:
            return value
    return None


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return set() if ast.unparse(node) == "set()" else _UNKNOWN


def _is_still(value: Any, defined: Any) -> bool:
    """Whether this is what the definition gives, or one of which that cannot be told."""
    if defined is _UNKNOWN:
        return True
    return type(value) is type(defined) and _is_plain(value) and repr(value) == repr(defined)


def _is_plain(value: Any) -> bool:
    if type(value) is dict:
        return all(map(_is_plain, (*value, *value.values())))
    return type(value) in _ATOMS or (
        type(value) in (list, set, tuple) and all(map(_is_plain, value))
    )


def _is_flat(value: Any) -> bool:
    """Whether it holds nothing that could belong to something else, too."""
    inner = (*value, *value.values()) if type(value) is dict else value
    return type(value) in _TABLES and all(_is_constant(one) for one in inner)


def _is_constant(value: Any) -> bool:
    return type(value) in _ATOMS or (type(value) is tuple and all(map(_is_constant, value)))
