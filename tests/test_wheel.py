"""What is installed: with Node all of it, without Node all but the widget and the extension."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling")
ROOT = Path(__file__).parents[1]
SHARE = "share/jupyter/labextensions/zenbook"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The files of this repository as a clone has them: nothing that was built."""
    folder = tmp_path / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("docs/", "tests/", "notebooks/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def built(source: Path, **environment: str) -> tuple[set[str], str, Path]:
    """The names in the wheel, what building said, and the wheel."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(source / "dist")],
        cwd=source,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = (source / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist()), done.stdout + done.stderr, wheel


def without_node(tmp_path: Path) -> str:
    """A PATH with git and a shell, and no Node."""
    bare = tmp_path / "bin"
    bare.mkdir()
    for program in ("git", "sh", "env"):
        if found := shutil.which(program):
            (bare / program).symlink_to(found)
    return str(bare)


def test_without_node_it_installs_says_so_in_one_line_and_works(
    source: Path, tmp_path: Path
) -> None:
    into = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "-v", "--no-deps", "--no-index"]
    done = subprocess.run(
        [*command, "--no-build-isolation", "--target", str(into), "."],
        cwd=source,
        env=os.environ | {"PATH": without_node(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    told = [line for line in (done.stdout + done.stderr).splitlines() if "left out" in line]
    assert len(told) == 1 and "Node is not installed" in told[0]
    names = {str(path.relative_to(into)) for path in into.rglob("*") if path.is_file()}
    assert "zenbook/front/page.py" in names and "zenbook/py.typed" in names
    assert not [name for name in names if name.endswith(".js") or "labextension" in name]
    used = (
        "import zenbook, zenbook.front.widget as widget\n"
        "from zenbook.core.view import runs_view\n"
        "assert not widget.BUNDLE.exists(), widget.BUNDLE\n"
        "forms = widget.show(runs_view((), 0, 0))._repr_mimebundle_()\n"
        "print(sorted(forms), forms['text/plain'])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", used],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(into), "ZENBOOK_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.startswith(
        "['application/vnd.zenbook.history+json', 'text/html', 'text/plain'] No runs yet."
    )


def test_a_release_refuses_to_leave_the_front_end_out(source: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="the front end could not be built"):
        built(source, PATH=without_node(tmp_path), ZENBOOK_REQUIRE_FRONTEND="1")


@pytest.mark.long
def test_with_node_the_wheel_holds_the_widget_and_the_extension(source: Path) -> None:
    if shutil.which("npm") is None or not (ROOT / "labextension" / "node_modules").is_dir():
        pytest.skip("needs Node, and node_modules as `npm ci` makes it")
    (source / "labextension" / "node_modules").symlink_to(ROOT / "labextension" / "node_modules")
    names, said, _ = built(source, ZENBOOK_REQUIRE_FRONTEND="1")
    assert "left out" not in said
    assert {"zenbook/static/widget.js", "zenbook/static/widget.css"} <= names
    shared = {name.partition("/data/")[2] for name in names if f"/data/{SHARE}/" in name}
    assert {f"{SHARE}/package.json", f"{SHARE}/install.json"} <= shared
    assert any(name.startswith(f"{SHARE}/static/remoteEntry.") for name in shared)
    assert any(name.startswith(f"{SHARE}/schemas/zenbook/") for name in shared)
