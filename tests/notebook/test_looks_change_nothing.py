"""Values that change when they are looked at: zenbook's look is none that the notebook sees."""

from __future__ import annotations

import re

import pytest

from tests.notebook.kernel import Kernel

IMAGES = "from PIL import Image\nImage.new('RGB', (64, 64)).save('a.png')\n"
IMAGES += "Image.new('RGB', (64, 64), 'red').save('a.jpg')\n"
CASES = {
    "an image that is verified": (IMAGES, "v = Image.open('a.png')", "v.verify()", "v.tile == []"),
    "an image that is read in part": (
        IMAGES,
        "v = Image.open('a.jpg')",
        "v.draft('L', (8, 8))",
        "v.size",
    ),
    "a masked array": (
        "import numpy as np",
        "v = np.ma.array([1, 2], mask=[0, 1])",
        "w = v.astype(float).filled()",
        "float(w[1])",
    ),
    "a mock": (
        "from unittest.mock import MagicMock",
        "v = MagicMock()",
        "v(1)",
        "len(v.mock_calls)",
    ),
    "an answer that is not read": (
        "import io, requests",
        "v = requests.Response()\nv.raw = io.BytesIO(b'abc')",
        "w = v.raw.read()",
        "w",
    ),
}


@pytest.mark.parametrize("made_in", ["a step", "a plain cell"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_looked_at_is_as_it_would_be(
    case: tuple[str, str, str, str], made_in: str, own: Kernel
) -> None:
    first, makes, then, told = case
    own.play(first, makes, then)
    expected = own.value(told)
    own.restart()
    cells = (
        (f"%%step a\n{makes}",) if made_in == "a step" else (makes, "%%step b\nn = str(type(v))")
    )
    for _ in range(2):
        own.play(first, *cells, then)
        assert own.value(told) == expected
        own.restart()


def test_an_image_is_another_input_once_it_is_read(own: Kernel) -> None:
    step = "%%step a\nn = v.getpixel((1, 1))"
    own.play(IMAGES, "v = Image.open('a.jpg')", step)
    own.restart()
    played = own.play(IMAGES, "v = Image.open('a.jpg')", step)
    assert played[-1].status == "cached", played[-1].said
    own.restart()
    for status in ("completed", "cached"):
        played = own.play(IMAGES, "v = Image.open('a.jpg')\n_ = v.load()", step)
        assert played[-1].status == status, played[-1].said
        own.restart()
    other = IMAGES.replace("red", "blue")
    assert own.play(other, "v = Image.open('a.jpg')", step)[-1].status == "completed"


CATCHING = (
    "import traceback\ntry:\n    {}\nexcept BaseException:\n    print(traceback.format_exc())"
)
STACK = "print([(f.name, f.line) for f in traceback.extract_stack()[-7:]])"
LOGGING = "import logging, sys, traceback\nlog = logging.getLogger('deep')\nlog.propagate = False\n"
STANDING = {
    "a file that is asked for": CATCHING.format("import os; os.stat('nope')"),
    "a path that is asked for": CATCHING.format("import pathlib; pathlib.Path('no').stat()"),
    "a link that is read": CATCHING.format("import os; os.readlink('nope')"),
    "a folder that is made": CATCHING.format("import os; os.mkdir('a/b/c')"),
    "a variable": CATCHING.format("import os; os.environ['NOPE']"),
    "a module": CATCHING.format("import importlib; importlib.import_module('nopm')"),
    "a seed": CATCHING.format("import random; random.seed([])"),
    "an answer": CATCHING.format("input('name')"),
    "a formula": CATCHING.format("import pandas as p; p.DataFrame({'a': [1]}).query('b > 1')"),
    "a text that is none": CATCHING.format("import sys; sys.stdout.write(3)"),
    "a thread": CATCHING.format("import threading; t = threading.Thread(); t.start(); t.start()"),
    "a record that cannot be written": LOGGING
    + "log.handlers[:] = [logging.StreamHandler(sys.stdout)]\nlog.warning('x %s %s', 1)",
    "a handler": LOGGING
    + f"class Own(logging.Handler):\n    def emit(self, record): {STACK}\n"
    + "log.handlers[:] = [Own()]\nlog.warning('x')",
    "a filter": LOGGING
    + f"class Own:\n    def filter(self, record): {STACK}\n"
    + "log.filters[:] = [Own()]\nlog.warning('x')\nlog.filters.clear()",
    "a warning": "import traceback, warnings\n"
    f"def show(*args, **named): {STACK}\n"
    "with warnings.catch_warnings():\n    warnings.simplefilter('always')\n"
    "    warnings.showwarning = show\n    warnings.warn('x')",
}


@pytest.mark.parametrize("case", STANDING)
def test_nothing_of_zenbooks_stands_in_tracebacks_and_stacks(case: str, kernel: Kernel) -> None:
    def told(first: str) -> str:
        cell = kernel.run(f"{first}\n{STANDING[case]}")
        assert not cell.error, cell.traceback
        return re.sub(r"ipykernel_\d+/\d+", "cell", cell.stream() + cell.stream("stderr"))

    plain = told("# plain")
    kernel.fresh()
    assert told("%%step a") == plain != ""
    assert "zenbook" not in plain


PATHS = (
    "import os, shutil, sqlite3, subprocess\n"
    "class P:\n    def __init__(self, text): self.text, self.asked = text, 0\n"
    "    def __fspath__(self):\n        self.asked += 1\n        return self.text\n"
    "os.makedirs('there', exist_ok=True)"
)
ASKED = {
    "whether it is there": "os.path.exists(p)",
    "what it is": "os.stat(p), os.lstat(p)",
    "whether it may be read": "os.access(p, 4)",
    "where it leads": "os.path.islink(p)",
    "a folder that is made": "p.text = 'made'; os.mkdir(p); os.rmdir('made')",
    "a folder that is listed": "os.listdir(p)",
    "a folder that is cleared": "shutil.rmtree(p)",
    "a file that is opened": "p.text = 'f.txt'; open(p, 'w').close()",
    "a file that is copied": "open('g', 'w').close(); p.text = 'g'; shutil.copy(p, 'h')",
    "a database": "p.text = 'a.db'; sqlite3.connect(p).close()",
    "a program's folder": "_ = subprocess.run(['true'], cwd=p)",
    "a program's word": "_ = subprocess.run(['true', p])",
}


@pytest.mark.parametrize("case", ASKED)
def test_a_path_is_asked_for_its_text_by_the_program_only(case: str, kernel: Kernel) -> None:
    def asked(first: str) -> str:
        kernel.fresh()
        kernel.run(PATHS)
        cell = kernel.run(f"{first}\np = P('there')\n{ASKED[case]}\nprint(p.asked)")
        assert not cell.error, cell.traceback
        return cell.stream()

    assert asked("# plain") == asked("%%step a") == asked("%%step a") != "0\n"


def test_a_look_at_tables_of_polars_imports_no_pandas(own: Kernel) -> None:
    """pandas asks when it is imported whether it is in a notebook, and shows tables accordingly."""
    columns = "{'n': [1, None], 's': ['a', None], 'l': [[1], []], 'b': [True, None]}"
    cells = (
        f"import polars as pl\nt = pl.DataFrame({columns})",
        "%%step a\nu = t.with_columns(pl.lit('x'))\nu",
        "%%step b\nv = u, t",
    )
    for status in ("completed", "cached"):
        assert [cell.status for cell in own.play(*cells)[1:]] == [status] * 2
        assert own.value("'pandas' in __import__('sys').modules") is False
        own.restart()
