"""What ``%zenbook VERB`` and the short ``%runs``, ``%plan`` and ``%why`` do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zenbook.errors import OptionError, UsageError
from zenbook.front.notebook.option_table import Option, suggestion, usage
from zenbook.front.notebook.rewinding import restore, run_named
from zenbook.front.notebook.verb_table import VERBS

if TYPE_CHECKING:
    from zenbook.front.notebook.door import Door

Said = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Sentence:
    """An answer in one sentence."""

    text: str

    def __repr__(self) -> str:
        return self.text


def answer(door: Door, verb: str, words: Sequence[str], magic: str) -> Any:
    """Do what a verb's line says; ``magic`` is how it was called. Raises UsageError."""
    from zenbook.front.notebook.options import parse_words

    known = VERBS[verb]
    if {"-h", "--help"} & set(words):
        return Sentence(f"{known.usage(magic)}\n\n{known.text}{_told(known.options)}")
    plain, said = parse_words(words, known.options, magic)
    if not known.fewest <= len(plain) <= len(known.arguments):
        wrong = f"not {' '.join(plain)!r}" if plain else "and got none"
        wanted = " ".join(known.arguments) or "no arguments"
        raise OptionError(f"{magic} takes {wanted}, {wrong}: {known.usage(magic)}")
    return _DEEDS[verb](door, plain, said)


def _told(options: Sequence[Option]) -> str:
    """The options of a verb, a line each."""
    return f"\n\n{usage('', options).lstrip()}" if options else ""


def split(line: str, magic: str) -> list[str]:
    """The words of a line. Raises OptionError for a quote that is not closed."""
    from zenbook.front.notebook.options import split_words

    return split_words(line, magic)


def _run(door: Door, words: Sequence[str], said: Said) -> Any:
    raise UsageError(
        f"A run of a whole file has a process of its own: !zenbook run {words[0]}. "
        "In the notebook itself, Run All is the run."
    )


def _plan(door: Door, words: Sequence[str], said: Said) -> Any:
    from zenbook.front.notebook.planning import plan

    return plan(door)


def _runs(door: Door, words: Sequence[str], said: Said) -> Any:
    from zenbook.engine.verbs import runs

    pipeline = words[0] if words else door.session().pipeline
    found = runs(
        pipeline,
        tag=_last(said, "tag"),
        status=_last(said, "status"),  # type: ignore[arg-type]
        search=_last(said, "search") or "",
        limit=_number(said, "limit", 100),
    )
    known = pipelines(door)
    if words and pipeline not in known:
        raise UsageError(f"There is no pipeline {pipeline}.{suggestion(pipeline, known)}")
    return found


def _show(door: Door, words: Sequence[str], said: Said) -> Any:
    from zenbook.core.naming import nearest
    from zenbook.engine.pictures import step_picture
    from zenbook.engine.verbs import show
    from zenbook.front.text import text

    run = show(run_named(door, words[0] if words else "latest"))
    if len(words) < 2:
        return run
    if words[1] not in run.steps:
        named = f"Run {run.number} of {run.pipeline}"
        raise UsageError(f"{named} has no step {words[1]}. {nearest(words[1], run.steps)}")
    return Sentence(text(step_picture(run.facts, words[1], door.desk.history)))


def _why(door: Door, words: Sequence[str], said: Said) -> Any:
    from zenbook.front.notebook.planning import explain

    return explain(door, *words)


def _diff(door: Door, words: Sequence[str], said: Said) -> Any:
    from zenbook.engine.verbs import diff

    return diff(run_named(door, words[0]), run_named(door, words[1]))


def _restore(door: Door, words: Sequence[str], said: Said) -> Any:
    return restore(door, *words)


def _export(door: Door, words: Sequence[str], said: Said) -> Any:
    from importlib import import_module

    from zenbook.front.notebook.notebook_name import notebook_file

    file = words[0] if words else notebook_file(door.shell.user_ns)
    if file is None:
        raise UsageError("No front end tells the notebook's name: %zenbook export FILE.")
    return import_module("zenbook").export(file, check="check" in said)


def _status(door: Door, words: Sequence[str], said: Said) -> Any:
    from zenbook.engine import upkeep

    return upkeep.status()


def _pin(door: Door, words: Sequence[str], said: Said) -> Any:
    from zenbook.engine import upkeep

    run = run_named(door, words[0] if words else "latest")
    found = upkeep.unpin(run) if "remove" in said else upkeep.pin(run)
    now = "no longer pinned" if "remove" in said else "pinned: what it made or used stays"
    return Sentence(f"Run {found.number} of {found.pipeline} is {now}.")


def _gc(door: Door, words: Sequence[str], said: Said) -> Any:
    from zenbook.engine import upkeep

    limit, lasting = _size(said, "limit"), _size(said, "set_limit")
    if lasting is not None:
        upkeep.set_limit(lasting)
    return upkeep.gc(limit, dry_run="dry_run" in said)


def _fsck(door: Door, words: Sequence[str], said: Said) -> Any:
    from zenbook.engine import upkeep

    return upkeep.fsck(repair="repair" in said)


def _forget(door: Door, words: Sequence[str], said: Said) -> Any:
    from zenbook.engine import upkeep
    from zenbook.engine.verbs import show

    run = show(run_named(door, words[0]))
    if "yes" not in said:
        raise UsageError(
            f"To delete run {run.number} of {run.pipeline} for good, say so: "
            f"%zenbook forget {words[0]} --yes"
        )
    return upkeep.forget(run.id)


_DEEDS: Mapping[str, Callable[[Door, Sequence[str], Said], Any]] = {
    "run": _run,
    "plan": _plan,
    "runs": _runs,
    "show": _show,
    "why": _why,
    "diff": _diff,
    "restore": _restore,
    "export": _export,
    "status": _status,
    "pin": _pin,
    "gc": _gc,
    "fsck": _fsck,
    "forget": _forget,
}


def pipelines(door: Door) -> list[str]:
    """The names of this notebook's pipeline and of those that have run lately."""
    session = door.session()
    runs = session.desk.history.runs(limit=100)
    return list(dict.fromkeys((session.pipeline, *(run.pipeline for run in runs))))


def _last(said: Said, key: str) -> str | None:
    return said[key][-1] if key in said else None


def _number(said: Said, key: str, default: int) -> int:
    text = _last(said, key)
    if text is None:
        return default
    if not text.isdigit() or not int(text):
        raise OptionError(f"--{key} takes a whole number from 1, not {text!r}.")
    return int(text)


def _size(said: Said, key: str) -> int | None:
    """Bytes; None if the option is not there."""
    from zenbook.front.typed_text import size_of

    text = _last(said, key)
    return None if text is None else size_of(text)
