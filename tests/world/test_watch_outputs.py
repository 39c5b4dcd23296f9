"""A file that a step writes is its output: gone or changed, the step has to run again."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.world.watching import holds, names, see, wrote


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_written_file_that_is_gone_is_a_reason(project: Path) -> None:
    seen = see(lambda: Path("out.txt").write_text("1"))
    assert (names(seen), wrote(seen)) == ([], ["out.txt"])
    assert holds(seen)
    (project / "out.txt").unlink()
    assert not holds(seen)


def test_a_written_file_that_was_changed_is_a_reason(project: Path) -> None:
    seen = see(lambda: Path("out.txt").write_text("1"))
    (project / "out.txt").write_text("2")
    assert not holds(seen)
    (project / "out.txt").write_text("1")
    assert holds(seen)


def test_overwriting_does_not_depend_on_what_was_there(project: Path) -> None:
    (project / "out.txt").write_text("an older run's")
    seen = see(lambda: Path("out.txt").write_text("1"))
    assert (names(seen), wrote(seen)) == ([], ["out.txt"])
    assert holds(seen)


def test_outputs_of_libraries_hold(project: Path) -> None:
    def body() -> None:
        frame = pd.DataFrame({"a": [1]})
        frame.to_csv("o.csv")
        frame.to_parquet("o.parquet")
        frame.to_pickle("o.pkl")
        np.save("o.npy", np.ones(3))
        np.savez("o.npz", a=np.ones(3))

    seen = see(body)
    assert wrote(seen) == ["o.csv", "o.npy", "o.npz", "o.parquet", "o.pkl"]
    assert holds(seen)
    again = see(body)
    assert wrote(again) == wrote(seen)
    assert holds(again)


def test_what_the_step_wrote_itself_and_read_back_is_no_read(project: Path) -> None:
    def body() -> str:
        Path("out.txt").write_text("1")
        return Path("out.txt").read_text()

    assert names(see(body)) == []


def test_a_file_read_and_rewritten_is_read_as_it_was_before(project: Path) -> None:
    (project / "d.txt").write_text("1")

    def body() -> None:
        text = Path("d.txt").read_text()
        Path("d.txt").write_text(text + "!")

    seen = see(body)
    assert (names(seen), wrote(seen)) == (["d.txt"], ["d.txt"])
    assert seen.reads[0].digest != seen.wrote[0].digest
    assert not holds(seen)


def test_a_file_appended_to_is_read_and_written(project: Path) -> None:
    (project / "log.txt").write_text("1\n")

    def body() -> None:
        with open("log.txt", "a") as file:
            file.write("2\n")

    seen = see(body)
    assert (names(seen), wrote(seen)) == (["log.txt"], ["log.txt"])
    assert not holds(seen)


def test_a_file_opened_for_update_but_left_alone_is_only_read(project: Path) -> None:
    (project / "d.txt").write_text("1")

    def body() -> str:
        with open("d.txt", "r+") as file:
            return file.read()

    seen = see(body)
    assert (names(seen), wrote(seen)) == (["d.txt"], [])
    assert holds(seen)


def test_temporary_files_leave_no_trace() -> None:
    def body() -> None:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "x").write_text("1")
            Path(folder, "x").read_text()
            Path(folder, "x").exists()
            os.listdir(folder)
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"1")
        with tempfile.TemporaryFile() as file:
            file.write(b"1")

    seen = see(body)
    assert (seen.reads, seen.wrote, seen.obstacles) == ((), (), ())


def test_a_file_moved_into_place_is_the_output(project: Path) -> None:
    def body() -> None:
        Path("out.tmp").write_text("1")
        os.replace("out.tmp", "out.txt")
        shutil.move("out.txt", "final.txt")

    seen = see(body)
    assert (names(seen), wrote(seen)) == ([], ["final.txt"])
    assert holds(seen)


def test_a_step_that_removes_a_file_found_one(project: Path) -> None:
    (project / "d.txt").write_text("1")
    seen = see(lambda: os.remove("d.txt"))
    assert wrote(seen) == ["d.txt?"]
    assert not holds(seen)


def test_a_folder_that_was_made_is_an_output(project: Path) -> None:
    seen = see(lambda: os.makedirs("a/b"))
    assert wrote(seen) == ["a/b?", "a?"]
    assert holds(seen)
    shutil.rmtree(project / "a")
    assert not holds(seen)


def test_a_folder_that_was_there_is_no_output(project: Path) -> None:
    (project / "a").mkdir()
    seen = see(lambda: os.makedirs("a", exist_ok=True))
    assert wrote(seen) == []
    assert holds(seen)


def test_a_database_written_to_is_read_and_written(project: Path) -> None:
    def body() -> None:
        connection = sqlite3.connect("d.db")
        connection.execute("create table t (x)")
        connection.commit()
        connection.close()

    seen = see(body)
    assert wrote(seen) == ["d.db"]
    (project / "d.db").unlink()
    assert not holds(seen)


def refill(rows: int = 2) -> None:
    connection = sqlite3.connect("d.db")
    connection.execute("drop table if exists t")
    connection.execute("create table t (x)")
    connection.executemany("insert into t values (?)", [(row,) for row in range(rows)])
    connection.commit()
    connection.close()


def query() -> None:
    connection = sqlite3.connect("d.db")
    connection.execute("select * from t").fetchall()
    connection.close()


def test_a_database_that_is_refilled_with_the_same_is_as_it_was(project: Path) -> None:
    refill()
    asked, refilled = see(query), see(refill)
    assert holds(asked) and holds(refilled)
    before = (project / "d.db").read_bytes()
    refill()
    assert (project / "d.db").read_bytes() != before
    assert holds(asked) and holds(refilled)
    refill(3)
    assert not holds(asked) and not holds(refilled)


def test_a_database_with_a_journal_beside_counts_by_its_bytes(project: Path) -> None:
    refill()
    (project / "d.db-journal").write_bytes(b"1")
    asked = see(query)
    refill()
    assert not holds(asked)


READERS_OF_BYTES = {
    "itself": lambda: Path("d.db").read_bytes(),
    "a copy": lambda: shutil.copy("d.db", "copy.db"),
    "a program": lambda: os.system("cat d.db > copy.db"),
    "its size": lambda: os.path.getsize("d.db"),
}


@pytest.mark.parametrize("reader", READERS_OF_BYTES)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_step_that_reads_its_bytes_too_depends_on_them(reader: str, is_first: bool) -> None:
    def body() -> None:
        for do in (READERS_OF_BYTES[reader], query) if is_first else (query, do_read):
            do()

    do_read = READERS_OF_BYTES[reader]
    refill()
    seen = see(body)
    assert holds(seen)
    refill()
    assert not holds(seen)


def test_a_cache_file_that_the_step_looks_for_first_is_both(project: Path) -> None:
    def body() -> str:
        if not os.path.exists("model.txt"):
            Path("model.txt").write_text("m")
        return Path("model.txt").read_text()

    assert not holds(see(body)), "the first run found it missing"
    assert holds(see(body)), "the second found it"


def test_what_a_program_writes_is_an_output(project: Path) -> None:
    (project / "d.txt").write_text("1")
    seen = see(lambda: os.system("cat d.txt > out.txt"))
    assert (names(seen), wrote(seen)) == (["d.txt"], ["out.txt"])
    assert seen.remarks == ("started a program: cat",)
    assert holds(seen)
    (project / "out.txt").unlink()
    assert not holds(seen)
