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


HELD = {
    "a function": ("def f(): return 1", "def f(): return 2"),
    "a constant": ("X = 1", "X = 2"),
    "a list that is new": ("X = 1", "X = 1\nY = [1]"),
    "a default": ("def f(a=1): pass", "def f(a=2): pass"),
    "an import": ("X = 1", "import math, json as j\nfrom math import floor\nX = 1"),
    "a function that is new": ("X = 1", "X = 1\ndef f(): return X"),
    "a class that is new": ("X = 1", "X = 1\nclass K:\n    def m(self): return X"),
    "a class's constant": (
        "class B: pass\nclass K(B):\n    a = 1\n    @property\n    def m(self): pass",
        "class B: pass\nclass K(B):\n    a = 2\n    @property\n    def m(self): return 1",
    ),
    "what a table names": ("def f(): return 1\nT = {'f': f}", "def f(): return 2\nT = {'f': f}"),
    "what only a program calls": (
        "def f(): return 1\nif __name__ == '__main__':\n    print(f())",
        "def f(): return 2\nif __name__ == '__main__':\n    print(f())",
    ),
    "what a library decorates": (
        "import functools\ndef f(): return 1\n@functools.cache\ndef g(): return f()",
        "import functools\ndef f(): return 2\n@functools.cache\ndef g(): return f()",
    ),
    "what is gone": ("X = 1\nY = 2", "X = 1"),
}
OUTDATED = {
    "what a function gave": ("def f(): return 1\nY = f()", "def f(): return 2\nY = f()"),
    "by another function": (
        "def f(): return 1\ndef g(): return f()\nY = [g()]",
        "def f(): return 2\ndef g(): return f()\nY = [g()]",
    ),
    "another name of a constant": ("X = 1\nY = X", "X = 2\nY = X"),
    "what a class's body gave": (
        "def f(): return 1\nclass K:\n    y = f()",
        "def f(): return 2\nclass K:\n    y = f()",
    ),
    "an own decorator's doing": (
        "def f(): return 1\ndef d(g): return g()\n@d\ndef y(): return f()",
        "def f(): return 2\ndef d(g): return g()\n@d\ndef y(): return f()",
    ),
    "a base's doing": (
        "def f(): return 1\nclass B:\n    def __init_subclass__(k): k.y = f()\nclass K(B): pass",
        "def f(): return 2\nclass B:\n    def __init_subclass__(k): k.y = f()\nclass K(B): pass",
    ),
    "by its name": (
        "def f(): return 1\nY = globals()['f']()",
        "def f(): return 2\nY = globals()['f']()",
    ),
}


def edited(name: str, text: str, folder: Path) -> None:
    """Change a loaded module's text, and its functions in their places, as %autoreload does."""
    found = pytest.importorskip("IPython.extensions.deduperreload.deduperreload")
    reloader, path = found.DeduperReloader(), folder / f"{name}.py"
    reloader.source_by_modname[name] = path.read_text()
    path.write_text(text)
    assert reloader.maybe_reload_module(sys.modules[name])


@pytest.mark.parametrize(("text", "later"), HELD.values(), ids=HELD)
def test_what_autoreload_has_put_in_its_place_is_no_change(
    text: str, later: str, folder: Path
) -> None:
    (folder / "zb_conf.py").write_text(text)
    importlib.import_module("zb_conf")
    edited("zb_conf", later, folder)
    assert told("zb_conf") == ([], ())


@pytest.mark.parametrize(("text", "later"), OUTDATED.values(), ids=OUTDATED)
def test_what_was_computed_with_what_autoreload_has_changed_is_out_of_date(
    text: str, later: str, folder: Path
) -> None:
    (folder / "zb_conf.py").write_text(text)
    importlib.import_module("zb_conf")
    edited("zb_conf", later, folder)
    assert told("zb_conf") == (
        [],
        ("zb_conf changed after it was imported: restart the kernel",),
    )


@pytest.mark.parametrize("anew", [True, False])
@pytest.mark.parametrize(
    ("outer", "is_held"),
    [
        ("from zb_conf import f\ndef g(): return f()", True),
        ("import zb_conf\ndef g(): return zb_conf.X", True),
        ("from zb_conf import K\nclass L(K): pass", True),
        ("from zb_conf import f\nY = f()", False),
        ("from zb_conf import X", False),
        ("from zb_conf import *\nY = f()", False),
        ("def g():\n    from zb_conf import f\n    return f()\nY = g()", False),
    ],
)
def test_what_a_module_holds_of_one_that_has_changed_since_is_out_of_date(
    outer: str, is_held: bool, anew: bool, folder: Path
) -> None:
    kind = "\nclass K:\n    n: int = 1\n    @property\n    def p(self): return X"
    (folder / "zb_conf.py").write_text(f"X = 1\ndef f(): return X{kind}")
    (folder / "zb_outer.py").write_text(outer)
    importlib.import_module("zb_outer")
    edited("zb_conf", f"X = 22\ndef f(): return X + 0{kind}", folder)
    if anew:
        code = sys.modules["zb_conf"].f
        importlib.reload(sys.modules["zb_conf"])
        code.__code__ = sys.modules["zb_conf"].f.__code__
    why = ("zb_conf changed after zb_outer had imported it: restart the kernel",)
    assert told("zb_outer") == ([], () if is_held else why)


def test_a_module_that_was_forgotten_and_imported_again_is_what_it_is_now(folder: Path) -> None:
    (folder / "zb_conf.py").write_text("X = 1")
    (folder / "zb_outer.py").write_text("from zb_conf import X\nY = X + 1")
    importlib.import_module("zb_outer")
    (folder / "zb_conf.py").write_text("X = 22")
    for name in ("zb_conf", "zb_outer"):
        del sys.modules[name]
    importlib.import_module("zb_outer")
    assert told("zb_outer") == ([], ())


def test_what_python_compiles_of_it_is_no_output(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (folder / "zb_conf.py").write_text("VALUE = 1")
    with SystemWatch(None).watching((), ()) as look:
        importlib.import_module("zb_conf")
    assert (folder / "__pycache__").is_dir() and look().wrote == ()
