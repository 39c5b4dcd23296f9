"""Inputs that hold parts to which no way leads, and rows and elements of xml.etree, whose are told.

Each case is run plainly, then kept, then asked for again in a fresh kernel: all three leave the
same."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

SLICED = "import itertools\nsource = iter(range(10))\nothers = "
NUMPY = "import numpy as np"
TABLE = "rows = np.zeros(3, dtype=[('x', 'i4'), ('v', 'f8', 2)])\n"
ROWS = f"{NUMPY}\n{TABLE}"
OBJECTS = (
    f"{NUMPY}\nrows = np.zeros(2, dtype=[('o', object), ('p', [('q', object)])])\n"
    "part, rest = [1], [2]\nrows['o'][0], rows['p']['q'][1] = part, rest"
)
SEEN = "row.__setitem__('x', 8), rows['x'].tolist()"
V_SEEN = "v.__setitem__(0, 9)"
RANDOM = "import numpy as np\nrng = np.random.default_rng(3)\nbits = rng.bit_generator\n"
POINTED = (
    "import ctypes\nclass Point(ctypes.Structure):\n    _fields_ = [('x', ctypes.c_int)]\n"
    "point = Point(1)\npointer = ctypes.pointer(point)"
)
TREE = "import xml.etree.ElementTree as ET\ntree = ET.fromstring('<a k=\"1\"><b/><c/></a>')\n"

RUNS = {
    "islice": (f"{SLICED}itertools.islice(source, 5)", "x = list(others)", "next(source)"),
    "chain": (f"{SLICED}itertools.chain(source, [9])", "x = next(others)", "next(source)"),
    "cycle": (f"{SLICED}itertools.cycle(source)", "x = next(others)", "next(source)"),
    "zip_longest": (f"{SLICED}itertools.zip_longest(source)", "x = next(others)", "next(source)"),
    "takewhile": (f"{SLICED}itertools.takewhile(bool, source)", "x = [*others]", "next(source)"),
    "accumulate": (f"{SLICED}itertools.accumulate(source)", "x = next(others)", "next(source)"),
    "groupby": (f"{SLICED}itertools.groupby(source)", "x = next(others)[0]", "next(source)"),
    "starmap": (
        f"{SLICED}itertools.starmap(pow, zip(source, source))",
        "x = next(others)",
        "next(source)",
    ),
    "what it is made of": (
        f"{SLICED}itertools.islice(source, 5)",
        "x = next(source)",
        "list(others)",
    ),
    "both": (
        f"{SLICED}itertools.islice(source, 5)",
        "x = next(others), next(source)",
        "[next(source), list(others)]",
    ),
    "an output": (
        "import itertools\nsource = iter(range(10))",
        "others = itertools.islice(source, 5)",
        "[list(others), next(source)]",
    ),
    "in an object": (
        f"{SLICED}type('Held', (), {{}})()\nothers.it = itertools.islice(source, 5)",
        "x = next(others.it)",
        "[next(source), next(others.it)]",
    ),
    "a pointer": (POINTED, "point.x = 5", "pointer.contents.x"),
    "the bits of a generator": (RANDOM, "x = np.random.Generator(bits).random()", "rng.random()"),
    "a generator as an output": (
        RANDOM,
        "other = np.random.Generator(rng.bit_generator)",
        "[other.random(), rng.random()]",
    ),
    "a generator that others are made from": (
        RANDOM,
        "x = [each.random() for each in rng.spawn(2)]",
        "bits.seed_seq.n_children_spawned",
    ),
    "an element that another takes": (
        f"{TREE}b, c = tree",
        "tree.remove(b)\nc.append(b)",
        "[len(tree), tree[0] is c, c[0] is b]",
    ),
}
HITS = {
    "a child of an element": (
        f"{TREE}b = tree[0]",
        "tree.append(ET.Element('d'))\ntree[0].text = 'x'",
        "[ET.tostring(tree).decode(), tree[0] is b, b.text]",
    ),
    "a new child": (
        f"{TREE}b = tree[0]",
        "new = ET.SubElement(b, 'd')\nnew.text = 'x'",
        "[setattr(new, 'tail', 'y'), ET.tostring(tree).decode(), b[0] is new]",
    ),
    "an element as an output": (
        TREE,
        "b = tree[0]\nall_of_it = list(tree)",
        "[b.set('q', '1'), ET.tostring(tree).decode(), all_of_it[0] is b]",
    ),
    "attributes of an element": (
        f"{TREE}own = tree.attrib",
        "tree.set('z', '2')",
        "[own, tree.attrib is own, ET.tostring(tree).decode()]",
    ),
    "a document": (
        f"{TREE}whole = ET.ElementTree(tree)",
        "tree.text = 'x'\nx = ET.SubElement(tree, 'd').tag",
        "[ET.tostring(whole.getroot()).decode(), whole.getroot() is tree]",
    ),
    "a generator whose bits others hold": (
        f"{RANDOM}second = np.random.Generator(bits)",
        "x = rng.random()",
        "[second.random(), bits is rng.bit_generator]",
    ),
    "nobody else holds what it is made of": (
        "import itertools\nothers = itertools.islice(iter(range(10)), 5)",
        "x = next(others)",
        "list(others)",
    ),
    "rows that it only reads": (ROWS, "x = sum(int(row['x']) for row in rows)", "x"),
    "a row": (f"{ROWS}row = rows[0]", "row['x'] = 9", "rows['x'].tolist()"),
    "a row of what it changes": (f"{ROWS}row = rows[0]", "rows['x'] = 9", "int(row['x'])"),
    "a row and its table": (
        f"{ROWS}row = rows[1]",
        "row['x'] = 9\nx = int(rows['x'].sum())",
        f"[x, rows['x'].tolist(), {SEEN}]",
    ),
    "the row that a loop leaves": (ROWS, "for row in rows: row['x'] = 3", f"[{SEEN}]"),
    "the best row": (
        ROWS,
        "best = rows[0]\nfor row in rows:\n    if row['x'] >= best['x']: best = row",
        f"[{SEEN}, int(best['x'])]",
    ),
    "a row of its own table": (NUMPY, f"{TABLE}for row in rows: pass", f"[{SEEN}]"),
    "a row of records": (
        NUMPY,
        f"{TABLE}rows = rows.view(np.recarray)\nfor row in rows: row.x = 3",
        f"[{SEEN}, type(rows).__name__, type(row).__name__]",
    ),
    "a part of a row": (f"{ROWS}row = rows[1]", "v = row['v']", f"[{V_SEEN}, rows['v'].tolist()]"),
    "a row that is left of its table": (
        NUMPY,
        f"{TABLE}row = rows[1]\nother = rows[1]\ndel rows",
        "[row['v'].__setitem__(0, 9), row['v'].tolist(), other['v'].tolist()]",
    ),
    "a copy of a row": (
        f"{ROWS}row = rows[0].copy()\nheld = [row]",
        "row['x'] = 9",
        "[int(held[0]['x']), held[0] is row, rows['x'].tolist()]",
    ),
    "a list of rows": (ROWS, "held = [*rows, rows[0]]\nrow = held[1]", f"[{SEEN}, len(held)]"),
    "an object in a column": (
        OBJECTS,
        "rows['o'][0].append(4)\nother = rows['p']['q'][1]",
        "[part, rows['o'][0] is part, other is rows['p']['q'][1], other is rest]",
    ),
    "an object that goes into a column": (
        OBJECTS,
        "rows['o'][1] = rest",
        "[rows['o'][1] is rest, rows['o'][0] is part]",
    ),
    "one row twice": (
        f"{ROWS}row = rows[0]",
        "held = [row, row]",
        "[held[1].__setitem__('x', 9), rows['x'].tolist(), int(held[0]['x'])]",
    ),
    "rows in an input that it changes": (
        f"{ROWS}held = {{'a': rows[0], 'b': rows[1]}}\nrow = held['b']",
        "held['a']['x'] = 4",
        f"[rows['x'].tolist(), {SEEN}]",
    ),
    "a row put into an input": (
        f"{ROWS}held = {{}}",
        "held['row'] = rows[1]",
        "[held['row'].__setitem__('x', 9), rows['x'].tolist()]",
    ),
    "what a library has made in C": (
        (
            "from sklearn.ensemble import RandomForestClassifier as Forest\n"
            "from sklearn.neighbors import KNeighborsClassifier as Nearest\nimport numpy as np\n"
            "X, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2\n"
            "models = [Forest(n_estimators=2, random_state=0), Nearest()]\nfirst, last = models"
        ),
        "for model in models: model.fit(X, y)",
        "[first is models[0], int(first.predict(X).sum()), int(last.predict(X).sum())]",
    ),
}


@pytest.mark.parametrize("case", [*RUNS, *HITS])
def test_a_hit_leaves_what_a_run_leaves_where_others_hold_a_part(case: str, kernel: Kernel) -> None:
    made, step, asked = (RUNS | HITS)[case]
    kernel.play(made, step)
    told = [kernel.ask(asked)]
    for _ in range(2):
        kernel.fresh()
        status = kernel.play(made, f"%%step s\n{step}")[-1].status
        told.append(kernel.ask(asked))
    assert told[1:] == told[:1] * 2
    assert status == ("cached" if case in HITS else "completed")


def test_inputs_that_share_an_unseen_part_by_now_are_no_hit(kernel: Kernel) -> None:
    step = "%%step s\nx = next(head), next(source)"
    for given, rest in (("iter(range(10))", [1, 1]), ("source", [2, 3])):
        kernel.fresh()
        kernel.play(
            "import itertools\nsource = iter(range(10))",
            f"head = itertools.islice({given}, 5)",
            step,
        )
        assert kernel.value("[next(head), next(source)]") == rest


def test_a_row_that_looks_into_another_table_by_now_is_no_wrong_hit(kernel: Kernel) -> None:
    step = "%%step s\nrow['x'] = 9\nx = int(rows['x'].sum())"
    for row, left in (("rows[1]", 9), ("rows[1].copy()", 0), ("rows[1]", 9)):
        kernel.fresh()
        kernel.play(f"{ROWS}row = {row}", step)
        assert kernel.value("[x, rows['x'].tolist(), int(row['x'])]") == [left, [0, left, 0], 9]


def test_what_is_said_of_a_shared_part_names_both(kernel: Kernel) -> None:
    kernel.run(RUNS["both"][0])
    said = kernel.run(f"%%step s\n{RUNS['both'][1]}").said
    assert "not kept: others and source hold the same object where it cannot be put back" in said
