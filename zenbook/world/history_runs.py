"""Runs, their steps and the numbers of versions: on record from their first moment.

Constraints
    - A run is a row with status ``running`` before its first step; whatever happens to the
      process, the next one that looks finds it and calls it ``interrupted``.
    - Order is the row number. Ids begin with the time so that they sort for people, and end with
      random digits so that two processes never share one.
    - ``begin_run``, ``set_step`` and ``close_run`` are plain transactions of 40-70 µs: cheap
      enough not to batch, so nothing waits to be lost at a kill. What they write changes nothing
      that a key finds, and is written aside.
    - If the file is deleted or rebuilt while a run is under way, the run is put back.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zenbook.core.shape import are_one_version
from zenbook.errors import NoRoom, StoreFault
from zenbook.model import Run, Shape, Status, StepRun, Version
from zenbook.world.history_ledger import Ledger
from zenbook.world.history_order import Columns
from zenbook.world.history_process import Owner, owner
from zenbook.world.history_queries import (
    as_object,
    count_runs,
    find_run,
    page_of_runs,
    pinned_runs,
    place_of,
    versions_of,
)
from zenbook.world.history_rows import json_ready, shape_to_json
from zenbook.world.history_run_rows import (
    UnderWay,
    close,
    count_up,
    insert_lines,
    insert_run,
    insert_step,
    insert_tags,
    interrupt,
    plain,
)
from zenbook.world.history_standing import Standing
from zenbook.world.notice import notice_once
from zenbook.world.ports import Clock


class Runs:
    """The part of history that tells what happened when."""

    _ledger: Ledger

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._columns = Columns()
        self._under_way: dict[str, UnderWay] = {}
        self._ended: dict[str, UnderWay] = {}
        """The last of each pipeline, which may be opened again."""
        self._owner: Owner | None = None
        self._standing = Standing(self._ledger)
        self._ledger.renewed = self._put_back

    # ------------------------------------------------------------ versions

    def version(self, pipeline: str, shape: Shape) -> Version:
        """Find the shape's version in this pipeline, also where that is of its notebook or script;
        or give it the next number."""
        find = (
            "SELECT number, created FROM version "
            "WHERE pipeline = ? AND digest = ? AND length(body) > 2"
        )
        wanted = (pipeline, shape.digest)
        row = self._ledger.read(lambda connection: connection.execute(find, wanted).fetchone())
        if row is not None:
            return Version(pipeline, row[0], shape, row[1])
        for version in reversed(self.versions(pipeline)):
            if are_one_version(shape, version.shape):
                return version
        body = json.dumps(shape_to_json(shape)).encode()

        def number(connection: sqlite3.Connection) -> Version:
            row = connection.execute(
                "UPDATE version SET body = ? WHERE pipeline = ? AND digest = ? "
                "RETURNING number, created",
                (body, *wanted),
            ).fetchone()
            if row is not None:  # Another process was first, or its text had been forgotten.
                return Version(pipeline, row[0], shape, row[1])
            given = count_up(connection, f"version:{pipeline}")
            created = self._clock.now()
            connection.execute(
                "INSERT INTO version VALUES (?, ?, ?, ?, ?)",
                (pipeline, given, shape.digest, created, body),
            )
            return Version(pipeline, given, shape, created, is_new=True)

        return self._ledger.write(number)

    def versions(self, pipeline: str) -> Sequence[Version]:
        """All versions of a pipeline, by number."""
        question = ("versions", pipeline)
        return self._standing.ask(question, lambda connection: versions_of(connection, pipeline))

    # ------------------------------------------------------------ a run's life

    def begin_run(
        self,
        pipeline: str,
        version: int | None,
        parameters: Mapping[str, str],
        *,
        name: str = "",
        tags: Sequence[str] = (),
        note: str = "",
        origin: str = "",
        lines: Sequence[StepRun] = (),
    ) -> Run:
        """Put a run on record with these lines, status ``running``, from its first moment."""
        me, now = self._me(), self._clock.now()
        row: dict[str, Any] = {
            "id": _new_id(now),
            "pipeline": pipeline,
            "version": version,
            "name": plain(name),
            "parameters": json.dumps(json_ready(parameters)),
            "started": now,
            "note": plain(note),
            "origin": plain(origin),
            "node": me.node,
            "boot": me.boot,
            "pid": me.pid,
            "born": me.born,
        }
        steps = {line.step: line for line in lines}
        run = UnderWay(row, tuple(sorted(set(map(plain, tags)))), steps)
        number = self._ledger.write(lambda connection: insert_run(connection, run), aside=True)
        self._under_way[row["id"]] = run
        return Run(
            id=row["id"],
            pipeline=pipeline,
            version=version,
            number=number,
            name=row["name"],
            status="running",
            parameters=dict(parameters),
            started=now,
            ended=None,
            tags=run.tags,
            note=row["note"],
            origin=row["origin"],
        )

    def set_step(self, run: str, step: StepRun) -> None:
        """Insert or replace one step's line of a run (by its name)."""
        if run in self._under_way:
            self._under_way[run].lines[step.step] = step
        self._write_of(run, lambda connection: insert_step(connection, run, step))

    def close_run(self, run: str, status: Status, version: int | None = None) -> None:
        """Close a run; a step of it that is still running counts as interrupted. ``running``
        opens the last closed run of its pipeline again."""
        closed = (status, self._clock.now(), version, run)
        reopens = status == "running"
        if reopens and run in self._ended:
            self._under_way[run] = self._ended.pop(run)
        way = self._under_way.get(run)
        if way is not None:
            way.closed = None if reopens else closed
        self._write_of(run, lambda connection: close(connection, closed))
        if way is not None and not reopens:
            self._end(run)

    def end_run(self, run: str, status: Status, version: int | None = None) -> Run:
        """Close a run; it comes back with its steps."""
        self.close_run(run, status, version)
        ended = self._ledger.read(lambda connection: find_run(connection, run))
        if ended is None:
            raise StoreFault(f"the run {run} was forgotten as it ended")
        return ended

    def annotate(
        self,
        run: str,
        *,
        metrics: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
        note: str | None = None,
        name: str | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        """Add metrics and tags to a run, or replace its note, name or parameters."""
        given = None if parameters is None else json.dumps(json_ready(parameters))
        if given is not None and run in self._under_way:
            self._under_way[run].row["parameters"] = given

        def change(connection: sqlite3.Connection) -> bool:
            row = connection.execute("SELECT metrics FROM run WHERE id = ?", (run,)).fetchone()
            if row is None:
                return False
            connection.execute(
                "UPDATE run SET note = coalesce(?, note), name = coalesce(?, name), "
                "parameters = coalesce(?, parameters), metrics = ? WHERE id = ?",
                (
                    None if note is None else plain(note),
                    None if name is None else plain(name),
                    given,
                    json.dumps({**as_object(row[0]), **json_ready(metrics or {})}),
                    run,
                ),
            )
            insert_tags(connection, run, tags)
            return True

        self._write_of(run, change)

    def _write_of(self, run: str, work: Callable[[sqlite3.Connection], object]) -> None:
        """Write something of a run, which must be there. What cannot be written now of a run that
        is under way is written with the next that can."""
        try:
            found = self._ledger.write(work, aside=True)
        except StoreFault:
            self._ledger.must_renew |= run in self._under_way
            raise
        if not found:
            raise StoreFault(f"there is no run {run} in the history")

    # ------------------------------------------------------------ questions

    def runs(
        self,
        *,
        pipeline: str | None = None,
        tag: str | None = None,
        status: Status | None = None,
        search: str = "",
        limit: int = 100,
        offset: int = 0,
        order: str = "",
        descending: bool = False,
    ) -> Sequence[Run]:
        """Newest first or by a column, with their steps. Each word of ``search`` must occur."""
        self.settle()

        def page(connection: sqlite3.Connection) -> Sequence[Run]:
            stamp = self._ledger.stamp()

            def sort(newest: Sequence[int]) -> Sequence[int]:
                return self._columns.in_order(connection, stamp, newest, order, descending)

            return page_of_runs(
                connection,
                pipeline=pipeline,
                tag=tag,
                status=status,
                search=search,
                limit=limit,
                offset=offset,
                sort=sort if order else None,
            )

        return self._ledger.read(page)

    def pinned(self) -> frozenset[str]:
        """Ids of the runs whose results are never evicted."""
        return self._ledger.read(pinned_runs)

    def count(
        self,
        *,
        pipeline: str | None = None,
        tag: str | None = None,
        status: Status | None = None,
        search: str = "",
    ) -> int:
        """How many runs match; none of them is loaded."""
        self.settle()
        return self._ledger.read(
            lambda connection: count_runs(
                connection, pipeline=pipeline, tag=tag, status=status, search=search
            )
        )

    def run(self, id: str) -> Run | None:
        """By id, by a unique id prefix, or as ``pipeline:number``; ``latest`` is the newest."""
        self.settle()
        return self._ledger.read(lambda connection: find_run(connection, id))

    def place_of(self, run: str) -> tuple[str, int] | None:
        """The pipeline of a run and its number there, by its whole id; None if it is forgotten."""
        return self._standing.ask(("place", run), lambda connection: place_of(connection, run))

    # ------------------------------------------------------------ the dead

    def settle(self) -> None:
        """Call runs whose process is gone ``interrupted``; tell once of a history that cannot."""
        try:
            dead = self._ledger.read(self._dead)
            if (dead or self._ledger.must_renew) and self._ledger.writable:
                self._ledger.write(lambda connection: interrupt(connection, dead))
        except NoRoom:
            return  # who has something to write tells of it; reading goes on
        except StoreFault as error:
            notice_once(f"history {self._ledger.path}", f"The history cannot be used now: {error}")

    def _dead(self, connection: sqlite3.Connection) -> Sequence[int]:
        me, now = self._me(), self._clock.now()
        rows = connection.execute(
            "SELECT sequence, started, node, boot, pid, born FROM run WHERE status = 'running'"
        )
        return [row[0] for row in rows if not Owner(*row[2:]).lives(me, now - row[1])]

    def _me(self) -> Owner:
        if self._owner is None or self._owner.pid != os.getpid():
            self._owner = owner()
        return self._owner

    def _put_back(self, connection: sqlite3.Connection) -> Callable[[], None]:
        """This process's own runs belong on record as they stand: after the file was begun anew,
        and after something of them could not be written."""
        closed = {id: run for id, run in self._under_way.items() if run.closed is not None}
        for id, run in self._under_way.items():
            if find_run(connection, id) is None:
                insert_run(connection, run)
            else:
                insert_lines(connection, run)
            if run.closed is not None:
                close(connection, run.closed)

        def written() -> None:
            for id in closed:
                self._end(id)

        return written

    def _end(self, run: str) -> None:
        way = self._under_way.pop(run, None)
        if way is not None:
            of = way.row["pipeline"]
            others = {id: one for id, one in self._ended.items() if one.row["pipeline"] != of}
            self._ended = {**others, run: way}


def _new_id(now: float) -> str:
    """Time to the second for people, then 40 random bits: ``20260131-142501-3f9a2c1b07``."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(min(max(now, 0.0), 253402300799.0)))
    return f"{stamp}-{os.urandom(5).hex()}"
