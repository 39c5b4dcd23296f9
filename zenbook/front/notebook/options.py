"""The options of a ``%%step`` line, of ``%pipeline`` and of ``%%parameters``.

One table says what exists; parsing, help, completion and suggestions are made from it.
argparse is not used: it exits, it abbreviates, and it cannot suggest.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from zenbook.errors import OptionError
from zenbook.front.notebook.option_table import STEP_OPTIONS, Option, suggestion
from zenbook.model import Options

NAME = re.compile(r"[A-Za-z_][\w.-]{0,99}", re.ASCII)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d|w)?", re.ASCII)
_NOTHING_SAID = Options()
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


@dataclass(frozen=True, slots=True)
class StepLine:
    """What a ``%%step`` line says. ``added`` holds the names given as ``+NAME``."""

    name: str = ""
    inputs: tuple[str, ...] | None = None
    added: tuple[str, ...] = ()
    pipeline: str = ""
    quiet: bool = False
    dry_run: bool = False
    options: Options = _NOTHING_SAID


Said = Mapping[str, Sequence[str]]


@lru_cache(maxsize=512)
def parse_step_line(text: str) -> StepLine:
    """Read the options of a step. Raises OptionError with a suggestion."""
    words, said = parse(text, STEP_OPTIONS, "%%step")
    if len(words) > 1:
        raise OptionError(f"%%step takes one name, not {' and '.join(words)}.")
    name = _name(words[0]) if words else ""
    listed = _names(said, "inputs")
    added = tuple(item[1:] for item in listed if item.startswith("+"))
    plain = tuple(item for item in listed if not item.startswith("+"))
    return StepLine(
        name=name,
        inputs=plain if plain else None,
        added=added,
        pipeline=_name(said["pipeline"][-1]) if "pipeline" in said else "",
        quiet="quiet" in said,
        dry_run="dry_run" in said,
        options=_options(said),
    )


def _options(said: Said) -> Options:
    rng = _last(said, "rng", "auto")
    replay = _last(said, "replay", "all")
    return Options(
        enable_cache=cache_switch(said),
        ttl=duration(said["ttl"][-1]) if "ttl" in said else None,
        files=tuple(item for one in said.get("depends", ()) for item in one.split(",") if item),
        ignore=_names(said, "ignore"),
        version=_last(said, "version", ""),
        rng="key" if rng == "key" else "ignore" if rng == "ignore" else "auto",
        seed=_seed(said),
        replay="display" if replay == "display" else "none" if replay == "none" else "all",
        force="force" in said,
        must_hit="must_hit" in said,
        keep_only=_names(said, "outputs"),
    )


def cache_switch(said: Said) -> bool | None:
    """True, False or not said. Raises OptionError if both are said."""
    if "enable_cache" in said and "no_cache" in said:
        raise OptionError("--enable-cache and --no-cache contradict each other; keep one.")
    return True if "enable_cache" in said else False if "no_cache" in said else None


def parse(
    text: str, options: Iterable[Option], magic: str
) -> tuple[list[str], dict[str, list[str]]]:
    """Split a line into plain words and options by key. Raises OptionError."""
    return parse_words(split_words(text, magic), options, magic)


def parse_words(
    given: Sequence[str], options: Iterable[Option], magic: str
) -> tuple[list[str], dict[str, list[str]]]:
    """Plain words, and options by key. Raises OptionError with a suggestion."""
    table = {name: option for option in options for name in option.names}
    words: list[str] = []
    said: dict[str, list[str]] = {}
    pending = list(given)
    while pending:
        word = pending.pop(0)
        if not word.startswith("-") or word == "-":
            words.append(word)
            continue
        spelling, given, value = word.partition("=")
        option = table.get(spelling)
        if option is None:
            raise OptionError(f"{magic} has no option {spelling}.{_meant(spelling, table)}")
        said.setdefault(option.key, []).append(_value(option, spelling, given, value, pending))
    return words, said


def spelled(line: str, key: str) -> str:
    """How a step's line spells an option, of which there may be several spellings."""
    names = next(option.names for option in STEP_OPTIONS if option.key == key)
    said = (word.partition("=")[0] for word in split_words(line, "%%step"))
    return next((word for word in said if word in names), names[-1])


def _meant(spelling: str, table: Mapping[str, Option]) -> str:
    """Which option was meant; all that there are for one letter, and for a question for help."""
    is_question = spelling.strip("-") == "help" or len(spelling.strip("-")) < 2
    return (not is_question and suggestion(spelling, table)) or _listed(table)


def _listed(table: Mapping[str, Option]) -> str:
    there = ", ".join(name for name in table if name.startswith("--"))
    return f" It has {there}." if there else " It has none."


def split_words(text: str, magic: str) -> list[str]:
    """The words of a line, as a shell reads them. Raises OptionError for an open quote."""
    try:
        return shlex.split(text, comments=True)
    except ValueError as error:
        raise OptionError(f"{magic}: {str(error).lower()} in: {text}") from None


def _value(option: Option, spelling: str, given: str, value: str, pending: list[str]) -> str:
    """The value of one option, from the word itself or from the next."""
    if not option.value:
        if given:
            raise OptionError(f"{spelling} is a switch and takes no value.")
        return ""
    if not given:
        if not pending:
            raise OptionError(f"{spelling} needs a value: {spelling} {option.value}.")
        value = pending.pop(0)
    if option.choices and value not in option.choices:
        wanted = ", ".join(option.choices)
        raise OptionError(f"{spelling} is one of {wanted}, not {value!r}.")
    return value


def duration(text: str) -> float:
    """Seconds of ``90s``, ``15m``, ``12h``, ``7d``, ``2w`` or a number. Raises OptionError."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise OptionError(f"--ttl takes a time such as 90s, 15m, 12h or 7d, not {text!r}.")
    return float(found[1]) * _SECONDS[found[2] or "s"]


def _seed(said: Said) -> int | None:
    if "seed" not in said:
        return None
    text = said["seed"][-1]
    if not re.fullmatch(r"\d{1,10}", text) or int(text) >= 2**32:
        raise OptionError(f"--seed takes a whole number from 0 to {2**32 - 1}, not {text!r}.")
    return int(text)


def _names(said: Said, key: str) -> tuple[str, ...]:
    names = tuple(
        item.strip() for one in said.get(key, ()) for item in one.split(",") if item.strip()
    )
    for name in names:
        if not name.removeprefix("+").isidentifier():
            raise OptionError(f"--{key} takes names of variables, not {name!r}.")
    return names


def _last(said: Said, key: str, default: str) -> str:
    return said[key][-1] if key in said else default


def _name(text: str) -> str:
    if NAME.fullmatch(text) is None:
        raise OptionError(
            f"{text[:40]!r} is no name for a step or pipeline: use letters, digits, _ . and -, "
            "starting with a letter or _, at most 100."
        )
    return text
