"""Build the front end while the package is built, where Node is; say in one line if it is not.

The Python side and the static pages are complete without it. Rejected: hatch-jupyter-builder,
whose ``skip-if-exists`` ships stale files, and whose failure without Node fails the install.
``ZENBOOK_SKIP_FRONTEND=1`` leaves it out on purpose; ``ZENBOOK_REQUIRE_FRONTEND=1`` makes its
absence an error, which is what a release sets.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = ("zenbook/static/widget.js", "zenbook/_labextension/package.json")
SHARE = "share/jupyter/labextensions/zenbook"
MINUTES = 10


class FrontEndHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs ``npm ci`` and ``npm run build:prod``, and installs what came of it."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel or sdist is put together."""
        root = Path(self.root)
        why = self._build(root)
        if why:
            if os.environ.get("ZENBOOK_REQUIRE_FRONTEND"):
                raise RuntimeError(f"zenbook: the front end could not be built ({why})")
            self._say(why)
        elif self.target_name == "wheel":
            self._share(root, build_data)

    def _build(self, root: Path) -> str:
        """Build; "" or why it was left out. Files shipped in an sdist are used as they are."""
        source = root / "labextension"
        if os.environ.get("ZENBOOK_SKIP_FRONTEND"):
            return "ZENBOOK_SKIP_FRONTEND is set"
        shipped = all((root / path).is_file() for path in BUILT)
        if shipped and (root / "PKG-INFO").is_file():
            return ""
        npm = shutil.which("npm")
        if npm is None or shutil.which("node") is None:
            return "" if shipped else "Node is not installed"
        if shutil.which("jupyter-builder", path=_path()) is None:
            return "" if shipped else "jupyter-builder is not installed"
        if not source.is_dir():
            return "labextension/ is not here"
        return self._npm(npm, source)

    def _npm(self, npm: str, source: Path) -> str:
        commands = [["run", "build:prod"]]
        if not (source / "node_modules").is_dir():
            commands.insert(0, ["ci", "--no-audit", "--no-fund"])
        for command in commands:
            try:
                done = subprocess.run(
                    [npm, *command],
                    cwd=source,
                    env=os.environ | {"PATH": _path()},
                    capture_output=True,
                    text=True,
                    timeout=60 * MINUTES,
                )
            except subprocess.TimeoutExpired:
                return f"npm {command[0]} took more than {MINUTES} minutes"
            if done.returncode:
                last = (done.stderr or done.stdout).strip().splitlines()[-1:]
                return f"npm {command[0]} failed: {''.join(last)}"
        return ""

    def _share(self, root: Path, build_data: dict[str, Any]) -> None:
        """Into share/jupyter, where JupyterLab looks for extensions."""
        data = build_data.setdefault("shared_data", {})
        data[str(root / "zenbook" / "_labextension")] = SHARE
        data[str(root / "labextension" / "install.json")] = f"{SHARE}/install.json"

    def _say(self, why: str) -> None:
        """One line; pip shows it with -v, a plain build always."""
        self.app.display_warning(
            f"zenbook: left out the inline widget and the JupyterLab extension ({why}); "
            "tables, static pages and everything else work without them."
        )


def _path() -> str:
    """The environment's own programs first, so that its jupyter-builder is the one used."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
