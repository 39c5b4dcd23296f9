"""The driver of the one path for a cell: IPython executes the body, this waits for it.

It advances the passage to its verdict while the cell is still a syntax tree. On a miss the tree
goes on as it is and :meth:`Passing.close` sends what the namespace shows afterwards. On a hit
everything is loaded and checked before the first name is bound.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from zenbook.core.source import code_of_cell
from zenbook.core.source_helpers import Apart, codes_of
from zenbook.engine.decide import verdict_on
from zenbook.engine.drivers import collecting_metrics, seeding
from zenbook.engine.keep import outcome_of
from zenbook.engine.loose import Loose, may_go
from zenbook.engine.passage import Execute, Passage, Ran, passage
from zenbook.engine.pipelines import step_run
from zenbook.engine.sitting import Sitting
from zenbook.front.notebook.anew import Anew, annotate
from zenbook.front.notebook.beforehand import Beforehand, without
from zenbook.front.notebook.cell import Cell, ends_quietly, read_cell
from zenbook.front.notebook.definitions import annotated
from zenbook.front.notebook.filled import filled_by
from zenbook.front.notebook.gathered import Asked, Gathered, gather
from zenbook.front.notebook.handed import doing
from zenbook.front.notebook.hidden import Hidden, is_widened, watching_hidden
from zenbook.front.notebook.line import Spot, StepLine, replacing, unkept, waiting
from zenbook.front.notebook.manner import with_manner
from zenbook.front.notebook.namespace import Glimpse, glimpse, is_spare
from zenbook.front.notebook.one_pass import may_fail
from zenbook.front.notebook.options import parse_step_line
from zenbook.front.notebook.putting import Putting
from zenbook.front.notebook.session import Known, Session
from zenbook.front.notebook.showing import in_words, noting_shown, shown_live, users_lines_shown
from zenbook.front.notebook.stopping import hear_stop, unstopped
from zenbook.front.notebook.telling import changed_by_itself, rewinding, teller, wires
from zenbook.front.notebook.threads import at_work, in_reach
from zenbook.model import Call, Hit, Miss, Outcome
from zenbook.world.capture import is_cleared, output_was_cleared
from zenbook.world.capture_kept import Event
from zenbook.world.unheard import unheard

if TYPE_CHECKING:
    from zenbook.front.notebook.door import Door, Frame

_MOST_CODES = 512


class Passing:
    """One step cell on its way; lives from its tree's transformation to the cell's end."""

    def __init__(self, door: Door, frame: Frame, tree: ast.Module) -> None:
        assert frame.marker is not None
        self.door, self.frame, self.tree = door, frame, tree
        self.shell = door.shell
        self.namespace: dict[str, Any] = door.shell.user_ns
        self.said = parse_step_line(frame.marker.options)
        self.session: Session = door.session(self.said.pipeline)
        self.desk = self.session.desk
        self.spot = Spot(self.shell, self.said.quiet)
        self.anew: Anew | None = None
        self.why = ""
        self._way: Passage | None = None
        self._assigned: tuple[str, ...] = ()
        self._before: Glimpse | None = None
        self.started = self.desk.clock.tick()
        self._later: StepLine | None = None  # the line of a hit, where it cannot be updated
        self._noting = contextlib.ExitStack()
        self._imports = Beforehand(tree, self.namespace, self._compiled)

    # ------------------------------------------------------------ before the body

    def open(self) -> ast.Module:
        """The tree that IPython is to execute. Raises what the user has to see."""
        self._hoisted = self._imports.make()
        self.cell: Cell = self._read()
        self.anew = Anew(self.cell.definitions, self.namespace, self._compiled)
        self.desk.code.look_anew()
        self._met_at = len(self.door.trail.cells)
        self._random = self.desk.randomness.states()
        self.call = self._call(self.anew)
        if self.cell.left_by_loops:
            self._look_without(self.anew)
        read = {name: self.call.values[name] for name in self.call.step.inputs}
        self._edges = wires(self.session, self.cell.name, read)
        working = at_work(self.cell.body.is_async)
        self._working, self._in_reach = [*working], in_reach(self.call.values, working)
        self._live = shown_live(self.tree, self.cell.body.last, self.shell.ast_node_interactivity)
        if self.said.dry_run:
            return self._planned()
        random_before = self.desk.randomness.save(self._random)
        outcome = self._advance(self.call)
        self.door.denied.pop(self.cell.name, None)
        if outcome is None:
            return self._running()
        given, file = self.call.values, self.frame.file
        putting = Putting(outcome, self.cell, self.namespace, given, self._digest, file)
        if objection := putting.objection():
            self.anew.take_back()
            self.desk.randomness.restore(random_before)
            self.door.denied[self.cell.name] = objection
            return self._in_spite(objection)
        return self._restored(outcome, putting)

    def _read(self, absent: Collection[str] = ()) -> Cell:
        shell, starred = self.shell, self._imports.starred
        return read_cell(
            *(self.tree, self.said, self.namespace, shell.transform_cell, starred),
            is_quiet=ends_quietly(self.frame.raw),
            is_shown=shell.ast_node_interactivity != "none",
            absent=absent,
        )

    def _look_without(self, anew: Anew) -> None:
        """Go on without what loops leave, if there is a result that was made when nobody had it."""
        cell, self.cell = self.cell, self._read(self.cell.left_by_loops)
        self.call = self._call(anew)
        if not isinstance(verdict_on(self.call, self._sitting(), self.desk), Hit):
            self.cell = cell
            self.call = self._call(anew)

    def _advance(self, call: Call) -> Outcome | None:
        """Go to the verdict: the outcome of a hit, or None where the body has to run."""
        self._way = passage(call, self._sitting(), self.desk)
        try:
            order: Execute = next(self._way)
        except StopIteration as stop:
            outcome: Outcome = stop.value
            return outcome
        self.why = self.why or order.verdict.why
        self._assigned = order.assigned
        return None

    def _in_spite(self, objection: str) -> ast.Module:
        """A hit whose result would not be what a run leaves in this notebook: run."""
        self.why = objection
        if self._advance(replace(self.call, options=replace(self.call.options, force=True))):
            raise AssertionError("a forced step is executed")
        return self._running()

    def _sitting(self) -> Sitting:
        return Sitting(
            pipeline=self.session.pipeline,
            run_cache=self.door.run_cache,
            pipeline_cache=self.door.pipeline_cache,
            rebinds=True,
            waiting=lambda: self.spot.show(waiting(self.cell.name)),
        )

    def _call(self, anew: Anew) -> Call:
        cell, said = self.cell, self.said
        options = with_manner(said.options, self.tree, self.shell, self._digest)
        if cell.name in self.door.rerun:
            options = replace(options, force=True)
        coded = self._code()
        filled: tuple[str, ...] = ()
        if said.inputs is None:
            trace = self.desk.code.of_step(coded["code"], coded["namespace"])
            filled = filled_by(cell, trace, self.namespace)
        inputs, besides = (*cell.reads, *filled), (*cell.besides, *filled)
        values = {name: self.namespace[name] for name in (*inputs, *cell.besides)}
        self._values, self._nothing = values, dict.fromkeys(values)
        rebinds = cell.rebinds if said.inputs is None else ()
        return Call(
            step=cell.as_step(inputs, options, said.options.keep_only),
            values=values,
            **coded,
            options=options,
            key_code=cell.body.key,
            shows=cell.shows,
            vouched=frozenset(besides),
            loose=cache(partial(may_go, self.namespace, rebinds)),
            made=self.cell.defined,
            prepare=anew.again,
        )

    def _code(self) -> dict[str, Any]:
        """The cell as a function of its inputs, and the globals that its names are looked up in;
        the same objects for the same text."""
        names = self.door.reachable(is_said=self.said.inputs is not None)
        key = (self.frame.raw, self.cell.reads, len(self._hoisted), self.said.inputs is None)
        codes = self.door.codes
        if key not in codes:
            if len(codes) >= _MOST_CODES:
                codes.clear()
            helpers = self.cell.body.helpers
            seen = without(self.cell.expanded, (*self._hoisted, *helpers))
            code = code_of_cell(seen, self.cell.reads, self.cell.name)
            apart = Apart(code, codes_of(helpers, f"<{self.cell.name}>"))
            around = apart.space(names, is_notebook=True) if helpers else None
            codes[key] = code, around
        code, around = codes[key]
        return {"code": code, "namespace": names if around is None else around}

    def _compiled(self, node: ast.stmt) -> Any:
        return self.frame.compiled(node, self.shell)

    def _digest(self, value: Any) -> str:
        return self.desk.digester().digest(value)

    # ------------------------------------------------------------ three ways on

    def _planned(self) -> ast.Module:
        """``--dry-run``: say the verdict and execute nothing."""
        verdict = verdict_on(self.call, self._sitting(), self.desk)
        told = f"would run: {verdict.why}" if isinstance(verdict, Miss) else "would be cached"
        self.frame.passing = None
        self._imports.take_back()
        self.spot.show(StepLine(self.cell.name, "skipped", remarks=(told,)))
        return ast.Module([ast.Pass(lineno=1, col_offset=0)], [])

    def _running(self) -> ast.Module:
        """A miss: note that it runs and let IPython execute the unmodified tree."""
        self._imports.take_back()
        name = self.cell.name
        self.session.begin(name, self.why)
        last = teller(self.door, self.session).expected(name)
        self.spot.show(StepLine(name, "running", seconds=last, why=self.why))
        self._asked = Asked.begin(self.shell, awaits=self.cell.body.is_async)
        self._collected = self._noting.enter_context(collecting_metrics())
        self._shown = self._noting.enter_context(noting_shown(self.shell, live=bool(self._live)))
        self._noting.enter_context(users_lines_shown(self.shell))
        self._unsure = self._noting.enter_context(seeding(self.call, self.desk))
        self._before = glimpse(self.namespace)
        self._hidden: Hidden | None = None
        if self.said.inputs is not None and (
            self.cell.is_unclear or is_widened(self.call, self.desk)
        ):
            watching = watching_hidden(self._before, self._digest)
            self._hidden = self._noting.enter_context(watching)
        self._loose = Loose(self.call.loose(), self._before.bound, self._values)
        self.started = self.desk.clock.tick()
        return self.tree

    def hear_stop(self) -> None:
        """Let Stop end a cell that awaits at once."""
        if self._way is not None and self.cell.body.is_async:
            self._noting.callback(hear_stop())

    def _restored(self, outcome: Outcome, putting: Putting) -> ast.Module:
        """A hit: bind everything in one go, then show what was shown."""
        self._way = None
        self._imports.leave()
        putting.put(self.anew if self.said.options.keep_only else None)
        annotate(map(self._compiled, annotated(self.tree.body)), self.namespace)
        said = self._noted(outcome, putting.bound)
        if self.spot.is_updated:
            self.session.lines.tell(self.spot, said)
        else:
            self._later = said

        def show() -> None:
            putting.show(replay, self.shell, self.said.options)
            self._noting.callback(putting.show_late, replay, self.said.options)  # at the cell's end

        def replay(events: Sequence[Event]) -> None:
            self.desk.capture.replay(events)
            if is_cleared(events) and self.spot.is_updated:
                self.spot.anew()
                self.spot.show(said)

        return doing(show, putting.live or self._live, self.tree)

    # ------------------------------------------------------------ after the body

    def close(self, result: Any) -> None:
        """The cell has ended: keep what it left, say how it went."""
        if self._later is not None:
            self.session.lines.tell(self.spot, self._later)
        if self._way is None:
            return
        seconds = self.desk.clock.tick() - self.started
        failed: BaseException | None = None
        try:
            kept = self._kept(result, seconds)
        except (Exception, KeyboardInterrupt) as error:  # the cell has run; that stands
            failed = error.with_traceback(None)  # which holds this frame
        with unstopped():
            outcome, names = kept if failed is None else self._unkept(failed, seconds)
            self.session.lines.tell(self.spot, self._noted(outcome, names))

    def _kept(self, result: Any, seconds: float) -> tuple[Outcome, Mapping[str, Any]]:
        """Send the passage what the cell left; its outcome, and the names that people see."""
        self._note_no_more()
        asked = (*self._asked.end(), *filter(None, (self._unsure(),)))
        for name, told in self._loose.back():
            self._values.pop(name, None)
            asked = (*asked, *filter(None, (told,)))
        gathered = self._gathered(result, asked)
        assert self._way is not None
        way, self._way = self._way, None
        if output_was_cleared():
            self.spot.anew()
        ran = gathered.ran(
            seconds,
            in_reach=self._in_reach,
            metrics=self._collected,
            run=self.session.logbook.run.id if self.session.logbook else "",
            unrecorded=frozenset({"result"} if self._live or gathered.looked_up else ()),
        )
        try:
            way.send(ran)
        except StopIteration as stop:
            return stop.value, gathered.names
        raise AssertionError("a passage executes its body once")

    def _unkept(self, error: BaseException, seconds: float) -> tuple[Outcome, Mapping[str, Any]]:
        """A cell that has run, and whose keeping was stopped or failed by a fault of ours."""
        self.abandon()
        if isinstance(error, Exception):
            self.shell.log.debug("zenbook failed after a cell", exc_info=True)
        ran, miss = Ran({}, seconds, metrics=self._collected), Miss((), "unknowable", self.why)
        outcome = outcome_of(ran, miss, self.call, not_kept=unkept(error))
        return outcome, {n: self.namespace[n] for n in self.cell.binds if n in self.namespace}

    def abandon(self) -> None:
        """End the passage without a result; its lock and its watchers are let go."""
        self._note_no_more()
        self._imports.take_back()
        way, self._way = self._way, None
        if way is not None:
            way.close()

    def let_go(self) -> None:
        """The cell is over: hold on to nothing of the notebook's, which people delete to make room.
        What holds itself would stay until Python looks for cycles."""
        self.abandon()
        vars(self).clear()

    def _note_no_more(self) -> None:
        with contextlib.suppress(ValueError):  # a cell that awaits ran in a context of its own
            self._noting.close()

    def _gathered(self, result: Any, obstacles: tuple[str, ...]) -> Gathered:
        assert self._before is not None
        return gather(
            self.cell,
            result,
            self._before,
            self.namespace,
            shown=self._shown,
            live=self._live,
            inputs=self.call.values,
            only=self.said.options.keep_only,
            obstacles=obstacles,
            digest=self._digest,
            stored_by_uses=self._assigned,
            working=self._working,
            hidden=self._hidden,
            remade=self.anew.made if self.anew is not None else {},
        )

    # ------------------------------------------------------------ telling

    @unheard
    def _noted(self, outcome: Outcome, bound: Mapping[str, Any]) -> StepLine:
        """Put it on record and make the line."""
        if outcome.not_kept:
            outcome = replace(outcome, not_kept=in_words(outcome.not_kept))
        if self.why and isinstance(outcome.verdict, Miss) and outcome.verdict.why != self.why:
            outcome = replace(outcome, verdict=Miss((), "unknowable", self.why))
        hit, line = outcome.status == "cached", step_run(outcome, 0)
        name, session = self.cell.name, self.session
        replaced = session.known.get(name)
        other = replaced is not None and replaced.cell_id != self.frame.cell_id
        if not hit and replaced is not None and (own := changed_by_itself(outcome, replaced)):
            outcome = replace(outcome, remarks=(*outcome.remarks, rewinding(own)))
        if hit:
            session.enter(line)
        outputs = tuple(n for n in bound if not (n.startswith("%") or is_spare(n)))
        session.note(
            Known(
                step=replace(self.call.step, outputs=outputs),
                source=self.frame.raw,
                cell_id=self.frame.cell_id,
                line=replacing(line) if other else line,
                edges=self._edges,
                fingerprint=outcome.fingerprint,
                record=outcome.record,
                call=replace(self.call, values=self._nothing, prepare=None),
                at=self._met_at,
                changed=frozenset(outcome.changed),
                random=self._random,
                random_after=self.desk.randomness.states(),
            ),
            hit,
            may_fail=self.door.is_in_one_pass() and may_fail(self.shell),
        )
        self.door.trail.step_ran(self._met_at, session.known[name])
        session.produced(name, {output: bound[output] for output in outputs})
        session.changed_in_place(name, self.call.values, self.namespace, outcome.changed)
        return teller(self.door, session).line(outcome, outputs, replaces=other)
