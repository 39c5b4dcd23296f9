"""Steps that draw on figures which the notebook has already, and holds by several names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.notebook.kernel import Cell, Kernel

START = (
    "%matplotlib inline\n"
    "import matplotlib.pyplot as plt, numpy as np\n"
    "KEPT = {*globals(), 'KEPT', 'n'}"
)
BEGIN = "for n in {n for n in globals() if n[0] not in '_IO'} - KEPT: del globals()[n]"
"""Without the names of another case."""
HOLDS = "len(ax.lines), ax.figure is fig, fig.axes[0] is ax"
TWO = "fig, ax = plt.subplots()"
PATCH = """from matplotlib.path import Path; from matplotlib.patches import PathPatch
numbers = np.array([[0, 0], [0, 1], [1, 1.]])
fig, ax = plt.subplots(); ax.add_patch(PathPatch(Path(numbers[:])));"""
CACHED = {
    "by one of two names": [TWO, "%%step a1\nax.plot([1, 2], [3, 4])", HOLDS, "fig"],
    "by both names": [TWO, "%%step a2\nax.plot([1, 2]); fig.suptitle('t')", HOLDS, "fig"],
    "one after the other": [
        TWO,
        "%%step a3\nax.plot([1, 2])",
        "%%step a4\nax.plot([2, 1]); fig.suptitle('t')",
        "%%step a5\nfig.axes[0].set_title('u')",
        HOLDS,
        "ax.get_title(), fig.get_suptitle()",
        "fig",
    ],
    "one of two figures": [
        "f1, x1 = plt.subplots(); f2, x2 = plt.subplots()",
        "%%step a6\nf2.axes[0].plot([1, 2])",
        "len(x1.lines), len(x2.lines), x2.figure is f2, f1.axes[0] is x1",
    ],
    "both of two figures": [
        "f1, x1 = plt.subplots(); f2, x2 = plt.subplots()",
        "%%step a7\nx2.plot([1, 2]); x1.scatter([1], [2]); f1.set_facecolor('red')",
        "len(x1.lines), len(x2.lines), x2.figure is f2, f1.axes[0] is x1, len(x1.collections)",
        "f1",
    ],
    "made by a step": [
        "%%step a8\nfig, axs = plt.subplots(1, 2); axs[0].plot([1, 2])",
        "%%step a9\naxs[1].plot([3, 4]); fig.suptitle('x')",
        "len(axs[1].lines), fig.get_suptitle(), fig.axes[1] is axs[1], axs[0].figure is fig",
        "fig",
    ],
    "an array of axes alone": [
        "axs = plt.subplots(2, 2)[1]; other = axs; pair = axs[0, 0], [axs[0, 1]]; one = pair[0]",
        "%%step a10\nfor each in axs.flat: each.plot([1, 2])",
        "[len(each.lines) for each in axs.flat], other is axs",
        "len({each.figure for each in axs.flat})",
        "pair[0] is axs[0, 0] is one, pair[1][0] is axs[0, 1]",
    ],
    "in a list and a dictionary": [
        "fig, two = plt.subplots(1, 2); axs = dict(enumerate(two)); l = [axs, 5]; del two",
        "%%step a11\naxs[0].bar([1, 2], [3, 4])",
        "l[0] is axs, axs[0] is fig.axes[0], axs[1] is fig.axes[1], len(axs[0].patches)",
    ],
    "what was drawn is handed on": [
        TWO,
        "%%step a12\nlines = ax.plot([1, 2]); title = ax.set_title('t'); bars = ax.bar([1], [2])",
        "lines[0] is ax.lines[0], title is ax.title, bars is ax.containers[0]",
        "bars[0] is ax.patches[0], lines[0].figure is fig",
        "%%step a13\nlines[0].set_linewidth(7)",
        "ax.lines[0].get_linewidth(), lines[0] is ax.lines[0], bars[0] is ax.patches[0]",
        "%%step a14\nbars[0].set_height(9); ax.plot([2, 3])",
        "ax.patches[0].get_height(), bars[0] is ax.patches[0], bars is ax.containers[0]",
        "fig",
    ],
    "what is last is shown": [
        TWO,
        "%%step a15\nax.plot([1, 2])\nfig",
        HOLDS,
    ],
    "something is put before the others": [
        TWO + "; first, = ax.plot([1, 2]); text = ax.text(0, 0, 'x'); box = ax.xaxis",
        "%%step a17\nax.plot([2, 1]); fig.add_axes([0, 0, .1, .1]); ax.legend(['l', 'm'])",
        "first is ax.lines[0], text is ax.texts[0], text.figure is fig, box is ax.xaxis",
    ],
    "axes that share": [
        "fig, (ax, low) = plt.subplots(2, 1, sharex=True)",
        "%%step a19\nax.plot([0, 70], [1, 2])",
        "low.plot([0, 90], [1, 2]); ax.get_xlim() == low.get_xlim(), " + HOLDS,
        "fig",
    ],
    "a function that draws": [
        TWO + "\ndef draw(where, n):\n    return where.plot([n, 2])",
        "%%step a20\nfor n in range(3): draw(ax, n)",
        HOLDS,
        "fig",
    ],
    "all that drawing gives": [
        TWO + "; x = [1, 2, 3]",
        "%%step a22\nh = ax.hist(x); e = ax.errorbar(x, x, x); b = ax.boxplot(x)",
        "%%step a23\nf = ax.fill_between(x, x); q = ax.quiver(x, x)",
        "%%step a24\ns = ax.stem(x); n = ax.annotate('n', (1, 1)); t = ax.twinx(); l = ax.legend()",
        "h[2] is ax.containers[0], h[2][0] is ax.patches[0], e is ax.containers[1]",
        "e[0] in ax.lines, b['boxes'][0] in ax.lines, f in ax.collections",
        "q in ax.collections, s in ax.containers, n in ax.texts, t is fig.axes[1]",
        "l is ax.get_legend()",
        "fig",
    ],
    "a line is taken out": [
        TWO + "; ax.plot([1, 2]); ax.plot([3, 4]);",
        "%%step a25\nax.lines[0].remove()",
        HOLDS,
        "fig",
    ],
    "only looked at": [
        TWO,
        "%%step a26\ntitle = ax.title; n = len(fig.axes); both = [fig, ax]",
        "title is ax.title, both[0] is fig, both[1] is ax",
    ],
    "a name is deleted": [
        TWO,
        "%%step a27\nax.plot([1, 2]); del ax",
        "'ax' in globals(), len(fig.axes[0].lines)",
    ],
    "something else is changed, too": [
        TWO + "; log = []; also = log",
        "%%step a28\nax.plot([1, 2]); fig.set_facecolor('red'); log.append(1)",
        "also, log is also, " + HOLDS,
        "fig",
    ],
    "an object is made that holds one": [
        TWO + "\nclass Panel: pass",
        "%%step a29\npanel = Panel(); panel.ax = ax; ax.plot([1, 2])",
        "panel.ax is ax, " + HOLDS,
    ],
    "other data are used": [
        TWO + "; x = np.arange(9.); y = {'a': [1, 2]}",
        "%%step a30\nax.plot(x, x ** 2); ax.set_title(str(y))",
        "x[0] = 100; ax.lines[0].get_xdata()[0], " + HOLDS,
        "fig",
    ],
    "an image and its colour bar follow a norm": [
        TWO,
        "%%step b18\nim = ax.imshow([[1, 2]]); fig.colorbar(im)",
        "fig",
        "im.set_clim(0, 7); im is ax.images[0], " + HOLDS,
        "fig",
    ],
    "an image that was made by a step is given other colours": [
        "%%step b19\nfig, ax = plt.subplots(); im = ax.imshow([[1, 2]]); fig.colorbar(im)",
        "fig",
        "im.set_clim(0, 7); fig",
        "im.set_cmap('hot'); im is ax.images[0], ax.figure is fig",
        "fig",
    ],
    "a colour bar is held": [
        TWO + "; bar = fig.colorbar(ax.imshow([[1, 2]]))",
        "%%step b14\nax.plot([1, 2])",
        "bar.ax is fig.axes[1], bar.mappable is ax.images[0], " + HOLDS,
        "bar.set_label('l'); bar.mappable.set_clim(0, 3); fig",
    ],
    "a colour bar that a step made is changed by another": [
        "%%step b22\nfig, ax = plt.subplots(); im = ax.imshow([[1, 2]]); bar = fig.colorbar(im)",
        "%%step b23\nax.set_title('t'); bar.set_label('l')",
        "im.set_clim(0, 3); bar.ax is fig.axes[1], im.colorbar is bar, im is ax.images[0]",
        "fig",
    ],
    "nobody has laid it out before it is shown": [
        (
            "%%step a31\nfig, (ax, b) = plt.subplots(1, 2, figsize=(4, 2), layout='constrained')\n"
            "im = ax.imshow(np.eye(3)); q = b.quiver([1], [2]); plt.close(fig)"
        ),
        "ax.xaxis.label.get_position(), q.scale",
        "%%step a32\nfig.colorbar(im, ax=ax); b.plot([1, 2e6]); fig.suptitle('q')",
        "fig",
        "round(ax.get_position().x0, 6)",
    ],
    "the grid is held by which it stands": [
        "fig = plt.figure(); gs = fig.add_gridspec(1, 2, width_ratios=[1, 3])",
        "ax = fig.add_subplot(gs[0]); sub = gs[1].subgridspec(2, 1); low = fig.add_subplot(sub[1])",
        "%%step a33\nax.plot([1, 2])\nlow.plot([3])",
        "gs.figure is fig is sub.figure, ax.get_subplotspec().get_gridspec() is gs, len(low.lines)",
        "low.get_subplotspec().get_gridspec() is sub, sub.get_topmost_subplotspec().num1",
        "other = fig.add_subplot(sub[0]); other.plot([1]); fig",
        HOLDS,
    ],
    "an equal one in a list as well": [
        TWO + "; alike = plt.subplots()",
        "%%step a21\nax.plot([1, 2])",
        "len(alike[1].lines), alike[1].figure is alike[0], " + HOLDS,
    ],
}
RUN = {
    "an object of the user's holds one": [
        TWO + "\nclass Panel: pass\npanel = Panel(); panel.ax = ax",
        "%%step b1\nax.plot([1, 2])",
        "panel.ax is ax, len(panel.ax.lines), " + HOLDS,
    ],
    "a function holds one": [
        TWO + "\ndef count(where=ax): return len(where.lines)",
        "%%step b2\nax.plot([1, 2])",
        "count(), " + HOLDS,
    ],
    "a transformation of it is held": [
        TWO + "; t = ax.transData",
        "%%step b3\nax.set_xlim(0, 9)",
        "t is ax.transData, t.transform((1, 1)).tolist()",
    ],
    "one was taken out and is held": [
        TWO + "; line, = ax.plot([1, 2]); other, = ax.plot([3, 4])",
        "%%step b4\nax.lines[0].remove()",
        "len(ax.lines), other is ax.lines[0], line.axes",
    ],
    "a norm is shared with another figure": [
        "f1, x1 = plt.subplots(); f2, x2 = plt.subplots()",
        "for each in (x1, x2): each.imshow([[1, 2]], norm=plt.Normalize(0, 1))",
        "x2.images[0].set_norm(x1.images[0].norm)",
        "%%step b5\nx1.images[0].set_clim(0, 5)",
        "x2.images[0].norm.vmax, x1.images[0].norm is x2.images[0].norm",
    ],
    "a list grew": [
        TWO + "; lines = []",
        "%%step b6\nlines.append(ax.plot([1, 2])[0])",
        "lines[0] is ax.lines[0], lines[0].figure is fig",
    ],
    "numbers that a patch looks at are held": [
        PATCH,
        "%%step b8\nax.plot([1, 2]); fig.suptitle('t')",
        "numbers[0] = .5; ax.patches[0].get_path().vertices.tolist(), " + HOLDS,
        "fig",
    ],
    "it is used with numbers that a patch looks at": [
        PATCH,
        "%%step b9\nax.plot([1, 2]); numbers[0] = .5",
        "numbers[1] = .2; ax.patches[0].get_path().vertices.tolist(), " + HOLDS,
        "fig",
    ],
    "an attribute is held": [
        TWO + "; x = [1]; ax.mine = x",
        "%%step b10\nax.plot([1, 2])",
        "x.append(2); ax.mine, " + HOLDS,
    ],
    "a norm is held": [
        TWO + "; norm = plt.Normalize(0, 1); ax.imshow([[1, 2]], norm=norm);",
        "%%step b11\nax.plot([1, 2])",
        "norm is ax.images[0].norm, " + HOLDS,
    ],
    "all is new": [
        TWO,
        "%%step b12\nfig.clear(); fig.add_subplot().plot([1, 2])",
        "ax.figure, len(fig.axes), len(ax.lines), fig.axes[0] is ax",
        "fig",
    ],
    "a default of the step's own function": [
        TWO,
        "%%step b13\ndef count(where=ax): return len(where.lines)\nax.plot([1, 2])",
        "count(), " + HOLDS,
    ],
    "it calls a function": [
        TWO + "; calls = []\nax.callbacks.connect('xlim_changed', lambda ax: calls.append(1));",
        "%%step b17\nax.plot([1, 2])",
        "ax.get_xlim(); calls.clear(); ax.set_xlim(0, 9); len(calls), " + HOLDS,
    ],
    "a figure that a step makes calls a function": [
        "calls = []\ndef heard(where): calls.append(1)",
        "%%step b20\nfig, ax = plt.subplots()\n_ = ax.callbacks.connect('xlim_changed', heard)",
        "before = len(calls); ax.set_xlim(0, 9); len(calls) - before",
    ],
    "it tells a function of its limits": [
        "def heard(where): print(where.get_xlim())",
        TWO + "; n = ax.callbacks.connect('xlim_changed', heard)",
        "%%step b21\nax.plot([1, 2])",
        "fig",
    ],
    "it is held by a set": [
        TWO + "; every = {ax}",
        "%%step b15\nax.plot([1, 2])",
        "ax in every, " + HOLDS,
    ],
    "a method is held": [
        TWO + "; draw = ax.plot",
        "%%step b16\nax.plot([1, 2])",
        "draw([3, 4])[0] is ax.lines[1], " + HOLDS,
    ],
    "ticks are held": [
        TWO + "; labels = ax.get_xticklabels()",
        "%%step b7\nax.tick_params(labelrotation=30)",
        "labels[0] is ax.get_xticklabels()[0], labels[0].get_rotation()",
    ],
}


def _plays(kernel: Kernel, cells: list[str], case: str, *, plain: bool = False) -> list[Cell]:
    kernel.run(BEGIN)
    found = []
    for number, source in enumerate(cells):
        source = re.sub(r"^%%step.*\n", "", source) if plain else source
        found.append(kernel.run(source, cell=f"{case} {number}"))
    return found


def _shown(cells: list[str], plays: list[Cell]) -> list[Any]:
    """Values that cells show but for addresses, and pictures."""
    return [
        [re.sub(r" at 0x\w+", "", str(play.result)), play.stream(), play.error, *_pictures(play)]
        for play in plays
    ]


def _pictures(play: Cell) -> list[str]:
    data = [output["data"] for output in play.outputs if "data" in output]
    return [str(each["image/png"]) for each in data if "image/png" in each]


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Each case as plain cells, as steps, and as steps after a restart, and at once again."""
    kernel = Kernel(Path(tmp_path_factory.mktemp("figures")))
    every = CACHED | RUN
    found: dict[str, list[list[Cell]]] = {case: [] for case in every}
    kinds = {"plain": True, "first": False, "again": False, "live": False}
    try:
        for kind, plain in kinds.items():
            if kind != "live":
                kernel.restart()
                kernel.run(START)
            for case, cells in every.items():
                found[case].append(_plays(kernel, cells, case, plain=plain))
    finally:
        kernel.kill()
    return found


@pytest.mark.parametrize("case", CACHED)
def test_a_step_that_draws_on_a_figure_is_cached_and_right(plays: Any, case: str) -> None:
    plain, first, again, live = plays[case]
    for cells in (first, again, live):
        assert _shown(CACHED[case], cells) == _shown(CACHED[case], plain)
    said = [cell.said for cells in (again, live) for cell in cells if cell.status]
    assert all("cached" in each for each in said), said


@pytest.mark.parametrize("case", RUN)
def test_a_step_whose_figure_others_hold_runs(plays: Any, case: str) -> None:
    plain, first, again, live = plays[case]
    for cells in (first, again, live):
        assert _shown(RUN[case], cells) == _shown(RUN[case], plain)
    assert [cell.status for cell in again if cell.status] == ["completed"]


def test_axes_of_an_equal_figure_are_other_axes(own: Kernel) -> None:
    step = "%%step both\nax.plot([1, 2]); fig.suptitle('t')"
    seen = "len(fig.axes[0].lines), len(ax.lines), ax.figure is fig, ax.figure.get_suptitle()"
    own.run(START)
    own.run("fig, ax = plt.subplots(); more = plt.subplots()")
    own.run(step)
    assert own.run(seen).result == "(1, 1, True, 't')"
    own.run("fig, first = plt.subplots(); other, ax = plt.subplots()")
    ran = own.run(step)
    assert ran.status == "completed", ran.said
    assert own.run(seen).result == "(0, 1, False, '')"
    assert own.run("len(first.lines), fig.get_suptitle()").result == "(0, 't')"


def test_a_step_that_draws_on_a_figure_that_is_open_runs(own: Kernel) -> None:
    own.run("import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt")
    for closed in ("plt.close('all')", ""):
        own.run(f"fig, ax = plt.subplots(); {closed}")
        assert own.run("%%step opened\nax.plot([1, 2])").status == "completed"
    assert own.run("len(plt.gca().lines), len(ax.lines), plt.gcf() is fig").result == "(1, 1, True)"
