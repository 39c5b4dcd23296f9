"""What a function read that remembers its results: a reason of every step that calls it."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

LOAD = "import json\nfrom functools import lru_cache\n"
FUNCTION = f"""{LOAD}@lru_cache
def load(path="p.json"):
    return json.load(open(path))"""

WAYS = {
    "a function": (FUNCTION, "load()"),
    "a function that a plain cell has called": (f"{FUNCTION}\nload()", "load()"),
    "a function of another name": (
        f"{LOAD}def read(path='p.json'):\n    return json.load(open(path))\nload = lru_cache(read)",
        "load()",
    ),
    "a lambda": (f"{LOAD}load = lru_cache(lambda: json.load(open('p.json')))", "load()"),
    "a library's function": (
        (
            f"{LOAD}from pathlib import Path\nread = lru_cache(Path.read_text)\n"
            "load = lambda: json.loads(read(Path('p.json')))\nload()"
        ),
        "load()",
    ),
    "a method": (
        (
            f"{LOAD}class Store:\n    @staticmethod\n    @lru_cache\n    def load(path='p.json'):\n"
            "        return json.load(open(path))\nStore.load()"
        ),
        "Store.load()",
    ),
    "one under another decorator": (
        (
            f"{LOAD}import functools\ndef noted(function):\n    @functools.wraps(function)\n"
            "    def inner(*args):\n        return function(*args)\n    return inner\n"
            "@noted\n@lru_cache\ndef load(path='p.json'):\n    return json.load(open(path))\nload()"
        ),
        "load()",
    ),
    "one around another decorator": (
        (
            f"{LOAD}import functools\ndef noted(function):\n    @functools.wraps(function)\n"
            "    def inner(*args):\n        return function(*args)\n    return inner\n"
            "@lru_cache\n@noted\ndef load(path='p.json'):\n    return json.load(open(path))\nload()"
        ),
        "load()",
    ),
    "one made by a function": (
        (
            f"{LOAD}def made(path):\n    @lru_cache\n    def load():\n"
            "        return json.load(open(path))\n    return load\nload = made('p.json')\nload()"
        ),
        "load()",
    ),
    "one that calls another": (
        f"{FUNCTION}\n@lru_cache\ndef rate():\n    return load()\nload()\nrate()",
        "rate()",
    ),
    "a module's": ("from lib import load", "load()"),
    "a module's that it calls as it is imported": ("from lib2 import load", "load()"),
    "one in a dictionary": (f"{FUNCTION}\nways = {{'json': load}}\ndel load", "ways['json']()"),
    "a method of an object": (
        (
            f"{LOAD}class Store:\n    @lru_cache\n    def load(self, path='p.json'):\n"
            "        return json.load(open(path))\nstore = Store()"
        ),
        "store.load()",
    ),
    "a folder's names": (
        (
            f"{LOAD}import os\n@lru_cache\ndef load():\n"
            "    return {'C': sum(name.startswith('p') for name in os.listdir())}\nload()"
        ),
        "load()",
    ),
}


@pytest.fixture
def project(own: Kernel) -> Kernel:
    """A kernel beside two modules and a file to be read."""
    work = own.folder / "work"
    (work / "lib.py").write_text(FUNCTION)
    (work / "lib2.py").write_text(f"{FUNCTION}\nload()")
    (work / "p.json").write_text('{"C": 1}')
    return own


def again(kernel: Kernel, *cells: str) -> list[str]:
    """What becomes of the steps when nothing is remembered, as after a restart."""
    kernel.fresh()
    kernel.quietly("import sys\nfor name in ('lib', 'lib2'): sys.modules.pop(name, None)\ndel sys")
    return [cell.status for cell in kernel.play(*cells) if cell.status]


@pytest.mark.parametrize("way", WAYS)
def test_what_it_read_is_a_reason_of_every_step_that_calls_it(project: Kernel, way: str) -> None:
    before, call = WAYS[way]
    cells = (before, f"%%step a\na = {call}['C']", f"%%step b\nb = {call}['C'] * 10")
    assert again(project, *cells) == ["completed", "completed"]
    assert again(project, *cells) == ["cached", "cached"]
    (project.folder / "work" / "p.json").write_text('{"C": 2}')
    (project.folder / "work" / "p2.json").write_text("{}")
    assert again(project, *cells) == ["completed", "completed"]
    assert project.value("(a, b)") == (2, 20)


def test_what_is_remembered_of_a_file_that_has_changed_is_not_kept(project: Kernel) -> None:
    step = "%%step b\nb = load()['C'] * 10"
    again(project, FUNCTION, "load()")
    (project.folder / "work" / "p.json").write_text('{"C": 2}')
    ran = project.run(step)
    assert "p.json changed after load() had read it: restart the kernel" in ran.said
    assert project.value("b") == 10
    project.run("load.cache_clear()")
    assert project.run(step).status == "completed" and project.value("b") == 20
    assert again(project, FUNCTION, "load()", step) == ["cached"]


def test_a_variable_that_it_looked_at_is_a_reason(project: Kernel) -> None:
    before = (
        "import os\nfrom functools import cache\n@cache\ndef rate():\n"
        "    return int(os.environ.get('RATE_OF_TEST', '1'))\nrate()"
    )
    step = "%%step b\nb = rate() * 10"
    assert again(project, before, step) == ["completed"]
    assert again(project, before, step) == ["cached"]
    project.quietly("import os; os.environ['RATE_OF_TEST'] = '3'; del os")
    assert again(project, before, step) == ["completed"]
    assert project.value("b") == 30


def test_a_function_that_reads_nothing_gives_no_reason(project: Kernel) -> None:
    before = "from functools import cache\n@cache\ndef double(x):\n    return 2 * x\ndouble(1)"
    step = "%%step b\nb = double(1), open('p.json').closed"
    assert again(project, before, step) == ["completed"]
    (project.folder / "work" / "p2.json").write_text("{}")
    assert again(project, before, step) == ["cached"]


STATIC = "import os, json\nfrom functools import cache, lru_cache\nfrom pathlib import Path\n"
READING = f"{STATIC}@cache\ndef load(path='p.json'): return json.load(open(path))['C']\n"
TOLD = {
    "whether a file is there": f"{STATIC}@cache\ndef get(): return Path('flag').is_file()",
    "a variable by its argument": (
        f"{STATIC}@cache\ndef of(n): return os.environ.get(n, '1')\n"
        "def get(): return of('RATE_OF_T')"
    ),
    "a variable in a helper": (
        f"{STATIC}def of(): return os.environ.get('RATE_OF_T', '1')\n@cache\ndef get(): return of()"
    ),
    "a pattern": f"{STATIC}@cache\ndef get(): return sorted(map(str, Path('dd').glob('*')))",
    "what is updated": (
        f"{READING}@cache\ndef get():\n    with open('p.json', 'r+') as f:\n        return f.read()"
    ),
    "one cleared after it was called": (
        f"{READING}def get():\n    x = load()\n    load.cache_clear()\n    return x"
    ),
    "one cleared and called again": (
        f"{READING}Path('q.json').write_text('{{\"C\": 5}}')\ndef get():\n    x = load()\n"
        "    load.cache_clear()\n    return x, load('q.json')"
    ),
    "one with arguments": f"{READING}import functools\nget = functools.partial(load, 'p.json')",
}


@pytest.mark.parametrize("what", TOLD)
@pytest.mark.parametrize("first", ["", "\nget()"], ids=["a step calls it first", "a cell does"])
def test_whatever_it_asked_is_a_reason_of_the_next_step_too(
    project: Kernel, what: str, first: str
) -> None:
    cells = (TOLD[what] + first, "%%step a\na = get()", "%%step b\nb = get()")
    for number, after in enumerate(("", "", "changed")):
        if after:
            project.quietly("import os; os.environ['RATE_OF_T'] = '7'; del os")
            (project.folder / "work" / "p.json").write_text('{"C": 2}')
            (project.folder / "work" / "flag").write_text("")
            (project.folder / "work" / "dd").mkdir()
            (project.folder / "work" / "dd" / "x").write_text("")
        elif not number:
            project.quietly("import os; os.environ.pop('RATE_OF_T', 0); del os")
        statuses = again(project, *cells)
    assert statuses == ["completed", "completed"]
    plain = project.value("get()")
    assert project.value("a") == project.value("b") == plain


def test_what_other_code_or_data_made_is_not_kept(project: Kernel) -> None:
    before = "from functools import cache\nK = 1\ndef h(): return K\n@cache\ndef f(): return h()"
    step = "%%step b\nb = f()"
    for edit in ("def h(): return 2", "K = 2"):
        project.fresh()
        project.play(before, "f()", edit)
        ran = project.run(step)
        assert "not kept: f() remembers what other code or data made" in ran.said
        assert again(project, before, edit, "f()", step) == ["completed"]
        assert project.value("b") == 2


def test_a_file_that_was_missing_is_a_reason_once_another_cell_has_made_it(project: Kernel) -> None:
    before = (
        f"{STATIC}@cache\ndef get():\n    try: return open('late.txt').read()\n"
        "    except FileNotFoundError: return 'none'\nget()"
    )
    ran = project.play(before, "_ = Path('late.txt').write_text('now')", "%%step b\nb = get()")[-1]
    assert "not kept: late.txt changed after get() had read it" in ran.said


def test_what_nobody_saw_it_read_is_not_kept(project: Kernel) -> None:
    before = (
        f"{STATIC}class Store:\n    def __init__(self): self.load = lru_cache(self.read)\n"
        "    def read(self, n): return json.load(open(n + '.json'))['C']\n"
        "store = Store()\nstore.load('p')"
    )
    ran = project.play(before, "%%step b\nb = store.load('p')")[-1]
    assert ran.status == "completed" and "not kept" in ran.said


def test_a_function_that_a_step_only_names_gives_no_reason(project: Kernel) -> None:
    before = f"{READING}load()"
    step = "%%step b\nb = 1 if True else load()"
    assert again(project, before, step) == ["completed"]
    (project.folder / "work" / "p.json").write_text('{"C": 2}')
    assert again(project, before, step) == ["cached"]


ASKED = """
import functools
@functools.lru_cache
def f(x): return [x]
info = f.cache_info
many = {"info": f.cache_info}
def ask(): return f.cache_info()
class C:
    @functools.cache
    def m(self): return 1
    def told(self): return type(self).m.cache_info()
    def cache_info(self): return 5
c = C()
class Own:
    def cache_info(self): return 5
own = Own()
"""
ASKS = {
    "by its name": "f.cache_info()",
    "in a helper": "ask()",
    "by a name of the method's": "info()",
    "by a computed name": "getattr(f, 'cache_info')()",
    "out of an input": "many['info']()",
    "of a method": "c.told()",
}


@pytest.mark.parametrize("way", ASKS)
def test_a_step_that_asks_how_often_it_was_called_is_not_kept(kernel: Kernel, way: str) -> None:
    cells = (ASKED, "%%step a\na = f(1)", f"%%step b\nb = {ASKS[way]}")
    for status in ("completed", "cached"):
        kernel.fresh()
        first, asks = kernel.play(*cells)[1:]
        assert first.status == status and asks.status == "completed"
        said = "cache_info() tells of calls that hits do not make"
        assert said in asks.said or "input many['info'] tells what a function rem" in asks.said


def test_a_step_that_imports_a_module_which_asks_is_not_kept(own: Kernel) -> None:
    (own.folder / "work" / "asking.py").write_text(
        "import functools\n@functools.cache\ndef f(): return 1\n"
        "def report(): return f.cache_info().hits"
    )
    step = "%%step s\nimport asking\na = asking.report()"
    for calls in (0, 3):
        own.restart()
        asked = own.play(f"import asking\nfor _ in range({calls}): asking.f()", step)[-1]
        assert "cache_info() tells of calls" in asked.said, asked.said
        assert own.value("a") == max(calls - 1, 0)


def test_a_step_that_asks_one_of_its_own_or_something_else_is_kept(kernel: Kernel) -> None:
    fib = "@functools.cache\ndef fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)"
    cells = (
        ASKED,
        f"%%step a\n{fib}\na = fib(9), fib.cache_info()",
        "%%step b\nb = own.cache_info()",
    )
    for status in ("completed", "cached"):
        kernel.fresh()
        assert [cell.status for cell in kernel.play(*cells)[1:]] == [status, status]


def test_a_step_that_makes_a_function_forget_does_so_each_time(kernel: Kernel) -> None:
    clears, after = "%%step s\nf.cache_clear()\na = 1", "f(1)"
    for status in ("completed", "cached"):
        kernel.fresh()
        assert kernel.play(ASKED, clears)[-1].status == status
    for _ in range(2):
        kernel.fresh()
        *_, step, told = kernel.play(ASKED, "f(1).append(2)", clears, after)
        assert step.status == "completed" and told.result == "[1]"
        assert "not kept: cache_clear() makes f() forget, which no hit repeats" in step.said
    kernel.fresh()
    assert kernel.play(ASKED, clears)[-1].status == "cached"
