"""A pipeline function: calling it composes it, finds or makes its version, and runs it."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zenbook.core.naming import name_of_function, valid_name
from zenbook.engine.compose import Composition, composing, composition_of
from zenbook.engine.desk import open_desk
from zenbook.engine.handles import RunHandle
from zenbook.engine.notes import checked_run_name, checked_tags
from zenbook.engine.pipelines import Wish, plan_composition, run_composition
from zenbook.errors import OptionError
from zenbook.front.script.function import StepFunction
from zenbook.front.script.options import unknown
from zenbook.front.script.signature import Binder
from zenbook.model import Plan

_RUN_OPTIONS = ("enable_cache", "rerun", "name", "tags", "note")


class PipelineFunction:
    """What ``@pipeline`` makes of a function."""

    def __init__(self, function: Callable[..., Any], wish: Wish, name: str = "") -> None:
        functools.update_wrapper(self, function)
        self.__wrapped__ = function
        self.wish = wish
        what = "pipeline name"
        self.name = valid_name(name, what) if name else name_of_function(function, what)
        self.binder = Binder(function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compose and run. With a step among the arguments: bind, and wait for ``.run()``.

        Raises the error of the step that failed, with its own traceback.
        """
        if composing() is not None:
            return self.__wrapped__(*args, **kwargs)
        parameters = self.binder.bind(args, kwargs)
        bound = BoundPipeline(self, parameters)
        if any(isinstance(value, StepFunction) for value in parameters.values()):
            return bound
        return bound.run()

    def plan(self, *args: Any, enable_cache: bool | None = None, **kwargs: Any) -> Plan:
        """Every step's verdict, cause and expected seconds, without running any.

        The plain code in the pipeline's body runs: it is what wires the steps.
        """
        bound = BoundPipeline(self, self.binder.bind(args, kwargs))
        return bound.plan(enable_cache=enable_cache)

    def with_options(self, **options: Any) -> PipelineFunction:
        """The same pipeline with caching, run name, tags or note said for its next runs."""
        return PipelineFunction(self.__wrapped__, wish_from(self.wish, options), self.name)

    def compose(self, parameters: Mapping[str, Any]) -> Composition:
        """Wire the steps for these parameters: the plain code around them runs, no step does.

        Raises PipelineError.
        """
        with composition_of(self.name) as composer:
            result = self.binder.call(**parameters)
            plain = {n: v for n, v in parameters.items() if not isinstance(v, StepFunction)}
            return composer.finish(plain, result)

    def __repr__(self) -> str:
        return f"<pipeline {self.name}({', '.join(self.binder.names)})>"


@dataclass(frozen=True, slots=True)
class BoundPipeline:
    """A pipeline with its parameters, ready to run or to plan."""

    pipeline: PipelineFunction
    parameters: Mapping[str, Any]

    def run(self, **options: Any) -> RunHandle:
        """Run it; what is said here outranks what steps and pipeline say."""
        wish = wish_from(self.pipeline.wish, options)
        composition = self.pipeline.compose(self.parameters)
        for name in wish.rerun:
            if name not in (known := [node.name for node in composition.nodes]):
                raise OptionError(unknown("step", name, known))
        desk = open_desk()
        finished = run_composition(composition, replace(wish, origin=_origin()), desk)
        if finished.error is not None:
            raise finished.error
        return RunHandle(finished.run, desk, self.run)

    def plan(self, **options: Any) -> Plan:
        """What running it now would do."""
        wish = wish_from(self.pipeline.wish, options)
        return plan_composition(self.pipeline.compose(self.parameters), wish, open_desk())


def wish_from(base: Wish, given: Mapping[str, Any]) -> Wish:
    """The base wish with the given options in their place. Raises OptionError."""
    for name, value in given.items():
        if name not in _RUN_OPTIONS:
            raise OptionError(unknown("option", name, _RUN_OPTIONS))
        if name == "enable_cache" and value not in (True, False, None):
            raise OptionError(f"enable_cache={value!r} is neither True nor False.")
    checks = {"tags": checked_tags, "rerun": _texts, "name": checked_run_name}
    checked = {name: check(given[name]) for name, check in checks.items() if name in given}
    return replace(base, **{**given, **checked})


def _texts(given: Any) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _origin() -> str:
    """The file that was started, by name only."""
    started = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(started).name if started else "interactive"
