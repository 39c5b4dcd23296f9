"""Faults of the catalogue, met in a real kernel: results that are odd, and Stop at any instant."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest

from tests.notebook.kernel import Cell, Kernel

LIVING = {
    "a generator": "v = (i for i in range(3))",
    "a coroutine": "async def co(): pass\nv = co()",
    "a lock": "import threading\nv = threading.Lock()",
    "a socket": "import socket\nv = socket.socket()\nv.close()",
    "a connection": "import sqlite3\nv = sqlite3.connect(':memory:')",
    "an open file": "v = open('/dev/null')",
    "a memmap on a temporary file": (
        "import numpy as np, tempfile\n"
        "v = np.memmap(tempfile.NamedTemporaryFile(), dtype='u1', mode='w+', shape=(4,))"
    ),
    "a match": "import re\nv = re.match(b'a', bytearray(b'a'))",
    "a thread": "import threading\nv = threading.Thread(target=print)",
    "one inside a list": "import threading\nv = [1, {'k': threading.Lock()}]",
}


@pytest.mark.parametrize("case", LIVING)
def test_fault_67_what_lives_is_not_kept_and_the_line_names_the_variable(
    case: str, kernel: Kernel
) -> None:
    for _ in range(2):
        cell = kernel.run(f"%%step a\nn = 1\n{LIVING[case]}")
        assert cell.status == "completed", cell.traceback
        assert "not kept: v" in cell.said, cell.said
        assert kernel.value("n") == 1
        kernel.quietly("getattr(v, 'close', int)()")  # else a coroutine says that nobody awaited it
    kernel.quietly("v = None")


def test_fault_67_a_figure_is_kept(kernel: Kernel) -> None:
    source = "%%step a\nimport matplotlib.figure\nv = matplotlib.figure.Figure()"
    assert [kernel.run(source).status for _ in range(2)] == ["completed", "cached"]


DEEP = {
    "nesting": "v = []\nfor _ in range(10_000): v = [v]",
    "a linked list": (
        "class Node:\n    def __init__(self, rest): self.rest = rest\n"
        "v = None\nfor _ in range(5_000): v = Node(v)"
    ),
    "a dict in itself": "v = {}\nv['v'] = v",
}


@pytest.mark.parametrize("case", DEEP)
def test_fault_68_deep_values_are_right_or_not_kept_and_the_kernel_lives(
    case: str, kernel: Kernel
) -> None:
    source = f"%%step a\n{DEEP[case]}"
    depth = (
        "n, w, seen = 0, v, set()\nwhile id(w) not in seen and w not in (None, []):\n"
        "    seen.add(id(w))\n    n += 1\n"
        "    w = getattr(w, 'rest', None) if hasattr(w, 'rest') else"
        " w['v'] if isinstance(w, dict) else w[0]"
    )
    counted = []
    for _ in range(2):
        cell = kernel.run(source)
        assert cell.status == "cached" or "not kept: v" in cell.said or not counted, cell.said
        kernel.run(depth.replace("w not in (None, [])", "w is not None and w != []"))
        counted.append(kernel.value("n"))
        kernel.fresh()
    assert counted[0] == counted[1] > 0


def test_fault_69_values_like_nothing_are_real_hits(kernel: Kernel) -> None:
    source = (
        "%%step a\nimport numpy as np, pandas as pd\nn, nan, dots = None, float('nan'), ...\n"
        "ni, frame, zero = NotImplemented, pd.DataFrame(), np.array(5)\nempty = ()"
    )
    kernel.run(source)
    kernel.fresh()
    assert kernel.run(source).status == "cached"
    assert kernel.value("(n, repr(nan), dots is ..., ni is NotImplemented, empty)") == (
        None,
        "nan",
        True,
        True,
        (),
    )
    assert kernel.value("(frame.empty, zero.shape, zero.item())") == (True, (), 5)


@pytest.mark.parametrize("error", ["SystemExit", "KeyboardInterrupt", "BaseException", "OSError"])
def test_fault_70_a_value_that_raises_while_it_is_kept_costs_only_its_keeping(
    error: str, kernel: Kernel
) -> None:
    kernel.run(f"class Odd:\n    def __getstate__(self): raise {error}('no')")
    for _ in range(2):
        cell = kernel.run("%%step a\nv = Odd()\nn = 1")
        assert cell.reply["status"] == "ok", cell.traceback
        assert cell.status == "completed" and "not kept" in cell.said, cell.said
        assert kernel.value("(n, type(v).__name__)") == (1, "Odd")
    assert kernel.run("%%step b\nm = 2").status == "completed"


def _stopped(kernel: Kernel, source: str, after: float = 0.7) -> tuple[Cell, float]:
    """A cell that is stopped, and how long it took to stop."""
    message = kernel.send(source)
    time.sleep(after)
    kernel.interrupt()
    began = time.monotonic()
    cell = kernel.finish(message, timeout=60)
    return cell, time.monotonic() - began


@pytest.mark.parametrize("awaits", ["", "import asyncio\nawait asyncio.sleep(0)\n"])
def test_fault_71_stop_ends_the_keeping_of_a_value_that_hangs(awaits: str, kernel: Kernel) -> None:
    kernel.run(
        "import time\nclass Hangs:\n    def __reduce__(self):\n"
        "        time.sleep(30)\n        return (int, ())"
    )
    cell, seconds = _stopped(kernel, f"%%step a\n{awaits}v = Hangs()\nn = 1")
    assert seconds < 2
    assert kernel.value("(n, type(v).__name__)") == (1, "Hangs")
    assert cell.status == "completed"
    assert "not kept: Stop came while it was kept" in cell.said, cell.said
    kernel.run("class Hangs: pass")
    again = kernel.run(f"%%step a\n{awaits}v = Hangs()\nn = 1")
    assert again.status == "completed" and "not kept before: Stop came while it was" in again.said
    assert kernel.run("%%step b\nm = 2").status == "completed"
    assert kernel.run("%%step a\nv = 1\nn = 1").status == "completed"


def test_fault_71_stop_ends_the_pickling_of_a_value_that_hangs(kernel: Kernel) -> None:
    """Its digest is made quickly, its bytes never."""
    kernel.run(
        "import time, sys\nclass Hangs:\n    def __reduce__(self):\n"
        "        frame = sys._getframe()\n"
        "        while frame is not None:\n"
        "            if 'codec' in frame.f_code.co_filename: time.sleep(30)\n"
        "            frame = frame.f_back\n"
        "        return (int, ())"
    )
    cell, seconds = _stopped(kernel, "%%step a\nv = Hangs()\nn = 1")
    assert seconds < 2, cell.said
    assert kernel.value("n") == 1
    assert kernel.run("%%step b\nm = 2").status == "completed"


@pytest.mark.parametrize("where", ["input", "output"])
def test_fault_36_stop_ends_the_hashing_of_a_gigabyte(where: str, kernel: Kernel) -> None:
    """Text that takes a second to hash on a fast machine, beside arrays that take moments."""
    many = 8_000_000 if where == "input" else 3_000_000
    made = (
        "big = {'arrays': [np.full(2**22, float(n)) for n in range(24)],"
        f" 'texts': [f'text number {{n}} of many' for n in range({many})]}}"
    )
    kernel.run("import numpy as np")
    if where == "input":
        kernel.run(made)
        cell, seconds = _stopped(kernel, "%%step a\nn = len(big)", after=0.15)
    else:
        cell, seconds = _stopped(kernel, f"%%step a\n{made}", after=4.0)
    assert seconds < 2, (seconds, cell.said)
    if where == "input":
        assert cell.status == "interrupted" and "Stop came while its inputs" in cell.said, cell.said
    kernel.run("big = None")
    assert kernel.run("%%step b\nm = 2").status == "completed"


def test_fault_46_a_full_disk_is_said_once_and_what_it_kept_out_is_on_record_afterwards(
    own: Kernel,
) -> None:
    kernel = own.value("__import__('os').getpid()")
    own.run("%%step a\nx = 1")
    resource.prlimit(kernel, resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
    first, second, *others = [f"%%step s{n}\ny = b'y' * {n}" for n in (20_000, 1, 30_000, 1)]
    cells = [own.run(step) for step in (first, second, "%%step a\nx = 1", *others)]
    ran = [cell for cell in cells if cell.status != "cached"]
    assert [cell.status for cell in ran] == ["completed"] * 4 and ran == [*cells[:2], *cells[3:]]
    assert all("not kept: the store failed" in cell.said for cell in ran)
    said = "".join(cell.stream("stderr") for cell in cells)
    assert said.startswith("zenbook:1: StoreWarning: zenbook has no room to write in "), said
    assert said.count("\n") == 1 and "make room there" in said
    assert "run" not in cells[3].said.rpartition(" · ")[2]  # none that is on record
    looks = [own.run(line) for line in ("%runs", "%zenbook status", "%zenbook fsck", "%plan")]
    assert "1 kept output" in looks[1].result and looks[2].result.endswith("clean")
    assert [look.reply["status"] for look in looks] == ["ok"] * 4, [look.error for look in looks]
    assert "run" not in own.run("%pipeline").result.splitlines()[0]
    assert "No run on record has a step s1" in own.run("%why s1").traceback
    refused = own.run("%zenbook pin latest")
    assert refused.traceback.startswith("NoRoom: the history") and "zenbook/" not in (
        refused.traceback.replace(str(own.home), "")
    )
    resource.prlimit(kernel, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert own.value("[r.status for r in __import__('zenbook').runs()]") == ["completed"]
    again = [own.run("%%step s1\ny = b'y' * 1") for _ in range(2)]
    assert [cell.status for cell in again] == ["completed", "cached"]
    closed = own.value("[r.status for r in __import__('zenbook').runs()][1:]")
    assert closed == ["completed"] * 3  # also the run that began where there was no room


def test_fault_38_a_child_forked_in_a_step_shows_and_keeps_nothing_of_its_own(
    kernel: Kernel,
) -> None:
    source = (
        "%%step a\nimport os, sys\npid = os.fork()\nif pid == 0:\n    os._exit(3)\n"
        "status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])\ndel pid"
    )
    first = kernel.run(source)
    assert first.status == "completed" and kernel.value("status") == 3, first.said
    assert kernel.value("[len(r.steps) for r in __import__('zenbook').runs()]") == [1]


def test_fault_40_a_pool_in_a_step_leaves_one_record(kernel: Kernel) -> None:
    source = (
        "%%step a\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(4) as pool:\n    v = list(pool.map(str, range(20)))\ndel pool"
    )
    assert kernel.run(source).status == "completed"
    kernel.fresh()
    assert kernel.run(source).status == "cached" and kernel.value("len(v)") == 20


def test_fault_42_eight_threads_of_a_cell_run_steps_at_once(kernel: Kernel) -> None:
    kernel.run(
        "import threading, zenbook\n@zenbook.step\ndef square(n: int) -> int:\n    return n * n"
    )
    cell = kernel.run(
        "%%step all\nfound = {}\ndef work(n): found[n] = square(n)\n"
        "ts = [threading.Thread(target=work, args=(n,)) for n in range(8)]\n"
        "for t in ts: t.start()\nfor t in ts: t.join()\ndel ts, t"
    )
    assert cell.reply["status"] == "ok", cell.traceback
    assert kernel.value("found") == {n: n * n for n in range(8)}


def test_fault_43_what_a_thread_of_an_earlier_step_prints_is_in_no_other_record(
    kernel: Kernel,
) -> None:
    kernel.run(
        "%%step a\nimport threading, time\ndef late():\n"
        "    for _ in range(20):\n        time.sleep(0.02); print('late', flush=True)\n"
        "t = threading.Thread(target=late)\nt.start()"
    )
    source = "%%step b\nimport time\ntime.sleep(0.2)\nprint('mine')\nx = 1"
    kernel.run(source)
    kernel.run("t.join()")
    again = kernel.run(source)
    assert again.status == "cached" and again.stream() == "mine\n", again.said


def test_fault_44_a_step_that_runs_a_step_cell_waits_for_nobody(kernel: Kernel) -> None:
    inner = "%%step inner\\ny = 1"
    cell = kernel.run(f"%%step outer\nget_ipython().run_cell('{inner}')\nx = 2", timeout=20)
    assert cell.reply["status"] == "ok" and kernel.value("(x, y)") == (2, 1)


def test_fault_75_interleaved_kernels_have_unique_runs_and_rising_versions(
    kernel: Kernel,
) -> None:
    other = Kernel(kernel.folder)
    try:
        for number in range(4):
            for each in (kernel, other):
                assert each.run(f"%%step a\nx = {number}").status in ("completed", "cached")
    finally:
        other.stop()
    kernel.fresh()
    runs = kernel.value("[(r.id, r.number, r.version) for r in __import__('zenbook').runs()]")
    assert len({id for id, _, _ in runs}) == len(runs) == len({number for _, number, _ in runs})
    rising = [v for _, _, v in sorted(runs, key=lambda run: run[1]) if v is not None]
    first_seen = list(dict.fromkeys(rising))
    assert first_seen == sorted(first_seen)


def test_fault_76_a_moved_project_finds_its_results_and_looks_for_files_where_it_is(
    tmp_path: Path,
) -> None:
    cells = ["%%step a\nx = open('data.txt').read()"]
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        (folder / "work").mkdir(parents=True)
        (folder / "work" / "data.txt").write_text("one")
    kernel = Kernel(old)
    first = kernel.play(*cells)[-1]
    kernel.stop()
    (old / ".zenbook").rename(new / ".zenbook")
    (old / "person").rename(new / "person")
    kernel = Kernel(new)
    try:
        again = kernel.play(*cells)[-1]
        (new / "work" / "data.txt").write_text("two")
        changed = kernel.play(*cells)[-1]
        assert first.status == "completed" and again.status == "cached", again.said
        assert "data.txt changed" in changed.said and kernel.value("x") == "two"
    finally:
        kernel.stop()


def test_fault_84_looking_at_the_history_never_asks_a_result_to_show_itself(
    kernel: Kernel,
) -> None:
    called = kernel.folder / "called.txt"
    source = (
        "%%step a\nclass Result:\n"
        + "".join(
            f"    def {name}(self, *_, **__):\n"
            f"        open({str(called)!r}, 'a').write('{name} ')\n        return None\n"
            for name in ("_repr_html_", "_repr_png_", "_repr_mimebundle_", "_ipython_display_")
        )
        + "r = Result()"
    )
    assert kernel.run(source).status == "completed"
    kernel.fresh()
    assert kernel.run(source).status == "cached"
    for line in ("%runs", "%zenbook show latest", "%plan", "%zenbook status", "%zenbook diff 1 1"):
        assert kernel.run(line).reply["status"] == "ok", line
    assert not called.exists()
