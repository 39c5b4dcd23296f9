"""Connections, locks, generators, open files and images of files as inputs of a step."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.notebook.kernel import Kernel

OPEN = "import sqlite3\nconn = sqlite3.connect('data.db')"
ASK = "%%step ask\nrows = conn.execute('SELECT sum(a) FROM t').fetchone()[0]"


def _database(kernel: Kernel, value: int) -> None:
    """Another process writes the database."""
    file = kernel.folder / "work" / "data.db"
    with sqlite3.connect(file) as writing:
        writing.execute("CREATE TABLE IF NOT EXISTS t (a INT)")
        writing.execute("INSERT INTO t VALUES (?)", (value,))
    writing.close()


@pytest.mark.parametrize("made_by", ["a plain cell", "a step"])
def test_a_connection_counts_by_what_its_database_holds(made_by: str, kernel: Kernel) -> None:
    making = OPEN if made_by == "a plain cell" else f"%%step connect\n{OPEN}"
    _database(kernel, 1)
    assert [c.status for c in kernel.play(making, ASK)][1] == "completed"
    assert kernel.value("rows") == 1
    kernel.fresh()
    made, asked = kernel.play(making, ASK)
    assert asked.status == "cached", asked.said
    if made_by == "a step":
        assert "not kept: conn is a live sqlite3.Connection" in made.said
    _database(kernel, 5)
    again = kernel.run(ASK)
    assert again.status == "completed" and "input conn changed" in again.said
    assert kernel.value("rows") == 6
    kernel.run("conn.execute('INSERT INTO t VALUES (10)')")
    assert kernel.run(ASK).status == "completed" and kernel.value("rows") == 16


def test_a_step_that_writes_through_a_connection_runs_each_time(kernel: Kernel) -> None:
    kernel.run("import sqlite3\nconn = sqlite3.connect(':memory:')")
    kernel.run("conn.execute('CREATE TABLE t (a)')")
    cell = "%%step write\nconn.execute('INSERT INTO t VALUES (1)')\nconn.commit()\nn = 1"
    for count in (1, 2):
        written = kernel.run(cell)
        assert written.status == "completed" and "not kept: " in written.said, written.said
        assert "conn" in written.said
        assert kernel.value("conn.execute('SELECT count(*) FROM t').fetchone()[0]") == count


def test_a_shown_value_that_cannot_be_kept_is_told_in_words(kernel: Kernel) -> None:
    kernel.run("import sqlite3\nconn = sqlite3.connect(':memory:')")
    said = kernel.run("%%step a\nconn.execute('SELECT 1')").said
    assert "not kept: the value it shows is a live sqlite3.Cursor" in said


WIDGETS = {
    "a slider": ("w.IntSlider(value=3)", "value = 4", "max = 9", "observe(print, 'value')"),
    "a choice": ("w.Dropdown(options=['a', 'b'])", "value = 'b'", "options = ['a', 'c']"),
    "a box": ("w.VBox([w.Text('x')])", "children[0].value = 'y'", "children = []"),
    "a button": ("w.Button()", "disabled = True", "on_click(print)"),
}


@pytest.mark.parametrize("case", WIDGETS)
def test_a_widget_counts_by_what_it_shows_and_whom_it_calls(case: str, kernel: Kernel) -> None:
    making, *changes = WIDGETS[case]
    making = f"import ipywidgets as w\nit = {making}"
    ask = "%%step ask\nvalue = str(getattr(it, 'value', it))"
    for status in ("completed", "cached"):
        assert kernel.play(making, "display(it)", ask)[-1].status == status
        kernel.fresh()
    kernel.play(making)
    for change in changes:
        kernel.run(f"it.{change}")
        asked = kernel.run(ask)
        assert asked.status == "completed" and "input it changed" in asked.said
        assert kernel.run(ask).status == "cached"
        for _ in range(2):
            kernel.play(making)
            changed = kernel.run(f"%%step change\nit.{change}")
            assert changed.status == "completed" and "kept: it is a widget" in changed.said


def test_a_lock_is_no_reason_to_run(kernel: Kernel) -> None:
    cells = ["import threading\nguard = threading.Lock()", "%%step a\nwith guard:\n    x = 1"]
    kernel.play(*cells)
    kernel.fresh()
    assert kernel.play(*cells)[1].status == "cached"
    kernel.run("%%step b\nguard.acquire()\ny = 1")
    assert kernel.value("guard.locked()") is True


LIVE = {
    "a generator": (
        "g = (i for i in range(3))",
        "total = sum(g)",
        "input g is a generator",
        "list",
    ),
    "an open file": ("f = open('d.txt')", "text = f.read()", "input f is an open file", "open it"),
    "a cursor": (
        "import sqlite3\nc = sqlite3.connect(':memory:').execute('SELECT 1')",
        "row = c.fetchone()",
        "input c is a live sqlite3.Cursor",
        "open it in the step",
    ),
    "a socket": (
        "import socket\ns = socket.socket()",
        "n = s.fileno() >= 0",
        "input s is a socket",
        "open it in the step",
    ),
    "a widget that takes up outputs": (
        "import ipywidgets as w\no = w.VBox([w.Output()])",
        "with o.children[0]:\n    print(1)",
        "input o is a widget that takes up outputs",
        "make it in the step",
    ),
    "a file that is mapped": (
        "import mmap\nm = mmap.mmap(-1, 4)",
        "n = len(m)",
        "input m is a mapped file",
        "open it in the step",
    ),
    "a function of a connection": (
        "import sqlite3\nk = sqlite3.connect(':memory:')\nk.create_function('f', 0, lambda: 1)",
        "n = k.execute('SELECT f()').fetchone()[0]",
        "input k is an sqlite3.Connection with functions of its own",
        "open it in the step",
    ),
}


@pytest.mark.parametrize("case", LIVE)
def test_what_moves_on_when_it_is_used_runs_each_time_and_says_what_to_do(
    case: str, kernel: Kernel
) -> None:
    making, using, told, todo = LIVE[case]
    Path(kernel.folder / "work" / "d.txt").write_text("abc")
    for _ in range(2):
        made, used = kernel.play(making, f"%%step use\n{using}")
        assert made.reply["status"] == used.reply["status"] == "ok", used.traceback
        assert used.status == "completed"
        assert told in used.said and todo in used.said, used.said
        kernel.fresh()


TWO_FRAMES = (
    "from PIL import Image, TiffImagePlugin\n"
    "pages = [Image.new('RGB', (8, 8), color) for color in ('black', '{}')]\n"
    "tags = TiffImagePlugin.ImageFileDirectory_v2()\ntags[270] = '{}'\n"
    "pages[0].save('i.gif', save_all=True, append_images=pages[1:])\n"
    "pages[0].save('i.tif', tiffinfo=tags)\n"
    "pages[0].save('i.jpg', quality={})\n"
)
ONE, OTHER = TWO_FRAMES.format("red", "aaa", 50), TWO_FRAMES.format("blue", "bbb", 90)
IMAGES = {
    "its next frame": ("i.gif", "im.seek(1)\nv = im.convert('RGB').getpixel((0, 0))", "im.tell()"),
    "its next frame, in a list": (
        "i.gif",
        "held[0].seek(1)\nv = held[0].convert('RGB').getpixel((0, 0))",
        "held[0] is im, im.tell()",
    ),
    "its tags": ("i.tif", "v = im.tag_v2[270]", "bool(im.tile)"),
    "its tables": ("i.jpg", "v = im.quantization[0][:3]", "im.draft('L', (2, 2)), im.size"),
    "its pixels, too": (
        "i.jpg",
        "v = im.quantization[0][:3], im.getpixel((0, 0))",
        "im.draft('L', (2, 2)), im.size, im.fp",
    ),
}
"""What a step asks of an image: of which file, how, and what a later cell asks."""


@pytest.mark.parametrize("case", IMAGES.values(), ids=IMAGES)
def test_an_image_of_a_file_counts_by_all_that_is_in_it(
    case: tuple[str, str, str], own: Kernel
) -> None:
    file, asks, told = case
    opens = f"im = Image.open('{file}')\nheld = [im]"
    plain = []
    for files in (ONE, OTHER):
        own.play(files, opens, asks)
        plain.append((own.value("v"), own.value(told)))
        own.restart()
    for status, files, expected in (
        ("completed", ONE, plain[0]),
        ("cached", ONE, plain[0]),
        ("completed", OTHER, plain[1]),
    ):
        asked = own.play(files, opens, f"%%step a\n{asks}")[-1]
        assert asked.status == status, asked.said
        assert (own.value("v"), own.value(told)) == expected
        own.restart()


def test_an_image_of_a_file_that_a_step_changes_otherwise_is_not_kept(own: Kernel) -> None:
    for _ in range(2):
        played = own.play(ONE, "im = Image.open('i.jpg')", "%%step a\nim.thumbnail((2, 2))")
        assert "not kept: im is an image that is read from its file: load() and copy() it" in (
            played[-1].said
        )
        assert own.value("im.size, im.quantization[0][0]") == ((2, 2), 16)
        own.restart()
    makes = "%%step a\nim = Image.open('i.jpg')\nim.thumbnail((2, 2))\nim = im.copy()"
    assert [own.play(ONE, makes)[-1].status for _ in range(2)] == ["completed", "cached"]
