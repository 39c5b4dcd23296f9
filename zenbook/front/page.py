"""Views as static HTML: what GitHub, nbconvert and an untrusted notebook show.

Those drop ``<style>``, ``<script>``, ``<svg>``, classes and most attributes; tables, details,
pre, ins, del and images with an alternative text stay. So the markup here is only that, and
reads well with no styling at all. Every text is escaped; nothing is an address but the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

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
from zenbook.core.view_text import seconds_text, size_text
from zenbook.core.view_types import ChangeLine, Line, Pair
from zenbook.front.picture import data_uri
from zenbook.front.text import MARKS, ROWS, run_name, status, text, when

__all__ = ["bundle", "html", "text"]

MIME = "application/vnd.zenbook.history+json"


def bundle(view: View) -> dict[str, object]:
    """The view in every form a front end may pick: our own, HTML, plain text."""
    return {MIME: view, "text/html": html(view), "text/plain": text(view)}


def html(view: View) -> str:
    """The view as one piece of plain HTML, complete without script and style."""
    return _drawn(view)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], total: int | None = None) -> str:
    """A table of texts with at most ``ROWS`` rows, and a line for the rest."""
    top = "".join(f'<th scope="col" align="left">{escape(cell)}</th>' for cell in head)
    body = "".join(
        "<tr>" + "".join(f'<td align="left">{escape(cell)}</td>' for cell in row) + "</tr>"
        for row in rows[:ROWS]
    )
    more = (total if total is not None else len(rows)) - min(len(rows), ROWS)
    rest = f"<p>… {more} more</p>" if more > 0 else ""
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>{rest}"


def _line(*parts: str) -> str:
    return f"<p>{' · '.join(escape(part) for part in parts if part)}</p>"


def _titled(title: str, *parts: str) -> str:
    return f"<p><strong>{escape(title)}</strong></p>{''.join(parts)}"


def _details(title: str, inside: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{inside}</details>" if inside else ""


def diff_html(lines: Iterable[Line]) -> str:
    """Signs stay in the text, so the difference is there without colour."""
    tags = {"+": "ins", "-": "del"}
    shown = []
    for line in lines:
        whole = escape(f"{line['sign']} {line['text']}")
        tag = tags.get(line["sign"])
        shown.append(f"<{tag}>{whole}</{tag}>" if tag else whole)
    return f"<pre>{chr(10).join(shown)}</pre>" if shown else ""


def _runs(view: RunsView) -> str:
    if not view["rows"]:
        return _line("No runs yet.", "Run a cell that starts with %%step, or a pipeline.")
    names = view["differing"][:8]
    rows = []
    for row in view["rows"]:
        chosen = {**row["parameters"], **row["metrics"]}
        version = f"v{row['version']}" if row["version"] is not None else "draft"
        saved = seconds_text(row["saved"]) if row["saved"] else ""
        cells = [str(row["number"]), version, status(row["status"]), when(row["started"])]
        cells += [seconds_text(row["seconds"]), saved]
        rows.append([*cells, *(str(chosen.get(name, "")) for name in names)])
    head = ["run", "version", "status", "started (UTC)", "took", "saved", *names]
    title = f"{view['pipeline'] or 'All pipelines'}: {view['total']} runs"
    return _titled(title, _table(head, rows, view["total"] - view["offset"]))


def _graph(view: GraphView) -> str:
    if not view["nodes"]:
        return _line(view["summary"])
    width = min(int(view["width"]), 900)
    picture = f'<img alt="{escape(view["summary"])}" width="{width}" src="{data_uri(view)}">'
    rows = [
        [
            node["name"],
            status(node["status"]),
            seconds_text(node["seconds"]),
            size_text(node["size"]),
            node["why"],
        ]
        for node in view["nodes"]
    ]
    title = run_name(view["run"]) or f"{view['pipeline']} v{view['version'] or '?'}"
    table = _table(["step", "status", "took or saved", "size", "why"], rows)
    return _titled(title, picture, _details("as a table", table))


def _pairs(title: str, pairs: Sequence[Pair]) -> str:
    rows = [[pair["name"], pair["a"] or "–", pair["b"] or "–"] for pair in pairs]
    return _table([title, "before", "after"], rows) if rows else ""


def _compare(view: CompareView) -> str:
    rows = []
    for step in view["steps"]:
        sides = [status(side["status"]) if side else "–" for side in (step["a"], step["b"])]
        why = step["b"]["why"] if step["b"] else "only in the first run"
        rows.append([step["name"], *sides, "same result" if step["same"] else why])
    details = [
        _details(
            f"{step['name']}: what differs",
            diff_html(step["code"])
            + _pairs("part", step["parts"])
            + _pairs("output", step["outputs"]),
        )
        for step in view["steps"]
    ]
    return _titled(
        f"{run_name(view['a'])} → {run_name(view['b'])}",
        _line(view["summary"]),
        _pairs("parameter", view["parameters"]),
        _pairs("metric", view["metrics"]),
        _table(["step", "before", "after", "why"], rows),
        *details,
    )


def _changes(title: str, changes: Sequence[ChangeLine]) -> str:
    rows = [[change["kind"], change["name"], change["old"], change["new"]] for change in changes]
    return _details(title, _table(["what", "name", "before", "after"], rows)) if rows else ""


def _step(view: StepView) -> str:
    saved = f"saved {seconds_text(view['saved'])}" if view["saved"] else ""
    took = f"took {seconds_text(view['seconds'])}" if view["seconds"] is not None else ""
    maker = f"made by {run_name(view['origin'])}" if view["origin"] else ""
    outputs = [
        [
            output["name"],
            output["type"],
            "×".join(map(str, output["shape"] or ())),
            size_text(output["size"]),
            output["preview"],
        ]
        for output in view["outputs"]
    ]
    table = _table(["output", "type", "shape", "size", "preview"], outputs) if outputs else ""
    history = "".join(
        _details(f"v{version['number']}, {when(version['created'])}", diff_html(version["lines"]))
        for version in view["versions"]
    )
    return _titled(
        f"{view['name']}  {status(view['status'])}",
        _line(view["why"], saved or took, maker, run_name(view["run"])),
        f"<pre>{escape(view['error'])}</pre>" if view["error"] else "",
        _line("not kept", view["not_kept"]) if view["not_kept"] else "",
        "".join(_line(remark) for remark in view["remarks"]),
        table,
        _changes("what changed", view["changes"]),
        _changes("inputs", view["inputs"]),
        _changes("files", view["files"]),
        _details("source", f"<pre>{escape(view['source'])}</pre>" if view["source"] else ""),
        _details("versions of its code", history),
    )


def _plan(view: PlanView) -> str:
    rows = [
        [
            row["name"],
            MARKS[row["verdict"]],
            seconds_text(row["expected"]) if row["verdict"] != "hit" else "",
            row["why"],
        ]
        for row in view["rows"]
    ]
    table = _table(["step", "plan", "expected", "why"], rows) if rows else ""
    return _titled(f"Plan of {view['pipeline'] or 'the notebook'}", _line(view["summary"]), table)


def _store(view: StoreView) -> str:
    limit = f" of {size_text(view['limit'])}" if view["limit"] is not None else ""
    rows = [
        [kept["name"], kept["step"], kept["type"], size_text(kept["size"])]
        for kept in view["largest"]
    ]
    return _titled(
        f"Store: {size_text(view['size'])}{limit}",
        _line(
            f"{view['artifacts']} artifacts",
            f"{view['runs']} runs",
            f"{size_text(view['reclaimable'])} can be collected",
        ),
        _table(["output", "step", "type", "size"], rows) if rows else "",
    )


def _notebook(view: NotebookView) -> str:
    rows = [[cell["name"], status(cell["status"]), cell["why"]] for cell in view["cells"]]
    title = run_name(view["run"]) or view["pipeline"] or "No pipeline yet"
    picture = _graph(view["graph"]) if view["graph"] else ""
    return picture or _titled(title, _table(["step", "status", "why"], rows) if rows else "")


_drawn = Drawing(_runs, _graph, _compare, _step, _plan, _store, _notebook)
