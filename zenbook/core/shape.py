"""The shape of a pipeline: its wiring and its steps' codes as one digest.

Parameters count by name only, so another ``gamma`` is another run of the same version; a
replaced or edited step, or another connection, is another shape. The order of steps that do not
wait for each other is none of it: the cells of a notebook are executed in any order.
"""

from __future__ import annotations

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
