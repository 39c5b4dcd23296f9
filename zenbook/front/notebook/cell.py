"""A cell as a step: what it reads before it binds it, what it binds, and what it ends with."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from zenbook.core.source import Body
from zenbook.core.source_shown import LAST, MANIFEST
from zenbook.core.vouched import is_datum
from zenbook.errors import OptionError
from zenbook.front.notebook.cell_text import CellText, read_text
from zenbook.front.notebook.definitions import (
    defines,
    flattened,
    imported_names,
    is_only_called,
)
from zenbook.front.notebook.manner import replaced_magics
from zenbook.front.notebook.namespace import is_code, is_ordinary, is_spare, is_users
from zenbook.front.notebook.option_table import suggestion
from zenbook.front.notebook.options import StepLine
from zenbook.front.notebook.some_paths import named_where_caught, names_presumed
from zenbook.model import Manner, Options, Step
from zenbook.world.unheard import unheard

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
    made_data: frozenset[str]
    """Numbers and the like that a hit makes anew on some paths."""
    dropped: tuple[str, ...]
    """Names it deletes in the end, whatever happens."""
    caught: frozenset[str]
    """Names of caught errors, which it deletes where there are such, and by no ``del``."""
    presumed: frozenset[str]
    """Names it binds if its loops have anything to go through, and its contexts let errors out."""
    left_by_loops: frozenset[str]
    """Inputs that it reads only if a loop that binds them has nothing to go through. A result that
    was made when the notebook had none of them is a result whatever they are: reading one would
    have raised a NameError, and the loops go through the same again."""
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

    def as_step(self, inputs: Sequence[str], options: Options, keep_only: Sequence[str]) -> Step:
        """The step with these inputs, of whose outputs only some are kept."""
        return Step(
            name=self.name,
            code=self.body.code,
            source=self.body.source,
            inputs=tuple(inputs),
            outputs=self.given(keep_only),
            options=options,
            docstring=self.body.docstring,
        )

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
    absent: Collection[str] = (),
) -> Cell:
    """Look at a cell. ``transform`` is IPython's, for the bodies of ``%%time`` and the like;
    ``starred`` are names that its star imports bind; ``is_quiet`` is what :func:`ends_quietly`
    says of its text, ``is_shown`` whether the shell shows last values at all; ``absent`` are names
    that are looked at as if the notebook had none of them."""
    text, seen = read_text(tree, transform)
    body, names, made = text.body, text.names, text.made
    binds = frozenset(names.writes)
    always = _always_bound(text)
    found = sorted((names.reads | names.builtins_read).difference(starred, absent))
    reads = _reads(found, said, binds, namespace)
    if not (text.unclear or text.may_bind):
        _check_outputs(said, (*text.order, *binds, *reads))
    replaced = [f"%%{name} is not IPython's own" for name in replaced_magics(text.shown, namespace)]
    unclear = (*text.unclear, *replaced)
    presumed = frozenset(names_presumed(seen.body))
    by_loops = names.maybe_read.intersection(presumed, reads) - names.deletes
    is_said = said.inputs is not None or bool(said.added) or bool(unclear)
    return Cell(
        name=said.name or default_name(tree, text),
        tree=tree,
        expanded=seen,
        body=body,
        reads=reads,
        besides=_besides(found, reads, said, namespace),
        binds=binds,
        deletes=frozenset(names.deletes) | text.caught,
        always=always,
        made=made,
        made_data=text.made_data,
        dropped=text.dropped,
        caught=text.caught - names.deletes,
        presumed=presumed,
        left_by_loops=frozenset() if is_said else by_loops - named_where_caught(seen),
        definitions=[tree.body[place] for place in text.definitions],
        shows_last=is_shown and not is_quiet and not body.last and text.gives_value,
        is_quiet=is_quiet,
        obstacles=(*(unclear if said.inputs is None else ()), *text.changes),
        remarks=text.remarks,
        is_unclear=bool(unclear),
    )


def step_name(tree: ast.Module, said: StepLine, transform: Any) -> str:
    """What the step of a cell is called. Raises OptionError for one that has to be named."""
    return said.name or default_name(tree, read_text(tree, transform)[0])


def _always_bound(text: CellText) -> tuple[str, ...]:
    names, made = text.names.always, text.made
    return tuple(n for n in text.order if n in names and n not in made and not is_spare(n))


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


def default_name(tree: ast.Module, text: CellText) -> str:
    """The only function defined, else the last output; one bound on every branch, if any."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [node.name for node in tree.body if isinstance(node, kinds)]
    if len(functions) == 1:
        return functions[0]
    others = {*text.made, *text.names.imports, *text.caught}
    bound = (name for name in text.order if name not in others and not is_spare(name))
    if outputs := _always_bound(text) or tuple(bound):
        return outputs[-1]
    raise OptionError(
        "Give this step a name: %%step NAME (it binds no data to be named after, "
        "nor is there a single function)."
    )


def ends_quietly(source: str) -> bool:
    """Whether a cell ends in a semicolon: IPython then does not show its last value."""
    last = ""
    if ";" not in source:
        return False
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type not in _NO_CODE:
                last = token.string
    except (SyntaxError, tokenize.TokenError):
        return source.rstrip().endswith(";")
    return last == ";"
