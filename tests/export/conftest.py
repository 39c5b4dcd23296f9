"""What the tests of the export share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.export.forks import Forks


@pytest.fixture(scope="session")
def servers() -> Iterator[Mapping[str, Forks]]:
    """A server of forks for notebooks and one for scripts: each with a hash seed of its own."""
    made = {"notebook": Forks(), "script": Forks()}
    yield made
    for server in made.values():
        server.close()


@pytest.fixture
def apart(servers: Mapping[str, Forks], monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Forks]:
    """The servers, which also do what a verification does in fresh processes."""

    def run(order: Path, folder: Path, environment: Mapping[str, str]) -> str:
        is_script = json.loads(order.read_text(encoding="utf-8"))["what"] == "script"
        server = servers["script" if is_script else "notebook"]
        return (server.run("trial", str(order), folder, environment).splitlines() or [""])[-1]

    monkeypatch.setattr("zenbook.front.export.verifying.run_apart", run)
    return servers
