"""The pipeline as a graph: nodes with what happened to them, edges with the names they carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from zenbook.core.layout import HEIGHT, WIDTH, Drawing, layered
from zenbook.core.view_notebook import CellNow, NotebookNow, open_run
from zenbook.core.view_runs import NAMES, run_head
from zenbook.core.view_text import WORDS, count_text, line, number
from zenbook.core.view_types import SCHEMA, GraphView, Node, Shown, Wire
from zenbook.model import Record, Run, Shape, Step, StepRun, Version


def graph_view(
    run: Run | None,
    version: Version | None,
    records: Mapping[str, Record] | None = None,
    stale: Mapping[str, str] | None = None,
    step_versions: Mapping[str, int] | None = None,
) -> GraphView:
    """The shape of ``version`` with the verdicts of ``run``.

    ``records`` (by id) give sizes; ``stale`` maps a step to why it is stale, and outranks its
    status; ``step_versions`` numbers the step's own code. Without a version the run's steps
    are drawn without edges.
    """
    steps = version.shape.steps if version is not None else ()
    names = [step.name for step in steps] or [done.step for done in (run.steps if run else ())]
    edges = version.shape.edges if version is not None else ()
    drawing = _drawn(tuple(names), tuple((edge.source, edge.target) for edge in edges))
    done = {step.step: step for step in run.steps} if run is not None else {}
    made = {step.name: step for step in steps}
    nodes = [
        _node(name, drawing, made.get(name), done.get(name), records or {}, stale or {})
        for name in names
    ]
    for node, name in zip(nodes, names, strict=True):
        node["version"] = (step_versions or {}).get(name)
    pipeline = version.pipeline if version is not None else run.pipeline if run is not None else ""
    return {
        "kind": "graph",
        "schema": SCHEMA,
        "pipeline": line(pipeline, NAMES),
        "version": version.number if version is not None else run.version if run else None,
        "run": run_head(run) if run is not None else None,
        "nodes": nodes,
        "edges": _wires(version.shape, drawing) if version is not None else [],
        "width": drawing.width,
        "height": drawing.height,
        "node_width": WIDTH,
        "node_height": HEIGHT,
        "summary": _summary(line(pipeline, NAMES), nodes),
    }


@lru_cache(maxsize=64)
def _drawn(names: tuple[str, ...], edges: tuple[tuple[str, str], ...]) -> Drawing:
    """The same wiring is drawn once, however often its state is pushed."""
    return layered(names, edges)


def live_graph(now: NotebookNow) -> GraphView | None:
    """The graph of a notebook's cells as they stand, wired by what each one reads."""
    if not now.cells:
        return None
    names = tuple(dict.fromkeys(cell.step for cell in now.cells))
    cells = {cell.step: cell for cell in now.cells}
    wires = tuple((up, cell.step) for cell in cells.values() for up in cell.upstream if up in cells)
    drawing = _drawn(names, wires)
    nodes = [_cell_node(cells[name], drawing) for name in names]
    return {
        "kind": "graph",
        "schema": SCHEMA,
        "pipeline": line(now.pipeline, NAMES),
        "version": now.version,
        "run": open_run(now),
        "nodes": nodes,
        "edges": [
            {
                "source": line(source, NAMES),
                "target": line(target, NAMES),
                "names": [line(name, NAMES) for name in _carried(cells[source], cells[target])],
                "points": [list(point) for point in points],
            }
            for (source, target), points in drawing.edges.items()
        ],
        "width": drawing.width,
        "height": drawing.height,
        "node_width": WIDTH,
        "node_height": HEIGHT,
        "summary": _summary(line(now.pipeline, NAMES), nodes),
    }


def _carried(source: CellNow, target: CellNow) -> list[str]:
    return [name for name in source.outputs if name in target.inputs][:40]


def _cell_node(cell: CellNow, drawing: Drawing) -> Node:
    x, y = drawing.nodes[cell.step]
    saved = cell.saved if cell.status == "cached" else cell.seconds
    return {
        "name": line(cell.step, NAMES),
        "status": "stale" if cell.stale else cell.status or "waiting",
        "why": line(cell.stale or cell.why),
        "version": cell.version,
        "seconds": number(saved) if cell.status != "running" else None,
        "size": cell.size,
        "outputs": [line(name, NAMES) for name in cell.outputs[:40]],
        "origin": line(cell.origin, NAMES),
        "x": x,
        "y": y,
    }


def _node(
    name: str,
    drawing: Drawing,
    step: Step | None,
    done: StepRun | None,
    records: Mapping[str, Record],
    stale: Mapping[str, str],
) -> Node:
    x, y = drawing.nodes[name]
    record = records.get(done.record) if done is not None else None
    status: Shown = done.status if done is not None else "waiting"
    outputs = [artifact.name for artifact in record.outputs] if record else []
    return {
        "name": line(name, NAMES),
        "status": "stale" if name in stale else status,
        "why": line(stale.get(name) or (done.why if done is not None else "")),
        "version": None,
        "seconds": number(_shown_seconds(done)),
        "size": _size(record),
        "outputs": [line(output, NAMES) for output in outputs or (step.outputs if step else ())][
            :40
        ],
        "origin": line(done.origin, NAMES) if done is not None else "",
        "x": x,
        "y": y,
    }


def _shown_seconds(done: StepRun | None) -> float | None:
    """What the step took, or what its hit spared; nothing while it runs."""
    if done is None or done.status in ("running", "skipped"):
        return None
    return done.saved if done.status == "cached" else done.seconds


def _size(record: Record | None) -> int | None:
    """Bytes kept, each shared blob counted once."""
    if record is None:
        return None
    return sum({artifact.blob: artifact.size for artifact in record.artifacts}.values())


def _wires(shape: Shape, drawing: Drawing) -> list[Wire]:
    carried: dict[tuple[str, str], list[str]] = {}
    for edge in shape.edges:
        names = carried.setdefault((edge.source, edge.target), [])
        if edge.output and edge.output not in names:
            names.append(edge.output)
    return [
        {
            "source": line(source, NAMES),
            "target": line(target, NAMES),
            "names": [line(name, NAMES) for name in carried[source, target][:40]],
            "points": [list(point) for point in points],
        }
        for (source, target), points in drawing.edges.items()
    ]


def _summary(pipeline: str, nodes: Sequence[Node]) -> str:
    told = [f"{node['name']} {WORDS[node['status']]}" for node in nodes[:12]]
    more = f", and {len(nodes) - 12} more" if len(nodes) > 12 else ""
    head = f"Pipeline {pipeline}" if pipeline else "Pipeline"
    return (
        f"{head}, {count_text(len(nodes), 'step')}: {', '.join(told)}{more}."
        if nodes
        else (f"{head} has no steps yet.")
    )
