"""A file that a step reads is a reason, however it is read; one that only looks changed is not."""

from __future__ import annotations

import configparser
import csv
import filecmp
import fileinput
import gzip
import io
import json
import lzma
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.world.watching import holds, names, see, wrote


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _text(content: str) -> Callable[[Path], Any]:
    return lambda path: path.write_text(content)


def _gzip(content: str) -> Callable[[Path], Any]:
    return lambda path: path.write_bytes(gzip.compress(content.encode()))


def _zip(content: str) -> Callable[[Path], Any]:
    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inside.txt", content)

    return make


def _tar(content: str) -> Callable[[Path], Any]:
    def make(path: Path) -> None:
        with tarfile.open(path, "w") as archive:
            entry = tarfile.TarInfo("inside.txt")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content.encode()))

    return make


def _sqlite(value: int) -> Callable[[Path], Any]:
    def make(path: Path) -> None:
        path.unlink(missing_ok=True)
        connection = sqlite3.connect(path)
        connection.execute("create table t (x)")
        connection.execute("insert into t values (?)", (value,))
        connection.commit()
        connection.close()

    return make


def _parquet(value: int) -> Callable[[Path], Any]:
    return lambda path: pd.DataFrame({"a": [value]}).to_parquet(path)


def _pickled(value: int) -> Callable[[Path], Any]:
    return lambda path: pd.DataFrame({"a": [value]}).to_pickle(path)


def _npy(value: int) -> Callable[[Path], Any]:
    return lambda path: np.save(path.with_suffix(""), np.array([value, 2]))


def _query() -> Any:
    connection = sqlite3.connect("d.db")
    try:
        return connection.execute("select * from t").fetchall()
    finally:
        connection.close()


def _os_open() -> bytes:
    descriptor = os.open("d.txt", os.O_RDONLY)
    try:
        return os.read(descriptor, 100)
    finally:
        os.close(descriptor)


def _in_thread() -> str:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(Path("d.txt").read_text).result()


def _linked() -> str:
    return Path("link.txt").read_text()


def _lines() -> list[str]:
    with fileinput.input("d.txt") as lines:
        return list(lines)


def _opened(open_: Callable[..., Any], name: str, read: Callable[[Any], Any]) -> Any:
    with open_(name) as file:
        return read(file)


def _ini() -> Any:
    parser = configparser.ConfigParser()
    parser.read("d.ini")
    return parser.sections()


READERS: list[tuple[str, str, Callable[[Path], Any], Callable[[Path], Any], Callable[[], Any]]] = [
    ("open", "d.txt", _text("1"), _text("2"), lambda: _opened(open, "d.txt", lambda f: f.read())),
    ("pathlib", "d.txt", _text("1"), _text("2"), lambda: Path("d.txt").read_text()),
    ("pathlib bytes", "d.txt", _text("1"), _text("2"), lambda: Path("d.txt").read_bytes()),
    ("os.open", "d.txt", _text("1"), _text("2"), _os_open),
    ("thread", "d.txt", _text("1"), _text("2"), _in_thread),
    ("fileinput", "d.txt", _text("1"), _text("2"), _lines),
    ("longer", "d.txt", _text("1"), _text("1" * 99999), lambda: Path("d.txt").read_text()),
    ("json", "d.json", _text("[1]"), _text("[2]"), lambda: _opened(open, "d.json", json.load)),
    (
        "toml",
        "d.toml",
        _text("a=1"),
        _text("a=2"),
        lambda: tomllib.loads(Path("d.toml").read_text()),
    ),
    ("ini", "d.ini", _text("[a]\n"), _text("[b]\n"), _ini),
    (
        "csv",
        "d.csv",
        _text("a\n1\n"),
        _text("a\n2\n"),
        lambda: _opened(open, "d.csv", lambda f: list(csv.reader(f))),
    ),
    (
        "gzip",
        "d.gz",
        _gzip("1"),
        _gzip("2"),
        lambda: _opened(gzip.open, "d.gz", lambda f: f.read()),
    ),
    (
        "lzma",
        "d.xz",
        lambda p: p.write_bytes(lzma.compress(b"1")),
        lambda p: p.write_bytes(lzma.compress(b"2")),
        lambda: _opened(lzma.open, "d.xz", lambda f: f.read()),
    ),
    (
        "zip",
        "d.zip",
        _zip("1"),
        _zip("2"),
        lambda: _opened(zipfile.ZipFile, "d.zip", lambda f: f.read("inside.txt")),
    ),
    (
        "tar",
        "d.tar",
        _tar("1"),
        _tar("2"),
        lambda: _opened(tarfile.open, "d.tar", lambda f: f.getnames()),
    ),
    ("np.load", "d.npy", _npy(1), _npy(3), lambda: np.load("d.npy")),
    ("np.load mmap", "d.npy", _npy(1), _npy(3), lambda: np.load("d.npy", mmap_mode="r").sum()),
    ("np.loadtxt", "d.txt", _text("1 2"), _text("1 3"), lambda: np.loadtxt("d.txt")),
    ("np.genfromtxt", "d.txt", _text("1 2"), _text("1 3"), lambda: np.genfromtxt("d.txt")),
    ("np.fromfile", "d.bin", _text("12"), _text("13"), lambda: np.fromfile("d.bin", np.uint8)),
    (
        "np.memmap",
        "d.bin",
        _text("12"),
        _text("13"),
        lambda: int(np.memmap("d.bin", np.uint8, mode="r").sum()),
    ),
    ("pd.read_csv", "d.csv", _text("a\n1\n"), _text("a\n2\n"), lambda: pd.read_csv("d.csv")),
    (
        "pd.read_csv python",
        "d.csv",
        _text("a\n1\n"),
        _text("a\n2\n"),
        lambda: pd.read_csv("d.csv", engine="python"),
    ),
    (
        "pd.read_csv pyarrow",
        "d.csv",
        _text("a\n1\n"),
        _text("a\n2\n"),
        lambda: pd.read_csv("d.csv", engine="pyarrow"),
    ),
    ("pd.read_json", "d.json", _text("[1]"), _text("[2]"), lambda: pd.read_json("d.json")),
    (
        "pd.read_parquet",
        "d.parquet",
        _parquet(1),
        _parquet(2),
        lambda: pd.read_parquet("d.parquet"),
    ),
    ("pd.read_pickle", "d.pkl", _pickled(1), _pickled(2), lambda: pd.read_pickle("d.pkl")),
    ("sqlite3", "d.db", _sqlite(1), _sqlite(2), _query),
    (
        "program",
        "d.txt",
        _text("1"),
        _text("2"),
        lambda: subprocess.run([sys.executable, "-c", "print(open('d.txt').read())"], check=True),
    ),
    ("shell", "d.txt", _text("1"), _text("2"), lambda: os.system("cat d.txt > /dev/null")),
    ("copy", "d.txt", _text("1"), _text("2"), lambda: shutil.copy("d.txt", "copied.txt")),
    ("exists", "d.txt", _text("1"), os.remove, lambda: os.path.exists("d.txt")),
    ("isfile", "d.txt", _text("1"), os.remove, lambda: os.path.isfile("d.txt")),
    ("Path.exists", "d.txt", _text("1"), os.remove, lambda: Path("d.txt").exists()),
    ("access", "d.txt", _text("1"), os.remove, lambda: os.access("d.txt", os.R_OK)),
    (
        "access to run",
        "d.txt",
        _text("1"),
        lambda p: p.chmod(0o700),
        lambda: os.access("d.txt", os.X_OK),
    ),
    (
        "stat mode",
        "d.txt",
        _text("1"),
        lambda p: p.chmod(0o640),
        lambda: os.stat("d.txt").st_mode,
    ),
    ("getsize", "d.txt", _text("1"), _text("12"), lambda: os.path.getsize("d.txt")),
    ("stat size", "d.txt", _text("1"), _text("12"), lambda: os.stat("d.txt").st_size),
    ("Path.stat", "d.txt", _text("1"), _text("12"), lambda: Path("d.txt").stat().st_size),
    (
        "getmtime",
        "d.txt",
        _text("1"),
        lambda p: os.utime(p, (1, 1)),
        lambda: os.path.getmtime("d.txt"),
    ),
    (
        "scandir",
        "d.txt",
        _text("1"),
        _text("12"),
        lambda: sum(entry.stat().st_size for entry in os.scandir(".")),
    ),
    (
        "filecmp",
        "d.txt",
        _text("1"),
        _text("12"),
        lambda: filecmp.cmp("d.txt", __file__, shallow=False),
    ),
    ("deleted", "d.txt", _text("1"), os.remove, lambda: Path("d.txt").read_text()),
]
TELLING_TIMES = ("getmtime", "stat mode", "stat size", "Path.stat", "scandir")


@pytest.mark.parametrize(
    ("name", "make", "change", "body"),
    [reader[1:] for reader in READERS],
    ids=[reader[0] for reader in READERS],
)
def test_what_was_read_is_a_reason(
    project: Path,
    name: str,
    make: Callable[[Path], Any],
    change: Callable[[Path], Any],
    body: Callable[[], Any],
) -> None:
    make(project / name)
    seen = see(body)
    assert seen.obstacles == ()
    assert holds(seen)
    change(project / name)
    assert not holds(seen)


@pytest.mark.parametrize(
    ("name", "make", "body"),
    [(r[1], r[2], r[4]) for r in READERS if r[0] not in TELLING_TIMES],
    ids=[r[0] for r in READERS if r[0] not in TELLING_TIMES],
)
def test_a_touched_file_is_no_reason(
    project: Path, name: str, make: Callable[[Path], Any], body: Callable[[], Any]
) -> None:
    make(project / name)
    seen = see(body)
    os.utime(project / name, (1, 1))
    assert holds(seen)


def test_the_same_size_and_a_restored_mtime_do_not_hide_a_change(project: Path) -> None:
    file = project / "d.txt"
    file.write_text("one")
    os.utime(file, (1000, 1000))
    seen = see(lambda: Path("d.txt").read_text())
    assert holds(seen)
    file.write_text("two")
    os.utime(file, (1000, 1000))
    assert not holds(seen)


def test_an_unrelated_file_is_no_reason(project: Path) -> None:
    (project / "d.txt").write_text("1")
    seen = see(lambda: Path("d.txt").read_text())
    (project / "other.txt").write_text("1")
    assert holds(seen)


def test_a_missing_file_that_appears_is_a_reason(project: Path) -> None:
    def body() -> str:
        try:
            return Path("d.txt").read_text()
        except FileNotFoundError:
            return "default"

    seen = see(body)
    assert holds(seen)
    (project / "d.txt").write_text("1")
    assert not holds(seen)


def test_a_retargeted_link_is_a_reason(project: Path) -> None:
    (project / "a.txt").write_text("A")
    (project / "b.txt").write_text("B")
    link = project / "link.txt"
    link.symlink_to("a.txt")
    seen = see(_linked)
    assert holds(seen)
    link.unlink()
    link.symlink_to("b.txt")
    assert not holds(seen)


def test_where_a_link_points_is_a_reason_if_asked_for(project: Path) -> None:
    link = project / "link.txt"
    link.symlink_to("a.txt")
    for body in (lambda: os.readlink("link.txt"), lambda: Path("link.txt").resolve()):
        seen = see(body)
        assert holds(seen)
        link.unlink()
        link.symlink_to("b.txt")
        assert not holds(seen)
        link.unlink()
        link.symlink_to("a.txt")


def test_a_replaced_folder_is_a_reason(project: Path) -> None:
    for name, text in (("one", "1"), ("two", "2")):
        (project / name).mkdir()
        (project / name / "d.txt").write_text(text)
    (project / "one").rename(project / "current")
    seen = see(lambda: Path("current/d.txt").read_text())
    assert holds(seen)
    shutil.rmtree(project / "current")
    (project / "two").rename(project / "current")
    assert not holds(seen)


def test_a_relative_path_is_looked_for_in_the_working_folder_of_now(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("one", "1"), ("two", "2"), ("three", "1")):
        (project / name).mkdir()
        (project / name / "d.txt").write_text(text)
    monkeypatch.chdir(project / "one")
    seen = see(lambda: Path("d.txt").read_text())
    monkeypatch.chdir(project / "two")
    assert not holds(seen)
    monkeypatch.chdir(project / "three")
    assert holds(seen)


def test_an_absolute_path_that_is_an_input_stays_where_it_is(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (project / name).mkdir()
        (project / name / "d.txt").write_text("1")
    monkeypatch.chdir(project / "one")
    path = project / "one" / "d.txt"
    seen = see(lambda path: path.read_text(), path)
    assert str(path) in names(seen)
    monkeypatch.chdir(project / "two")
    path.write_text("2")
    assert not holds(seen)


def test_a_path_that_a_library_makes_whole_moves_with_the_project(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "one").mkdir()
    (project / "one" / "d.txt").write_text("1")
    monkeypatch.chdir(project / "one")
    library: dict[str, Any] = {}
    text = "from pathlib import Path\ndef read(path): return Path(path).absolute().read_text()"
    exec(compile(text, "/usr/lib/site-packages/paths.py", "exec"), library)
    seen = see(lambda: library["read"]("d.txt"))
    assert names(seen) == ["d.txt"]
    (project / "one").rename(project / "moved")
    monkeypatch.chdir(project / "moved")
    assert holds(seen)


def test_a_path_inside_an_input_is_read(project: Path) -> None:
    (project / "d.parquet").write_text("1")
    seen = see(lambda settings: None, {"paths": ["d.parquet"]})
    assert names(seen) == ["d.parquet"]


def test_files_of_the_interpreter_and_of_packages_are_no_reads() -> None:
    def body() -> None:
        import wave  # noqa: F401

        Path(os.__file__).read_text()
        Path(np.__file__).read_text()
        Path("/proc/self/status").read_text()

    assert see(body).reads == ()


def test_a_library_may_list_what_runs(project: Path) -> None:
    import psutil

    assert see(psutil.pids).reads == ()
    assert "/proc/" in names(see(lambda: os.listdir("/proc")))


def test_a_module_imported_by_a_computed_name_is_read(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib import import_module

    (project / "plug_in_one.py").write_text("X = 1\n")
    monkeypatch.syspath_prepend(str(project))
    seen = see(lambda: import_module("plug_in_" + "one").X)
    assert "plug_in_one.py" in names(seen)
    (project / "plug_in_one.py").write_text("X = 2\n")
    assert not holds(seen)


@pytest.mark.parametrize("name", ["<run_path>", "__main__"])
def test_a_module_that_a_file_imports_which_is_run_is_read(
    name: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import runpy

    module = f"imported_by_{name.strip('<_>')}"
    (project / f"{module}.py").write_text("X = 1\n")
    (project / "run.py").write_text(f"from {module} import X\n")
    monkeypatch.syspath_prepend(str(project))
    seen = see(lambda: runpy.run_path("run.py", run_name=name)["X"])
    assert {f"{module}.py", "run.py"} <= set(names(seen))
    (project / f"{module}.py").write_text("X = 2\n")
    assert not holds(seen)


def test_a_module_imported_by_a_statement_is_left_to_its_code(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "stated_module.py").write_text("X = 1\n")
    monkeypatch.syspath_prepend(str(project))

    def body() -> int:
        import stated_module  # type: ignore[import-not-found]

        return int(stated_module.X)

    assert names(see(body)) == []


def test_a_folder_of_data_files_named_for_a_native_reader_is_read(project: Path) -> None:
    folder = project / "parts"
    folder.mkdir()
    _parquet(1)(folder / "a.parquet")
    seen = see(lambda: pd.read_parquet("parts"))
    assert holds(seen)
    _parquet(2)(folder / "a.parquet")
    assert not holds(seen)
    _parquet(1)(folder / "a.parquet")
    assert holds(seen)
    _parquet(1)(folder / "b.parquet")
    assert not holds(seen)


def test_a_file_named_in_a_query_is_read(project: Path) -> None:
    (project / "d.csv").write_text("a\n1\n")
    seen = see(lambda: "SELECT * FROM read_csv('d.csv')")
    assert names(seen) == ["d.csv"]


def test_a_text_that_is_no_path_is_no_read() -> None:
    seen = see(lambda: ("%.2f", "hello world", "a", "https://x.org/d.csv", "\n", "{x}/y", "..."))
    assert seen.reads == ()


def test_a_file_changed_by_somebody_else_while_the_step_runs_is_an_obstacle(project: Path) -> None:
    (project / "d.txt").write_text("1")

    def body() -> None:
        Path("d.txt").read_text()
        _outside(lambda: (project / "d.txt").write_text("2"))

    assert see(body).obstacles == ("d.txt changed while the step ran",)


def test_a_standard_stream_that_is_opened_by_its_number_is_an_obstacle() -> None:
    seen = see(lambda: open(1, "w", closefd=False))  # noqa: SIM115
    assert seen.obstacles == ("open(1) reaches past what is recorded",)


def _outside(change: Callable[[], Any]) -> None:
    """Do something as another process would: unseen."""
    from zenbook.world.files import quiet

    with quiet():
        change()


def test_a_pickle_read_and_a_file_of_another_name_do_not_mix(project: Path) -> None:
    (project / "a.pkl").write_bytes(pickle.dumps(1))
    (project / "b.pkl").write_bytes(pickle.dumps(2))
    seen = see(lambda: Path("a.pkl").read_bytes())
    (project / "b.pkl").write_bytes(pickle.dumps(3))
    assert holds(seen)
    assert wrote(seen) == []
