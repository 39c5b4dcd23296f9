"""Cells of a real kernel, with a page that listens and without: the page must not be felt."""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from jupyter_client.manager import KernelManager

TURNS = 40
PLAIN, STEP = "y = sum(range(20000))", "%%step small\nx = sum(range(20000))"

MEASURE = """
import json as _json, time as _time
from zenbook.front import lab as _lab
def _taken(source, listening):
    pages = dict(_lab.current()._pages)
    if not listening:
        _lab.current()._pages.clear()
    began = _time.perf_counter()
    get_ipython().run_cell(source, store_history=False)
    taken = _time.perf_counter() - began
    _lab.current()._pages.update(pages)
    return taken
"""


def cells() -> Iterator[tuple[str, float, float, float]]:
    """Name, seconds with a page, without, and the least ratio of the two."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pyproject.toml").touch()
        manager = KernelManager(kernel_name="python3")
        manager.start_kernel(cwd=folder)
        client = manager.blocking_client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=60)
            for code in ("%load_ext zenbook", MEASURE):
                client.execute_interactive(code, timeout=60, output_hook=lambda _: None)
            opening = client.session.msg(
                "comm_open", {"comm_id": "page", "target_name": "zenbook", "data": {}}
            )
            client.shell_channel.send(opening)
            for name, source, floor in (
                ("plain cell beside a panel", PLAIN, 0.9),
                ("cached step beside a panel", STEP, 0.67),
            ):
                yield (name, *_medians(client, source), floor)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def _medians(client: object, source: str) -> tuple[float, float]:
    code = f"[[_taken({source!r}, on) for on in (True, False)] for _ in range({TURNS})]"
    done = client.execute_interactive(  # type: ignore[attr-defined]
        "", user_expressions={"taken": f"_json.dumps({code})"}, timeout=120,
        output_hook=lambda _: None,
    )  # fmt: skip
    shown = done["content"]["user_expressions"]["taken"]["data"]["text/plain"]
    pairs = json.loads(shown.strip("'"))[2:]
    with_page, without = zip(*pairs, strict=True)
    return statistics.median(with_page), statistics.median(without)
