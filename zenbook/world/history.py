"""History: what ran, what it left, and which numbers were given; append-only facts in SQLite.

The port :class:`zenbook.world.ports.History` in ``history.db``. Each concept has its own file:
the open file and who may write it (``history_ledger``), its tables and versions
(``history_schema``), what happens when it is damaged (``history_recovery``), signed records
(``history_records``), runs and versions (``history_runs``,
``history_run_rows``), questions about them
(``history_queries``), the JSON of all of it (``history_rows``), dead or alive
(``history_process``).

Measured on 2 cores, a record with ten parts: ``candidates`` 40 µs, 12 µs for one seen before in
this process, and the same among 1,000,000 records; ``add`` 100 µs; ``begin_run`` with ``end_run``
130 µs; ``set_step`` 50 µs.

Rejected: keeping all records in memory (a million of them take 6 GB); batching the lines of
hits (saves 0.8 ms of a cached 20-step run and loses them at a kill).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from zenbook.world.history_ledger import Ledger
from zenbook.world.history_records import Records
from zenbook.world.history_runs import Runs
from zenbook.world.ports import Clock

FILE = "history.db"
"""Name of the history's file in the zenbook folder."""


class SqliteHistory(Records, Runs):
    """The history of one zenbook folder.

    ``sign`` makes the signature of some bytes; ``verify`` raises Untrusted unless a signature is
    ours. ``patience`` is how many seconds another process's lock is waited for. Making one never
    raises: a history that cannot be used says so once, and raises StoreFault when used.
    Methods raise StoreFault and its kinds (Busy, NewerSchema, HomeError), and OptionError for an
    ambiguous run id.
    """

    def __init__(
        self,
        home: Path,
        sign: Callable[[bytes], str],
        verify: Callable[[bytes, str], None],
        clock: Clock,
        read_only: bool = False,
        patience: float = 2.0,
    ) -> None:
        self._ledger = Ledger(home / FILE, read_only=read_only, patience=patience)
        Records.__init__(self, sign, verify)
        Runs.__init__(self, clock)
        if not read_only:
            self.settle()

    @property
    def ledger(self) -> Ledger:
        """The open file, for upkeep."""
        return self._ledger

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        self._ledger.close()

    def stamp(self) -> object:
        """Equal to an earlier stamp only if nothing was written in between, by anybody, that
        changes what a key finds; what this process notes of its runs does not.

        Two looks at the disk (2 µs): every commit lengthens the log or, after a checkpoint,
        begins it anew with another time. After a commit SQLite is asked whose it was (10 µs).
        """
        return self._ledger.standing()
