"""How records, shapes and lines of runs become JSON, and come back as the frozen values.

Constraints
    - A record's JSON is signed as bytes; ``version`` 1 below is part of it, so that a reader
      never has to guess what a field means. Another version is refused, never interpreted.
    - Reading is on the way of every hit (18 µs with ten parts), so parts and artifacts are
      lists in a fixed order instead of objects with keys; both directions are in this file.
    - Everything read is type-checked where a wrong type could travel on: a damaged row raises
      ValueError, TypeError, KeyError or IndexError here and is a refused record above.

Rejected: one column per field (a column is not covered by the signature); JSON objects for the
parts (1.3 times the bytes and twice the time to parse).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from zenbook.model import (
    Artifact,
    Change,
    Edge,
    Fingerprint,
    Options,
    Part,
    Read,
    Record,
    Shape,
    Step,
    StepRun,
)

FORMAT = 1
"""Version of the record's JSON."""

_STATUSES = frozenset({"running", "completed", "cached", "failed", "interrupted", "skipped"})
_SHOWN = 200
"""Characters kept of a value that JSON has no form for."""


class NewerFormat(ValueError):
    """The JSON was written in a format that this version does not know."""


# ---------------------------------------------------------------- records


def record_to_json(record: Record) -> dict[str, Any]:
    """All facts of a record as plain JSON values, ready to be made canonical and signed."""
    return {
        "version": FORMAT,
        "id": record.id,
        "sequence": record.sequence,
        "step": record.step,
        "key": record.fingerprint.key,
        "parts": [_part_to_json(part) for part in record.fingerprint.parts],
        "reads": [_part_to_json(read) for read in record.reads],
        "wrote": [_part_to_json(read) for read in record.wrote],
        "artifacts": [_artifact_to_json(artifact) for artifact in record.artifacts],
        "changed": [_artifact_to_json(artifact) for artifact in record.changed],
        "deleted": list(record.deleted),
        "random_after": [_artifact_to_json(artifact) for artifact in record.random_after],
        "displays": None if record.displays is None else _artifact_to_json(record.displays),
        "links": None if record.links is None else _artifact_to_json(record.links),
        "seals": dict(record.seals),
        "seconds": json_ready(record.seconds),
        "started": json_ready(record.started),
        "python": record.python,
        "run": record.run,
        "metrics": json_ready(record.metrics),
        "remarks": list(record.remarks),
    }


def record_from_json(facts: Any) -> Record:
    """The record that :func:`record_to_json` was given."""
    if not isinstance(facts, dict):
        raise ValueError("a record is no JSON object")
    if facts["version"] != FORMAT:
        raise NewerFormat("the record has another format")
    displays, links = facts["displays"], facts["links"]
    return Record(
        id=_text(facts["id"]),
        step=_text(facts["step"]),
        fingerprint=Fingerprint(tuple(map(_part, facts["parts"])), _text(facts["key"])),
        reads=tuple(map(_read, facts["reads"])),
        wrote=tuple(map(_read, facts["wrote"])),
        artifacts=tuple(map(_artifact, facts["artifacts"])),
        changed=tuple(map(_artifact, facts["changed"])),
        deleted=tuple(map(_text, facts["deleted"])),
        random_after=tuple(map(_artifact, facts["random_after"])),
        displays=None if displays is None else _artifact(displays),
        links=None if links is None else _artifact(links),
        seals={_text(blob): _text(seal) for blob, seal in facts["seals"].items()},
        seconds=float(facts["seconds"]),
        started=float(facts["started"]),
        python=_text(facts["python"]),
        run=_text(facts["run"]),
        metrics=dict(facts["metrics"]),
        remarks=tuple(map(_text, facts["remarks"])),
        sequence=_whole(facts["sequence"]),
    )


def blobs_of(record: Record) -> frozenset[str]:
    """Names of all blobs a record refers to."""
    beside = [kept for kept in (record.displays, record.links) if kept is not None]
    kept = (*record.artifacts, *record.changed, *record.random_after, *beside)
    return frozenset(artifact.blob for artifact in kept if artifact.blob)


# ---------------------------------------------------------------- shapes


def shape_to_json(shape: Shape) -> dict[str, Any]:
    """A shape whole: the steps with the text that a diff shows, and the wiring."""
    return {
        "version": FORMAT,
        "digest": shape.digest,
        "steps": [_step_to_json(step) for step in shape.steps],
        "edges": [[edge.source, edge.output, edge.target, edge.input] for edge in shape.edges],
        "parameters": list(shape.parameters),
    }


def shape_from_json(facts: Mapping[str, Any]) -> Shape:
    """The shape that :func:`shape_to_json` was given."""
    return Shape(
        digest=_text(facts["digest"]),
        steps=tuple(_step(step) for step in facts["steps"]),
        edges=tuple(Edge(*map(_text, edge)) for edge in facts["edges"]),
        parameters=tuple(map(_text, facts["parameters"])),
    )


def _step_to_json(step: Step) -> dict[str, Any]:
    options = step.options
    return {
        "name": step.name,
        "code": step.code,
        "source": step.source,
        "inputs": list(step.inputs),
        "outputs": list(step.outputs),
        "docstring": step.docstring,
        "options": {
            "enable_cache": options.enable_cache,
            "ttl": json_ready(options.ttl),
            "files": list(options.files),
            "ignore": list(options.ignore),
            "version": options.version,
            "retries": options.retries,
            "rng": options.rng,
            "seed": options.seed,
            "keep_only": list(options.keep_only),
        },
    }


def _step(facts: Mapping[str, Any]) -> Step:
    options = facts["options"]
    return Step(
        name=_text(facts["name"]),
        code=_text(facts["code"]),
        source=_text(facts["source"]),
        inputs=tuple(map(_text, facts["inputs"])),
        outputs=tuple(map(_text, facts["outputs"])),
        docstring=_text(facts["docstring"]),
        options=Options(
            enable_cache=options["enable_cache"],
            ttl=options["ttl"],
            files=tuple(map(_text, options["files"])),
            ignore=tuple(map(_text, options["ignore"])),
            version=_text(options["version"]),
            retries=_whole(options["retries"]),
            rng=options["rng"],
            seed=options.get("seed"),
            keep_only=tuple(map(_text, options["keep_only"])),
        ),
    )


# ---------------------------------------------------------------- lines of a run


def line_to_json(line: StepRun) -> dict[str, Any]:
    """One step's line of a run."""
    return {
        "step": line.step,
        "position": line.position,
        "status": line.status,
        "cause": line.cause,
        "why": line.why,
        "seconds": json_ready(line.seconds),
        "saved": json_ready(line.saved),
        "record": line.record,
        "origin": line.origin,
        "key": line.key,
        "error": line.error,
        "not_kept": line.not_kept,
        "remarks": list(line.remarks),
        "metrics": json_ready(line.metrics),
        "changes": [[_optional(change.old), _optional(change.new)] for change in line.changes],
    }


def line_from_json(facts: Mapping[str, Any]) -> StepRun:
    """The line that :func:`line_to_json` was given."""
    status = facts["status"]
    if status not in _STATUSES:
        raise ValueError("a step has an unknown status")
    return StepRun(
        step=_text(facts["step"]),
        position=_whole(facts["position"]),
        status=status,
        cause=_text(facts["cause"]),
        why=_text(facts["why"]),
        seconds=float(facts["seconds"]),
        saved=float(facts["saved"]),
        record=_text(facts["record"]),
        origin=_text(facts["origin"]),
        key=_text(facts["key"]),
        error=_text(facts["error"]),
        not_kept=_text(facts["not_kept"]),
        remarks=tuple(map(_text, facts["remarks"])),
        metrics=dict(facts["metrics"]),
        changes=tuple(_change(*change) for change in facts["changes"]),
    )


def _change(old: Any, new: Any) -> Change:
    return Change(None if old is None else _part(old), None if new is None else _part(new))


def _optional(part: Part | None) -> list[str] | None:
    return None if part is None else _part_to_json(part)


# ---------------------------------------------------------------- small pieces


def json_ready(value: Any) -> Any:
    """The nearest JSON value: numbers stay numbers, what JSON has no form for becomes text."""
    if value is None or isinstance(value, (bool, str)):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else repr(float(value))
    if isinstance(value, Mapping):
        return {str(name): json_ready(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        return [json_ready(item) for item in value]
    return _number_or_text(value)


def _number_or_text(value: Any) -> Any:
    """A numpy scalar or a zero-dimensional tensor as the number it holds; else its text."""
    item = getattr(value, "item", None)
    if callable(item) and not getattr(value, "shape", ()):
        number = item()
        if isinstance(number, (bool, int, float, str)):
            return json_ready(number)
    return str(value)[:_SHOWN]


def _part_to_json(part: Part) -> list[str]:
    return [part.kind, part.name, part.digest, part.shown]


def _artifact_to_json(kept: Artifact) -> list[Any]:
    shape = None if kept.shape is None else [int(length) for length in kept.shape]
    return [
        kept.name,
        kept.digest,
        kept.blob,
        int(kept.size),
        kept.type,
        shape,
        kept.preview,
        kept.alias,
        list(kept.packages),
    ]


def _part(facts: Any) -> Part:
    kind, name, digest, shown = facts
    return Part(kind, name, digest, shown)


def _read(facts: Any) -> Read:
    kind, name, digest, shown = facts
    return Read(kind, name, digest, shown)


def _artifact(facts: Any) -> Artifact:
    name, digest, blob, size, type_, shape, preview, alias, packages = facts
    lengths = None if shape is None else tuple(map(_whole, shape))
    return Artifact(
        _text(name),
        digest,
        _text(blob),
        _whole(size),
        type_,
        lengths,
        preview,
        alias,
        tuple(map(_text, packages)),
    )


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("text was expected")


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("a whole number was expected")
