"""A page with the widget in it and no JupyterLab: quick to load, driven by a real Chromium.

A small server on 127.0.0.1 gives the built bundle to the page and passes the widget's messages
to the kernel's side of the link (:class:`zenbook.front.lab.Link`) with sample actions behind.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.view.fake import FakeActions
from zenbook.front.lab import Link

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "zenbook" / "static"
AXE = ROOT / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]

THEMES = {
    "light": "--jp-layout-color1:#fff;--jp-layout-color2:#eee;--jp-content-font-color1:#212121;"
    "--jp-content-font-color2:#555;--jp-border-color1:#767676;--jp-border-color2:#e0e0e0;"
    "--jp-brand-color1:#1565c0",
    "dark": "--jp-layout-color1:#111;--jp-layout-color2:#2a2a2a;--jp-content-font-color1:#fff;"
    "--jp-content-font-color2:#bdbdbd;--jp-border-color1:#8a8a8a;--jp-border-color2:#424242;"
    "--jp-brand-color1:#64b5f6",
}

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>zenbook stage</title>
<link rel="stylesheet" href="/widget.css">
<body data-jp-theme-light="{light}" style="margin:0;background:var(--jp-layout-color1);{theme}">
<main id="stage" style="width:{width}px;max-width:100%"></main>
<script type="module">
import widget from '/widget.js';
const hears = new Set();
const tell = message => hears.forEach(hear => hear(message));
const model = {{
  on: (_, hear) => hears.add(hear),
  off: (_, hear) => hears.delete(hear),
  send: async message => {{
    window.sent = (window.sent ?? 0) + 1;
    const body = JSON.stringify(message);
    const answer = await fetch('/message', {{method: 'POST', body}}).catch(() => null);
    (await answer?.json() ?? []).forEach(tell);
  }}
}};
window.tell = tell;
window.began = performance.now();
window.close_widget = widget.render({{model, el: document.getElementById('stage')}});
</script></body></html>"""


class Stage:
    """The page's address, and the actions behind it."""

    def __init__(self, first: Any, actions: FakeActions) -> None:
        self.first = first
        self.actions = actions
        self.link = Link(lambda: actions, None)
        self.requests: list[str] = []
        self.port = 0

    def url(self, theme: str = "light", width: int = 900) -> str:
        return f"http://127.0.0.1:{self.port}/?{theme}&{width}"

    def message(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """What the kernel sends back to one message of the widget."""
        answers: list[dict[str, Any]] = []
        if message.get("hello") is True:
            answers.append({"first": self.first})
            self.link.join("stage", answers.append)
        else:
            self.link.hear(message, answers.append)
        return answers

    def file(self, path: str) -> tuple[bytes, str]:
        name, _, query = path.partition("?")
        if name in ("/widget.js", "/widget.css"):
            kind = "text/javascript" if name.endswith("js") else "text/css"
            return (STATIC / name[1:]).read_bytes(), kind
        theme, _, width = query.partition("&")
        page = PAGE.format(light=str(theme == "light").lower(), theme=THEMES[theme], width=width)
        return page.encode(), "text/html"


def _handler(stage: Stage) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stage.requests.append(self.path)
            if self.path.startswith(("/?", "/widget.")):
                self._send(*stage.file(self.path))
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            answers = stage.message(json.loads(self.rfile.read(length)))
            self._send(json.dumps(answers).encode(), "application/json")

        def _send(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: the tests ask ``requests``."""

    return Handler


@contextmanager
def staged(first: Any, actions: FakeActions | None = None) -> Iterator[Stage]:
    """Serve one widget that starts with the View ``first``."""
    stage = Stage(first, actions or FakeActions())
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stage))
    stage.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stage
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
