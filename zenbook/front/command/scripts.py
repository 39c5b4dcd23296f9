"""Run or plan the pipeline of a script, without printing: what ``zenbook.run(FILE)`` is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zenbook.core.naming import nearest
from zenbook.engine.desk import open_desk
from zenbook.engine.handles import RunHandle
from zenbook.engine.pipelines import Finished, Wish, plan_composition, run_composition
from zenbook.errors import OptionError
from zenbook.front.command.parameters import refuse_unknown
from zenbook.front.command.target import PipelineLike, pipeline_of, target_of
from zenbook.model import Plan

if TYPE_CHECKING:
    from zenbook.engine.compose import Composition


def run_file(
    file: Path,
    pipeline: str,
    enable_cache: bool | None,
    rerun: tuple[str, ...],
    parameters: Mapping[str, Any],
) -> RunHandle:
    """Run a script's pipeline and give the run back; raises the error of a step that failed."""
    found = _found(file, pipeline)
    wish = replace(found.wish, enable_cache=enable_cache, rerun=rerun)
    finished = execute(found, _filled(found, parameters), wish, file.name)
    if finished.error is not None:
        raise finished.error
    return RunHandle(finished.run, open_desk())


def plan_file(
    file: Path, pipeline: str, enable_cache: bool | None, parameters: Mapping[str, Any]
) -> Plan:
    """What running a script's pipeline would do."""
    found = _found(file, pipeline, to_run=False)
    return foresee(found, _filled(found, parameters), enable_cache)


def execute(
    pipeline: PipelineLike, parameters: Mapping[str, Any], wish: Wish, origin: str
) -> Finished:
    """Compose and run with this wish; the error of a failed step is in what comes back."""
    composition = pipeline.compose(parameters)
    _check_steps(wish.rerun, composition)
    return run_composition(composition, replace(wish, origin=origin), open_desk())


def foresee(
    pipeline: PipelineLike, parameters: Mapping[str, Any], enable_cache: bool | None
) -> Plan:
    """Compose, which runs the body's plain code, and decide about every step without running it."""
    wish = replace(pipeline.wish, enable_cache=enable_cache)
    return plan_composition(pipeline.compose(parameters), wish, open_desk())


def _found(file: Path, pipeline: str, *, to_run: bool = True) -> PipelineLike:
    target = target_of(str(file))
    return pipeline_of(replace(target, pipeline=pipeline or target.pipeline), to_run=to_run)


def _filled(pipeline: PipelineLike, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters given as values, and the defaults of the others."""
    import inspect

    signature = inspect.signature(pipeline.__wrapped__)
    refuse_unknown(parameters, signature, pipeline.name)
    bound = signature.bind(**parameters)
    bound.apply_defaults()
    return dict(bound.arguments)


def _check_steps(names: tuple[str, ...], composition: Composition) -> None:
    known = [node.name for node in composition.nodes]
    for name in names:
        if name not in known:
            raise OptionError(f"{composition.pipeline} has no step {name}. {nearest(name, known)}")
