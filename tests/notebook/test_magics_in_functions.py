"""What magics and commands in functions read of the notebook, and what modules take of it."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

IN_FUNCTIONS = {
    "a command": "def f():\n    out = !echo {q}\n    return int(out.s)",
    "a command with a dollar": "def f():\n    out = !echo $q\n    return int(out.s)",
    "a call in a command": (
        "def g(): return q\ndef f():\n    out = !echo {g()}\n    return int(out.s)"
    ),
    "a method": (
        "class A:\n    def f(self):\n        out = !echo {q}\n        return int(out.s)\nf = A().f"
    ),
    "%time": "def f():\n    x = %time q\n    return x",
    "%timeit": "L = []\ndef f():\n    %timeit -n1 -r1 L.append(q)\n    return L.pop()",
    "%env": "import os\nos.environ['QQ'] = str(q)\ndef f():\n    x = %env QQ\n    return int(x)",
    "%run -i": "def f():\n    %run -i told.py\n    return get_ipython().user_ns['told']",
    "a computed command": ("cmd = 'echo {q}'\ndef f(): return int(get_ipython().getoutput(cmd).s)"),
    "an import of the program": "from plug import inner as f",
    "a name of the program": "from plug import taken as f",
    "the shell's names in a module": "import plug\ndef f(): return plug.of_shell('q')",
    "a module's command": "import plug\ndef f(): return int(plug.told('q').s)",
}
PLUG = """
from IPython import get_ipython
def inner():
    import __main__
    return __main__.q
def taken():
    from __main__ import q
    return q
def of_shell(name):
    return get_ipython().user_ns[name]
def told(name):
    return get_ipython().getoutput('echo {%s}' % name)
"""


@pytest.mark.parametrize("case", IN_FUNCTIONS)
def test_a_step_runs_where_a_name_in_a_function_s_magic_or_module_is_another(
    case: str, kernel: Kernel
) -> None:
    for number, status in ((1, "completed"), (1, "cached"), (2, "completed"), (2, "cached")):
        kernel.fresh()
        (kernel.folder / "work" / "plug.py").write_text(PLUG)
        (kernel.folder / "work" / "told.py").write_text("told = q")
        ran = kernel.play(f"q = {number}\n{IN_FUNCTIONS[case]}", "%%step s\ny = f()")[-1]
        assert (ran.status, kernel.value("y")) == (status, number), ran.said


def test_a_name_of_a_function_s_own_in_its_command_is_no_reason(kernel: Kernel) -> None:
    defines = "def f():\n    q = 7\n    out = !echo {q}\n    return int(out.s)"
    for number, status in ((1, "completed"), (2, "cached")):
        ran = kernel.play(f"q = {number}\n{defines}", "%%step s\ny = f()")[-1]
        assert (ran.status, kernel.value("y")) == (status, 7)
        kernel.fresh()
