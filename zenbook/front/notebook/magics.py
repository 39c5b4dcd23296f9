"""The magics: ``%%step`` and its short forms, and one vocabulary of verbs.

``%%step`` and ``%step`` are taken away before IPython sees them (see :mod:`marker`); they are
registered all the same, for help, for completion, and for scripts that nbconvert made.
A magic raises; it never prints an error and returns.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from zenbook.errors import OptionError, UsageError, ZenbookError
from zenbook.front.notebook.namespace import is_ordinary
from zenbook.front.notebook.option_table import (
    PIPELINE_OPTIONS,
    STEP_OPTIONS,
    Option,
    aligned,
    suggestion,
    usage,
)
from zenbook.front.notebook.verb_table import VERBS

if TYPE_CHECKING:
    from zenbook.front.notebook.door import Door


def register(shell: Any, door: Door) -> None:
    """Register every magic of a door."""
    magics = Magics(door)
    for name in ("step", "parameters"):
        magic = _said_shortly(getattr(magics, f"{name}_cell"))
        shell.register_magic_function(magic, "cell", name)
    for name in ("step", "pipeline", "zenbook", "runs", "plan", "why"):
        shell.register_magic_function(_said_shortly(getattr(magics, name)), "line", name)
    _offer(shell, magics)


_OURS = re.compile(r"%{1,2}(step|pipeline|zenbook|runs|why)\b.*\s")


def _offer(shell: Any, magics: Magics) -> None:
    """Complete what stands behind our magics: by a matcher that keeps Python's names out, and by a
    hook where IPython has no such matchers (before 8.6)."""
    try:
        from IPython.core.completer import SimpleCompletion, context_matcher
    except ImportError:
        shell.set_hook("complete_command", magics.complete, re_key=_OURS.pattern)
        return

    def match(context: Any) -> Any:
        typed = context.text_until_cursor
        event = SimpleNamespace(line=typed)
        offered = magics.complete(shell, event) if _OURS.match(typed) else ()
        found = [SimpleCompletion(text) for text in offered if text.startswith(context.token)]
        return {"completions": found, "ordered": True, "suppress": bool(found)}

    known = shell.Completer.custom_matchers
    known[:] = [one for one in known if getattr(one, "matcher_identifier", "") != "zenbook"]
    known.append(context_matcher(identifier="zenbook")(match))


def _said_shortly(magic: Callable[..., Any]) -> Callable[..., Any]:
    """The magic, whose errors a notebook shows as what they say: where in our code they were
    raised tells nobody anything."""

    @functools.wraps(magic)
    def call(*texts: str) -> Any:
        try:
            return magic(*texts)
        except ZenbookError as error:
            told = str(error).replace("`zenbook ", "`%zenbook ")
            if error.args == (str(error),):
                error.args = (told,)
            shown = [f"{type(error).__name__}: {told}"]
            vars(error)["_render_traceback_"] = lambda: shown
            raise error.with_traceback(None) from None

    return call


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
            raise OptionError(f"%%parameters takes no options, not {line.strip()!r}.")
        result = self.door.shell.run_cell(cell, store_history=False)
        result.raise_error()

    def pipeline(self, line: str) -> Any:
        """``%pipeline [NAME]``: its help is ``PIPELINE_HELP``."""
        from zenbook.front.notebook.options import cache_switch, parse

        words, said = parse(line, PIPELINE_OPTIONS, "%pipeline")
        if len(words) > 1:
            raise OptionError(f"%pipeline takes one name, not {' and '.join(words)}.")
        if words:
            from zenbook.core.naming import valid_name

            self.door.pipeline = valid_name(words[0], "pipeline name")
        self.door.pipeline_cache = cache_switch(said)
        if "quiet" in said:
            return None
        return self.door.graph()

    def zenbook(self, line: str) -> Any:
        """``%zenbook VERB``: its help is ``ZENBOOK_HELP``."""
        from zenbook.front.notebook.verbs import Sentence, split

        verb, *rest = split(line, "%zenbook") or ["status"]
        if verb in ("-h", "--help", "help"):
            return Sentence(ZENBOOK_HELP)
        if verb not in VERBS:
            there = suggestion(verb, VERBS) or f" There are {', '.join(VERBS)}."
            raise OptionError(f"There is no verb {verb}.{there}")
        return self._answer(verb, rest, f"%zenbook {verb}")

    def runs(self, line: str) -> Any:
        """``%runs [PIPELINE]``: the runs on record, newest first (of this notebook's pipeline)."""
        return self._short("runs", line)

    def plan(self, line: str) -> Any:
        """``%plan``: what would run if everything ran again now, why, and for how long."""
        return self._short("plan", line)

    def why(self, line: str) -> Any:
        """``%why STEP [RUN]``: every reason why a step ran, with old and new."""
        return self._short("why", line)

    def _short(self, verb: str, line: str) -> Any:
        from zenbook.front.notebook.verbs import split

        return self._answer(verb, split(line, f"%{verb}"), f"%{verb}")

    def _answer(self, verb: str, words: list[str], magic: str) -> Any:
        from zenbook.front.notebook.verbs import answer

        return answer(self.door, verb, words, magic)

    # ------------------------------------------------------------ completion

    def complete(self, shell: Any, event: Any) -> list[str]:
        """Options, step names, runs and verbs behind our magics."""
        words = event.line.split()
        magic = words.pop(0).lstrip("%") if words else ""
        if not event.line.endswith(" ") and words:
            words.pop()  # the one that is being typed
        if magic == "zenbook":
            if not words:
                return list(VERBS)
            magic = words.pop(0)
        if magic in VERBS:
            return self._after_verb(magic, words)
        table = PIPELINE_OPTIONS if magic == "pipeline" else STEP_OPTIONS
        if (option := _asking(table, words)) is not None:
            return self._values(option)
        names = self._pipelines() if magic == "pipeline" else self._steps()
        return [*names, *(name for option in table for name in option.names)]

    def _after_verb(self, verb: str, words: list[str]) -> list[str]:
        """What may come next behind a verb and these words."""
        known = VERBS[verb]
        if (option := _asking(known.options, words)) is not None:
            return self._values(option)
        given = sum(not word.startswith("-") for word in words)
        wanted = known.arguments[given].strip("[]") if given < len(known.arguments) else ""
        offers = {"RUN": self._run_names, "STEP": self._steps, "PIPELINE": self._pipelines}
        kind = wanted.partition("|")[0]
        found = offers[kind]() if kind in offers else []
        return [*found, *(name for option in known.options for name in option.names)]

    def _values(self, option: Option) -> list[str]:
        """What may follow an option."""
        if option.value == "NAMES":
            return [name for name in list(self.door.shell.user_ns) if is_ordinary(name)]
        return self._pipelines() if option.key == "pipeline" else list(option.choices)

    def _pipelines(self) -> list[str]:
        from zenbook.front.notebook.verbs import pipelines

        return pipelines(self.door)

    def _steps(self) -> list[str]:
        return list(self.door.session().known)

    def _run_names(self) -> list[str]:
        session = self.door.session()
        found = session.desk.history.runs(pipeline=session.pipeline, limit=20)
        numbers = [str(run.number) for run in found]
        return ["latest", *numbers, *(f"{session.pipeline}:{number}" for number in numbers)]


def _asking(options: tuple[Option, ...], words: list[str]) -> Option | None:
    """The option that waits for its value behind these words."""
    last = words[-1] if words else ""
    return next((one for one in options if last in one.names and one.value), None)


STEP_HELP = f"""``%%step NAME [options]``: this cell is a step, cached and versioned.

The cell runs as any cell does. Run again, also after a restart, it is given back from the store
unless something it depends on has changed; the line under the cell says which, and why.

{usage("%%step", STEP_OPTIONS)}
"""
ZENBOOK_HELP = (
    "``%zenbook VERB``: look at runs and results, and put old ones back.\n\n"
    + "\n".join(aligned(verb.usage(name), verb.text, 28) for name, verb in VERBS.items())
)
PIPELINE_HELP = f"""``%pipeline [NAME] [options]``: name this notebook's pipeline; show its graph.

Without a name it is called as the notebook's file.

{usage("%pipeline", PIPELINE_OPTIONS)}
"""
Magics.pipeline.__doc__ = PIPELINE_HELP
Magics.zenbook.__doc__ = ZENBOOK_HELP
Magics.step.__doc__ = Magics.step_cell.__doc__ = STEP_HELP
