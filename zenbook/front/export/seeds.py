"""``%%step --seed N`` in a script: ``@step(seed=N)``, or a block of its own without zenbook.

The block is the step's body in a ``with``, not a decorator: a decorated coroutine function would
be seeded while it makes its coroutine, and not while that runs. numpy is seeded where the notebook
imports anything that is not Python's own: which of these draw from numpy's state is not to be
seen from here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from zenbook.front.export.imports import Imports
from zenbook.front.export.layout import INDENT, indented
from zenbook.front.export.where import Place
from zenbook.front.notebook.marker import find_marker

if TYPE_CHECKING:
    from zenbook.front.export.groups import Group
    from zenbook.front.export.plan import Plan
    from zenbook.front.export.reading import SourceCell

_TORCH = ("torch", "lightning", "pytorch", "transformers", "fastai")
_CALLS = {
    "random": ("random.getstate", "random.seed", "random.setstate"),
    "numpy": ("numpy.random.get_state", "numpy.random.seed", "numpy.random.set_state"),
    "torch": ("torch.get_rng_state", "torch.manual_seed", "torch.set_rng_state"),
}


def refuse_seeds(plan: Plan) -> None:
    """Refuse a seed whose cell had to be merged with others. Raises ExportError."""
    for group in plan.groups:
        seeded = [cell for cell in group.cells if cell.step and cell.step.options.seed is not None]
        if seeded and len(group.cells) > 1:
            others = [str(cell.number) for cell in group.cells if cell is not seeded[0]]
            why = f" ({group.merged[0]})" if group.merged else ""
            raise Place(seeded[0].number, _line(seeded[0])).error(
                "--seed is for this cell alone, and a script has one step of it and "
                f"{'cell' if len(others) == 1 else 'cells'} {', '.join(others)}{why}.",
                "Seed in the cell, as in rng = numpy.random.default_rng(3).",
            )


def _line(cell: SourceCell) -> int:
    marker = find_marker(cell.raw.split("\n"))
    return marker.line + 1 if marker is not None else 0


class Seeds:
    """What a script without zenbook's steps needs so that a step has random states of its own."""

    def __init__(self, plan: Plan) -> None:
        self._wanted = any(group.seed is not None for group in plan.groups)
        taken = plan.module.names.keys() | {one.name for one in plan.parameters}
        self._name = _free("seeded", taken)
        self._libraries: Mapping[str, str] = (
            {library: _called(library, plan, taken) for library in _libraries(plan)}
            if self._wanted
            else {}
        )

    @property
    def names(self) -> set[str]:
        """Names that it needs in the script."""
        return {self._name, "contextmanager", *self._libraries.values()} if self._wanted else set()

    def imports(self, imports: Imports) -> None:
        """Add what it imports."""
        if self._wanted:
            imports.add("contextlib", "contextmanager")
        for library, name in self._libraries.items():
            imports.plain[library, "" if name == library else name] = None

    def definitions(self) -> list[str]:
        """The function that seeds and puts back, if a step has a seed."""
        if not self._wanted:
            return []
        calls = [
            tuple(call.replace(library, name, 1) for call in _CALLS[library])
            for library, name in self._libraries.items()
        ]
        lines = [
            "@contextmanager",
            f"def {self._name}(seed):",
            f'{INDENT}"""Seed the random states for one step, and put the outer ones back."""',
            f"{INDENT}outer = [{', '.join(f'{get}()' for get, _, _ in calls)}]",
            *(f"{INDENT}{plant}(seed)" for _, plant, _ in calls),
            f"{INDENT}try:",
            f"{INDENT * 2}yield",
            f"{INDENT}finally:",
            *(f"{INDENT * 2}{put}(outer[{place}])" for place, (_, _, put) in enumerate(calls)),
        ]
        return ["\n".join(lines)]

    def within(self, group: Group, body: str) -> str:
        """A step's body, in a seeded block if the notebook says so."""
        if group.seed is None or not body:
            return body
        return f"{INDENT}with {self._name}({group.seed}):\n{indented(body)}"


def _libraries(plan: Plan) -> list[str]:
    modules = {
        what.partition(":")[0].partition(".")[0]
        for piece in plan.pieces
        for what in piece.names.imports.values()
    }
    found = ["random"]
    if not modules <= sys.stdlib_module_names and find_spec("numpy") is not None:
        found.append("numpy")
    if any(module.startswith(_TORCH) for module in modules):
        found.append("torch")
    return found


def _called(library: str, plan: Plan, taken: set[str]) -> str:
    """The name a library has at module level, or a free one."""
    own = sorted(name for name, what in plan.module.imports.items() if what == library)
    return own[0] if own else _free(library, taken)


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
