"""What a step's key notices of local modules, loaded or not, and of installed ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.core.programs import changed, parts_of, program, uses_of
from zenbook.core.closure import CodeClosure
from zenbook.model import Part

LIB = {"mylib.py": "RATE = 2\ndef helper(x):\n    return x * RATE\ndef other(x):\n    return x\n"}
PACKAGE = {
    "pkg/__init__.py": "from .sub import helper\nfrom . import sub\n",
    "pkg/sub.py": "from .deep import deep\ndef helper(x):\n    return deep(x)\n",
    "pkg/deep.py": "from pkg import settings\ndef deep(x):\n    return x * settings.RATE\n",
    "pkg/settings.py": "RATE = 2\n",
}
NAMESPACE = {"space/part.py": "def helper(x):\n    return x * 2\n"}

WAYS = {
    "import": (LIB, "import mylib\ndef f(x):\n    return mylib.helper(x)\n"),
    "import as": (LIB, "import mylib as m\ndef f(x):\n    return m.helper(x)\n"),
    "from import": (LIB, "from mylib import helper\ndef f(x):\n    return helper(x)\n"),
    "from import as": (LIB, "from mylib import helper as h\ndef f(x):\n    return h(x)\n"),
    "star import": (LIB, "from mylib import *\ndef f(x):\n    return helper(x)\n"),
    "import in the body": (LIB, "def f(x):\n    import mylib\n    return mylib.helper(x)\n"),
    "from import in the body": (
        LIB,
        "def f(x):\n    from mylib import helper\n    return helper(x)\n",
    ),
    "import in a helper's body": (
        LIB,
        "def g(x):\n    import mylib as m\n    return m.helper(x)\ndef f(x):\n    return g(x)\n",
    ),
    "getattr": (LIB, "import mylib\ndef f(x):\n    return getattr(mylib, 'helper')(x)\n"),
    "getattr with a computed name": (
        LIB,
        "import mylib\ndef f(x, n):\n    return getattr(mylib, n)(x)\n",
    ),
    "vars": (LIB, "import mylib\ndef f(x):\n    return vars(mylib)['helper'](x)\n"),
    "the module as an argument": (
        LIB,
        "import mylib\ndef g(m, x):\n    return m.helper(x)\ndef f(x):\n    return g(mylib, x)\n",
    ),
    "the module in a dict": (
        LIB,
        "import mylib\nM = {'a': mylib}\ndef f(x):\n    return M['a'].helper(x)\n",
    ),
    "importlib": (
        LIB,
        "import importlib\ndef f(x):\n    return importlib.import_module('mylib').helper(x)\n",
    ),
    "import_module": (
        LIB,
        """
from importlib import import_module
def f(x):
    return import_module('mylib').helper(x)
""",
    ),
    "importlib with a computed name": (
        LIB,
        "import importlib, mylib\ndef f(x, n):\n    return importlib.import_module(n).helper(x)\n",
    ),
    "importlib with a computed name, not loaded": (
        LIB,
        "import importlib\ndef f(x, n):\n    return importlib.import_module(n).helper(x)\n",
    ),
    "a plugin of a package, not loaded": (
        {"plugins/__init__.py": "", "plugins/a.py": "RATE = 2\n"},
        "import importlib\ndef f(n):\n    return importlib.import_module(f'plugins.{n}').RATE\n",
    ),
    "__import__": (LIB, "def f(x):\n    return __import__('mylib').helper(x)\n"),
    "sys.modules": (
        LIB,
        "import sys, mylib\ndef f(x):\n    return sys.modules['mylib'].helper(x)\n",
    ),
    "an import in an eval": (LIB, "import mylib\ndef f(x):\n    return eval('mylib.helper(3)')\n"),
    "a constant through the module": (LIB, "import mylib as c\ndef f(x):\n    return c.RATE\n"),
    "a package": (PACKAGE, "import pkg\ndef f(x):\n    return pkg.helper(x)\n"),
    "a submodule": (PACKAGE, "import pkg.sub\ndef f(x):\n    return pkg.sub.helper(x)\n"),
    "a submodule as": (PACKAGE, "import pkg.sub as s\ndef f(x):\n    return s.helper(x)\n"),
    "from a submodule": (
        PACKAGE,
        "from pkg.sub import helper\ndef f(x):\n    return helper(x)\n",
    ),
    "a package in the body": (PACKAGE, "def f(x):\n    import pkg\n    return pkg.helper(x)\n"),
    "a submodule in the body": (
        PACKAGE,
        "def f(x):\n    import pkg.sub\n    return pkg.sub.helper(x)\n",
    ),
    "from a submodule in the body": (
        PACKAGE,
        "def f(x):\n    from pkg.sub import helper\n    return helper(x)\n",
    ),
    "a module from its package in the body": (
        PACKAGE,
        "def f(x):\n    from pkg import settings\n    return settings.RATE\n",
    ),
    "an attribute that is a submodule nobody has loaded": (
        {"pkg/__init__.py": "", "pkg/settings.py": "RATE = 2\n"},
        "def f(x):\n    import pkg\n    import pkg.settings\n    return pkg.settings.RATE\n",
    ),
    "a namespace package": (
        NAMESPACE,
        "import space.part\ndef f(x):\n    return space.part.helper(x)\n",
    ),
    "a namespace package in the body": (
        NAMESPACE,
        "def f(x):\n    from space.part import helper\n    return helper(x)\n",
    ),
    "a module's __getattr__": (
        {"lazy.py": "def __getattr__(name):\n    return len(name) * 2\n"},
        "import lazy\ndef f(x):\n    return lazy.anything\n",
    ),
    "a conditional import": (
        LIB,
        """
try:
    from mylib import helper
except ImportError:
    helper = None
def f(x):
    return helper(x)
""",
    ),
    "a class of a module": (
        {"mylib.py": "class A:\n    def go(self, x):\n        return x * 2\n"},
        "from mylib import A\ndef f(x):\n    return A().go(x)\n",
    ),
    "an instance of a module": (
        {"mylib.py": "class A:\n    RATE = 2\na = A()\n"},
        "import mylib\ndef f(x):\n    return mylib.a.RATE\n",
    ),
    "a base class in another module": (
        {
            "base.py": "class B:\n    def go(self, x):\n        return x * 2\n",
            "mylib.py": "import base\nclass A(base.B):\n    pass\n",
        },
        "from mylib import A\ndef f(x):\n    return A().go(x)\n",
    ),
    "a helper's import in another module": (
        {
            "base.py": "def go(x):\n    return x * 2\n",
            "mylib.py": "def helper(x):\n    import base\n    return base.go(x)\n",
        },
        "from mylib import helper\ndef f(x):\n    return helper(x)\n",
    ),
    "a decorator in another module": (
        {"deco.py": "def deco(fn):\n    return lambda x: fn(x) * 2\n"},
        """
from deco import deco
@deco
def helper(x):
    return x
def f(x):
    return helper(x)
""",
    ),
}


def edited(files: Mapping[str, str]) -> dict[str, str]:
    """The same files with the 2 that matters become 3."""
    return {name: text.replace("2", "3") for name, text in files.items()}


def parts(folder: Path, text: str, files: Mapping[str, str]) -> list[Part]:
    with program(folder, text, files) as space:
        return parts_of(space["f"], 3)


@pytest.mark.parametrize("way", WAYS)
def test_an_edited_module_is_noticed_when_reached_by(way: str, tmp_path: Path) -> None:
    files, text = WAYS[way]
    before = parts(tmp_path, text, files)
    assert parts(tmp_path, text, files) == before
    assert parts(tmp_path, text, edited(files)) != before


@pytest.mark.parametrize("way", [way for way in WAYS if "body" in way])
def test_the_key_is_the_same_before_and_after_the_import_runs(way: str, tmp_path: Path) -> None:
    files, text = WAYS[way]
    closure = CodeClosure()
    with program(tmp_path, text, files) as space:
        before = parts_of(space["f"], closure=closure)
        space["f"](1)
        assert parts_of(space["f"], closure=closure) == before


@pytest.mark.parametrize("way", ["import", "import as", "from import", "star import", "getattr"])
def test_what_else_is_in_the_module_does_not_count(way: str, tmp_path: Path) -> None:
    files, text = WAYS[way]
    more = {"mylib.py": files["mylib.py"].replace("return x\n", "return -x\n") + "NEW = 1\n"}
    assert parts(tmp_path, text, files) == parts(tmp_path, text, more)


def test_the_module_a_helper_was_imported_from_does_not_count(tmp_path: Path) -> None:
    text = "from mylib import helper\ndef f(x):\n    return helper(x)\n"
    moved = {"elsewhere.py": LIB["mylib.py"]}
    again = parts(tmp_path, text.replace("mylib", "elsewhere"), moved)
    assert parts(tmp_path, text, LIB) == again


def test_comments_in_a_module_imported_in_the_body_do_not_count(tmp_path: Path) -> None:
    files, text = WAYS["import in the body"]
    more = {"mylib.py": '"""Says."""\n# a comment\n' + files["mylib.py"]}
    assert parts(tmp_path, text, files) == parts(tmp_path, text, more)


IN_PLACE = ["mylib.RATE = 9", "mylib.helper = lambda x: 9", "mylib.TABLE['a'] = 9"]


@pytest.mark.parametrize("patch", IN_PLACE)
@pytest.mark.parametrize("way", ["import", "import in the body", "getattr with a computed name"])
def test_a_module_patched_at_run_time_is_noticed(way: str, patch: str, tmp_path: Path) -> None:
    _, text = WAYS[way]
    files = {
        "mylib.py": "RATE = 2\nTABLE = {'a': 1}\ndef helper(x):\n    return x * RATE * TABLE['a']\n"
    }
    closure = CodeClosure()
    with program(tmp_path, "import mylib\n" + text, files) as space:
        before = parts_of(space["f"], closure=closure)
        exec(patch, space)
        assert parts_of(space["f"], closure=closure) != before


def test_a_file_edited_after_its_import_counts_as_it_was_imported(tmp_path: Path) -> None:
    for way in ("import", "import in the body"):
        files, text = WAYS[way]
        with program(tmp_path, "import mylib\n" + text, files) as space:
            old = parts_of(space["f"])
            Path(space["mylib"].__file__).write_text(edited(files)["mylib.py"])
            stale = parts_of(space["f"])
        with program(tmp_path, "import mylib\n" + text, edited(files)) as space:
            new = parts_of(space["f"])
        assert stale != new
        assert (stale == old) is (way == "import")


def test_relative_imports_inside_functions_of_a_package(tmp_path: Path) -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/settings.py": "RATE = 2\n",
        "pkg/work.py": "def helper(x):\n    from . import settings\n    return x * settings.RATE\n"
        "def other(x):\n    from .settings import RATE\n    return x * RATE\n",
    }
    for name in ("helper", "other"):
        text = f"from pkg.work import {name}\ndef f(x):\n    return {name}(x)\n"
        assert changed(parts(tmp_path, text, files), parts(tmp_path, text, edited(files))) == {
            f"{name}()"
        }


def test_modules_that_import_each_other_have_a_digest(tmp_path: Path) -> None:
    files = {
        "a.py": "def go(n):\n    import b\n    return n and b.go(n - 1)\n",
        "b.py": "def go(n):\n    import a\n    return n and a.go(n - 2)\n",
    }
    text = "def f(x):\n    import a\n    return a.go(x)\n"
    before = parts(tmp_path, text, files)
    assert before == parts(tmp_path, text, files)
    assert before != parts(tmp_path, text, edited(files))


def test_a_module_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    text = "def f(x):\n    import not_there_at_all\n    return not_there_at_all.go()\n"
    with program(tmp_path, text) as space:
        assert "not_there_at_all" in {part.name for part in uses_of(space["f"]).parts}


def test_packages_imported_in_a_body_are_noted_without_importing_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    text = "def f(x):\n    import colorsys\n    import yaml_not_there, pytest.mark\n    return x\n"
    with program(tmp_path, text) as space:
        assert uses_of(space["f"]).packages == {"pytest", "yaml_not_there"}
    assert "colorsys" not in sys.modules


@pytest.mark.parametrize(
    ("way", "parts"),
    [
        ("vars(mylib)", {"order of mylib"}),
        ("mylib.__dict__", {"order of mylib"}),
        ("sorted(dir(mylib))", set()),
    ],
)
def test_the_order_of_what_a_module_holds_counts_where_it_is_read(
    way: str, parts: set[str], tmp_path: Path
) -> None:
    text = f"import mylib\ndef f(x):\n    return [name for name in {way}], x\n"
    turned = {
        "mylib.py": "def helper(x):\n    return x * RATE\nRATE = 2\ndef other(x):\n    return x\n"
    }
    found = []
    for files in (LIB, turned):
        with program(tmp_path, text, files) as space:
            found.append(parts_of(space["f"], 3))
    assert changed(*found) == parts
