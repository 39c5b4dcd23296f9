"""The door of one notebook: cells come in, are lowered to a Call, and the Outcome is raised back.

A cell passes three moments. ``pre_run_cell`` tells that a cell with a step line begins. The
syntax-tree transformer, which IPython calls once the cell is parsed, advances the passage to its
verdict: on a miss the tree goes on unmodified, on a hit it becomes what binds and shows the kept
result. ``post_run_cell`` comes after everything the cell shows, figures too, and closes.

IPython unregisters a transformer that raises, for ever. So nothing of ours may leave it: errors
meant for the user become a cell that raises them, anything unexpected becomes one explanatory
line above a cell that simply runs.
"""

from __future__ import annotations

import ast
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zenbook.errors import MustHit, UsageError
from zenbook.front import lab
from zenbook.front.notebook.handed import raising
from zenbook.front.notebook.marker import (
    Marker,
    find_marker,
    holds_parameters,
    is_injected,
    magic_above,
)
from zenbook.front.notebook.notebook_name import PATHS_TOLD, notebook_file, pipeline_name
from zenbook.front.notebook.one_pass import started_for_one_pass
from zenbook.world import watch_memoized

if TYPE_CHECKING:
    from zenbook.core.vouched import Vouched
    from zenbook.engine.desk import Desk
    from zenbook.front.notebook.outline import Outline
    from zenbook.front.notebook.session import Session


_MOST_CELLS = 512


@dataclass(slots=True, eq=False)
class Frame:
    """One cell that IPython executes now. Cells nest: ``%%capture`` runs its body as a cell."""

    raw: str
    cell_id: str
    marker: Marker | None
    transformed: str
    number: int
    met: bool = False
    """Whether the cell's own tree has been seen; ``%timeit`` transforms trees of its own later."""
    passing: Any = None
    """The :class:`~zenbook.front.notebook.passing.Passing` of a step that runs now."""
    file: str = ""
    """The name under which IPython compiles the cell, once it was asked for."""

    def compiled(self, node: ast.stmt, shell: Any) -> Any:
        """One statement, compiled under the cell's own name and with its line numbers."""
        if not self.file:
            cooked = self.transformed or shell.transform_cell(self.raw)
            self.file = shell.compile.cache(cooked, self.number, raw_code=self.raw)
        return shell.compile(ast.Module([node], []), self.file, "exec")


@dataclass(slots=True, eq=False)
class Door:
    """What ``%load_ext zenbook`` puts into one shell."""

    shell: Any
    frames: list[Frame] = field(default_factory=list)
    sessions: dict[str, Session] = field(default_factory=dict)
    pipeline: str = ""
    """Name given by ``%pipeline``; "" for the file's."""
    pipeline_cache: bool | None = None
    run_cache: bool | None = None
    """Said for the whole run by ``zenbook run --no-cache``."""
    is_one_pass: bool | None = None
    """Whether the notebook is executed once from its top to its end; None until that is asked."""
    rerun: frozenset[str] = frozenset()
    """Steps that ``zenbook run --step NAME --rerun`` runs although they would be hits."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """Name, tags and note that ``zenbook run`` gives the run."""
    parameters: dict[str, str] = field(default_factory=dict)
    codes: dict[Any, Any] = field(default_factory=dict)
    vouched: Vouched | None = None
    """The notebook's names for steps whose ``--inputs`` say what they read; made when needed."""
    dice: Any = None
    """What knows of cells that move random states: a :class:`~zenbook.front.notebook.dice.Dice`,
    once a step cell has run."""
    trail: Any = None
    """What cells have run: a :class:`~zenbook.front.notebook.trail.Trail`."""
    denied: dict[str, str] = field(default_factory=dict)
    """Why the last result found for a step was none in this notebook, by the step's name."""
    sound: set[str] = field(default_factory=set)
    """Texts of cells that are known to compile."""

    # ------------------------------------------------------------ IPython's three moments

    def pre_run_cell(self, info: Any) -> None:
        """A cell begins."""
        raw, told = info.raw_cell or "", str(getattr(info, "cell_id", "") or "")
        marker = find_marker(raw.splitlines())
        frame = Frame(
            raw=raw,
            cell_id=told or self._id_in_pass(),
            marker=marker,
            transformed=getattr(info, "transformed_cell", None) or "",
            number=self.shell.execution_count - (1 if info.store_history else 0),
        )
        if not self.frames and info.store_history:
            self.trail.begin(raw, frame.cell_id)
            marks = sys.modules.get("zenbook.world.watch_once")
            if marks is not None:  # else no step has run that a mark could stand in the way of
                marks.cell_begins(len(self.trail.cells) - 1, self.trail.order)
        if self.dice is not None and marker is None and not self.frames:
            self.dice.begin(self.sessions.values())
        self.frames.append(frame)
        if told:
            lab.page_executes()
        if marker is None and (magic := magic_above(raw)) and magic != "capture":
            self.say(
                f"zenbook: the %%step line stands below %%{magic}, so this cell runs uncached; "
                "put %%step on the first line."
            )

    def reachable(self, *, is_said: bool) -> Mapping[str, Any]:
        """What counts of the notebook: every name; where inputs are said only those of code."""
        from zenbook.core.vouched import Vouched

        names: dict[str, Any] = self.shell.user_ns
        if not is_said:
            return names
        if self.vouched is None:
            self.vouched = Vouched(names)
        return self.vouched

    def _id_in_pass(self) -> str:
        """An id for a cell that has none: in one pass every execution is another cell."""
        if not self.is_in_one_pass():
            return ""
        return self.frames[0].cell_id if self.frames else f"cell {len(self.trail.cells) + 1}"

    def is_in_one_pass(self) -> bool:
        """Whether the notebook is executed once; asked only once."""
        if self.is_one_pass is None:
            self.is_one_pass = started_for_one_pass()
        return self.is_one_pass

    def visit(self, tree: ast.Module) -> ast.Module:
        """The syntax-tree transformer; see the module's text. Never raises."""
        frame = self.frames[-1] if self.frames else None
        if frame is None or frame.met or not isinstance(tree, ast.Module):
            return tree
        frame.met = True
        self._import_named(frame)
        if frame.marker is None and not self._holds_parameters(frame):
            return tree
        if frame.marker is not None and (others := self._other_transformers()):
            self.say(
                f"zenbook: this step runs uncached, as another transformer ({others}) may make "
                "another program of each cell (see get_ipython().ast_transformers)."
            )
            return tree
        try:
            with _stoppable():
                lowered = self._lowered(frame, tree)
            if frame.passing is not None:
                frame.passing.hear_stop()
            return lowered
        except (UsageError, MustHit, KeyboardInterrupt) as error:
            self._give_up(frame, is_stopped=isinstance(error, KeyboardInterrupt))
            said_at = frame.marker.line if frame.marker is not None else 0
            return raising(error.with_traceback(None), said_at + 1)
        except Exception as error:  # a fault of ours must not cost the user the cell
            self._give_up(frame)
            self.say(f"zenbook: this step runs uncached ({type(error).__name__}: {error}).")
            self.shell.log.debug("zenbook failed on a cell", exc_info=True)
            return tree

    def post_run_cell(self, result: Any) -> None:
        """A cell has ended, with everything it shows."""
        frame = self._closed(result)
        if frame is None:
            return
        try:
            if frame.passing is not None:
                from zenbook.front.notebook.showing import result_aside

                aside = result_aside(self.shell, result)
                with closing_after(frame.passing), _stoppable(), aside:
                    frame.passing.close(result)
            if self._holds_parameters(frame):
                self._note_parameters(frame)
            if self.dice is not None and frame.marker is None and not self.frames:
                self.dice.end()
            if frame.marker is not None:
                lab.changed_soon()
            else:
                watch_memoized.look(self.shell.user_ns)
        except KeyboardInterrupt:
            self.shell.log.debug("zenbook was stopped after a cell", exc_info=True)
        except Exception as error:  # the cell has run; its result is the user's already
            self.say(f"zenbook: nothing was kept ({type(error).__name__}: {error}).")
            self.shell.log.debug("zenbook failed after a cell", exc_info=True)

    def _import_named(self, frame: Frame) -> None:
        submodules = sys.modules.get("zenbook.front.notebook.submodules")
        if submodules is not None:  # a cell was a hit
            submodules.import_named(frame.raw, self.shell.user_ns)

    def _lowered(self, frame: Frame, tree: ast.Module) -> ast.Module:
        from zenbook.front.notebook.dice import Dice
        from zenbook.front.notebook.line import nothing_to_run
        from zenbook.front.notebook.passing import Passing

        if self.dice is None:
            self.dice = Dice(self.trail)
        if frame.marker is None or not self._compiles(frame.raw, tree):
            return tree
        passing = frame.passing = Passing(self, frame, tree)
        if not tree.body:
            self.say(nothing_to_run(passing.said.name))
            return tree
        lowered = passing.open()
        if passing.why:  # it runs, maybe for long
            lab.changed()
        return lowered

    def _compiles(self, raw: str, tree: ast.Module) -> bool:
        """Whether IPython can execute the tree: a bare ``return`` parses and is no cell."""
        from zenbook.core.compiling import compiled

        if raw not in self.sound:
            try:
                compiled(tree, "<cell>", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            except SyntaxError:
                return False  # IPython says so, as of any cell
            if len(self.sound) >= _MOST_CELLS:
                self.sound.clear()
            self.sound.add(raw)
        return True

    def _other_transformers(self) -> str:
        """The classes of those that the user, or a library, has put beside this one."""
        others = [one for one in self.shell.ast_transformers if one is not self]
        return ", ".join(type(one).__qualname__ for one in others)

    def _give_up(self, frame: Frame, is_stopped: bool = False) -> None:
        passing, frame.passing = frame.passing, None
        if passing is not None:
            if is_stopped:
                from zenbook.front.notebook.stopping import note_stopped

                note_stopped(passing)
            passing.let_go()

    def _closed(self, result: Any) -> Frame | None:
        """The frame that ends with this result. A blank cell never began one; a cell stopped
        while it awaited has no result."""
        if not self.frames:
            return None
        info = getattr(result, "info", None)
        if info is not None and (info.raw_cell or "") != self.frames[-1].raw:
            return None
        return self.frames.pop()

    # ------------------------------------------------------------ where a cell belongs

    @property
    def desk(self) -> Desk:
        """The desk of the working folder's home."""
        from zenbook.engine.desk import open_desk

        return open_desk()

    def session(self, pipeline: str = "") -> Session:
        """The session of a pipeline: the one named, else the notebook's."""
        from zenbook.front.notebook.session import Session

        file = notebook_file(self.shell.user_ns)
        name = pipeline or self.pipeline or pipeline_name(file)
        found = self.sessions.get(name)
        if found is None:
            found = self.sessions[name] = Session(
                desk=self.desk,
                pipeline=name,
                origin=f"notebook {file.name}" if file else "notebook",
                trail=self.trail,
                parameters=self.parameters,
                about=self.about,
            )
        outline = self.outline()
        found.expect(outline.order, outline.codes)
        return found

    def say(self, sentence: str) -> None:
        """One line on standard error, never recorded as a step's."""
        print(sentence, file=sys.stderr)

    def graph(self) -> Any:
        """The pipeline's graph, for a front end and as text."""
        from zenbook.front.notebook.state import PipelineGraph

        return PipelineGraph(self.session(), self.outline().order)

    def forget(self) -> None:
        """Close every run and know of nothing: what a test needs between two notebooks."""
        self.close()
        self.sessions.clear()
        self.parameters.clear()
        self.pipeline, self.pipeline_cache, self.run_cache = "", None, None
        self.dice = None
        self.trail.cells.clear()
        if marks := sys.modules.get("zenbook.world.watch_marks"):
            marks.forget()

    def close(self) -> None:
        """The kernel ends: every open run is closed."""
        for session in self.sessions.values():
            session.lines.forget()
            session.close()

    # ------------------------------------------------------------ parameters

    def _holds_parameters(self, frame: Frame) -> bool:
        if holds_parameters(frame.raw.splitlines()):
            return True
        return frame.raw in self.outline().parameters

    def outline(self) -> Outline:
        """What the notebook's file says of its cells, as last saved."""
        from zenbook.front.notebook.outline import NOTHING_SAID, outline_of

        file = notebook_file(self.shell.user_ns)
        return outline_of(file) if file is not None else NOTHING_SAID

    def _note_parameters(self, frame: Frame) -> None:
        from zenbook.engine.pipelines import shown_parameters

        namespace = self.shell.user_ns
        found = dict.fromkeys(self._bound_in(frame.raw))
        if is_injected(frame.raw.splitlines()) and len(self.trail.cells) > 1:
            held = dict.fromkeys(self._bound_in(self.trail.cells[-2].text))
            if not held.keys().isdisjoint(found):
                found = held | found  # it stands below the cell that holds all of them
        names = [name for name in found if name in namespace and name not in PATHS_TOLD]
        values = {name: namespace[name] for name in names}
        self.parameters.update(shown_parameters(values))

    def _bound_in(self, text: str) -> list[str]:
        """The names that a plain cell binds; a step holds no parameters."""
        from zenbook.core.source import parse_cell
        from zenbook.front.notebook.definitions import bound_names

        if find_marker(text.splitlines()) is not None:
            return []
        return list(bound_names(parse_cell(self.shell.transform_cell(text)).body))


@contextmanager
def closing_after(passing: Any) -> Iterator[None]:
    """Let go of what a passage holds, however its end went."""
    try:
        yield
    finally:
        passing.let_go()


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let Stop end our own work: ipykernel's handler for cells that await only cancels them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
