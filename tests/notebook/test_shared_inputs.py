"""Inputs that hold the same object: a change of one is one of the other, and only then."""

from __future__ import annotations

import itertools

import pytest

from tests.notebook.kernel import Kernel

MADE = {
    "two names": ("x = data", "x = list(data)"),
    "a part": ("x = [data]", "x = [list(data)]"),
    "two parts of one": ("x = [data, data]", "x = [data, list(data)]"),
    "a global that a helper reads": ("x = hidden = data", "x, hidden = data, list(data)"),
}
STEP = {
    "two names": "x.append(5)\ntotal = sum(data)",
    "a part": "x[0].append(5)\ntotal = sum(data)",
    "two parts of one": "x[0].append(5)\ntotal = sum(map(sum, x))",
    "a global that a helper reads": "x.append(5)\ntotal = sum_of_hidden()",
}
HELPER = "def sum_of_hidden():\n    return sum(hidden)"


@pytest.mark.parametrize("case", MADE)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["shared first", "shared last"])
def test_a_change_of_one_input_is_that_of_another_only_where_they_share_it(
    case: str, order: tuple[int, int], kernel: Kernel
) -> None:
    cells = [
        ("data = [1, 2]", MADE[case][place], HELPER, f"%%step s\n{STEP[case]}") for place in order
    ]
    expected = []
    for one in cells:
        kernel.play(*one[:-1], STEP[case])
        expected.append(kernel.value("(total, data, x)"))
        kernel.fresh()
    assert expected[0] != expected[1]
    for one, right in zip(itertools.chain(cells, cells), expected * 2, strict=True):
        kernel.play(*one)
        assert kernel.value("(total, data, x)") == right
        kernel.fresh()


LEFT_ALONE = {
    "of two": ("a, b = {'x': [1]}, {'y': [1]}", "b['y'] = a['x']", "a['n'] = b['n'] = 5"),
    "of one": ("a = b = {'x': [1], 'y': [1]}", "b['y'] = a['x']", "a['n'] = 5"),
    "that another takes in": (
        "a, b, c = {'x': [1], 'k': [{}]}, {'y': [1], 'k': [{}]}, []\na['k'][0] = b['k'][0]",
        "b['y'] = a['x']",
        "a['k'][0]['in'] = b['y']",
    ),
}


@pytest.mark.parametrize("case", LEFT_ALONE)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["shared last", "shared first"])
def test_a_part_that_a_step_leaves_alone_stays_one_object_or_two(
    case: str, order: tuple[int, int], kernel: Kernel
) -> None:
    apart, tied, body = LEFT_ALONE[case]
    made = [apart, f"{apart}\n{tied}"]
    for place in order * 2:
        kernel.play(made[place], f"%%step s\n{body}")
        assert kernel.value("a['x'] is b['y']") is bool(place)
        kernel.fresh()


def test_a_window_into_another_inputs_memory_is_no_copy(kernel: Kernel) -> None:
    step = "%%step s\nx[0] = 9\ntotal = int(data.sum())"
    for made, total in (("x = data[:2]", 12), ("x = data[:2].copy()", 6), ("x = data[:2]", 12)):
        kernel.play("import numpy as np", "data = np.array([3, 2, 1])", made, step)
        assert kernel.value("total") == total
        kernel.fresh()


LYING = {
    "a slice": ("w = x[:3]", "w = x[2:5]", "w[0] = 1\ntotal = x.sum()", "x.tolist()"),
    "every other": ("w = x[:3]", "w = x[::2]", "w[1] = 1\ntotal = x.sum()", "x.tolist()"),
    "a diagonal": (
        "w = x.reshape(2, 3)[:, 1]",
        "w = np.einsum('ii->i', x[:4].reshape(2, 2))",
        "w[1] = 1\ntotal = x.sum()",
        "x.tolist()",
    ),
    "another shape": (
        "w = x.reshape(2, 3)",
        "w = x.reshape(3, 2).T",
        "w[0] = 1\ntotal = x.sum()",
        "x.tolist()",
    ),
    "a part of a dictionary": (
        "w = {'x': x, 'column': x.reshape(3, 2)[:, 0]}",
        "w = {'x': x, 'column': x.reshape(3, 2)[:, 1]}",
        "w['column'][:] = 1\ntotal = w['x'].tolist()",
        "x.tolist()",
    ),
    "memory behind a frame": (
        "w = pd.DataFrame(x.reshape(2, 3)[:, :1], copy=False)",
        "w = pd.DataFrame(x.reshape(2, 3)[:, 1:2], copy=False)",
        "x[1] = 1\ntotal = w.sum().sum()",
        "float(w.sum().sum())",
    ),
    "a part that is handed on": (
        "w = x[:3]",
        "w = x[2:5]",
        "total = w[:2]\nn = x.sum()",
        "total.tolist() if x.__setitem__(0, 1) is None else 0",
    ),
}


@pytest.mark.parametrize("case", LYING)
def test_it_matters_where_one_input_looks_into_another(case: str, kernel: Kernel) -> None:
    one, other, step, asked = LYING[case]
    begin = "import numpy as np, pandas as pd\nx = np.zeros(6)"
    expected = []
    for made in (one, other):
        kernel.play(begin, made, step)
        expected.append(kernel.value(f"(str(total), {asked})"))
        kernel.fresh()
    assert expected[0] != expected[1]
    for made, right, status in (
        (one, expected[0], "completed"),
        (one, expected[0], "cached"),
        (other, expected[1], "completed"),
        (other, expected[1], "cached"),
    ):
        assert kernel.play(begin, made, f"%%step s\n{step}")[-1].status == status
        assert kernel.value(f"(str(total), {asked})") == right
        kernel.fresh()


FRAME = "import pandas as pd\ndf = pd.DataFrame({'v': [1.0, 2.0], 'w': [3.0, 4.0]})"


@pytest.mark.parametrize(
    "body", ["y = df['w'].to_numpy()[:1]\ntotal = w.sum()", "df.loc[0, 'w'] = 5\ny = w.sum()"]
)
def test_a_column_of_a_frame_is_no_copy_of_it(body: str, kernel: Kernel) -> None:
    told = []
    for copied in ("w", "w.copy()", "w", "w.copy()"):
        made = f"{FRAME}\nw = df['w'].to_numpy()\nw = {copied}\nw.setflags(write=False)"
        later = "df.loc[0, 'w'] = 9"
        kernel.play(made, body, later)
        expected = kernel.ask("y, w, df")
        kernel.fresh()
        told.append(kernel.play(made, f"%%step s\n{body}", later)[1].said)
        assert kernel.ask("y, w, df") == expected, told
        kernel.fresh()
    assert "share other objects" in told[1]


def test_what_inputs_share_is_no_reason_where_nothing_is_changed(kernel: Kernel) -> None:
    for made, status in (("x = data", "completed"), ("x = list(data)", "cached")):
        assert (
            kernel.play("data = [1, 2]", made, "%%step s\ny = sum(x + data)")[-1].status == status
        )
        kernel.fresh()


HANDED_ON = {
    "in a list": ("out = [a, b]", "a.append(2)"),
    "as it is": ("out = b\nn = len(a)", "a.append(2)"),
    "by a helper that reads a global": ("out = [a, hidden_one()]", "b.append(2)"),
}


@pytest.mark.parametrize("case", HANDED_ON)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["shared first", "shared last"])
def test_parts_handed_on_are_one_object_only_where_the_inputs_are(
    case: str, order: tuple[int, int], kernel: Kernel
) -> None:
    body, later = HANDED_ON[case]
    helper = "def hidden_one():\n    return b"
    cells = [("a = [1]", ("b = a", "b = [1]")[place], helper) for place in order]
    expected = []
    for one in cells:
        kernel.play(*one, body, later)
        expected.append(kernel.value("(out, a, b)"))
        kernel.fresh()
    assert expected[0] != expected[1]
    for one, right in zip(itertools.chain(cells, cells), expected * 2, strict=True):
        kernel.play(*one, f"%%step s\n{body}", later)
        assert kernel.value("(out, a, b)") == right
        kernel.fresh()


EXCHANGED = {
    "an equal one": ("d['k'] = list(d['k'])\nd['n'] = 5", "completed"),
    "the same one": ("d['k'] = d.pop('k')\nd['n'] = 5", "cached"),
    "nothing": ("d['n'] = 5", "cached"),
    "what holds the same": ("d['k'] = list(d['k'])\nd['n'] = len(d['k'][0])", "completed"),
}


@pytest.mark.parametrize("case", EXCHANGED)
def test_an_equal_object_in_the_place_of_a_part_is_another(case: str, kernel: Kernel) -> None:
    body, status = EXCHANGED[case]
    made = ("d = {'k': [[1], [2]], 'n': 0}", "whole = d['k']", "part = whole[0]")
    later = "whole.append(3)\npart.append(4)"
    kernel.play(*made, body, later)
    right = kernel.value("(d, whole, part)")
    for expected in ("completed", status):
        kernel.fresh()
        assert kernel.play(*made, f"%%step s\n{body}", later)[-2].status == expected
        assert kernel.value("(d, whole, part)") == right


def test_an_equal_object_in_the_place_of_a_part_that_nobody_else_holds_is_no_reason(
    kernel: Kernel,
) -> None:
    for expected in ("completed", "cached"):
        made = kernel.play("d = {'k': [1], 'n': 0}", "%%step s\nd['k'] = list(d['k'])\nd['n'] = 5")
        assert made[-1].status == expected
        assert kernel.value("d") == {"k": [1], "n": 5}
        kernel.fresh()


def test_an_equal_object_in_the_place_of_another_input_is_another(kernel: Kernel) -> None:
    made = ("a = [1, 2]", "d = {'k': a, 'n': 0}")
    for _ in range(2):
        kernel.play(*made, "%%step s\nd['k'] = list(a)\nd['n'] = 1", "a.append(9)")
        assert kernel.value("(a, d)") == ([1, 2, 9], {"k": [1, 2], "n": 1})
        kernel.fresh()


UNNAMED = {
    "a key known by its identity": "class K: pass\nd = {K(): [1]}\nread = lambda: [*d.values()][0]",
    "a read-only mapping": (
        "import types\nd = types.MappingProxyType({'k': [1]})\nread = lambda: d['k']"
    ),
}


@pytest.mark.parametrize("case", UNNAMED)
def test_a_part_that_no_path_can_name_is_not_handed_on_as_a_copy(case: str, kernel: Kernel) -> None:
    for _ in range(2):
        kernel.play(UNNAMED[case], "%%step s\ny = [*d.values()]", "y[0].append(2)")
        assert kernel.value("read()") == [1, 2]
        kernel.fresh()


def test_a_slot_beside_a_dictionary_keeps_what_the_step_put_there(kernel: Kernel) -> None:
    made = "class P:\n    __slots__ = ('q', '__dict__')\nd = P()\nd.q = 1"
    for _ in range(2):
        kernel.play(made, "%%step s\nd.q = 5")
        assert kernel.value("d.q") == 5
        kernel.fresh()


ROWS = "rows = [{'id': n} for n in range(20_000)]"
WIDE = {
    "an index over an input": (ROWS, "index = {row['id']: row for row in rows}", "cached"),
    "the last row of a loop": (ROWS, "for row in rows: total = row['id']", "cached"),
    "rows of another input": (
        f"{ROWS}\nindex = {{row['id']: row for row in rows}}",
        "for row in rows: row['x'] = 1",
        "completed",
    ),
}


@pytest.mark.parametrize("case", WIDE)
def test_what_wide_containers_share_is_shared_after_a_hit(case: str, kernel: Kernel) -> None:
    made, body, status = WIDE[case]
    later = "rows[-1]['later'] = 1"
    kernel.play(made, body, later)
    asked = "[globals().get(n) for n in ('index', 'row', 'rows', 'total')]"
    right = kernel.value(f"str({asked}).count('later')")
    for expected in ("completed", status):
        kernel.fresh()
        assert kernel.play(made, f"%%step s\n{body}", later)[-2].status == expected
        assert kernel.value(f"str({asked}).count('later')") == right


BOUND_ANEW = {
    "after a change in place": ("a += 1\na = 3", "b[0] is c"),
    "after it was handed on": ("b.append(a)\na = 3", "b[1] is c"),
    "after it was given another name": ("d = [a]\na = 3", "d[0] is c"),
}


@pytest.mark.parametrize("case", BOUND_ANEW)
def test_a_name_bound_to_a_constant_was_an_input_before(case: str, kernel: Kernel) -> None:
    """A hit executes such a definition anew, before anything is put back."""
    body, asked = BOUND_ANEW[case]
    for _ in range(2):
        kernel.play("import numpy as np\na = c = np.arange(2)\nb = [a]", f"%%step s\n{body}")
        assert kernel.value(f"(a, c.tolist(), b[0] is c, {asked})") == (
            3,
            [1, 2] if "+=" in body else [0, 1],
            True,
            True,
        )
        kernel.fresh()


def test_a_library_in_the_notebook_holds_no_part_of_an_input(kernel: Kernel) -> None:
    cells = ("import numpy as np", "data = {'a': [1, 2]}", "%%step s\ndata['a'][0] = 7")
    kernel.play(*cells)
    kernel.fresh()
    assert kernel.play(*cells)[-1].status == "cached"
    assert kernel.value("data") == {"a": [7, 2]}


PART = "class Part:\n    def __repr__(self): return repr(self.a)\n"
EQUAL = {
    "a dictionary": (
        "first = {'a': 1}; whole = [first]",
        "whole[0] = dict(whole[0])",
        "whole[0]['a'] = 5",
    ),
    "an array": (
        "import numpy as np; first = np.zeros(3); whole = {'x': first}",
        "whole['x'] = whole['x'].copy()",
        "whole['x'][0] = 5",
    ),
    "two that are equal": (
        "first = {'a': 1}; whole = [first, {'a': 1}]",
        "whole.reverse()",
        "whole[0]['a'] = 5",
    ),
    "one in two places": (
        "first = {'a': 1}; whole = [first, {'a': 1}]",
        "whole[0] = whole[1] = dict(first)",
        "whole[0]['a'] = 5",
    ),
    "in a set": (
        PART + "first = Part(); first.a = [1]; whole = {first}",
        "other = Part(); other.a = [1]; whole.clear(); whole.add(other); del other",
        "next(iter(whole)).a.append(5)",
    ),
    "in what a helper uses": (
        "first = {'a': 1}; whole = [first]\ndef swap(): whole[0] = dict(whole[0])",
        "swap()",
        "whole[0]['a'] = 5",
    ),
    "in a wide list": (
        "first = {'a': 1}; whole = [first, *({'a': n} for n in range(10_001))]",
        "whole[0] = dict(whole[0])",
        "whole[0]['a'] = 5",
    ),
}


@pytest.mark.parametrize("case", EQUAL)
def test_an_input_that_stays_equal_may_hold_another_object(case: str, kernel: Kernel) -> None:
    made, exchange, after = EQUAL[case]
    asked = "(repr(first), repr(whole)[:40])"
    kernel.play(made, exchange, after)
    expected = kernel.value(asked)
    for _ in range(2):
        kernel.fresh()
        kernel.play(made, f"%%step s\n{exchange}\ndone = True", after)
        assert kernel.value(asked) == expected


def test_an_input_that_stays_equal_is_a_hit_where_nobody_else_holds_its_old_part(
    kernel: Kernel,
) -> None:
    cells = ("whole = [{'a': 1}]", "%%step s\nwhole[0] = dict(whole[0])\ndone = True")
    kernel.play(*cells)
    kernel.fresh()
    assert kernel.play(*cells)[-1].status == "cached"


@pytest.mark.parametrize("base", ["Enum", "Flag"])
def test_a_member_of_an_enumeration_stays_what_it_is(base: str, kernel: Kernel) -> None:
    cells = (
        f"from enum import Enum, Flag\nclass Kind({base}):\n    SHORT = 1\n    LONG = 2",
        "class Doc: pass\ndocs = [Doc()]\ndocs[0].kind = Kind.LONG\nlast = docs[0]",
        "%%step s\ndocs[0].kind = Kind.SHORT",
    )
    for status in ("completed", "cached"):
        kernel.fresh()
        assert kernel.play(*cells)[-1].status == status
        told = kernel.value("(last.kind.name, Kind.LONG.name, Kind.LONG.value, len(Kind))")
        assert told == ("SHORT", "LONG", 2, 2)


GENERATORS = {
    "numpy's": ("numpy.random.default_rng(0)", "random()"),
    "numpy's older one": ("numpy.random.RandomState(0)", "random()"),
    "Python's": ("random.Random(0)", "random()"),
    "one that others are made from": (
        "numpy.random.default_rng(0)",
        "bit_generator._seed_seq.spawn(1)[0].entropy",
    ),
}


@pytest.mark.parametrize("case", GENERATORS)
def test_a_generator_that_an_input_holds_goes_on_for_all_who_hold_it(
    case: str, kernel: Kernel
) -> None:
    made, draw = GENERATORS[case]
    cells = (
        (
            "import numpy.random, random\nclass Trainer:\n    def __init__(self, r): self.r = r\n"
            f"rng = {made}\ntrainer = Trainer(rng)"
        ),
        f"%%step s\nn = trainer.r.{draw}",
    )
    told = []
    for _ in range(2):
        kernel.fresh()
        status = kernel.play(*cells)[-1].status
        told.append(kernel.ask(f"[n, rng.{draw}, trainer.r.{draw}, trainer.r is rng]"))
    assert told[0] == told[1]
    assert status == ("completed" if "spawn" in draw else "cached")
