"""zenbook: a Jupyter notebook that behaves like a versioned, cached pipeline.

>>> from zenbook import step, pipeline

A step's result is kept and given back while nothing it depends on has changed; a pipeline's
runs and versions are on record; every step that ran says why. ``docs/guarantees.md`` says what
counts as a change.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "cli": "zenbook.front.command",
    "diff": "zenbook.engine.verbs",
    "errors": "zenbook.errors",
    "export": "zenbook.front.export",
    "fingerprint": "zenbook.core.digest",
    "forget": "zenbook.engine.upkeep",
    "fsck": "zenbook.engine.upkeep",
    "gc": "zenbook.engine.upkeep",
    "log": "zenbook.front.script.decorators",
    "pin": "zenbook.engine.upkeep",
    "pipeline": "zenbook.front.script.decorators",
    "plan": "zenbook.front.command",
    "restore": "zenbook.engine.verbs",
    "run": "zenbook.front.command",
    "runs": "zenbook.engine.verbs",
    "show": "zenbook.engine.verbs",
    "status": "zenbook.engine.upkeep",
    "step": "zenbook.front.script.decorators",
    "unpin": "zenbook.engine.upkeep",
    "why": "zenbook.engine.verbs",
}

__all__ = [*sorted(_HOME), "__version__", "load_ipython_extension"]

if TYPE_CHECKING:
    from zenbook.core.digest import fingerprint as fingerprint
    from zenbook.front.script.decorators import log as log
    from zenbook.front.script.decorators import pipeline as pipeline
    from zenbook.front.script.decorators import step as step


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: ``import zenbook`` itself stays light."""
    if name not in _HOME:
        raise AttributeError(f"module 'zenbook' has no attribute {name!r}")
    module = import_module(_HOME[name])
    value = module if _HOME[name] == f"zenbook.{name}" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext zenbook``: the step magics and everything that belongs to them."""
    from zenbook.front.notebook import load

    load(shell)
