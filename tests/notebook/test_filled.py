"""Globals that the functions of earlier cells fill: a hit of the step that calls them fills them,
as a run does, for all who hold them."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel, without_steps

LOG = "log = []\ndef note(x):\n    log.append(x)\n    return x"
MODELS = (
    "import numpy as np\nfrom sklearn.linear_model import LinearRegression, Ridge\n"
    "models, alone = {'a': LinearRegression(), 'b': Ridge()}, LinearRegression()\n"
    "first, other = models['a'], alone\nX = np.arange(6.0).reshape(3, 2)\ny = X.sum(1)\n"
    "def train(name):\n    alone.fit(X, y)\n    models[name].fit(X, y)\n"
    "    return round(models[name].score(X, y), 3)"
)
CASES = {
    "a list, one step after the other": (
        (LOG, "%%step a\nx = note({'s': 1})", "%%step b\ny = note({'s': 2})"),
        "log, log[0] is x, log[1] is y",
    ),
    "a list that other names hold": (
        (f"{LOG}\nalso, held = log, {{'l': log}}", "%%step a\nnote(1)"),
        "log, also is log, held['l'] is log",
    ),
    "what the step was given": (
        (f"{LOG}\nmodel, table = {{'w': 1}}, [1]", "%%step a\nnote(model)", "model['w'] = 5"),
        "log, log[0] is model",
    ),
    "what the step was given, in new records": (
        (
            "log, x = [], [0]\ndef note(v):\n    log.append({'v': v, 'all': [v, x]})",
            "%%step a\nnote(x)",
            "x.append(1)",
        ),
        "log, log[0]['v'] is x, log[0]['all'][1] is x",
    ),
    "two lists that hold each other and one record": (
        (
            (
                "log, last, x = [], {'rows': []}, [0]\ndef both(v):\n    log.append([v])\n"
                "    last['rows'].append({'v': v, 'row': log[-1], 'log': log})\n    return log[-1]"
            ),
            "%%step a\ny = both(x)",
            "x.append(1)\ny.append(2)",
        ),
        (
            "len(log), log[0], last['rows'][0]['v'] is x, last['rows'][0]['row'] is log[0], "
            "last['rows'][0]['log'] is log, y is log[0], y[0] is x"
        ),
    ),
    "by a function of the cell itself": (
        (
            "log, x = [], [0]",
            "%%step a\ndef note(v): log.append([v])\nnote(x)",
            "x.append(1)\nnote(2)",
        ),
        "log, log[0][0] is x",
    ),
    "by a method of an object, and by inplace=": (
        (
            (
                "import pandas as pd\ndf = pd.DataFrame({'a': [1, None]})\nclass Tracker:\n"
                "    def __init__(self): self.rows, self.n = [], 0\n"
                "    def log(self, x): self.rows.append(x)\ntracker = Tracker()\nsame = tracker\n"
                "def train(x):\n    tracker.log(x)\n    tracker.n += 1\n    df.dropna(inplace=True)"
            ),
            "%%step a\ntrain(1)\ntrain(2)",
        ),
        "tracker.rows, tracker.n, same is tracker, df.to_dict()",
    ),
    "lists in a dictionary": (
        (
            (
                "history = {'loss': [], 'acc': []}\nlosses = history['loss']\ndef epoch(n):\n"
                "    history['loss'].append(1 / n)\n    history['acc'].append({'n': n})"
            ),
            "%%step a\nfor n in (1, 2): epoch(n)",
        ),
        "history, losses is history['loss']",
    ),
    "a table of what is known": (
        (
            (
                "memo = {}\ndef fib(n):\n    if n not in memo:\n"
                "        memo[n] = n if n < 2 else fib(n - 1) + fib(n - 2)\n    return memo[n]"
            ),
            "%%step a\nr = fib(8)",
            "%%step b\nq = fib(9)",
        ),
        "memo, r, q",
    ),
    "an array and a frame": (
        (
            (
                "import numpy as np, pandas as pd\nA = np.zeros(3)\n"
                "df = pd.DataFrame({'a': [1, 2]})\nview, column = A[1:], df.a\n"
                "def fill(i):\n    A[i] = i\n    df['b'] = i\n    df.loc[0, 'a'] = 9"
            ),
            "%%step a\nfill(1)\nfill(2)",
        ),
        "A.tolist(), view.tolist(), df.to_dict(), column.tolist()",
    ),
    "models": (
        (MODELS, "%%step a\nscores = [train(name) for name in models]"),
        "scores, first is models['a'], first.coef_.round(3), other is alone, other.coef_.round(3)",
    ),
    "an object's attributes": (
        (
            (
                "class State: pass\nstate = State()\nstate.rows, same = [], state\ndef add(n):\n"
                "    state.rows.append(n)\n    state.last = n"
            ),
            "%%step a\nadd(1)",
        ),
        "vars(state), same is state",
    ),
    "by a decorator": (
        (
            (
                "calls = []\ndef logged(function):\n    def inner(*given):\n"
                "        calls.append(function.__name__)\n        return function(*given)\n"
                "    return inner\n@logged\ndef square(x): return x * x"
            ),
            "%%step a\nr = square(3)",
        ),
        "calls, r",
    ),
    "and read by the cell": ((LOG, "%%step a\nnote(1)\nn = len(log)"), "log, n"),
    "and bound by the cell": (
        (f"{LOG}\nold = log", "%%step a\nlog = [0]\nnote(1)"),
        "log, old, old is log",
    ),
    "what is taken out again": (
        ("q = [1, 2, 3]\ndef following(): return q.pop(0)", "%%step a\nr = following()"),
        "q, r",
    ),
    "counters": (
        (
            (
                "from collections import Counter, defaultdict, deque\n"
                "words, rows, last = Counter(), defaultdict(list), deque(maxlen=2)\ndef see(w):\n"
                "    words[w] += 1\n    rows[w].append(1)\n    last.append(w)"
            ),
            "%%step a\nfor w in 'abca': see(w)",
        ),
        "words, rows, last",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_hit_fills_what_a_run_fills(case: str, kernel: Kernel) -> None:
    cells, asked = CASES[case]
    kernel.play(*without_steps(cells))
    plain = kernel.ask(asked)
    for expected in ("completed", "cached"):
        kernel.fresh()
        played = [cell for cell in kernel.play(*cells) if cell.line]
        assert [cell.status for cell in played] == [expected] * len(played), played[-1].said
        assert kernel.ask(asked) == plain


REFUSED = {
    "a part of it is gone for others": (
        "q = {1: [1]}\nk = q[1]\ndef drop(): q.clear()",
        "drop()",
        "q, k",
    ),
    "the step deletes it": (f"{LOG}\nold = log", "note(1)\ndel log", "old, 'log' in globals()"),
    "it is handed on": (
        f"{LOG}\ndef add(table, x): table.append(x)\ndef both(x): add(log, x)",
        "both(1)",
        "log",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_filled_again_runs(case: str, kernel: Kernel) -> None:
    made, body, asked = REFUSED[case]
    kernel.play(made, body)
    plain = kernel.ask(asked)
    for _ in range(2):
        kernel.fresh()
        cell = kernel.play(made, f"%%step s\n{body}")[1]
        assert (cell.status, kernel.ask(asked)) == ("completed", plain), cell.said


def test_what_was_filled_before_is_a_reason_and_the_line_says_how_to_rewind(own: Kernel) -> None:
    own.play(LOG, "%%step a\nx = note(1)")
    again = own.run("%%step a\nx = note(1)")
    assert "log changed" in again.said and "run the cell that makes log to rewind" in again.said
    assert own.value("log") == [1, 1]
    own.run("log = []")
    assert own.run("%%step a\nx = note(1)").status == "cached"
    assert own.value("log") == [1]


PLANS = {
    "a step that fills another thing": (("note(1)", "note(2)", "n = size()"), 0, "note(7)", "?"),
    "a step that fills by now": (("q = 1", "note(2)", "n = size()"), 0, "note(1)", "?"),
    "a step that fills no more": (("note(1)", "n = size()"), 0, "m = 1", "↺"),
    "a step that only looks now": (("note(1)", "n = size()"), 0, "m = size()", "?"),
    "one that fills by itself": (("log.append(1)", "n = size()"), 0, "log.append(7)", "?"),
}


@pytest.mark.parametrize("case", PLANS)
def test_the_plan_waits_for_what_an_edited_step_fills(case: str, own: Kernel) -> None:
    bodies, place, edited, verdict = PLANS[case]
    steps = [f"%%step s{number}\n{body}" for number, body in enumerate(bodies)]
    cells = [f"{LOG}\ndef size(): return len(log)", *steps]
    for _ in range(2):
        own.play(*cells)
    own.run(cells[place + 1].replace(bodies[place], edited))
    told = own.run("%plan").result.splitlines()
    assert told[place].startswith(f"{verdict} s{place}")
    assert all(line.startswith("? s") for line in told[place + 1 : -1]), told


def test_the_plan_knows_what_steps_fill(own: Kernel) -> None:
    cells = (LOG, "%%step a\nx = note(1)", "%%step b\ny = note(2)", "%%step c\nz = len(log)")
    for _ in range(2):
        own.play(*cells)
        assert own.run("%plan").result.count("cached") == 3
        own.fresh()
    own.play(*cells)
    own.run(cells[2].replace("2", "7"))
    planned = own.run("%plan").result.splitlines()
    assert planned[0].startswith("↺ a") and planned[1].startswith("? b"), planned
