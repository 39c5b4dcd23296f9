"""Views as text: one function per picture, for terminals and for logs.

Everything shown comes from a View, whose strings are plain already; it enters rich as
:class:`~rich.text.Text`, never as markup, so that a step called ``[red]`` stays what it is.
Where nobody watches (a pipe, a log) lines are as long as they need to be: cutting a value to
80 columns would lose it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Final

from zenbook.core.view_text import GLYPHS, WORDS, count_text, line, seconds_text, size_text

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from zenbook.core.view import CompareView, PlanView, RunsView, StepView, StoreView
    from zenbook.core.view_types import ChangeLine, GraphView, Pair, RunRow, StepPair
    from zenbook.core.view_types import Line as DiffLine

WIDE = 10_000
"""Columns of a page that nobody looks at."""
WORD = 40
"""Characters of a word, such as a run's id, that is not broken where a page is narrow."""
FACTS = 4
"""Most parameters, and most metrics, that get a column of their own."""

ANNOTATIONS: Final = ("name", "tags", "note")

_STYLES = {
    "running": "cyan",
    "completed": "green",
    "cached": "blue",
    "failed": "bold red",
    "interrupted": "yellow",
    "skipped": "dim",
    "stale": "yellow",
    "waiting": "dim",
    "hit": "blue",
    "miss": "green",
    "unsure": "yellow",
    "+": "green",
    "-": "red",
    "…": "dim",
}


def console_for(stream: IO[str] | None = None) -> Console:
    """A console on this stream (default: stdout) that never breaks a line of a log."""
    from rich.console import Console

    console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=False)
    return (
        console
        if console.is_terminal
        else Console(
            file=stream, highlight=False, markup=False, emoji=False, width=WIDE, no_color=True
        )
    )


def write(page: Iterator[RenderableType], stream: IO[str] | None = None) -> None:
    """Print a page, without the blanks that pad a table's last column."""
    console = console_for(stream)
    with console.capture() as captured:
        for block in page:
            console.print(block)
    text = "\n".join(shown.rstrip() for shown in captured.get().splitlines())
    print(text, file=console.file)


# ------------------------------------------------------------------ the pictures


def runs_page(view: RunsView, nothing: str = "") -> Iterator[RenderableType]:
    """The table of runs, newest first; ``nothing`` says why it is empty although there are runs."""
    if not view["rows"]:
        yield _text(nothing or "No runs yet. Run a pipeline: zenbook run FILE")
        return
    parameters = _columns(view["parameters"], view["differing"])
    metrics = _columns(view["metrics"], view["differing"])
    heads = ["run", "version", "status", "steps", "took", "spared", "started"]
    heads += [*parameters, *metrics]
    optional = [head for head in ANNOTATIONS if any(row[head] for row in view["rows"])]
    rows = [
        [*_run_cells(row), *_facts(row["parameters"], parameters), *_facts(row["metrics"], metrics)]
        + [_joined(row[head]) for head in optional]  # type: ignore[literal-required]
        for row in view["rows"]
    ]
    yield _table([*heads, *optional], rows)
    left = view["total"] - view["offset"] - len(view["rows"])
    if left > 0:
        yield _text(f"… {count_text(left, 'older run')}; see them with --limit", "dim")
    names = {"parameters": parameters, "metrics": metrics}
    for kind, shown in names.items():
        if hidden := [name for name in view[kind] if name not in shown]:  # type: ignore[literal-required]
            yield _text(
                f"… {kind} without a column: {', '.join(hidden)} (`zenbook show RUN`)", "dim"
            )


def run_page(row: RunRow, graph: GraphView) -> Iterator[RenderableType]:
    """One run: what it was given, how each step went, and what was said about it."""
    yield _run_title(row)
    facts = {**row["parameters"], **row["metrics"]}
    if facts:
        yield _text("  " + ", ".join(f"{name} = {value}" for name, value in facts.items()))
    for label, said in (("tags", ", ".join(row["tags"])), ("note", row["note"])):
        if said:
            yield _text(f"  {label}: {said}")
    rows = [
        [
            node["name"],
            _status(node["status"]),
            _spent(node["status"], node["seconds"]),
            node["why"],
            ", ".join(node["outputs"]),
            size_text(node["size"]),
        ]
        for node in graph["nodes"]
    ]
    yield _table(["step", "status", "took", "why", "outputs", "size"], rows)
    if row["failed"]:
        yield _text(row["failed"], "bold red")


def plan_page(view: PlanView) -> Iterator[RenderableType]:
    """What would run, why, and for how long."""
    words = {"hit": "↺ cached", "miss": "▶ would run", "unsure": "◐ not known yet"}
    rows = [
        [
            row["name"],
            _text(words[row["verdict"]], _STYLES[row["verdict"]]),
            "" if row["verdict"] == "hit" else seconds_text(row["expected"]) or "never ran",
            row["why"],
        ]
        for row in view["rows"]
    ]
    if rows:
        yield _table(["step", "verdict", "expected", "why"], rows)
    yield _text(view["summary"] + ".")


def compare_page(view: CompareView) -> Iterator[RenderableType]:
    """Two runs: only what differs."""
    a, b = (f"{head['pipeline']}:{head['number']}" for head in (view["a"], view["b"]))
    yield _text(f"{a} → {b}: {view['summary']}", "bold")
    yield from _pairs("parameters", view["parameters"])
    yield from _pairs("metrics", view["metrics"])
    for step in view["steps"]:
        yield from _step_pair(step)


def step_page(view: StepView) -> Iterator[RenderableType]:
    """One step of one run: why it ran, and what it read and gave."""
    yield _text(f"{view['name']}  {GLYPHS[view['status']]} {WORDS[view['status']]}", "bold")
    yield from _told("  ", ("why", view["why"]), ("not kept", view["not_kept"]))
    if view["origin"] is not None and view["status"] == "cached":
        origin = view["origin"]
        made = f"{origin['pipeline']}:{origin['number']}, {_ago(origin['started'])}"
        yield _text(f"  from {made}; it took {seconds_text(view['saved'])} then")
    for remark in view["remarks"]:
        yield _text(f"  {remark}")
    if view["error"]:
        yield _text(view["error"], "red")
    yield from _changes(view["changes"])
    yield from _lines("inputs", view["inputs"])
    yield from _lines("files", view["files"])
    if view["outputs"]:
        rows = [
            [
                output["name"],
                output["type"],
                _shape(output["shape"]),
                size_text(output["size"]),
                output["preview"],
            ]
            for output in view["outputs"]
        ]
        yield _table(["output", "type", "shape", "size", "preview"], rows)


def code_page(diff: str) -> Iterator[RenderableType]:
    """A unified diff of code, where there is one."""
    for shown in diff.splitlines():
        yield _text(f"  {shown}", _STYLES.get(shown[:1], ""))


def store_page(view: StoreView) -> Iterator[RenderableType]:
    """How full the store is, and what takes most of it."""
    limit = f"of {size_text(view['limit'])}" if view["limit"] is not None else "no limit is set"
    counts = [
        count_text(view["artifacts"], "kept output"),
        count_text(view["records"], "record"),
        count_text(view["runs"], "run"),
    ]
    yield _text(f"{size_text(view['size'])}, {limit}: {', '.join(counts)}.")
    if view["pinned"]:
        yield _text(f"{view['pinned']} pinned.")
    if view["reclaimable"]:
        yield _text(f"{size_text(view['reclaimable'])} can go: zenbook gc")
    if view["largest"]:
        rows = [
            [kept["step"], kept["name"], kept["type"], size_text(kept["size"]), kept["run"]]
            for kept in view["largest"]
        ]
        yield _table(["step", "output", "type", "size", "run"], rows)


# ------------------------------------------------------------------ their parts


def _run_title(row: RunRow) -> Text:
    version = f" (version {row['version']})" if row["version"] is not None else ""
    name = f" {row['name']}" if row["name"] else ""
    took = seconds_text(row["seconds"]) if row["seconds"] is not None else "running"
    title = f"{row['pipeline']}:{row['number']}{name}{version}"
    when = f"{_ago(row['started'])}, {took}"
    spared = f", {seconds_text(row['saved'])} spared" if row["saved"] else ""
    return _text(f"{title}  {GLYPHS[row['status']]} {WORDS[row['status']]}  {when}{spared}", "bold")


def _run_cells(row: RunRow) -> list[str | Text]:
    steps = ", ".join(
        f"{count} {WORDS.get(status, status)}" for status, count in row["steps"].items()
    )
    return [
        f"{row['pipeline']}:{row['number']}" + (" (pinned)" if row["pinned"] else ""),
        f"v{row['version']}" if row["version"] is not None else "",
        _status(row["status"]),
        steps,
        seconds_text(row["seconds"]),
        seconds_text(row["saved"]) if row["saved"] else "",
        _ago(row["started"]),
    ]


def _columns(names: Sequence[str], differing: Sequence[str]) -> list[str]:
    """The names that get a column: those that differ first, in their own order."""
    chosen = sorted(names, key=lambda name: name not in differing)[:FACTS]
    return [name for name in names if name in chosen]


def _facts(facts: Mapping[str, object], names: Sequence[str]) -> list[str]:
    return [str(facts[name]) if name in facts else "" for name in names]


def _joined(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _spent(status: str, seconds: float | None) -> str:
    return "" if status in ("cached", "waiting", "skipped") else seconds_text(seconds)


def _step_pair(step: StepPair) -> Iterator[RenderableType]:
    if _is_alike(step):
        return
    sides = [
        f"{GLYPHS[side['status']]} {WORDS[side['status']]}" if side is not None else "not there"
        for side in (step["a"], step["b"])
    ]
    yield _text("")
    yield _text(f"{step['name']}: {sides[0]} → {sides[1]}", "bold")
    yield from _pairs("parts", step["parts"])
    yield from _pairs("outputs", step["outputs"])
    yield from _diff(step["code"])


def _is_alike(step: StepPair) -> bool:
    """Whether both sides gave the same for the same reasons, whoever executed it."""
    a, b = step["a"], step["b"]
    if a is None or b is None or step["code"] or step["parts"] or step["outputs"]:
        return False
    return {a["status"], b["status"]} <= {"completed", "cached"}


def _diff(lines: Sequence[DiffLine]) -> Iterator[RenderableType]:
    for shown in lines:
        yield _text(f"  {shown['sign']} {shown['text']}", _STYLES.get(shown["sign"], ""))


def _pairs(title: str, pairs: Sequence[Pair]) -> Iterator[RenderableType]:
    from rich.padding import Padding

    if pairs:
        yield _text(f"  {title}")
        rows = [[pair["name"], pair["a"] or "–", "→", pair["b"] or "–"] for pair in pairs]
        yield Padding(_table(None, rows), (0, 0, 0, 4))


def _changes(changes: Sequence[ChangeLine]) -> Iterator[RenderableType]:
    if changes:
        rows = [
            [change["kind"], change["name"], change["old"] or "–", change["new"] or "–"]
            for change in changes
        ]
        yield _table(["changed", "name", "before", "now"], rows)


def _lines(title: str, lines: Sequence[ChangeLine]) -> Iterator[RenderableType]:
    if lines:
        yield _table([title, "", ""], [[line["name"], line["kind"], line["new"]] for line in lines])


def _told(indent: str, *said: tuple[str, str]) -> Iterator[RenderableType]:
    for label, text in said:
        if text:
            yield _text(f"{indent}{label}: {text}")


def _shape(shape: Sequence[int] | None) -> str:
    return "×".join(map(str, shape)) if shape else ""


def _status(status: str) -> Text:
    return _text(f"{GLYPHS[status]} {WORDS[status]}", _STYLES[status])


def _text(text: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(text, style)


def _table(heads: Sequence[str] | None, rows: Sequence[Sequence[Any]]) -> RenderableType:
    """Columns two blanks apart, without lines; columns that are empty throughout are left out."""
    from rich.table import Table

    used = (
        [place for place in range(len(rows[0])) if any(str(row[place]) for row in rows)]
        if rows
        else []
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=heads is not None)
    for place in used:
        is_word = all(len(str(row[place])) <= WORD and " " not in str(row[place]) for row in rows)
        head = _text(heads[place] if heads else "", "bold")
        table.add_column(head, overflow="fold", no_wrap=is_word)
    for row in rows:
        table.add_row(*(_cell(row[place]) for place in used))
    return table


def _cell(value: Any) -> Any:
    return _text(line(value, 400)) if isinstance(value, str) else value


def _ago(started: float, now: Callable[[], float] = time.time) -> str:
    """How long ago, in the largest unit that says it: ``5 min ago``, ``2 days ago``."""
    seconds = now() - started
    for limit, unit, name in ((60, 1, "s"), (3600, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return "just now" if seconds < 5 else f"{int(seconds // unit)} {name} ago"
    return f"{int(seconds // 86_400)} days ago"
