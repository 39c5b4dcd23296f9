"""The magics: ``%%step`` and its short forms, and one vocabulary of verbs.

``%%step`` and ``%step`` are taken away before IPython sees them (see :mod:`marker`); they are
registered all the same, for help, for completion, and for scripts that nbconvert made.
A magic raises; it never prints an error and returns.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from zenbook.errors import OptionError, UsageError
from zenbook.front.notebook.namespace import is_users
from zenbook.front.notebook.option_table import (
    PIPELINE_OPTIONS,
    STEP_OPTIONS,
    Option,
    suggestion,
    usage,
)
from zenbook.front.notebook.rewinding import restore, run_named

if TYPE_CHECKING:
    from zenbook.front.notebook.door import Door

VERBS: Mapping[str, str] = {
    "run": "FILE: run a notebook or script headless (use `zenbook run FILE` in a terminal)",
    "plan": "which steps would run if everything ran again now, why, and for how long",
    "runs": "[PIPELINE]: the runs on record, newest first",
    "show": "[RUN]: one run with its steps",
    "why": "STEP [RUN]: every reason why a step ran, with old and new",
    "diff": "RUN RUN: what differs between two runs",
    "restore": "RUN [STEP]: put the outputs of an old run back into the notebook",
    "export": "[FILE]: the notebook as a pipeline script",
    "status": "where the results are kept and how much they take",
    "pin": "RUN: never evict what this run made or used",
    "gc": "collect what nobody needs",
    "fsck": "check the store",
    "forget": "RUN: really delete a run and what only it kept",
}


def register(shell: Any, door: Door) -> None:
    """Register every magic of a door."""
    magics = Magics(door)
    for name in ("step", "parameters"):
        shell.register_magic_function(getattr(magics, f"{name}_cell"), "cell", name)
    for name in ("step", "pipeline", "zenbook", "runs", "plan", "why"):
        shell.register_magic_function(getattr(magics, name), "line", name)
    shell.set_hook(
        "complete_command", magics.complete, re_key=r"^%{1,2}(step|pipeline|zenbook|runs|why)"
    )


class Magics:
    """What the magics do; ``door`` is the shell's."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def step_cell(self, line: str, cell: str) -> None:
        """``%%step NAME``: its help is ``STEP_HELP``."""
        result = self.door.shell.run_cell(f"%%step {line}\n{cell}", store_history=False)
        result.raise_error()

    def step(self, line: str) -> None:
        """``%%step NAME``: its help is ``STEP_HELP``."""
        raise UsageError(
            "%step stands above a whole cell, as its first line of code; "
            "nothing but comments may come before it."
        )

    def parameters_cell(self, line: str, cell: str) -> None:
        """``%%parameters``: this cell holds the pipeline's parameters.

        Every name it binds is a parameter: runs show its value, and `zenbook run -p NAME=VALUE`
        replaces it.
        """
        if line.strip():
            raise OptionError("%%parameters takes no options.")
        result = self.door.shell.run_cell(cell, store_history=False)
        result.raise_error()

    def pipeline(self, line: str) -> Any:
        """``%pipeline [NAME]``: its help is ``PIPELINE_HELP``."""
        from zenbook.front.notebook.options import cache_switch, parse

        words, said = parse(line, PIPELINE_OPTIONS, "%pipeline")
        if len(words) > 1:
            raise OptionError("%pipeline takes one name.")
        if words:
            from zenbook.core.naming import valid_name

            self.door.pipeline = valid_name(words[0], "pipeline name")
        self.door.pipeline_cache = cache_switch(said)
        if "quiet" in said:
            return None
        return self.door.graph()

    def zenbook(self, line: str) -> Any:
        """``%zenbook VERB``: its help is ``ZENBOOK_HELP``."""
        words = shlex.split(line)
        verb, rest = (words[0], words[1:]) if words else ("status", [])
        if verb not in VERBS:
            raise OptionError(f"There is no verb {verb}.{suggestion(verb, VERBS)}")
        return self._verbs()[verb](*rest)

    def runs(self, line: str) -> Any:
        """``%runs [PIPELINE]``: the runs on record, newest first (of this notebook's pipeline)."""
        return self._runs(*shlex.split(line))

    def plan(self, line: str) -> Any:
        """``%plan``: what would run if everything ran again now, why, and for how long."""
        if line.strip():
            raise OptionError("%plan takes no options.")
        return self._plan()

    def why(self, line: str) -> Any:
        """``%why STEP [RUN]``: every reason why a step ran, with old and new."""
        return self._checked("why", self._why)(*shlex.split(line))

    # ------------------------------------------------------------ verbs

    def _verbs(self) -> dict[str, Callable[..., Any]]:
        import zenbook
        from zenbook.engine import verbs as looking

        verbs = {name: getattr(zenbook, name, None) for name in VERBS if name != "run"}
        verbs |= {
            "run": _run_elsewhere,
            "plan": self._plan,
            "runs": self._runs,
            "why": self._why,
            "show": lambda run="latest": looking.show(run_named(self.door, run)),
            "diff": lambda first, second: looking.diff(
                run_named(self.door, first), run_named(self.door, second)
            ),
            "restore": self._restore,
        }
        return {name: self._checked(name, verb) for name, verb in verbs.items() if verb}

    def _checked(self, name: str, verb: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: str) -> Any:
            import inspect

            try:
                inspect.signature(verb).bind(*words)
            except TypeError:
                raise OptionError(f"%zenbook {name} {VERBS[name]}") from None
            return verb(*words)

        return call

    def _plan(self) -> Any:
        from zenbook.front.notebook.planning import plan

        return plan(self.door)

    def _why(self, step: str, run: str | None = None) -> Any:
        from zenbook.front.notebook.planning import explain

        return explain(self.door, step, run)

    def _restore(self, run: str, step: str | None = None) -> Any:

        return restore(self.door, run, step)

    def _runs(self, pipeline: str = "") -> Any:
        from zenbook.engine.verbs import runs

        return runs(pipeline or self.door.session().pipeline)

    # ------------------------------------------------------------ completion

    def complete(self, shell: Any, event: Any) -> list[str]:
        """Options, step names, runs and verbs behind our magics."""
        words = event.line.split()
        magic = words[0].lstrip("%") if words else ""
        if magic == "zenbook" and len(words) <= 1 + (not event.line.endswith(" ")):
            return list(VERBS)
        if magic == "why" or words[1:2] in (["why"], ["restore"], ["show"], ["diff"]):
            return [*self._steps(), *self._run_names()]
        if magic == "runs":
            return self._pipelines()
        table = PIPELINE_OPTIONS if magic == "pipeline" else STEP_OPTIONS
        asking = words[-1] if event.line.endswith(" ") else "".join(words[-2:-1])
        if (option := next((one for one in table if asking in one.names), None)) and option.value:
            return self._values(option)
        return [*self._steps(), *(name for option in table for name in option.names)]

    def _values(self, option: Option) -> list[str]:
        """What may follow an option."""
        if option.value == "NAMES":
            return [name for name in list(self.door.shell.user_ns) if is_users(name)]
        return self._pipelines() if option.key == "pipeline" else list(option.choices)

    def _pipelines(self) -> list[str]:
        session = self.door.session()
        runs = session.desk.history.runs(limit=100)
        return list(dict.fromkeys((session.pipeline, *(run.pipeline for run in runs))))

    def _steps(self) -> list[str]:
        return list(self.door.session().known)

    def _run_names(self) -> list[str]:
        session = self.door.session()
        found = session.desk.history.runs(pipeline=session.pipeline, limit=20)
        return ["latest", *(f"{run.pipeline}:{run.number}" for run in found)]


def _run_elsewhere(*words: str) -> None:
    raise UsageError(
        "A run of a whole file has a process of its own: !zenbook run FILE. "
        "In the notebook itself, Run All is the run."
    )


STEP_HELP = f"""``%%step NAME [options]``: this cell is a step, cached and versioned.

The cell runs as any cell does. Run again, also after a restart, it is given back from the store
unless something it depends on has changed; the line under the cell says which, and why.

{usage("%%step", STEP_OPTIONS)}
"""
ZENBOOK_HELP = (
    "``%zenbook VERB``: look at runs and results, and put old ones back.\n\n"
    + "\n".join(f"  {verb:<9}{text}" for verb, text in VERBS.items())
)
PIPELINE_HELP = f"""``%pipeline [NAME] [options]``: name this notebook's pipeline; show its graph.

Without a name it is called as the notebook's file.

{usage("%pipeline", PIPELINE_OPTIONS)}
"""
Magics.pipeline.__doc__ = PIPELINE_HELP
Magics.zenbook.__doc__ = ZENBOOK_HELP
Magics.step.__doc__ = Magics.step_cell.__doc__ = STEP_HELP
