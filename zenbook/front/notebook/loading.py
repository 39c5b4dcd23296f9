"""``%load_ext zenbook``: register the transformers, the events and the magics, once per shell."""

from __future__ import annotations

import atexit
import errno
import logging
import os
from typing import TYPE_CHECKING, Any

from zenbook.front.notebook.door import Door
from zenbook.front.notebook.marker import take_marker_away
from zenbook.front.notebook.trail import trail_of
from zenbook.world import watch_imports, watch_memoized

if TYPE_CHECKING:
    from zenbook.model import Status

_doors: dict[int, Door] = {}


def load_into(shell: Any) -> Door:
    """The shell's door, opened the first time."""
    door = _doors.get(id(shell))
    if door is not None and door.shell is shell:
        return door
    door = _doors[id(shell)] = Door(shell, trail=trail_of(shell))
    shell.input_transformers_cleanup.append(take_marker_away)
    shell.ast_transformers.append(door)
    shell.events.register("pre_run_cell", door.pre_run_cell)
    shell.events.register("post_run_cell", door.post_run_cell)
    from zenbook.front.notebook.magics import register

    register(shell, door)
    _link(door)
    atexit.register(door.close)
    watch_imports.install()
    watch_memoized.install()
    return door


def _link(door: Door) -> None:
    """Tell pages that are already there, answer those that come later, and draw answers."""
    from zenbook.front import lab
    from zenbook.front.notebook import shown

    def actions() -> Any:
        from zenbook.front.notebook.answering import Answering

        return Answering(door)

    lab.register(door.shell, actions)
    shown.register(door.shell, actions)


def headless(
    file: str, enable_cache: bool | None, rerun: tuple[str, ...], about: dict[str, Any]
) -> None:
    """Tell this kernel's door what ``zenbook run`` was told."""
    from IPython import get_ipython

    door = load_into(get_ipython())
    os.environ["ZENBOOK_NOTEBOOK"] = file
    door.run_cache, door.rerun, door.about = enable_cache, frozenset(rerun), about
    door.is_one_pass = True
    logging.getLogger("tornado.general").addFilter(_is_no_farewell)


def ended_by_cell(status: Status) -> None:
    """A cell has ended ``zenbook run``: its open run did not complete, nor did one whose steps have
    all run. A step that has failed has closed its run itself."""
    from IPython import get_ipython

    door = load_into(get_ipython())
    here = door.session()
    if here.ended and here.logbook is not None:
        here.logbook.close("running")
        here.ended = False
    for session in door.sessions.values():
        session.close(status)


def _is_no_farewell(record: logging.LogRecord) -> bool:
    """Leave out what a kernel says of a socket that it has closed itself while it ends.

    ipykernel answers the request to end in one thread while another closes what the answer's last
    flush is told through; now and then the traceback of that reached the person's terminal.
    """
    from zmq import ETERM, ZMQError

    error = record.exc_info[1] if record.exc_info else None
    return not (isinstance(error, ZMQError) and error.errno in (errno.ENOTSOCK, ETERM))
