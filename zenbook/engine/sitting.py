"""Where a call takes place: its run, and what was said about caching there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zenbook.model import Options


@dataclass(frozen=True, slots=True)
class Sitting:
    """The run a call takes part in, and how its outcome is to be handed over.

    ``run_cache`` is what was said at run time, ``pipeline_cache`` what the pipeline's decorator
    says; None means "not said". ``lazy`` leaves the outputs of a hit as references.
    ``rebinds`` is true where a changed input is put back by binding names anew (a cell); a
    plain function's caller needs the very object changed.
    """

    pipeline: str = ""
    run: str = ""
    run_cache: bool | None = None
    pipeline_cache: bool | None = None
    lazy: bool = False
    rebinds: bool = False
    patience: float = 600.0
    """Seconds to wait for another process that computes the same key."""
    waiting: Callable[[], object] = bool
    """Called before such a wait, to tell somebody."""


LOOSE = Sitting()
"""A step called outside any pipeline."""


def disabled_by(sitting: Sitting, options: Options) -> str:
    """Who switched caching off: ``run``, ``step``, ``pipeline``; "" if it is on.

    Precedence, as in ZenML's text: run time > step > pipeline > on.
    """
    for who, said in (
        ("run", sitting.run_cache),
        ("step", options.enable_cache),
        ("pipeline", sitting.pipeline_cache),
    ):
        if said is not None:
            return "" if said else who
    return ""
