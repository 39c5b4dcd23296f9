"""Views in a terminal: plain columns, no colour, long cells cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from zenbook.core.view import (
    CompareView,
    GraphView,
    NotebookView,
    PlanView,
    RunsView,
    StepView,
    StoreView,
    View,
)
from zenbook.core.view_kinds import Drawing
from zenbook.core.view_text import GLYPHS, WORDS, seconds_text, size_text
from zenbook.core.view_types import Line, RunHead

ROWS, CELL = 20, 28
MARKS = {"hit": "↺ cached", "miss": "▶ would run", "unsure": "? depends"}


def text(view: View) -> str:
    """The view as lines of text."""
    return "\n".join(_drawn(view))


def when(moment: float) -> str:
    """UTC, to the minute: the same text on every machine."""
    try:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "?"


def status(name: str) -> str:
    return f"{GLYPHS[name]} {WORDS[name]}"


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Left-aligned columns two spaces apart; long cells are cut, but for the last column."""
    short = [[*(_cut(cell) for cell in row[:-1]), row[-1]] for row in rows]
    widths = [max(map(len, column)) for column in zip(*short, strict=True)] if short else []
    for row in short:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cut(cell: str) -> str:
    return cell if len(cell) <= CELL else cell[: CELL - 1] + "…"


def run_name(run: RunHead | None) -> str:
    """``train_digits v2 run 3``"""
    if run is None:
        return ""
    version = f" v{run['version']}" if run["version"] is not None else ""
    return f"{run['pipeline']}{version} run {run['number']}"


def _runs(view: RunsView) -> Iterator[str]:
    if not view["rows"]:
        yield "No runs yet. Run a cell that starts with %%step, or a pipeline."
        return
    names = view["differing"][:6]
    rows = [["run", "version", "status", "started (UTC)", "took", "saved", *names]]
    for row in view["rows"][:ROWS]:
        chosen = {**row["parameters"], **row["metrics"]}
        version = f"v{row['version']}" if row["version"] is not None else "draft"
        took = seconds_text(row["seconds"])
        saved = seconds_text(row["saved"]) if row["saved"] else ""
        cells = [str(row["number"]), version, status(row["status"]), when(row["started"]), took]
        rows.append([*cells, saved, *(str(chosen.get(name, "")) for name in names)])
    yield from columns(rows)
    more = view["total"] - view["offset"] - len(rows) + 1
    if more > 0:
        yield f"… {more} more"


def _graph(view: GraphView) -> Iterator[str]:
    yield view["summary"]
    above: dict[str, list[str]] = {}
    for wire in view["edges"]:
        names = f" ({', '.join(wire['names'])})" if wire["names"] else ""
        above.setdefault(wire["target"], []).append(wire["source"] + names)
    rows = []
    for node in view["nodes"]:
        reads = "; ".join(above.get(node["name"], []))
        took, size = seconds_text(node["seconds"]), size_text(node["size"])
        rows.append([node["name"], status(node["status"]), took, size, reads and f"← {reads}"])
    yield from columns(rows)


def diff_lines(lines: Sequence[Line]) -> Iterator[str]:
    for line in lines:
        yield f"{line['sign']} {line['text']}".rstrip()


def _compare(view: CompareView) -> Iterator[str]:
    yield f"{run_name(view['a'])} → {run_name(view['b'])}"
    yield view["summary"]
    for pair in (*view["parameters"], *view["metrics"]):
        yield f"{pair['name']}: {pair['a'] or '–'} → {pair['b'] or '–'}"
    for step in view["steps"]:
        sides = [status(side["status"]) if side else "–" for side in (step["a"], step["b"])]
        same = "same result" if step["same"] else ""
        yield from columns([[step["name"], sides[0], "→", sides[1], same]])
        for pair in (*step["parts"], *step["outputs"]):
            yield f"  {pair['name']}: {pair['a'] or '–'} → {pair['b'] or '–'}"
        yield from (f"  {line}" for line in diff_lines(step["code"]))


def _step(view: StepView) -> Iterator[str]:
    yield f"{view['name']}  {status(view['status'])}  {run_name(view['run'])}".rstrip()
    facts = {
        "why": view["why"],
        "took": seconds_text(view["seconds"]),
        "saved": seconds_text(view["saved"]) if view["saved"] else "",
        "made by": run_name(view["origin"]),
        "not kept": view["not_kept"],
        "error": view["error"],
    }
    yield from (f"{name}: {fact}" for name, fact in facts.items() if fact)
    for change in view["changes"]:
        yield f"changed {change['kind']} {change['name']}: {change['old']} → {change['new']}"
    for output in view["outputs"]:
        shape = "×".join(map(str, output["shape"] or ()))
        words = (
            output["name"],
            output["type"],
            shape,
            size_text(output["size"]),
            output["preview"],
        )
        yield "output " + "  ".join(word for word in words if word)
    for file in view["files"]:
        yield f"{file['kind']} {file['name']}"
    yield from (f"note: {remark}" for remark in view["remarks"])
    if view["source"]:
        yield ""
        yield view["source"].rstrip()


def _plan(view: PlanView) -> Iterator[str]:
    yield view["summary"]
    rows = []
    for row in view["rows"]:
        expected = seconds_text(row["expected"]) if row["verdict"] != "hit" else ""
        rows.append([row["name"], MARKS[row["verdict"]], expected, row["why"]])
    yield from columns(rows)


def _store(view: StoreView) -> Iterator[str]:
    limit = f" of {size_text(view['limit'])}" if view["limit"] is not None else ""
    counts = f"{view['artifacts']} artifacts of {view['runs']} runs"
    yield f"{size_text(view['size'])}{limit} in {counts}"
    yield f"{size_text(view['reclaimable'])} can be collected (gc); {view['pinned']} runs pinned"
    rows = [
        [kept["name"], kept["step"], kept["type"], size_text(kept["size"])]
        for kept in view["largest"]
    ]
    yield from columns(rows)


def _notebook(view: NotebookView) -> Iterator[str]:
    yield run_name(view["run"]) or view["pipeline"] or "No pipeline yet."
    if view["graph"] is not None:
        yield from _graph(view["graph"])
        return
    rows = [[cell["name"], status(cell["status"]), cell["why"]] for cell in view["cells"]]
    yield from columns(rows)


_drawn = Drawing(_runs, _graph, _compare, _step, _plan, _store, _notebook)
