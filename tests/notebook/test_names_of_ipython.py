"""``_``, ``__version__``, ``In``: once a step binds a name that IPython or Python has, it is bound
by a hit, too, and IPython treats it as after a run."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel, without_steps

BOUND = {
    "a loop's variable that nobody needs": ["%%step s\nfor _ in range(3): b = 1", "_ + b"],
    "one that stands for the very object it stood for": [
        "%%step a\n1 + 1",
        "%%step s\nfor _ in range(3): b = 1",
        "5",
        "_ + b",
    ],
    "a part of a tuple": ["%%step s\n_, b = 1, 2", "%%step t\n_ + b", "7", "_"],
    "all that are kept": ["%%step s\n_, __, b = 1, 2, 3", "7", "(_, __, ___, b)"],
    "a translation": [
        "%%step s\nimport gettext\n_ = gettext.gettext",
        "def f(): return _('a')",
        "%%step t\nf() + _('b')",
        "5",
        "_('c')",
    ],
    "a closed file": ["%%step s\nwith open('f.txt', 'w') as _: _.write('x')", "_.closed"],
    "a walrus": ["%%step s\nif (_ := 9) > 3: b = 1", "%%step t\n5", "_"],
    "a comprehension's variable, which is its own": ["%%step s\nb = [_ for _ in 'ab']", "5", "_"],
    "a function that assigns it": ["def f():\n    global _\n    _ = 4", "%%step s\nf()", "5", "_"],
    "one that is deleted again": ["_ = 5", "%%step s\ndel _", "8", "_"],
    "its input": ["_ = [1]", "%%step s\nb = [*_, 2]\n_.append(3)", "(_, b)"],
    "one of the lists": ["%%step s\nIn = [1]\nOut = {}", "%%step t\nIn[0] + 1", "(In, Out)"],
    "a builtin's name": ["%%step s\nopen = None", "%%step t\ndel open", "open"],
    "a name of Python's kind": [
        "%%step s\n__version__ = str(1)\n__all__ = ['x']",
        "%%step t\n__version__ + '2'",
        "__version__, __all__",
        "%%step u\ndel __version__",
        "'__version__' in globals()",
    ],
    "history": ["%%step s\n5", "%%step t\n_ + 1", "%%step u\n_ * 2", "(_, __, ___)"],
    "what cannot be kept": ["%%step s\n_ = (i for i in 'ab')\nb = 2", "b"],
    "what an input holds": ["a = [[1]]", "%%step s\n_ = a[0]\nb = 2", "_.append(b)", "a"],
    "what the inputs hold apart": [
        "import numpy as np\na = memoryview(bytearray(8))",
        "%%step s\n_ = np.frombuffer(a, dtype=np.uint8)\nb = 2",
        "b",
    ],
}


@pytest.mark.parametrize("case", BOUND)
def test_a_hit_binds_names_that_ipython_has_as_a_run_does(case: str, kernel: Kernel) -> None:
    cells = BOUND[case]
    plain = [(cell.result, cell.error) for cell in kernel.play(*without_steps(cells))]
    for again in (False, True, True):
        kernel.fresh()
        played = kernel.play(*cells)
        assert [(cell.result, cell.error) for cell in played] == plain
        if again:
            assert {cell.status for cell in played if cell.line} == {"cached"}, played[-1].said


def test_the_part_of_a_picture_that_nobody_looks_at_is_not_kept(kernel: Kernel) -> None:
    pytest.importorskip("matplotlib")
    cells = ["import matplotlib.pyplot as plt", "%%step s\n_ = plt.title('a')\nplt.close()"]
    for status in ("completed", "cached"):
        assert kernel.play(*cells)[-1].status == status
        kernel.fresh()
    assert kernel.ask("__import__('zenbook').runs()[0].steps['s'].outputs") == "outputs: none"


def test_such_names_are_no_outputs_that_people_see(kernel: Kernel) -> None:
    first = kernel.run("%%step\nb, _ = 1, 2")
    assert first.said.startswith("✓ b ") and "_" not in first.said.split("·")[-2]
