"""From a notebook's file to a script's file, and what to tell of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from zenbook.errors import ExportError
from zenbook.front.export.asked import asking
from zenbook.front.export.facts import Facts
from zenbook.front.export.failing import failure
from zenbook.front.export.foreign import refuse_zenbook, translated
from zenbook.front.export.formatting import formatted, says_the_same
from zenbook.front.export.history import Recorded, recorded
from zenbook.front.export.layout import one_line
from zenbook.front.export.memory import without_memory
from zenbook.front.export.placing import place_of, put
from zenbook.front.export.plan import Plan, make_plan, refuse_empty
from zenbook.front.export.reading import Notebook, SourceCell, read_notebook
from zenbook.front.export.remembered import names_of
from zenbook.front.export.seeds import refuse_seeds
from zenbook.front.export.stars import without_stars
from zenbook.front.export.verifying import Comparison, compare, settle, trial
from zenbook.front.export.writing import Script, Target
from zenbook.front.export.written import module_written

_NOT_VERIFIED = "not verified: the notebook has not run (--verify runs it and the script)"


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a cell: ``step``, ``module code``, ``parameters`` or ``left out``, and why."""

    cell: int
    what: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Exported:
    """An export: the script's path and text, a decision for every cell, what was verified."""

    file: Path
    text: str
    decisions: tuple[Decision, ...]
    steps: tuple[str, ...]
    notes: tuple[str, ...] = ()
    verified: str = ""
    """``9/9 outputs identical``, or why nothing was compared."""
    drifted: bool | None = None
    """With ``check``: whether the script on disk is not what the notebook gives now."""

    def __repr__(self) -> str:
        return "\n".join(self.told(full=False))

    def told(self, full: bool) -> Iterator[str]:
        """The summary in lines; with every cell's decision if ``full``."""
        steps = "1 step" if len(self.steps) == 1 else f"{len(self.steps)} steps"
        listed = f"{steps} ({', '.join(self.steps)})" if self.steps else "only definitions, no step"
        yield f"{self.file}: {listed}"
        if self.verified:
            yield self.verified
        yield from (f"  {note}" if note.startswith("cell ") else note for note in self.notes)
        for decision in self.decisions:
            if full or decision.what == "left out":
                why = f": {decision.why}" if decision.why else ""
                yield f"  cell {decision.cell}: {decision.what}{why}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for."""

    target: Target = "zenbook"
    verify: bool | None = None
    check: bool = False
    allow_magics: bool = False
    order: str | None = None


def export_notebook(file: Path, output: Path | None, wanted: Wanted) -> Exported:
    """See :func:`zenbook.front.export.export`."""
    notebook = _read(file, wanted)
    place = place_of(file, output)
    known = recorded(notebook)
    facts = known.facts
    verifies = wanted.verify if wanted.verify is not None else has_run(notebook, known)
    is_covered = _is_covered(notebook, known)
    if verifies and not is_covered:
        facts = trial(notebook)
        notebook = _forgiving(notebook, facts, wanted)
    try:
        exported = _best(notebook, facts, place, wanted, verifies)
    except ExportError:
        if not (verifies and is_covered):
            raise
        # records know steps only, and a run that may have had other parameters; a run of every
        # cell is like the script's, and also tells what shares objects
        facts = trial(notebook)
        exported = _best(_forgiving(notebook, facts, wanted), facts, place, wanted, verifies)
    if wanted.check:
        return _checked(exported)
    put(place, exported.text)
    return exported


def _read(file: Path, wanted: Wanted, facts: Facts | None = None) -> Notebook:
    """The notebook as the plan takes it; with ``facts``, what failed in it is known."""
    failed = {number: cell.failed for number, cell in facts.cells.items()} if facts else None
    notebook = in_order(read_notebook(file, wanted.allow_magics, failed), wanted.order)
    return without_memory(without_stars(notebook))


def _forgiving(notebook: Notebook, facts: Facts, wanted: Wanted) -> Notebook:
    """The notebook whose script goes on after the commands that the run has seen fail."""
    if any(cell.failed for cell in facts.cells.values()):
        return _read(notebook.file, wanted, facts)
    return notebook


def _is_covered(notebook: Notebook, known: Recorded) -> bool:
    """Whether the records tell all that a trial would."""
    if not known.records:
        return False
    try:
        return known.covers(make_plan(notebook, known.facts).groups)
    except ExportError:
        return False  # what the records do not know, a trial may


def _best(
    notebook: Notebook, facts: Facts, place: Path, wanted: Wanted, verifies: bool
) -> Exported:
    """The finest script that gives what the notebook gives. Raises ExportError if none does."""
    comparison = Comparison()
    for single in (False, True):
        plan = _plan(notebook, facts, single, wanted.target)
        script = Script(plan, shown_path(notebook.file), wanted.target)
        exported = _exported(place, script, plan)
        try:
            _compile(exported.text, notebook.file)
        except ExportError:
            if single or notebook.has_steps:
                raise
            continue
        if not verifies:
            told = "" if wanted.verify is False or wanted.check else _NOT_VERIFIED
            return replace(exported, verified=told)
        if wanted.target == "zenml":  # its steps without ZenML, which may live elsewhere
            plain = _plan(notebook, facts, single, "python", apart=True)
            comparison = _verified(Script(plain, script.path, "python"), facts)
        else:
            comparison = _verified(script, facts)
        if comparison.holds:
            told = str(comparison) if plan.groups else "nothing to compare"
            return replace(exported, verified=told)
        if (better := asking(notebook, comparison, plan, script)) is not notebook:
            return _best(better, facts, place, wanted, verifies)
        if notebook.has_steps or len(plan.groups) == 1:
            break
    raise ExportError(failure(comparison, plan, script))


def _plan(
    notebook: Notebook, facts: Facts, single: bool, target: Target, apart: bool | None = None
) -> Plan:
    """The plan for a target. Raises ExportError."""
    apart = target == "zenml" if apart is None else apart
    plan = make_plan(translated(notebook, target), facts, single, apart)
    refuse_empty(plan)
    refuse_seeds(plan)
    refuse_zenbook(plan, target)
    return plan


def _verified(script: Script, facts: Facts) -> Comparison:
    """What differs from a trial may differ between trials, too; what differs from a record may be
    of another parameter, so that a trial has to tell first."""
    found = compare(script.text(), script, facts)
    if found.differ and not found.error and not facts.recorded:
        return settle(found, script, facts)
    return found


def has_run(notebook: Notebook, known: Recorded) -> bool:
    """Whether the notebook has run: it holds outputs or counts, or the history knows it."""
    return bool(known.records) or any(c.executed or c.outputs for c in notebook.cells)


def in_order(notebook: Notebook, order: str | None) -> Notebook:
    """The notebook's cells in the order that counts. Raises ExportError if that is not clear."""
    counted = [cell for cell in notebook.cells if cell.executed and not cell.skipped]
    by_run = sorted(counted, key=lambda cell: cell.executed or 0)
    if order == "document" or counted == by_run:
        return notebook
    if order == "run":
        return _as_run(notebook, counted, by_run)
    document, run = _sources(counted), _sources(by_run)
    if document == run:
        return notebook
    lacks_in_document, lacks_in_run = _lacks(document, run), _lacks(run, document)
    if lacks_in_run and not lacks_in_document:
        return _noted(notebook, _ONLY.format("the document's order", lacks_in_run))
    if lacks_in_document and not lacks_in_run:
        told = _ONLY.format("the order of the run", lacks_in_document)
        return _noted(_as_run(notebook, counted, by_run), told)
    moved = next(a for a, b in zip(counted, by_run, strict=True) if a is not b)
    raise ExportError(
        f"Cell {moved.number} was not executed in its place, and the order makes a difference. "
        "Say which order counts with --order document or --order run."
    )


_ONLY = "cells were not executed in their places; {} counts, for only there `{}` is made in time"


def _noted(notebook: Notebook, remark: str) -> Notebook:
    return replace(notebook, remarks=(*notebook.remarks, remark))


def _as_run(notebook: Notebook, counted: list[SourceCell], by_run: list[SourceCell]) -> Notebook:
    """The notebook with its cells in the order of the run."""
    rest = [cell for cell in notebook.cells if cell not in counted]
    first = [cell for cell in rest if cell.number < counted[0].number]
    later = [cell for cell in rest if cell not in first]
    return replace(notebook, cells=(*first, *by_run, *later))


def _lacks(one: dict[tuple[int, str], int], other: dict[tuple[int, str], int]) -> str:
    """A name that a cell reads before it is made in one order and not in the other, "" if none."""
    return next((key[1] for key, source in sorted(one.items()) if not source and other[key]), "")


def _sources(cells: list[SourceCell]) -> dict[tuple[int, str], int]:
    current: dict[str, int] = {}
    found: dict[tuple[int, str], int] = {}
    for cell in cells:
        names = names_of(cell.tree)
        for name in names.reads:
            found[cell.number, name] = current.get(name, 0)
        current.update(dict.fromkeys(names.writes, cell.number))
    return found


def _exported(place: Path, script: Script, plan: Plan) -> Exported:
    return Exported(
        file=place,
        text=formatted(script.text(), place),
        decisions=tuple(decisions(plan, script)),
        steps=script.steps,
        notes=tuple(dict.fromkeys(_notes(plan))),
    )


def _checked(exported: Exported) -> Exported:
    try:
        now = exported.file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return replace(exported, drifted=True, verified=f"{exported.file} does not exist.")
    drifted = not says_the_same(now, exported.text)
    told = "differs from what the notebook gives now." if drifted else "is up to date."
    return replace(exported, drifted=drifted, verified=f"{exported.file} {told}")


def _compile(text: str, file: Path) -> None:
    """The text must be Python before it is anything else. Raises ExportError."""
    try:
        compile(text, "<script>", "exec", dont_inherit=True)
    except SyntaxError as error:
        line = text.split("\n")[(error.lineno or 1) - 1].strip()
        raise ExportError(
            f"{file.name} gives a script that is no Python ({error.msg}: {line}). "
            "This statement cannot stand inside a function; move it into a module of its own."
        ) from error


def shown_path(file: Path) -> str:
    """The notebook's path from its project's root, so that it is the same wherever one exports."""
    whole = file.resolve()
    for folder in whole.parents:
        if any((folder / mark).exists() for mark in (".git", "pyproject.toml", ".zenbook")):
            return one_line(whole.relative_to(folder).as_posix())
    return one_line(file.name)


def decisions(plan: Plan, script: Script) -> Iterator[Decision]:
    """What became of each code cell, in document order."""
    told: dict[SourceCell, list[str]] = {}
    for group, title in zip(plan.groups, script.titles, strict=True):
        what = f"function {title.function}, which runs each time"
        for cell in group.cells:
            told.setdefault(cell, []).append(
                f"step {title.name}" if script.is_step(group) else what
            )
    in_module = {piece.cell for piece in plan.pieces if plan.module.kind(piece) != "body"}
    for cell in plan.notebook.cells:
        found = told.get(cell, [])
        if cell in in_module:
            found.append("module code")
        if cell.is_parameters:
            found.append("parameters")
        why = plan.left_out.get(cell.number, "")
        if not found or (why and cell not in told):
            kept = "; what it imports or defines is module code" if found else ""
            if file := module_written(cell, plan):
                kept = f"; it writes {file}, which is imported: keep that file beside the script"
            yield Decision(cell.number, "left out", f"{why}{kept}")
        else:
            yield Decision(cell.number, " and ".join(found), "; ".join(cell.notes))


def _notes(plan: Plan) -> Iterator[str]:
    yield from plan.notebook.remarks
    for group in plan.groups:
        for why in group.merged:
            cells = ", ".join(str(cell.number) for cell in group.cells)
            yield f"cells {cells} are one step: {why}"
    yield from (
        f"cell {cell.number}: {note}"
        for cell in plan.notebook.cells
        if cell.number not in plan.left_out
        for note in cell.notes
    )
