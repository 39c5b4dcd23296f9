"""A function with a cell's body finds the cell's record, and the other way round."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

CELL = """%%step load
import math
Y = math.floor(2.5)
X = [n * scale for n in range(3)]
X"""
FUNCTION = """from zenbook import step
import math

@step
def load(scale):
    "The same."
    Y = math.floor(2.5)
    X = [n * scale for n in range(3)]  # as in the cell
    return Y, X
"""


def test_a_cell_finds_what_the_function_with_its_body_kept(kernel: Kernel) -> None:
    kernel.run(FUNCTION)
    assert kernel.run("load(3)").result == "(2, [0, 3, 6])"
    kernel.fresh()
    kernel.run("scale = 3")
    cell = kernel.run(CELL)
    assert cell.status == "cached", cell.said
    assert cell.result == "[0, 3, 6]" and kernel.value("X") == [0, 3, 6]


def test_a_function_finds_what_the_cell_with_its_body_kept(kernel: Kernel) -> None:
    kernel.run("scale = 2")
    assert kernel.run(CELL).status == "completed"
    kernel.fresh()
    must_hit = FUNCTION.replace("@step", "@step(must_hit=True)")
    kernel.run(must_hit)
    assert kernel.run("load(2)").result == "(2, [0, 2, 4])"
    assert kernel.run("load(5)").error == "MustHit"


@pytest.mark.parametrize(
    ("imports", "body"),
    [
        ("import time", "time.sleep(0.001)\n{0}x = time.time() > 0"),
        ("import time", "x = time.strftime('%Y', time.gmtime(0))"),
        ("import datetime", "x = datetime.date(2020, 1, 1).isoformat()"),
    ],
)
def test_an_import_in_the_cell_counts_as_one_above_the_function(
    imports: str, body: str, kernel: Kernel
) -> None:
    assert kernel.run(f"%%step a\n{imports}\n{body.format('')}").status == "completed"
    kernel.fresh()
    text = f"    {body.format('    ')}\n    return x"
    kernel.run(f"from zenbook import step\n{imports}\n@step(must_hit=True)\ndef a():\n{text}")
    cell = kernel.run("a()")
    assert cell.reply["status"] == "ok", cell.reply["evalue"]


def test_only_a_use_of_the_time_zone_makes_it_count(kernel: Kernel) -> None:
    other = "import os, time\nos.environ['TZ'] = 'Asia/Tokyo'\ntime.tzset()"
    back = "import os, time\ndel os.environ['TZ']\ntime.tzset()"
    clock = "%%step a\nimport time\ntime.sleep(0.001)\nx = 1"
    zone = "%%step b\nimport time\ntime.sleep(0)\nf = getattr(time, 'localtime')\ny = f(0).tm_hour"
    kernel.play(clock, zone)
    kernel.run(other)
    again = [kernel.run(clock), kernel.run(zone)]
    kernel.run(back)
    assert [cell.status for cell in again] == ["cached", "completed"], [c.said for c in again]


SEEDED_CELL = "%%step draw --seed {}\nx = random.random(), float(np.random.rand())"
SEEDED_FUNCTION = """from zenbook import step

@step(seed={}, must_hit={})
def draw():
    x = random.random(), float(np.random.rand())
    return x
"""


def test_a_cell_and_a_function_with_one_seed_share_their_record(kernel: Kernel) -> None:
    imports = "import random\nimport numpy as np"
    kernel.run(imports)
    assert kernel.run(SEEDED_CELL.format(3)).status == "completed"
    kernel.fresh()
    kernel.run(imports)
    kernel.run(SEEDED_FUNCTION.format(3, True))
    expected = kernel.value("random.Random(3).random(), float(np.random.RandomState(3).rand())")
    assert kernel.value("tuple(draw())") == expected
    assert kernel.run("draw.with_options(seed=4)()").error == "MustHit"
    kernel.run("other = draw.with_options(seed=4, must_hit=False)()")
    cell = kernel.run(SEEDED_CELL.format(4))
    assert cell.status == "cached", cell.said
    assert kernel.value("x == other") is True


def test_a_change_of_the_seed_is_told_as_such(kernel: Kernel) -> None:
    kernel.run("import random\nimport numpy as np")
    kernel.run(SEEDED_CELL.format(3))
    assert "seed 3→4" in kernel.run(SEEDED_CELL.format(4)).said


HELPED = """from zenbook import step

@step(must_hit={})
def grow(data):
    def push(n):
        data.append(n * 2)
        return data

    size = len(push(3)) + len(data)
    return size, data
"""
HELPED_CELLS = {
    "a helper of an earlier cell": (
        "def push(n):\n    data.append(n * 2)\n    return data",
        "%%step grow\nsize = len(push(3)) + len(data)",
    ),
    "a helper of its own": (
        "push = None",
        (
            "%%step grow\ndef push(n):\n    data.append(n * 2)\n    return data\n\n"
            "size = len(push(3)) + len(data)"
        ),
    ),
}


@pytest.mark.parametrize(("above", "cell"), HELPED_CELLS.values(), ids=HELPED_CELLS)
def test_a_function_with_a_helper_that_reads_an_input_is_the_cell_that_uses_it(
    above: str, cell: str, kernel: Kernel
) -> None:
    kernel.play("data = [1, 2]", above, cell)
    assert kernel.value("(size, data)") == (6, [1, 2, 6])
    kernel.fresh()
    kernel.run(HELPED.format(True))
    assert kernel.value("tuple(grow([1, 2]))") == (6, [1, 2, 6])
    kernel.run(HELPED.format(False))
    kernel.run("grow([1, 2, 3])")
    kernel.fresh()
    assert kernel.play("data = [1, 2, 3]", above, cell)[-1].status == "cached"
    assert kernel.value("(size, data)") == (8, [1, 2, 3, 6])


@pytest.mark.parametrize(("above", "cell"), HELPED_CELLS.values(), ids=HELPED_CELLS)
def test_an_edit_of_a_helper_is_told_as_such(above: str, cell: str, kernel: Kernel) -> None:
    kernel.play("data = [1, 2]", above, cell)
    kernel.fresh()
    edited = (text.replace("n * 2", "n * 5") for text in (above, cell))
    again = kernel.play("data = [1, 2]", *edited)[-1]
    assert again.status == "completed" and "push() changed" in again.said
    assert kernel.value("data") == [1, 2, 15]


def test_a_helper_that_the_cell_reaches_only_through_another_function_counts(
    kernel: Kernel,
) -> None:
    other = "def other(n):\n    return helper(n)"
    cell = "%%step s\ndef helper(n):\n    return n * 2\n\nx = other(4)"
    kernel.play(other, cell)
    kernel.fresh()
    assert kernel.play(other, cell.replace("* 2", "* 3"))[-1].status == "completed"
    assert kernel.value("x") == 12


def test_a_function_whose_local_name_hides_a_builtin_does_not_find_the_cells_result(
    kernel: Kernel,
) -> None:
    assert kernel.run("%%step s\nmax = max(1, 2)").status == "completed"
    kernel.fresh()
    kernel.run(
        "from zenbook import step\n@step\ndef s():\n    list = list(range(3))\n    return list"
    )
    assert kernel.run("s()").error == "UnboundLocalError"


def test_what_a_function_put_into_an_argument_is_the_cells_own_object(kernel: Kernel) -> None:
    body = "results['m'] = model\nn = 1"
    lines = body.replace("\n", "\n    ")
    function = f"@step\ndef put(results, model):\n    {lines}\n    return n"
    kernel.play("from zenbook import step", function)
    assert kernel.run("put({}, {'a': [1]})").result == "1"
    kernel.fresh()
    kernel.play("model = {'a': [1]}\nresults = {}", f"%%step put\n{body}", "model['a'].append(2)")
    assert kernel.value("results") == {"m": {"a": [1, 2]}}
    assert kernel.value("results['m'] is model")


HAND_ON = """from zenbook import step

@step
def hand_on(a, b):
    out = [a, len(b)]
    return out
"""


def test_what_a_function_handed_on_of_two_lists_a_cell_hands_on_of_one(kernel: Kernel) -> None:
    kernel.run(HAND_ON)
    assert kernel.run("hand_on([1], [1])").result == "[[1], 1]"
    kernel.fresh()
    kernel.play("a = [1]", "b = a")
    assert kernel.run("%%step hand_on\nout = [a, len(b)]").status == "cached"
    kernel.run("b.append(2)")
    assert kernel.value("out") == [[1, 2], 1]


def test_what_a_cell_handed_on_of_one_list_is_no_result_for_two(kernel: Kernel) -> None:
    kernel.play("a = [1]", "b = a", "%%step hand_on\nout = [a, len(b)]")
    kernel.fresh()
    kernel.play(HAND_ON, "a, b = [1], [1]", "out = hand_on(a, b)", "a.append(2)")
    assert kernel.value("out") == [[1, 2], 1]
    kernel.fresh()
    kernel.play("a = [1]", "b = [1]")
    assert kernel.run("%%step hand_on\nout = [a, len(b)]").status == "cached"


FRAMES = ("import pandas as pd", "df = pd.DataFrame({'a': [2, 4]})", "half = df / 2")
ADD = """from zenbook import step

@step{}
def add(df, half):
    df['s'] = half['a'] + 1
    return df
"""
ADD_CELL = "%%step add\ndf['s'] = half['a'] + 1"


def test_an_index_that_only_a_notebooks_frames_share_is_no_reason_for_a_function(
    kernel: Kernel,
) -> None:
    """``df / 2`` has the index of ``df``; a pipeline's steps load their inputs one by one."""
    kernel.play(*FRAMES, ADD_CELL)
    kernel.fresh()
    kernel.play(*FRAMES, "half = half.copy()", ADD.format("(must_hit=True)"))
    assert kernel.run("df = add(df, half)").error == ""
    assert kernel.value("df.s.tolist()") == [2.0, 3.0]


def test_an_index_that_only_a_notebooks_frames_share_is_no_reason_for_a_cell(
    kernel: Kernel,
) -> None:
    kernel.play(*FRAMES, "half = half.copy()", ADD.format(""), "df = add(df, half)")
    kernel.fresh()
    assert kernel.play(*FRAMES, ADD_CELL)[-1].status == "cached"
    kernel.run("df.index.name = 'i'")
    assert kernel.value("(df.s.tolist(), half.index.name)") == ([2.0, 3.0], "i")


LOOK = """from zenbook import step

@step{}
def look(a):
    df = pd.DataFrame({{'v': a, 'w': a * 2}})
    w = df['w'].to_numpy()
    part = a[1:]
    return df, w, part
"""
LOOK_CELL = """%%step look
df = pd.DataFrame({'v': a, 'w': a * 2})
w = df['w'].to_numpy()
part = a[1:]"""
MADE = "import numpy as np, pandas as pd\na = np.arange(3.0)"
PUT = "df.loc[0, 'w'] = 9\na[1] = 8"


@pytest.mark.parametrize("first", ["cell", "function"])
def test_what_looks_into_memory_is_found_by_either_and_looks_into_it_again(
    first: str, kernel: Kernel
) -> None:
    if first == "cell":
        kernel.play(MADE, LOOK_CELL)
        again = (LOOK.format("(must_hit=True)"), "df, w, part = look(a)")
    else:
        kernel.play(MADE, LOOK.format(""), "df, w, part = look(a)")
        again = (LOOK_CELL,)
    kernel.fresh()
    played = kernel.play(MADE, *again, PUT)
    assert not played[-1].error, [cell.error for cell in played]
    assert first == "cell" or played[1].status == "cached"
    assert kernel.value("[w.tolist(), part.tolist()]") == [[9.0, 2.0, 4.0], [8.0, 2.0]]


MADE_BY_SCRIPTS = {
    "a counter on a class": ("class A:\n    n = 0\nA.n += 1\na = A().n", "A.n", "1", "completed"),
    "a default that differs": (
        "import time\ndef f(t=time.time_ns()):\n    return t\na = [*map(f, [1])]",
        "f() > 0",
        "True",
        "completed",
    ),
    "one of two of a name": (
        "def f(v):\n    return 1\ng = f\ndef f(v):\n    return 2\na = [*map(f, [1])], g(1)",
        "f(0)",
        "2",
        "completed",
    ),
    "an attribute given later": (
        "def f(v):\n    return v\nf.note = 'x'\na = [*map(f, [1])]",
        "f.note",
        "'x'",
        "completed",
    ),
    "a plain one": ("def f(v):\n    return v + k\na = [*map(f, [1])]", "f(2)", "5", "cached"),
    "a class of a class": (
        "class A:\n    def m(self):\n        return k\nclass B(A):\n    pass\na = B().m()",
        "B.__qualname__, B().m()",
        "('B', 3)",
        "cached",
    ),
}
"""What a body defines, then what is asked in the notebook, and how the cell ends."""


@pytest.mark.parametrize("case", MADE_BY_SCRIPTS)
def test_what_a_function_defines_is_in_the_notebook_what_a_run_would_leave(
    case: str, kernel: Kernel
) -> None:
    body, asked, expected, status = MADE_BY_SCRIPTS[case]
    inner = body.replace("\n", "\n    ")
    kernel.run(f"from zenbook import step\n@step\ndef s(k):\n    {inner}\n    return a")
    assert kernel.run("s(3)").error == ""
    kernel.fresh()
    kernel.run("k = 3")
    cell = kernel.run(f"%%step s\n{body}")
    assert cell.status == status, cell.said
    assert kernel.run(asked).result == expected


TEXTS = {
    "docstring": ("def f():\n    'one'\ny = f.__doc__", "'one'", "'two'"),
    "annotation": ("def f(x: 'one'):\n    pass\ny = f.__annotations__['x']", "'one'", "'two'"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_texts_of_its_own_functions_count_where_a_cell_asks_for_them(
    case: str, kernel: Kernel
) -> None:
    body, old, new = TEXTS[case]
    kernel.run(f"%%step s\n{body}")
    again = kernel.run(f"%%step s\n{body.replace(old, new)}")
    assert again.status == "completed" and "code changed" in again.said
    assert kernel.run("y").result == new


def test_a_variable_called_output_that_a_cell_did_not_bind_is_none_of_a_functions(
    kernel: Kernel,
) -> None:
    kernel.play("n = 0", "%%step s\nif n:\n    output = 1\nm = n")
    kernel.fresh()
    body = "if n:\n        output = 1\n    m = n\n    return output"
    kernel.run(f"from zenbook import step\n@step\ndef s(n):\n    {body}")
    assert kernel.run("s(0)").error == "UnboundLocalError"
    assert kernel.run("s(1)").result == "1"
