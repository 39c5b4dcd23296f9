# ruff: noqa: ISC004  (cells are quoted as they stand in a notebook)
"""What a step leaves in the process beside values is there after a restart, or the step runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.notebook.kernel import Kernel


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Kernel]:
    """A kernel of the test's own: what these steps leave would stay in a shared one."""
    kernel = Kernel(tmp_path)
    yield kernel
    kernel.stop()


LEAVING = {
    "garbage collector": ("import gc", "gc.disable()", "gc.isenabled()"),
    "length of numbers": (
        "import sys",
        "sys.set_int_max_str_digits(20000)",
        "sys.get_int_max_str_digits()",
    ),
    "logger": (
        "import logging\nlog = logging.getLogger('mine')",
        "log.setLevel(10)\nlog.addHandler(logging.StreamHandler())",
        "log.level, len(log.handlers)",
    ),
    "signal handler": (
        "import signal\ndef watch(): signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
        "watch()",
        "int(signal.getsignal(signal.SIGCHLD))",
    ),
    "library's function": (
        "import colorsys\ndef patch(module, name): setattr(module, name, lambda *_: 'patched')",
        "patch(colorsys, 'rgb_to_hsv')",
        "colorsys.rgb_to_hsv(1, 1, 1)",
    ),
    "library's class": (
        "import json\ndef extend(cls): cls.mine = lambda self: 5",
        "extend(json.JSONEncoder)",
        "hasattr(json.JSONEncoder, 'mine')",
    ),
    "abstract class": (
        "from abc import ABC\nclass A(ABC): pass\nclass B: pass",
        "A.register(B)",
        "isinstance(B(), A)",
    ),
    "dispatcher": (
        "import functools\n@functools.singledispatch\ndef f(x): return 'any'",
        "f.register(int, lambda x: 'int')",
        "f(1)",
    ),
    "sockets' patience": (
        "import socket",
        "socket.setdefaulttimeout(3)",
        "socket.getdefaulttimeout()",
    ),
    "how a class is pickled": (
        "import copyreg\nclass Q: pass",
        "copyreg.pickle(Q, lambda q: (Q, ()))",
        "Q in copyreg.dispatch_table",
    ),
    "a hook": (
        "import sys\ndef hook(name, f): setattr(sys, name, f)",
        "hook('unraisablehook', print)",
        "sys.unraisablehook is print",
    ),
    "what the collector calls": (
        "import gc\ndef hear(what, told): pass\ndef listen(): gc.callbacks.append(hear)",
        "listen()",
        "hear in gc.callbacks",
    ),
    "what runs at exit": (
        "import atexit\ndef note(): atexit.register(print)",
        "note()",
        "1",
    ),
    "local module": (
        "import left_module",
        "left_module.__dict__.update(RATE=9)",
        "left_module.RATE",
    ),
    "reloaded module": (
        "import importlib, left_module\nfrom left_module import rated",
        "importlib.reload(left_module)\nz = 1",
        "left_module.rated is rated",
    ),
}


def test_what_a_step_leaves_in_the_process_is_never_missing_after_a_hit(own: Kernel) -> None:
    (own.folder / "work" / "left_module.py").write_text(
        "RATE = 2\ndef rated(v):\n    return v * RATE\n"
    )
    for name, (before, step, left) in LEAVING.items():
        cells = (before, f"%%step s\n{step}\ny = 1", f"%%step t\nz = {left}")
        own.play(*cells)
        expected = own.ask(left)
        own.restart()
        again = own.play(*cells)
        assert own.ask(left) == expected == own.ask("z"), (name, again[1].said)
        assert "not kept" in again[1].said, (name, again[1].said)
        own.restart()


@pytest.mark.parametrize(
    ("patch", "use"),
    [
        ("import json\njson.JSONEncoder.default = lambda self, o: '{}'", "json.dumps(print)"),
        (
            "import pandas as pd\npd.DataFrame.total = lambda self: '{}'\n"
            "frame = pd.DataFrame({{'a': [1]}})",
            "frame.total()",
        ),
        (
            "import pandas as pd\npd.Series.total = property(lambda self: '{}')",
            "pd.Series([1]).head().total",
        ),
    ],
    ids=["a class that is not named", "an input's class", "a property of an intermediate value"],
)
def test_what_a_program_puts_into_a_library_is_code(patch: str, use: str, kernel: Kernel) -> None:
    source = f"%%step s\nv = {use}"
    kernel.play(patch.format("one"), source)
    assert kernel.play(patch.format("one"), source)[-1].status == "cached"
    changed = kernel.play(patch.format("two"), source)[-1]
    assert changed.status == "completed" and "changed" in changed.said, changed.said
    assert "two" in kernel.value("v")
    kernel.fresh()
    assert kernel.play(patch.format("two"), source)[-1].status == "cached"
    kernel.quietly(
        "import importlib, json, pandas as pd\n"
        "json.JSONEncoder.default = importlib.reload(json.encoder).JSONEncoder.default\n"
        "for k in (pd.DataFrame, pd.Series):\n    if 'total' in vars(k): del k.total"
    )


def test_a_context_variable_is_a_reason_and_is_given_again(own: Kernel) -> None:
    given = "import contextvars\nv = contextvars.ContextVar('v')\nv.set({});"
    asking = "def asked(): return v.get()\ndef said(n): v.set(n)"
    cells = (given.format(1), asking, "%%step s\nx = asked()\nsaid(5)", "%%step t\ny = asked()")
    own.play(*cells)
    own.restart()
    own.play(*cells)
    assert own.value("(x, y, v.get())") == (1, 5, 5)
    own.restart()
    own.play(given.format(2), *cells[1:])
    assert own.value("(x, y, v.get())") == (2, 5, 5)
    reading = "%%step r\nz = asked()"
    assert own.play(reading, reading)[-1].status == "cached"


SAYING = "%%step s\nimport logging, warnings\nlogging.getLogger('mine').info('said')\ny = 1"
WARNING = "%%step s\nimport warnings\nwarnings.warn('boo')\ny = 1"


@pytest.mark.parametrize(
    "asked",
    ["logging.debug('details')", "logging.getLogger('mine').isEnabledFor(logging.DEBUG)"],
)
def test_a_step_runs_again_where_a_level_lets_through_what_it_did_not(
    asked: str, own: Kernel
) -> None:
    step = f"%%step s\ny = {asked}"
    setup = "import logging, sys\nlogging.basicConfig(stream=sys.stdout, level={}, force=True)"
    for level in (20, 10):
        for status in ("completed", "cached"):
            own.restart()
            again = own.play(setup.format(level), step)[-1]
            assert again.status == status, again.said
    own.restart()
    assert own.play(setup.format(20), step)[-1].status == "cached"


ASKED = {
    "a logger's level": (
        "logging.getLogger('mine').setLevel({})",
        "logging.getLogger('mine.own').getEffectiveLevel()",
    ),
    "a logger's own level": (
        "logging.getLogger('mine').setLevel({})",
        "logging.getLogger('mine').level",
    ),
    "a logger's handlers": (
        "[logging.root.addHandler(logging.NullHandler()) for _ in range({})]",
        "len(logging.root.handlers)",
    ),
    "whether a logger is heard": (
        "logging.getLogger('mine').propagate = {} == 10",
        "logging.getLogger('mine').propagate",
    ),
    "handlers above": (
        "logging.root.handlers = [logging.NullHandler()][:{} - 10]",
        "logging.getLogger('mine').hasHandlers()",
    ),
    "the recursion limit": ("sys.setrecursionlimit(3000 + {})", "sys.getrecursionlimit()"),
    "how long a number's text may be": (
        "sys.set_int_max_str_digits(700 + {})",
        "sys.get_int_max_str_digits()",
    ),
    "how often threads take turns": (
        "sys.setswitchinterval({} / 1000)",
        "sys.getswitchinterval()",
    ),
    "how often garbage is collected": ("gc.set_threshold({}00)", "gc.get_threshold()[0]"),
    "whether garbage is collected": (
        "[gc.disable, gc.enable][{} // 20]()",
        "gc.isenabled()",
    ),
    "a signal's handler": (
        "signal.signal(signal.SIGUSR1, [signal.SIG_IGN, signal.SIG_DFL][{} // 20])",
        "signal.getsignal(signal.SIGUSR1).name",
    ),
    "a signal's handler of the notebook": (
        "signal.signal(signal.SIGUSR1, lambda *_: {})",
        "signal.getsignal(signal.SIGUSR1)(0, None)",
    ),
    "a folder for what is temporary": ("tempfile.tempdir = '/tmp/t{}'", "tempfile.gettempdir()"),
    "the home folder": ("os.environ['HOME'] = '/tmp/h{}'", "str(pathlib.Path.home())"),
    "how long sockets wait": ("socket.setdefaulttimeout({})", "socket.getdefaulttimeout()"),
    "whether a module is loaded": (
        "{} == 20 and __import__('sndhdr')",
        "'sndhdr' in sys.modules",
    ),
    "a path below it": ("os.environ['HOME'] = '/tmp/h{}'", "os.path.expanduser('~/a')"),
}


CWD = ("os.makedirs('d{0}', exist_ok=True); os.chdir('d{0}')", "os.getcwd()[-3:]")


@pytest.mark.parametrize("case", ASKED)
def test_a_step_runs_again_where_it_would_be_told_something_else(case: str, own: Kernel) -> None:
    sets, asked = ASKED[case]
    cells = [f"%%step s\ny = {asked}", "y"]
    _told_as_it_is_set(own, sets, cells)


BY_NAME = [
    "the recursion limit",
    "how long a number's text may be",
    "how often threads take turns",
    "how often garbage is collected",
    "whether garbage is collected",
    "a signal's handler",
    "a signal's handler of the notebook",
    "a folder for what is temporary",
    "how long sockets wait",
    "the working folder",
]


@pytest.mark.parametrize("case", BY_NAME)
def test_a_step_runs_again_where_a_function_out_of_its_module_would_tell_something_else(
    case: str, own: Kernel
) -> None:
    sets, asked = {**ASKED, "the working folder": CWD}[case]
    module, name = re.match(r"(\w+)\.(\w+)", asked).groups()
    step = f"%%step s\ny = {asked.replace(f'{module}.{name}', 'ask', 1)}"
    _told_as_it_is_set(own, sets, [f"from {module} import {name} as ask", step, "y"])


def _told_as_it_is_set(own: Kernel, sets: str, cells: Sequence[str]) -> None:
    imports = "import gc, logging, os, pathlib, signal, socket, sys, tempfile"
    told = []
    for number in (10, 20):
        for status in ("completed", "cached"):
            own.restart()
            asks, shows = own.play(imports, sets.format(number), *cells)[-2:]
            assert asks.status == status, asks.said
            told.append(shows.result)
    assert told[0] == told[1] != told[2] == told[3]


def test_a_step_that_logs_runs_again_when_another_level_or_handler_would_say_it_otherwise(
    own: Kernel,
) -> None:
    setup = "import logging, sys\nlogging.basicConfig(level='{}', stream=sys.stdout, format='{}')"
    loud, quiet = setup.format("INFO", "%(message)s"), setup.format("WARNING", "%(message)s")
    own.play(loud, SAYING)
    own.restart()
    again = own.play(loud, SAYING)[-1]
    assert again.status == "cached" and again.stream() == "said\n"
    for other, shown in ((quiet, ""), (loud.replace("%(m", "> %(m"), "> said\n")):
        own.restart()
        changed = own.play(other, SAYING)[-1]
        assert (changed.status, changed.stream()) == ("completed", shown)
        assert "logger mine at 20 changed" in changed.said
        assert own.run(SAYING).status == "cached"


def test_a_step_that_warned_runs_again_when_its_warning_is_hidden_or_an_error(own: Kernel) -> None:
    own.play("import warnings", WARNING)
    assert own.play("warnings.filterwarnings('ignore', message='foo')", WARNING)[-1].status == (
        "cached"
    )
    hidden = own.play("warnings.filterwarnings('ignore', message='bo')", WARNING)[-1]
    assert hidden.status == "completed" and hidden.stream("stderr") == ""
    assert "warning boo" in hidden.said
    own.restart()
    assert own.play("import warnings\nwarnings.simplefilter('error')", WARNING)[-1].error == (
        "UserWarning"
    )


HIDING = "import warnings\nwarnings.filterwarnings('ignore', message='bo')"
NOT_HIDING = {
    "nothing hides it": ("", "completed", "", "boo"),
    "it is an error": (
        "import warnings\nwarnings.simplefilter('error')",
        "failed",
        "UserWarning",
        "",
    ),
    "another filter hides it": (
        "import warnings\nwarnings.simplefilter('ignore')",
        "cached",
        "",
        "",
    ),
}


@pytest.mark.parametrize("case", NOT_HIDING)
def test_a_step_whose_warning_was_hidden_runs_again_when_it_would_not_be(
    case: str, own: Kernel
) -> None:
    own.play(HIDING, WARNING)
    own.restart()
    assert own.play(HIDING, WARNING)[-1].status == "cached"
    own.restart()
    filters, status, error, shown = NOT_HIDING[case]
    again = own.play(f"import warnings\n{filters}", WARNING)[-1]
    assert (again.status, again.error or "") == (status, error)
    assert shown in again.stream("stderr") and bool(shown) == bool(again.stream("stderr"))
    assert ("warning boo" in again.said) == (status == "completed")


def test_a_warning_that_a_library_hides_while_a_step_imports_it_is_no_reason(
    own: Kernel,
) -> None:
    library = "import warnings\nwarnings.filterwarnings('ignore', message='bo')"
    (own.folder / "work" / "loud.py").write_text(library)
    source = "%%step s\nimport loud, warnings\nwarnings.warn('boo')\ny = 1"
    own.play(source)
    own.restart()
    assert own.play(source)[-1].status == "cached"


def test_a_warning_that_a_step_shows_by_its_own_filter_is_no_reason_afterwards(
    own: Kernel,
) -> None:
    body = "with warnings.catch_warnings():\n    warnings.simplefilter('always')\n"
    source = f"%%step s\nimport warnings\n{body}    warnings.warn('old', DeprecationWarning)\ny = 1"
    own.play("import warnings\nwarnings.simplefilter('ignore')", source)
    own.restart()
    again = own.play("import warnings\nwarnings.simplefilter('ignore')", source)[-1]
    assert again.status == "cached" and "old" in again.stream("stderr")


SETS_UP = {
    "by itself": ("logging.warning('x')", "cached"),
    "for another logger": ("logging.error('x')\nlogging.getLogger('m').error('y')", "cached"),
    "too late": ("logging.getLogger('m').error('y')\nlogging.error('x')", "completed"),
    "with a level": ("logging.warning('x')\nlogging.root.setLevel(10)", "completed"),
    "with options": ("logging.basicConfig(level=10)", "completed"),
}


@pytest.mark.parametrize("case", SETS_UP)
def test_a_hit_sets_logging_up_as_logging_does_by_itself(case: str, own: Kernel) -> None:
    body, status = SETS_UP[case]
    cells = ("import logging", f"%%step s\n{body}\nn = 1", "logging.warning('z'); logging.root")
    own.play(cells[0], f"{body}\nn = 1", cells[2])
    expected = own.ask("logging.root.handlers, logging.root")
    for went in ("completed", status):
        own.restart()
        _, step, later = own.play(*cells)
        assert step.status == went
        assert later.stream("stderr") == "WARNING:root:z\n"
        assert own.ask("logging.root.handlers, logging.root") == expected
    own.restart()
    other = "import logging\nlogging.basicConfig(format='> %(message)s')"
    assert own.play(other, cells[1])[-1].status == "completed"


def test_what_a_library_would_log_for_itself_is_a_reason(own: Kernel) -> None:
    cells = ("import logging\nimport matplotlib.pyplot as plt", "%%step s\nplt.title('x')")
    assert own.play(*cells)[-1].status == "completed"
    own.fresh()
    assert own.play(*cells)[-1].status == "cached"
    own.restart()
    chatty = own.play(f"{cells[0]}\nlogging.basicConfig(level='DEBUG')", cells[1])[-1]
    assert "logger matplotlib.font_manager at 10 changed" in chatty.said
    assert "DEBUG:matplotlib.font_manager" in chatty.stream("stderr")


ASKING = {
    "os": (
        "import os",
        "os.environ['ZQ_LEVEL'] = str(3)",
        "y = os.path.join('a', 'b'), os.listdir('.') == []",
    ),
    "logging": (
        "import logging",
        "logging.basicConfig(level=20)\nlogging.getLogger('mine').info('set up')",
        "log = logging.getLogger('mine')\nlog.info('said')",
    ),
}


@pytest.mark.parametrize("module", ASKING)
def test_a_step_that_only_asks_does_not_know_what_another_one_sets(
    module: str, own: Kernel
) -> None:
    made, sets, asks = ASKING[module]
    before = [f"%%step b\n{asks}"] if module == "os" else []
    cells = [made, *before, f"%%step s\n{sets}", f"%%step a\n{asks}"]
    own.play(*cells)
    for is_new in (False, True, True):
        if is_new:
            own.restart()
        played = own.play(*cells)[1:]
        went = [cell.status for cell in played if cell.line and cell.line["step"] != "s"]
        assert went == ["cached"] * len(went), [cell.said for cell in played]


def test_a_step_that_has_a_library_set_something_is_never_kept_as_if_it_did_not(
    own: Kernel,
) -> None:
    folder = own.folder / "site-packages"
    folder.mkdir()
    body = "import os\ndef load(): os.environ.setdefault('ZQ_LOADED', '1')"
    (folder / "zq_dot.py").write_text(body)
    made = f"import sys; sys.path.append({str(folder)!r}); import zq_dot"
    cells = (made, "%%step s\nx = 1\nzq_dot.load()")
    for _ in range(2):
        own.play(*cells)
        own.run(cells[1])
        own.restart()
    own.play(*cells)
    assert own.ask("__import__('os').environ.get('ZQ_LOADED')") == "'1'"


JOBS = {
    "threads": "backend='threading', n_jobs=2",
    "processes": "backend='loky', n_jobs=2",
    "one after the other": "n_jobs=1",
}


def test_threads_that_put_all_warning_filters_anew_change_none(own: Kernel) -> None:
    """Which filters are left depends on which of them ends last: any of them are alike."""
    forests = [
        "import warnings, numpy as np\nfrom sklearn.ensemble import RandomForestClassifier\n"
        "X = np.random.default_rng(0).normal(size=(300, 5)); y = X[:, 0] > 0",
        *(
            f"%%step fit{i}\nwarnings.warn('slow {i}')\n"
            f"m{i} = RandomForestClassifier(50, random_state={i}, n_jobs=2).fit(X, y)"
            for i in range(4)
        ),
    ]
    first = own.play(*forests)[1:]
    assert not [cell.said for cell in first if "not kept" in cell.said]
    assert own.value("any('zenbook' in str(each) for each in warnings.filters)") is False
    own.restart()
    assert [cell.status for cell in own.play(*forests)[1:]] == ["cached"] * 4


def test_a_step_hands_its_warning_filters_on_to_workers(own: Kernel) -> None:
    given = "import warnings\nfrom math import sqrt\n"
    given += "from sklearn.utils.parallel import Parallel, delayed"
    for case, how in JOBS.items():
        step = f"%%step s\ny = Parallel({how})(delayed(sqrt)(i) for i in (4, 9))"
        for status in ("completed", "cached"):
            own.fresh()
            assert own.play(given, step)[-1].status == status, case
            assert own.value("y") == [2.0, 3.0]
    assert own.value("any('zenbook' in str(each) for each in warnings.filters)") is False


POLARS = {
    "a draw": ("x = df.sample(3)['a'].to_list()", "draws from polars' random state"),
    "an expression": ("x = df.select(pl.col('a').shuffle()).rows()", "draws from polars'"),
    "a seed of its own": ("x = df.sample(3, seed=1)['a'].to_list()", ""),
    "a shuffle with a seed": ("x = df['a'].shuffle(3).to_list()", ""),
    "a step that seeds": ("pl.set_random_seed(1)\nx = df.sample(3).rows()", "seeds polars'"),
}


def test_a_step_that_draws_from_polars_seeded_state_is_not_kept(own: Kernel) -> None:
    given = "import polars as pl\ndf = pl.DataFrame({{'a': range(100)}})\n{}"
    for case, (body, told) in POLARS.items():
        step = f"%%step s\n{body}"
        seeds = not body.startswith("x")
        own.restart()
        for status in ("completed", "completed" if seeds else "cached"):
            own.fresh()
            assert own.play(given.format(""), step)[-1].status == status, case
        for seed in (1, 2):
            own.fresh()
            drawn = own.play(given.format(f"pl.set_random_seed({seed})"), step)[-1]
            assert told in drawn.said and drawn.status == ("completed" if told else "cached"), case


def test_how_deep_calls_may_go_is_a_reason_where_the_program_says_so(own: Kernel) -> None:
    limit = "import sys; sys.setrecursionlimit({})\ndef deep(n): return n and 1 + deep(n - 1)"
    step = "%%step s\ntry:\n    x = deep(2400)\nexcept RecursionError:\n    x = -1"
    for most, status, value in (
        (4000, "completed", 2400),
        (4000, "cached", 2400),
        (2000, "completed", -1),
    ):
        played = own.play(limit.format(most), step)
        assert (played[-1].status, own.value("x")) == (status, value), played[-1].said
        own.restart()
