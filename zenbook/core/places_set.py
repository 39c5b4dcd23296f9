"""Where a program's text sets what libraries hold: ``scipy.stats.norm.random_state = ...``.

``json._default_encoder.sort_keys = True`` in a plain cell changes what ``json.dumps`` gives, and no
step that calls that names it. So the program's own text is read for each such place, whatever way
it is written: an attribute or an item that is assigned or deleted, a table that a method changes,
an object whose method is called for nothing but what it does, a function that may keep what it is
given. What the place holds is asked when a step runs.

Followed are the names that imports bind, and names that are bound to attributes of these. A place
too many costs a look at a value that stays what it is.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from zenbook.core.closure_changes import WRITING
from zenbook.core.trees import nodes_of

Way = Literal["attribute", "item", "table", "object", "call", "entries"]
_SETTERS = frozenset({"setattr", "delattr"})
_MOST = 100_000
"""Characters of a text that is read."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a library, by the path that leads there from a module: an attribute, an item of a
    table, a table or object as a whole, a function that is called, or those entries of a table that
    are the user's code."""

    path: tuple[str, ...]
    way: Way
    key: str = ""
    """The ``repr`` of an item's key, a constant."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one text binds names to, and which places it sets, from names of any text."""

    bound: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Names with the module that an import binds them to, or an attribute of it."""
    aliases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Names with the attributes of another name that they stand for."""
    places: tuple[Place, ...] = ()
    methods: frozenset[str] = frozenset()
    """What it names of any object, but for what it calls with nothing, to ask."""


@dataclass(slots=True)
class _Reading:
    bound: dict[tuple[str, tuple[str, ...]], None] = field(default_factory=dict)
    aliases: dict[tuple[str, tuple[str, ...]], None] = field(default_factory=dict)
    places: dict[Place, None] = field(default_factory=dict)
    methods: set[str] = field(default_factory=set)
    asking: set[int] = field(default_factory=set)

    def node(self, node: ast.AST) -> None:
        match node:
            case ast.Import():
                for alias in node.names:
                    whole = tuple(alias.name.split("."))
                    self.bound[alias.asname or whole[0], whole if alias.asname else whole[:1]] = (
                        None
                    )
            case ast.ImportFrom(module=str(module), level=0):
                for alias in node.names:
                    path = (*module.split("."), alias.name)
                    self.bound[alias.asname or alias.name, path] = None
            case ast.Assign(targets=targets, value=ast.Attribute() as value):
                chain, rest = _chain(value)
                for target in targets if chain and not rest else ():
                    if isinstance(target, ast.Name):
                        self.aliases[target.id, chain] = None
            case ast.AugAssign(target=ast.Name(id=name)):
                self.places[Place((name,), "table")] = None
            case (
                ast.Attribute(ctx=ast.Store() | ast.Del())
                | ast.Subscript(ctx=ast.Store() | ast.Del())
            ):
                self._place(node)
            case ast.Attribute(attr=name):
                if id(node) not in self.asking:  # a call stands before what it calls
                    self.methods.add(name)
            case ast.Call():
                self._call(node)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner))):
                self._place(owner, "object")

    def _place(self, node: ast.expr, way: Way = "attribute") -> None:
        chain, rest = _chain(node)
        if not chain:
            return
        if rest:
            self.places[Place(chain, "item", rest[0]) if rest[0] else Place(chain, "table")] = None
        elif len(chain) > 1 or way != "attribute":
            self.places[Place(chain, way)] = None

    def _call(self, node: ast.Call) -> None:
        match node:
            case ast.Call(func=ast.Name(id=name), args=[owner, ast.Constant(value=str(text)), *_]):
                if name in _SETTERS:
                    self._place(ast.Attribute(owner, text, ast.Store()))
                self.methods.add(text)
            case ast.Call(func=ast.Name(id=name), args=[owner, _, *_]) if name in _SETTERS:
                self._place(owner, "object")
            case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in WRITING:
                self._place(owner, "table")
        if node.args or node.keywords:
            self._place(node.func, "call")
        else:
            self.asking.add(id(node.func))


@functools.lru_cache(maxsize=4096)
def said_in(text: str) -> Said:
    """What a text says of places, read once."""
    if len(text) > _MOST:
        return Said()
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Said()  # no Python: nothing in it has run
    reading = _Reading()
    for node in nodes_of([tree]):
        reading.node(node)
    found = tuple(reading.bound), tuple(reading.aliases), tuple(reading.places)
    return Said(*found, frozenset(reading.methods))


def places_in(texts: Iterable[Said]) -> frozenset[Place]:
    """The places that these texts, which share their names, set; by the modules' own names."""
    texts = tuple(texts)
    bound: dict[str, set[tuple[str, ...]]] = {}
    for name, path in (pair for said in texts for pair in said.bound):
        bound.setdefault(name, set()).add(path)
    aliases = {pair for said in texts for pair in said.aliases}
    for _ in range(2):  # a name of a name
        for name, chain in aliases:
            for path in tuple(bound.get(chain[0], ())):
                bound.setdefault(name, set()).add((*path, *chain[1:]))
    return frozenset(_of_libraries((place for said in texts for place in said.places), bound))


def _of_libraries(
    places: Iterable[Place], bound: Mapping[str, set[tuple[str, ...]]]
) -> Iterator[Place]:
    for place in places:
        for path in bound.get(place.path[0], ()):
            yield Place((*path, *place.path[1:]), place.way, place.key)


def _chain(node: ast.expr) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A name with the attributes taken of it, and the items taken of these: the ``repr`` of each
    key, "" for one that is computed. Nothing for what does not begin with a name."""
    steps: list[Any] = []
    while not isinstance(node, ast.Name):
        match node:
            case ast.Attribute(value=node, attr=name):
                steps.append(name)
            case ast.Subscript(value=node, slice=key):
                steps.append(key)
            case ast.Call(func=ast.Name(id="vars"), args=[node]):
                steps.append("__dict__")
            case _:
                return (), ()
    steps.reverse()
    chain, place = [node.id], 0
    while place < len(steps):
        step, then = steps[place], steps[place + 1 : place + 2]
        if step == "__dict__" and then and _is_text(then[0]):
            step, place = then[0].value, place + 1
        if not isinstance(step, str):
            break
        chain.append(step)
        place += 1
    return tuple(chain), tuple(_key(each) for each in steps[place:] if not isinstance(each, str))


def _is_text(node: Any) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _key(node: ast.expr) -> str:
    return repr(node.value) if isinstance(node, ast.Constant) else ""
