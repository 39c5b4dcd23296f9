"""What local modules read when they were imported, whether a step ran then or not."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from zenbook.world.watch import SystemWatch
from zenbook.world.watch_imports import install

READS = "import pathlib\nVALUE = pathlib.Path('a.txt').read_text()"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project that modules are imported from and forgotten again."""
    install()
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "a.txt").write_text("1")
    yield tmp_path
    for name in ("zb_conf", "zb_outer"):
        sys.modules.pop(name, None)


def told(name: str) -> tuple[list[str], tuple[str, ...]]:
    """What the module and those that it imports read, and what has changed of it."""
    seen = SystemWatch(None).imported([name])
    return [read.name for read in seen.reads], seen.obstacles


def test_a_file_is_read_by_every_module_that_is_being_imported(folder: Path) -> None:
    (folder / "zb_conf.py").write_text(READS)
    (folder / "zb_outer.py").write_text("import json\nfrom zb_conf import VALUE")
    importlib.import_module("zb_outer")
    assert told("zb_conf") == told("zb_outer") == (["a.txt"], ())


def test_what_changed_since_is_told_with_who_had_read_it(folder: Path) -> None:
    (folder / "zb_conf.py").write_text(READS)
    importlib.import_module("zb_conf")
    (folder / "a.txt").write_text("22")
    assert told("zb_conf") == (
        [],
        ("a.txt changed after zb_conf had read it: restart the kernel",),
    )


def test_a_module_that_is_imported_anew_has_read_what_is_there_now(folder: Path) -> None:
    (folder / "zb_conf.py").write_text(READS)
    importlib.reload(importlib.import_module("zb_conf"))
    (folder / "a.txt").write_text("22")
    importlib.reload(sys.modules["zb_conf"])
    assert told("zb_conf") == (["a.txt"], ())


def test_a_file_that_a_function_of_it_reads_later_is_none_of_its_making(folder: Path) -> None:
    (folder / "zb_conf.py").write_text(
        "import pathlib\ndef read(): return pathlib.Path('a.txt').read_text()"
    )
    importlib.import_module("zb_conf").read()
    assert told("zb_conf") == ([], ())


def test_what_it_looked_for_and_made_is_no_change(folder: Path) -> None:
    text = "try: open('b.txt').close()\nexcept OSError: open('b.txt', 'w').close()"
    (folder / "zb_conf.py").write_text(text)
    importlib.import_module("zb_conf")
    assert told("zb_conf") == ([], ())


def test_what_it_looked_for_in_vain_counts_as_missing(folder: Path) -> None:
    text = "try: open('b.txt').close()\nexcept OSError: pass"
    (folder / "zb_conf.py").write_text(text)
    importlib.import_module("zb_conf")
    assert told("zb_conf") == (["b.txt"], ())
    (folder / "b.txt").touch()
    assert told("zb_conf")[1] == ("b.txt changed after zb_conf had read it: restart the kernel",)


def test_a_module_that_is_not_loaded_has_read_nothing(folder: Path) -> None:
    (folder / "zb_conf.py").write_text(READS)
    assert told("zb_conf") == ([], ())


def test_a_change_of_comments_or_functions_alone_is_none_of_the_body(folder: Path) -> None:
    text = "def f(): return {}\nclass C:\n    def m(self): return {}\nVALUE = {}  # {}"
    for number in range(4):
        (folder / "zb_conf.py").write_text(text.format(1, 1, 1, 1))
        importlib.reload(importlib.import_module("zb_conf"))
        given = [2 if place == number else 1 for place in range(4)]
        (folder / "zb_conf.py").write_text(text.format(*given) + " ")
        changed = ("zb_conf changed after it was imported: restart the kernel",)
        assert told("zb_conf") == ([], changed if number == 2 else ())


MADE = {
    "set": "if 'ZB_A' not in os.environ: os.environ['ZB_A'] = '1'",
    "by default": "os.environ.setdefault('ZB_A', '1')",
    "added to": "os.environ['ZB_A'] = os.environ.get('ZB_A', '') + 'x'",
}


@pytest.mark.parametrize("way", MADE)
def test_a_variable_that_a_module_sets_counts_as_what_it_has_made_of_it(
    way: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ZB_A", raising=False)
    (folder / "zb_conf.py").write_text(f"import os\n{MADE[way]}")
    importlib.import_module("zb_conf")
    exec("settled = True")
    assert told("zb_conf") == (["ZB_A"], ())
    monkeypatch.setenv("ZB_A", "another")
    assert told("zb_conf")[1] == ("$ZB_A changed after zb_conf had read it: restart the kernel",)


def test_variables_that_a_module_goes_through_count_as_a_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "import os\nVALUES = [v for k, v in os.environ.items() if k.startswith('ZB_')]"
    (folder / "zb_conf.py").write_text(text)
    importlib.import_module("zb_conf")
    assert told("zb_conf") == (["*"], ())
    monkeypatch.setenv("ZB_B", "1")
    assert told("zb_conf")[1] == ("$* changed after zb_conf had read it: restart the kernel",)


def test_nothing_stands_in_for_variables_when_the_import_is_over(folder: Path) -> None:
    (folder / "zb_conf.py").write_text("import os\nVALUE = os.environ.get('ZB_A')")
    before = vars(os._Environ)["__getitem__"]
    importlib.import_module("zb_conf")
    exec("over = True")
    assert vars(os._Environ)["__getitem__"] is before
