"""``zenbook run notebook.ipynb``: execute a notebook without a front end, as a run like any other.

nbclient executes the cells in a real kernel that has the extension loaded before the first of
them. A cell that raises ends the run.

Other places to execute (``--executor``) are other implementations of :class:`Executor`.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from zenbook.core.view_text import seconds_text
from zenbook.core.view_types import SCHEMA
from zenbook.errors import OptionError, UsageError
from zenbook.front.notebook.book import read_python, write_notebook
from zenbook.front.notebook.failed_cell import Failure, failure_of, shown
from zenbook.front.notebook.given import given_to, inject, own_place
from zenbook.front.notebook.line import MIME
from zenbook.front.notebook.option_table import suggestion
from zenbook.front.notebook.outline import named_twice, outline_of
from zenbook.front.notebook.saved import without_live_views

if TYPE_CHECKING:
    from zenbook.model import Plan, Status

_SECONDS_FOR_OUTPUTS = 60
"""A busy machine may deliver a cell's outputs long after its reply; nbclient waits four seconds."""
_SECONDS_TO_STOP = 10
"""A cell that is stopped has so long to end, with its outputs and its line."""
_MOST_ABORTED = 3
"""A kernel whose cell has failed may refuse what was sent before it is done with that."""
NO_STEP = "{file} has no step: mark cells with %%step NAME to keep what they give."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the kernel is told before the first cell, beside the notebook's file."""

    enable_cache: bool | None = None
    rerun: tuple[str, ...] = ()
    name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""

    def setup(self, file: Path) -> str:
        """Python that tells it."""
        about = {"name": self.name, "tags": self.tags, "note": self.note}
        told = f"{str(file.resolve())!r}, {self.enable_cache!r}, {self.rerun!r}, {about!r}"
        return _calling("headless", told)


class Executor(Protocol):
    """Who executes a notebook: this machine's kernel, or something far away."""

    def execute(self, notebook: Any, folder: Path, setup: str, told: Told) -> Failure | None:
        """Fill in the notebook's outputs; the failure that ended it, if one did.

        Raises UsageError where there is no kernel to execute it, and KeyboardInterrupt when
        stopped, with what the cell had shown by then.
        """
        ...


class Told:
    """Live progress: one line per step, as it ends."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.steps: list[Mapping[str, Any]] = []
        self._ended: dict[str, int] = {}

    def output(self, output: Mapping[str, Any]) -> None:
        """An output of a cell, or a later state of one."""
        said = output.get("data", {}).get(MIME)
        if said is None:
            return
        display = output.get("transient", {}).get("display_id", "")
        if display in self._ended:  # the version of its run is known by now
            self.steps[self._ended[display]] = said
            return
        print(output["data"]["text/plain"], file=self._stream, flush=True)
        if said["status"] != "running":
            self._ended[display] = len(self.steps)
            self.steps.append(said)

    def summary(self) -> str:
        """How many steps are cached, what that saved, and the runs they belong to."""
        cached = sum(said["status"] == "cached" for said in self.steps)
        saved = sum(said["saved"] for said in self.steps)
        runs: dict[str, dict[int, None]] = {}
        for said in self.steps:
            if said["run"] is not None:
                runs.setdefault(said["pipeline"], {})[said["run"]] = None
        places = [
            f"run{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))} of {pipeline}"
            for pipeline, numbers in runs.items()
        ]
        return (
            f", {cached} of {len(self.steps)} steps cached"
            + (f", saved {seconds_text(saved)}" if saved else "")
            + (f": {'; '.join(places)}" if places else "")
        )


class KernelExecutor:
    """Executes in a kernel of this machine, through nbclient."""

    def execute(self, notebook: Any, folder: Path, setup: str, told: Told) -> Failure | None:
        """See :class:`Executor`."""
        from nbclient import NotebookClient
        from nbclient.util import run_sync

        client = _client_class(NotebookClient)(
            notebook,
            timeout=None,
            iopub_timeout=_SECONDS_FOR_OUTPUTS,
            resources={"metadata": {"path": str(folder)}},
        )
        client.zenbook_told = told
        with _private_sockets(client), _started(client):
            execute = run_sync(client.kc.execute_interactive)
            reply = execute(setup, store_history=False, output_hook=_unseen, timeout=120)
            if reply["content"]["status"] != "ok":
                raise UsageError(f"The kernel cannot load zenbook: {reply['content']['evalue']}")
            try:
                return _executed(client, notebook)
            except KeyboardInterrupt:
                _tell_ended(client, "interrupted")
                raise
            finally:
                with suppress(RuntimeError):  # of a kernel that died
                    client.set_widgets_metadata()
                without_live_views(notebook)


@contextmanager
def _started(client: Any) -> Iterator[None]:
    """The notebook's kernel while the block runs. Raises UsageError if there is none."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(client.setup_kernel())
        except NoSuchKernel as error:
            there = ", ".join(sorted(KernelSpecManager().find_kernel_specs()))
            raise UsageError(
                f"The notebook asks for the kernel {error.name}, which is not installed here; "
                f"there is {there or 'none'}. Choose another in the notebook, or install it: "
                f"python -m ipykernel install --user --name {error.name}"
            ) from None
        except (RuntimeError, OSError) as error:
            raise UsageError(f"The kernel {client.kernel_name} does not start: {error}") from error
        yield


def _executed(client: Any, notebook: Any) -> Failure | None:
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    for number, cell in enumerate(notebook.cells):
        try:
            _execute(client, cell, number)
        except CellExecutionError as error:
            is_stopped = error.ename == "KeyboardInterrupt"
            _tell_ended(client, "interrupted" if is_stopped else "failed")
            told = f"{error.ename}: {error.evalue}"
            return failure_of(cell, own_place(notebook, number), told)
        except DeadKernelError:
            return failure_of(cell, own_place(notebook, number))
    return None


def _tell_ended(client: Any, status: Status) -> None:
    """Tell the kernel, whose open run would count as completed, how it ends. One that does not
    answer any more leaves a run that counts as interrupted once its process is gone."""
    from nbclient.util import run_sync

    execute, code = run_sync(client.kc.execute_interactive), _calling("ended_by_cell", repr(status))
    with suppress(RuntimeError, TimeoutError):
        for _ in range(_MOST_ABORTED):
            reply = execute(
                code, store_history=False, output_hook=_unseen, timeout=_SECONDS_TO_STOP
            )
            if reply["content"]["status"] != "aborted":
                return


def _calling(function: str, arguments: str) -> str:
    """Python that calls a function of :mod:`loading` and leaves no name behind."""
    return "\n".join(
        [
            f"from zenbook.front.notebook.loading import {function} as __zenbook_call",
            f"__zenbook_call({arguments})",
            "del __zenbook_call",
        ]
    )


def _execute(client: Any, cell: Any, number: int) -> None:
    """Execute a cell; when stopped, stop it in the kernel and wait for what it still says."""
    import asyncio

    from nbclient.util import ensure_async, run_sync

    running: list[asyncio.Task[Any]] = []

    async def run() -> None:
        running.append(asyncio.ensure_future(client.async_execute_cell(cell, number)))
        await asyncio.wait(running)

    async def stop() -> None:
        await ensure_async(client.km.interrupt_kernel())
        await asyncio.wait(running, timeout=_SECONDS_TO_STOP)
        if running[0].done() and not running[0].cancelled():
            running[0].exception()  # it ends with the error that Stop is

    try:
        run_sync(run)()
    except KeyboardInterrupt:
        if running:
            run_sync(stop)()
        raise
    running[0].result()


@contextmanager
def _private_sockets(client: Any) -> Iterator[None]:
    """Talk to the kernel through files of our own, where there are such: no port is open."""
    with tempfile.TemporaryDirectory(prefix="zb-") as folder:
        if os.name == "posix":
            manager = client.create_kernel_manager()
            manager.transport, manager.ip = "ipc", str(Path(folder) / "k")
        yield


def _client_class(base: type) -> type:
    class Client(base):  # type: ignore[misc]
        """Hears outputs while a cell runs."""

        zenbook_told: Told

        def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
            if msg["msg_type"] in ("display_data", "update_display_data"):
                self.zenbook_told.output(msg["content"])
            return super().process_message(msg, cell, cell_index)

    return Client


def _unseen(message: Mapping[str, Any]) -> None:
    """What loading the extension shows is no output of the notebook."""


def run_notebook(
    file: Path,
    parameters: Mapping[str, str],
    *,
    output: Path | None = None,
    wanted: Wanted | None = None,
    as_json: bool = False,
    executor: Executor | None = None,
) -> int:
    """Execute a notebook; 0 if it ended, 1 if a cell failed (it is shown).

    ``parameters`` are texts as given on the command line, typed as the notebook's are.
    The executed notebook goes to ``output`` also where it failed or was stopped.
    Raises UsageError for a file that is no notebook, OptionError for a parameter that is unknown or
    has another type.
    """
    notebook = read_python(file)
    wanted = wanted or Wanted()
    _check_steps(file, wanted.rerun)
    if output is not None:
        _check_writable(output)
    given = given_to(notebook, parameters)
    for remark in (*given.remarks, *named_twice(notebook)):
        print(remark, file=sys.stderr)
    inject(notebook, given)
    told, began = Told(sys.stderr if as_json else sys.stdout), time.monotonic()
    folder, setup = file.resolve().parent, wanted.setup(file)
    try:
        failure = (executor or KernelExecutor()).execute(notebook, folder, setup, told)
    finally:
        if output is not None:
            write_notebook(notebook, output)
    if as_json:
        said = {"notebook": str(file), "steps": told.steps, "failed": bool(failure)}
        print(json.dumps({"kind": "notebook run", "schema": SCHEMA, **said}))
    elif not told.steps and failure is None:
        print(NO_STEP.format(file=file))
    if failure is not None:
        print(shown(failure, sys.stderr), file=sys.stderr)
    if not as_json and told.steps:
        how = f"{'failed after' if failure else 'completed in'} "
        print(f"{file} {how}{seconds_text(time.monotonic() - began)}{told.summary()}.")
    return 0 if failure is None else 1


def _check_steps(file: Path, asked: Sequence[str]) -> None:
    """Raise OptionError for a step that the notebook does not have, where its names are known."""
    known = outline_of(file).order
    for name in asked:
        if known and name not in known:
            raise OptionError(f"The notebook has no step {name}.{suggestion(name, known)}")


def _check_writable(file: Path) -> None:
    """Raise UsageError before anything runs: its results would be lost."""
    if not file.resolve().parent.is_dir():
        raise UsageError(f"{file} cannot be written: there is no folder {file.parent}.")
    if not os.access(file if file.exists() else file.resolve().parent, os.W_OK):
        raise UsageError(f"{file} cannot be written: permission denied.")


def plan_notebook(file: Path, parameters: Mapping[str, str], *, no_cache: bool = False) -> Plan:
    """What a run would do, as far as it can be told without a kernel. Raises UsageError."""
    from zenbook.front.notebook.foresight import foresee

    notebook = read_python(file)
    given = given_to(notebook, parameters)
    for remark in given.remarks:
        print(remark, file=sys.stderr)
    foreseen = foresee(file, notebook, given, no_cache)
    for remark in (*named_twice(notebook), *foreseen.remarks):
        print(remark, file=sys.stderr)
    if not (foreseen.planned or foreseen.remarks):
        print(NO_STEP.format(file=file), file=sys.stderr)
    return foreseen.plan
