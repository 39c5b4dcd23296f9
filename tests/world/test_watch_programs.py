"""What programs make and take away, where nothing but the kernel tells."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from tests.world.watching import holds, names, see, wrote
from zenbook.world import watch_programs
from zenbook.world.watch_programs import follow_native
from zenbook.world.watch_scope import current

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs inotify")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("old/inner").mkdir(parents=True)
    for name in ("a1.txt", "a2.txt", "old/b1.txt", "old/inner/c1.txt"):
        Path(name).write_text("x")
    return tmp_path


def shell(command: str, *words: str) -> None:
    """A shell script of which the command line says no path."""
    subprocess.run(["sh", "-s", *words], input=command, text=True, check=True)


REMOVED = {
    "rm a*.txt": {"a1.txt?", "a2.txt?"},
    "rm -r ol*": {"old?", "old/inner?", "old/b1.txt?", "old/inner/c1.txt?"},
    "mv a1.* n1.txt": {"a1.txt?", "n1.txt"},
    "mv ol* new": {"old?", "new?", "new/inner?", "new/b1.txt", "new/inner/c1.txt"},
}


@pytest.mark.parametrize("command", REMOVED)
def test_what_a_program_takes_away_has_to_be_gone(command: str) -> None:
    seen = see(shell, command)
    assert set(wrote(seen)) == REMOVED[command]
    assert holds(seen) and seen.obstacles == ()
    for name in ("a1.txt", "old/b1.txt"):
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        Path(name).write_text("x")
    assert not holds(seen)


MADE = "mkdir -p n1/deep/er; echo 1 > n1/b; echo 2 > n1/deep/c; echo 3 > n1/.hidden"


def test_a_folder_that_a_program_makes_is_an_output_with_what_is_in_it() -> None:
    seen = see(shell, MADE)
    assert set(wrote(seen)) == {"n1?", "n1/deep?", "n1/deep/er?", "n1/b", "n1/deep/c"}
    assert holds(seen)
    Path("n1/.hidden").unlink()
    assert holds(seen)
    Path("n1/deep/c").write_text("4")
    assert not holds(seen)
    shutil.rmtree("n1")
    assert not holds(seen)


def test_of_a_large_folder_as_much_is_looked_at_as_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_programs, "MOST_FOUND", 3)
    seen = see(shell, "mkdir n1; for i in 1 2 3 4 5 6; do echo $i > n1/$i; done")
    assert len(wrote(seen)) == 1 + 3
    assert holds(seen)


def test_what_is_gone_again_leaves_no_trace() -> None:
    seen = see(shell, "mkdir n1; echo 1 > n1/a; rm -r n1; echo 1 > t1; rm t1; mv old n; mv n old")
    assert seen.wrote == () and seen.obstacles == () and holds(seen)


def test_what_a_program_has_read_and_taken_away_is_not_known() -> None:
    seen = see(shell, "cat a1* > b1.txt; rm a1*")
    assert seen.obstacles == ("a1.txt was opened and changed by what cannot be followed",)


def test_what_others_take_away_counts_only_where_a_program_runs() -> None:
    def body() -> None:
        follow_native(current()[0])
        asked, done = other.stdin, other.stdout
        assert asked is not None and done is not None
        asked.write("go\n")
        asked.flush()
        done.readline()

    command = ["sh", "-c", "read x; rm a1.txt; echo done; read x"]
    other = subprocess.Popen(command, stdin=-1, stdout=-1, text=True)
    seen = see(body)
    other.communicate()
    assert not Path("a1.txt").exists() and seen.wrote == ()


def test_a_program_in_a_terminal_of_its_own_is_followed() -> None:
    def body(begin: str) -> None:
        pexpect.spawn("sh", ["-c", f"{begin} a1.txt; echo 1 > n1.txt"]).expect(pexpect.EOF)

    seen = see(body, "rm")
    assert set(wrote(seen)) == {"a1.txt?", "n1.txt"}
    assert seen.remarks == ()
    Path("n1.txt").write_text("2")
    assert not holds(seen)


LISTED = {
    "ls old": ("old/new.txt", "old/inner/new.txt"),
    "ls": ("new.txt", "old/new.txt"),
    "ls old/*.txt | wc -l": ("old/new.txt", "old/new.csv"),
    "cat old/*.txt": ("old/new.txt", "old/new.csv"),
    "find old -name '*.txt'": ("old/inner/new.txt", "new.txt"),
    "cp a1.txt old/a1.txt": (None, "old/new.txt"),
}


@pytest.mark.parametrize("command", LISTED)
def test_what_a_program_lists_is_a_reason(command: str) -> None:
    there, elsewhere = LISTED[command]
    seen = see(lambda: subprocess.run(command, shell=True, check=True, capture_output=True))
    assert holds(seen)
    Path(elsewhere).write_text("x")
    assert holds(seen)
    if there is not None:
        Path(there).write_text("x")
        assert not holds(seen)


RUNS = {
    "a script": [sys.executable, "script.py"],
    "a module": [sys.executable, "-m", "pack.more"],
    "a shell that runs one": ["sh", "-c", "echo 1; python3 script.py"],
}


@pytest.mark.parametrize("command", RUNS)
def test_the_modules_that_a_program_imports_are_reasons(command: str) -> None:
    Path("pack").mkdir()
    Path("pack/__init__.py").write_text("")
    Path("pack/more.py").write_text("from pack.deep import X\nprint(X)\n")
    Path("pack/deep.py").write_text("X = 1\n")
    Path("script.py").write_text("import pack.more\n")
    Path("unused.py").write_text("")

    def body() -> bytes:
        return subprocess.run(RUNS[command], capture_output=True, check=True).stdout

    for compiled in (False, True):
        seen = see(body)
        assert {"pack/more.py", "pack/deep.py"} <= {*names(seen)}, compiled
        assert "unused.py" not in names(seen)
        assert wrote(seen) == []
        assert holds(seen)
    Path("pack/deep.py").write_text("X = 22\n")
    assert not holds(seen)


def test_a_module_that_the_step_itself_imports_is_no_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("zb_mine.py").write_text("X = 1\n")
    monkeypatch.syspath_prepend(Path.cwd())

    def body() -> None:
        subprocess.run(["true"], check=True)
        import zb_mine  # type: ignore[import-not-found]

        assert zb_mine.X

    assert names(see(body)) == []
