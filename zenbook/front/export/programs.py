"""Programs that a notebook starts, as a script starts them: ``!cmd``, ``x = !cmd``, ``%%bash``.

IPython goes on after a ``!`` whose program fails, and ends a ``%%bash`` cell with an error. A
script stops at both, unless the notebook's own run has shown that the program of a ``!`` fails.
IPython asks the person's shell, mostly bash, and ``shell=True`` asks ``sh``: what the two read
differently is handed to bash.
"""

from __future__ import annotations

import re
import shlex

from zenbook.front.export.filling import filled, literal
from zenbook.front.export.surroundings import Surroundings
from zenbook.front.export.where import Place

_ONLY_BASH = re.compile(
    r"\[\[|\(\(|<<<|[<>]\(|&>|\|&|\$'|\{[\w.]*(?:,[\w.]*)+\}|\{\w+\.\.\w+\}"
    r"|\becho\s+-[en]|\becho\b.*\\|(?:^|[;&|]\s*)(?:source|shopt|pushd|popd|function)\b"
)
"""What sh does not read, or reads as something else."""
TEXT = "commands"
"""What the text for a program is called."""


def run(command: str, place: Place, around: Surroundings) -> str:
    """``!command`` as a statement."""
    text = filled(command, place, around)
    arguments = f'["bash", "-c", {text}]' if _ONLY_BASH.search(command) else f"{text}, shell=True"
    return f"subprocess.run({arguments}, check={command not in around.failed})"


def lines_of(command: str, place: Place, around: Surroundings) -> str:
    """The value of ``x = !command``: the lines of all that it printed."""
    text = filled(command, place, around)
    bash = _ONLY_BASH.search(command) is not None
    arguments = [
        *([f'["bash", "-c", {text}]'] if bash else [text, "shell=True"]),
        f"check={command not in around.failed}",
        "stdout=subprocess.PIPE",
        "stderr=subprocess.STDOUT",
        "text=True",
    ]
    listed = "".join(f"    {one},\n" for one in arguments)
    return f"subprocess.run(\n{listed}).stdout.splitlines()"


# ------------------------------------------------------------------ cells


def program_cell(name: str, rest: str, body: str, place: Place, around: Surroundings) -> str:
    """A cell of ``%%bash``, ``%%script`` or ``%%sx`` as a statement. Raises ExportError."""
    if name in ("!", "sx", "system"):
        return _command_cell(rest, body.strip(), place, around)
    options, words = _options(_words(rest), name, place)
    program = words if name == "script" else [name, *words]
    if not program:
        raise place.error("%%script names no program.", "Write its name behind %%script.")
    text, before = literal(body.rstrip("\n")), ""
    if "\n" in text:
        variable = around.free(TEXT, place.cell)
        before, text = f"{variable} = {text}\n", variable
    listed = ", ".join(filled(word, place, around) for word in program)
    if len(program) == 1 and _takes_commands(program[0]):
        arguments = [f'[{listed}, "-c", {text}]']
    else:
        arguments = [f"[{listed}]", f"input={text}", "text=True"]
    arguments.append(f"check={'--no-raise-error' not in options}")
    return before + _named(options, arguments, place, around)


def _words(rest: str) -> list[str]:
    try:
        return shlex.split(rest)
    except ValueError:  # quotes that do not match
        return rest.split()


def _takes_commands(program: str) -> bool:
    return re.fullmatch(r"(?:\S*/)?(?:bash|sh|zsh|dash|ksh|python[\d.]*)", program) is not None


def _options(words: list[str], name: str, place: Place) -> tuple[dict[str, str], list[str]]:
    """IPython's own options of a cell for a program, and the words that the program gets."""
    options: dict[str, str] = {}
    rest: list[str] = []
    waiting = iter(words)
    for word in waiting:
        option, _, value = word.partition("=")
        if option in ("--out", "--err", "--proc"):
            options[option] = value or next(waiting, "")
        elif word in ("--bg", "--no-raise-error"):
            options[word] = ""
        else:
            rest.append(word)
    if {"--bg", "--proc"} & options.keys():
        raise place.error(
            f"%%{name} --bg leaves a program running beside the notebook.",
            "Leave --bg out, or start it with subprocess.Popen.",
        )
    return options, rest


def _named(
    options: dict[str, str], arguments: list[str], place: Place, around: Surroundings
) -> str:
    """The call of a program; what it prints gets the names that the cell gives it."""
    out, error = options.get("--out", ""), options.get("--err", "")
    if not (out or error):
        return f"subprocess.run({', '.join(arguments)})\n"
    kept = [f"{one}=subprocess.PIPE" for one, to in (("stdout", out), ("stderr", error)) if to]
    done = around.free("done", place.cell)
    whole = dict.fromkeys([*arguments, *kept, "text=True"])
    lines = [f"{done} = subprocess.run({', '.join(whole)})"]
    lines += [f"{to} = {done}.{one}" for one, to in (("stdout", out), ("stderr", error)) if to]
    return "\n".join(lines) + "\n"


def _command_cell(rest: str, command: str, place: Place, around: Surroundings) -> str:
    """``%%sx``: all lines are one command, whose output may be kept as a list of lines."""
    found = re.fullmatch(r"(?:--out[ =]|-o ?)(\w+)", rest)
    if not found:
        return f"{run(command, place, around)}\n"
    return f"{found[1]} = {lines_of(command, place, around)}\n"


def written_file(rest: str, body: str, place: Place, around: Surroundings) -> str:
    """A cell of ``%%writefile`` as a statement."""
    words = _words(rest)
    mode = "a" if {"-a", "--append"} & set(words) else "w"
    path = filled(next((word for word in words if not word.startswith("-")), ""), place, around)
    text = body if body.endswith("\n") else f"{body}\n"
    encoding = "" if text.isascii() else ', encoding="utf-8"'
    file = around.free("file", place.cell)
    return f'with open({path}, "{mode}"{encoding}) as {file}:\n    {file}.write({literal(text)})\n'
