"""Which names a cell reads before it binds them, binds, deletes and defines.

Flow-sensitive over the syntax tree: what is bound on *every* path to a read is no input, what
may be unbound is one (a loop may run no times, a try block may break off anywhere). Functions
and lambdas that the cell defines are read when they are used: their free names count at the
place where their name is loaded, so a global bound between definition and call is no input.
A with block is taken to run to its end unless it is one of those that swallow errors.

Annotations are read by nobody who computes a result; they are listed apart for the exporter.
Builtins are listed apart as well: they are inputs only where the notebook has shadowed them.

What cannot be seen here: names inside formula texts, and operators that dispatch to methods
which read globals. :func:`transitive_reads` follows those that a namespace makes visible.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass

from zenbook.core.names_follow import transitive_reads
from zenbook.core.names_scope import DYNAMIC_CALLS
from zenbook.core.names_shell import Magic
from zenbook.core.names_statements import Statements
from zenbook.core.source import parse_cell

__all__ = ["Magic", "Names", "analyse", "transitive_reads"]

_BUILTINS = frozenset(dir(builtins))
_SHELL = frozenset({"get_ipython"})


@dataclass(frozen=True, slots=True)
class Names:
    """What a cell does with names.

    ``reads`` are read before they are bound on some path, without ``builtins_read`` and without
    what only annotations mention. ``maybe_read`` are those among the reads that the cell itself
    binds on another path. ``writes`` are bound on some path (``imports``, ``functions`` and
    ``classes`` are among them); ``mutates`` have an item or attribute assigned or deleted.
    ``imports`` maps a name to ``"numpy"`` or ``"sklearn.svm:SVC"``. ``calls`` are the builtins
    and IPython calls that reach names nobody sees: eval, exec, globals, run, input.
    """

    reads: frozenset[str]
    writes: frozenset[str]
    deletes: frozenset[str]
    imports: dict[str, str]
    functions: frozenset[str]
    classes: frozenset[str]
    star_imports: tuple[str, ...]
    calls: frozenset[str]
    magics: tuple[Magic, ...]
    maybe_read: frozenset[str] = frozenset()
    builtins_read: frozenset[str] = frozenset()
    annotations: frozenset[str] = frozenset()
    mutates: frozenset[str] = frozenset()
    always: frozenset[str] = frozenset()
    """Names bound on every path that reaches the end."""

    @property
    def defines(self) -> frozenset[str]:
        """The functions and classes the cell defines."""
        return self.functions | self.classes

    @property
    def is_dynamic(self) -> bool:
        """Whether names may be read or bound that nobody can see."""
        return bool(self.calls & DYNAMIC_CALLS)


def analyse(source: str | ast.Module) -> Names:
    """The names of a cell, given as the Python that IPython made of it, or as its tree.

    Raises SyntaxError if it is no Python.
    """
    flow = Statements()
    at_end = flow.block(parse_cell(source).body, frozenset())
    reads = frozenset(flow.reads) - _SHELL
    return Names(
        reads=reads - _BUILTINS,
        writes=frozenset(flow.writes),
        deletes=frozenset(flow.deletes),
        imports=dict(flow.imports),
        functions=frozenset(flow.functions) - flow.classes,
        classes=frozenset(flow.classes),
        star_imports=tuple(flow.stars),
        calls=frozenset(flow.calls),
        magics=tuple(flow.magics),
        maybe_read=(reads & flow.maybe) - _BUILTINS,
        builtins_read=reads & _BUILTINS,
        annotations=frozenset(flow.annotations) - _BUILTINS,
        mutates=frozenset(flow.mutates),
        always=at_end or frozenset(),
    )
