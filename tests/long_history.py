"""The long forms of the history's loops: ``python -m tests.long_history`` (about two minutes).

The suite runs the same loops in a shorter form; here are 200 kills and 5,000 interrupts.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.faults.test_history_faults_kills import interrupt_at_random, kill_at_random


def main() -> None:
    """Run each loop in full and say how long it took; an AssertionError ends it."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        kill_at_random(Path(folder, "kills"), rounds=200)
        print(f"200 kills: nothing lost, {time.monotonic() - began:.0f} s")
        for batch in range(5):
            began = time.monotonic()
            interrupt_at_random(Path(folder, f"stops-{batch}"), times=1_000)
            print(f"1,000 interrupts: nothing stuck, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
