"""A cell as a step: what it reads before it binds it, what it binds, and what it ends with."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from zenbook.core.names import Names, analyse
from zenbook.core.names_scope import DYNAMIC_CALLS, NAMESPACES
from zenbook.core.source import Body, body_of_cell, parse_cell
from zenbook.core.source_normal import gives_value
from zenbook.core.source_shown import LAST, MANIFEST
from zenbook.core.trees import nodes_of
from zenbook.core.vouched import is_datum
from zenbook.errors import OptionError
from zenbook.front.notebook.definitions import (
    bound_names,
    defines,
    definitions,
    dropped_names,
    flattened,
    imported_names,
    is_only_called,
    made_names,
)
from zenbook.front.notebook.namespace import is_code, is_ordinary, is_spare, is_users
from zenbook.front.notebook.option_table import suggestion
from zenbook.front.notebook.options import StepLine
from zenbook.front.notebook.process import process_changes
from zenbook.model import Manner
from zenbook.world.unheard import unheard

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
        "who",
        "whos",
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
_PROCESS = frozenset({"cd", "env", "set_env", "pushd", "popd"})
_NO_CODE = frozenset(
    [
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """What is known of a cell from its text and the namespace, before it runs."""

    name: str
    tree: ast.Module
    expanded: ast.Module
    """The tree with the Python that ``%%time`` and the like run put in."""
    body: Body
    reads: tuple[str, ...]
    """Names it reads before it binds them, that stand for data or are bound again; with
    ``--inputs`` those it says."""
    besides: tuple[str, ...]
    """Data it reads that ``--inputs`` leaves out."""
    binds: frozenset[str]
    """Names it may bind, on any branch."""
    deletes: frozenset[str]
    """Names it may delete, on any branch."""
    always: tuple[str, ...]
    """Names of data it binds on every branch: a kept result without one of these is no result."""
    made: tuple[str, ...]
    """Imports, functions and classes a hit makes anew."""
    dropped: tuple[str, ...]
    """Names it deletes in the end, whatever happens."""
    definitions: Sequence[ast.stmt]
    shows_last: bool
    """Whether its last expression gives a value that has to be kept."""
    is_quiet: bool
    """Whether it ends in a semicolon, which keeps its last value from being shown."""
    obstacles: tuple[str, ...]
    remarks: tuple[str, ...]
    is_unclear: bool
    """Whether it may read or bind names that do not stand in it."""

    @property
    def rebinds(self) -> frozenset[str]:
        """Names it may rebind or delete; none where that does not stand in it."""
        return frozenset() if self.is_unclear else self.binds | self.deletes

    @property
    def defined(self) -> tuple[str, ...]:
        """Functions and classes whose definition stands in the cell: what it imports is a module's,
        and may note things on itself when it is used, as a progress bar's class does."""
        imported = imported_names(self.tree.body)
        return tuple(name for name in self.made if name not in imported)

    @property
    def shows(self) -> Manner:
        """How it shows its last value."""
        own: Manner = "value" if self.shows_last else "dropped" if self.is_quiet else ""
        return self.body.shows or own

    @property
    def hidden(self) -> tuple[str, ...]:
        """What a record must hold beside the names to be this cell's result: the value it shows,
        and the manifest, which only a cell leaves."""
        made = filter(defines, flattened(self.definitions))
        if any(not is_only_called(node, self.expanded) for node in made):
            return (*self.last, MANIFEST)
        return self.last

    def given(self, keep_only: Sequence[str]) -> tuple[str, ...]:
        """What a record must hold to be this cell's result, where only some names are kept."""
        return (*keep_only, *self.last) if keep_only else (*self.always, *self.hidden)

    @property
    def last(self) -> tuple[str, ...]:
        """What a record must hold to show its last value."""
        return LAST[:1] if self.shows_last else ()


@unheard
def read_cell(
    tree: ast.Module,
    said: StepLine,
    namespace: MutableMapping[str, Any],
    transform: Any,
    starred: Collection[str] = (),
    *,
    is_quiet: bool = False,
    is_shown: bool = True,
) -> Cell:
    """Look at a cell. ``transform`` is IPython's, for the bodies of ``%%time`` and the like;
    ``starred`` are names that its star imports bind; ``is_quiet`` is what :func:`ends_quietly`
    says of its text, ``is_shown`` whether the shell shows last values at all."""
    seen, magics = _expanded(tree, transform)
    body = body_of_cell(tree)
    names = analyse(seen)
    anew = definitions(tree.body)
    made = made_names(tree.body, anew)
    binds = frozenset(names.writes)
    order = dict.fromkeys(bound_names(seen.body))
    always = tuple(n for n in order if n in names.always and n not in made and not is_spare(n))
    found = sorted((names.reads | names.builtins_read).difference(starred))
    reads = _reads(found, said, binds, namespace)
    unseen = [*magics.obstacles, *_unclear(names, seen)]
    if not (unseen or may_bind_here(seen)):
        _check_outputs(said, (*order, *binds, *reads))
    unclear = unseen if said.inputs is None else []
    return Cell(
        name=said.name or default_name(tree, always),
        tree=tree,
        expanded=seen,
        body=body,
        reads=reads,
        besides=_besides(found, reads, said, namespace),
        binds=binds,
        deletes=frozenset(names.deletes) | _caught(seen),
        always=always,
        made=made,
        dropped=dropped_names(tree.body),
        definitions=anew,
        shows_last=is_shown and not is_quiet and not body.last and _gives_value(tree),
        is_quiet=is_quiet,
        obstacles=(*unclear, *magics.changes, *process_changes(seen)),
        remarks=magics.remarks,
        is_unclear=bool(unseen),
    )


def _reads(
    found: Sequence[str], said: StepLine, binds: frozenset[str], namespace: Mapping[str, Any]
) -> tuple[str, ...]:
    """The names that are inputs, as detected or as said. Raises OptionError for a missing one."""
    for name in (*(said.inputs or ()), *said.added):
        if name not in namespace:
            near = suggestion(name, filter(is_ordinary, list(namespace)))
            raise OptionError(f"--inputs names {name}, which the notebook does not have.{near}")
    names = [*(found if said.inputs is None else said.inputs), *said.added]
    return tuple(
        name
        for name in dict.fromkeys(names)
        if name in namespace
        and (is_users(name, namespace) or name in said.added)
        and (name in binds or name not in found or not is_code(namespace[name]))
    )


def _check_outputs(said: StepLine, known: Collection[str]) -> None:
    """Raises OptionError for an output that the cell can never have."""
    for name in said.options.keep_only:
        if name not in known:
            raise OptionError(
                f"--outputs names {name}, which the cell does not bind.{suggestion(name, known)}"
            )


def _besides(
    found: Sequence[str], reads: Sequence[str], said: StepLine, namespace: Mapping[str, Any]
) -> tuple[str, ...]:
    """The data among what it reads that are no inputs, because ``--inputs`` says which are."""
    if said.inputs is None:
        return ()
    return tuple(
        name
        for name in found
        if name in namespace
        and name not in reads
        and is_users(name, namespace)
        and is_datum(namespace[name])
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


def default_name(tree: ast.Module, always: Sequence[str]) -> str:
    """The only function defined, else the last output."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [node.name for node in tree.body if isinstance(node, kinds)]
    if len(functions) == 1:
        return functions[0]
    if named := [name for name in always if not is_spare(name)]:
        return named[-1]
    raise OptionError("Give this step a name: %%step NAME (it binds nothing to be named after).")


def ends_quietly(source: str) -> bool:
    """Whether a cell ends in a semicolon: IPython then does not show its last value."""
    last = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type not in _NO_CODE:
                last = token.string
    except (SyntaxError, tokenize.TokenError):
        return source.rstrip().endswith(";")
    return last == ";"


def _gives_value(tree: ast.Module) -> bool:
    """Whether the last statement may show a value that has to be kept to be shown again."""
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr) or not gives_value(last):
        return False
    magic = _magic(last)
    return magic is None or magic[0] not in ("run_cell_magic", "system", "run_line_magic")


# ------------------------------------------------------------------ magics


@dataclass(frozen=True, slots=True)
class Magics:
    """What a cell's magics mean for keeping its result: what they may do, what they change of the
    process, and what is told."""

    obstacles: tuple[str, ...]
    changes: tuple[str, ...]
    remarks: tuple[str, ...]


def _expanded(tree: ast.Module, transform: Any) -> tuple[ast.Module, Magics]:
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
    elif call == "run_cell_magic" and name not in _PYTHON_MAGICS:
        obstacles.append(f"%%{name} may do anything")


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


def _hidden_in(node: ast.stmt, transform: Any) -> list[ast.stmt]:
    """The statement, preceded by what a magic in it would execute or look up."""
    hidden: list[ast.stmt] = []
    for call, texts in _magics_in(node):
        source = ""
        if call == "run_cell_magic" and texts[:1] and texts[0] in _PYTHON_MAGICS:
            source = texts[-1]
        elif call == "run_line_magic" and texts[:1] and texts[0] in ("time", "timeit", "prun"):
            source = re.sub(r"^(\s*-\S+)+\s+", "", texts[-1])
        elif call in ("system", "getoutput", "run_cell_magic", "run_line_magic"):
            source = "\n".join(_named_in(texts[-1] if texts else ""))
        hidden += _parsed(source, transform)
    return [*hidden, node]


def _parsed(source: str, transform: Any) -> list[ast.stmt]:
    try:
        return parse_cell(transform(source)).body
    except SyntaxError:
        return []  # the magic itself will say so when the cell runs


def _named_in(text: str) -> Iterator[str]:
    """Names that ``!cmd {x} $y`` puts into its text."""
    for braces, name in re.findall(r"\{([^{}]+)\}|(?<!\$)\$([A-Za-z_]\w*)", text):
        yield name or braces


def may_bind_here(tree: ast.Module) -> bool:
    """Whether any statement imports everything from a module."""
    return any(
        isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
        for node in tree.body
    )
