"""``zenbook run notebook.ipynb``: execute a notebook without a front end, as a run like any other.

nbclient executes the cells in a real kernel that has the extension loaded before the first of
them. Parameters are injected as papermill does it: a cell tagged ``injected-parameters`` below
the one tagged ``parameters`` (or above all cells). A cell that raises ends the run.

Other places to execute (``--executor``) are other implementations of :class:`Executor`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from zenbook.errors import OptionError, UsageError
from zenbook.front.notebook.line import MIME
from zenbook.front.notebook.option_table import suggestion
from zenbook.front.notebook.saved import without_live_views

if TYPE_CHECKING:
    from zenbook.model import Plan

_LOAD = "%load_ext zenbook"
_SECONDS_FOR_OUTPUTS = 60
"""A busy machine may deliver a cell's outputs long after its reply; nbclient waits four seconds."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The cell that ended a run: its number counted from 1, its source, the kernel's traceback."""

    cell: int
    source: str
    name: str
    value: str
    traceback: str


class Executor(Protocol):
    """Who executes a notebook: this machine's kernel, or something far away."""

    def execute(self, notebook: Any, folder: Path, setup: str, told: Told) -> Failure | None:
        """Fill in the notebook's outputs; the failure that ended it, if one did."""
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
        with _private_sockets(client), client.setup_kernel():
            execute = run_sync(client.kc.execute_interactive)
            reply = execute(setup, store_history=False, output_hook=_unseen, timeout=120)
            if reply["content"]["status"] != "ok":
                raise UsageError(f"The kernel cannot load zenbook: {reply['content']['evalue']}")
            try:
                return _executed(client, notebook)
            finally:
                client.set_widgets_metadata()
                without_live_views(notebook)


def _executed(client: Any, notebook: Any) -> Failure | None:
    from nbclient.exceptions import CellExecutionError

    for number, cell in enumerate(notebook.cells):
        try:
            client.execute_cell(cell, number)
        except CellExecutionError as error:
            return Failure(number + 1, cell.source, error.ename, error.evalue, str(error))
    return None


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
    enable_cache: bool | None = None,
    rerun: Sequence[str] = (),
    as_json: bool = False,
    executor: Executor | None = None,
) -> int:
    """Execute a notebook; 0 if it ended, 1 if a cell failed (it is shown).

    ``parameters`` are texts as given on the command line: Python literals, else strings.
    Raises UsageError for a file that is no notebook, OptionError for an unknown parameter.
    """
    notebook = read_notebook(file)
    inject(notebook, parameters)
    told = Told(sys.stderr if as_json else sys.stdout)
    setup = _setup(file, enable_cache, rerun)
    failure = (executor or KernelExecutor()).execute(notebook, file.resolve().parent, setup, told)
    if output is not None:
        write_notebook(notebook, output)
    if as_json:
        print(json.dumps({"notebook": str(file), "steps": told.steps, "failed": bool(failure)}))
    if failure is not None:
        print(_shown(failure), file=sys.stderr)
        return 1
    return 0


def plan_notebook(file: Path, parameters: Mapping[str, str], *, no_cache: bool = False) -> Plan:
    """What a run would do, as far as it can be told without a kernel. Raises UsageError."""
    from zenbook.front.notebook.foresight import foresee

    return foresee(file, parameters, no_cache)


def _setup(file: Path, enable_cache: bool | None, rerun: Sequence[str]) -> str:
    """What the kernel is told before the first cell."""
    return "\n".join(
        [
            f"get_ipython().run_line_magic('load_ext', {_LOAD.split()[1]!r})",
            "from zenbook.front.notebook.loading import headless as __zenbook_headless",
            f"__zenbook_headless({str(file.resolve())!r}, {enable_cache!r}, {tuple(rerun)!r})",
            "del __zenbook_headless",
        ]
    )


def _shown(failure: Failure) -> str:
    return f"Cell {failure.cell} failed:\n{failure.traceback}"


# ------------------------------------------------------------------ the file


def read_notebook(file: Path) -> Any:
    """A notebook of format 4. Raises UsageError for anything else."""
    import nbformat

    try:
        return nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]
    except FileNotFoundError:
        raise UsageError(f"There is no notebook {file}.") from None
    except Exception as error:  # nbformat raises many kinds for a file that is no notebook
        raise UsageError(f"{file} is no notebook: {error}") from error


def write_notebook(notebook: Any, file: Path) -> None:
    """Write the executed notebook. Raises UsageError if its folder does not exist."""
    import nbformat

    try:
        nbformat.write(notebook, file)  # type: ignore[no-untyped-call]
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from error


def inject(notebook: Any, parameters: Mapping[str, str]) -> None:
    """Put a cell with these values below the one that holds the parameters."""
    if not parameters:
        return
    import nbformat

    place = parameters_cell(notebook)
    known = parameter_names(notebook.cells[place].source) if place is not None else None
    for name in parameters:
        if not name.isidentifier():
            raise OptionError(f"{name!r} is no name of a parameter.")
        if known is not None and name not in known:
            near = suggestion(name, known)
            raise OptionError(f"The notebook has no parameter {name}.{near}")
    lines = [f"{name} = {literal(text)!r}" for name, text in parameters.items()]
    source = "\n".join(["# Parameters", *lines])
    cell = nbformat.v4.new_code_cell(source)  # type: ignore[no-untyped-call]
    cell.metadata["tags"] = ["injected-parameters"]
    notebook.cells[:] = [c for c in notebook.cells if "injected-parameters" not in _tags(c)]
    place = parameters_cell(notebook)
    notebook.cells.insert(0 if place is None else place + 1, cell)


def parameters_cell(notebook: Any) -> int | None:
    """The place of the cell that holds the parameters: tagged, or marked ``%%parameters``."""
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        if "parameters" in _tags(cell) or cell.source.lstrip().startswith("%%parameters"):
            return place
    return None


def parameter_names(source: str) -> list[str]:
    """The names a parameters cell binds."""
    import ast

    from zenbook.front.notebook.definitions import bound_names

    text = source.lstrip().removeprefix("%%parameters")
    try:
        return list(dict.fromkeys(bound_names(ast.parse(text).body)))
    except SyntaxError:
        return []  # executing the cell will say so better


def literal(text: str) -> Any:
    """A value from the command line: a Python literal, ``true``/``false``/``null``, else text."""
    import ast

    words = {"true": True, "false": False, "null": None}
    if text in words:
        return words[text]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _tags(cell: Any) -> Sequence[str]:
    tags: Sequence[str] = cell.metadata.get("tags", ())
    return tags
