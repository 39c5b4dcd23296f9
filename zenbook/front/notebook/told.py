"""What a notebook's file tells of its names, cell by cell, without executing it.

A name stands for a literal, for what a step binds, for a function or class that a cell defines, or
for something that only a kernel can compute. Functions can be told from what they were when a
result was kept: making one of its definition runs none of the user's code, and what it uses is
looked up among the notebook's other definitions and the installed libraries, which are imported
for it. The user's own modules are not: they tell by the time they were last written.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zenbook.core.closure_static import StaticModules, read_text
from zenbook.core.kinds import is_a
from zenbook.core.names import analyse
from zenbook.core.trees import copied, nodes_of
from zenbook.front.notebook.anew import execute
from zenbook.front.notebook.definitions import MADE, bound_names, is_literal
from zenbook.model import Read
from zenbook.world.seeding import seeded_by

_IMPORTS = (ast.Import, ast.ImportFrom)
_SEEDS = re.compile(r"seed|set_?state|set_rng_state")
_SEEDS_NUMPY = re.compile(r"\b(random\.(seed|set_state)|seed_everything|seed_all|set_seed)\b")


@dataclass(slots=True, eq=False)
class Told:
    """The notebook's names above one cell."""

    folder: Path
    values: dict[str, Any] = field(default_factory=dict)
    """Names that stand for literals."""
    makers: dict[str, str] = field(default_factory=dict)
    """The step that binds a name."""
    touched: dict[str, dict[str, None]] = field(default_factory=dict)
    """The cells that may have changed in place what a step has bound a name to, or may not."""
    cells: dict[str, int] = field(default_factory=dict)
    """The cell, counted from 1, that binds a name to what only a kernel knows, or defines it."""
    defined: set[str] = field(default_factory=set)
    """Names of functions and classes that a cell defines."""
    holding: set[str] = field(default_factory=set)
    """Those of classes that hold values, as ``class CFG: seed = 1`` does."""
    imports: list[ast.stmt] = field(default_factory=list)
    plain: dict[int, str] = field(default_factory=dict)
    """The code of the cells that are no steps, by their numbers."""
    _waiting: list[ast.stmt] = field(default_factory=list)
    _found: dict[str, list[Path]] = field(default_factory=dict)
    _imported: dict[Path, list[str]] = field(default_factory=dict)
    _space: dict[str, Any] = field(default_factory=lambda: {"__name__": "the notebook"})

    def cell(
        self, number: int, tree: ast.Module, step: str = "", changed: Collection[str] | None = None
    ) -> None:
        """A cell has been passed: what its names stand for below it. ``changed`` are names whose
        values it changes in place; None where nobody knows, and it may be all that it reads."""
        if not step:
            self.plain[number] = ast.unparse(tree)
        for node in tree.body:
            names = set(bound_names([node]))
            if isinstance(node, _IMPORTS):
                self.imports.append(node)
                self._waiting.append(node)
            self._forget(names)
            if found := dict(literals(node)):
                self.values.update(found)
            elif isinstance(node, MADE):
                self.defined.add(node.name)
                self._waiting.append(node)
                if isinstance(node, ast.ClassDef) and any(_valued(node)):
                    self.holding.add(node.name)
            elif step:
                self.makers.update(dict.fromkeys(names, step))
            if not isinstance(node, _IMPORTS):
                self.cells.update(dict.fromkeys(names, number))
        if changed is None:
            self._may_assign(number, tree)
        self._made_before(number, tree, step, changed)
        for name in _read(tree) & self.values.keys() if changed is None or changed else ():
            if not _is_fixed(self.values[name]):
                self._forget([name])
                self.cells[name] = number
                if step:
                    self.makers[name] = step

    def _made_before(
        self, number: int, tree: ast.Module, step: str, changed: Collection[str] | None
    ) -> None:
        """What the cell may have made of what steps above it gave."""
        others = self.makers.keys() - bound_names(tree.body)
        mutated = analyse(tree).mutates if changed is None else changed
        for name in others & set(mutated):
            self._forget([name])
            self.cells[name] = number
            if step:
                self.makers[name] = step
        touched = _read(tree) if changed is None else others if changed else set[str]()
        for name in (others & touched).difference(mutated):
            self.touched.setdefault(name, {})[step or f"cell {number}"] = None

    def _may_assign(self, number: int, tree: ast.Module) -> None:
        """Of a class whose values the cell may set only a kernel knows what it holds below it: one
        that is assigned to, is handed on, or holds a list of which something is asked."""
        chained = [one for one in nodes_of([tree]) if isinstance(one, ast.Attribute)]
        asked = {id(one.value): one for one in chained if isinstance(one.ctx, ast.Load)}
        for node in nodes_of([tree]):
            if not isinstance(node, ast.Name) or node.id not in self.holding:
                continue
            value: Any = self.space().get(node.id)
            link: ast.AST | None = node
            while link is not None and is_a(value, type):
                link = asked.get(id(link))
                value = vars(value).get(link.attr) if isinstance(link, ast.Attribute) else None
            if link is None or not _is_fixed(value):
                self._forget([node.id])
                self.cells[node.id] = number

    def given(self, values: Mapping[str, Any]) -> None:
        """Parameters that were given stand for these."""
        self._forget(set(values))
        self.values.update(values)

    def _forget(self, names: Collection[str]) -> None:
        for name in names:
            for known in (self.values, self.makers, self.cells, self.touched, self._space):
                known.pop(name, None)
            self.defined.discard(name)
            self.holding.discard(name)
        self._waiting = [one for one in self._waiting if getattr(one, "name", "") not in names]

    # ------------------------------------------------------------ functions

    def space(self) -> dict[str, Any]:
        """The definitions and literals above this cell, and the libraries that are imported."""
        waiting, self._waiting = self._waiting, []
        for node in waiting:
            if isinstance(node, _IMPORTS) and any(self.sources([node])):
                continue
            if isinstance(node, _IMPORTS) or _is_safe(node):
                _make(node, self._space)
        self._space.update(self.values)  # the functions' own globals
        return self._space

    def reaches(self, names: Iterable[str]) -> Iterator[str]:
        """Names the notebook has that :meth:`space` does not have, among these."""
        space = self.space()
        own = {*self.cells, *self.makers, *bound_names(self.imports)}
        return (name for name in names if name not in space and name in own)

    # ------------------------------------------------------------ random states

    def random_state(self, read: Read) -> Iterator[str]:
        """What only a kernel knows of a random state that a step draws from; nothing where it was
        no reason, as no cell seeds it."""
        texts = self.plain.values()
        if read.digest == "unseeded" and read.name not in seeded_by(texts):
            is_numpy = read.name == "numpy"
            if not (is_numpy and any(_SEEDS_NUMPY.search(text) for text in texts)):
                return
        found = [f"cell {n}" for n, text in self.plain.items() if _SEEDS.search(text)]
        yield from found or [f"the random state of {read.name}"]

    # ------------------------------------------------------------ the user's own modules

    def sources(self, imports: Iterable[ast.stmt]) -> Iterator[Path]:
        """The files of the user's own modules that these statements import, however indirectly."""
        seen: set[Path] = set()
        waiting = [name for node in imports for name in _modules(node)]
        while waiting:
            for file in self._files(waiting.pop()):
                if file in seen:
                    continue
                seen.add(file)
                yield file
                if file not in self._imported:
                    nodes = nodes_of([_parsed(file)])
                    self._imported[file] = [name for node in nodes for name in _modules(node)]
                waiting += self._imported[file]

    def _files(self, module: str) -> list[Path]:
        top = module.partition(".")[0]
        if top not in self._found:
            self._found[top] = self._files_of(top)
        return self._found[top]

    def _files_of(self, top: str) -> list[Path]:
        beside = self.folder / top
        if beside.is_dir():
            return sorted(beside.rglob("*.py"))
        if beside.with_suffix(".py").is_file():
            return [beside.with_suffix(".py")]
        found = StaticModules(read_text).find(top)
        return [Path(found)] if found else []


def literals(node: ast.stmt) -> Iterator[tuple[str, Any]]:
    """Names that a statement binds to literals: ``a = 1``, ``n: int = 3``, ``a, b = 1, 2``,
    ``d = dict(a=1)``."""
    value = getattr(node, "value", None)
    if not isinstance(node, ast.Assign | ast.AnnAssign) or value is None:
        return
    try:
        found = ast.literal_eval(_as_display(value))
    except (ValueError, TypeError, MemoryError, RecursionError):
        return
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        if isinstance(target, ast.Name):
            yield target.id, found
        elif isinstance(target, ast.Tuple | ast.List) and isinstance(found, tuple | list):
            names = [one.id for one in target.elts if isinstance(one, ast.Name)]
            if len(names) == len(found) == len(target.elts):
                yield from zip(names, found, strict=True)


def _as_display(value: ast.expr) -> ast.expr:
    """``dict(depth=4)`` as ``{"depth": 4}``."""
    match value:
        case ast.Call(ast.Name("dict"), [], keywords) if all(one.arg for one in keywords):
            keys = [ast.Constant(one.arg) for one in keywords]
            return ast.Dict([*keys], [_as_display(one.value) for one in keywords])
    return value


def _read(tree: ast.Module) -> set[str]:
    names = (node for node in nodes_of([tree]) if isinstance(node, ast.Name))
    return {node.id for node in names if isinstance(node.ctx, ast.Load)}


def _is_fixed(value: Any) -> bool:
    """Whether a literal stays what it is, whoever reads it."""
    return not isinstance(value, list | dict | set) and (
        not isinstance(value, tuple) or all(map(_is_fixed, value))
    )


def _is_safe(node: ast.stmt) -> bool:
    """Whether making a function or class runs nothing of the user's: no decorator, no computed
    default or base."""
    if isinstance(node, ast.ClassDef):
        bases = all(isinstance(base, ast.Name | ast.Attribute) for base in node.bases)
        plain = bases and not node.keywords and not node.decorator_list
        return plain and all(map(_is_safe_member, node.body))
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.decorator_list:
        return False
    defaults = (*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None))
    return all(map(is_literal, defaults))


def _is_safe_member(node: ast.stmt) -> bool:
    if isinstance(node, MADE):
        return _is_safe(node)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    said = isinstance(node, ast.AnnAssign) and node.value is None
    return said or isinstance(node, ast.Pass) or any(literals(node))


def _valued(node: ast.ClassDef) -> Iterator[ast.stmt]:
    """What gives a class values, also within classes of its own."""
    for one in node.body:
        if isinstance(one, ast.ClassDef):
            yield from _valued(one)
        elif isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None:
            yield one


def _make(node: ast.stmt, space: dict[str, Any]) -> None:
    module = ast.Module([_without_annotations(node)], [])
    try:
        execute(compile(module, "<notebook>", "exec"), space)
    except Exception:  # a kernel may know better; what uses it is not told then
        return


def _without_annotations(node: ast.stmt) -> ast.stmt:
    """A definition whose annotations, which are no reason, are not evaluated."""
    bare = copied(node)
    for one in nodes_of([bare]):
        if isinstance(one, ast.arg):
            one.annotation = None
        elif isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            one.returns = None
        elif isinstance(one, ast.ClassDef):
            one.body = [bare for n in one.body for bare in _without_annotation(n)] or [ast.Pass()]
    return ast.fix_missing_locations(bare)


def _without_annotation(node: ast.stmt) -> list[ast.stmt]:
    if not isinstance(node, ast.AnnAssign):
        return [node]
    return [] if node.value is None else [ast.Assign([node.target], node.value)]


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""] if not node.level else []
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def _parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(read_text(str(file)) or "")
    except (SyntaxError, ValueError):
        return ast.Module([], [])
