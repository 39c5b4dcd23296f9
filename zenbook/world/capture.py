"""Displays stay live while they are recorded; a hit replays them in order.

Events are JSON-ready, in the order in which they were made::

    {"kind": "stream", "name": "stdout", "text": "epoch 1\\n"}
    {"kind": "display", "data": {mime: ...}, "metadata": {}, "id": "" , "update": False}
    {"kind": "payload", "data": {...}}
    {"kind": "result", "data": {mime: ...}, "metadata": {}}
    {"kind": "clear", "wait": False}
    {"kind": "last"}

The last of these stands before the printed last value of a function; one that is to be printed in
its place comes with its value (:mod:`zenbook.engine.shown`). A payload is what a kernel's page is
asked to do, such as to add a cell.
A display that a script has made says besides what the script ``printed`` of it, and whether a
notebook shows it ``late``, at the end; an event ``unlike`` says that a notebook would have shown
something else (:mod:`zenbook.world.capture_script`).

The ``write`` of the stream objects that are current at the start is wrapped, not ``sys.stdout``
replaced: who holds the stream already (a logging handler) is recorded, too, and who redirects
output inside a step keeps it to himself. Chunks go to a list; joining them as they come costs four
times as much. Measured: recording adds 0.2 µs to a write: 100,000 ``print`` calls in a kernel take
1.4 times their bare time; into ``/dev/null``, which costs next to nothing, 3.4 times.

Text beyond 1 MB and rich displays beyond 10 MB pass through live and are not kept; a visible mark
takes their place. Secrets are masked in what is kept, never in what is shown live.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from threading import get_ident
from typing import Any, Protocol

from zenbook.core.shell import running_shell
from zenbook.core.source_shown import before_print
from zenbook.model import Read
from zenbook.world.capture_kept import Event, in_place, tidied
from zenbook.world.tracebacks import leave_out
from zenbook.world.unheard import beneath

TEXT_CAP = 1_000_000
RICH_CAP = 10_000_000

_stack: ContextVar[tuple[Tape, ...]] = ContextVar("zenbook_recording", default=())
_stack_now = _stack.get
_SERVING = ("concurrent.futures.thread", "multiprocessing.pool", "ipykernel.iostream")
"""Where threads are from that serve a step though they ran before it: pools, and the reader of what
the programs it starts print."""
_muted: set[int] = set()


class Tape:
    """The recording of one step. Implements :class:`zenbook.world.ports.Recording`."""

    def __init__(self, audience: Callable[[], object] | None = None) -> None:
        self.made: list[tuple[str, Any]] = []
        self.left = TEXT_CAP
        self._rich_left = RICH_CAP
        self._remarks: dict[str, None] = {}
        self._thread = get_ident()
        self._strangers = frozenset(threading.enumerate()) - {threading.current_thread()}
        self._audience = audience
        self._heard_by = audience() if audience is not None else None
        self._kept: tuple[Event, ...] | None = None
        self._at_end: list[Callable[[], None]] = []
        self._when: dict[str, Any] = {}
        self._taking: list[str] = []

    @property
    def events(self) -> Sequence[Event]:
        """Everything recorded so far, neighbouring texts joined and secrets masked."""
        return self._kept if self._kept is not None else tuple(tidied(in_place(self.made)))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was left out, as sentences."""
        return tuple(self._remarks)

    def rich(self, kind: str, size: int, event: dict[str, Any]) -> None:
        """Take down a display of ``size`` bytes."""
        self._rich_left -= size
        if self._rich_left >= 0:
            self.made.append(("", {"kind": kind, **self._when, **event}))
            return
        self._rich_left += size
        self._remarks["displays beyond 10 MB were not kept"] = None
        lost = f"[zenbook: a display of {size / 1e6:.1f} MB was not kept]"
        event = {**event, "data": {"text/plain": lost}, "metadata": {}}
        self.made.append(("", {"kind": kind, **self._when, **event}))

    def clear(self, *, wait: bool) -> None:
        """What stands there is taken away: by the next output, or at once. In a widget that takes
        what the cell shows, that is the widget's."""
        kind = "clear in widget" if self._taking else "clear"
        self.made.append(("", {"kind": kind, **self._when, "wait": wait}))

    def taken_by(self, widget: str, request: str) -> None:
        """From now on a widget takes what is shown for a request, or for none."""
        if widget in self._taking:
            self._taking.remove(widget)
        elif not request:
            return
        if request and request == self._heard_by:
            self._taking.append(widget)
        self.made.append(("", {"kind": "taken", "by": self._taking[-1] if self._taking else ""}))

    def mark_last(self) -> None:
        """The step is about to print its last value."""
        self.made.append(("", {"kind": "last"}))

    def mark_late(self) -> None:
        """The value that a hit shows anew has been shown; displays from now on come after it."""
        self._when = {"late": True}

    def hears(self) -> bool:
        """Whether what this thread shows now is the step's."""
        if get_ident() in _muted:
            return False
        if self._audience is not None and self._audience() != self._heard_by:
            return False
        if stack := _stack.get():
            return self in stack  # else the thread runs a step of its own
        if get_ident() == self._thread:
            return self._audience is not None  # a kernel shows figures from outside the cell's task
        thread = threading.current_thread()
        if thread not in self._strangers:
            return True
        return getattr(getattr(thread, "_target", None), "__module__", "") in _SERVING

    def has_begun(self, thread: threading.Thread) -> bool:
        """Whether a cell's step has begun this thread, in which a step of its own now starts."""
        is_cells = self._audience is not None and self._thread == threading.main_thread().ident
        return is_cells and thread not in self._strangers and self.hears()

    def hears_here(self) -> bool:
        """Whether it is this step's own code that shows something now, outside IPython."""
        return self in _stack_now() and get_ident() not in _muted

    def at_end(self, retell: Callable[[], None]) -> None:
        """When the recording ends, say again what a display shows by then."""
        self._at_end.append(retell)

    def close(self) -> None:
        """End the recording; what comes later is not heard."""
        for retell in self._at_end:
            with suppress(Exception):  # a widget that cannot be told keeps its first text
                retell()
        self._at_end = []
        self._kept = tuple(tidied(in_place(self.made)))
        self.made = []

    def cut(self, name: str, text: str) -> None:
        """Take down the part of a text that fits, once, with the mark of what is left out."""
        room = self.left + len(text)
        if "output beyond 1 MB was not kept" not in self._remarks:
            self._remarks["output beyond 1 MB was not kept"] = None
            kept = text[: max(room, 0)]
            self.made.append((name, f"{kept}\n[zenbook: output beyond 1 MB was not kept]\n"))


def value_was_shown() -> None:
    """The step that runs here has shown its last value, which a hit shows anew."""
    for tape in _stack_now()[-1:]:
        tape.mark_late()


@contextmanager
def muted() -> Iterator[None]:
    """What this thread writes is not recorded while the block runs (it is, as a display)."""
    thread = get_ident()
    if thread in _muted:
        yield
        return
    _muted.add(thread)
    try:
        yield
    finally:
        _muted.discard(thread)


# ---------------------------------------------------------------- streams


class _Tap:
    """The wrapped ``write`` of one stream, and the tapes it runs."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.tapes: list[tuple[str, Tape]] = []
        self.original: Callable[[str], Any] = stream.write
        self.was_own = "write" in getattr(stream, "__dict__", {})
        self.write = self._make()
        stream.write = self.write

    def _make(self) -> Callable[[str], Any]:
        original, tapes = self.original, self.tapes

        def write(text: str) -> Any:
            try:
                written = original(text)
            except BaseException as error:
                leave_out(error)
                raise
            stack = _stack_now()
            for name, tape in tapes:
                # the common case, spelled out for its speed: who has the tape in his context is
                # the step itself, or a task of its own
                if (not _muted and tape in stack) or tape.hears():
                    tape.left -= len(text)
                    if tape.left >= 0:
                        tape.made.append((name, text))
                    else:
                        tape.cut(name, text)
            return written

        return write

    def take_off(self) -> None:
        """Put the stream's own ``write`` back, unless somebody has wrapped ours meanwhile."""
        if getattr(self.stream, "__dict__", {}).get("write") is not self.write:
            return
        if self.was_own:
            self.stream.write = self.original
        else:
            del self.stream.write


_taps: dict[int, _Tap] = {}
_lock = threading.RLock()


@contextmanager
def _tapped(name: str, stream: Any, tape: Tape) -> Iterator[None]:
    """Run the tape along with a stream; a stream that is closed or missing is left alone."""
    tap = _tap(stream)
    if tap is None:
        yield
        return
    entry = (name, tape)
    tap.tapes.append(entry)
    try:
        yield
    finally:
        with _lock:
            tap.tapes.remove(entry)
            if not tap.tapes:
                tap.take_off()
                _taps.pop(id(stream), None)


def _tap(stream: Any) -> _Tap | None:
    if stream is None or getattr(stream, "closed", False):
        return None
    with _lock:
        tap = _taps.get(id(stream))
        if tap is None:
            try:
                tap = _taps[id(stream)] = _Tap(stream)
            except (AttributeError, TypeError):
                return None  # a stream whose methods cannot be replaced shows, but is not kept
        return tap


@contextmanager
def recording_streams(tape: Tape) -> Iterator[None]:
    """Record what goes to the streams that are current now."""
    _stack.set((*(_stack.get() or _around()), tape))
    streams = _tapped("stdout", beneath(sys.stdout), tape), _tapped("stderr", sys.stderr, tape)
    try:
        with streams[0], streams[1], before_print(tape.mark_last):
            yield
    finally:
        _stack.set(tuple(each for each in _stack.get() if each is not tape))
        tape.close()


def _around() -> tuple[Tape, ...]:
    """The recording of the cell that has begun this thread, if that is one of a step."""
    thread, tap = threading.current_thread(), _taps.get(id(beneath(sys.stdout)))
    if tap is None or thread is threading.main_thread():
        return ()
    return tuple(tape for _, tape in tap.tapes if tape.has_begun(thread))


def output_was_cleared() -> bool:
    """Whether a front end has taken away what stood there before the step's last output."""
    tap = _taps.get(id(beneath(sys.stdout)))
    return tap is not None and is_cleared([each for _, each in in_place(tap.tapes[-1][1].made)])


def is_cleared(events: Sequence[Any]) -> bool:
    """Whether these leave nothing of what was shown before them; texts count as any output.

    A clearing that waits needs a later output to happen.
    """
    for place in range(len(events) - 1, -1, -1):
        event = events[place]
        if isinstance(event, Mapping) and event["kind"] == "clear":
            return not event["wait"] or place + 1 < len(events) or is_cleared(events[:place])
    return False


def replay_stream(event: Event) -> None:
    """Write a stream's text to the stream that is current now, or print a value there."""
    if event["kind"] == "print":
        print(event["value"])
        return
    stream = sys.stderr if event["name"] == "stderr" else sys.stdout
    if stream is not None:
        stream.write(event["text"])


# ---------------------------------------------------------------- captures


class _Screen(Protocol):
    """Where displays other than text appear: a kernel, a terminal, or nowhere."""

    def recording(self, tape: Tape) -> Any: ...
    def replay(self, events: Sequence[Event]) -> None: ...


class SystemCapture:
    """Records the streams, and displays where IPython runs.

    Implements :class:`zenbook.world.ports.Capture`.
    """

    def __init__(self, shell: Any = None) -> None:
        self._shell = shell

    @contextmanager
    def recording(self) -> Iterator[Tape]:
        """Record while the block runs."""
        shell = self._shell if self._shell is not None else running_shell()
        if shell is None:
            from zenbook.world.capture_script import recording_unseen

            tape = Tape()
            with recording_streams(tape), recording_unseen(tape):
                yield tape
            return
        from zenbook.world.capture_ipython import audience_of, programs_heard, recording_displays

        tape = Tape(audience_of(shell))
        with recording_displays(shell, tape), recording_streams(tape), programs_heard():
            yield tape

    def replay(self, events: Sequence[Event]) -> None:
        """Show recorded events again, in order, where output goes now.

        A step around this one records them too; a step that runs in another thread does not,
        unless it is a cell's that has begun this thread.
        """
        with nullcontext() if _stack_now() or _around() else muted():
            self._replay(events)

    def how_shown(self, events: Sequence[Event]) -> tuple[Read, ...]:
        """The settings that decided how these were shown."""
        from zenbook.world.display_settings import how_shown

        return tuple(how_shown(events))

    def _replay(self, events: Sequence[Event]) -> None:
        shell = self._shell if self._shell is not None else running_shell()
        if shell is not None:
            from zenbook.world.capture_ipython import replay_in

            replay_in(shell, events)
            return
        for event in events:
            if event["kind"] in ("stream", "print"):
                replay_stream(event)
            elif event["kind"] == "display" and (text := _printed(event)):
                replay_stream({"kind": "stream", "name": "stdout", "text": text})


def _printed(event: Event) -> str:
    """What a script shows of a display: figures appear by themselves in notebooks only."""
    if "printed" in event:
        return str(event["printed"])
    text = event["data"].get("text/plain", "")
    is_shown = text and not event["update"] and not text.startswith("<Figure size")
    return f"{text}\n" if is_shown else ""


def capture_for(shell: Any = None) -> SystemCapture:
    """The capture for an IPython shell; without one, for the shell that runs when it is used."""
    return SystemCapture(shell)
