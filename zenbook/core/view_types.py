"""The View: everything a front end may know, as JSON.

One contract on both sides. The TypedDicts here and ``labextension/src/views/contract.ts`` are
held together by ``tests/golden/*.json``, which the Python tests produce and the TypeScript
tests read. Only JSON types; times are Unix seconds, durations seconds, sizes bytes. No value
and no secret is ever inside: previews were made safe when the record was written, and every
string has passed :func:`zenbook.core.view_text.plain`.

A change that a reader of schema 1 would misread gets another schema number; front ends show
"made by a newer zenbook" for a number they do not know.
"""

from __future__ import annotations

from typing import Literal, TypedDict

SCHEMA = 1
Shown = Literal[
    "running", "completed", "cached", "failed", "interrupted", "skipped", "stale", "waiting"
]
"""A status as it is shown: those of the model, and ``stale`` and ``waiting`` (not run yet)."""

Sign = Literal[" ", "+", "-", "…"]
"""What happened to a line; ``…`` stands where unchanged lines are left out."""


class RunHead(TypedDict):
    """What identifies a run wherever one is named."""

    id: str
    pipeline: str
    number: int
    name: str
    version: int | None
    status: Shown
    started: float
    seconds: float | None
    origin: str


class RunRow(RunHead):
    """One line of the table of runs."""

    steps: dict[str, int]
    """How many steps have each status."""
    saved: float
    parameters: dict[str, str]
    metrics: dict[str, float | int | str]
    tags: list[str]
    note: str
    pinned: bool
    failed: str
    """The first step that failed, with its error; "" if none did."""


class RunsView(TypedDict):
    kind: Literal["runs"]
    schema: int
    pipeline: str
    total: int
    offset: int
    rows: list[RunRow]
    parameters: list[str]
    metrics: list[str]
    differing: list[str]
    """Parameters and metrics that are not the same in all rows."""


class Node(TypedDict):
    name: str
    status: Shown
    why: str
    version: int | None
    seconds: float | None
    size: int | None
    outputs: list[str]
    origin: str
    """Id of the run that made a cached result."""
    x: float
    y: float


class Wire(TypedDict):
    source: str
    target: str
    names: list[str]
    points: list[list[float]]


class GraphView(TypedDict):
    kind: Literal["graph"]
    schema: int
    pipeline: str
    version: int | None
    run: RunHead | None
    nodes: list[Node]
    edges: list[Wire]
    width: float
    height: float
    node_width: int
    node_height: int
    summary: str
    """The picture in one sentence, for those who do not see it."""


class Pair(TypedDict):
    """One named thing on both sides of a comparison; "" where a side has none."""

    name: str
    a: str
    b: str


class Line(TypedDict):
    sign: Sign
    text: str


class Side(TypedDict):
    status: Shown
    why: str
    seconds: float
    origin: str


class StepPair(TypedDict):
    name: str
    a: Side | None
    b: Side | None
    same: bool
    """Whether both sides used the same result."""
    code: list[Line]
    """Empty when the code is the same."""
    parts: list[Pair]
    """Inputs, files, settings and libraries that differ, as ``kind name``."""
    outputs: list[Pair]


class CompareView(TypedDict):
    kind: Literal["compare"]
    schema: int
    a: RunHead
    b: RunHead
    parameters: list[Pair]
    metrics: list[Pair]
    steps: list[StepPair]
    summary: str


class ChangeLine(TypedDict):
    kind: str
    name: str
    old: str
    new: str


class OutputLine(TypedDict):
    name: str
    type: str
    shape: list[int] | None
    size: int
    preview: str
    digest: str
    alias: str


class DisplayLine(TypedDict):
    kind: Literal["text", "error", "image"]
    text: str
    """The text, or an image's base64 PNG."""


class VersionLine(TypedDict):
    number: int
    created: float
    code: str
    """First digits of the step's code digest."""
    lines: list[Line]
    """Difference from the version before; the whole source for the first."""


class StepView(TypedDict):
    kind: Literal["step"]
    schema: int
    pipeline: str
    name: str
    run: RunHead | None
    origin: RunHead | None
    status: Shown
    cause: str
    why: str
    seconds: float | None
    saved: float
    error: str
    not_kept: str
    remarks: list[str]
    metrics: dict[str, float | int | str]
    changes: list[ChangeLine]
    inputs: list[ChangeLine]
    outputs: list[OutputLine]
    files: list[ChangeLine]
    displays: list[DisplayLine]
    source: str
    versions: list[VersionLine]


class PlanRow(TypedDict):
    name: str
    verdict: Literal["hit", "miss", "unsure"]
    cause: str
    why: str
    expected: float | None
    changes: list[ChangeLine]
    waits_for: list[str]


class PlanView(TypedDict):
    kind: Literal["plan"]
    schema: int
    pipeline: str
    version: int | None
    rows: list[PlanRow]
    expected: float
    saved: float | None
    summary: str


class KeptLine(TypedDict):
    name: str
    step: str
    run: str
    type: str
    size: int
    pinned: bool


class StoreView(TypedDict):
    kind: Literal["store"]
    schema: int
    size: int
    limit: int | None
    artifacts: int
    records: int
    runs: int
    pinned: int
    reclaimable: int
    largest: list[KeptLine]


class CellLine(TypedDict):
    """What the page must know to badge a cell, also while it is edited."""

    name: str
    source: str
    """The cell's text as it was executed; the page compares."""
    status: Shown
    why: str
    upstream: list[str]
    seconds: float | None
    saved: float
    expected: float | None
    started: float | None


class Progress(TypedDict):
    done: int
    total: int
    left: float | None
    """Seconds expected to be left; None if some step never ran."""
    step: str


class NotebookView(TypedDict):
    kind: Literal["notebook"]
    schema: int
    pipeline: str
    version: int | None
    draft: bool
    run: RunHead | None
    cells: list[CellLine]
    progress: Progress | None
    graph: GraphView | None
    serial: int
    """Grows with every push; an older one is dropped."""


View = RunsView | GraphView | CompareView | StepView | PlanView | StoreView | NotebookView
