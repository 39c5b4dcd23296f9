"""``zenbook plan notebook.ipynb``: what a run would do, as far as it can be told without a kernel.

Each kept result of a step is compared, part by part, with what the file tells now: the step's
code and options, literals and parameters, the functions it uses, the results of the steps before
it, the files that were read, the versions of libraries. Where one fits, the step is a hit. What
only a kernel knows (a value that a plain cell computes, a module of the user's that was written
since) makes the step wait for that, and is named.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from contextlib import chdir
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FunctionType
from typing import Any

from zenbook.core.code_facts import names_within
from zenbook.core.kinds import is_a
from zenbook.core.names import Names, analyse
from zenbook.core.preview import preview
from zenbook.core.source import Body, code_of_cell
from zenbook.core.source_helpers import Apart, codes_of
from zenbook.core.verdict import SETTINGS, miss_after, miss_for
from zenbook.engine.decide import lacking_in, said_to_run
from zenbook.engine.desk import Desk, open_desk
from zenbook.engine.handles import RunHandle
from zenbook.engine.sitting import Sitting
from zenbook.front.notebook.book import tree_of
from zenbook.front.notebook.cell import Cell, ends_quietly, read_cell
from zenbook.front.notebook.definitions import MADE, bound_names
from zenbook.front.notebook.given import ABOVE_ALL, Given
from zenbook.front.notebook.marker import find_marker
from zenbook.front.notebook.notebook_name import pipeline_name
from zenbook.front.notebook.option_table import PIPELINE_OPTIONS
from zenbook.front.notebook.options import StepLine, cache_switch, parse, parse_step_line
from zenbook.front.notebook.told import Told
from zenbook.model import (
    Artifact,
    Call,
    Change,
    Hit,
    Miss,
    Part,
    Plan,
    PlannedStep,
    Record,
    Step,
    Unsure,
    Verdict,
)

_NOT_RUN = "skip-execution"
"""The tag of cells that nbclient does not run."""
_RUNS = 50
"""Results of so many runs are looked through."""
_NAME = re.compile(r"[^\W\d]\w*")
_TELLING = ("code", "use", "input", "setting", "file", "variable", "random", "environment")
"""The change of a kind that stands first tells most."""
_PIPELINE = re.compile(r"^%pipeline\b(?P<said>.*)$", re.MULTILINE)


def foresee(file: Path, notebook: Any, given: Given, no_cache: bool) -> Foresight:
    """Look at every cell of a notebook, from its folder as a kernel does. Raises OptionError."""
    folder = file.resolve().parent
    with chdir(folder):
        return _foresee(Told(folder), file, notebook, given, no_cache)


def _foresee(told: Told, file: Path, notebook: Any, given: Given, no_cache: bool) -> Foresight:
    told.given(given.below(ABOVE_ALL))
    desk, name = open_desk(told.folder), pipeline_name(file)
    sitting = Sitting(name, run_cache=False if no_cache else None, rebinds=True)
    foresight = Foresight(desk, told, sitting)
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and _NOT_RUN not in cell.metadata.get("tags", ()):
            foresight.pass_cell(place + 1, cell.source)
        told.given(given.below(place))
    return foresight


@dataclass(slots=True, eq=False)
class Foresight:
    """Passes the cells of a notebook from its top, with a verdict for each step; ``remarks`` are
    what would surprise somebody who runs it, ``writers`` the steps that may write files anew."""

    desk: Desk
    told: Told
    sitting: Sitting
    planned: dict[str, PlannedStep] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    writers: dict[str, str] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        """The verdicts."""
        return Plan(self.sitting.pipeline, tuple(self.planned.values()))

    def pass_cell(self, number: int, source: str) -> None:
        """Look at one cell, and remember what its names stand for below it."""
        for line in _PIPELINE.finditer(source):
            words, options = parse(line["said"], PIPELINE_OPTIONS, "%pipeline")
            named = words[0] if words else self.sitting.pipeline
            self.sitting = replace(
                self.sitting, pipeline=named, pipeline_cache=cache_switch(options)
            )
        try:
            tree = tree_of(source)
        except SyntaxError as error:
            where = f" (its line {error.lineno})" if error.lineno else ""
            self.remarks.append(f"Cell {number} is no Python, and ends a run: {error.msg}{where}.")
            return
        marker = find_marker(source.splitlines())
        if marker is None:
            self.told.cell(number, tree)
            return
        said = parse_step_line(marker.options)
        cell = _read(tree, source, said)
        name = cell.name
        now = _Now(tree, cell, said, analyse(tree), self.told, number, self)
        verdict, expected = self._verdict(name, now), self.desk.expected
        seconds = 0.0 if isinstance(verdict, Hit) else expected(name, self.sitting.pipeline)
        self.planned[name] = PlannedStep(name, verdict, seconds)
        changed = verdict.record.left if isinstance(verdict, Hit) else None
        if changed is None and (before := self.desk.latest(name, self.sitting.pipeline)):
            self.writers.update(dict.fromkeys((read.name for read in before.wrote), name))
        self.told.cell(number, tree, name, changed)

    def _verdict(self, name: str, now: _Now) -> Verdict:
        if told := said_to_run(now.said.options, self.sitting):
            return told
        nearest = self.desk.latest(name, self.sitting.pipeline)
        waits: dict[str, None] = {}
        expired: Miss | None = None
        for record in self._records(nearest, now.code):
            changes, unknown = now.against(record)
            if changes:
                continue
            if against := self._unusable(record, now):
                expired = expired or against
            elif not unknown:
                return Hit(record)
            else:
                waits = waits or unknown
        if waits:
            return Unsure(tuple(waits))
        if expired is not None:
            return expired
        changes = now.against(nearest)[0] if nearest is not None else []
        if changes:
            return miss_for(changes)
        return miss_after(self.desk.last_line(name, self.sitting.pipeline))

    def _unusable(self, record: Record, now: _Now) -> Miss | None:
        ttl = now.said.options.ttl
        age = self.desk.clock.now() - record.started - record.seconds
        if ttl is not None and not 0 <= age < ttl:
            return Miss((), "expired", "expired")
        if lacking := lacking_in(record, now.call, self.sitting):
            return lacking
        if gone := self.desk.missing_blob(record):
            return Miss((), "damaged", f"the kept {gone} is gone")
        return None

    def _records(self, nearest: Record | None, code: Part) -> Iterator[Record]:
        """Results of this code in the newest runs, whatever the step was called then."""
        history = self.desk.history
        seen: set[str] = set()
        found = [nearest] if nearest is not None else []
        for run in (
            *history.runs(pipeline=self.sitting.pipeline, limit=_RUNS),
            *history.runs(limit=_RUNS),
        ):
            for step in run.steps:
                record = history.record(step.record) if step.record not in seen else None
                seen.add(step.record)
                if record is not None:
                    found.append(record)
        return (one for one in found if code in one.fingerprint.parts)


@dataclass(frozen=True, slots=True, eq=False)
class _Now:
    """A step's cell as the file has it now."""

    tree: ast.Module
    cell: Cell
    said: StepLine
    names: Names
    told: Told
    number: int
    seen: Foresight

    @property
    def body(self) -> Body:
        return self.cell.body

    @property
    def call(self) -> Call:
        """What is asked of a record, as a call without values."""
        outputs = self.cell.given(self.said.options.keep_only)
        step = Step(self.cell.name, self.body.code, "", (), outputs)
        return Call(step, {}, None, options=self.said.options, shows=self.cell.shows)

    @property
    def code(self) -> Part:
        return Part("code", "", self.body.key or self.body.code)

    def against(self, record: Record) -> tuple[list[Change], dict[str, None]]:
        """What differs from when this was kept, and what nobody knows without a kernel."""
        changes: list[Change] = []
        unknown: dict[str, None] = {}
        old: dict[tuple[str, str], Part] = {
            (part.kind, part.name): part for part in record.fingerprint.parts
        }
        for part in old.values():
            change, waits = self._part(part, record)
            changes += [change] if change is not None else []
            unknown.update(dict.fromkeys(waits))
        changes += self._new({name for _, name in old})
        changes += self._new_settings(old)
        for read in (*record.reads, *record.wrote):
            if read.kind == "file" and (by := self.seen.writers.get(read.name.removesuffix("?"))):
                unknown[by] = None
            elif (
                read.kind in ("file", "variable")
                and (again := self.seen.desk.watch.again(read)) != read
            ):
                changes.append(Change(read, again))
            elif read.kind == "random" and self.said.options.rng != "ignore":
                unknown.update(dict.fromkeys(self.told.random_state(read)))
        changes.sort(key=lambda change: _TELLING.index(change.part.kind))
        return changes, unknown

    # ------------------------------------------------------------ one part

    def _part(self, part: Part, record: Record) -> tuple[Change | None, tuple[str, ...]]:
        match part.kind:
            case "code":
                return self._changed(part, self.code), ()
            case "setting" if part.name in ("version", "seed"):
                return self._changed(part, self._settings().get(part.name)), ()
            case "environment" if part.shown and not part.name.endswith(SETTINGS):
                now = self.seen.desk.code.environment({part.name})
                same = next((one for one in now if one.name == part.name), part)
                return self._changed(part, same), ()
            case "input" | "use":
                return self._named(part, record)
        return None, ()

    def _changed(self, old: Part, new: Part | None) -> Change | None:
        return None if new == old else Change(old, new)

    def _named(self, part: Part, record: Record) -> tuple[Change | None, tuple[str, ...]]:
        """An input, or something that the code uses."""
        found = _NAME.match(part.name)
        name, told = found[0] if found else "", self.told
        if part.kind == "input" and self.said.inputs is not None and not self._is_said(name):
            return Change(part, None), ()
        if name in told.values and part.name == name:
            digest = self.seen.desk.digester().digest(told.values[name])
            now = Part(part.kind, name, digest, preview(told.values[name]))
            return (None if digest == part.digest else Change(part, now)), ()
        own = {node.name for node in self.tree.body if isinstance(node, MADE)}
        if part.kind == "use" and name in own and self._is_as_then(record):
            return None, self._written_since(record)
        if part.kind == "use" and (name in told.defined or name in own):
            return self._function(part, name)
        if name in told.makers:
            return self._made(part, name, told.makers[name])
        if name in told.cells:
            return None, (f"cell {told.cells[name]}",)
        return None, () if self._is_library(name) else self._written_since(record)

    def _is_as_then(self, record: Record) -> bool:
        """Whether the cell with all it defines is what it was when this was kept."""
        return _code_then(record, self.seen.desk) == self.body.code

    def _written_since(self, record: Record) -> tuple[str, ...]:
        """The user's own modules that may be others by now."""
        files = self.told.sources(self._imports())
        since = [file.name for file in files if file.stat().st_mtime > record.started]
        return tuple(f"the import of {file}" for file in since)

    def _is_said(self, name: str) -> bool:
        return name in (*(self.said.inputs or ()), *self.said.added)

    def _imports(self) -> list[ast.stmt]:
        kinds = (ast.Import, ast.ImportFrom)
        own = [node for node in ast.walk(self.tree) if isinstance(node, kinds)]
        return [*self.told.imports, *own]

    def _is_library(self, name: str) -> bool:
        """Whether a name is a library's: its version is a part of its own."""
        makers = [node for node in self._imports() if name in bound_names([node])]
        return bool(makers) and not any(self.told.sources(makers))

    def _made(self, part: Part, name: str, step: str) -> tuple[Change | None, tuple[str, ...]]:
        """What a step before this one gives: known where that one is a hit."""
        verdict = self.seen.planned[step].verdict
        if not isinstance(verdict, Hit):
            return None, (step,)
        given = verdict.record.left.get(name) or _given_by(verdict.record).get(name)
        if given is None or part.name != name:
            return None, (f"cell {self.told.cells.get(name, self.number)}",)
        if given.digest == part.digest:
            return None, ()
        waits = tuple(self.told.touched.get(name, ()))
        return (None if waits else Change(part, _as_part(part, given))), waits

    def _function(self, part: Part, name: str) -> tuple[Change | None, tuple[str, ...]]:
        """A function or class that a cell defines, with what it uses."""
        now = {(one.kind, one.name): one for one in self._uses()}.get(("use", part.name))
        if now is not None and now.digest == part.digest:
            return None, ()
        place = f"cell {self.told.cells.get(name, self.number)}"
        if now is None or any(self.told.reaches({name, *self._reached(name)})):
            return None, (place,)
        return Change(part, now), ()

    def _uses(self) -> tuple[Part, ...]:
        """Code that the cell uses, as far as the file has it."""
        space = self.told.space()
        own = self.body.helpers
        rest = ast.Module([node for node in self.tree.body if node not in own], [])
        inputs = [n for n in self.names.reads if n in self.told.values or n in self.told.makers]
        code = code_of_cell(rest, inputs, "cell")
        around: Mapping[str, Any] = space
        if own:
            around = Apart(code, codes_of(own, "<cell>")).space(space, is_notebook=True)
        desk = self.seen.desk
        return tuple(desk.code.uses(code, around, desk.digester()).parts)

    def _reached(self, name: str) -> set[str]:
        """Every name that a function or class of the notebook may look up, however indirectly."""
        space, found, waiting = self.told.space(), set[str](), [name]
        while waiting:
            value = space.get(waiting.pop())
            members = vars(value).values() if is_a(value, type) else (value,)
            codes = [one.__code__ for one in members if is_a(one, FunctionType)]
            named = set[str]().union(*map(names_within, codes)) - found
            found |= named
            waiting += named
        return found

    # ------------------------------------------------------------ what is new

    def _settings(self) -> dict[str, Part]:
        options = self.said.options
        told = {"version": options.version, "seed": options.seed}
        return {
            name: Part("setting", name, str(value), str(value))
            for name, value in told.items()
            if value not in ("", None)
        }

    def _new_settings(self, old: Mapping[tuple[str, str], Part]) -> list[Change]:
        now = self._settings()
        return [Change(None, now[name]) for name in now if ("setting", name) not in old]

    def _new(self, known: set[str]) -> list[Change]:
        """Literals and results of steps that the cell reads and that were none of its reasons."""
        if self.said.inputs is not None:
            reads = {*self.said.inputs, *self.said.added}
        else:
            reads = {*self.names.reads, *self.said.added}
        reads -= {*known, *self.said.options.ignore}
        values = self.told.values
        return [
            Change(None, Part("input", name, "", preview(values.get(name))))
            for name in sorted(reads)
            if name in values or name in self.told.makers
        ]


def _read(tree: ast.Module, source: str, said: StepLine) -> Cell:
    """The step's cell, as a kernel would look at it that has none of its inputs."""
    from IPython.core.inputtransformer2 import TransformerManager

    transform = TransformerManager().transform_cell  # type: ignore[no-untyped-call]
    alone = replace(said, inputs=None, added=())
    return read_cell(tree, alone, {}, transform, is_quiet=ends_quietly(source))


def _as_part(part: Part, given: Artifact) -> Part:
    return Part(part.kind, part.name, given.digest, given.preview)


def _given_by(record: Record) -> dict[str, Artifact]:
    return {artifact.name: artifact for artifact in record.artifacts}


def _code_then(record: Record, desk: Desk) -> str:
    """The step's code when the record was made, its helpers included; "" if nobody knows."""
    run = desk.history.run(record.run)
    steps = RunHandle(run, desk).steps if run is not None else {}
    return steps[record.step].code if record.step in steps else ""
