"""One step: why it ran, what it read and gave, who made the result, and how its code came about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zenbook.core.view_diff import diff, whole
from zenbook.core.view_runs import NAMES, VALUE, metrics_of, run_head
from zenbook.core.view_text import line, number, plain
from zenbook.core.view_types import (
    SCHEMA,
    ChangeLine,
    DisplayLine,
    OutputLine,
    StepView,
    VersionLine,
)
from zenbook.model import Artifact, Change, Part, Record, Run, Step, StepRun, Version

TEXT, IMAGE, SOURCE, ERROR, DISPLAYS = 20_000, 400_000, 60_000, 4_000, 30
"""Characters of one text, image (base64), source and error; and how many displays are shown."""


def step_view(
    name: str,
    run: Run | None,
    record: Record | None = None,
    origin: Run | None = None,
    versions: Sequence[Version] = (),
    displays: Sequence[Mapping[str, Any]] = (),
) -> StepView:
    """Step ``name`` of ``run``; ``record`` is the result it used, which ``origin`` made.

    ``versions`` (any order) are the pipeline's; ``displays`` the recorded events.
    """
    done = next((step for step in run.steps if step.step == name), None) if run else None
    parts = record.fingerprint.parts if record is not None else ()
    left = record.left if record is not None else {}
    return {
        "kind": "step",
        "schema": SCHEMA,
        "pipeline": line(run.pipeline if run is not None else "", NAMES),
        "name": line(name, NAMES),
        "run": run_head(run) if run is not None else None,
        "origin": run_head(origin) if origin is not None else None,
        "status": done.status if done is not None else "waiting",
        "cause": line(done.cause, 40) if done is not None else "",
        "why": line(_why(done)) if done is not None else "",
        "seconds": number(done.seconds) if done is not None else None,
        "saved": round(done.saved, 3) if done is not None else 0.0,
        "error": plain(done.error, ERROR) if done is not None else "",
        "not_kept": line(done.not_kept, 400) if done is not None else "",
        "remarks": [line(remark, 400) for remark in (done.remarks[:20] if done else ())],
        "metrics": metrics_of(done.metrics) if done is not None else {},
        "changes": [change_line(change) for change in (done.changes[:100] if done else ())],
        "inputs": [_input(part, left) for part in parts if part.kind == "input"],
        "outputs": [_output(artifact) for artifact in (record.outputs if record else ())],
        "files": _files(record) if record is not None else [],
        "displays": list(_displays(displays)),
        "source": plain(_source(name, run, versions), SOURCE),
        "versions": _history(name, versions),
    }


def _why(done: StepRun) -> str:
    """Why it ran, without what it says of being kept itself."""
    told = done.why.removesuffix(done.not_kept) if done.not_kept else done.why
    return told.removesuffix(": ")


def change_line(change: Change) -> ChangeLine:
    """A change with its old and new preview; first digits of the digest where there is none, and
    all that a setting says where those are the same."""
    old, new = _short(change.old), _short(change.new)
    if old == new and change.part.kind == "setting":
        old, new = (line(one.digest, VALUE) if one else "" for one in (change.old, change.new))
    return {
        "kind": change.part.kind,
        "name": line(change.part.name, NAMES),
        "old": old,
        "new": new,
    }


def _short(part: Part | None) -> str:
    return line(part.shown or part.digest[:8], VALUE) if part is not None else ""


def _input(part: Part, left: Mapping[str, Artifact]) -> ChangeLine:
    """An input's value; of one that the step ``changed`` in place, the old and the new one."""
    name, shown = line(part.name, NAMES), _short(part)
    if (later := left.get(part.name)) is None:
        return {"kind": part.kind, "name": name, "old": "", "new": shown}
    after = line(later.preview or later.digest[:8], VALUE)
    return {"kind": "changed", "name": name, "old": shown, "new": after}


def _output(artifact: Artifact) -> OutputLine:
    return {
        "name": line(artifact.name, NAMES),
        "type": line(artifact.type, VALUE),
        "shape": list(artifact.shape) if artifact.shape is not None else None,
        "size": artifact.size,
        "preview": line(artifact.preview, VALUE),
        "digest": artifact.digest[:8],
        "alias": line(artifact.alias, NAMES),
    }


def _files(record: Record) -> list[ChangeLine]:
    """What was read of the world (``read``) and what was written (``wrote``)."""
    told = [("read", read) for read in record.reads if read.kind in ("file", "variable")]
    told += [("wrote", read) for read in record.wrote]
    return [
        {"kind": how, "name": line(read.name, 300), "old": "", "new": _short(read)}
        for how, read in told[:200]
    ]


def _displays(events: Sequence[Mapping[str, Any]]) -> Iterator[DisplayLine]:
    """Texts and PNG images only: HTML and scripts of a result are never part of a View."""
    for event in events[:DISPLAYS]:
        bundle = event.get("data")
        if isinstance(event.get("text"), str):
            kind = "error" if event.get("name") == "stderr" else "text"
            yield {"kind": kind, "text": plain(event["text"], TEXT)}  # type: ignore[typeddict-item]
        elif isinstance(bundle, Mapping):
            yield from _rich(bundle)


def _rich(bundle: Mapping[str, Any]) -> Iterator[DisplayLine]:
    image, text = bundle.get("image/png"), bundle.get("text/plain")
    if isinstance(image, str) and len(image) <= IMAGE:
        yield {"kind": "image", "text": "".join(image.split())}
    elif isinstance(text, str):
        yield {"kind": "text", "text": plain(text, TEXT)}


def _step_in(name: str, version: Version) -> Step | None:
    return next((step for step in version.shape.steps if step.name == name), None)


def _source(name: str, run: Run | None, versions: Sequence[Version]) -> str:
    wanted = run.version if run is not None else None
    held = [version for version in versions if _step_in(name, version) is not None]
    chosen = next((version for version in held if version.number == wanted), None)
    newest = chosen or max(held, key=lambda version: version.number, default=None)
    step = _step_in(name, newest) if newest is not None else None
    return step.source if step is not None else ""


def _history(name: str, versions: Sequence[Version]) -> list[VersionLine]:
    """The pipeline versions in which this step's code changed, newest first."""
    told: list[VersionLine] = []
    before: Step | None = None
    for version in sorted(versions, key=lambda version: version.number):
        step = _step_in(name, version)
        if step is None or (before is not None and step.code == before.code):
            continue
        lines = diff(before.source, step.source) if before is not None else whole(step.source)
        told.append(
            {
                "number": version.number,
                "created": round(version.created, 3),
                "code": step.code[:8],
                "lines": lines,
            }
        )
        before = step
    return told[::-1][:50]
