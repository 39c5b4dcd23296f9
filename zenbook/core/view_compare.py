"""Two runs side by side: only what differs is told, and the steps in the order of the newer one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zenbook.core.view_diff import diff, whole
from zenbook.core.view_runs import NAMES, VALUE, run_head, run_metrics
from zenbook.core.view_text import count_text, line
from zenbook.core.view_types import SCHEMA, CompareView, Line, Pair, Side, StepPair
from zenbook.model import Artifact, Part, Record, Run, Step, StepRun, Version


def compare_view(
    a: Run,
    b: Run,
    version_a: Version | None = None,
    version_b: Version | None = None,
    records: Mapping[str, Record] | None = None,
) -> CompareView:
    """Compare run ``a`` (the baseline) with run ``b``; ``records`` by id give parts and outputs."""
    steps = _steps(a, b, version_a, version_b, records or {})
    parameters = _pairs(a.parameters, b.parameters)
    metrics = _pairs(run_metrics(a), run_metrics(b))
    return {
        "kind": "compare",
        "schema": SCHEMA,
        "a": run_head(a),
        "b": run_head(b),
        "parameters": parameters,
        "metrics": metrics,
        "steps": steps,
        "summary": _summary(parameters, metrics, steps),
    }


def _pairs(old: Mapping[str, object], new: Mapping[str, object]) -> list[Pair]:
    """Names whose text differs."""
    told: list[Pair] = []
    for name in dict.fromkeys([*new, *old]):
        before = line(old[name], VALUE) if name in old else ""
        after = line(new[name], VALUE) if name in new else ""
        if before != after or (name in old) != (name in new):
            told.append({"name": line(name, NAMES), "a": before, "b": after})
    return told


def _steps(
    a: Run,
    b: Run,
    version_a: Version | None,
    version_b: Version | None,
    records: Mapping[str, Record],
) -> list[StepPair]:
    old = {step.step: step for step in a.steps}
    new = {step.step: step for step in b.steps}
    code_a, code_b = _codes(version_a), _codes(version_b)
    return [
        {
            "name": line(name, NAMES),
            "a": _side(old.get(name)),
            "b": _side(new.get(name)),
            "same": _same(old.get(name), new.get(name)),
            "code": _code(name, code_a, code_b),
            "parts": _parts(*_records(old.get(name), new.get(name), records)),
            "outputs": _outputs(*_records(old.get(name), new.get(name), records)),
        }
        for name in dict.fromkeys([*new, *old])
    ]


def _codes(version: Version | None) -> dict[str, Step] | None:
    """The steps of a run by name; None while it has no version: nobody knows their text then."""
    return {step.name: step for step in version.shape.steps} if version is not None else None


def _side(step: StepRun | None) -> Side | None:
    if step is None:
        return None
    return {
        "status": step.status,
        "why": line(step.why),
        "seconds": round(step.saved if step.status == "cached" else step.seconds, 3),
        "origin": line(step.origin, NAMES),
    }


def _same(a: StepRun | None, b: StepRun | None) -> bool:
    return a is not None and b is not None and a.record == b.record != ""


def _code(name: str, old: Mapping[str, Step] | None, new: Mapping[str, Step] | None) -> list[Line]:
    """Only a difference in meaning: comments and layout of an unchanged code are not told."""
    if old is None or new is None:
        return []
    a, b = old.get(name), new.get(name)
    if a is None:
        return whole(b.source, "+") if b is not None else []
    if b is None:
        return whole(a.source, "-")
    return diff(a.source, b.source) if a.code != b.code else []


def _records(
    a: StepRun | None, b: StepRun | None, records: Mapping[str, Record]
) -> tuple[Record | None, Record | None]:
    return (
        records.get(a.record) if a is not None else None,
        records.get(b.record) if b is not None else None,
    )


def _parts(a: Record | None, b: Record | None) -> list[Pair]:
    """Parts and reads with another digest; the code itself has its own diff."""
    if a is None or b is None or a.id == b.id:
        return []
    old, new = _named(a), _named(b)
    told: list[Pair] = [
        {
            "name": f"{kind} {line(name, NAMES)}",
            "a": _shown(old, key, key in new),
            "b": _shown(new, key, key in old),
        }
        for key in dict.fromkeys([*new, *old])
        for kind, name in [key]
        if kind != "code" and _digest(old, key) != _digest(new, key)
    ]
    return told[:100]


def _named(record: Record) -> dict[tuple[str, str], Part]:
    return {(part.kind, part.name): part for part in (*record.fingerprint.parts, *record.reads)}


def _digest(parts: Mapping[tuple[str, str], Part], key: tuple[str, str]) -> str | None:
    return parts[key].digest if key in parts else None


def _shown(parts: Mapping[tuple[str, str], Part], key: tuple[str, str], is_in_both: bool) -> str:
    """The preview; without one, the first digits of the digest where the other side has some."""
    part = parts.get(key)
    if part is None:
        return ""
    return line(part.shown or (part.digest[:8] if is_in_both else "used"), VALUE)


def _outputs(a: Record | None, b: Record | None) -> list[Pair]:
    if a is None or b is None or a.id == b.id:
        return []
    old = {artifact.name: artifact for artifact in a.outputs}
    new = {artifact.name: artifact for artifact in b.outputs}
    return [
        {"name": line(name, NAMES), "a": _artifact(old.get(name)), "b": _artifact(new.get(name))}
        for name in dict.fromkeys([*new, *old])
        if name not in old or name not in new or old[name].digest != new[name].digest
    ]


def _artifact(artifact: Artifact | None) -> str:
    if artifact is None:
        return ""
    shape = "×".join(map(str, artifact.shape)) if artifact.shape is not None else ""
    kind = artifact.type.rpartition(".")[2]
    said = not shape and artifact.preview.startswith(kind)  # as in `SVC(C=2)`
    words = ("" if said else kind, shape, artifact.preview)
    return line(" ".join(word for word in words if word), VALUE)


def _summary(parameters: Sequence[Pair], metrics: Sequence[Pair], steps: Sequence[StepPair]) -> str:
    code = [step for step in steps if step["code"]]
    told = [
        count_text(len(found), noun)
        for found, noun in ((parameters, "parameter"), (metrics, "metric"))
        if found
    ]
    told += [f"the code of {count_text(len(code), 'step')}"] if code else []
    same = sum(step["same"] for step in steps)
    shared = f"{same} of {count_text(len(steps), 'step')} gave the same result."
    is_one = len(told) == 1 and (told[0].startswith("1 ") or bool(code))
    differ = "differs" if is_one or not told else "differ"
    return f"{', '.join(told) or 'Nothing'} {differ}; {shared}"
