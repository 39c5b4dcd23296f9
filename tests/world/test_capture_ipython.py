"""What a cell displays is recorded in a real kernel, and shown again as if it had run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).parents[2]
START = """
import sys, threading, time
from zenbook.world.capture import capture_for
screen = capture_for(get_ipython())
def begin():
    global tape
    recording = screen.recording()
    tape = recording.__enter__()
    def end(*_):
        get_ipython().events.unregister("post_run_cell", end)
        recording.__exit__(None, None, None)
    get_ipython().events.register("post_run_cell", end)
"""


class Kernel:
    """A real kernel; ``run`` gives back what a cell shows."""

    def __init__(self, manager: KernelManager) -> None:
        self._client = manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)

    def run(self, code: str) -> list[tuple[str, Any]]:
        shown: list[tuple[str, Any]] = []

        def keep(message: Any) -> None:
            kind, content = message["msg_type"], message["content"]
            if kind == "stream" and shown and shown[-1][0] == content["name"]:
                shown[-1] = (content["name"], shown[-1][1] + content["text"])
            elif kind == "stream":
                shown.append((content["name"], content["text"]))
            elif kind in ("display_data", "update_display_data", "execute_result"):
                shown.append((kind, (content["data"], content.get("transient", {}))))
            elif kind == "clear_output":
                shown.append((kind, content["wait"]))
            elif kind == "error":
                raise AssertionError("\n".join(content["traceback"]))

        self._client.execute_interactive(code, timeout=60, output_hook=keep)
        return shown

    def value(self, expression: str) -> str:
        (shown,) = self.run(expression)
        return str(shown[1][0]["text/plain"])

    def close(self) -> None:
        self._client.stop_channels()


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    manager = KernelManager(kernel_name="python3")
    manager.kernel_cmd = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager.start_kernel(
        cwd=str(ROOT), env={**os.environ, "PYTHONPATH": str(ROOT)}, extra_arguments=[]
    )
    kernel = Kernel(manager)
    kernel.run(START)
    yield kernel
    kernel.close()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


def test_streams_displays_and_the_result_come_back_in_order(kernel: Kernel) -> None:
    live = kernel.run(
        "begin()\n"
        "from IPython.display import display, HTML, clear_output\n"
        "print('one'); display(HTML('<b>x</b>')); print('two', file=sys.stderr)\n"
        "clear_output(wait=True); 6 * 7"
    )
    again = kernel.run("screen.replay(tape.events)")
    assert again == live
    assert [kind for kind, _ in live] == [
        "stdout",
        "display_data",
        "stderr",
        "clear_output",
        "execute_result",
    ]


def test_display_ids_are_fresh_and_updates_follow_them(kernel: Kernel) -> None:
    live = kernel.run(
        "from IPython.display import HTML, display\nbegin()\n"
        "handle = display(HTML('1'), display_id=True); handle.update(HTML('2'))"
    )
    again = kernel.run("screen.replay(tape.events)")
    old, old_update = (shown[1]["display_id"] for _, shown in live[:2])
    new, new_update = (shown[1]["display_id"] for _, shown in again)
    assert old == old_update != new == new_update
    assert [shown[0] for _, shown in again] == [shown[0] for _, shown in live[:2]]


def test_a_figure_flushed_after_the_cell_is_recorded(kernel: Kernel) -> None:
    live = kernel.run(
        "%matplotlib inline\nbegin()\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); None"
    )
    again = kernel.run("screen.replay(tape.events)")
    assert again == live
    assert "image/png" in again[0][1][0]


def test_another_cells_background_thread_is_kept_out(kernel: Kernel) -> None:
    kernel.run(
        "def chatter():\n"
        "    for _ in range(40):\n"
        "        print('CHATTER'); display('CHATTER'); time.sleep(0.01)\n"
        "stranger = threading.Thread(target=chatter); stranger.start()"
    )
    kernel.run(
        "begin()\n"
        "own = threading.Thread(target=print, args=('own',)); own.start(); own.join()\n"
        "time.sleep(0.2); print('mine')"
    )
    kernel.run("stranger.join()")
    assert kernel.value("[event['text'] for event in tape.events]") == r"['own\nmine\n']"


def test_a_live_widget_is_kept_as_its_text(kernel: Kernel) -> None:
    kernel.run("begin()\nimport ipywidgets; display(ipywidgets.IntSlider(value=3))")
    assert kernel.value("[sorted(e['data']) for e in tape.events]") == "[['text/plain']]"


def test_a_display_of_more_than_10_mb_is_capped_with_a_mark(kernel: Kernel) -> None:
    kernel.run("from IPython.display import HTML, display")
    kernel.run("begin()\nfor _ in range(3): display(HTML('x' * 4_000_000))")
    assert kernel.value("[sum(map(len, e['data'].values())) > 1000 for e in tape.events]") == (
        "[True, True, False]"
    )
    assert kernel.value("tape.remarks") == "('displays beyond 10 MB were not kept',)"


def test_the_shells_methods_are_its_own_again(kernel: Kernel) -> None:
    kernel.run("begin()\nprint()")
    left = (
        "[getattr(vars(owner).get(name), '__module__', '').startswith('zenbook') for owner, name"
        " in ((get_ipython().display_pub, 'publish'), (sys.stdout, 'write'))]"
    )
    assert kernel.value(left) == "[False, False]"


def test_a_terminal_shell_records_a_display_once(tmp_path: Path) -> None:
    import subprocess

    script = tmp_path / "cells.py"
    script.write_text(
        f"{START.replace('get_ipython()', 'shell')}\n"
        "from IPython.display import display\n"
        "with screen.recording() as tape:\n"
        "    print('one')\n"
        "    shell.run_cell(\"from IPython.display import display; display('x'); 6 * 7\")\n"
        "print([(e['kind'], e.get('text') or e['data']['text/plain']) for e in tape.events])\n"
        "screen.replay(tape.events)\n"
    )
    head = "from IPython.core.interactiveshell import InteractiveShell\n"
    head += "shell = InteractiveShell.instance(); shell.history_manager.enabled = False\n"
    script.write_text(head + script.read_text())
    ran = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path)},
    )
    events, *replayed = ran.stdout.splitlines()[-4:]
    assert events == "[('stream', 'one\\n'), ('display', \"'x'\"), ('result', '42')]", ran.stderr
    assert replayed == ["one", "'x'", "Out[1]: 42"] or replayed[:2] == ["one", "'x'"]
