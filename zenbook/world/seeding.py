"""Whether a program seeds a global random state: read off its text.

What counts is a seeding call that *runs outside steps*: one at the top level of the script or a
cell, or in a function that is called from there, however many calls away. A step that seeds by
itself needs no state from before, so step functions and ``%%step`` cells are not followed: they
are noticed when they seed. (Counting every ``random.seed(0)`` in the text was tried: a step that
seeds inside then depends on the random state a new process starts with, and is never a hit.)

Names are resolved by their last part only, across all texts: ``Trainer().fit()`` follows every
function called ``fit``. One seeding call too many makes a step depend on its state, no more.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_ALL = ("seed_everything", "seed_all", "set_seed", "set_random_seed", "fix_seed", "fix_seeds")
_TORCH = ("manual_seed", "manual_seed_all", "set_rng_state")
_RANDOM = frozenset(
    ["random.seed", "random.setstate", "random._inst.seed", "random._inst.setstate"]
)
_WORDS = ("seed", "setstate", "set_state", "set_rng_state")
_MAGIC = re.compile(r"(?m)^(\s*)[%!].*$|^(\s*)(\w[\w, ]*=\s*)[%!].*$")
_STEP_CELL = re.compile(r"\A(?:\s*(?:#.*)?\n)*\s*%%?step\b")
_READ = 4096

_scanned: dict[str, Scan] = {}


@dataclass(frozen=True, slots=True)
class Scan:
    """What one text calls: at its top level, and in each of its functions.

    A call is kept by its last name; a seeding call as ``"random!"``, ``"numpy!"`` and so on.
    """

    top: frozenset[str] = frozenset()
    functions: tuple[tuple[str, frozenset[str]], ...] = ()


@dataclass(slots=True)
class _Walk(ast.NodeVisitor):
    """Collects calls per function; the name ``""`` stands for the top level."""

    calls: dict[str, set[str]] = field(default_factory=lambda: {"": set()})
    imported: dict[str, str] = field(default_factory=dict)
    place: str = ""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self.imported[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if any(_last(_dotted(_called(each))) == "step" for each in node.decorator_list):
            return
        outer, self.place = self.place, node.name
        self.calls.setdefault(node.name, set())
        for child in node.body:
            self.visit(child)
        self.place = outer

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = _dotted(node.func)
        name = self.imported.get(name, name)
        found = self.calls[self.place]
        found.update(f"{library}!" for library in _seeded_by(name, node))
        if name:
            found.add(_last(name))
        # what is handed over may be called: ``cli(pipeline)``, ``map(draw, names)``
        found.update(one.id for one in node.args if isinstance(one, ast.Name))
        self.generic_visit(node)


def seeded_by(texts: Iterable[str]) -> frozenset[str]:
    """The libraries that a program made of these texts seeds: ``random``, ``numpy``, ``torch``,
    ``polars``."""
    return _seeded_by_each(tuple(dict.fromkeys(texts)))  # a cell is run again as it is, mostly


@functools.lru_cache(maxsize=1)
def _seeded_by_each(texts: tuple[str, ...]) -> frozenset[str]:
    scans = [scan(text) for text in texts]
    functions: dict[str, set[str]] = {}
    for each in scans:
        for name, calls in each.functions:
            functions.setdefault(name, set()).update(calls)
    waiting = [name for each in scans for name in each.top]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(functions.get(name, ()))
    return frozenset(name[:-1] for name in reached if name.endswith("!"))


def scan(text: str) -> Scan:
    """Read one text; remembered, for a cell's or a file's text is asked for again and again."""
    known = _scanned.get(text)
    if known is None:
        if len(_scanned) >= _READ:
            _scanned.clear()
        known = _scanned[text] = _scan(text)
    return known


def _scan(text: str) -> Scan:
    if not any(word in text for word in _WORDS) and "def " not in text and "(" not in text:
        return Scan()
    if _STEP_CELL.match(text):
        return Scan()
    try:
        tree = ast.parse(_MAGIC.sub(_blank, text))
    except (SyntaxError, ValueError):
        return Scan()  # no Python: nothing in it has run
    walk = _Walk()
    walk.visit(tree)
    top = walk.calls.pop("")
    return Scan(frozenset(top), tuple((name, frozenset(c)) for name, c in walk.calls.items()))


def _blank(magic: re.Match[str]) -> str:
    """A statement that does nothing, in place of a line that only IPython understands."""
    return f"{magic[1] if magic[1] is not None else magic[2]}pass"


def _seeded_by(name: str, call: ast.Call) -> Iterator[str]:
    """The libraries that a call of this name seeds."""
    last = _last(name)
    if name in _RANDOM and (call.args or call.keywords):
        yield "random"
    if name.endswith("random.set_state"):
        yield "numpy"
    if last in _TORCH:
        yield "torch"
    if last in _ALL:
        yield from ("random", "torch")
    if last == "set_random_seed":
        yield "polars"


def _called(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _dotted(node: ast.expr) -> str:
    """``a.b.c`` as text; "" for what is no chain of names, its last name if it ends in one."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        front = _dotted(node.value)
        return f"{front}.{node.attr}" if front else node.attr
    return ""


def _last(name: str) -> str:
    return name.rsplit(".", 1)[-1]
