"""What a module read when it was imported is a reason of the steps that use it from then on."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

FILE = (
    "import pathlib\nVALUE = int(pathlib.Path(__file__).parent.joinpath('a' + '.txt').read_text())"
)
TABLE = "TABLE = {}\n" + FILE
VARIABLE = "import os\nVALUE = int(os.environ['A_VALUE'])"
WITHIN = "%%step s\ndef f():\n    import conf\n    return conf.VALUE\ny = f()"
FROM = "%%step s\nfrom conf import TABLE, VALUE; y = VALUE"
DATA = "%%step s\nimport pickle\ny = pickle.loads(given).told()"
CLASS = "\nclass T:\n    def told(self): return VALUE"
GIVEN = "import conf, pickle\ngiven = pickle.dumps(conf.T())"
WAYS = {
    "in a function": (FILE, "", WITHIN),
    "in a statement": (TABLE, "", FROM),
    "before the step": (FILE, "import conf", WITHIN),
    "by another module": (FILE, "", WITHIN.replace("conf", "outer")),
    "for data": (FILE + CLASS, GIVEN, DATA),
    "a variable": (VARIABLE, "", WITHIN),
    "a variable before the step": (VARIABLE, "import conf", WITHIN),
    "a variable of a copy": (
        VARIABLE.replace("os.environ", "dict(os.environ)"),
        "import conf",
        WITHIN,
    ),
}


def play(kernel: Kernel, number: int, before: str, step: str) -> tuple[str, int, str]:
    """How the step went, and what it gave."""
    (kernel.folder / "work" / "a.txt").write_text(str(number))
    kernel.play(
        f"import sys, os\nsys.path.insert(0, '')\nos.environ['A_VALUE'] = '{number}'", before
    )
    went = kernel.run(step)
    return went.status, kernel.value("y"), went.said


@pytest.mark.parametrize(("text", "before", "step"), WAYS.values(), ids=WAYS)
def test_a_result_of_a_module_that_is_out_of_date_is_not_kept(
    text: str, before: str, step: str, own: Kernel
) -> None:
    (own.folder / "work" / "conf.py").write_text(text)
    (own.folder / "work" / "outer.py").write_text("from conf import VALUE")
    assert play(own, 1, before, step)[:2] == ("completed", 1)
    for _ in range(2):  # the module is in memory, as it was
        status, value, said = play(own, 2, before, step)
        assert (status, value) == ("completed", 1)
        assert "had read it: restart the kernel" in said
    for number, status in ((2, "completed"), (2, "cached"), (1, "cached")):
        own.restart()
        assert play(own, number, before, step)[:2] == (status, number)


def test_a_step_that_runs_again_in_one_kernel_has_the_reads_of_its_modules(own: Kernel) -> None:
    (own.folder / "work" / "conf.py").write_text(FILE)
    for step in (WITHIN, WITHIN.replace("y = f()", "y = f() + 0")):
        assert play(own, 1, "", step)[:2] == ("completed", 1)
    own.restart()
    assert play(own, 2, "", step)[:2] == ("completed", 2)


BODIES = {
    "computed": ("VALUE = {} * 1", "VALUE"),
    "held": ("class C:\n    VALUE = {}", "C.VALUE"),
    "decorated": ("def d(f): return lambda: f()\n@d\ndef g(): return {}", "g()"),
}
FUNCTION = {"plain": ("def g(): return {}", "g()")}


def run_each(kernel: Kernel, number: int) -> list[tuple[str, int]]:
    """How the step of each module went, and what it gave."""
    went = []
    kernel.run("import sys\nsys.path.insert(0, '')")
    for name, (text, asked) in {**BODIES, **FUNCTION}.items():
        (kernel.folder / "work" / f"zb_{name}.py").write_text(text.format(number))
        cell = (
            f"%%step {name}\ndef f():\n    import zb_{name} as it\n    return it.{asked}\ny = f()"
        )
        went.append((kernel.run(cell).status, kernel.value("y")))
    return went


def test_a_result_of_a_module_whose_text_has_changed_since_is_not_kept(own: Kernel) -> None:
    run_each(own, 1)
    assert run_each(own, 2) == [("completed", 1)] * 4
    assert run_each(own, 2) == [*[("completed", 1)] * 3, ("cached", 1)]
    own.restart()
    assert run_each(own, 2) == [("completed", 2)] * 4
    own.restart()
    assert run_each(own, 1) == [("cached", 1)] * 4
