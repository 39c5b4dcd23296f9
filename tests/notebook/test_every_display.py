"""Displays stream live while they are recorded, and a hit replays them in order."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Cell, Kernel

PROGRAMS = {
    "subprocess": "import subprocess\n_r = subprocess.run(['sh', '-c', 'echo out; echo err >&2'])",
    "os.system": "import os\n_r = os.system('echo out; echo err >&2')",
    "a descriptor": "import os\n_r = os.write(1, b'out\\n'), os.write(2, b'err\\n')",
    "much": "import subprocess\n_r = subprocess.run(['seq', '20000'])",
    "!cmd": "!echo out; echo err >&2",
}


def _shown(cell: Cell) -> list[tuple[str, object]]:
    return [
        (output["type"], output.get("text") or output.get("data") or output.get("wait"))
        for output in cell.outputs
    ]


def _twice(kernel: Kernel, body: str) -> tuple[Cell, Cell, Cell]:
    """A plain cell, the same as a step, and its hit after a restart."""
    plain = kernel.run(f"# plain\n{body}")
    kernel.fresh()
    first = kernel.run(f"%%step a\n{body}")
    kernel.fresh()
    again = kernel.run(f"%%step a\n{body}")
    assert (first.status, again.status) == ("completed", "cached"), (first.said, again.said)
    return plain, first, again


@pytest.mark.parametrize("case", PROGRAMS)
def test_what_programs_print_is_shown_again(case: str, kernel: Kernel) -> None:
    _, first, again = _twice(kernel, f"{PROGRAMS[case]}\nx = 1")
    for name in ("stdout", "stderr"):
        assert first.stream(name) == again.stream(name)
    assert len(again.stream()) == {"much": 108_894, "!cmd": len("out\r\nerr\r\n")}.get(case, 4)


def test_a_program_that_prints_at_its_very_end_is_heard_every_time(kernel: Kernel) -> None:
    for number in range(20):
        kernel.run(f"%%step a -q\nimport subprocess\n_r = subprocess.run(['echo', '{number}'])")
        again = kernel.run(
            f"%%step a -q\nimport subprocess\n_r = subprocess.run(['echo', '{number}'])"
        )
        assert again.stream() == f"{number}\n"


def test_warnings_and_logging_are_shown_again(kernel: Kernel) -> None:
    kernel.run("import logging, warnings\nlogging.basicConfig(level=10, force=True)")
    body = (
        "import logging, warnings\nlogging.debug('a line')\n"
        "warnings.warn('look out', stacklevel=1)\nx = 1"
    )
    plain, first, again = _twice(kernel, body)
    assert "DEBUG:root:a line" in again.stream("stderr")
    assert "UserWarning: look out" in again.stream("stderr")
    assert first.stream("stderr") == again.stream("stderr")
    assert plain.stream("stderr").count("\n") == again.stream("stderr").count("\n")


def test_a_frame_is_shown_again_as_html_and_as_text(kernel: Kernel) -> None:
    body = (
        "import pandas as pd\nfrom IPython.display import display\n"
        "df = pd.DataFrame({'a': [1, 2]})\ndisplay(df)\nprint('between')\ndf.a.sum()"
    )
    plain, first, again = _twice(kernel, body)
    assert _shown(plain) == _shown(first) == _shown(again)
    assert "<table" in again.outputs[0]["data"]["text/html"]


def test_a_bar_is_shown_again(kernel: Kernel) -> None:
    body = "from tqdm import tqdm\nfor _ in tqdm(range(3)): pass\nx = 1"
    _, first, again = _twice(kernel, body)
    assert "3/3" in again.stream("stderr") and first.stream("stderr") == again.stream("stderr")


def test_a_bar_that_is_a_widget_is_shown_again_as_it_was_at_the_end(kernel: Kernel) -> None:
    body = (
        "from tqdm.notebook import tqdm\nfrom ipywidgets import IntSlider\n"
        "from IPython.display import display\n"
        "for _ in tqdm(range(3), desc='a < b'): pass\ndisplay(IntSlider(3))\nx = 1"
    )
    _, _, again = _twice(kernel, body)
    assert again.displayed[0].startswith("a < b: 100% |██████████| 3/3 [00:00<00:00")
    assert again.displayed[1] == "IntSlider(value=3)"


def test_streams_displays_and_clearings_keep_their_order(kernel: Kernel) -> None:
    body = (
        "import sys\nfrom IPython.display import HTML, clear_output, display\n"
        "print('gone')\nclear_output(wait=True)\nprint('1')\ndisplay(HTML('<b>2</b>'))\n"
        "print('3', file=sys.stderr)\nsys.stderr.flush()\nprint('4')\nsys.stdout.flush()\n"
        "h = display('5', display_id='five')\nh.update('6')\ndel h\n7"
    )
    plain, first, again = _twice(kernel, body)
    assert _shown(plain) == _shown(first) == _shown(again)
    assert again.result == "7"


def test_display_ids_are_fresh_so_that_a_hit_never_updates_another_cells_display(
    kernel: Kernel,
) -> None:
    body = (
        "from IPython.display import display\nh = display(1, display_id=True)\nh.update(2)\ndel h"
    )
    _, first, again = _twice(kernel, body)
    ids = [[o["transient"]["display_id"] for o in cell.outputs] for cell in (first, again)]
    assert ids[0][0] == ids[0][1] and ids[1][0] == ids[1][1] and ids[0][0] != ids[1][0]


@pytest.mark.parametrize(
    ("shows", "updates"),
    [
        ("h = display(1, display_id=True)", "h.update(2)"),
        ("hs = {'h': [display(1, display_id=True)]}", "hs['h'][0].update(2)"),
        ("display(1, display_id='mine');", "update_display(2, display_id='mine')"),
    ],
)
def test_a_later_cell_updates_the_display_of_a_hit(
    kernel: Kernel, shows: str, updates: str
) -> None:
    cells = (
        "from IPython.display import display, update_display",
        f"%%step a\n{shows}",
        updates,
        f"%%step b\n{updates}",
    )
    first = kernel.play(*cells)
    kernel.fresh()
    again = kernel.play(*cells)
    shown = [
        [o["transient"]["display_id"] for cell in played for o in cell.outputs]
        for played in (first, again)
    ]
    assert all(len(ids) == 3 and len({*ids}) == 1 for ids in shown)
    assert (shown[0] == shown[1]) is ("mine" in shows)
    assert [cell.status for cell in again if cell.line] == ["cached", "cached"]


def test_text_of_a_step_that_a_thread_of_the_cell_calls_is_shown_again(kernel: Kernel) -> None:
    inner = "import zenbook\n@zenbook.step\ndef inner(x):\n    print('inner', x)\n    return x"
    outer = (
        "%%step a\nfrom concurrent.futures import ThreadPoolExecutor as Pool\n"
        "with Pool(1) as pool: r = list(pool.map(inner, [1, 2]))\ndel pool"
    )
    first = kernel.play(inner, outer)[-1]
    edited = kernel.play(inner, f"{outer}\ns = 1")[-1]  # its inner steps are hits
    kernel.fresh()
    again = kernel.play(inner, f"{outer}\ns = 1")[-1]
    assert (edited.status, again.status) == ("completed", "cached")
    assert first.stream() == edited.stream() == again.stream() == "inner 1\ninner 2\n"


def test_output_of_another_cells_thread_is_in_no_record(kernel: Kernel) -> None:
    kernel.run(
        "import threading, time\nfrom IPython.display import display\ngo_on = True\n"
        "def chatter():\n    while go_on:\n        print('chatter', flush=True)\n"
        "        display('shown')\n        time.sleep(0.01)\n"
        "t = threading.Thread(target=chatter); t.start()"
    )
    body = "%%step a\nimport time\ntime.sleep(0.2)\nprint('mine')\nx = 1"
    first = kernel.run(body)
    kernel.run("go_on = False\nt.join()")
    again = kernel.run(body)
    assert first.status == "completed" and again.status == "cached", again.said
    assert again.stream() == "mine\n" and not again.displayed


def test_text_beyond_a_megabyte_is_live_and_kept_with_a_mark(kernel: Kernel) -> None:
    body = "%%step a\nfor n in range(300_000): print(n, 'some text')\nx = 1"
    first = kernel.run(body)
    again = kernel.run(body)
    assert "299999 some text" in first.stream() and "not kept" not in first.stream()
    assert again.status == "cached" and again.stream().startswith("0 some text\n1 some text\n")
    assert len(again.stream()) < 1_000_200
    assert again.stream().endswith("[zenbook: output beyond 1 MB was not kept]\n")
    assert "output beyond 1 MB was not kept" in first.said


def test_displays_beyond_ten_megabytes_are_live_and_kept_with_a_mark(kernel: Kernel) -> None:
    body = (
        "%%step a\nfrom IPython.display import HTML, display\ndisplay(HTML('small'))\n"
        "display(HTML('z' * 11_000_000))\nx = 1"
    )
    first = kernel.run(body)
    again = kernel.run(body)
    assert [len(o["data"].get("text/html", "")) for o in first.outputs] == [5, 11_000_000]
    assert again.status == "cached", again.said
    assert again.outputs[0]["data"]["text/html"] == "small"
    assert "[zenbook: a display of 11.0 MB was not kept]" in again.displayed[1]
    assert "displays beyond 10 MB were not kept" in again.said


def test_a_live_widget_is_kept_as_its_text(kernel: Kernel) -> None:
    body = (
        "import ipywidgets\nfrom IPython.display import display\n"
        "display(ipywidgets.IntSlider(value=3))\nx = 1"
    )
    plain, first, again = _twice(kernel, body)
    live = "application/vnd.jupyter.widget-view+json"
    assert live in plain.outputs[0]["data"] and live in first.outputs[0]["data"]
    assert list(again.outputs[0]["data"]) == ["text/plain"]
    assert again.displayed == ["IntSlider(value=3)"]


INTO_A_WIDGET = (
    "import ipywidgets\nfrom IPython.display import clear_output, display\n"
    "def live():\n    out, other = ipywidgets.Output(), ipywidgets.Output()\n    display(out)\n"
    "    with other: print('besides')\n"
    "    for n in range(3):\n        with out:\n            clear_output(wait=n > 0)\n"
    "            print('inside', n)\n            display(n)\n"
    "print('before')\nlive()\nprint('after')\nx = 1"
)


@pytest.mark.parametrize("end", ["", "\nclear_output()\nprint('last')"], ids=["", "cleared"])
def test_what_is_cleared_in_a_widget_is_no_clearing_of_the_cell(kernel: Kernel, end: str) -> None:
    _, first, again = _twice(kernel, INTO_A_WIDGET + end)
    assert "clear_output" in [kind for kind, _ in _shown(first)]
    shown = _shown(again)
    if end:
        assert shown[-2:] == [("clear_output", False), ("stream", "last\n")]
        shown = shown[:-2]
    kinds = [kind.partition("_")[0] for kind, _ in shown]
    assert kinds == ["stream", "display", "stream", "display", "stream"]
    assert again.stream().startswith("before\nbesides\ninside 2\nafter\n")
    assert again.displayed[1] == "2" and "Output" in again.displayed[0]


def test_a_bar_of_rich_leaves_what_stands_above_it(kernel: Kernel) -> None:
    _, _, again = _twice(
        kernel, "from rich.progress import track\nprint('above')\nx = sum(track(range(3)))"
    )
    assert again.stream() == "above\n"
    assert "clear_output" not in [kind for kind, _ in _shown(again)]
    assert len([text for text in again.displayed if "100%" in text]) == 1
    assert not [text for text in again.displayed if " 0%" in text]


def test_a_figure_is_an_output_and_shown_again_and_not_open_in_pyplot(kernel: Kernel) -> None:
    kernel.run("%matplotlib inline")
    body = (
        "%%step a\nimport matplotlib.pyplot as plt\nfig, ax = plt.subplots()\n_l = ax.plot([1, 2])"
    )
    first = kernel.run(body)
    kernel.fresh()
    again = kernel.run(body)
    kinds = [
        [set(o["data"]) for o in cell.outputs if o["type"] == "display_data"]
        for cell in (first, again)
    ]
    assert again.status == "cached" and "image/png" in kinds[1][0] and kinds[0] == kinds[1]
    assert kernel.value("plt.get_fignums()") == []
    assert kernel.value("fig.axes[0].lines[0].get_ydata().tolist()") == [1, 2]


@pytest.mark.parametrize("first", ["", "%%capture out\n"])
def test_a_value_is_kept_whether_capture_stands_above_or_not(kernel: Kernel, first: str) -> None:
    source = "%step a\n[3 + 1]"
    kernel.play(first + source)
    kernel.fresh()
    plain = kernel.play("77", source)[-1]
    assert (plain.status, plain.result, kernel.ask("(_, __)")) == ("cached", "[4]", "([4], 77)")
    kernel.fresh()
    kernel.play("77", f"%%capture out\n{source}")
    assert kernel.ask("(_, [each.data for each in out.outputs])") == "(77, [{'text/plain': '[4]'}])"


def test_capture_above_a_step_line_takes_its_output_run_and_hit(kernel: Kernel) -> None:
    source = "%%capture out\n%%step a\nprint('taken')\nx = 1"
    for _ in range(2):
        assert kernel.run(source).stream() == ""
        assert kernel.value("(out.stdout, x)") == ("taken\n", 1)
        kernel.run("del x, out")
    runs = "[[s.status for s in r.steps.values()] for r in __import__('zenbook').runs()]"
    assert kernel.value(runs) == [["cached"], ["completed"]]


@pytest.mark.parametrize("magic", ["%%time", "%%prun -q"])
def test_another_magic_above_a_step_line_runs_uncached_with_a_hint(
    magic: str, kernel: Kernel
) -> None:
    for _ in range(2):
        cell = kernel.run(f"{magic}\n%%step a\nx = 1")
        assert "put %%step on the first line" in cell.stream("stderr") and cell.line is None
        assert kernel.value("x") == 1
