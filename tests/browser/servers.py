"""Real JupyterLab and Notebook 7 servers on a free local port, with our extension in them."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.stage import ROOT

BUILT = ROOT / "zenbook" / "_labextension"


@dataclass(frozen=True)
class Server:
    """A running server: its address, its token, and the folder that it serves."""

    port: int
    token: str
    folder: Path
    app: str

    def url(self, notebook: str) -> str:
        place = f"lab/tree/{notebook}?reset&" if self.app == "lab" else f"notebooks/{notebook}?"
        return f"http://127.0.0.1:{self.port}/{place}token={self.token}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(home: Path) -> Mapping[str, str]:
    """Nothing of the person who runs the tests: their own settings, runtime files and keys."""
    kept = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    folders = {
        "HOME": home,
        "XDG_DATA_HOME": home / "data",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTER_DATA_DIR": home / "jupyter",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "IPYTHONDIR": home / "ipython",
    }
    return kept | {name: str(path) for name, path in folders.items()}


@contextmanager
def serving(tmp: Path, app: str = "lab") -> Iterator[Server]:
    """Start ``jupyter lab`` or ``jupyter notebook``; stopped with its kernels at the end."""
    folder, home = tmp / "work", tmp / "home"
    extensions = home / "jupyter" / "labextensions"
    folder.mkdir()
    extensions.mkdir(parents=True)
    (extensions / "zenbook").symlink_to(BUILT)
    port, token = free_port(), secrets.token_hex(8)
    module, kind = ("jupyterlab", "LabApp") if app == "lab" else ("notebook", "JupyterNotebookApp")
    command = [
        sys.executable,
        "-m",
        module,
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={folder}",
        f"--{kind}.expose_app_in_browser=True",
        f"--{kind}.news_url=",
    ]
    log = (tmp / "server.log").open("w")
    process = subprocess.Popen(
        command, env=_environment(home), stdout=log, stderr=subprocess.STDOUT, cwd=folder,
        start_new_session=True,
    )  # fmt: skip
    try:
        _wait(port, token, process, tmp / "server.log")
        yield Server(port, token, folder, app)
    finally:
        _stop(process, port, token)
        log.close()


def _wait(port: int, token: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended:\n{log.read_text()[-3000:]}")
        try:
            _get(port, token, "api/status")
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the server did not answer:\n{log.read_text()[-3000:]}")


def _get(port: int, token: str, path: str, method: str = "GET") -> bytes:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/{path}",
        headers={"Authorization": f"token {token}"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        body: bytes = answer.read()
        return body


def _stop(process: subprocess.Popen[bytes], port: int, token: str) -> None:
    """Ask it to end, kernels first; what is left of its own group is killed."""
    try:
        for kernel in json.loads(_get(port, token, "api/kernels")):
            _get(port, token, f"api/kernels/{kernel['id']}", "DELETE")
    except (urllib.error.URLError, OSError):
        print("the server no longer answers; its group is ended")
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)


def notebook(*cells: str, outputs: Mapping[int, Sequence[object]] | None = None) -> str:
    """An nbformat 4.5 notebook of code cells."""
    made: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "id": f"cell-{place}",
            "metadata": {},
            "execution_count": None,
            "source": source,
            "outputs": list((outputs or {}).get(place, ())),
        }
        for place, source in enumerate(cells)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": made})
