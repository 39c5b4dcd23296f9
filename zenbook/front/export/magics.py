"""IPython's syntax in a cell as plain Python text, every other character as it was written.

IPython's own transformers would turn ``%time f(x)`` into calls of ``get_ipython()``. Here its
finders only *find* such lines (they read tokens, so a ``%`` inside a text or an expression is
left alone), and each gets what an expert would have written in a script instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from zenbook.front.export.filling import filled
from zenbook.front.export.installs import installed, packages
from zenbook.front.export.layout import one_line
from zenbook.front.export.magics_known import (
    INSTALLS,
    LOOKS,
    ONLY_SHOWN_CELLS,
    PYLAB,
    SHELL_CELLS,
    SHOWN,
    TIMED,
    TIMED_CELLS,
)
from zenbook.front.export.programs import lines_of, program_cell, run, written_file
from zenbook.front.export.running import run_file
from zenbook.front.export.surroundings import Surroundings
from zenbook.front.export.where import Place


@dataclass(slots=True)
class Plain:
    """A cell's text without IPython's syntax, and what was done to get there."""

    text: str
    notes: list[str] = field(default_factory=list)
    requirements: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    """Modules of the standard library that the text needs besides the cell's own."""
    around: Surroundings = field(default_factory=Surroundings)
    running: tuple[str, ...] = ()
    """The ``%run`` lines in whose place the text stands."""


def plain_python(
    source: str,
    cell: int,
    allow_magics: bool = False,
    around: Surroundings | None = None,
    running: tuple[str, ...] = (),
) -> Plain:
    """The cell as Python text. Raises ExportError for a magic that has no meaning in a script."""
    plain = Plain(
        _spelled_magic(_cleaned(source, "leading_indent")),
        around=around or Surroundings(),
        running=running,
    )
    source = plain.text
    signs = any(sign in source for sign in "%!?") or source[:1].isspace()
    if not signs and not source.startswith((">>>", "In [")):
        return plain
    _take_cell_magic(plain, Place(cell, 1), allow_magics)
    plain.text = _cleaned(plain.text, "leading_indent", "classic_prompt", "ipython_prompt")
    _take_line_magics(plain, cell, allow_magics)
    return plain


def _spelled_magic(source: str) -> str:
    """A cell of one line that is a magic without its sign: IPython takes ``ls x`` for ``%ls x``."""
    import ast

    line = source.strip()
    name, _, rest = line.partition(" ")
    known = SHOWN | INSTALLS | {"cd", "run", "time", "timeit", "pylab"}
    named = name in known and not rest.startswith(("=", "("))
    if "\n" in line or not named or not rest:
        return source
    try:
        ast.parse(line)
    except SyntaxError:
        return f"%{line}"
    return source


def _cleaned(text: str, *cleaners: str) -> str:
    """The text as IPython's own cleaners leave it, which blank lines of spaces even in texts."""
    from IPython.core import inputtransformer2 as ipython

    lines = [f"{line}\n" for line in text.split("\n")]
    for name in cleaners:
        lines = vars(ipython)[name](lines)
    return "".join(lines).removesuffix("\n")


# ------------------------------------------------------------------ cell magics


def _take_cell_magic(plain: Plain, place: Place, allow: bool) -> None:
    head, _, body = plain.text.lstrip("\n").partition("\n")
    found = re.match(r"%%(!|\w+)[ \t]*(.*)", head)
    if found is None:
        return
    name, rest = found[1], found[2].strip()
    if name in TIMED_CELLS or name == "parameters":
        plain.text = f"\n{body}"
        if name != "parameters":
            plain.notes.append(f"%%{name} left out, its code kept")
        _take_cell_magic(plain, place, allow)
    elif name in SHELL_CELLS:
        plain.imports.add("subprocess")
        plain.text = program_cell(name, rest, body, place, plain.around)
        _note_failed(plain, body.strip())
        plain.notes.append(f"%%{name} as subprocess.run")
    elif name in ("writefile", "file"):
        plain.text = written_file(rest, body, place, plain.around)
        plain.notes.append(f"%%{name} as a write")
    elif name in ONLY_SHOWN_CELLS:
        plain.text = ""
        plain.notes.append(f"%%{name} only shows something; left out")
    elif allow:
        plain.text = ""
        plain.notes.append(f"%%{name} left out (--allow-magics)")
    else:
        raise place.error(
            f"the cell magic %%{name} has no meaning in a script.",
            "Write in Python what it does, or leave the cell out with --allow-magics.",
        )


# ------------------------------------------------------------------ line magics


def _take_line_magics(plain: Plain, cell: int, allow: bool) -> None:
    """Replace each line IPython would transform, until there is none."""
    from IPython.core import inputtransformer2 as ipython

    finders: Sequence[Any] = (
        ipython.MagicAssign,
        ipython.SystemAssign,
        ipython.EscapedCommand,
        ipython.HelpEnd,
    )
    for _ in range(10_000):
        lines = [f"{line}\n" for line in plain.text.removesuffix("\n").split("\n")]
        tokens = ipython.make_tokens_by_line(lines)
        found = [one for one in (finder.find(tokens) for finder in finders) if one is not None]
        if not found:
            return
        first = min(found, key=lambda one: (one.start_line, one.start_col))
        _replace(plain, lines, first, cell, allow)


def _replace(plain: Plain, lines: list[str], found: Any, cell: int, allow: bool) -> None:
    from IPython.core import inputtransformer2 as ipython

    at = found.start_line
    end = ipython.find_end_of_continued_line(lines, at)
    place = Place(cell, at + 1)
    if isinstance(found, ipython.HelpEnd):
        plain.notes.append(f"{lines[at].strip()} left out")
        new = ""
        end = max(end, getattr(found, "q_line", end))
    else:
        whole = ipython.assemble_continued_line(lines, (at, found.start_col), end)
        new = _instead(found, whole, lines[at][: found.start_col], plain, place, allow)
    if not new.strip():
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        new = f"{indent}pass" if indent else ""
    plain.text = "".join([*lines[:at], *([new.rstrip("\n") + "\n"]), *lines[end + 1 :]])


def _instead(found: Any, whole: str, before: str, plain: Plain, place: Place, allow: bool) -> str:
    """The statement in the place of one magic line; "" to leave it out."""
    from IPython.core import inputtransformer2 as ipython

    if isinstance(found, ipython.SystemAssign):
        return before + _lines(whole.strip().lstrip("!").strip(), plain, place)
    if isinstance(found, ipython.MagicAssign):
        return _assigned(whole.strip().lstrip("%"), before, plain, place)
    sign = re.match(r"[%!?,;/]{1,2}", whole.lstrip())
    text = whole.strip()
    if sign is not None and sign[0][0] == "!":
        return _system(text.lstrip("!").strip(), before, plain, place)
    if sign is not None and sign[0][0] == "%":
        return _line_magic(text.lstrip("%"), before, plain, place, allow)
    if sign is not None and sign[0][0] == "?":
        plain.notes.append(f"{text} left out")
        return ""
    raise place.error(f"`{text}` is IPython's shorthand for a call.", "Write the call in Python.")


def _assigned(text: str, before: str, plain: Plain, place: Place) -> str:
    name, _, rest = text.partition(" ")
    if name in ("sx", "system"):
        return before + _lines(rest.strip(), plain, place)
    raise place.error(
        f"%{name} gives a value that a script cannot make.", "Write in Python what it does."
    )


def _lines(command: str, plain: Plain, place: Place) -> str:
    plain.imports.add("subprocess")
    _note_failed(plain, command)
    return lines_of(command, place, plain.around)


def _system(command: str, before: str, plain: Plain, place: Place) -> str:
    if (found := installed(command)) is not None:
        _note_installed(plain, found[0])
        return _system(found[1], before, plain, place) if found[1] else ""
    if command.partition(" ")[0] in LOOKS and not set(command) & set("|>;&`"):
        plain.notes.append(f"!{command} only shows something; left out")
        return ""
    plain.imports.add("subprocess")
    _note_failed(plain, command)
    return before + run(command, place, plain.around)


def _note_failed(plain: Plain, command: str) -> None:
    if command in plain.around.failed:
        plain.notes.append(f"`{one_line(command)}` failed in the notebook, and may in the script")


def _note_installed(plain: Plain, words: str) -> None:
    names = packages(words)
    plain.requirements += names
    plain.notes.append(f"installs {', '.join(names) or words}; listed as requirements, never run")


def _line_magic(text: str, before: str, plain: Plain, place: Place, allow: bool) -> str:
    name, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    if name in SHOWN:
        plain.notes.append(f"%{name} left out")
        return ""
    if name in INSTALLS:
        _note_installed(plain, rest.partition("install ")[2] or rest)
        return ""
    if name in TIMED:
        plain.notes.append(f"%{name} left out, its statement kept")
        return before + _without_options(rest, TIMED[name])
    if name == "run":
        return _running(rest, before, plain, place, allow)
    if (handled := _special(name, rest, before, plain, place)) is not None:
        return handled
    if name == "timeit" or allow:
        plain.notes.append(
            f"%{name} left out, it binds nothing" if not allow else f"%{name} left out"
        )
        return ""
    raise place.error(
        f"the magic %{name} has no meaning in a script.",
        "Write in Python what it does, or leave it out with --allow-magics.",
    )


def _without_options(rest: str, valued: str) -> str:
    """A statement without the options before it; those in ``valued`` take the next word along."""
    pattern = rf"^-(?:[{valued}](?:\s+|(?=\S))\S+|\w+)\s+" if valued else r"^-\w+\s+"
    while (found := re.match(pattern, rest)) is not None:
        rest = rest[found.end() :]
    return rest


def _special(name: str, rest: str, before: str, plain: Plain, place: Place) -> str | None:
    """Magics that have a sentence of Python."""
    if name in ("sx", "system", "sc"):
        return _system(rest, before, plain, place)
    if name == "pylab":
        plain.notes.append("%pylab as the imports it stands for")
        return "\n".join(before + line for line in PYLAB.split("\n"))
    if name == "xdel" and rest.isidentifier():
        return f"{before}del {rest}"
    if name == "cd":
        target = rest.strip("\"'") or "~"
        plain.imports.add("os")
        return f"{before}os.chdir({filled(target, place, plain.around)})"
    if name in ("env", "set_env") and rest:
        variable, _, value = rest.replace("=", " ", 1).partition(" ")
        if not value.strip():
            plain.notes.append(f"%{name} {variable} only shows something; left out")
            return ""
        plain.imports.add("os")
        return f'{before}os.environ["{variable}"] = {filled(value.strip(), place, plain.around)}'
    return None


def _running(rest: str, before: str, plain: Plain, place: Place, allow: bool) -> str:
    """What stands for a file that a notebook runs."""
    found = run_file(rest, bool(before), place, plain.around)
    plain.imports |= found.imports
    shown = f"%run {rest}"
    if not found.cells:
        how = "runpy" if found.imports else "an import"
        plain.notes.append(f"{shown} as {how}")
        return "\n".join(before + line for line in found.text.split("\n"))
    if shown in plain.running:
        raise place.error(f"{shown} runs itself again.", "Write in Python what it does.")
    plain.notes.append(f"{shown} as the code of that file")
    texts = []
    for source in found.cells:
        cell = plain_python(source, place.cell, allow, plain.around, (*plain.running, shown))
        texts.append(cell.text.strip("\n"))
        plain.notes += cell.notes
        plain.requirements += cell.requirements
        plain.imports |= cell.imports
    return "\n\n".join(filter(None, texts))
