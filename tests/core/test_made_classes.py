"""Classes that a library makes at run time are what the library makes them of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LIBRARY = '''
import copyreg

class Making(type):
    """A metaclass whose classes hold a cache in an order that chance decides."""

    def __new__(mcl, name, **settings):
        space = {"__module__": None, "settings": settings, "cache": {}}
        for word in {"real", "positive", "even", "prime", "finite"}:
            space["cache"][word] = None
        return super().__new__(mcl, name, (), space)

    def __init__(cls, name, **settings):
        super().__init__(name, (), {})

def rebuild(name, settings):
    return Making(name, **settings)

copyreg.pickle(Making, lambda cls: (rebuild, (cls.__name__, cls.settings)))
'''
PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
from makinglib import Making
from zenbook import fingerprint
from zenbook.core.closure import CodeClosure
from zenbook.core.digest import Digester

f = Making("f")
def uses():
    return f()

told = [fingerprint(f), fingerprint([f()]), fingerprint(Making("f", real=True)), fingerprint(uses)]
closure = CodeClosure()
told += [part.digest for part in closure.uses(uses, None, Digester(closure)).parts]
print(*told)
"""


def _told(tmp_path: Path, seed: int) -> list[str]:
    package = tmp_path / "site-packages" / "makinglib"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text(LIBRARY)
    program = PROGRAM.format(folder=str(package.parent))
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={"PYTHONHASHSEED": str(seed), "PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_class_that_a_library_made_has_one_digest_in_every_process(tmp_path: Path) -> None:
    told = [_told(tmp_path, seed) for seed in (1, 2, 3)]
    assert told[0] == told[1] == told[2]
    assert len(set(told[0][:3])) == 3
