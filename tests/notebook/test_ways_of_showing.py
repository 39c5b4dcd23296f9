"""A step that displayed something runs again in a kernel that shows such things otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notebook.kernel import Cell, Kernel


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Kernel]:
    """A kernel of the test's own: how it shows values is set."""
    kernel = Kernel(tmp_path)
    yield kernel
    kernel.stop()


PLOTTING = "import matplotlib.pyplot as plt"
SVG = f"{PLOTTING}\n%config InlineBackend.figure_format = 'svg'"
DRAWING = "%%step s\nfig, ax = plt.subplots()\nax.plot([1, 2])\nplt.show()\ny = 1"


def _forms(cell: Cell) -> list[str]:
    return [form for output in cell.outputs for form in sorted(output.get("data", ()))]


def test_a_picture_is_drawn_again_where_the_kernel_shows_figures_in_another_format(
    own: Kernel,
) -> None:
    own.play(PLOTTING, DRAWING)
    own.restart()
    moved = own.play(SVG, DRAWING)[-1]
    assert "InlineBackend settings changed" in moved.said and "image/svg+xml" in _forms(moved)
    for before, form in ((PLOTTING, "image/png"), (SVG, "image/svg+xml")):
        own.restart()
        again = own.play(before, DRAWING)[-1]
        assert again.status == "cached" and form in _forms(again)
    own.restart()
    whole = f"{PLOTTING}\n%config InlineBackend.print_figure_kwargs = {{'bbox_inches': None}}"
    assert "InlineBackend settings changed" in own.play(whole, DRAWING)[-1].said


def test_a_step_that_shows_no_picture_is_no_other_where_pictures_are_shown_otherwise(
    own: Kernel,
) -> None:
    saving = "%%step s\nfig, ax = plt.subplots()\nax.plot([1, 2])\nplt.close()\nprint('drawn')"
    own.play(PLOTTING, saving)
    own.restart()
    assert own.play(SVG, saving)[-1].status == "cached"


def test_a_backend_that_shows_nothing_in_notebooks_is_a_reason(own: Kernel) -> None:
    own.play(PLOTTING, DRAWING)
    own.restart()
    other = own.play(f"{PLOTTING}\n%matplotlib agg", DRAWING)[-1]
    assert other.status == "completed" and not _forms(other)


PRINTING = (
    "class C: pass\nformatters = get_ipython().display_formatter.formatters\n"
    "formatters['text/plain'].for_type(C, lambda v, p, cycle: p.text('{}'))"
)


@pytest.mark.parametrize(
    ("first", "then", "shown", "expected"),
    [
        ("x = 1", "%precision 3", "3.14159265 * x", "3.142"),
        (
            "x = 1",
            "%config PlainTextFormatter.max_seq_length = 2",
            "list(range(4)) * x",
            "[0, 1, ...]",
        ),
        (PRINTING.format("a"), PRINTING.format("b"), "C()", "b"),
    ],
    ids=["precision", "length", "printer"],
)
def test_a_value_is_shown_as_the_kernel_shows_values_now(
    own: Kernel, first: str, then: str, shown: str, expected: str
) -> None:
    source = f"%%step s\ny = 1\ndisplay({shown})"
    for setting, status in ((first, "completed"), (first, "cached"), (then, "completed")):
        own.restart()
        cell = own.play("x = 1", setting, source)[-1]
        assert cell.status == status, cell.said
    assert cell.displayed == [expected] and "display settings changed" in cell.said
    live = "%%step t\nz = 3.14159265\nz"
    own.play(live)
    own.run("%precision 2")
    assert (own.run(live).status, own.run(live).result) == ("cached", "3.14")


SHOWN_ITSELF = (
    "class C: pass\nhow = 1\ndef tell(v): {}\n"
    "get_ipython().display_formatter.ipython_display_formatter.for_type(C, tell)"
)
ALL_FORMS = (
    "class C: pass\nhow = {}\n"
    "tell = lambda v, include=None, exclude=None: {{'text/plain': str(how)}}\n"
    "get_ipython().display_formatter.mimebundle_formatter.for_type(C, tell)"
)
IN_A_PARTIAL = (
    "class C: pass\nfrom functools import partial\ndef tell(v, p, cycle, how): p.text(str(how))\n"
    "texts = get_ipython().display_formatter.formatters['text/plain']\n"
    "texts.for_type(C, partial(tell, how={}))"
)
ANOTHER = (
    "class C: pass\nfrom IPython.core.formatters import PlainTextFormatter\n"
    "class Mine(PlainTextFormatter):\n    def __call__(self, v): return {}\n"
    "get_ipython().display_formatter.formatters['text/plain'] = Mine()"
)
BY_RICH = "from rich.pretty import install\ninstall(max_length={})\nC = lambda: list(range(4))"


@pytest.mark.parametrize(
    ("setting", "first", "then"),
    [
        (SHOWN_ITSELF, "print(how)", "print(how + 1)"),
        (SHOWN_ITSELF, "pass", "print(how)"),
        (ALL_FORMS, "1", "2"),
        (IN_A_PARTIAL, "1", "2"),
        (ANOTHER, "'1'", "'2'"),
        (BY_RICH, "2", "3"),
    ],
    ids=["shown itself", "shown by nothing", "all forms", "partial", "formatter", "rich"],
)
def test_whatever_decides_how_the_shell_shows_a_value_is_a_reason(
    own: Kernel, setting: str, first: str, then: str
) -> None:
    def shown(cell: Cell) -> list[object]:
        return [output.get("text", output.get("data")) for output in cell.outputs]

    step, setting = "%%step s\ny = 1\nC()", setting.replace("{}", "{0}")
    was = own.play(setting.format(first), step)[-1]
    moved = own.play(setting.format(then), step)[-1]
    assert moved.status == "completed", moved.said
    assert shown(moved) != shown(was) and "display settings changed" in moved.said
    own.restart()
    again = own.play(setting.format(then), step)[-1]
    assert (again.status, shown(again)) == ("cached", shown(moved)), again.said


@pytest.mark.parametrize(
    "setting",
    [
        "%config InlineBackend.figure_format = 'svg'",
        "%precision 3",
        "from matplotlib_inline.backend_inline import set_matplotlib_formats as pick\npick('svg')",
    ],
)
def test_a_step_that_sets_how_values_are_shown_is_not_kept(own: Kernel, setting: str) -> None:
    source = f"%%step s\n{setting}\ny = 1"
    assert "not kept" in own.play(PLOTTING, source)[-1].said
    if setting.startswith("%"):
        assert "not kept" in own.run(source).said  # it finds set what it sets
    usual = "%%step t\n%matplotlib inline\n%config InlineBackend.figure_format\nz = 1"
    assert "not kept" not in own.run(usual).said


STEP = "import zenbook\nimport matplotlib.pyplot as plt\n@zenbook.step\ndef draw(n):\n    {}\n"
OPEN = STEP.format("plt.plot([1, n])")
PICTURE = ["image/png", "text/plain"]


def test_what_a_function_draws_and_leaves_open_is_shown_each_time(own: Kernel) -> None:
    for _ in range(2):
        drawn = own.play(OPEN, "draw(3); plt.title('mine')")[-1]
        assert _forms(drawn)[-2:] == PICTURE
        own.restart()
    shown = own.play(OPEN, "%%step s\ndraw(3)\ny = 1", "%%step s\ndraw(3)\ny = 2")[-1]
    assert _forms(shown) == PICTURE


def test_a_function_that_draws_into_the_notebooks_figure_does_so_each_time(own: Kernel) -> None:
    cell = "fig, ax = plt.subplots()\ndraw(3)\nlen(ax.lines)"
    for _ in range(2):
        assert own.play(OPEN, cell)[-1].result == "1"
        own.restart()


def test_a_figure_of_a_hit_is_shown_in_a_kernel_that_has_drawn_none(own: Kernel) -> None:
    closed = STEP.format("fig, ax = plt.subplots()\n    plt.close(fig)\n    return ax")
    kept = "%%step s\nfig, ax = plt.subplots()\nplt.close(fig)"
    for _ in range(2):
        assert _forms(own.play(PLOTTING, kept, "fig")[-1]) == PICTURE
        own.restart()
        assert _forms(own.play(closed, "a = draw(3)", "a.figure")[-1]) == PICTURE
        own.restart()


def test_a_setting_that_changed_is_told_by_its_name_with_the_old_and_the_new_value(
    own: Kernel,
) -> None:
    def why(setting: str) -> str:
        own.restart()
        step = "%%step s\nt = str(pd.Series([1]))"
        return own.play(f"import pandas as pd\n{setting}", step)[-1].said

    why("")
    option = "pd.set_option('display.precision', {})"
    assert "pandas settings changed: display.precision default→3" in why(option.format(3))
    assert "pandas settings changed: display.precision 3→4" in why(option.format(4))
    moved = why(f"{option.format(4)}\npd.set_option('display.max_rows', 9)")
    assert "pandas settings changed: display.max_rows default→9" in moved
    why("")
    assert "saved" in why(option.format(4))


def test_a_setting_of_numpy_that_changed_is_told_by_its_name(own: Kernel) -> None:
    step = "%%step s\nt = str(np.array([1 / 3]))"
    said = [
        own.play(f"import numpy as np\n{setting}", step)[-1].said
        for setting in (
            "",
            "np.set_printoptions(precision=4)",
            "np.set_printoptions(precision=3)",
            "_ = np.seterr(over='ignore')",
        )
    ]
    assert "numpy settings changed: precision default→4" in said[1]
    assert "numpy settings changed: precision 4→3" in said[2]
    assert "numpy settings changed: over default→'igno…" in said[3]
