"""The shape of a pipeline: its wiring and its steps' codes as one digest.

Parameters count by name only, so another ``gamma`` is another run of the same version; a
replaced or edited step, or another connection, is another shape. The order of steps that do not
wait for each other is none of it: the cells of a notebook are executed in any order.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from xxhash import xxh3_128_hexdigest

from zenbook.errors import PipelineError
from zenbook.model import Edge, Shape, Step


def shape_of(steps: Sequence[Step], edges: Iterable[Edge], parameters: Iterable[str]) -> Shape:
    """Make the shape of ordered steps, their edges and the pipeline's parameter names."""
    wires = tuple(sorted(set(edges), key=lambda e: (e.target, e.input, e.source, e.output)))
    names = tuple(sorted(parameters))
    told = (
        sorted((step.name, step.code, sorted(step.inputs), sorted(step.outputs)) for step in steps),
        [(edge.source, edge.output, edge.target, edge.input) for edge in wires],
        names,
    )
    return Shape(xxh3_128_hexdigest(repr(told).encode()), tuple(steps), wires, names)


def are_one_version(one: Shape, other: Shape) -> bool:
    """Whether two shapes are the same, or one that of a notebook and one that of its script."""
    same = one.digest == other.digest
    return same or _is_exported(one, other) or _is_exported(other, one)


def _is_exported(script: Shape, notebook: Shape) -> bool:
    """Whether a shape may be that of the script exported from a notebook with the other.

    A function returns what later steps need, and has constants of its module as globals; its cell
    leaves every name it binds, and reads these. Where the codes are the same nothing else differs.
    """
    cells = {step.name: step for step in notebook.steps}
    return (
        {step.name: step.code for step in script.steps} == {n: s.code for n, s in cells.items()}
        and script.edges == notebook.edges
        and script.parameters == notebook.parameters
        and all(_is_of(step, cells[step.name]) for step in script.steps)
    )


def _is_of(function: Step, cell: Step) -> bool:
    has = {*cell.inputs, *cell.outputs, "output"}  # which is what a function without any gives
    fits = has.issuperset(function.inputs) and has.issuperset(function.outputs)
    return fits and _is_function(function) and not _is_function(cell)


def _is_function(step: Step) -> bool:
    """Whether a step's text is that of a function; of a cell that only defines one, too."""
    try:
        body = ast.parse(step.source).body
    except (SyntaxError, ValueError):
        return False  # IPython's own syntax
    return len(body) == 1 and isinstance(body[0], ast.FunctionDef | ast.AsyncFunctionDef)


def execution_order(names: Sequence[str], upstream: Mapping[str, Iterable[str]]) -> list[str]:
    """Order the steps so that each comes after its upstream steps, else as composed.

    Raises PipelineError naming the steps of a cycle (only ``.after`` can make one).
    """
    waiting = {name: set(upstream.get(name, ())) for name in names}
    order: list[str] = []
    while waiting:
        ready = next((name for name in names if name in waiting and not waiting[name]), None)
        if ready is None:
            raise PipelineError(
                f"The steps {', '.join(_cycle(waiting))} wait for each other. "
                "Remove one of their .after(...) connections."
            )
        order.append(ready)
        del waiting[ready]
        for needs in waiting.values():
            needs.discard(ready)
    return order


def _cycle(waiting: Mapping[str, set[str]]) -> list[str]:
    """Walk upstream from any waiting step until one comes again; return that loop."""
    path: list[str] = []
    name = next(iter(waiting))
    while name not in path:
        path.append(name)
        name = next(needed for needed in sorted(waiting[name]) if needed in waiting)
    return path[path.index(name) :]
