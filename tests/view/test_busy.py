"""The link in a real kernel: what a page asks while a cell runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

SLOW = """%%step slow
import os, time
before = len(fired)
while not os.path.exists("go"):
    time.sleep(0.05)
noticed = len(fired) - before
"""


class Page:
    """What JupyterLab does for one page: a subshell, and a comm in it."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client
        self.heard: list[dict[str, Any]] = []
        self.client.control_channel.send(client.session.msg("create_subshell_request", {}))
        reply = self.client.get_control_msg(timeout=20)
        self.subshell = reply["content"]["subshell_id"]

    def say(self, kind: str, data: dict[str, Any]) -> None:
        content = {"comm_id": "page", "target_name": "zenbook", "data": data}
        message = self.client.session.msg(kind, content)
        message["header"]["subshell_id"] = self.subshell
        self.client.shell_channel.send(message)

    def hears(self, wanted: str, seconds: float = 20) -> dict[str, Any]:
        """The next message to this page that has this field; the others wait for their turn."""
        for place, known in enumerate(self.heard):
            if wanted in known:
                return self.heard.pop(place)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            message = self.client.get_iopub_msg(timeout=deadline - time.monotonic())
            content = message["content"]
            if message["msg_type"] == "comm_msg" and content["comm_id"] == "page":
                found: dict[str, Any] = content["data"]
                if wanted in found:
                    return found
                self.heard.append(found)
        raise AssertionError(f"no {wanted} within {seconds} seconds")

    def run(self, code: str) -> None:
        self.client.execute_interactive(code, timeout=30, output_hook=lambda _: None)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    pytest.importorskip("ipykernel", "7.0")
    monkeypatch.setenv("ZENBOOK_HOME", str(tmp_path / "home"))
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield Page(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_page_is_answered_while_a_cell_runs_and_its_cell_never_notices(
    page: Page, tmp_path: Path
) -> None:
    page.run(
        "%load_ext zenbook\nfired = []\n"
        "for name in ('pre_execute', 'post_execute'):\n"
        "    get_ipython().events.register(name, lambda: fired.append(1))"
    )
    page.say("comm_open", {})
    assert page.hears("push")["push"]["cells"] == []
    page.client.execute(SLOW)
    while [cell["status"] for cell in page.hears("push")["push"]["cells"]] != ["running"]:
        pass
    for number in range(3):
        page.say("comm_msg", {"id": number, "ask": "runs", "offset": 0, "limit": 10})
        answer = page.hears("id", 5)
        assert answer["id"] == number
        assert answer["view"]["rows"][0]["status"] == "running"
    page.say("comm_msg", {"id": 9, "ask": "plan"})
    (tmp_path / "go").touch()
    while (done := page.hears("push")["push"]["cells"][0])["status"] == "running":
        pass
    assert done["status"] == "completed"
    assert page.hears("id")["id"] == 9, "a plan waits until the cell has ended"
    asked = page.client.execute_interactive(
        "", user_expressions={"noticed": "noticed"}, timeout=20, output_hook=lambda _: None
    )
    noticed = asked["content"]["user_expressions"]["noticed"]["data"]["text/plain"]
    assert noticed == "0", "a question fires none of the events that matplotlib waits for"


def test_without_a_subshell_the_answer_comes_between_cells(page: Page) -> None:
    page.subshell = None
    page.run("%load_ext zenbook")
    page.say("comm_open", {"instead": "none"})
    assert page.hears("push")["push"]["kind"] == "notebook"
    page.client.execute("import time; time.sleep(0.5)")
    page.say("comm_msg", {"id": 1, "ask": "store"})
    assert page.hears("id")["view"]["kind"] == "store"


def test_only_a_page_that_executes_is_told_of_the_link(page: Page) -> None:
    def opened(code: str, metadata: dict[str, str]) -> int:
        session = page.client.session
        content = {"code": code, "silent": False, "store_history": True, "stop_on_error": True}
        message = session.msg("execute_request", content, metadata=metadata)
        page.client.shell_channel.send(message)
        kinds: list[str] = []
        while True:
            heard = page.client.get_iopub_msg(timeout=20)
            if heard["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                kinds.append(heard["msg_type"])
                if heard["content"].get("execution_state") == "idle":
                    return kinds.count("comm_open")

    assert opened("%load_ext zenbook", {}) == 0
    assert opened("1", {"cellId": "a"}) == 1
    assert opened("2", {"cellId": "b"}) == 0
