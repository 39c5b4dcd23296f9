"""Drivers: who executes a step's body. In this process, or awaited; a notebook cell has its own.

A driver advances a passage to its yield, runs the body, and sends back what it gave. Retries
are the driver's: a passage sees one execution.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from zenbook.core.source_shown import Noted, noting_dropped
from zenbook.engine.desk import Desk
from zenbook.engine.dropped import chosen, dropped
from zenbook.engine.mishap import users_lines
from zenbook.engine.passage import Execute, Passage, Ran, passage
from zenbook.engine.sitting import Sitting
from zenbook.errors import StepError
from zenbook.model import Call, Options, Outcome

_metrics: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar(
    "zenbook_metrics", default=None
)

Namer = Callable[[Any], Mapping[str, Any]]
"""Turns what a body returned into outputs by name; raises StepError if their number is off."""


def perform(call: Call, sitting: Sitting, desk: Desk, named: Namer) -> Outcome:
    """Take a call through the path in this process; a coroutine body is run to its end."""
    if call.is_async:
        outcome: Outcome = run_coroutine(perform_async(call, sitting, desk, named))
        return outcome
    way = passage(call, sitting, desk)
    try:
        order = next(way)
        return _finish(way, _run(order, desk, named))
    except StopIteration as stop:
        return settle(stop.value, call, desk)


async def perform_async(call: Call, sitting: Sitting, desk: Desk, named: Namer) -> Outcome:
    """The same path where the body has to be awaited."""
    way = passage(call, sitting, desk)
    try:
        order = next(way)
    except StopIteration as stop:
        return settle(stop.value, call, desk)
    return _finish(way, await _run_async(order, desk, named))


def settle(outcome: Outcome, call: Call, desk: Desk) -> Outcome:
    """Replay what a hit showed when it ran, as far as the step's ``replay`` says."""
    if shown := to_replay(outcome, call.options):
        desk.capture.replay(shown)
    return outcome


_TEXTS = ("stream", "print")


def to_replay(outcome: Outcome, options: Options) -> list[Mapping[str, Any]]:
    """The displays of a hit that are to be shown again."""
    if options.replay == "none":
        return []
    texts = options.replay == "all"
    return [shown for shown in outcome.displays if texts or shown.get("kind") not in _TEXTS]


def add_metrics(metrics: Mapping[str, Any]) -> bool:
    """Record metrics with the step that runs now; False if none does."""
    current = _metrics.get()
    if current is None:
        return False
    current.update(metrics)
    return True


@contextmanager
def collecting_metrics() -> Iterator[dict[str, Any]]:
    """Where :func:`zenbook.log` writes while a step's body runs."""
    metrics: dict[str, Any] = {}
    token = _metrics.set(metrics)
    try:
        yield metrics
    finally:
        _metrics.reset(token)


@contextmanager
def seeding(call: Call, desk: Desk) -> Iterator[Callable[[], str]]:
    """Where a body runs: with its own random states if the step says ``seed``.

    Call the result after the block: why the draws are not repeatable, "" if they are.
    """
    if call.options.seed is None:
        yield str
        return
    with desk.randomness.seeding(call.options.seed) as unsure:
        yield unsure


def run_coroutine(coroutine: Any) -> Any:
    """Run a coroutine to its end, also where a loop runs already (a notebook)."""
    import asyncio  # costs 30 ms, which a process without coroutines need not pay

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(contextvars.copy_context().run, asyncio.run, coroutine).result()


def _run(order: Execute, desk: Desk, named: Namer) -> Ran:
    assert order.call.body is not None
    for left in range(order.call.options.retries, -1, -1):
        started = desk.clock.tick()
        with _listening(order.call, desk) as said:
            try:
                result = order.call.body(**order.values)
            except BaseException as error:
                if left and isinstance(error, Exception):
                    continue
                seconds = desk.clock.tick() - started
                return Ran({}, seconds, users_lines(error), metrics=said.metrics)
        return _ran(result, desk.clock.tick() - started, named, said, order, desk)
    raise AssertionError("a body is run at least once")


async def _run_async(order: Execute, desk: Desk, named: Namer) -> Ran:
    assert order.call.body is not None
    for left in range(order.call.options.retries, -1, -1):
        started = desk.clock.tick()
        with _listening(order.call, desk) as said:
            try:
                result = await order.call.body(**order.values)
            except BaseException as error:
                if left and isinstance(error, Exception):
                    continue
                seconds = desk.clock.tick() - started
                return Ran({}, seconds, users_lines(error), metrics=said.metrics)
        return _ran(result, desk.clock.tick() - started, named, said, order, desk)
    raise AssertionError("a body is run at least once")


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """What a body says beside its result: metrics, what it drops, and whether its seed held."""

    metrics: Mapping[str, Any]
    noted: Noted
    unsure: Callable[[], str]


@contextmanager
def _listening(call: Call, desk: Desk) -> Iterator[_Said]:
    with (
        collecting_metrics() as metrics,
        seeding(call, desk) as unsure,
        noting_dropped(chosen) as noted,
    ):
        yield _Said(metrics, noted, unsure)


def _ran(result: Any, seconds: float, named: Namer, said: _Said, order: Execute, desk: Desk) -> Ran:
    try:
        values = named(result)
    except StepError as error:
        return Ran({}, seconds, error, metrics=said.metrics)
    more = dropped(said.noted, values, order, desk)
    obstacles = (unsure,) if (unsure := said.unsure()) else ()
    return Ran({**values, **more}, seconds, metrics=said.metrics, obstacles=obstacles)


def _finish(way: Passage, ran: Ran) -> Outcome:
    try:
        way.send(ran)
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome
    raise AssertionError("a passage executes its body once")
