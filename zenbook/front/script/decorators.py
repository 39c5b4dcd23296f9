"""``@step`` and ``@pipeline``, with ZenML's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

from zenbook.engine.drivers import add_metrics
from zenbook.engine.notes import checked_metrics, checked_tags
from zenbook.engine.pipelines import Wish, current_logbook
from zenbook.errors import OptionError, UsageError
from zenbook.front.script.function import StepFunction
from zenbook.front.script.options import options_from
from zenbook.front.script.pipeline import PipelineFunction
from zenbook.model import Options
from zenbook.world import watch_imports, watch_memoized

watch_memoized.install()
watch_imports.install()  # before the modules that a script imports next to the decorators


@overload
def step(function: Callable[..., Any], /) -> StepFunction: ...
@overload
def step(*, name: str = "", **options: Any) -> Callable[[Callable[..., Any]], StepFunction]: ...
def step(function: Any = None, /, *, name: str = "", **options: Any) -> Any:
    """Make a function a step: its result is kept, and given back while nothing changed.

    Options: ``enable_cache`` (default: as the pipeline says), ``ttl`` (seconds or ``"12h"``),
    ``files`` (extra paths or globs it depends on), ``ignore`` (inputs that are no reason to run
    again), ``version`` (free text in the key), ``cache_func`` (called for one more part of the
    key), ``retries``, ``seed`` (seed ``random``, numpy and torch before the body, put their states
    back after; in the key), ``rng`` (whether the random states it finds count: ``auto``, ``key``,
    ``ignore``), ``replay`` (what a hit shows again: ``all``, ``display``, ``none``),
    ``force`` (run, and keep the new result), ``must_hit`` (MustHit instead of running), ``name``.
    ``depends`` is another word for ``files``. Raises OptionError for an unknown or malformed one.
    """
    checked = options_from(Options(), options)
    if function is None:
        return lambda decorated: step_from(decorated, checked, name)
    return step_from(function, checked, name)


def step_from(function: Any, options: Options, name: str) -> StepFunction:
    """The step function of anything callable. Raises OptionError for what is not."""
    if not callable(function):
        raise OptionError(f"@step is for functions, not for {type(function).__name__}.")
    return StepFunction(function, options, name)


@overload
def pipeline(function: Callable[..., Any], /) -> PipelineFunction: ...
@overload
def pipeline(
    *,
    name: str = "",
    enable_cache: bool | None = None,
    tags: tuple[str, ...] | list[str] = (),
    note: str = "",
) -> Callable[[Callable[..., Any]], PipelineFunction]: ...
def pipeline(
    function: Any = None,
    /,
    *,
    name: str = "",
    enable_cache: bool | None = None,
    tags: tuple[str, ...] | list[str] = (),
    note: str = "",
) -> Any:
    """Make a function a pipeline: calling it composes its steps, versions them and runs them.

    ``enable_cache`` counts for every step that does not say otherwise itself; what is said at
    run time (``.run(enable_cache=...)``) outranks both.
    """
    if enable_cache not in (True, False, None):
        raise OptionError(f"enable_cache={enable_cache!r} is neither True nor False.")
    wish = Wish(pipeline_cache=enable_cache, tags=checked_tags(tags), note=note)
    if function is None:
        return lambda decorated: pipeline_from(decorated, wish, name)
    return pipeline_from(function, wish, name)


def pipeline_from(function: Any, wish: Wish, name: str) -> PipelineFunction:
    """The pipeline of anything callable. Raises OptionError for what is not."""
    if not callable(function):
        raise OptionError(f"@pipeline is for functions, not for {type(function).__name__}.")
    return PipelineFunction(function, wish, name)


def log(**metrics: Any) -> None:
    """Record metrics with the step that runs now, else with the run that goes on.

    They are kept with the step's result, so that a hit brings them back. Values are numbers,
    texts, booleans or None. Raises UsageError outside steps and runs, OptionError for other values.
    """
    metrics = checked_metrics(metrics)
    if add_metrics(metrics):
        return
    logbook = current_logbook()
    if logbook is None:
        raise UsageError("zenbook.log(...) records with a step or a run, and none is going on.")
    logbook.annotate(metrics=metrics)
