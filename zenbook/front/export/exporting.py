"""From a notebook's file to a script's file, and what to tell of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from zenbook.errors import ExportError
from zenbook.front.export.history import Recorded, recorded
from zenbook.front.export.plan import Plan, make_plan, refuse_empty
from zenbook.front.export.reading import Notebook, read_notebook
from zenbook.front.export.titles import identifier
from zenbook.front.export.writing import Script, Target


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
    outputs: tuple[tuple[str, str], ...] = field(default=())

    def __repr__(self) -> str:
        return "\n".join(self.told(full=False))

    def told(self, full: bool) -> Iterator[str]:
        """The summary in lines; with every cell's decision if ``full``."""
        yield f"{self.file}: {len(self.steps)} steps ({', '.join(self.steps)})"
        if self.verified:
            yield self.verified
        for note in self.notes:
            yield note
        for decision in self.decisions:
            if full or decision.what == "left out":
                why = f": {decision.why}" if decision.why else ""
                yield f"  cell {decision.cell}: {decision.what}{why}"


def export_notebook(
    file: Path,
    output: Path | None,
    target: Target,
    verify: bool | None,
    check: bool,
    allow_magics: bool,
) -> Exported:
    """See :func:`zenbook.front.export.export`."""
    notebook = read_notebook(file, allow_magics)
    place = output or file.with_name(f"{identifier(file.stem)}.py")
    known = recorded(notebook)
    plan = make_plan(notebook, known.facts)
    refuse_empty(plan)
    script = Script(plan, shown_path(file), target)
    exported = _exported(place, script, plan)
    _compile(exported.text, file)
    if check:
        return _checked(exported)
    place.write_text(exported.text, encoding="utf-8")
    return exported


def _exported(place: Path, script: Script, plan: Plan) -> Exported:
    return Exported(
        file=place,
        text=script.text(),
        decisions=tuple(decisions(plan, script)),
        steps=tuple(title.name for title in script.titles),
        notes=tuple(_notes(plan)),
    )


def _checked(exported: Exported) -> Exported:
    from dataclasses import replace

    try:
        now = exported.file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return replace(exported, drifted=True, verified=f"{exported.file} does not exist.")
    drifted = now != exported.text
    told = "differs from what the notebook gives now." if drifted else "is up to date."
    return replace(exported, drifted=drifted, verified=f"{exported.file} {told}")


def _compile(text: str, file: Path) -> None:
    """The text must be Python before it is anything else. Raises ExportError."""
    try:
        compile(text, "<script>", "exec", dont_inherit=True)
    except SyntaxError as error:
        line = (text.splitlines() or [""])[(error.lineno or 1) - 1].strip()
        raise ExportError(
            f"{file.name} gives a script that is no Python ({error.msg}: {line}). "
            "This statement cannot stand inside a function; move it into a module of its own."
        ) from error


def shown_path(file: Path) -> str:
    """The notebook's path from its project's root, so that it is the same wherever one exports."""
    whole = file.resolve()
    for folder in whole.parents:
        if any((folder / mark).exists() for mark in (".git", "pyproject.toml", ".zenbook")):
            return whole.relative_to(folder).as_posix()
    return file.name


def decisions(plan: Plan, script: Script) -> Iterator[Decision]:
    """What became of each code cell, in document order."""
    for cell in plan.notebook.cells:
        found: list[str] = []
        for group, title in zip(plan.groups, script.titles, strict=True):
            if cell in group.cells:
                found.append(f"step {title.name}")
        kinds = {plan.module.kind(piece) for piece in plan.pieces if piece.cell is cell}
        if kinds - {"body"}:
            found.append("module code")
        if cell.is_parameters:
            found.append("parameters")
        if found:
            yield Decision(cell.number, " and ".join(found), "; ".join(cell.notes))
        else:
            yield Decision(cell.number, "left out", plan.left_out.get(cell.number, ""))


def _notes(plan: Plan) -> Iterator[str]:
    for group in plan.groups:
        for why in group.merged:
            cells = ", ".join(str(cell.number) for cell in group.cells)
            yield f"cells {cells} are one step: {why}"
    yield from (
        f"cell {cell.number}: {note}" for cell in plan.notebook.cells for note in cell.notes
    )


