"""A stand-in for ``sys.stdout`` is there for all who print to it, and holds nobody's stream."""

from __future__ import annotations

import gc
import io
import subprocess
import sys
import weakref

import pytest

from zenbook.world.unheard import beneath, unheard

PRINTING = """
import sys, threading, time
from zenbook.world.unheard import unheard

class Slow:
    def write(self, text):
        time.sleep(0)  # lets the other thread go on in the middle of a print
        return len(text)
    def flush(self):
        pass

sys.stdout, until = Slow(), time.monotonic() + 2
def chatter():
    while time.monotonic() < until:
        print("a", "b", "c", flush=True)
threads = [threading.Thread(target=chatter) for _ in range(2)]
for thread in threads:
    thread.start()
look = unheard(lambda: [object() for _ in range(20)])
sys.setswitchinterval(1e-6)
while time.monotonic() < until:
    look()
for thread in threads:
    thread.join()
sys.stdout = sys.__stdout__
print("done")
"""


def test_other_threads_print_while_somebody_looks() -> None:
    ran = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", PRINTING], capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout) == (0, "done\n"), ran.stderr[-2000:]


def test_what_is_printed_while_looking_is_left_out_of_any_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    streams = [io.StringIO() for _ in range(40)]
    for stream in (*streams, *streams):
        monkeypatch.setattr(sys, "stdout", stream)
        print("heard")
        unheard(lambda: print("unheard"))()
        assert sys.stdout is stream
        unheard(lambda stream=stream: beneath(sys.stdout) is stream or pytest.fail("another"))()
    assert {stream.getvalue() for stream in streams} == {"heard\nheard\n"}


def test_a_stream_goes_when_its_owner_lets_it_go(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        unheard(lambda: print("unheard"))()
    gone = weakref.ref(stream)
    del stream
    gc.collect()
    assert gone() is None
