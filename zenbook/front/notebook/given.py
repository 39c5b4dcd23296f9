"""Parameters that a run of a notebook is given: ``-p gamma=0.002``.

They are injected as papermill does it: a cell tagged ``injected-parameters`` below the one that
holds the parameter, or above all cells of a notebook where none holds any. A value has the type
that the notebook's own has: its annotation, else the type of its default. A cell further down
that binds the name again has the last word, as in papermill; that is said before anything runs.
Where a value would change nothing at all, it is refused.
"""

from __future__ import annotations

import ast
import math
import typing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from zenbook.core.naming import nearest
from zenbook.core.trees import nodes_of
from zenbook.errors import OptionError
from zenbook.front.notebook.book import parameters_cells, tags_of, tree_of
from zenbook.front.notebook.definitions import bound_names
from zenbook.front.notebook.told import literals
from zenbook.front.typed_text import value_of

ABOVE_ALL = -1
"""The place of a value that no cell of the notebook holds."""
_INJECTED = "injected-parameters"
_WORDS = {"true": True, "false": False, "null": None}
_KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (bool, int, float, str, complex, bytes, list, dict, tuple, set, frozenset)
}
_GENERIC = {name.capitalize(): _KINDS[name] for name in ("list", "dict", "tuple", "set")}
_SURE = (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom)
"""Statements that bind their names whatever happens."""


@dataclass(frozen=True, slots=True)
class Given:
    """Typed values by the place of the cell below which they stand, counted from 0, and what is
    to be said about them before anything runs."""

    values: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def below(self, place: int) -> Mapping[str, Any]:
        """The values that stand below one cell."""
        return self.values.get(place, {})


def given_to(notebook: Any, texts: Mapping[str, str]) -> Given:
    """What these texts are to a notebook. Raises OptionError for a parameter that it does not
    have, a text that does not fit, and a value that would change nothing."""
    if not texts:
        return Given()
    trees = dict(_trees(notebook))
    holders = {place: trees[place] for place in parameters_cells(notebook) if place in trees}
    values: dict[int, dict[str, Any]] = {}
    remarks: list[str] = []
    for name, text in texts.items():
        place = _place(name, holders)
        kind = _kinds(holders[place]).get(name) if place in holders else None
        value = literal(text) if kind is None else value_of(name, text, kind)
        values.setdefault(place, {})[name] = value
        below = [(at, node) for at in trees if at > place for node in trees[at].body]
        if place == ABOVE_ALL:
            _refuse_vain(name, text, below)
        remarks += _remarks(name, text, below)
    if above := ", ".join(values.get(ABOVE_ALL, ())):
        remarks.insert(0, f"No cell is tagged parameters: {above} stands above all cells.")
    return Given(values, tuple(remarks))


def _trees(notebook: Any) -> Iterator[tuple[int, ast.Module]]:
    """The cells of Python, by their places."""
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and _INJECTED not in tags_of(cell):
            with suppress(SyntaxError):  # executing the cell will say so
                yield place, tree_of(cell.source)


def inject(notebook: Any, given: Given) -> None:
    """Put a cell with its values below each cell that holds some, in place of earlier ones."""
    if not given.values:
        return
    import nbformat

    cells = []
    for place, cell in [(ABOVE_ALL, None), *enumerate(notebook.cells)]:
        if cell is not None and _INJECTED not in tags_of(cell):
            cells.append(cell)
        if values := given.below(place):
            lines = [f"{name} = {_written(value)}" for name, value in values.items()]
            source = "\n".join(["# Parameters", *lines])
            made = nbformat.v4.new_code_cell(source)  # type: ignore[no-untyped-call]
            made.metadata["tags"] = [_INJECTED]
            cells.append(made)
    notebook.cells[:] = cells


def own_place(notebook: Any, place: int) -> int:
    """The number of a cell, counted from 1, in the notebook as its author knows it."""
    return sum(_INJECTED not in tags_of(cell) for cell in notebook.cells[: place + 1])


def literal(text: str) -> Any:
    """A value of no known type: a Python literal, ``true``/``false``/``null``, else text."""
    if text in _WORDS:
        return _WORDS[text]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _written(value: Any) -> str:
    """The value as Python that stands alone: ``inf`` is no name."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    return repr(value)


# ------------------------------------------------------------------ where it stands


def _place(name: str, holders: Mapping[int, ast.Module]) -> int:
    """The cell that holds the parameter: the first of those that bind it."""
    if not name.isidentifier():
        raise OptionError(f"{name!r} is no name of a parameter.")
    known: dict[str, int] = {}
    for place, tree in holders.items():
        for bound in bound_names(tree.body):
            known.setdefault(bound, place)
    if holders and name not in known:
        raise OptionError(f"The notebook has no parameter {name}. {nearest(name, known)}")
    return known.get(name, ABOVE_ALL)


def _remarks(name: str, text: str, below: Sequence[tuple[int, ast.stmt]]) -> Iterator[str]:
    """What takes the value away again; a binding that reads it works on from it."""
    for place, node in below:
        if name in bound_names([node]) and not _reads(node, name):
            yield f"{name}={text} holds down to cell {place + 1}, which binds {name} again."
            return


def _refuse_vain(name: str, text: str, below: Sequence[tuple[int, ast.stmt]]) -> None:
    """Raise OptionError where the notebook binds a name for sure before anything reads it."""
    for place, node in below:
        if _reads(node, name):
            return
        if name in bound_names([node]):
            if isinstance(node, _SURE):
                raise OptionError(
                    f"-p {name}={text} would change nothing: cell {place + 1} binds {name}, and "
                    "no cell is said to hold parameters. Write %%parameters as the first line of "
                    f"a cell that binds {name} and no more than parameters, or tag it parameters."
                )
            return


def _reads(node: ast.stmt, name: str) -> bool:
    """Whether a statement looks the name up, by itself or as a text (``globals()["gamma"]``)."""
    return any(
        (isinstance(one, ast.Name) and one.id == name and not isinstance(one.ctx, ast.Store))
        or (isinstance(one, ast.AugAssign) and getattr(one.target, "id", "") == name)
        or (isinstance(one, ast.Constant) and one.value == name)
        for one in nodes_of([node])
    )


# ------------------------------------------------------------------ of which type


def _kinds(tree: ast.Module) -> dict[str, Any]:
    """The type of each parameter of a cell whose type can be told from its text."""
    kinds: dict[str, Any] = {}
    for node in tree.body:
        for name, value in literals(node):
            if value is not None:
                kinds[name] = type(value)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            noted = _noted(node.annotation)
            if noted is not None:
                kinds[node.target.id] = noted
    return kinds


def _noted(node: ast.expr) -> Any:
    """The type that an annotation names; None where only executing the notebook could tell."""
    match node:
        case ast.Constant(value=None):
            return type(None)
        case ast.Constant(value=str(text)):
            with suppress(SyntaxError):
                return _noted(ast.parse(text, mode="eval").body)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return _KINDS.get(name) or _GENERIC.get(name)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _one_of([_noted(left), _noted(right)])
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inside):
            within = list(inside.elts) if isinstance(inside, ast.Tuple) else [inside]
            return _subscripted(name, node.value, within)
    return None


def _subscripted(name: str, of: ast.expr, within: Sequence[ast.expr]) -> Any:
    """``list[int]`` as a list, and the special forms as what they say."""
    if name == "Literal":
        choices = [one.value for one in within if isinstance(one, ast.Constant)]
        return typing.Literal[tuple(choices)] if len(choices) == len(within) else None
    if name in ("Annotated", "Final"):
        return _noted(within[0])
    if name in ("Optional", "Union"):
        more = [type(None)] if name == "Optional" else []
        return _one_of([*map(_noted, within), *more])
    return _noted(of)


def _one_of(kinds: Sequence[Any]) -> Any:
    return None if None in kinds else reduce(or_, kinds)
