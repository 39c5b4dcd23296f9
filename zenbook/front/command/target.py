"""``FILE[:PIPELINE]`` from the command line as a live pipeline.

The file is imported as a module under its own name, with its folder first on the path, as
``python FILE`` would have it; its ``if __name__ == "__main__":`` block does not run. A file that
calls a pipeline while it is imported is told so; for a plan, which runs no step, it is known down
to that call only.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

from zenbook.core.naming import nearest
from zenbook.errors import UsageError

if TYPE_CHECKING:
    from zenbook.engine.compose import Composition
    from zenbook.engine.pipelines import Wish


class PipelineLike(Protocol):
    """What ``@pipeline`` makes of a function, as far as the command line needs it."""

    name: str
    wish: Wish
    __wrapped__: Callable[..., Any]
    __module__: str

    def compose(self, parameters: Mapping[str, Any]) -> Composition:
        """Wire the steps for these parameters: the plain code around them runs, no step does."""
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """A file to run, and the name of one of its pipelines ("" for the only one)."""

    file: Path
    pipeline: str = ""

    @property
    def is_notebook(self) -> bool:
        """Whether the file is a notebook rather than a script."""
        return self.file.suffix == ".ipynb"


def target_of(text: str) -> Target:
    """Take ``FILE[:PIPELINE]`` apart; raises UsageError if there is no such file."""
    path, colon, name = text.rpartition(":")
    if not colon or Path(text).exists():
        path, name = text, ""
    file = Path(path)
    if file.is_dir():
        raise UsageError(f"{path} is a folder, not a script or a notebook.")
    if not file.is_file():
        raise UsageError(f"There is no file {path}{_nearby(file)}.")
    if file.suffix not in (".py", ".ipynb"):
        raise UsageError(f"{path} is neither a Python script (.py) nor a notebook (.ipynb).")
    if name and file.suffix == ".ipynb":
        raise UsageError(f"{path} is a notebook, which is one pipeline: leave :{name} away.")
    return Target(file, name)


class _Called(BaseException):
    """A pipeline was called by a file that is imported for a plan; no ``except Exception`` of the
    file's may keep this from us."""


def pipeline_of(target: Target, *, to_run: bool = True) -> PipelineLike:
    """Import the script and find its pipeline; raises UsageError if it is not clear which."""
    pipelines = _pipelines(_import(target.file, to_run))
    names = sorted(pipelines)
    if target.pipeline:
        if target.pipeline in pipelines:
            return pipelines[target.pipeline]
        raise UsageError(
            f"{target.file} has no pipeline {target.pipeline}. {nearest(target.pipeline, names)}"
        )
    if len(pipelines) == 1:
        return pipelines[names[0]]
    if not pipelines:
        raise UsageError(f"{target.file} has no pipeline: decorate a function with @pipeline.")
    raise UsageError(
        f"{target.file} has {len(names)} pipelines ({', '.join(names)}): "
        f"say which, as in {target.file}:{names[0]}."
    )


def _pipelines(module: ModuleType) -> dict[str, PipelineLike]:
    """The module's own pipelines by name; imported ones only if it has none of its own."""
    found = [value for value in vars(module).values() if _is_pipeline(value)]
    own = [pipeline for pipeline in found if pipeline.__module__ == module.__name__]
    return {pipeline.name: pipeline for pipeline in own or found}


def _is_pipeline(value: object) -> TypeGuard[PipelineLike]:
    """Known by the wish it carries: the decorator's class is another front door's."""
    from zenbook.engine.pipelines import Wish

    return isinstance(getattr(type(value), "compose", None), FunctionType) and isinstance(
        vars(value).get("wish"), Wish
    )


def _import(file: Path, to_run: bool) -> ModuleType:
    path = file.resolve()
    name = _free_name(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{file} cannot be imported as a Python module.")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    sys.modules[name] = module
    try:
        with _calls_told(file, to_run):
            spec.loader.exec_module(module)
    except _Called:
        pass  # what it has defined by now is planned
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def _calls_told(file: Path, to_run: bool) -> Iterator[None]:
    """Say of pipelines that the file calls while it is imported that it does so; where it is not
    to run anything, end there."""
    from zenbook.engine.pipelines import asking_before_runs

    told: set[str] = set()

    def ask(pipeline: str) -> None:
        if pipeline not in told:
            told.add(pipeline)
            then = "so it runs, too" if to_run else "where the plan's knowledge of the file ends"
            print(
                f"{file} calls {pipeline}() while it is imported, {then}. Put the call below "
                'the line `if __name__ == "__main__":`.',
                file=sys.stderr,
            )
        if not to_run:
            raise _Called

    with asking_before_runs(ask):
        yield


def _free_name(path: Path) -> str:
    """The file's own name, unless that would hide another module (a script called json.py)."""
    taken = path.stem in sys.modules or path.stem in sys.stdlib_module_names
    return f"script_{path.stem}" if taken else path.stem


def _nearby(file: Path) -> str:
    """``; there is train.py`` where a file of nearly that name is there."""
    if not file.parent.is_dir():
        return ""
    from difflib import get_close_matches

    there = [entry for entry in file.parent.iterdir() if entry.suffix in (".py", ".ipynb")]
    close = get_close_matches(file.stem, [entry.stem for entry in there], 1)
    near = sorted(entry for entry in there if entry.stem in close and entry != file)
    return f"; there is {near[0]}" if near else ""
