"""The command line of one script: an option per parameter of its pipeline, with its help.

What a parameter means stands in the pipeline's docstring, where an export writes the notebook's
comments: a section ``Parameters:`` (or ``Args:``) with ``name: text`` lines, deeper lines going
on. The texts that people type are read as ``-p name=value`` is. Our own options give way to a
parameter of the same name, since that name is the user's.
"""

from __future__ import annotations

import inspect
import re
import sys
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from zenbook.front.command.parameters import annotations_of, parse
from zenbook.front.command.running import Asked, run_now, show_plan
from zenbook.front.command.target import PipelineLike

_SECTION = re.compile(r"^(?:Parameters|Args|Arguments):\s*$")
_ENTRY = re.compile(r"^(\w+)(?: \([^)]*\))?:\s*(.*)$")
_WORDS = {int: "INTEGER", float: "NUMBER", str: "TEXT", complex: "NUMBER"}


def script_command(pipeline: PipelineLike) -> click.Command:
    """A command with one option per parameter of the pipeline."""
    function = pipeline.__wrapped__
    signature = inspect.signature(function)
    hints = annotations_of(function)
    told, helps = described(inspect.getdoc(function) or "")
    options: list[click.Parameter] = [
        _option(parameter, hints.get(name), helps.get(name, ""))
        for name, parameter in signature.parameters.items()
    ]
    options += [own for own in _own_options() if own.name not in signature.parameters]

    def go(**given: Any) -> int:
        texts = {name: _text(given.pop(name)) for name in signature.parameters}
        asked = {name: text for name, text in texts.items() if text is not None}
        return _go(pipeline, parse(function, asked, pipeline.name), **given)

    settings = {"help_option_names": ["-h", "--help"]}
    return click.Command(
        pipeline.name, params=options, callback=go, help=told, context_settings=settings
    )


def _own_options() -> list[click.Option]:
    return [
        click.Option(["--no-cache"], is_flag=True, help="Run every step, whatever is kept."),
        click.Option(["--plan"], is_flag=True, help="Show what would run, and run no step."),
        click.Option(["--json"], is_flag=True, help="Print JSON."),
    ]


def _go(
    pipeline: PipelineLike,
    values: Mapping[str, Any],
    no_cache: bool = False,
    plan: bool = False,
    json: bool = False,
) -> int:
    if plan:
        show_plan(pipeline, values, no_cache, json)
        return 0
    return run_now(pipeline, values, Asked(no_cache=no_cache, as_json=json), _program())


def _program() -> str:
    return Path(sys.argv[0]).name


# ------------------------------------------------------------------ what the docstring says


def described(text: str) -> tuple[str, dict[str, str]]:
    """A docstring without its section of parameters, and what that says of each."""
    kept: list[str] = []
    helps: dict[str, str] = {}
    inside, name, depth = False, "", 0
    for line in text.splitlines():
        bare = line.strip()
        if _SECTION.match(line):
            inside, name, depth = True, "", 0
            continue
        if inside and bare and not line[0].isspace():
            inside = False
        if not inside:
            kept.append(line)
        elif bare:
            indent = len(line) - len(line.lstrip())
            depth = depth or indent
            entry = _ENTRY.match(bare) if indent <= depth else None
            if entry is not None:
                name = entry[1]
            more = entry[2] if entry is not None else bare
            helps[name] = f"{helps.get(name, '')} {more}".strip()
    return "\n".join(kept).strip(), helps


# ------------------------------------------------------------------ a parameter's option


def _option(parameter: inspect.Parameter, hint: Any, said: str) -> click.Option:
    """``--gamma NUMBER``, ``--fast / --no-fast``; None stands for what was not said."""
    known = parameter.default is not parameter.empty
    kind = hint if hint is not None else type(parameter.default) if known else None
    name = parameter.name.strip("_").replace("_", "-") or parameter.name
    if kind is bool:
        spelled = f"--{name}/--no-{name}"
        shown = f"--{name}" if parameter.default is True else f"--no-{name}"
        words = None
    else:
        spelled, shown, words = f"--{name}", _shown(parameter.default), _word(kind)
    default = f"(default: {shown})" if known else "(needed)"
    return click.Option(
        [spelled, parameter.name], metavar=words, default=None, help=f"{said} {default}".strip()
    )


def _text(given: Any) -> str | None:
    return str(given).lower() if isinstance(given, bool) else given


def _shown(value: Any) -> str:
    """A default as one would type it."""
    plain = isinstance(value, str) and value and value == value.strip()
    return str(value) if plain else repr(value)


def _word(kind: Any) -> str:
    """What to type for a value of this type, in a word."""
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        return _word(typing.get_args(kind)[0])
    if origin is typing.Literal:
        return "[" + "|".join(str(choice) for choice in typing.get_args(kind)) + "]"
    if origin in (typing.Union, types.UnionType):
        words = [_word(one) for one in typing.get_args(kind) if one is not type(None)]
        return "|".join(dict.fromkeys(words))
    if kind in _WORDS:
        return _WORDS[kind]
    if kind is None or kind in (type(None), object, Any):
        return "VALUE"
    return getattr(origin or kind, "__name__", "value").upper()
