"""The watch itself: variables, threads, nested steps, cost, and what it leaves behind."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import string
import subprocess
import threading
from collections import ChainMap
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world.watching import holds, names, see, wrote
from zenbook.model import Read
from zenbook.testing.watch import FakeWatch, NoWatch
from zenbook.world.ports import Watch
from zenbook.world.watch import SystemWatch


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.txt").write_text("1")
    return tmp_path


# ---------------------------------------------------------------- variables

ASKING: dict[str, Callable[[], Any]] = {
    "get": lambda: os.environ.get("ZB_RATE"),
    "getenv": lambda: os.getenv("ZB_RATE", "1"),
    "in": lambda: "ZB_RATE" in os.environ,
    "expandvars": lambda: os.path.expandvars("$ZB_RATE/x"),
    "copy": lambda: os.environ.copy().get("ZB_RATE"),
    "dict": lambda: dict(os.environ).get("ZB_RATE"),
    "unpacked": lambda: {**os.environ}.get("ZB_RATE"),
    "items": lambda: [v for k, v in os.environ.items() if k.startswith("ZB")],
    "prefix": lambda: [k for k in os.environ.copy() if k.startswith("ZB_")],
    "template": lambda: string.Template("${ZB_RATE}").safe_substitute(os.environ),
    "chain": lambda: ChainMap({}, os.environ).get("ZB_RATE"),
    "parser": lambda: dict(ConfigParser(os.environ, interpolation=None)["DEFAULT"]),
    "shell": lambda: subprocess.run("echo $ZB_RATE", shell=True),
    "shell's braces": lambda: os.system("true ${ZB_RATE:-x}"),
    "loop": lambda: [os.environ[k] for k in os.environ if k.startswith("ZB")],
}


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
def test_a_variable_that_was_asked_for_is_a_reason(
    ask: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ZB_RATE", raising=False)
    unset = see(ask)
    assert holds(unset)
    monkeypatch.setenv("ZB_RATE", "2")
    assert not holds(unset)
    was_set = see(ask)
    assert holds(was_set)
    monkeypatch.delenv("ZB_RATE")
    assert not holds(was_set)


def test_a_variable_nobody_asked_for_is_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = see(lambda: os.environ.get("ZB_RATE"))
    monkeypatch.setenv("ZB_OTHER", "2")
    assert holds(seen)


def test_an_environment_handed_on_to_a_program_is_no_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def body() -> None:
        subprocess.run(["true"], env={**os.environ, "A": "1"}, check=True)
        subprocess.run(["true"], env=os.environ, check=True)

    seen = see(body)
    assert names(seen) == ["A"], "the one that the code names"
    other = "".join(["ZB_", "AWAY"])  # which no text of the program names, nor has it set it
    monkeypatch.setitem(os.environ._data, other.encode(), b"2")  # type: ignore[attr-defined]
    assert holds(seen)


def test_a_variable_with_a_secret_name_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZB_API_TOKEN", "canary-8731")
    (read,) = see(lambda: os.environ["ZB_API_TOKEN"]).reads
    assert "canary" not in repr(read)


# ---------------------------------------------------------------- whose reads


def test_a_thread_that_the_step_starts_counts(project: Path) -> None:
    def body() -> None:
        thread = threading.Thread(target=Path("d.txt").read_text)
        thread.start()
        thread.join()

    assert names(see(body)) == ["d.txt"]


def test_a_thread_that_ran_before_does_not_count(project: Path) -> None:
    (project / "other.txt").write_text("1")
    wake, done = threading.Event(), threading.Event()

    def stranger() -> None:
        wake.wait()
        Path("other.txt").read_text()
        done.set()

    thread = threading.Thread(target=stranger)
    thread.start()

    def body() -> None:
        wake.set()
        done.wait()
        Path("d.txt").read_text()

    assert names(see(body)) == ["d.txt"]
    thread.join()


def test_a_step_around_another_reads_what_it_reads(project: Path) -> None:
    (project / "outer.txt").write_text("1")
    inner = []

    def body() -> None:
        Path("outer.txt").read_text()
        inner.append(see(lambda: Path("d.txt").read_text()))

    assert names(see(body)) == ["d.txt", "outer.txt"]
    assert names(inner[0]) == ["d.txt"]


def test_a_step_around_a_hit_depends_on_what_the_hit_depends_on(project: Path) -> None:
    kept = see(lambda: Path("d.txt").read_text())
    seen = see(lambda: holds(kept))
    assert names(seen) == ["d.txt"]
    (project / "d.txt").write_text("2")
    assert not holds(seen)


def test_concurrent_async_steps_are_kept_apart(project: Path) -> None:
    for name in ("a", "b"):
        (project / name).write_text("1")
    watch = SystemWatch(None)

    async def step(name: str) -> list[str]:
        with watch.watching([], []) as look:
            await asyncio.sleep(0)
            Path(name).read_text()
            await asyncio.sleep(0)
        return names(look())

    async def both() -> list[list[str]]:
        return list(await asyncio.gather(step("a"), step("b")))

    assert asyncio.run(both()) == [["a"], ["b"]]


def test_files_of_the_zenbook_home_are_nobodys(project: Path) -> None:
    home = project / "home"
    home.mkdir()
    watch = SystemWatch(home)
    with watch.watching([], []) as look:
        (home / "blob").write_text("1")
        (home / "blob").read_text()
    assert look() == type(look())()


# ---------------------------------------------------------------- declared files


def test_declared_files_patterns_and_variables_are_parts(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "b.txt").write_text("2")
    monkeypatch.setenv("ZB_RATE", "2")
    watch = SystemWatch(None)
    parts = watch.files(["*.txt", "$ZB_RATE", "d.txt", "none/*.csv", "gone.txt"])
    assert [(part.kind, part.name) for part in parts] == [
        ("file", "b.txt"),
        ("file", "d.txt"),
        ("variable", "ZB_RATE"),
        ("file", "none/*.csv"),
        ("file", "gone.txt"),
    ]
    assert [part.digest for part in parts[-2:]] == ["missing", "missing"]
    (project / "b.txt").write_text("3")
    assert watch.files(["*.txt"]) != parts[:2]


# ---------------------------------------------------------------- remarks


def test_network_use_is_noticed() -> None:
    server = socket.create_server(("127.0.0.1", 0))

    def body() -> None:
        socket.create_connection(server.getsockname()).close()

    assert see(body).remarks == ("used the network",)
    server.close()


# ---------------------------------------------------------------- manners


def test_nothing_of_ours_stays_when_no_step_runs() -> None:
    before = (os.stat, os.lstat, os.access, os.readlink, random.seed, threading.Thread.start)
    environ = (os._Environ.__getitem__, os._Environ.__iter__)
    see(lambda: os.path.exists("d.txt"))
    after = (os.stat, os.lstat, os.access, os.readlink, random.seed, threading.Thread.start)
    assert before == after
    assert environ == (os._Environ.__getitem__, os._Environ.__iter__)


def test_another_librarys_wrapper_survives(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def body() -> None:
        ours = os.stat

        def theirs(*args: Any, **named: Any) -> os.stat_result:
            calls.append(args)
            return ours(*args, **named)

        monkeypatch.setattr(os, "stat", theirs)

    see(body)
    os.stat("d.txt")
    assert calls == [("d.txt",)]


def test_a_wrapped_stat_is_still_known_to_take_descriptors() -> None:
    supported: list[bool] = []
    see(lambda: supported.append(os.stat in os.supports_fd and os.stat in os.supports_dir_fd))
    assert supported == [True]


def test_an_error_in_the_step_leaves_nothing_behind() -> None:
    original = os.stat
    with pytest.raises(ZeroDivisionError):
        see(lambda: 1 // 0)
    assert os.stat is original
    assert names(see(lambda: Path("d.txt").read_text())) == ["d.txt"]


# ---------------------------------------------------------------- properties


@settings(deadline=None, max_examples=30)
@given(
    st.dictionaries(st.sampled_from("abcd"), st.sampled_from("01"), min_size=1),
    st.dictionaries(st.sampled_from("abcd"), st.sampled_from("01")),
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True),
)
def test_a_record_holds_exactly_while_what_was_read_is_as_it_was(
    before: dict[str, str], after: dict[str, str], read: list[str]
) -> None:
    for name in "abcd":
        Path(name).unlink(missing_ok=True)
    _lay_out(before)
    seen = see(lambda: [_text_of(name) for name in read])
    for name in "abcd":
        Path(name).unlink(missing_ok=True)
    _lay_out(after)
    assert holds(seen) == all(before.get(name) == after.get(name) for name in read)


def _lay_out(contents: dict[str, str]) -> None:
    for name, content in contents.items():
        Path(name).write_text(content)


def _text_of(name: str) -> str | None:
    try:
        return Path(name).read_text()
    except FileNotFoundError:
        return None


# ---------------------------------------------------------------- the port


def test_the_fake_reads_and_writes_as_the_real_one(project: Path) -> None:
    fake = FakeWatch(disk={"d.txt": "1"})
    with fake.watching([], []) as look:
        fake.read("d.txt")
        fake.read("none.txt")
        fake.write("out.txt", "2")
        fake.read("out.txt")

    def body() -> None:
        Path("d.txt").read_text()
        _text_of("none.txt")
        Path("out.txt").write_text("2")
        Path("out.txt").read_text()

    real = see(body)
    assert (sorted(names(look())), wrote(look())) == (names(real), wrote(real))
    fake.disk["d.txt"] = "2"
    assert [fake.again(read) == read for read in look().reads] == [False, True]


@pytest.mark.parametrize("watch", [SystemWatch(None), FakeWatch(), NoWatch()])
def test_an_empty_block_has_nothing_to_tell(watch: Watch) -> None:
    with watch.watching([], []) as look:
        pass
    seen = look()
    assert (seen.reads, seen.wrote, seen.remarks, seen.obstacles) == ((), (), (), ())


def test_a_random_state_is_not_the_watchs_to_look_at() -> None:
    with pytest.raises(ValueError, match="random"):
        SystemWatch(None).again(Read("random", "numpy", "x"))
