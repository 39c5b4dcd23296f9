"""The kernel's side of the link to the page: one comm target, any number of pages.

``register`` is called by ``%load_ext zenbook``. As soon as a page executes a cell (it says which:
what executes notebooks without a page does not, and would only wonder) one comm is opened, so that
a page that is already there learns of us; it then opens its own over a subshell, where there are
subshells. A page that comes later (a reload, another tab) finds that comm in ``comm_info`` and
opens its own, too. Everybody always gets the full state.

Constraints
    - A question is answered while a cell runs. JupyterLab sends comms over a subshell of
      ipykernel 7, a thread of its own; but ipykernel then hands each message to the shell from
      which the kernel *last sent* on that comm. So what a running cell pushes is sent in the
      context of the page's own opening message, and the page's questions stay in its subshell.
      Measured: 12 ms for a page of runs beside a sleeping cell; without this, the cell's length.
    - Looking may happen on any thread; what needs the namespace or changes something is handed
      to the main thread's loop and done between cells.
    - A question never fires IPython's ``pre_execute`` and ``post_execute``, as comms otherwise
      do: matplotlib would show and close the figures that a running cell is drawing.
    - A cell does not wait for a picture: its end is told when it has ended, and only a step that
      runs tells so before, which takes 0.1 ms for ten cells (``benchmarks/front.py``).

Rejected: executing requests from the page, which is what makes other variable panels slow every
cell; polling, which keeps an idle kernel busy; a comm for each direction (twice the states a
page can be in).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from zenbook.front.actions import Actions

TARGET = "zenbook"
PAGES = 16
"""Most pages told of a change: a page that is reloaded never says that it left."""

Send = Callable[[dict[str, Any]], None]


class Link:
    """All pages that show this kernel, and the actions they may ask for."""

    def __init__(self, actions: Callable[[], Actions], loop: AbstractEventLoop | None) -> None:
        self._actions = actions
        self._loop = loop
        self._pages: dict[str, tuple[Send, Context]] = {}
        self._serial = 0
        self._turn = threading.Lock()
        """Held from making a state to sending it, so that a later serial is a later state."""
        self._process = os.getpid()
        self._due = False
        self._ready = loop is None
        self._has_beckoned = False

    @property
    def pages(self) -> int:
        """How many pages listen."""
        return len(self._pages)

    def join(self, name: str, send: Send) -> None:
        """Add a page and give it the full state; of too many, the one that joined first goes."""
        self._pages[name] = (send, copy_context())
        for oldest in list(self._pages)[:-PAGES]:
            self.leave(oldest)
        if not self._ready and threading.current_thread() is not threading.main_thread():
            return  # ``begin`` is about to tell everybody
        with self._turn:
            if (message := self._message()) is not None:
                send(message)

    def begin(self) -> None:
        """Import on the main thread what pages ask for, and tell those that are there already.

        Two threads that import the same modules at once may be given half of one.
        """
        import zenbook.front.answers  # noqa: F401

        with self._turn:
            self._message()  # imports the rest
        self._ready = True
        self.changed()

    def beckon(self) -> None:
        """Tell pages that are there already of us, once."""
        if not self._has_beckoned:
            self._has_beckoned = True
            _beckon(self)

    def leave(self, name: str) -> None:
        self._pages.pop(name, None)

    def changed(self) -> None:
        """Push the full state; free while nobody listens. Never raises into a cell."""
        if not self._pages or os.getpid() != self._process:
            return  # a forked child has its parent's pages, but not their connection
        with self._turn:
            if (message := self._message()) is not None:
                self._tell(message)

    def changed_soon(self) -> None:
        """As ``changed``, but when the running cell has ended: it does not wait for a picture."""
        if self._loop is None or not self._loop.is_running():
            self.changed()
        elif self._pages and not self._due:
            self._due = True
            self._loop.call_soon_threadsafe(self._catch_up)

    def _catch_up(self) -> None:
        self._due = False
        self.changed()

    def hear(self, query: Mapping[str, Any], send: Send) -> None:
        """Answer a question, on the main thread where it must be."""
        from zenbook.front.answers import answer, needs_main_thread

        def reply() -> None:
            send(answer(query, self._actions()))
            if "act" in query:
                self.changed()

        if not isinstance(query.get("id"), int):
            return  # what has no number cannot be answered
        if needs_main_thread(query) and self._loop is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(reply)
        else:
            reply()

    def _message(self) -> dict[str, Any] | None:
        """The full state; None outside a notebook; a warning where it cannot be made."""
        from zenbook.core.view import live_graph, notebook_view

        try:
            now = self._actions().notebook()
            if now is None:
                return None
            state = notebook_view(now, live_graph(now), self._serial + 1)
        except Exception as error:  # the cell must not fail because a picture did
            return {"warning": f"{type(error).__name__}: {error}"[:200]}
        self._serial += 1
        return {"push": state}

    def _tell(self, message: dict[str, Any]) -> None:
        """Send to every page; one whose connection is gone leaves."""
        for name, (send, context) in list(self._pages.items()):
            try:
                context.copy().run(send, message)
            except (OSError, RuntimeError, ValueError):
                self.leave(name)


_link: Link | None = None


def current() -> Link | None:
    """The link of this kernel, if the extension is loaded."""
    return _link


def changed() -> None:
    """Tell every page that the notebook is not as it was; free where no page listens."""
    if _link is not None:
        _link.changed()


def changed_soon() -> None:
    """The same when the running cell has ended; many changes in one cell are told once."""
    if _link is not None:
        _link.changed_soon()


def register(shell: Any, actions: Callable[[], Actions]) -> Link | None:
    """Register the comm target and tell pages that are already there; None without a kernel."""
    global _link
    kernel = getattr(shell, "kernel", None)
    comms = getattr(kernel, "comm_manager", None)
    if comms is None:
        return None
    if _link is not None:
        _link._actions = actions
        return _link
    _link = link = Link(actions, _main_loop(kernel))
    comms.register_target(TARGET, lambda comm, message: _opened(link, comm, message))
    if _may_have_page(kernel):
        link.beckon()
    _begin_soon(link)
    return link


def page_executes() -> None:
    """A page executes a cell."""
    if _link is not None:
        _link.beckon()


def _may_have_page(kernel: Any) -> bool:
    """Whether what runs now was asked for by a page, or by nobody: the kernel is just starting."""
    parent = kernel.get_parent("shell")
    return not parent or "cellId" in (parent.get("metadata") or {})


def _main_loop(kernel: Any) -> AbstractEventLoop | None:
    """The loop that runs between cells; ``register`` is called by a cell, so it is this one."""
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        loop = getattr(getattr(kernel, "io_loop", None), "asyncio_loop", None)
        return loop if isinstance(loop, asyncio.AbstractEventLoop) else None


def _opened(link: Link, comm: Any, message: Mapping[str, Any]) -> None:
    """A page opened a comm, maybe instead of the one it was told of first."""
    instead = message["content"]["data"].get("instead")
    if isinstance(instead, str):
        link.leave(instead)
    _listen(link, comm)
    link.join(comm.comm_id, comm.send)


def _listen(link: Link, comm: Any) -> None:
    """Take messages where they arrive, past ``comm.on_msg`` and the events that it fires."""
    comm.handle_msg = lambda heard: link.hear(heard["content"]["data"], comm.send)
    comm.on_close(lambda _: link.leave(comm.comm_id))


def _beckon(link: Link) -> None:
    """Open a comm from here: pages that listen learn of us, and ``comm_info`` names it later."""
    from comm import create_comm

    comm = create_comm(target_name=TARGET, data={})
    _listen(link, comm)
    link._pages[comm.comm_id] = (comm.send, copy_context())


def _begin_soon(link: Link) -> None:
    """The first state waits until the cell that loads the extension has ended: making it imports
    most of the engine, 60 ms that the cell need not take.
    """
    if link._loop is not None and link._loop.is_running():
        link._loop.call_soon(link.begin)
    else:
        link.begin()
