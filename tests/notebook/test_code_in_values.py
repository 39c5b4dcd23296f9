"""Functions that a cell is given in a value: what they are counts, and what they change is seen."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

HELPER = "def plain(n):\n    calls.append(n)\n    return n\n"
CLASS = "class C:\n    def {}(self, n):\n        return plain(n)\n"
GIVEN = {
    "an lru_cache": f"from functools import lru_cache\n{HELPER}given = lru_cache(plain)",
    "a decorated function": f"from functools import lru_cache\n@lru_cache\n{HELPER}given = plain",
    "a partial": f"from functools import partial\n{HELPER}given = partial(plain)",
    "a list of functions": f"{HELPER}held = [plain]\ndef given(n):\n    return held[0](n)",
    "a function out of a table": f"{HELPER}given = {{'f': plain}}['f']",
    "a callable object": f"{HELPER}{CLASS.format('__call__')}given = C()",
    "a bound method": f"{HELPER}{CLASS.format('go')}given = C().go",
}


@pytest.mark.parametrize("text", GIVEN.values(), ids=GIVEN)
def test_an_edit_of_the_function_is_seen(text: str, kernel: Kernel) -> None:
    cell = "%%step use\nresult = given(3)"
    kernel.play("calls = []", text, cell)
    kernel.fresh()
    edited = text.replace("return n\n", "return n + 100\n")
    assert kernel.play("calls = []", edited, cell)[-1].status == "completed"
    assert kernel.value("result") == 103


@pytest.mark.parametrize("text", GIVEN.values(), ids=GIVEN)
def test_a_global_that_the_function_changes_is_as_after_a_run(text: str, kernel: Kernel) -> None:
    cells = (
        "calls = []",
        text,
        "%%step use\nresult = given(3)",
        "%%step after\nseen = list(calls)",
    )
    kernel.play(*cells)
    kernel.fresh()
    kernel.play(*cells)
    assert kernel.value("(result, calls, seen)") == (3, [3], [3])


def test_a_function_in_a_list_that_changes_nothing_is_kept(kernel: Kernel) -> None:
    cells = ("rates = [2, 3]", "held = [lambda n: n * rates[0]]", "%%step use\nx = held[0](4)")
    kernel.play(*cells)
    kernel.fresh()
    assert kernel.play(*cells)[-1].status == "cached"
    assert kernel.value("x") == 8


SETTING = "x = {}\ndef put():\n    global x\n    x = 5\njobs = [put]"
CALLING = "%%step s\ny = [job() for job in jobs]"


def test_a_name_that_an_inputs_function_binds_to_what_it_is_bound_to_is_bound_again(
    kernel: Kernel,
) -> None:
    kernel.play(SETTING.format(5), CALLING)
    kernel.fresh()
    kernel.play(SETTING.format(0), CALLING)
    assert kernel.value("x") == 5


def test_a_step_function_called_in_a_cell_binds_names_through_its_inputs_each_time(
    kernel: Kernel,
) -> None:
    running = "import zenbook\n@zenbook.step\ndef run(jobs):\n    return [job() for job in jobs]"
    for _ in range(2):
        kernel.play(SETTING.format(0), running, "run([put])")
        assert kernel.value("x") == 5
        kernel.fresh()


TABLE = "class P:\n    table = {}\n    def __init_subclass__(cls): P.table[cls.__name__] = cls"
THREAD = "import threading, numpy as np\nt = threading.Thread(target=print)"
PLOT = "import matplotlib.pyplot as plt\nf, axes = plt.subplots()"
CALM = {
    "a table of a class that holds its subclasses": (
        f"{TABLE}\nclass Q(P): pass",
        "names = sorted(P.table)\nmade = type(P.table['Q']()) is Q",
    ),
    "such a table filled by hand": (
        "class P: table = {}\nclass Q(P): pass\nP.table['Q'] = Q",
        "names = sorted(P.table)\nmade = type(P.table['Q']()) is Q",
    ),
    "a generator beside a thread, which holds the kernel's output": (
        f"{THREAD}\ng = np.random.default_rng(1)",
        "drawn = g.integers(0, 9, 3).tolist()",
    ),
    "bars of a figure": (
        f"{PLOT}\nb = axes.bar([1, 2], [3, 4])\nplt.close(f)",
        "heights = [int(one.get_height()) for one in b]",
    ),
    "a class that attrs has written": (
        "import attr\n@attr.s(auto_attribs=True)\nclass A:\n    x: int = 1",
        "a = A(3)\nprint(a)",
    ),
}


@pytest.mark.parametrize("case", CALM)
def test_a_step_that_changes_no_code_is_kept(case: str, kernel: Kernel) -> None:
    made, body = CALM[case]
    for status in ("completed", "cached"):
        kernel.fresh()
        assert kernel.play(made, f"%%step use\n{body}")[-1].status == status
