"""What notebooks that others wrote have shown: each case as a tiny notebook of our own."""

from __future__ import annotations

from pathlib import Path

import pytest

import zenbook
from tests.export.cases import Cell, md, write
from tests.export.test_memory import shown
from zenbook.errors import ExportError
from zenbook.front.export.writing import Target


def exported(cells: list[str | Cell], executed: bool = False, verify: bool = False) -> str:
    """The script of a notebook that holds these cells."""
    return zenbook.export(write(cells, Path("book.ipynb"), executed), verify=verify).text


def test_what_closes_figures_is_imported_though_no_cell_names_it(home: Path) -> None:
    """``frame.plot()`` draws without a word of pyplot."""
    text = exported(
        [
            "import pandas as pd\nimport matplotlib.pyplot as plt",
            md("# Draw"),
            'frame = pd.DataFrame({"x": [1, 2]})\nframe.plot()',
        ]
    )
    assert 'plt.close("all")' in text
    assert "import matplotlib.pyplot as plt\n" in text


def failing(cells: list[str | Cell], failed: dict[int, tuple[str, list[str]]]) -> Path:
    """A notebook that has run; ``failed`` holds a code cell's error and its traceback."""
    import nbformat

    file = write(cells, Path("book.ipynb"))
    book = nbformat.read(file, 4)  # type: ignore[no-untyped-call]
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    for place, (name, lines) in failed.items():
        output = nbformat.v4.new_output("error", ename=name, evalue="", traceback=lines)  # type: ignore[no-untyped-call]
        code[place].outputs = [output]
    nbformat.write(book, file)  # type: ignore[no-untyped-call]
    return file


CHAINED = "File /python/x.py:130, in use(style)\n--> 130     style = read(style)"
RAISED = (
    "Cell \x1b[0;32mIn[2], line 6\x1b[0m\n      1 import json\n"
    "\x1b[0;32m----> 6\x1b[0m     x[\x1b[0;36m5\x1b[0m]\n"
)


def test_what_a_cell_made_before_its_error_is_kept(home: Path, apart: object) -> None:
    """The notebook goes on with it, so a script without it would have an older value, or none."""
    file = failing(
        [
            "x = [1]\nimport math",
            "import json\nx = [2]\n# this cannot be\nfor n in x:\n    y = n\n    x[5]",
            "z = json.dumps(x)\ny = math.sqrt(4)",
        ],
        {1: ("IndexError", ["---", "E Traceback", CHAINED, RAISED])},
    )
    found = zenbook.export(file)
    assert found.verified.endswith("4/4 outputs identical")
    assert "x = [2]" in found.text
    assert "this cannot be" not in found.text
    told = "cell 2: left out from where it ended with an error when the notebook ran"
    assert told in found.notes


def test_what_the_failing_statement_itself_made_is_not_lost_unseen(
    home: Path, apart: object
) -> None:
    """The trial runs the whole cell as the notebook did, so another value is found."""
    file = failing(
        ["x = [1]", "y = len(x)\nfor n in (2, 0):\n    x.append(n)\n    1 / n", "z = sum(x)"],
        {1: ("ZeroDivisionError", ["<ipython-input-2-ab> in <module>\n----> 4     1 / n"])},
    )
    with pytest.raises(ExportError, match=r"another `z` in the script than in the notebook"):
        zenbook.export(file)


def test_a_traceback_of_another_text_leaves_the_whole_cell_out(home: Path) -> None:
    file = failing(
        ["x = 1", "x = 2\nx.y", "z = x + 1"], {1: ("E", ["Cell In[2], line 2\n----> 2 x.edited"])}
    )
    found = zenbook.export(file, verify=False)
    assert "x = 2" not in found.text
    assert "it ended with an error" in str(found.decisions[1].why)


def test_a_cell_that_somebody_stopped_is_not_run_again(home: Path, apart: object) -> None:
    file = failing(
        ["x = [1]", "x = [2]\nwhile True:\n    pass", "z = len(x)"],
        {1: ("KeyboardInterrupt", ["Cell In[2], line 3\n----> 3     pass"])},
    )
    assert "x = [2]" not in zenbook.export(file).text


def test_the_pipeline_returns_no_value_that_the_notebook_bound_anew_later(home: Path) -> None:
    """Under its name, the reader of the script would take it for the last one."""
    text = exported(
        [
            md("# First"),
            "x = [1]\nfit = sum(x)\nlow = fit - 1\nprint(low)",
            md("# Second"),
            "x = [2]\nlow = sum(x)\nfit2 = low * 2\nprint(low, fit2)",
        ]
    )
    assert "    fit = first()\n" in text
    assert "    return fit, fit2\n" in text


def test_deleting_what_another_step_made_frees_nothing_there(home: Path, apart: object) -> None:
    found = zenbook.export(
        write(
            [
                md("# Make"),
                "x = [1, 2]\ny = len(x)\nz = [y]",
                md("# Go"),
                "del x, y\nx = [3]\nx.append(4)\nprint(x)",
                md("# End"),
                "if z:\n    del z\nw = sum(x)",
            ],
            Path("book.ipynb"),
        )
    )
    assert found.steps == ("make", "go", "end")
    assert "del x, y" not in found.text
    assert "        del z\n" in found.text


def test_imports_stand_as_a_sorter_leaves_them_and_without_a_future_that_has_come(
    home: Path,
) -> None:
    text = exported(
        [
            "from __future__ import division, print_function",
            "from math import sin\nfrom math import cos as c, pi\nfrom math import tau as t",
            "x = [sin(pi), c(t)]\nx.sort()",
        ]
    )
    assert "from __future__ import annotations\n\n" in text
    assert (
        "from math import cos as c\nfrom math import pi, sin\nfrom math import tau as t\n" in text
    )


def test_what_runs_nothing_or_only_times_or_installs_is_left_out(home: Path) -> None:
    book = write(
        ["%load solutions/one.py", "timeit sum([1])", "pip install numpy", "x = [1]\nx.sort()"],
        Path("book.ipynb"),
    )
    found = zenbook.export(book, verify=False)
    assert [decision.why for decision in found.decisions] == [
        "%load",
        "%timeit, it binds nothing",
        "installs numpy; listed as requirements, never run",
        "",
    ]


def test_what_a_magic_captures_is_told_by_its_name(home: Path) -> None:
    cells: list[str | Cell] = ["%%capture shown\nprint(1)", "x = [shown.stdout]"]
    with pytest.raises(ExportError) as caught:
        exported(cells)
    assert str(caught.value) == (
        "Cell 2, line 1: it reads `shown`, what %%capture keeps of cell 1. "
        "Keep it in Python, with contextlib.redirect_stdout; a script prints it."
    )


def test_a_module_that_a_cell_writes_is_imported_where_it_is_there(home: Path) -> None:
    text = exported(
        [
            md("# Write"),
            "%%writefile ours.py\ndef twice(x):\n    return 2 * x\n",
            md("# Use"),
            "import ours\n\na = [ours.twice(2)]",
            md("# Use again"),
            "b = a[0] + ours.twice(1)",
        ]
    )
    assert "\nimport ours" not in text
    assert text.count("    import ours\n") == 2


def test_names_that_nobody_reads_are_left_out_where_they_would_be_locals(home: Path) -> None:
    """A linter takes them for mistakes, and an expert would not have written them."""
    text = exported(
        [
            "import matplotlib.pyplot as plt",
            md("# Draw"),
            "fig, ax = plt.subplots()\nax.plot([1])\nfor n in [1]:\n    line = ax.plot([n])",
            "fig = plt.figure()\ntext = plt.title('a')\nsize = text.get_size()\nprint(size)",
            md("# Draw again"),
            "x = [1]\nfig, ax = plt.subplots()\nax.plot(eval('x'))",
            md("# Wait"),
            "import tempfile\nfolder = tempfile.TemporaryDirectory()\ny = [1]\nz = len(y)",
            md("# Do not"),
            "folder = 3\nfolder += len('')\nprint(folder)",
        ]
    )
    assert "    _, ax = plt.subplots()\n" in text
    assert "        ax.plot([n])\n" in text
    assert '    plt.close("all")\n\n    plt.figure()\n    text = plt' in text
    assert "    fig, ax = plt.subplots()\n    ax.plot(eval(" in text
    assert "    folder = tempfile.TemporaryDirectory()\n" in text


@pytest.mark.parametrize("target", ["zenbook", "python"])
def test_a_notebook_that_only_defines_things_becomes_a_module(
    target: Target, home: Path, apart: object
) -> None:
    """There is no step to run, and what it defines can be imported."""
    cells: list[str | Cell] = [
        md("# Helpers"),
        "import math\nimport json",
        "LIMIT = 3\n\n\ndef root(x):\n    return math.sqrt(min(x, LIMIT))",
    ]
    found = zenbook.export(write(cells, Path("book.ipynb")), target=target)
    assert str(found).startswith("book.py: only definitions, no step\nnothing to compare")
    again = "book.ipynb" if target == "zenbook" else f"book.ipynb --target {target}"
    assert found.text == (
        '"""Helpers.\n\n'
        "Exported from book.ipynb by zenbook (only definitions).\n"
        f"Re-export with `zenbook export {again}`.\n"
        '"""\n\nfrom __future__ import annotations\n\nimport math\n\nLIMIT = 3\n\n\n'
        "def root(x):\n    return math.sqrt(min(x, LIMIT))\n"
    )


def test_names_are_those_that_an_expert_would_give(home: Path) -> None:
    """Neither the number of a chapter, nor half a word, nor the last call of a step."""
    cells: list[str | Cell] = [
        "x = [1]\nx.append(2)",
        md("Plot both the curve and its area:"),
        "print(x)",
    ]
    text = zenbook.export(write(cells, Path("03.05-BarCharts.ipynb"), False), verify=False).text
    assert text.startswith('"""Bar charts.\n')
    assert '@pipeline(name="_03.05-BarCharts")\ndef bar_charts() -> None:\n' in text
    assert (
        "def plot_both_curve_area(x: list) -> None:\n" in text
        or "def plot_both_curve_area(x)" in text
    )
    long = [md("# Basic numerical integration: the trapezoid rule"), "y = [1]\ny.sort()"]
    assert "def basic_numerical_integration_trapezoid():\n" in exported(list(long))


HELPER_TWICE = [
    md("# Prepare"),
    "def size(x):\n    return 0",
    md("# Define"),
    (
        "class Item:\n    def __init__(self, name):\n        self.name = name\n\n"
        "    def __len__(self):\n        return size(self)"
    ),
    md("# Make"),
    "def size(x):\n    return len(x.name)",
    "a, b = map(Item, ['one', 'three'])",
    md("# Use"),
    "n = len(a)",
]


@pytest.mark.parametrize("target", ["zenbook", "python"])
def test_an_instance_is_the_same_wherever_its_class_stands(
    target: Target, home: Path, apart: object
) -> None:
    """A helper that is defined twice keeps the class that calls it within a step."""
    found = zenbook.export(write(list(HELPER_TWICE), Path("book.ipynb")), target=target)
    assert "    class Item:" in found.text
    assert found.verified.endswith("identical")


def test_an_instance_with_another_value_or_method_differs_wherever_its_class_stands() -> None:
    from zenbook.core.closure import CodeClosure
    from zenbook.front.export.alike import digests_of

    def made(body: str, name: str) -> str:
        space: dict[str, object] = {"__name__": "__main__"}
        exec(f"class A:\n    def f(self):\n        return {body}\na = A()\na.x = {name!r}", space)
        return digests_of(space["a"], CodeClosure())[1]

    assert made("g(1)", "x") == made("g(1)", "x") != ""
    assert len({made("g(1)", "x"), made("g(2)", "x"), made("h(1)", "x"), made("g(1)", "y")}) == 4


def in_run_order(cells: list[str | Cell], counts: list[int]) -> Path:
    """A notebook whose code cells have these execution counts."""
    import nbformat

    file = write(cells, Path("book.ipynb"))
    book = nbformat.read(file, 4)  # type: ignore[no-untyped-call]
    for cell, count in zip(book.cells, counts, strict=True):
        cell.execution_count = count
    nbformat.write(book, file)  # type: ignore[no-untyped-call]
    return file


def test_the_order_counts_in_which_every_name_is_made_in_time(home: Path, apart: object) -> None:
    """Who executes an import again at last has not moved it; who makes a name below has."""
    told = "cells were not executed in their places; {} counts, for only there `{}` is made in time"
    again = in_run_order(["x = [1]", "y = len(x)", "print(y)"], [4, 2, 3])
    found = zenbook.export(again, verify=False)
    assert told.format("the document's order", "x") in found.notes
    below = in_run_order(["y = len(x)", "x = [1]", "x.append(y)"], [2, 1, 3])
    found = zenbook.export(below, verify=False)
    assert told.format("the order of the run", "x") in found.notes
    assert found.text.index("x = [1]") < found.text.index("y = len(x)")


def test_what_only_seeds_or_only_looks_is_no_step_of_its_own(home: Path) -> None:
    text = exported(
        [
            md("# Title"),
            "import random\n\nrandom.seed(1)",
            md("## Draw\n\nDraw a number."),
            "x = [random.random()]",
        ]
    )
    assert text.count("@step") == 1
    assert 'def draw():\n    """Draw a number."""\n    random.seed(1)\n' in text
    text = exported(["x = [1]\nx.append(2)", "x", "print(x)\nlen(x)", "y = sum(x)"])
    assert text.count("@step") == 2


def test_a_value_bound_again_as_it_was_has_its_type(home: Path, apart: object) -> None:
    cells = ["import math\n\nn = math.floor(5.5)\nx = [n]", "n = math.floor(5.2)", "print(n, x)"]
    text = zenbook.export(write(list(cells), Path("book.ipynb"))).text
    assert "def make_n(x: list) -> int:\n" in text


def test_a_comment_stands_right_above_what_it_speaks_of(home: Path) -> None:
    text = exported(
        ["import math", "# Halve it.\n\n\ndef half(x):\n    return math.sqrt(x)", "y = [half(4)]"]
    )
    assert "\n\n\n# Halve it.\ndef half(x):\n" in text


def test_a_literal_that_nobody_sees_is_no_statement_of_the_script(home: Path) -> None:
    text = exported(["x = [1]\nx.append(2)\n{'a': 1, 'b': [2]};", "y = sum(x)"])
    assert "'a'" not in text


@pytest.mark.parametrize(
    ("above", "told"),
    [
        ("$X_0 = 1$\n\n*Motion* is random. So.", "Motion is random."),
        ("* one\n* two\n\n- three\n\n***\n\nLast one", "Last one."),
        ("\\begin{align}x\\end{align}\n\n[Here](x) it is!", "Here it is!"),
    ],
)
def test_a_docstring_is_made_of_prose(above: str, told: str, home: Path) -> None:
    text = exported([md(f"# Move\n\n{above}"), "x = [1]\nx.append(2)"])
    assert f'    """{told}"""\n    x = [1]\n' in text


@pytest.mark.parametrize(
    ("imported", "drawn", "closed"),
    [
        ("from pylab import plot, savefig", "plot([1])", "import matplotlib.pyplot as plt\n"),
        ("import pylab as p", "p.plot([1])", "import pylab as p\n"),
        ("from matplotlib.pyplot import plot", "plot([1])", "import matplotlib.pyplot as plt\n"),
        ("import json", "json.dumps([1])", ""),
    ],
)
def test_each_cells_figures_end_with_it_whatever_draws_them(
    imported: str, drawn: str, closed: str, home: Path
) -> None:
    """Else the next cell would draw into them, and write another picture than the notebook."""
    name = "p" if closed.endswith("p\n") else "plt"
    text = exported([imported, md("# A"), f"x = [1]\n{drawn}", md("# B"), f"y = [2]\n{drawn}"])
    assert text.count(f'    {name}.close("all")\n') == (2 if closed else 0)
    assert closed in text


def test_what_a_run_has_seen_to_be_data_needs_no_name_to_live(home: Path, apart: object) -> None:
    cells: list[str | Cell] = [
        "class Model:\n    def fit(self, x):\n        self.x = x\n        return [x]",
        md("# Fit"),
        "import tempfile\n\nmodel = Model()\nhistory = model.fit(3)\nzeros = len('0')",
        "folder = tempfile.TemporaryDirectory()\nsum([model.x])",
        md("# Again"),
        "folder = zeros = 0\nhistory = model.fit(4)\nprint(history, zeros, folder)",
    ]
    text = zenbook.export(write(cells, Path("book.ipynb"))).text
    assert "    model.fit(3)\n" in text
    assert "zeros = len" not in text
    assert "    folder = tempfile.TemporaryDirectory()\n" in text


def test_a_shown_result_is_printed_however_long_its_expression_is(home: Path) -> None:
    lines = "dict(\n    first=x[0],\n    last=x[-1],\n)"
    long = "x[0] + x[1] + x[0] + x[1] + x[0] + x[1] + x[0] + x[1] + x[0] + x[1] + x[0], x[1]"
    file = shown(
        write(["x = [3, 4]\nx.append(1)", lines, f"# both\n{long};", long], Path("book.ipynb")),
        {1: "{'first': 3, 'last': 1}", 3: "(35, 4)"},
    )
    text = zenbook.export(file, verify=False).text
    assert "    print(\n        dict(\n            first=x[0],\n" in text
    assert text.count("    print(\n        x[0] + x[1] + ") == 1


@pytest.mark.parametrize(
    ("defined", "count"),
    [
        ("class display:\n    def __init__(self, x):\n        self.x = x", 0),
        ("from IPython.display import display", 1),
        ("import json", 1),
    ],
)
def test_a_display_of_the_notebooks_own_is_left_alone(defined: str, count: int, home: Path) -> None:
    cells: list[str | Cell] = [defined, "x = [1]\nx.append(2)\ndisplay(x)"]
    book = write(cells, Path("book.ipynb"), executed=False)
    text = zenbook.export(book, verify=False, target="python").text
    assert text.count("def display(") == count
    assert "IPython" not in text


def test_zenbooks_names_do_not_stand_where_the_notebook_uses_them_for_its_own(home: Path) -> None:
    """A loop over ``step`` would hide the decorator, says a linter."""
    text = exported(["def walk(n):\n    for step in range(n):\n        print(step)", "walk(3)"])
    assert "\nimport zenbook\n" in text
    assert "@zenbook.step" in text


def test_a_step_that_only_draws_is_named_by_what_it_plots(home: Path) -> None:
    """``legend`` is its last call, and says nothing."""
    cells: list[str | Cell] = ["x = [1]\nx.append(2)", "plt.plot(x)\nplt.legend(['x'])"]
    text = exported(["import matplotlib.pyplot as plt", *cells])
    assert 'def plot_x(x) -> None:\n    """Plot x."""\n' in text


def test_a_steps_last_value_is_printed_where_it_tells_anything(home: Path) -> None:
    cells: list[str | Cell] = [
        "import pandas as pd",
        "%%step make\ntable = pd.DataFrame({'a': [1, 2]})\ntable.describe()",
        "%%step draw\naxes = table.plot()\naxes.set_title('a')",
        "%%step tell\nn = len(table)\nf'{n} rows'",
        "%%step both\nm = n\n# m, n\nm, n + 1",
    ]
    file = shown(
        write(cells, Path("book.ipynb"), executed=False),
        {1: "count 2", 2: "Text(0.5, 1.0, 'a')", 3: "'2 rows'", 4: "(2, 3)"},
    )
    text = zenbook.export(file, verify=False).text
    assert "    print(table.describe())\n    return table\n" in text
    assert '    axes.set_title("a")\n' in text
    assert '    print(f"{n} rows")\n' in text
    assert "    # m, n\n    print((m, n + 1))\n" in text


def test_a_program_that_fails_in_the_notebook_may_fail_in_the_script(
    home: Path, apart: object
) -> None:
    cells: list[str | Cell] = [
        "import os\n\ndef ask(n):\n    !test {n} = 1",
        "!exit 3",
        "!pip install nothing-at-all\n!true\nx = [1]",
        "lines = !echo one; echo two >&2; exit 2",
        "ask(1)\nask(2)",
        "y = len(x) + len(lines)",
    ]
    found = zenbook.export(write(cells, Path("book.ipynb")))
    assert found.verified.endswith("2/2 outputs identical")
    assert '    subprocess.run(f"test {n} = 1", shell=True, check=False)' in found.text
    assert 'subprocess.run("exit 3", shell=True, check=False)' in found.text
    assert 'subprocess.run("true", shell=True, check=True)' in found.text
    assert found.text.count("check=False") == 3
    assert "cell 2: `exit 3` failed in the notebook, and may in the script" in found.notes
    assert "check=False" not in zenbook.export(Path("book.ipynb"), verify=False).text


def test_a_bash_cell_that_fails_ends_the_notebook_too(home: Path, apart: object) -> None:
    file = write(["%%bash\nexit 3", "x = [1]\nx.append(2)"], Path("book.ipynb"))
    with pytest.raises(ExportError, match=r"Cell 1.*: it raises CalledProcessError"):
        zenbook.export(file)


def test_what_stands_for_a_magic_binds_no_name_of_the_notebook(home: Path, apart: object) -> None:
    cells: list[str | Cell] = [
        "commands = [1]\nfile = [2]\nfile.append(3)",
        "%%bash\necho one > a.txt\necho two >> a.txt",
        "%%writefile b.txt\nthree",
        "n = len(commands) + len(file)\ntext = open('a.txt').read() + open('b.txt').read()",
    ]
    found = zenbook.export(write(cells, Path("book.ipynb")))
    assert found.verified.endswith("identical")
    assert "commands_2 = " in found.text
    assert ") as file_3:\n" in found.text
    assert found.steps[1:3] == ("run_bash", "write_b_txt")


@pytest.mark.parametrize("target", ["zenbook", "python"])
def test_the_pipeline_names_nothing_that_it_does_not_use(
    target: Target, home: Path, apart: object
) -> None:
    """A step gives its last value to be found again, though a loop below takes that name."""
    first, second = "i = len('abc')\nprint(i)", "k = [1]\nfor i in k:\n    print(i)"
    cells: list[str | Cell] = [md("# First"), first, md("# Second"), second]
    found = zenbook.export(write(cells, Path("book.ipynb")), target=target)
    assert "    return i\n" in found.text
    assert "\n    first()\n" in found.text
    assert found.verified.endswith("identical")


def test_what_a_run_has_seen_to_be_a_part_of_a_figure_needs_no_name(
    home: Path, apart: object
) -> None:
    cells: list[str | Cell] = [
        "import pylab as p",
        "q = p.quiver([1], [2], [1], [1])\nt = p.text(0, 0, 'a')\nprint(len('a'))",
    ]
    text = zenbook.export(write(cells, Path("book.ipynb"))).text
    assert "    p.quiver([1], [2], [1], [1])\n    p.text(0, 0, " in text


FITTING = """import sys


def fit(formula, table=None):
    frame = sys._getframe(1)
    space = {**frame.f_globals, **frame.f_locals, **(table or {})}
    return eval(formula.partition("~")[2].strip(), space)
"""
FORMULAS: list[str | Cell] = [
    "from math import log\nfrom ours import fit",
    md("# Data"),
    "x = [1.0, 2.0, 4.0]\nmiddle = sum(x) / 3",
    "def centred(v):\n    return [n - middle for n in v]",
    "def each(v):\n    return [log(n) for n in v]",
    md("# Without a table"),
    "first = fit('~ centred(x) + x')",
    md("# With one"),
    "second = fit('y ~ each(z) + centred(z) + [log(2)]', {'z': [3.0]})",
]


@pytest.mark.parametrize("target", ["zenbook", "python"])
def test_what_a_formula_calls_is_there(target: Target, home: Path) -> None:
    Path("ours.py").write_text(FITTING, encoding="utf-8")
    found = zenbook.export(write(list(FORMULAS), Path("book.ipynb")), target=target)
    assert found.verified == "3/3 outputs identical"
    assert found.steps == ("data", "without_table", "one")


def test_a_formula_names_what_it_reads() -> None:
    import ast

    from zenbook.core.trees import nodes_of
    from zenbook.front.export.formulas import formula_names

    text = (
        "f = 'y ~ np.log(x) + C(g, Own) + 3.0*scaled (z) + a.b'\nols('y ~ x + z', df)\nols('y ~ k')"
    )
    named = formula_names(nodes_of([ast.parse(text)]))
    assert named == {"np", "C", "Own", "scaled", "a", "y", "k"}


@pytest.mark.parametrize("target", ["zenbook", "python"])
def test_a_name_that_only_a_text_reads_is_found_when_the_script_lacks_it(
    target: Target, home: Path
) -> None:
    Path("ours.py").write_text(FITTING, encoding="utf-8")
    cells: list[str | Cell] = [
        "from ours import fit",
        "# the power\np = 2",
        md("# Middle"),
        "x = [1.0, 2.0]\nmiddle = sum(x) / 2",
        md("# Fit"),
        "y = fit('y ~ z**p + middle', {'z': 3.0})",
    ]
    found = zenbook.export(write(cells, Path("book.ipynb")), target=target)
    assert found.verified == "2/2 outputs identical"
    assert found.steps == ("middle", "fit")
    assert "# the power\np = 2\n" in found.text
    assert "def fit_step(middle: float) -> float:\n" in found.text


def test_a_function_that_a_step_defines_anew_at_once_is_not_defined_twice(
    home: Path, apart: object
) -> None:
    cells: list[str | Cell] = [
        "n = [1]\nm = [2]",
        "def inner():\n    return n[0]\n\ndef outer():\n    return inner()",
        md("# One"),
        "n.append(outer())",
        md("# Two"),
        "def inner():\n    return m[0] * 2\na = [outer()]",
        md("# Three"),
        "b = inner()\ndef inner():\n    return 5\nc = outer()",
        md("# Four"),
        "def inner():\n    return m[0] * 3\nd = [outer()]\nm = [0]\ne = outer()",
    ]
    found = zenbook.export(write(cells, Path("book.ipynb")))
    assert found.verified.endswith("identical")
    assert found.steps[-4:] == ("one", "two", "three", "four")
    two, three = found.text.split("def two(")[1].split("@step")[:2]
    assert two.count("def inner()") == 1
    assert "n[0]" not in two
    assert three.count("def inner()") == 2


def test_a_value_that_a_notebook_which_never_ran_only_shows_is_printed(home: Path) -> None:
    cells: list[str | Cell] = ["x = [1, 2]", "x[0] + 1", md("# Change"), "y = list(x)\ny.append(3)"]
    text = exported(cells, executed=False)
    assert "    print(x[0] + 1)\n" in text
    assert "    y.append(3)\n" in text
