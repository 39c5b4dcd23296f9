"""The options of a step line, and displays: live while recorded, replayed in order."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.notebook.kernel import Kernel


def test_seed_makes_a_step_repeatable_and_leaves_the_outer_state(kernel: Kernel) -> None:
    kernel.run("import random\nimport numpy as np\nrandom.seed(1); np.random.seed(1)")
    kernel.run("expected = random.Random(1).random()")
    kernel.run("%%step a --seed 7\nx = (random.random(), float(np.random.rand()))")
    first = kernel.value("x")
    assert kernel.value("random.random() == expected") is True
    kernel.fresh()
    kernel.run("import random\nimport numpy as np")
    again = kernel.run("%%step a --seed 7 --force\nx = (random.random(), float(np.random.rand()))")
    assert again.status == "completed" and kernel.value("x") == first


@pytest.mark.parametrize(
    "body", ["x = random.random()\n1 / 0", "import asyncio\nawait asyncio.sleep(0)\nx = 1", "x ="]
)
def test_however_a_cell_ends_the_outer_state_is_put_back(body: str, kernel: Kernel) -> None:
    kernel.run("import random\nimport numpy as np\nrandom.seed(1); np.random.seed(1)")
    kernel.run("expected = random.Random(1).random(), np.random.RandomState(1).rand()")
    kernel.run(f"%%step a --seed 7\n{body}")
    assert kernel.value("(random.random(), np.random.rand()) == expected") is True
    drawn = "%%step b --seed 7\ny = random.random()"
    kernel.run(drawn)
    assert kernel.value("y == random.Random(7).random()") is True
    assert kernel.run(drawn).status == "cached", "no seed is left open beside it"


def test_a_hit_leaves_the_random_state_that_a_run_leaves(kernel: Kernel) -> None:
    cells = ["import random\nrandom.seed(3)", "%%step a\nx = random.random()", "random.random()"]
    cold = [cell.result for cell in kernel.play(*cells)]
    kernel.fresh()
    warm = kernel.play(*cells)
    assert warm[1].status == "cached" and [cell.result for cell in warm] == cold


def test_an_unseeded_draw_is_kept_and_said(tmp_path: Path) -> None:
    """In a process of its own: which cells have ever seeded is a fact of the process."""
    source = "%%step a\nimport random\nx = random.random()"
    kernel = Kernel(tmp_path)
    try:
        assert "unseeded random" in kernel.run(source).said
        value = kernel.value("x")
        kernel.restart()
        again = kernel.run(source)
        assert again.status == "cached" and "unseeded random" in again.said
        assert kernel.value("x") == value
    finally:
        kernel.stop()


def test_outputs_inputs_and_ignore(kernel: Kernel) -> None:
    kernel.run("a = 1; b = 2")
    source = "%%step s -o x --ignore b\nx = a + b\ny = x"
    kernel.run(source)
    kernel.run("b = 3; del x, y")
    again = kernel.run(source)
    assert again.status == "cached" and kernel.value("x") == 3
    assert "y" not in kernel.names()


def test_depends_version_ttl_and_no_cache(kernel: Kernel) -> None:
    Path(kernel.folder / "work" / "d.txt").write_text("1")
    source = "%%step s -d d.txt --version one\nx = 1"
    kernel.run(source)
    assert kernel.run(source).status == "cached"
    Path(kernel.folder / "work" / "d.txt").write_text("2")
    assert "d.txt changed" in kernel.run(source).said
    assert kernel.run(source.replace("one", "two")).status == "completed"
    expiring = "%%step t --ttl 0.2s\nz = 1"
    kernel.run(expiring)
    time.sleep(0.4)
    assert "expired" in kernel.run(expiring).said
    assert "cache disabled by step" in kernel.run("%%step t --no-cache\nz = 1").said


def test_pipeline_caching_is_outranked_by_the_steps(kernel: Kernel) -> None:
    kernel.run("%%step a\nx = 1")
    kernel.run("%pipeline --no-cache --quiet")
    assert "cache disabled by pipeline" in kernel.run("%%step a\nx = 1").said
    assert kernel.run("%%step a --enable-cache\nx = 1").status == "cached"


def test_replay_none_and_display(kernel: Kernel) -> None:
    body = (
        "\nfrom IPython.display import display\nprint('p')\ndisplay({'text/plain': 'd'}, raw=True)"
    )
    kernel.run("%%step a" + body)
    none = kernel.run("%%step a --replay none" + body)
    assert none.status == "cached" and not none.outputs
    rich = kernel.run("%%step a --replay display" + body)
    assert rich.displayed == ["d"] and rich.stream() == ""


def test_quiet_hides_the_line(kernel: Kernel) -> None:
    assert kernel.run("%%step a -q\nx = 1").line is None


def test_display_updates_get_fresh_ids_and_bars_are_replayed(kernel: Kernel) -> None:
    source = (
        "%%step a\nfrom IPython.display import display\nfrom tqdm import tqdm\n"
        "h = display('one', display_id=True)\nh.update('two')\ndel h\n"
        "for _ in tqdm(range(3)): pass\nx = 1"
    )
    first = kernel.run(source)
    again = kernel.run(source)
    ids = [
        [o["transient"]["display_id"] for o in cell.outputs if "display" in o["type"]]
        for cell in (first, again)
    ]
    assert again.status == "cached", again.said
    assert again.displayed == first.displayed == ["'one'", "'two'"]
    assert ids[1][0] == ids[1][1] != ids[0][0]
    assert "3/3" in again.stream("stderr")


def test_figures_are_in_the_record_and_not_registered_when_loaded(kernel: Kernel) -> None:
    source = (
        "%%step a\nimport matplotlib.pyplot as plt\nfig, ax = plt.subplots()\n_l = ax.plot([1, 2])"
    )
    kernel.run("%matplotlib inline")
    first = kernel.run(source)
    kernel.fresh()
    kernel.run("%matplotlib inline")
    again = kernel.run(source)
    assert again.status == "cached", again.said
    shown = [o for o in again.outputs if "display" in o["type"]]
    assert [o["data"].keys() for o in shown] == [
        o["data"].keys() for o in first.outputs if "display" in o["type"]
    ]
    assert shown and "image/png" in shown[0]["data"]


def test_fault_75_two_kernels_on_one_notebook_share_results(kernel: Kernel) -> None:
    kernel.run("%%step a\nx = 1")
    other = Kernel(kernel.folder)
    try:
        cell = other.run("%%step a\nx = 1")
        assert cell.status == "cached" and cell.said.endswith("notebook v1 draft run 2")
        assert kernel.run("%%step b\ny = x").said.endswith("run 1")
    finally:
        other.stop()


def test_fault_30_a_kernel_killed_in_a_step_leaves_an_interrupted_run(kernel: Kernel) -> None:
    other = Kernel(kernel.folder)
    other.send("%%step a\nopen('begun', 'w').close()\nimport time\ntime.sleep(60)")
    until = time.monotonic() + 60
    while not (kernel.folder / "work" / "begun").exists() and time.monotonic() < until:
        time.sleep(0.1)
    other.kill()
    statuses = kernel.value("[r.status for r in __import__('zenbook').runs()]")
    assert statuses == ["interrupted"]
    assert kernel.run("%%step a\nimport time\nx = 1").status == "completed"


def test_the_line_stands_again_after_a_cell_cleared_its_output(kernel: Kernel) -> None:
    source = "%%step a\nfrom IPython.display import clear_output\nclear_output()\nprint('b')\nx = 1"
    first = kernel.run(source)
    again = kernel.run(source)
    assert (first.status, again.status) == ("completed", "cached")
    for cell in (first, again):
        assert cell.order == ["line", "clear_output", "stream", "line"], cell.order


def test_a_clearing_that_waits_for_output_leaves_the_line(kernel: Kernel) -> None:
    source = "%%step a\nfrom IPython.display import clear_output\nprint('b')\n{}\nx = 1"
    waits = source.format("clear_output(wait=True)")
    assert kernel.run(waits).order == ["line", "stream", "clear_output", "line again"]
    assert kernel.run(waits).order == ["line", "stream", "clear_output"]


@pytest.mark.parametrize(
    "body",
    ["exec('x' + ' = y + 1')", "x = eval('y' + '+ 1')", "globals()['x' + ''] = y + 1"],
    ids=["exec", "eval", "globals"],
)
def test_code_that_may_reach_any_name_is_kept_with_inputs(body: str, kernel: Kernel) -> None:
    kernel.run("import threading\nlock = threading.Lock()\ny = 1")
    source = f"%%step a --inputs y\n{body}\nz = 2"
    assert kernel.run(source).status == "completed"
    kernel.run("unrelated = 3\ndel x, z")
    again = kernel.run(source)
    assert again.status == "cached", again.said
    assert kernel.value("(x, z)") == (2, 2)
    assert "its whole module counts" not in again.said
    kernel.run("y = 5")
    assert kernel.run(source).status == "completed" and kernel.value("x") == 6


def test_with_inputs_a_helper_that_calls_exec_counts_by_its_code_alone(kernel: Kernel) -> None:
    helper = "def double(text, v):\n    d = {'v': v}\n    exec(text, d)\n    return d['r'] + plus"
    source = "%%step a -i k,text\ny = double(text, k)"
    kernel.play(helper, "k, plus, other, text = 3, 1, 1, 'r = v * 2'")
    first = kernel.run(source)
    assert "double() calls exec(): only what --inputs names counts" in first.said
    for unnamed in ("other = 2", "plus = 2"):
        kernel.run(unnamed)
        assert kernel.run(source).status == "cached"
    for change, why in {
        "text = 'r = v * 3'": "text",
        helper + " + 1": "double() changed",
    }.items():
        kernel.run(change)
        again = kernel.run(source)
        assert again.status == "completed" and why in again.said
    assert kernel.value("y") == 12
    kernel.run("other = 3")
    unsaid = source.replace(" -i k,text", "")
    assert "its whole module counts" in kernel.run(unsaid).said


def test_a_rerun_of_a_step_that_changed_its_input_says_why_and_how_to_rewind(
    kernel: Kernel,
) -> None:
    source = "%%step a\nx.append(2)\nn = len(x)"
    first = kernel.play("x = [1]", source)[-1]
    assert "to rewind" not in first.said and "changes x in place" in first.said
    again = kernel.run(source)
    assert again.status == "completed" and kernel.value("x") == [1, 2, 2]
    assert "x [1]→[1, 2]" in again.said
    assert "run the cell that makes x to rewind" in again.said
    assert kernel.play("x = [1]", source)[-1].status == "cached"


def test_a_local_module_edited_under_autoreload_runs_its_step_again(kernel: Kernel) -> None:
    module = kernel.folder / "work" / "zb_local.py"
    module.write_text("def rate():\n    return 1\n")
    kernel.run("%load_ext autoreload\n%autoreload 2")
    kernel.run("import sys\nsys.path.insert(0, '')\nimport zb_local")
    source = "%%step a\nx = zb_local.rate()"
    assert [kernel.run(source).status for _ in range(2)] == ["completed", "cached"]
    module.write_text("def rate():\n    return 22\n")
    again = kernel.run(source)
    kernel.run("%autoreload 0\nsys.path.remove('')\ndel sys.modules['zb_local']")
    assert again.status == "completed" and kernel.value("x") == 22, again.said
    assert "rate() changed" in again.said


def test_what_autoreload_looks_at_of_zenbook_is_nothing_that_a_step_reads(own: Kernel) -> None:
    own.run("%load_ext autoreload\n%autoreload 2")
    (own.folder / "work" / "in.txt").write_text("1")
    said = own.run("%%step a\nimport colorsys\nx = open('in.txt').read()").said
    shown = str(own.run("%zenbook show 1 a").outputs)
    assert "first run" in said and "read in.txt" in shown
    assert "zenbook/core" not in shown and "zenbook/engine" not in shown


def test_timeit_inside_a_step_is_a_part_of_its_record(kernel: Kernel) -> None:
    source = "%%step a\nw = 3\n%timeit -n2 -r1 w + 1\nv = w"
    first = kernel.run(source)
    kernel.fresh()
    again = kernel.run(source)
    assert (first.status, again.status) == ("completed", "cached"), again.said
    assert "per loop" in again.stream() and again.stream() == first.stream()


@pytest.mark.parametrize("how", ["last_expr", "none", "last_expr_or_assign"])
def test_an_interactivity_leaves_out_and_underscores_as_plain(how: str, kernel: Kernel) -> None:
    seen = []
    for first in ("# plain", "%%step a", "%%step a"):
        kernel.fresh()
        kernel.run(f"get_ipython().ast_node_interactivity = '{how}'")
        cell = kernel.run(f"{first}\nx = 3\nx + 1\nx + 2")
        shown = [o["data"]["text/plain"] for o in cell.outputs if o["type"] == "execute_result"]
        out = kernel.value("list(Out.values())")
        seen.append((shown, out, kernel.value("(_, __, ___)")))
    kernel.quietly("get_ipython().ast_node_interactivity = 'last_expr'")
    assert cell.status == "cached", cell.said
    assert seen[0] == seen[1] == seen[2]


UNTOLD = (
    "import os\nfor n in ('COLAB_JUPYTER_IP', 'JPY_SESSION_NAME'):\n    os.environ.pop(n, None)"
)
COLAB = """
import os, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
class Sessions(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'[{"name": "my%20study.ipynb", "path": "fileId=1"}]')
    def log_message(self, *told): pass
server = HTTPServer(("127.0.0.1", 0), Sessions)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["COLAB_JUPYTER_IP"] = "127.0.0.1"
os.environ["KMP_TARGET_PORT"] = str(server.server_port)
"""


@pytest.mark.parametrize(
    "told",
    [
        "__vsc_ipynb_file__ = '/somewhere/my study.ipynb'",
        "__session__ = '/somewhere/my study.ipynb'",
        "# Parameters\nPAPERMILL_INPUT_PATH = 'my study.ipynb'",
        COLAB,
        "import os; os.environ['JPY_SESSION_NAME'] = '/somewhere/my study.ipynb'",
    ],
    ids=["VS Code", "a front end's variable", "papermill", "Colab", "Jupyter Server"],
)
def test_a_front_end_tells_the_notebooks_name(told: str, kernel: Kernel) -> None:
    kernel.run(told)
    cell = kernel.run("%%step a\nq = 1")
    kernel.quietly(UNTOLD)
    assert "my_study v1 draft run 1" in cell.said


def test_a_front_end_that_does_not_answer_costs_a_second_once_and_no_name(kernel: Kernel) -> None:
    kernel.run("import os; os.environ.update(COLAB_JUPYTER_IP='127.0.0.1', KMP_TARGET_PORT='9')")
    began = time.monotonic()
    cell = kernel.run("%%step a\nq = 1")
    kernel.quietly(UNTOLD)
    assert time.monotonic() - began < 5
    assert cell.said.endswith("notebook v1 draft run 1") and "network" not in cell.said


FIGURES = {
    "a name last": "fig, ax = plt.subplots()\nc = 3\nc",
    "the figure last": "print(1)\nfig, ax = plt.subplots()\nfig",
    "a text last": "fig, ax = plt.subplots()\n'text'",
    "a value that is kept": "fig, ax = plt.subplots()\nax.plot([1])",
    "a figure that was shown": "fig, ax = plt.subplots()\nplt.show()\nc = 3\nc",
}


def test_a_figure_stands_where_a_plain_cell_shows_it(own: Kernel) -> None:
    given = "%matplotlib inline\nimport matplotlib.pyplot as plt"
    for case, body in FIGURES.items():
        own.run(given)
        plain = own.run(body).order
        for status in ("completed", "cached", "cached"):
            ran = own.run(f"%%step s\n{body}")
            shown = [kind for kind in ran.order if not kind.startswith("line")]
            assert (case, ran.status, shown) == (case, status, plain)
