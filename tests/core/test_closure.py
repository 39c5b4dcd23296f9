"""What a step's key notices of the code it uses, and what it does not."""

from __future__ import annotations

import builtins
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.programs import changed, parts_of, program, uses_of
from zenbook.core.closure import CodeClosure
from zenbook.core.digest import Digester

Case = tuple[str, str, str]


def cases(section: str) -> dict[str, Case]:
    """The cases of a section of ``closure_cases.txt``: (program, old text, new text) by title."""
    text = (Path(__file__).parent / "closure_cases.txt").read_text()
    body = text.split(f"======== {section}\n")[1].split("\n======== ")[0]
    found = {}
    for block in body.split("---- ")[1:]:
        title, old, new, program_text = block.split("\n", 3)
        edit = [line[4:].replace("\\n", "\n") for line in (old, new)]
        found[title] = (program_text.rstrip("\n") + "\n", *edit)
    return found


NOTICED = {**cases("functions and constants"), **cases("classes")}
UNNOTICED = cases("unnoticed")


def keys(folder: Path, text: str, old: str, new: str) -> tuple[list, list]:
    assert old in text
    found = []
    for source in (text, text.replace(old, new)):
        with program(folder, source) as space:
            found.append(parts_of(space.get("f") or space["g"], 3))
    return found[0], found[1]


@pytest.mark.parametrize("title", NOTICED)
def test_a_change_is_noticed_of(title: str, tmp_path: Path) -> None:
    before, after = keys(tmp_path, *NOTICED[title])
    assert before != after


@pytest.mark.parametrize("title", UNNOTICED)
def test_nothing_is_noticed_of(title: str, tmp_path: Path) -> None:
    before, after = keys(tmp_path, *UNNOTICED[title])
    assert changed(before, after) == set()


@pytest.mark.parametrize("title", [*NOTICED, *UNNOTICED])
def test_the_same_program_has_the_same_key_again(title: str, tmp_path: Path) -> None:
    text, _, _ = {**NOTICED, **UNNOTICED}[title]
    before, after = keys(tmp_path, text, "def f", "def f")
    assert before == after


def test_the_miss_is_told_at_the_one_thing_that_changed(tmp_path: Path) -> None:
    text = """
LIMIT = 5
def deep(x):
    return min(x, LIMIT)
def helper(x):
    return deep(x)
def f(x):
    return helper(x)
"""
    assert changed(*keys(tmp_path, text, "min(", "max(")) == {"deep()"}
    assert changed(*keys(tmp_path, text, "LIMIT = 5", "LIMIT = 6")) == {"LIMIT"}
    assert changed(*keys(tmp_path, text, "return deep(x)", "return -deep(x)")) == {"helper()"}
    assert changed(*keys(tmp_path, text, "return helper(x)", "return -helper(x)")) == {"code"}


def test_a_constant_shows_a_preview_and_a_secret_does_not(tmp_path: Path) -> None:
    with program(
        tmp_path, "RATE = 2\napi_key = 'sk-1'\ndef f():\n    return RATE, api_key\n"
    ) as space:
        shown = {part.name: part.shown for part in uses_of(space["f"]).parts}
    assert shown == {"RATE": "2", "api_key": "•••"}


def test_an_input_and_a_constant_of_one_name_do_not_share_it(tmp_path: Path) -> None:
    text = "x = 1\ndef helper():\n    return x\ndef f(x):\n    return helper()\n"
    with program(tmp_path, text) as space:
        names = [part.name for part in uses_of(space["f"]).parts]
    assert names == ["helper()", "x#2"]


def test_the_open_that_ipython_puts_into_a_notebook_is_the_builtin(tmp_path: Path) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    kept = InteractiveShell(user_ns={}).user_ns.get("open")
    text = "def f(path):\n    with open(path) as file:\n        return file.read()\n"
    with program(tmp_path, text) as space:
        plain = parts_of(space["f"], 3)
        space["open"] = kept or open
        assert parts_of(space["f"], 3) == plain
        space["open"] = lambda path: path
        assert parts_of(space["f"], 3) != plain


def test_a_constant_changed_in_place_is_noticed_at_once(tmp_path: Path) -> None:
    closure = CodeClosure()
    with program(tmp_path, "CFG = {'rate': 2}\ndef f(x):\n    return x * CFG['rate']\n") as space:
        before = parts_of(space["f"], closure=closure)
        space["CFG"]["rate"] = 5
        assert changed(before, parts_of(space["f"], closure=closure)) == {"CFG"}
        space["CFG"]["rate"] = 2
        assert parts_of(space["f"], closure=closure) == before


REPLACED = {
    "a helper": "def helper(x):\n    return x * 3\n",
    "a helper's code": "helper.__code__ = (lambda x: x * 3).__code__\n",
    "a helper's default": "helper.__defaults__ = (3,)\n",
    "a keyword default in place": "helper.__kwdefaults__['m'] = 3\n",
    "a constant": "RATE = 3\n",
    "a method": "A.go = lambda self: 3\n",
    "a class attribute": "A.k = 3\n",
    "a mutable class attribute in place": "A.table.append(3)\n",
    "a closed-over list in place": "closed.__closure__[0].cell_contents.append(3)\n",
    "a closed-over value": "closed.__closure__[0].cell_contents = 3\n",
    "an attribute of a module": "mod.RATE = 3\n",
    "a function of a module": "mod.go = lambda: 3\n",
    "a builtin by shadowing": "sum = 3\n",
    "an implementation of a singledispatch": "single.register(str)(lambda x: 3)\n",
    "the bases of a class": "A.__bases__ = (C,)\n",
    "an attribute of a function": "helper.k = 3\n",
}


@pytest.mark.parametrize("what", REPLACED)
def test_replacing_at_run_time_is_noticed_of(what: str, tmp_path: Path) -> None:
    text = """
import functools, mod
RATE = 2
def helper(x=1, *, m=1):
    return x * RATE
class B: ...
class C: ...
class A(B):
    k = 1
    table = []
    def go(self):
        return 1
def make(v):
    def closed():
        return v
    return closed
closed = make([1])
@functools.singledispatch
def single(x): ...
def f(x):
    return helper(), A().go(), closed(), single(x), mod.go(), mod.RATE, sum
"""
    closure = CodeClosure()
    with program(tmp_path, text, {"mod.py": "RATE = 1\ndef go():\n    return 1\n"}) as space:
        before = parts_of(space["f"], closure=closure)
        assert parts_of(space["f"], closure=closure) == before
        exec(REPLACED[what], space)
        assert parts_of(space["f"], closure=closure) != before


def test_what_is_put_into_builtins_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closure = CodeClosure()
    with program(tmp_path, "def f(x):\n    return pow(x, 2) + abs(RATE)\n") as space:
        seen = [parts_of(space["f"], closure=closure)]
        for name, value in (("RATE", 1), ("RATE", 2), ("pow", lambda x, y: 3), ("abs", max)):
            monkeypatch.setattr(builtins, name, value, raising=False)
            now = parts_of(space["f"], closure=closure)
            assert now not in seen, name
            seen.append(now)
        monkeypatch.undo()
        assert parts_of(space["f"], closure=closure) == seen[0]


def test_a_step_that_assigns_a_global_says_so(tmp_path: Path) -> None:
    text = """
import mod
def bump():
    global COUNT
    COUNT = 1
    mod.N = 2
def f():
    bump()
"""
    with program(tmp_path, text, {"mod.py": "N = 1\n"}) as space:
        uses = uses_of(space["f"])
    assert uses.stores_global == ("COUNT",)
    assert uses.obstacles == ("mod.N is assigned by the step",)


def test_what_has_no_digest_is_an_obstacle_only_if_a_result_may_depend_on_it(
    tmp_path: Path,
) -> None:
    text = """
import logging, threading
log, lock = logging.getLogger(), threading.Lock()
rows = (i for i in range(3))
def f():
    with lock:
        log.info("x")
        return list(rows)
"""
    with program(tmp_path, text) as space:
        uses = uses_of(space["f"])
    assert len(uses.obstacles) == 1 and uses.obstacles[0].startswith("rows ")


def test_widening_is_told(tmp_path: Path) -> None:
    text = "import mod\ndef f(n):\n    return getattr(mod, n), eval(n)\n"
    with program(tmp_path, text, {"mod.py": "RATE = 1\n"}) as space:
        uses = uses_of(space["f"])
    assert set(uses.widened) == {
        "mod is used as a whole: all of it counts",
        "the step calls eval(): its whole module counts",
    }


def test_literals_of_all_used_code_are_gathered(tmp_path: Path) -> None:
    text = "def helper():\n    return open('data.csv')\ndef f():\n    return helper(), 'x.txt'\n"
    with program(tmp_path, text) as space:
        assert {"data.csv", "x.txt"} <= set(uses_of(space["f"]).literals)


def test_installed_packages_are_noted_with_their_versions(tmp_path: Path) -> None:
    import numpy

    with program(tmp_path, "import numpy as np\ndef f(x):\n    return np.mean(x)\n") as space:
        closure = CodeClosure()
        uses = uses_of(space["f"], closure)
    parts = closure.environment(uses.packages)
    assert [(part.name, part.shown) for part in parts] == [
        ("python", "{}.{}".format(*sys.version_info)),
        ("numpy", numpy.__version__),
    ]


def test_functions_and_classes_met_in_values_are_digested_whole(tmp_path: Path) -> None:
    text = """
def deep(x):
    return x + 1
def a(x, k=1):
    return deep(x)
class A:
    def go(self):
        return deep(1)
"""
    digests = []
    for source in (text, text.replace("x + 1", "x + 2"), text.replace("k=1", "k=2"), text):
        with program(tmp_path, source) as space:
            closure = CodeClosure()
            digester = Digester(closure)
            function, kind = space["a"], space["A"]
            digests.append((closure.function(function, digester), closure.klass(kind, digester)))
    first, deep, default, again = digests
    assert first == again
    assert first[0] != deep[0] and first[1] != deep[1]
    assert first[0] != default[0] and first[1] == default[1]


def test_a_table_of_functions_that_read_the_table_has_a_digest(tmp_path: Path) -> None:
    text = (
        "def a(n):\n    return n and T['a'](n - 1)\nT = {'a': a}\ndef f(x):\n    return T['a'](x)\n"
    )
    assert changed(*keys(tmp_path, text, "n - 1", "n - 2")) == {"T"}
    assert changed(*keys(tmp_path, text, "def f", "def f")) == set()


def test_keys_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    script = tmp_path / "seed.py"
    script.write_text(
        "from pathlib import Path\n"
        "from tests.core.programs import parts_of, program\n"
        "from tests.core.test_closure import NOTICED\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "for title, (text, _, _) in sorted(NOTICED.items()):\n"
        "    with program(folder, text) as space:\n"
        "        print(title, parts_of(space['f'], 3))\n"
    )
    root = Path(__file__).parents[2]
    said = []
    for seed in "12":
        run = subprocess.run(
            [sys.executable, str(script)],
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root), "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        )
        said.append(run.stdout.splitlines())
    assert said[0] == said[1]


WRAPPING = """
import functools
def timed(f):
    @functools.wraps(f)
    def inner(*given):
        return f(*given)
    return inner
def counted(label):
    def around(func):
        def within(*given):
            return func(*given)
        return within
    return around
"""
WRAPPED = {
    "a function": ("@timed\ndef go(x):\n    return x + 1\ndef f(x):\n    return go(x)", "go()"),
    "a function twice": (
        "@timed\n@counted('a')\ndef go(x):\n    return x + 1\ndef f(x):\n    return go(x)",
        "go()",
    ),
    "a method": (
        (
            "class World:\n    @timed\n    def tick(self, x):\n        return x + 1\n"
            "def f(x):\n    return World().tick(x)"
        ),
        "World",
    ),
    "under another name": (
        "def slow(x):\n    return x + 1\nfast = timed(slow)\ndef f(x):\n    return fast(x)",
        "slow()",
    ),
    "a function that calls itself": (
        "@timed\ndef go(x):\n    return go(x - 1) if x > 1 else 0\ndef f(x):\n    return go(x)",
        "go()",
    ),
    "a closure that calls itself": (
        (
            "def made():\n    def go(x):\n        return go(x - 1) if x > 1 else 0\n"
            "    return go\ngo = made()\ndef f(x):\n    return go(x)"
        ),
        "go()",
    ),
}


@pytest.mark.parametrize("what", WRAPPED)
def test_what_a_decorator_wraps_is_told_as_the_user_calls_it(what: str, tmp_path: Path) -> None:
    text, told = WRAPPED[what]
    before, after = keys(tmp_path, WRAPPING + text, "1", "2")
    assert changed(before, after) == {told}


def test_calling_a_function_that_a_context_manager_decorates_changes_nothing(
    tmp_path: Path,
) -> None:
    text = """
    import contextlib, threading
    class Held:
        def __init__(self):
            self.lock, self.local = threading.Lock(), threading.local()
    @contextlib.contextmanager
    def tagged(tag):
        tag.local.n = 1
        yield
    @tagged(Held())
    def g(x):
        return x
    def f(x):
        return g(x)
    """
    closure = CodeClosure()
    with program(tmp_path, text) as space:
        before = parts_of(space["f"], closure=closure)
        space["f"](1)
        assert parts_of(space["f"], closure=closure) == before
        assert parts_of(space["f"]) == before
