"""The hard cases of a step cell, one row of the table of decisions after another."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.notebook.kernel import Cell, Kernel, without_steps


def _restarted(kernel: Kernel, *cells: str) -> Cell:
    """The last cell, after a restart and Run All."""
    kernel.fresh()
    return kernel.play(*cells)[-1]


def _wait_for(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.01)


# ------------------------------------------------------------ what is bound, deleted, changed


def test_an_output_that_the_branch_taken_does_not_bind_keeps_its_earlier_value(
    kernel: Kernel,
) -> None:
    source = "%%step s\nif flag:\n    v = 'new'\nw = 1"
    kernel.play("flag = False; v = 'old'", source)
    kernel.run("v = 'later'; del w")
    again = kernel.run(source)
    assert again.status == "cached" and kernel.value("(v, w)") == ("later", 1)
    kernel.run("del v")
    unbound = kernel.run(source)
    assert unbound.status == "cached" and "v" not in kernel.names()


@pytest.mark.parametrize(
    "body",
    [
        "for v in []: pass",
        "def setter():\n    global v\n    v = 3",
        "if flag:\n    v = len('new')",
        "while flag: v = 2",
    ],
    ids=["a loop over nothing", "a function not called", "a branch", "a loop not entered"],
)
def test_a_name_that_the_cell_only_may_bind_is_never_given_an_old_value(
    body: str, kernel: Kernel
) -> None:
    source = f"%%step s\n{body}\nw = len('1')"
    kernel.play("flag = False; v = 'old'", source)
    assert kernel.run(source).status == "cached"
    kernel.run("v = 'later'")
    kernel.run(source)
    assert kernel.value("v") == "later"
    kernel.fresh()
    assert kernel.play("flag = False; v = 'later'", source)[-1].status == "cached"
    assert kernel.value("v") == "later"


def test_a_deletion_is_replayed(kernel: Kernel) -> None:
    cells = ["a = 1; b = 2", "%%step s\nc = a\ndel a"]
    kernel.play(*cells)
    again = _restarted(kernel, *cells)
    assert again.status == "cached" and kernel.names() == {"b": "2", "c": "1"}
    gone = kernel.run(cells[1])
    assert gone.error == "NameError", gone.said


def test_an_input_changed_in_place_is_put_back_under_all_its_names(kernel: Kernel) -> None:
    cells = ["x = [1]; w = x; h = {'k': x}", "%%step a\nx.append(2)"]
    first = kernel.play(*cells)[-1]
    again = _restarted(kernel, *cells)
    assert again.status == "cached"
    assert "changes x in place" in first.said and "changes x in place" in again.said
    assert kernel.value("(x, w is x, h['k'] is x)") == ([1, 2], True, True)


def test_a_step_whose_input_changed_by_itself_runs_again_and_says_how_to_rewind(
    kernel: Kernel,
) -> None:
    cells = ["x = [1]", "%%step a\nx.append(2)"]
    kernel.play(*cells)
    again = kernel.run(cells[1])
    assert again.status == "completed" and kernel.value("x") == [1, 2, 2]
    assert "its last run changed x in place" in again.said and "to rewind" in again.said
    rewound = kernel.play(*cells)[-1]
    assert rewound.status == "cached" and kernel.value("x") == [1, 2]


@pytest.mark.parametrize(
    ("made", "step", "is_so"),
    [
        ("", "x = [1]\ny = x\nz = {'k': x}", "y is x and z['k'] is x"),
        ("x = [1]", "y = x", "y is x"),
        ("x = {'k': [1]}", "y = x['k']", "y is x['k']"),
        ("x = [1]", "y = [x, x]", "y[0] is x and y[1] is x"),
        (
            "import numpy as np",
            "x = np.arange(6.0)\ny = x[::2]\nz = {'k': [x.reshape(2, 3).T]}",
            "bool(all(np.shares_memory(x, v) for v in (y, z['k'][0])) and z['k'][0][2, 1] == 5)",
        ),
    ],
    ids=["among outputs", "to an input", "to a part of an input", "holding an input", "memory"],
)
def test_an_alias_stays_one(made: str, step: str, is_so: str, kernel: Kernel) -> None:
    cells = [made or "pass", f"%%step a\n{step}"]
    kernel.play(*cells)
    assert _restarted(kernel, *cells).status == "cached"
    assert kernel.value(is_so) is True


# ------------------------------------------------------------ code that nobody sees


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("exec('x = y + 1')", "exec()"),
        ("x = eval('y + ' + '1')", "eval()"),
        ("globals()['x'] = y + 1", "globals()"),
        ("%run -i part.py", "%run"),
    ],
)
def test_code_that_may_reach_any_name_is_not_kept_unless_its_inputs_are_said(
    body: str, told: str, kernel: Kernel
) -> None:
    Path(kernel.folder / "work" / "part.py").write_text("x = y + 1\n")
    kernel.run("y = 1")
    bare = kernel.run(f"%%step a\n{body}")
    assert "not kept: " in bare.said and told in bare.said and kernel.value("x") == 2
    kernel.run("del x")
    source = f"%%step b -i y\n{body}"
    assert kernel.run(source).status == "completed"
    kernel.run("del x")
    again = kernel.run(source)
    assert again.status == "cached" and kernel.value("x") == 2, again.said


@pytest.mark.parametrize(
    "body", ["exec('x' + ' = y + 1')", "globals()[str('x')] = y + 1", "%run -i part.py"]
)
def test_a_name_bound_unseen_to_what_it_was_already_is_bound_after_a_restart(
    body: str, kernel: Kernel
) -> None:
    Path(kernel.folder / "work" / "part.py").write_text("x = y + 1\n")
    kernel.run("y = 1; x = 2")
    source = f"%%step b -i y\n{body}"
    assert kernel.run(source).status == "completed"
    assert kernel.run(source).status == "cached"
    kernel.fresh()
    again = kernel.play("y = 1", source)[-1]
    assert kernel.value("x") == 2 and "it may have bound x" in again.said
    assert _restarted(kernel, "y = 1", source).status == "cached" and kernel.value("x") == 2


def test_a_star_import_is_resolved_after_the_run(kernel: Kernel) -> None:
    Path(kernel.folder / "work" / "zb_star.py").write_text(
        "rate = 2\ndef twice(n):\n    return 2 * n\n"
    )
    cells = [
        "import sys; sys.path.insert(0, '')",
        "%%step a\nfrom zb_star import *\nx = twice(rate)",
    ]
    kernel.play(*cells)
    again = _restarted(kernel, *cells)
    kernel.quietly("sys.path.remove('')")
    assert again.status == "cached" and kernel.value("(x, twice(3), rate)") == (4, 6, 2)
    kernel.quietly("import sys; sys.path.insert(0, ''); sys.modules.pop('zb_star')")
    Path(kernel.folder / "work" / "zb_star.py").write_text(
        "rate = 30\ndef twice(n):\n    return 2 * n\n"
    )
    kernel.quietly("import importlib; importlib.invalidate_caches()")
    changed = kernel.run(cells[1])
    kernel.quietly("sys.path.remove(''); sys.modules.pop('zb_star')")
    assert changed.status == "completed" and kernel.value("x") == 60, changed.said


@pytest.mark.parametrize(
    "body",
    ["!echo {word}\nout = !echo $word", "%%bash -s {word}\necho $1", "%%bash\necho fixed"],
    ids=["!cmd", "%%bash with an input", "%%bash"],
)
def test_shell_commands_are_kept_and_their_names_are_inputs(body: str, kernel: Kernel) -> None:
    source = f"%%step a\n{body}"
    first = kernel.play("word = 'hi'", source)[-1]
    assert first.status == "completed" and "the programs it starts are not tracked" in first.said
    again = _restarted(kernel, "word = 'hi'", source)
    assert again.status == "cached" and again.stream() == first.stream() != ""
    other = kernel.play("word = 'ho'", source)[-1]
    expected = "completed" if "word" in body else "cached"
    assert other.status == expected, other.said
    assert other.stream().strip() == ("ho" if "word" in body else "fixed")


@pytest.mark.parametrize(
    "body",
    [
        "%%html\n<b>{word}</b> $word",
        "%%HTML --isolated\n<b>word</b>",
        "%%markdown\n# {word}\n```python\nimport word",
        "%%latex\n$word$",
        "%%javascript\nalert({word})",
        "%%js\nlet word",
        "%%svg\n<svg><text>{word}</text></svg>",
    ],
)
def test_a_text_that_is_shown_as_it_is_is_shown_again(body: str, kernel: Kernel) -> None:
    source = f"%%step a\n{body}"
    first = kernel.play("word = 'hi'", source)[-1]
    assert first.status == "completed" and "not kept" not in first.said, first.said
    again = _restarted(kernel, "word = 'ho'", source)
    assert again.status == "cached" and again.outputs == first.outputs != [], again.said
    assert kernel.run(f"{source}<!-- -->").status == "completed"


def test_a_magic_of_the_notebook_that_has_the_name_of_ipythons_may_do_anything(
    kernel: Kernel,
) -> None:
    source = "%%step a\n%%html\n<b></b>"
    assert [kernel.run(source).status for _ in range(2)] == ["completed", "cached"]
    magics = "get_ipython().magics_manager"
    kernel.quietly(f"{magics}.magics['cell']['html'] = lambda *_: print(word)")
    for word in ("hi", "ho"):
        own = kernel.play(f"word = {word!r}", source)[-1]
        assert "not kept: %%html is not IPython's own" in own.said, own.said
        assert own.stream() == f"{word}\n"
    kernel.quietly(f"{magics}.magics['cell']['html'] = {magics}.registry['DisplayMagics'].html")
    assert kernel.run(source).status == "cached"


COMMANDS = {
    "!rm f.txt": ("!rm f.txt", "os.path.exists('f.txt')"),
    "!rm *.txt": ("!rm *.txt", "os.path.exists('f.txt')"),
    "!echo 1 > new.txt": ("!echo 1 > new.txt", "open('new.txt').read()"),
    "mkdir": ("%%bash\nmkdir -p made; echo q > made/q", "open('made/q').read()"),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_what_a_command_has_made_or_removed_is_so_after_a_hit(case: str, kernel: Kernel) -> None:
    body, look = COMMANDS[case]
    make = (
        "import os, shutil\nshutil.rmtree('made', ignore_errors=True)\nopen('f.txt', 'w').close()"
    )
    cells = [
        f"{make}\nif os.path.exists('new.txt'): os.remove('new.txt')",
        f"%%step s\n{body}",
        look,
    ]
    plain = kernel.play(*without_steps(cells))[-1].result
    for _ in range(3):
        assert kernel.play(*cells)[-1].result == plain
        kernel.fresh()


# ------------------------------------------------------------ the world outside


PROCESS = {
    "%cd": ("%cd -q /tmp", "%cd"),
    "os.chdir": ("import os\nos.chdir('/')", "the working folder"),
    "os.environ": ("import os\nos.environ['ZB_T'] = '1'", "os.environ"),
    "%env": ("%env ZB_T=1", "%env"),
    "rcParams": ("import matplotlib\nmatplotlib.rcParams['lines.linewidth'] = 3.5", "rcParams"),
    "rc by a function": (
        "import matplotlib.pyplot as plt\ndef style(): plt.rc('lines', linewidth=4.5)\nstyle()",
        "rcParams",
    ),
    "pd.set_option": ("import pandas as pd\npd.set_option('display.max_rows', 7)", "options"),
    "pd.options": ("import pandas as pd\npd.options.display.max_rows = 8", "options"),
    "warning filters": ("import warnings\nwarnings.simplefilter('ignore')", "warning filters"),
    "warning filters by a function": (
        "import warnings\ndef hush(): warnings.filterwarnings('ignore', 'zb')\nhush()",
        "warning filters",
    ),
    "logging": ("import logging\nlogging.getLogger().setLevel(7)", "logging"),
}
TAKEN_BACK = """
import os, sys, warnings, logging
os.chdir('{folder}')
os.environ.pop('ZB_T', None)
warnings.resetwarnings()
logging.getLogger().setLevel(30)
if 'pandas' in sys.modules: sys.modules['pandas'].reset_option('display.max_rows')
if 'matplotlib' in sys.modules: sys.modules['matplotlib'].rcdefaults()
"""


@pytest.mark.parametrize("case", PROCESS)
def test_a_changed_process_is_not_kept_and_is_changed_again_after_a_restart(
    case: str, kernel: Kernel
) -> None:
    body, told = PROCESS[case]
    kernel.quietly("import pandas, matplotlib.pyplot")
    first = kernel.run(f"%%step a\n{body}\nx = 1")
    kernel.run(f"%%step a\n{body}\nx = 1")  # sets what is set already
    kernel.run(f"%%step a\n{body}\nx = 2")
    assert first.status == "completed" and "not kept: " in first.said and told in first.said
    for number in (1, 2):
        kernel.quietly(TAKEN_BACK.format(folder=str(kernel.folder / "work")))
        kernel.fresh()
        again = kernel.run(f"%%step a\n{body}\nx = {number}")
        assert again.status == "completed", again.said
    kernel.quietly(TAKEN_BACK.format(folder=str(kernel.folder / "work")))


def test_a_written_file_that_is_gone_or_changed_is_written_again(kernel: Kernel) -> None:
    source = "%%step a\nwith open('out.txt', 'w') as f:\n    f.write('made')\ndel f\nx = 1"
    file = kernel.folder / "work" / "out.txt"
    kernel.run(source)
    assert _restarted(kernel, source).status == "cached"
    file.unlink()
    gone = kernel.run(source)
    assert gone.status == "completed" and file.read_text() == "made"
    assert "out.txt" in gone.said
    file.write_text("else")
    changed = kernel.run(source)
    assert changed.status == "completed" and file.read_text() == "made"
    assert "out.txt" in changed.said
    assert kernel.run(source).status == "cached"


@contextmanager
def _server() -> Iterator[int]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"served")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def test_network_use_is_noticed_and_shown(kernel: Kernel) -> None:
    with _server() as port:
        url = f"http://127.0.0.1:{port}/"
        source = (
            f"%%step a\nimport urllib.request\nwith urllib.request.urlopen('{url}') as r:\n"
            "    x = r.read()\ndel r"
        )
        first = kernel.run(source)
        again = _restarted(kernel, source)
        timed = kernel.run(source.replace("%%step a", "%%step a --no-cache"))
    assert "used the network" in first.said, first.said
    assert again.status == "cached" and "used the network" in again.said, again.said
    assert "--ttl or --no-cache" in again.said, again.said
    assert kernel.value("x") == b"served" and timed.status == "completed"


# ------------------------------------------------------------ random states


@pytest.mark.parametrize(
    ("seed", "draw"),
    [
        ("import random\nrandom.seed(3)", "random.random()"),
        ("import numpy as np\nnp.random.seed(3)", "float(np.random.rand())"),
    ],
    ids=["random", "numpy"],
)
def test_a_seeded_random_state_is_a_reason_and_a_hit_leaves_the_state_after(
    seed: str, draw: str, kernel: Kernel
) -> None:
    cells = [seed, f"%%step a\nx = {draw}", f"y = {draw}"]
    cold = kernel.play(*cells)
    values = kernel.value("(x, y)")
    _restarted(kernel, *cells)
    assert kernel.value("(x, y)") == values
    kernel.run(seed)
    assert kernel.run(cells[1]).status == "cached"
    kernel.run(seed.replace("3", "4"))
    other = kernel.run(cells[1])
    assert other.status == "completed" and kernel.value("x") != values[0]
    assert "unseeded" not in cold[1].said + other.said


def test_an_unseeded_random_state_is_no_reason_and_a_hit_leaves_the_state_after(
    tmp_path: Path,
) -> None:
    source = "%%step a\nimport random\nx = random.random()"
    kernel = Kernel(tmp_path)
    try:
        assert "unseeded random" in kernel.run(source).said
        drawn = kernel.value("(x, __import__('random').random())")
        kernel.restart()
        again = kernel.run(source)
        assert again.status == "cached" and "unseeded random" in again.said
        assert kernel.value("(x, __import__('random').random())") == drawn
    finally:
        kernel.stop()


def test_rng_ignore_and_key_say_that_a_state_never_counts_or_always(tmp_path: Path) -> None:
    never = "%%step a --rng ignore\nimport random\nx = random.random()"
    always = "%%step b --rng key\nimport random\nx = random.random()"
    kernel = Kernel(tmp_path)
    try:
        kernel.play(never, always)
        kernel.restart()
        assert kernel.run("import random\nrandom.seed(4)").error == ""
        assert kernel.run(never).status == "cached"
        kernel.restart()
        assert kernel.run(always).status == "completed", "another state, though nobody seeded it"
    finally:
        kernel.stop()


# ------------------------------------------------------------ what goes on or asks


ALIVE = {
    "a task": ("import asyncio\n_t = asyncio.create_task(asyncio.sleep(0.5))\nx = 1", "task"),
    "a task of a cell that awaits": (
        "import asyncio\nawait asyncio.sleep(0)\n_t = asyncio.ensure_future(asyncio.sleep(0.5))",
        "task",
    ),
    "a thread": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(0.5,)).start()\nx = 1",
        "thread",
    ),
    "a program": (
        "import subprocess\n_p = subprocess.Popen(['sleep', '0.5'])\nx = 1",
        "_p is a live",
    ),
}


@pytest.mark.parametrize("case", ALIVE)
def test_what_is_left_running_is_not_kept(case: str, kernel: Kernel) -> None:
    body, told = ALIVE[case]
    for _ in range(2):
        cell = kernel.run(f"%%step a\n{body}")
        assert cell.status == "completed" and "not kept: " in cell.said, cell.said
        assert told in cell.said or "running" in cell.said, cell.said


@pytest.mark.parametrize(
    "ask", ["input('who? ')", "__import__('getpass').getpass('who? ')"], ids=["input", "getpass"]
)
def test_a_question_is_not_kept(ask: str, kernel: Kernel) -> None:
    for _ in range(2):
        cell = kernel.run(f"%%step a\nwho = {ask}", answer="me")
        assert "not kept: it asked for input" in cell.said and kernel.value("who") == "me"


# ------------------------------------------------------------ kernels, flags, ends


def test_two_kernels_with_one_key_compute_it_once(kernel: Kernel) -> None:
    source = (
        "%%step a\nimport time, tempfile\n_f = tempfile.mkstemp(prefix='ran', dir='.')\n"
        "time.sleep(1.5)\nx = 1"
    )
    other = Kernel(kernel.folder)
    try:
        first = other.send(source)
        _wait_for(lambda: any((kernel.folder / "work").glob("ran*")))
        second = kernel.run(source)
        other.finish(first)
    finally:
        other.stop()
    assert second.status == "cached", second.said
    assert "waits for the result of another kernel" in second.lines[0]
    assert len(list((kernel.folder / "work").glob("ran*"))) == 1


def test_future_flags_are_a_reason(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)
    source = "%%step a\ndef f(n: int): ...\nx = str(f.__annotations__['n'])"
    try:
        kernel.run(source)
        plain = kernel.value("x")
        kernel.run("from __future__ import annotations")
        flagged = kernel.run(source)
        assert flagged.status == "completed" and kernel.value("x") != plain
        assert kernel.run(source).status == "cached" and kernel.value("x") == "int"
    finally:
        kernel.stop()


@pytest.mark.parametrize(
    "end",
    ["1 / 0", "raise SystemExit", "import time; time.sleep(20)"],
    ids=["error", "exit", "Stop"],
)
def test_a_failure_keeps_nothing_and_leaves_the_names_as_plain_jupyter_does(
    end: str, kernel: Kernel
) -> None:
    left = []
    for first in ("# plain", "%%step a"):
        kernel.another()
        message = kernel.send(f"{first}\na = [1]\nb = a\na.append(2)\n{end}\nc = 3")
        if "sleep" in end:
            time.sleep(0.7)
            kernel.interrupt()
        cell = kernel.finish(message)
        left.append((kernel.names(), kernel.value("b is a")))
    assert left[0] == left[1] and "c" not in left[0][0]
    status = "failed" if "0" in end and "sleep" not in end else "interrupted"
    assert cell.status == status and "nothing kept" in cell.said
    assert kernel.value("[r.status for r in __import__('zenbook').runs()]") == [status]
    assert kernel.run("%%step a\na = [1]\nb = a\na.append(2)\nc = 3").status == "completed"


@pytest.mark.parametrize("body", ["x = = 1", "", "# only a comment", "return 1"])
def test_a_syntax_error_or_an_empty_body_is_no_step(body: str, kernel: Kernel) -> None:
    plain = kernel.run(f"# plain\n{body}")
    cell = kernel.run(f"%%step a\n{body}")
    assert cell.line is None and cell.error == plain.error
    assert kernel.value("[r.name for r in __import__('zenbook').runs()]") == []


def test_what_the_compiler_warns_of_is_said_as_often_as_in_a_plain_cell(kernel: Kernel) -> None:
    body = "def five(x):\n    return x is 5\nassert (five(4), 1)"
    plain, cold, warm = (
        re.findall("SyntaxWarning: .*", kernel.run(f"{first}\n{body}").stream("stderr"))
        for first in ("# plain", "%%step a", "%%step a")
    )
    assert plain == cold == warm != []


GIVEN = {
    "a name": ("def f(): pass\nf.__name__ = 'other'", "f.__name__, f.__qualname__"),
    "a docstring": ("def f():\n    'old'\nf.__doc__ = 'new'", "f.__doc__"),
    "one of a method": ("class C:\n    def m(self): 'old'\nC.m.__doc__ = 'new'", "C.m.__doc__"),
    "a name of a class": ("class C: pass\nC.__name__ = 'D'", "C.__name__, C.__qualname__"),
    "where a function is from": ("def f(): pass\nf.__module__ = 'other'", "f.__module__"),
    "where a class is from": ("class C: pass\nC.__module__ = 'other'", "C"),
}


@pytest.mark.parametrize("case", GIVEN)
def test_what_a_definition_is_given_afterwards_is_not_lost(case: str, kernel: Kernel) -> None:
    body, look = GIVEN[case]
    plain = kernel.play(body, look)[-1].result
    for _ in range(2):
        kernel.fresh()
        assert kernel.play(f"%%step s\n{body}", look)[-1].result == plain


def test_a_definition_alone_is_made_again_whatever_its_docstring(kernel: Kernel) -> None:
    body = (
        "%%step s\nimport functools\ndef w(f):\n    @functools.wraps(f)\n    def g(): return f()\n"
        "    return g\n@w\ndef h():\n    '{0}'\n    def inner():\n        '{0}'\n"
        "        return h\n    return inner\nx = 1"
    )
    kernel.run(body.format("says"))
    for said in ("says", "says more"):
        kernel.fresh()
        cell = kernel.run(body.format(said))
        assert cell.status == "cached" and kernel.value("h.__doc__") == said, cell.said


def test_a_transformer_of_the_users_makes_another_program_of_a_step(own: Kernel) -> None:
    step = "%%step s\nv = MAGIC"
    rewrites = (
        "import ast\n"
        "class Rewrites(ast.NodeTransformer):\n"
        "    def visit_Name(self, node):\n"
        "        return ast.copy_location(ast.Constant({}), node) if node.id == 'MAGIC' else node\n"
        "get_ipython().ast_transformers.append(Rewrites())"
    )
    own.play("MAGIC = 1", step)
    for number in (2, 3):
        cell = own.play(rewrites.format(number), step)[-1]
        assert own.ask("v") == str(number)
        assert "runs uncached, as another transformer (Rewrites)" in cell.stream("stderr")
        own.run("get_ipython().ast_transformers.pop()")
    assert own.run(step).status == "cached"
