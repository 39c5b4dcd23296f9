"""``zenbook plan notebook.ipynb``: what a run would do, as far as it can be told without a kernel.

From the file alone the code of each step, the parameters and the files its last record read can
be compared, and which steps read from which. What helpers and plain cells would give cannot: a
step that would be a hit but for those is told as a hit, one that reads from a step that would
run as waiting for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from zenbook.core.names import analyse
from zenbook.core.preview import preview
from zenbook.core.source import body_of_cell, parse_cell
from zenbook.core.verdict import FIRST_RUN, miss_for
from zenbook.engine.decide import said_to_run
from zenbook.engine.desk import Desk, open_desk
from zenbook.engine.handles import RunHandle
from zenbook.engine.sitting import Sitting
from zenbook.errors import OptionError
from zenbook.front.notebook.book import (
    literal,
    parameter_names,
    parameters_cell,
    read_notebook,
)
from zenbook.front.notebook.marker import find_marker, take_marker_away
from zenbook.front.notebook.notebook_name import pipeline_name
from zenbook.front.notebook.option_table import PIPELINE_OPTIONS, suggestion
from zenbook.front.notebook.options import StepLine, cache_switch, parse, parse_step_line
from zenbook.model import Change, Hit, Part, Plan, PlannedStep, Record, Unsure, Verdict


def foresee(file: Path, texts: Mapping[str, str], no_cache: bool) -> Plan:
    """The verdict of every step of a notebook file. Raises UsageError or OptionError."""
    notebook = read_notebook(file)
    desk, pipeline = open_desk(file.resolve().parent), pipeline_name(file)
    sitting = Sitting(
        pipeline, run_cache=False if no_cache else None, pipeline_cache=_pipeline_cache(notebook)
    )
    parameters = _parameters(notebook, texts)
    planned: dict[str, PlannedStep] = {}
    makers: dict[str, str] = {}
    for source in _code(notebook):
        marker = find_marker(source.splitlines())
        tree = _tree(source)
        if marker is None or tree is None:
            continue
        said = parse_step_line(marker.options)
        names = analyse(tree)
        name = said.name or next(iter(sorted(names.always)), "step")
        waits = [makers[read] for read in sorted(names.reads) if read in makers]
        verdict = _verdict(name, tree, said, waits, planned, parameters, desk, sitting)
        expected = 0.0 if isinstance(verdict, Hit) else desk.history.expected(name, pipeline)
        planned[name] = PlannedStep(name, verdict, expected)
        makers.update(dict.fromkeys(names.writes, name))
    return Plan(pipeline, tuple(planned.values()))


def _verdict(
    name: str,
    tree: ast.Module,
    said: StepLine,
    waits: list[str],
    planned: Mapping[str, PlannedStep],
    parameters: Mapping[str, Any],
    desk: Desk,
    sitting: Sitting,
) -> Verdict:
    if told := said_to_run(said.options, sitting):
        return told
    record = desk.latest(name, sitting.pipeline)
    if record is None:
        return FIRST_RUN
    if changes := list(_changes(record, tree, parameters, desk)):
        return miss_for(changes)
    running = [step for step in waits if not isinstance(planned[step].verdict, Hit)]
    return Unsure(tuple(dict.fromkeys(running))) if running else Hit(record)


def _changes(
    record: Record, tree: ast.Module, parameters: Mapping[str, Any], desk: Desk
) -> Iterator[Change]:
    """What is different by now from when the step last ran, as far as the file tells."""
    old = {(part.kind, part.name): part for part in record.fingerprint.parts}
    body = body_of_cell(tree)
    code = Part("code", "", body.key or body.code)
    if old[("code", "")] != code or (body.helpers and _code_then(record, desk) != body.code):
        yield Change(old[("code", "")], code)
    for name, value in parameters.items():
        before = old.get(("input", name))
        now = Part("input", name, desk.digester().digest(value), preview(value))
        if before is not None and before != now:
            yield Change(before, now)
    for read in (*record.reads, *record.wrote):
        if read.kind not in ("file", "variable"):
            continue  # only a kernel has these
        if (again := desk.watch.again(read)) != read:
            yield Change(read, again)


def _code_then(record: Record, desk: Desk) -> str:
    """The step's code when the record was made, its helpers included; "" if nobody knows."""
    run = desk.history.run(record.run)
    steps = RunHandle(run, desk).steps if run is not None else {}
    return steps[record.step].code if record.step in steps else ""


def _parameters(notebook: Any, texts: Mapping[str, str]) -> dict[str, Any]:
    """The parameters' values: literals of their cell, replaced by what was given."""
    place = parameters_cell(notebook)
    source = notebook.cells[place].source if place is not None else ""
    known = parameter_names(source)
    for name in texts:
        if place is not None and name not in known:
            raise OptionError(f"The notebook has no parameter {name}.{suggestion(name, known)}")
    values: dict[str, Any] = {}
    for node in ast.parse(source.lstrip().removeprefix("%%parameters")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                values[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue  # computed by a kernel only
    return values | {name: literal(text) for name, text in texts.items()}


def _pipeline_cache(notebook: Any) -> bool | None:
    """What the notebook's last ``%pipeline`` line says of caching; None if nothing."""
    lines = (line.strip() for source in _code(notebook) for line in source.splitlines())
    said = [line.partition(" ")[2] for line in lines if line.split(" ")[0] == "%pipeline"]
    return cache_switch(parse(said[-1], PIPELINE_OPTIONS, "%pipeline")[1]) if said else None


def _code(notebook: Any) -> Iterator[str]:
    return (cell.source for cell in notebook.cells if cell.cell_type == "code")


def _tree(source: str) -> ast.Module | None:
    """The cell as IPython would parse it; None if it is no Python."""
    from IPython.core.inputtransformer2 import TransformerManager

    lines = "".join(take_marker_away(source.splitlines(keepends=True)))
    try:
        return parse_cell(TransformerManager().transform_cell(lines))  # type: ignore[no-untyped-call]
    except SyntaxError:
        return None
