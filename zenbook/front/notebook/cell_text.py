"""What the text of a cell says by itself, whatever the notebook holds.

A cell is run again as it is, mostly: what its text says is worked out once, and known by its
digest the next time. So nothing here may ask the notebook, a module or a clock.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from xxhash import xxh3_128_hexdigest

from zenbook.core.names import Names, analyse
from zenbook.core.names_scope import DYNAMIC_CALLS, NAMESPACES
from zenbook.core.source import Body, body_of_cell, parse_cell
from zenbook.core.source_normal import gives_value, is_pythons_print
from zenbook.core.trees import nodes_of
from zenbook.front.notebook.definitions import bound_names, definitions, dropped_names, made_names
from zenbook.front.notebook.process import process_changes
from zenbook.front.notebook.some_paths import made_data

_MOST_TEXTS = 512
_PYTHON_MAGICS = frozenset({"time", "capture", "prun", "timeit"})
_SHELLS = frozenset({"bash", "sh", "script", "system", "sx", "!"})
_HARMLESS = frozenset(
    [
        "matplotlib",
        "load_ext",
        "reload_ext",
        "autoreload",
        "config",
        "pinfo",
        "pinfo2",
        "pylab",
        "time",
        "timeit",
        "precision",
        "psource",
        "pdoc",
        "pfile",
        "pip",
        "conda",
        "mamba",
        "lsmagic",
    ]
)
_SHOWN = frozenset({"html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG"})
"""Cell magics of IPython that show their text as it is."""
_PROCESS = frozenset({"cd", "env", "set_env", "pushd", "popd"})

_texts: dict[tuple[str, bool], CellText] = {}


@dataclass(frozen=True, slots=True, eq=False)
class CellText:
    """What a cell's text says. It holds no node of the tree, but for the helpers of the body."""

    body: Body
    names: Names
    order: tuple[str, ...]
    """Names it binds, in their order."""
    definitions: tuple[int, ...]
    """Places of the statements that a hit executes anew."""
    made: tuple[str, ...]
    made_data: frozenset[str]
    """Numbers and the like that its definitions bind on some paths, and nothing else binds."""
    dropped: tuple[str, ...]
    caught: frozenset[str]
    gives_value: bool
    unclear: tuple[str, ...]
    """Why it may read or bind names that do not stand in it."""
    may_bind: bool
    """Whether it imports everything from a module."""
    changes: tuple[str, ...]
    """What it changes of the process."""
    remarks: tuple[str, ...]
    shown: tuple[str, ...]
    """Its magics that only show their text, where they are IPython's."""


Transform = Callable[[str], str]


def read_text(tree: ast.Module, transform: Transform) -> tuple[CellText, ast.Module]:
    """What a cell's text says, and the tree with the Python that ``%%time`` and the like run put
    in; ``transform`` is IPython's, for that.

    A text with helpers is not remembered, as these are nodes of its tree; nor is one with magics,
    whose Python IPython may read otherwise by then.
    """
    digest = xxh3_128_hexdigest(ast.dump(tree).encode("utf-8", "surrogatepass"))
    key = (digest, is_pythons_print())  # what a final print means for the normal form
    known = _texts.get(key)
    if known is not None:
        return known, ast.Module([*tree.body], [])
    seen, magics = _expanded(tree, transform)
    text = _said(tree, seen, magics)
    if not text.body.helpers and not any(map(_magic, nodes_of([tree]))):
        if len(_texts) >= _MOST_TEXTS:
            _texts.clear()
        _texts[key] = text
    return text, seen


def _said(tree: ast.Module, seen: ast.Module, magics: Magics) -> CellText:
    names = analyse(seen)
    anew = definitions(tree.body)
    return CellText(
        body=body_of_cell(tree),
        names=names,
        order=tuple(dict.fromkeys(bound_names(seen.body))),
        definitions=tuple(place for place, node in enumerate(tree.body) if node in anew),
        made=made_names(tree.body, anew),
        made_data=made_data(tree.body, anew),
        dropped=dropped_names(tree.body),
        caught=_caught(seen),
        gives_value=_gives_value(tree),
        unclear=(*magics.obstacles, *_unclear(names, seen)),
        may_bind=_may_bind_here(seen),
        changes=(*magics.changes, *process_changes(seen)),
        remarks=magics.remarks,
        shown=tuple(shown_magics(tree)),
    )


def _caught(tree: ast.Module) -> frozenset[str]:
    """Names of caught errors, which are deleted where their handlers end."""
    handlers = (node for node in nodes_of([tree]) if isinstance(node, ast.ExceptHandler))
    return frozenset(node.name for node in handlers if node.name)


def _unclear(names: Names, seen: ast.Module) -> Iterator[str]:
    for call in sorted(names.calls & DYNAMIC_CALLS):
        if call not in ("run", "__import__"):
            yield f"it calls {call}(), which may read or bind any name"
    for name in sorted({n.attr for n in nodes_of([seen]) if isinstance(n, ast.Attribute)}):
        if name in NAMESPACES:
            yield f"it reads {name}, which may be any name"


def _gives_value(tree: ast.Module) -> bool:
    """Whether the last statement may show a value that has to be kept to be shown again."""
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr) or not gives_value(last):
        return False
    magic = _magic(last)
    return magic is None or magic[0] not in ("run_cell_magic", "system", "run_line_magic")


def _may_bind_here(tree: ast.Module) -> bool:
    """Whether any statement imports everything from a module."""
    return any(
        isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
        for node in tree.body
    )


# ------------------------------------------------------------------ magics


@dataclass(frozen=True, slots=True)
class Magics:
    """What a cell's magics mean for keeping its result: what they may do, what they change of the
    process, and what is told."""

    obstacles: tuple[str, ...]
    changes: tuple[str, ...]
    remarks: tuple[str, ...]


def _expanded(tree: ast.Module, transform: Transform) -> tuple[ast.Module, Magics]:
    """The tree with the Python that is hidden in magics put in, for reading names only."""
    statements: list[ast.stmt] = []
    obstacles: list[str] = []
    changes: list[str] = []
    remarks: list[str] = []
    for node in tree.body:
        statements += _hidden_in(node, transform)
        for call, arguments in _magics_in(node):
            _judge(call, arguments, obstacles, changes, remarks)
    told = tuple(dict.fromkeys(remarks))
    return ast.Module(statements, []), Magics(tuple(obstacles), tuple(changes), told)


def _magics_in(node: ast.AST) -> Iterator[tuple[str, list[str]]]:
    for inner in nodes_of([node]):
        if magic := _magic(inner):
            yield magic


def _magic(node: ast.AST) -> tuple[str, list[str]] | None:
    """``get_ipython().run_line_magic('cd', '..')`` as its method and texts; None for others."""
    if isinstance(node, ast.Expr):
        node = node.value
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return None
    owner = node.func.value
    if not (isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name)):
        return None
    if owner.func.id != "get_ipython":
        return None
    texts = [one.value for one in node.args if isinstance(one, ast.Constant)]
    return node.func.attr, [str(text) for text in texts]


def _judge(
    call: str, texts: list[str], obstacles: list[str], changes: list[str], remarks: list[str]
) -> None:
    name = texts[0] if texts else ""
    if (
        call in ("system", "getoutput")
        or (call == "run_cell_magic" and name in _SHELLS)
        or (call == "run_line_magic" and name in _SHELLS)
    ):
        remarks.append("the programs it starts are not tracked")
    elif call == "run_line_magic" and (name in _PROCESS or _sets(name, texts[1:])):
        changes.append(f"%{name} changes the process")
    elif call == "run_line_magic" and name not in _HARMLESS:
        obstacles.append(f"%{name} may do anything")
    elif call == "run_cell_magic" and name not in _PYTHON_MAGICS | _SHOWN:
        obstacles.append(f"%%{name} may do anything")


def shown_magics(tree: ast.Module) -> Iterator[str]:
    """The magics of a cell that show their text as it is, where they are IPython's own."""
    for call, texts in _magics_in(tree):
        if call == "run_cell_magic" and texts[:1] and texts[0] in _SHOWN:
            yield texts[0]


def _sets(name: str, texts: Sequence[str]) -> bool:
    """Whether a harmless magic changes how the kernel shows values: found set already when the
    cell is run a second time, it would be kept, and missing after a restart."""
    said = texts[0] if texts else ""
    match name:
        case "config":
            return "=" in said
        case "matplotlib" | "pylab":
            return said.split("#")[0].strip() not in ("", "inline", "--list", "-l")
        case _:
            return name in ("precision", "pprint")


def _hidden_in(node: ast.stmt, transform: Transform) -> list[ast.stmt]:
    """The statement, preceded by what a magic in it would execute or look up."""
    hidden: list[ast.stmt] = []
    for call, texts in _magics_in(node):
        source = ""
        if call == "run_cell_magic" and texts[:1] and texts[0] in _PYTHON_MAGICS:
            source = texts[-1]
        elif call == "run_line_magic" and texts[:1] and texts[0] in ("time", "timeit", "prun"):
            source = re.sub(r"^(\s*-\S+)+\s+", "", texts[-1])
        elif call == "run_cell_magic" and texts[:1] and texts[0] in _SHOWN:
            source = "\n".join(_named_in(texts[1]))
        elif call in ("system", "getoutput", "run_cell_magic", "run_line_magic"):
            source = "\n".join(_named_in(texts[-1] if texts else ""))
        hidden += _parsed(source, transform)
    return [*hidden, node]


def _parsed(source: str, transform: Transform) -> list[ast.stmt]:
    try:
        return parse_cell(transform(source)).body
    except SyntaxError:
        return []  # the magic itself will say so when the cell runs


def _named_in(text: str) -> Iterator[str]:
    """Names that ``!cmd {x} $y`` puts into its text."""
    for braces, name in re.findall(r"\{([^{}]+)\}|(?<!\$)\$([A-Za-z_]\w*)", text):
        yield name or braces
