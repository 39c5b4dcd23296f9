"""Actions over sample runs: what a kernel would answer, without one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.view import pictures, samples
from zenbook.core.run_order import places, value_of
from zenbook.core.view import NotebookNow, StoreStatus
from zenbook.errors import UsageError
from zenbook.front.actions import Done
from zenbook.model import Plan, Record, Run, Version


class FakeActions:
    """Keeps what it was asked to do in ``log``."""

    def __init__(self, runs: Sequence[Run] = samples.RUNS) -> None:
        self.held = list(runs)
        self.log: list[str] = []
        self.pins: set[str] = {"r-1"}
        self.records: dict[str, Record] = dict(samples.RECORDS)
        self.now: NotebookNow | None = pictures.notebook_now()

    def runs(
        self,
        *,
        search: str = "",
        status: str = "",
        limit: int = 100,
        offset: int = 0,
        order: str = "",
        descending: bool = False,
    ) -> tuple[Sequence[Run], int]:
        self.log.append(f"runs {offset} {limit} {search} {status}".rstrip())
        found = [
            run
            for run in self.held
            if search in f"{run.name} {run.pipeline} {run.note}" and status in ("", run.status)
        ]
        if order:
            values = [value_of(run, order) for run in found]
            found = [found[place] for place in places(values, descending)]
        return found[offset : offset + limit], len(found)

    def run(self, id: str) -> Run | None:
        if id == "latest":
            return self.held[0] if self.held else None
        return next((run for run in self.held if run.id == id), None)

    def versions(self, pipeline: str) -> Sequence[Version]:
        if pipeline == samples.EVIL:
            return [samples.hostile_version()]
        return [samples.VERSION_1, samples.VERSION_2]

    def record(self, id: str) -> Record | None:
        return self.records.get(id)

    def displays(self, record: Record) -> Sequence[Mapping[str, Any]]:
        return samples.EVENTS if record.step == "train" else ()

    def pinned(self) -> Collection[str]:
        return self.pins

    def store(self) -> StoreStatus:
        return pictures.store_status()

    def notebook(self) -> NotebookNow | None:
        return self.now

    def plan(self) -> Plan:
        return samples.PLAN

    def restore(self, run: str, step: str) -> Done:
        self.log.append(f"restore {run} {step}".rstrip())
        return Done(f"Restored {step or 'all outputs'} of {run}.")

    def run_from(self, step: str) -> Done:
        self.log.append(f"run_from {step}")
        return Done(f"Ran from {step}.")

    def pin(self, run: str, pinned: bool) -> Done:
        self.log.append(f"pin {run} {pinned}")
        (self.pins.add if pinned else self.pins.discard)(run)
        return Done("Pinned." if pinned else "No longer pinned.")

    def forget(self, run: str) -> Done:
        self.log.append(f"forget {run}")
        if self.run(run) is None:
            raise UsageError(f"run {run} is not in the history")
        self.held = [held for held in self.held if held.id != run]
        return Done(f"Forgot {run}.")

    def export(self) -> Done:
        self.log.append("export")
        return Done("Wrote train_digits.py.", "train_digits.py")

    def gc(self) -> Done:
        self.log.append("gc")
        return Done("Collected 412.9 kB.")


def many_runs(count: int) -> list[Run]:
    """Runs with parameters and metrics that differ."""
    return [
        replace(
            samples.RUN_3 if number % 7 == 0 else samples.RUN_1,
            id=f"m-{number}",
            number=number,
            name=f"run-{number}",
            tags=(),
            parameters={"gamma": f"{number % 90 / 10000:.4f}", "seed": "0"},
            metrics={"accuracy": round(0.9 + (number * 37 % 97) / 1000, 4)},
            started=samples.NOON - 60 * (count - number),
            ended=samples.NOON - 60 * (count - number) + 3 + number % 11,
        )
        for number in range(count, 0, -1)
    ]
