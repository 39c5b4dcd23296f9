"""Displays in IPython: recorded at the shell's own publisher and display hook.

Their methods are wrapped on the instances, not through ``register_hook``: that is thread-local in
ipykernel, missing at the display hook before ipykernel 7 and in the terminal. In the terminal a
display *is* a print; what is printed while a display is published is therefore not recorded twice.

A kernel says with each output which cell it belongs to (its parent header). Output whose parent is
another cell, made by a thread that cell left running, is not the step's.

An output widget takes what belongs to a cell from when the page is told of that (its ``msg_id``)
until it is told of none. The widget dies with the kernel, and a hit shows what it held at last as
outputs of the cell, where they were made; so what is cleared meanwhile is the widget, not the cell.
"""

from __future__ import annotations

import base64
import json
import select
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from zenbook.core import display_ids
from zenbook.world.capture import Tape, muted, replay_stream
from zenbook.world.capture_kept import Event
from zenbook.world.streams import flush_streams

_LONGEST = 1.0
"""Seconds to wait for a program that goes on printing; what comes later is in no record."""
_MOMENT = 0.003
_WIDGET = "application/vnd.jupyter.widget-view+json"


def audience_of(shell: Any) -> Callable[[], object]:
    """A function that says which cell output belongs to now: the message id of its request."""
    publisher = shell.display_pub

    def cell() -> object:
        header: Any = getattr(publisher, "parent_header", None)
        return header.get("msg_id") if isinstance(header, Mapping) else None

    return cell


@contextmanager
def recording_displays(shell: Any, tape: Tape) -> Iterator[None]:
    """Record displays, results and clearings of this shell while the block runs."""
    publisher, hook = shell.display_pub, shell.displayhook
    payloads = getattr(shell, "payload_manager", None)
    session = getattr(getattr(shell, "kernel", None), "session", None)
    with ExitStack() as undo:
        undo.enter_context(wrapped(publisher, "publish", _publishing(tape)))
        undo.enter_context(wrapped(publisher, "clear_output", _clearing(tape)))
        undo.enter_context(wrapped(hook, "write_format_data", _resulting(tape)))
        undo.enter_context(wrapped(hook, "write_output_prompt", _silently))
        undo.enter_context(wrapped(hook, "finish_displayhook", _silently))
        if payloads is not None:
            undo.enter_context(wrapped(payloads, "write_payload", _asking(tape)))
        if session is not None:
            undo.enter_context(wrapped(session, "send", _sending(tape)))
        undo.enter_context(hearing_captured(hook, _captured(tape)))
        yield


def replay_in(shell: Any, events: Sequence[Event]) -> None:
    """Show recorded events again in this shell. Display ids that IPython made become fresh ones."""
    renewed: set[str] = set()
    stream = ""
    for event in events:
        if event["kind"] in ("stream", "print"):
            if (name := event.get("name", "stdout")) != stream:
                stream = name
                flush_streams()  # a kernel sends each stream when it likes, unless told
            replay_stream(event)
        elif event["kind"] == "display":
            _replay_display(shell, event, renewed)
        elif event["kind"] == "result":
            _replay_result(shell, event)
        elif event["kind"] == "clear":
            flush_streams()
            shell.display_pub.clear_output(wait=event["wait"])
        elif event["kind"] == "payload" and hasattr(shell, "payload_manager"):
            shell.payload_manager.write_payload(dict(event["data"]))


# ---------------------------------------------------------------- programs


@contextmanager
def programs_heard() -> Iterator[None]:
    """Wait at the end for what programs have printed.

    A kernel reads it from pipes, in threads of its own: when a program has ended, its last lines
    may not have been read yet, or have been read and not been written to the stream.
    """
    try:
        yield
    finally:
        streams = [each for each in (sys.stdout, sys.stderr) if _reader(each) is not None]
        until = time.monotonic() + _LONGEST
        while not all(map(_is_heard, streams)) and time.monotonic() < until:
            time.sleep(_MOMENT)  # lets the reading threads work


def _reader(stream: Any) -> threading.Thread | None:
    """The thread in which a kernel reads what programs print; None where there is no kernel."""
    thread = getattr(stream, "watch_fd_thread", None)
    return thread if isinstance(getattr(stream, "_fid", None), int) else None


def _is_heard(stream: Any) -> bool:
    """Whether nothing stands in a stream's pipe, and its reader waits for more. Where the system
    does not tell what a thread waits for, the reader is given a moment."""
    reader, pipe = _reader(stream), stream._fid
    if reader is None or not reader.is_alive():
        return True
    if select.select([pipe], [], [], 0)[0]:
        return False
    try:
        with open(f"/proc/self/task/{reader.native_id}/syscall", encoding="ascii") as told:
            words = told.read().split()
    except OSError:
        time.sleep(_MOMENT)
        return True
    return len(words) > 1 and int(words[1], 16) == pipe


# ---------------------------------------------------------------- recording

_Method = Callable[..., Any]


@contextmanager
def wrapped(owner: Any, name: str, wrap: Callable[[_Method], _Method]) -> Iterator[None]:
    """A method wrapped on its instance; on leaving, ours is taken off if it is the outermost."""
    own = vars(owner).get(name)
    ours = wrap(getattr(owner, name))
    setattr(owner, name, ours)
    try:
        yield
    finally:
        if vars(owner).get(name) is ours:
            if own is not None:
                setattr(owner, name, own)
            else:
                delattr(owner, name)


def _publishing(tape: Tape) -> Callable[[_Method], _Method]:
    def wrap(original: _Method) -> _Method:
        def publish(data: Any, metadata: Any = None, *args: Any, **named: Any) -> Any:
            if tape.hears():
                transient = named.get("transient") or {}
                take_display(tape, "display", data, metadata, transient, named.get("update"))
            with muted():
                return original(data, metadata, *args, **named)

        return publish

    return wrap


def _clearing(tape: Tape) -> Callable[[_Method], _Method]:
    def wrap(original: _Method) -> _Method:
        def clear_output(wait: bool = False) -> Any:
            if tape.hears():
                tape.clear(wait=bool(wait))
            with muted():
                return original(wait)

        return clear_output

    return wrap


def _resulting(tape: Tape) -> Callable[[_Method], _Method]:
    def wrap(original: _Method) -> _Method:
        def write_format_data(format_dict: Any, md_dict: Any = None, *args: Any) -> Any:
            if tape.hears():
                take_display(tape, "result", format_dict, md_dict, {}, None)
            with muted():
                return original(format_dict, md_dict, *args)

        return write_format_data

    return wrap


def _captured(tape: Tape) -> Callable[[Any, Sequence[Any]], None]:
    def hear(_: Any, bundles: Sequence[Any]) -> None:
        for one in bundles if tape.hears() else ():
            take_display(tape, "result", one["data"], one["metadata"], {}, None)

    return hear


def _asking(tape: Tape) -> Callable[[_Method], _Method]:
    """Note what a kernel is told to ask of its page: a cell to add, a help page to open."""

    def wrap(original: _Method) -> _Method:
        def write_payload(data: Any, *args: Any, **named: Any) -> Any:
            if tape.hears():
                tape.rich("payload", len(str(data)), {"data": _plain(data)})
            return original(data, *args, **named)

        return write_payload

    return wrap


def _sending(tape: Tape) -> Callable[[_Method], _Method]:
    """Note which widgets the page is told of that take what the cell shows."""

    def wrap(original: _Method) -> _Method:
        def send(stream: Any, kind: Any, content: Any = None, *args: Any, **named: Any) -> Any:
            if kind in ("comm_msg", "comm_open"):
                taken = _state_in(content).get("msg_id")
                if isinstance(taken, str):
                    tape.taken_by(str(content.get("comm_id")), taken)
            return original(stream, kind, content, *args, **named)

        return send

    return wrap


def _state_in(content: Any) -> Mapping[str, Any]:
    """What a comm's message says of the state of a widget."""
    told = content.get("data") if isinstance(content, Mapping) else None
    state = told.get("state") if isinstance(told, Mapping) else None
    return state if isinstance(state, Mapping) else {}


@contextmanager
def hearing_captured(own: Any, hear: Callable[[Any, Sequence[Any]], None]) -> Iterator[None]:
    """Tell of results that ``%%capture`` keeps from the shell's ``own`` display hook: each value,
    and the bundles it was shown as."""
    hook, taken = sys.displayhook, results_taken(own)
    if taken is None:
        yield
        return

    def displayhook(value: Any = None) -> Any:
        before = len(taken)
        done = hook(value)
        hear(value, taken[before:])
        return done

    vars(displayhook)["outputs"] = taken
    sys.displayhook = displayhook
    try:
        yield
    finally:
        if sys.displayhook is displayhook:
            sys.displayhook = hook


def results_taken(own: Any) -> list[Any] | None:
    """Where results go that ``%%capture`` keeps from the shell's ``own`` display hook; None if it
    gets them."""
    taken = getattr(sys.displayhook, "outputs", None)
    return taken if sys.displayhook is not own and isinstance(taken, list) else None


def _silently(original: _Method) -> _Method:
    def method(*args: Any, **named: Any) -> Any:
        with muted():
            return original(*args, **named)

    return method


def take_display(
    tape: Tape,
    kind: str,
    data: Any,
    metadata: Any,
    transient: Mapping[str, Any],
    update: Any,
    **more: str | bool,
) -> None:
    """Take down a mime bundle; a live widget as its text, for its model dies with the kernel.

    ``more`` goes into the event: ``printed`` is what a script shows of it, ``late`` says that a
    notebook shows it at the end.
    """
    bundle = {mime: _plain(value) for mime, value in dict(data).items() if mime != _WIDGET}
    event: dict[str, Any] = {"data": bundle, "metadata": _plain(metadata or {}), **more}
    if kind == "display":
        event["id"] = display_ids.kept(str(transient.get("display_id") or ""))
        event["update"] = bool(update)
    if bundle:
        size = sum(_size(value) for value in bundle.values())
        tape.rich(kind, size, event)
    if "text/plain" in bundle and (view := dict(data).get(_WIDGET)):
        tape.at_end(lambda: _retell(bundle, view))


def _retell(bundle: dict[str, Any], view: Mapping[str, Any]) -> None:
    """Say of a widget what it shows now."""
    from zenbook.world.widget_text import text_of_widget

    told = text_of_widget(str(view.get("model_id")))
    bundle["text/plain"] = bundle["text/plain"] if told is None else told


def _plain(value: Any) -> Any:
    """The value as JSON would give it back; bytes (pictures) in base 64."""
    if isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode("ascii")
    return json.loads(json.dumps(value, default=str))


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str) else len(json.dumps(value))


# ---------------------------------------------------------------- replay


def _replay_display(shell: Any, event: Event, renewed: set[str]) -> None:
    flush_streams()
    transient = {}
    if kept := event["id"]:
        if not event["update"] and kept not in renewed:
            renewed.add(kept)
            display_ids.renew(kept, uuid.uuid4().hex)
        transient["display_id"] = display_ids.shown_now(kept)
    shell.display_pub.publish(
        dict(event["data"]),
        dict(event["metadata"]),
        transient=transient,
        update=event["update"],
    )


def _replay_result(shell: Any, event: Event) -> None:
    """Send the data as the cell's result, with this cell's number, or to who captures results."""
    flush_streams()
    hook = shell.displayhook
    if (taken := results_taken(hook)) is not None:
        taken.append({"data": dict(event["data"]), "metadata": dict(event["metadata"])})
        return
    hook.start_displayhook()
    hook.write_output_prompt()
    hook.write_format_data(dict(event["data"]), dict(event["metadata"]))
    hook.log_output(dict(event["data"]))
    hook.finish_displayhook()
