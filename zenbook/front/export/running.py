"""Other files that a notebook runs with ``%run``, as a script has them.

IPython runs a ``.py`` file in a namespace of its own and gives the notebook what it bound; a file
of definitions is imported instead, any other is run by ``runpy``, and only the names that the
notebook mentions are taken. With ``-i``, and for another notebook, IPython runs the code as if
it stood in the cell; so there it stands in the script.
"""

from __future__ import annotations

import ast
import keyword
import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zenbook.core.source import parse_cell
from zenbook.front.export.filling import literal
from zenbook.front.export.remembered import global_writes, names_of
from zenbook.front.export.surroundings import Surroundings
from zenbook.front.export.where import Place

_ASKS_ARGUMENTS = re.compile(r"\bargv\b|\b(?:argparse|optparse|getopt|click|typer|fire|docopt)\b")
_REMEDY = "Write in Python what it does, or import what you need from the file."


@dataclass(frozen=True, slots=True)
class Running:
    """What stands for a ``%run``: statements, or the cells whose code stands in its place."""

    text: str = ""
    cells: tuple[str, ...] = ()
    imports: frozenset[str] = frozenset()


def run_file(rest: str, is_nested: bool, place: Place, around: Surroundings) -> Running:
    """What stands for ``%run rest``; ``is_nested`` inside another statement. Raises ExportError."""
    options, (name, *arguments) = _taken_apart(rest)
    if unknown := [option for option in options if option != "-i"]:
        raise place.error(f"%run {unknown[0]} has no meaning in a script.", _REMEDY)
    file = around.folder / (name if Path(name).suffix else f"{name}.py")
    if not name or not file.is_file():
        raise place.error(
            f"%run executes another file, and there is no {name or 'name of it'}.", _REMEDY
        )
    if options or file.suffix != ".py":
        if is_nested or arguments:
            raise place.error(f"%run executes {name} as a part of another statement.", _REMEDY)
        return Running(cells=_cells(file, place))
    source, tree = _read(file, place)
    asks = bool(arguments or _ASKS_ARGUMENTS.search(source))
    used = sorted(_bound(tree) & (around.words or frozenset()))
    module = _module(name)
    if module and not (is_nested or asks) and _only_defines(tree, source, used):
        return Running(f"from {module} import *")
    if beside := _imported_beside(tree, file):
        raise place.error(
            f"%run executes {name}, which imports {beside} beside it: a step that is kept would "
            "not see that one change.",
            _REMEDY,
        )
    path = name if Path(name).suffix else f"{name}.py"
    argv = f"sys.argv[1:] = [{', '.join(map(literal, arguments))}]\n" if asks else ""
    text = argv + _run(literal(path), used, around.free("ran", place.cell))
    return Running(text, imports=frozenset({"runpy", *(["sys"] if asks else [])}))


def _taken_apart(rest: str) -> tuple[list[str], list[str]]:
    """The options, and the file's name with its arguments."""
    try:
        words = shlex.split(rest)
    except ValueError:  # quotes that do not match
        words = rest.split()
    first = next((n for n, word in enumerate(words) if not word.startswith("-")), len(words))
    return words[:first], words[first:] or [""]


def _cells(file: Path, place: Place) -> tuple[str, ...]:
    """The code of a file that runs among the notebook's own names. Raises ExportError."""
    from zenbook.front.notebook.book import read_notebook

    if file.suffix == ".ipynb":
        cells = tuple(c.source for c in read_notebook(file).cells if c.cell_type == "code")
    else:
        cells = (file.read_text(encoding="utf-8"),)
    if found := re.search(r"(?<![.\w])__(?:name|file)__\b", "\n".join(cells)):
        raise place.error(f"%run executes {file.name}, which asks for {found[0]}.", _REMEDY)
    return cells


def _read(file: Path, place: Place) -> tuple[str, ast.Module]:
    source = file.read_text(encoding="utf-8")
    try:
        return source, parse_cell(source)
    except (SyntaxError, ValueError):
        raise place.error(f"%run executes {file.name}, which is no Python.", _REMEDY) from None


def _bound(tree: ast.Module) -> set[str]:
    """The names that a file gives to the notebook that runs it."""
    names = set(names_of(tree).writes).union(*map(global_writes, tree.body))
    return {name for name in names if not name.startswith("__")}


def _module(name: str) -> str:
    """The name under which a file can be imported, "" if there is none."""
    parts = name.removesuffix(".py").removeprefix("./").split("/")
    fine = all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)
    return ".".join(parts) if fine and parts[0] not in sys.stdlib_module_names else ""


def _only_defines(tree: ast.Module, source: str, used: Sequence[str]) -> bool:
    """Whether importing a file gives what running it gives: it makes nothing that can change."""
    if re.search(r"(?<![.\w])__name__\b", source) or any(name.startswith("_") for name in used):
        return False
    return all(map(_defines, tree.body))


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.names[0].name != "*"
    if isinstance(node, ast.Assign):
        return all(isinstance(one, ast.Name) for one in node.targets) and _is_fixed(node.value)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, (ast.Import, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


def _is_fixed(value: ast.expr) -> bool:
    """Whether it is a literal that nothing can change."""
    try:
        hash(ast.literal_eval(value))
    except (ValueError, TypeError):
        return False
    return True


def _imported_beside(tree: ast.Module, file: Path) -> str:
    """A module in the file's own folder that it imports, "" if there is none."""
    nodes = list(ast.walk(tree))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    tops = (name.partition(".")[0] for name in names)
    return next((one for one in tops if _is_beside(file.parent / one)), "")


def _is_beside(module: Path) -> bool:
    return module.with_suffix(".py").is_file() or (module / "__init__.py").is_file()


def _run(path: str, used: Sequence[str], ran: str) -> str:
    """The call that runs a file, and the names that are taken from what it bound."""
    call = f'runpy.run_path({path}, run_name="__main__")'
    if not used:
        return call
    if len(used) == 1:
        return f'{used[0]} = {call}["{used[0]}"]'
    return "\n".join([f"{ran} = {call}", *(f'{name} = {ran}["{name}"]' for name in used)])
