"""Files that native code opens by a path that nothing spells out."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet as pq
import pytest

from tests.world.watching import holds, names, see, wrote
from zenbook.world.watch import SystemWatch

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs inotify")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    keep(1)
    return tmp_path


def keep(value: int, *folders: str) -> None:
    for folder in folders or (".", "sub/deep"):
        pq.write_table(pa.table({"a": [value]}), f"{folder}/x1.parquet")


READING: dict[str, Any] = {
    "pandas": lambda x: pd.read_parquet("x" + x + ".parquet"),
    "pyarrow": lambda x: pq.read_table("x" + x + ".parquet"),
    "pyarrow's file": lambda x: pa.memory_map("x" + x + ".parquet").read(),
    "polars": lambda x: pl.read_parquet("x" + x + ".parquet"),
    "polars lazily": lambda x: pl.scan_parquet("x" + x + ".parquet").collect(),
    "a program": lambda x: subprocess.run(["sh", "-c", f"cat x{x}.par*"], capture_output=True),
}


@pytest.mark.parametrize("read", READING.values(), ids=READING)
def test_a_computed_path_that_native_code_opens_is_a_read(read: Any) -> None:
    seen = see(read, "1")
    assert "x1.parquet" in names(seen)
    assert seen.wrote == () and seen.obstacles == ()
    assert holds(seen)
    keep(2)
    assert not holds(seen)


def test_a_path_below_is_a_read_too() -> None:
    seen = see(lambda x: pl.read_parquet(f"sub/deep/x{x}.parquet"), "1")
    assert "sub/deep/x1.parquet" in names(seen)


def test_a_folder_elsewhere_that_an_input_names_is_watched(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "in").mkdir()
    keep(1, str(other / "in"))
    body = {"folder": str(other)}
    seen = see(lambda x: pl.read_parquet(x["folder"] + "/in/" + "x1" + ".parquet"), body)
    assert str(other / "in" / "x1.parquet") in names(seen)


def test_a_new_file_of_a_computed_pattern_is_noticed() -> None:
    seen = see(lambda x: pl.read_parquet(f"sub/{x}/*.parquet"), "deep")
    assert {"sub/deep/*.parquet/", "sub/deep/x1.parquet"} <= set(names(seen))
    assert holds(seen)
    pq.write_table(pa.table({"a": [2]}), "sub/deep/y.parquet")
    assert not holds(seen)


def test_what_native_code_writes_is_an_output(project: Path) -> None:
    def body(x: str) -> None:
        pl.DataFrame({"a": [1]}).write_parquet(x + "new.parquet")

    seen = see(body, "a")
    assert (wrote(seen), seen.obstacles) == (["anew.parquet"], ())
    again = see(body, "a")
    assert (wrote(again), again.obstacles) == (["anew.parquet"], ())
    assert "anew.parquet" not in names(again)
    assert holds(again)
    (project / "anew.parquet").unlink()
    assert not holds(again)


@pytest.mark.parametrize("into", ["made", "sub/made", "made/deep"])
def test_what_it_writes_into_a_folder_that_the_step_makes_is_an_output(into: str) -> None:
    def body(folder: str) -> None:
        os.makedirs(folder, exist_ok=True)
        pq.write_table(pa.table({"a": [1]}), folder + "/" + "m.parquet")

    seen = see(body, into)
    assert f"{into}/m.parquet" in wrote(seen) and holds(seen)
    pq.write_table(pa.table({"a": [22]}), f"{into}/m.parquet")
    assert not holds(seen)


LISTS = {
    "as a folder": lambda folder: pq.read_table(folder),
    "by pandas": lambda folder: pd.read_parquet(folder),
    "by a pattern": lambda folder: pl.read_parquet(folder + "/*.parquet"),
}


@pytest.mark.parametrize("how", LISTS)
def test_what_others_put_into_a_folder_that_it_made_and_listed_is_noticed(how: str) -> None:
    table = pa.table({"a": [1]})

    def body(folder: str) -> None:
        os.makedirs(folder, exist_ok=True)
        pq.write_table(table, folder + "/" + "a.parquet")
        LISTS[how](folder)

    seen = see(body, "made")
    assert "made/a.parquet" in wrote(seen) and holds(seen) and seen.obstacles == ()
    pq.write_table(table, "made/b.parquet")
    assert not holds(seen)


def test_what_others_put_into_a_folder_that_it_made_and_did_not_list_is_no_reason() -> None:
    table = pa.table({"a": [1]})

    def body(folder: str) -> None:
        os.makedirs(folder, exist_ok=True)
        pq.write_table(table, folder + "/" + "a.parquet")
        pq.read_table(folder + "/" + "a.parquet")

    seen = see(body, "made")
    pq.write_table(table, "made/b.parquet")
    assert holds(seen)


def test_folders_that_it_makes_and_what_it_writes_there_are_outputs(project: Path) -> None:
    table = pa.table({"a": [1], "b": [2]})
    seen = see(lambda x: pq.write_to_dataset(table, "sub/" + x, partition_cols=["b"]), "parts")
    (part,) = (project / "sub" / "parts" / "b=2").iterdir()
    assert str(part.relative_to(project)) in wrote(seen) and holds(seen)
    part.write_bytes(b"")
    assert not holds(seen)


def test_a_folder_that_another_program_makes_meanwhile_is_nobodys_output() -> None:
    other = subprocess.Popen(
        ["sh", "-c", "read go; mkdir logs; echo 1 > logs/a.log; echo done; read end"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert other.stdin is not None and other.stdout is not None

    try:
        with SystemWatch(None).watching((), ()) as look:
            os.write(other.stdin.fileno(), b"go\n")
            other.stdout.readline()
        assert look().wrote == ()
    finally:
        other.stdin.close()
        other.stdout.close()
        other.wait()


def test_a_file_that_was_read_before_it_was_replaced_is_an_obstacle() -> None:
    def body(x: str) -> None:
        table = pq.read_table("x" + x + ".parquet")
        pl.from_arrow(table).write_parquet("x" + x + ".parquet")

    seen = see(body, "1")
    assert seen.obstacles == ("x1.parquet was opened and changed by what cannot be followed",)


def test_a_database_that_is_changed_is_an_obstacle(project: Path) -> None:
    (project / "x1.h5").write_text("1")

    def body(x: str) -> None:
        subprocess.run(["sh", "-c", f"for file in x{x}.h*; do echo 1 >> $file; done"], check=True)

    seen = see(body, "1")
    assert seen.obstacles == ("x1.h5 was opened and changed by what cannot be followed",)


def test_files_of_editors_and_servers_are_nobodys_reads(project: Path) -> None:
    for name in ("a.ipynb", "a.py", ".hidden"):
        (project / name).write_text("1")
    reading = ["sh", "-c", "sleep 0.2; cat a.i* a.p* .hi* > /dev/null"]
    with subprocess.Popen(reading) as editor:
        assert names(see(editor.wait)) == []
    assert names(see(lambda: subprocess.run(reading, check=True))) == ["a.py"]


def test_a_log_that_another_process_goes_on_writing_is_none(project: Path) -> None:
    with open(project / "server.log", "w") as log:
        server = subprocess.Popen(["sh", "-c", "while :; do echo 1; sleep 0.01; done"], stdout=log)
        seen = see(lambda: time.sleep(0.1))
        server.kill()
        server.wait()
    assert (names(seen), seen.wrote, seen.obstacles) == ([], (), ())


def test_what_happens_where_only_an_earlier_step_worked_is_none_of_its(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(lambda x: pq.read_table("x" + x + ".parquet"), "1")
    another = ["sh", "-c", f"read go; cat {project}/x1.parquet"]
    with subprocess.Popen(another, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        monkeypatch.chdir(project / "sub")
        seen = see(lambda: process.communicate(b"go\n") and None)
    assert process.returncode == 0
    assert names(seen) == []


def test_a_step_within_a_step_is_followed_for_both(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path.with_name(tmp_path.name + " elsewhere")
    elsewhere.mkdir()
    keep(1, str(elsewhere))
    inner: list[str] = []

    def read(folder: str, x: str) -> None:
        pq.read_table(folder + "/x" + x + ".parquet")

    def body(x: str) -> None:
        inner.extend(names(see(read, str(elsewhere), x)))

    outer = names(see(body, "1"))
    assert f"{elsewhere}/x1.parquet" in inner and f"{elsewhere}/x1.parquet" in outer


def test_a_thread_of_the_step_is_seen() -> None:
    def body(x: str) -> None:
        thread = threading.Thread(target=lambda: pq.read_table("x" + x + ".parquet"))
        thread.start()
        thread.join()

    assert "x1.parquet" in names(see(body, "1"))


def test_a_forked_child_is_seen() -> None:
    def body(x: str) -> None:
        child = os.fork()
        if not child:
            subprocess.run(["cat", "x" + x + ".parquet"], stdout=subprocess.DEVNULL)
            os._exit(0)
        os.waitpid(child, 0)

    assert "x1.parquet" in names(see(body, "1"))


def test_a_folder_that_was_made_anew_is_watched_again(project: Path) -> None:
    read = READING["polars"]
    see(read, "1")
    (project / "sub" / "deep").rename(project / "old")
    (project / "sub" / "deep").mkdir()
    keep(1)
    seen = see(lambda x: pl.read_parquet(f"sub/deep/x{x}.parquet"), "1")
    assert "sub/deep/x1.parquet" in names(seen)


def test_more_than_the_kernel_remembers_is_not_kept(project: Path) -> None:
    def body() -> None:
        first, second = os.open("p", os.O_WRONLY | os.O_CREAT), os.open("q", 65)
        for _ in range(9000):
            os.write(first, b"1")
            os.write(second, b"1")
        os.close(first)
        os.close(second)

    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit <= 16384:
        assert see(body).obstacles == ("more files were opened than could be followed",)
    assert see(lambda: None).obstacles == ()


def test_what_every_python_of_an_environment_opens_is_no_read(project: Path) -> None:
    (project / "env" / "data").mkdir(parents=True)
    (project / "env" / "pyvenv.cfg").write_text("")
    keep(1, "env/data")
    (project / "all").write_text("cat env/data/x1.parquet env/*.cfg")
    seen = see(lambda: subprocess.run(["sh", "all"], capture_output=True))
    assert names(seen) == ["all", "env/data/x1.parquet"]


def test_many_opens_are_followed(project: Path) -> None:
    def body() -> None:
        for _ in range(20_000):
            open("sub/deep/x1.parquet", "rb").close()

    seen = see(body)
    assert (names(seen), seen.obstacles) == (["sub/deep/x1.parquet"], ())


# ---------------------------------------------------------------- folders that are only named

BESIDE: dict[str, Any] = {
    "pandas": lambda folder: pd.read_parquet(folder / ("x1" + ".parquet")),
    "pyarrow": lambda folder: pq.read_table(folder / ("x1" + ".parquet")),
    "polars": lambda folder: pl.read_parquet(folder / ("x1" + ".parquet")),
    "a writer": lambda folder: pq.write_table(pa.table({"a": [3]}), folder / "x3.parquet"),
}
WHOLE: dict[str, Any] = {
    "pandas": lambda folder: pd.read_parquet(folder),
    "pyarrow": lambda folder: pq.read_table(folder),
    "a dataset": lambda folder: pyarrow.dataset.dataset(folder).to_table(),
    "only its names": lambda folder: pyarrow.fs.LocalFileSystem().get_file_info(
        pyarrow.fs.FileSelector(str(folder))
    ),
    "polars": lambda folder: pl.read_parquet(folder / "*.parquet"),
    "a program": lambda folder: subprocess.run(["ls", folder], capture_output=True),
    "a folder below": lambda folder: pq.read_table(folder / "deep"),
}


@pytest.mark.parametrize("read", BESIDE.values(), ids=BESIDE)
def test_a_file_beside_is_no_reason_for_who_goes_past_it(read: Any) -> None:
    keep(1, "sub")
    seen = see(read, Path("sub"))
    pq.write_table(pa.table({"a": [2]}), "sub/x2.parquet")
    assert holds(seen)
    keep(5, "sub")
    assert holds(seen) == (read is BESIDE["a writer"])


@pytest.mark.parametrize("read", WHOLE.values(), ids=WHOLE)
def test_a_file_beside_is_one_for_who_goes_through_the_folder(read: Any) -> None:
    keep(1, "sub")
    seen = see(read, Path("sub"))
    assert holds(seen)
    into = "sub/deep" if read is WHOLE["a folder below"] else "sub"
    pq.write_table(pa.table({"a": [2]}), f"{into}/x2.parquet")
    assert not holds(seen)


def test_a_folder_with_links_may_be_gone_through_where_nobody_follows(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.d"
    elsewhere.mkdir()
    keep(1, str(elsewhere))
    (Path("sub") / "link").symlink_to(elsewhere)
    seen = see(lambda folder: pq.read_table(str(folder) + "/li" + "nk/x1.parquet"), Path("sub"))
    keep(2, str(elsewhere))
    assert not holds(seen)


def test_a_dataset_that_is_written_anew_is_an_output_whatever_was_there() -> None:
    def body() -> None:
        shutil.rmtree("ds", ignore_errors=True)
        pd.DataFrame({"k": ["a", "b"], "v": [1, 2]}).to_parquet("ds", partition_cols=["k"])

    first = see(body)
    assert holds(first)
    again = see(body)
    assert holds(again) and not holds(first), "its files have new names each time"
    next(Path("ds/k=a").iterdir()).unlink()
    assert not holds(again)


def test_what_is_read_of_a_dataset_before_it_is_written_anew_is_a_reason() -> None:
    def body() -> None:
        table = pq.read_table("sub").append_column("b", pa.array([2]))
        shutil.rmtree("sub", ignore_errors=True)
        Path("sub").mkdir()
        pq.write_table(table.select(["a"]), "sub/x1.parquet")

    shutil.rmtree("sub/deep")
    keep(1, "sub")
    seen = see(body)
    keep(4, "sub")
    assert not holds(seen)


@pytest.mark.parametrize("there", [False, True])
def test_what_native_code_writes_and_python_appends_to_is_an_output(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    libc = ctypes.CDLL(None)
    libc.creat.restype = ctypes.c_int
    if there:
        Path("made.txt").write_bytes(b"nativeand more")

    def body() -> None:
        native = libc.creat(b"made.txt", 0o600)
        os.write(native, b"native")
        os.close(native)
        with open("made.txt", "a") as file:
            file.write("and more")

    seen = see(body)
    assert wrote(seen) == ["made.txt"]
    assert names(seen) == (["made.txt"] if there else [])  # it may have been read before
    assert holds(seen)
    Path("made.txt").write_text("native")
    assert not holds(seen)
