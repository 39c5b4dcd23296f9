"""A real kernel for the tests, and what its cells showed."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

OTHER_PYTHON = os.environ.get("ZENBOOK_KERNEL_PYTHON", "")
"""The Python that kernels run in; see ``tools/hosted``."""
STEP = "application/vnd.zenbook.step+json"
_FORGET = """
def __forget():
    import zenbook.engine.desk
    import zenbook.front.notebook.loading as loading
    for door in loading._doors.values():
        door.forget()
    zenbook.engine.desk.close_desks()
    shell = get_ipython()
    shell.user_ns['_oh'].clear()
    hidden = shell.user_ns_hidden
    for name in list(shell.user_ns):
        if name not in hidden or name.strip('_i').isdigit():
            shell.user_ns.pop(name, None)
    own = ('In', 'Out', 'open')
    shell.user_ns.update({name: hidden[name] for name in own if name in hidden})
    shell.displayhook._ = shell.displayhook.__ = shell.displayhook.___ = ''
    shell.push({'_': '', '__': '', '___': ''}, interactive=False)
__forget()
"""
_SHELLS = r"_+|_i*\d*|_[dio]h|__(?!annotations)\w+__|In|Out|exit|quit|get_ipython|open"
"""Names that are IPython's and Python's own."""
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Cell:
    """What one execution showed, without the line of its step."""

    reply: Mapping[str, Any]
    outputs: list[dict[str, Any]] = field(default_factory=list)
    line: Mapping[str, Any] | None = None
    lines: list[str] = field(default_factory=list)
    """Each state of the line under the cell, as text."""
    retold: list[str] = field(default_factory=list)
    """New states of lines that stand under other cells, as text."""
    display: str = ""
    """The id of the line's display."""
    seconds: float = 0.0
    """From busy to idle, by the kernel's own clock."""
    order: list[str] = field(default_factory=list)
    """What was shown, in order: kinds of messages, ``line`` and ``line again`` for the line."""

    @property
    def status(self) -> str:
        return str(self.line["status"]) if self.line else ""

    @property
    def said(self) -> str:
        """The last state of the line."""
        return self.lines[-1] if self.lines else ""

    def stream(self, name: str = "stdout") -> str:
        return "".join(o["text"] for o in self.outputs if o.get("name") == name)

    @property
    def result(self) -> str | None:
        """``Out[n]`` as text."""
        found = [o["data"]["text/plain"] for o in self.outputs if o["type"] == "execute_result"]
        return found[-1] if found else None

    @property
    def displayed(self) -> list[str]:
        return [o["data"].get("text/plain", "") for o in self.outputs if "display" in o["type"]]

    @property
    def error(self) -> str:
        return str(self.reply.get("ename", ""))

    @property
    def traceback(self) -> str:
        return _ANSI.sub("", "\n".join(self.reply.get("traceback", ())))


class Kernel:
    """One ipykernel with its own zenbook home, restarted at will."""

    def __init__(self, folder: Path, load: bool = True) -> None:
        self.folder = folder
        self.home = folder / ".zenbook"
        self._load = load
        self._manager: Any = None
        self._client: Any = None
        self.start()

    def start(self) -> None:
        env = {
            **os.environ,
            "ZENBOOK_HOME": str(self.home),
            "HOME": str(self.folder / "person"),
            "XDG_DATA_HOME": str(self.folder / "person" / "data"),
            "IPYTHONDIR": str(self.folder / "ipython"),
            "MPLCONFIGDIR": os.environ.get("MPLCONFIGDIR", str(self.folder / "mpl")),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        env.pop("JPY_SESSION_NAME", None)
        env.pop("PYTEST_CURRENT_TEST", None)  # with it, a kernel reads no program's output
        (self.folder / "work").mkdir(exist_ok=True)
        self._manager = KernelManager(
            transport="ipc", ip=str(self.folder / "ipc"), **kernel_of(self.folder)
        )
        self._manager.start_kernel(env=env, cwd=str(self.folder / "work"))
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)
        if self._load:
            loaded = self.run("%load_ext zenbook")
            assert loaded.reply["status"] == "ok", loaded.traceback

    def restart(self) -> None:
        """As a person does: graceful, a new process, the extension loaded again."""
        self.stop()
        self.start()

    def stop(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=False)
        self._manager.cleanup_resources()

    def kill(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()

    def send(self, source: str, cell: str = "", allow_stdin: bool = False) -> str:
        """Ask for an execution; ``cell`` is the id a front end gives the cell."""
        content = {
            "code": source,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": allow_stdin,
            "stop_on_error": True,
        }
        session = self._client.session
        message = session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def run(
        self, source: str, timeout: float = 60, answer: str | Sequence[str] = "", cell: str = ""
    ) -> Cell:
        """Execute one cell to its end; several answers are given one after the other."""
        while True:
            message = self.send(source, cell, allow_stdin=bool(answer))
            found = self.finish(message, timeout, answer)
            if found.reply["status"] != "aborted":
                return found  # an older kernel refuses what comes right behind an error

    def finish(self, message: str, timeout: float = 60, answer: str | Sequence[str] = "") -> Cell:
        outputs: list[dict[str, Any]] = []
        found = Cell({})
        self._busy = self._idle = 0.0
        for kind, content in self._heard(message, timeout, answer):
            if kind in ("display_data", "update_display_data") and STEP in content["data"]:
                display = content["transient"]["display_id"]
                if kind == "update_display_data" and display != found.display:
                    found.retold.append(content["data"]["text/plain"])
                    continue
                found.display = display
                found.line = content["data"][STEP]
                found.lines.append(content["data"]["text/plain"])
                found.order.append("line" if kind == "display_data" else "line again")
            elif kind == "clear_output" or kind in (
                "stream",
                "display_data",
                "execute_result",
                "update_display_data",
            ):
                outputs.append({"type": kind, **content})
                found.order.append(kind)
        found.outputs = _joined(outputs)
        found.seconds = self._idle - self._busy
        found.reply = self._reply(message, timeout)
        return found

    def _heard(
        self, message: str, timeout: float, answer: str | Sequence[str]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        until = time.monotonic() + timeout
        answers = repeat(answer) if isinstance(answer, str) else iter(answer)
        while True:
            if answer and self._client.stdin_channel.msg_ready():
                self._client.get_stdin_msg(timeout=1)
                self._client.input(next(answers))
            if time.monotonic() > until:
                raise TimeoutError("the cell did not end")
            if not self._client.iopub_channel.msg_ready():
                time.sleep(0.002)
                continue
            heard = self._client.get_iopub_msg(timeout=1)
            if heard["parent_header"].get("msg_id") != message:
                continue
            if heard["msg_type"] == "status":
                if heard["content"]["execution_state"] == "idle":
                    self._idle = heard["header"]["date"].timestamp()
                    return
                self._busy = heard["header"]["date"].timestamp()
            yield heard["msg_type"], heard["content"]

    def _reply(self, message: str, timeout: float) -> dict[str, Any]:
        while True:
            reply = self._client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == message:
                content: dict[str, Any] = reply["content"]
                return content

    def interrupt(self) -> None:
        self._manager.interrupt_kernel()

    def value(self, expression: str) -> Any:
        """An expression's value, through repr."""
        reply = self.ask(expression)
        return ast.literal_eval(reply)

    def ask(self, expression: str) -> str:
        """An expression's repr, by a silent execution."""
        status = "aborted"  # an older kernel refuses what comes right behind an error
        while status == "aborted":
            message = self._client.execute(
                "", silent=True, user_expressions={"it": expression}, store_history=False
            )
            reply = self._reply(message, 30)
            status = reply["status"]
        found = reply["user_expressions"]["it"]
        assert found["status"] == "ok", found
        return str(found["data"]["text/plain"])

    def complete(self, text: str) -> list[str]:
        self._client.complete(text)
        while True:
            reply = self._client.get_shell_msg(timeout=30)
            if reply["msg_type"] == "complete_reply":
                return list(reply["content"]["matches"])

    def fresh(self) -> None:
        """What a restart does to a notebook, without the process: no names, the home stays."""
        self.quietly(_FORGET)

    def another(self) -> None:
        """Another notebook in the same process: no names, an empty home and working folder."""
        self.fresh()
        for folder in (self.home, self.folder / "work"):
            shutil.rmtree(folder, ignore_errors=True)
        (self.folder / "work").mkdir()
        self.quietly(f"import os; os.chdir({str(self.folder / 'work')!r}); del os")

    def quietly(self, source: str) -> None:
        """Execute what is no cell of the notebook."""
        message = self._client.execute(source, silent=True, store_history=False)
        reply = self._reply(message, 60)
        assert reply["status"] == "ok", reply

    def play(self, *cells: str) -> list[Cell]:
        """Run cells in order; a cell that raises ends it, as Run All does."""
        played: list[Cell] = []
        for cell in cells:
            played.append(self.run(cell))
            if played[-1].reply["status"] != "ok":
                break
        return played

    def names(self) -> dict[str, str]:
        """The notebook's own names and what they are, as text that holds no address."""
        shown = self.ask(
            "{k: (v.__module__ + '.' + v.__qualname__ if isinstance(v, type) else"
            " 'def ' + v.__qualname__ if type(v).__name__ == 'function' else"
            " type(v).__name__ if ' at 0x' in repr(v) else repr(v))"
            " for k, v in list(globals().items())"
            f" if __import__('re').fullmatch({_SHELLS!r}, k) is None}}"
        )
        found: dict[str, str] = ast.literal_eval(shown)
        return found


def kernel_of(folder: Path) -> dict[str, Any]:
    """What makes a kernel manager start the Python to test with: ``ZENBOOK_KERNEL_PYTHON``,
    else the one that runs the tests."""
    if not OTHER_PYTHON:
        return {}
    spec = folder / "kernels" / "tested"
    spec.mkdir(parents=True, exist_ok=True)
    command = [OTHER_PYTHON, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    told = {"argv": command, "display_name": "Tested", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(told))
    specs = KernelSpecManager(kernel_dirs=[str(spec.parent)], ensure_native_kernel=False)
    return {"kernel_spec_manager": specs, "kernel_name": "tested"}


def without_steps(cells: Sequence[str]) -> list[str]:
    """The same cells without their step lines."""
    bare = [re.sub(r"^%%?step\b.*\n(?=%%)", "", cell, flags=re.M) for cell in cells]
    return [re.sub(r"^%%?step\b.*$", "# a plain cell", cell, flags=re.M) for cell in bare]


def _joined(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Neighbouring texts of a stream as one, as a front end shows them."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output["type"] == "stream" == last.get("type") and output["name"] == last["name"]:
            last["text"] += output["text"]
        else:
            joined.append(dict(output))
    return joined
