"""The normal form of a step's body, so that a cell and the function exported from it are one step.

Two bodies are the same step if their normal forms are equal. Not in it: comments, layout,
positions, docstrings, annotations (``x: int = 1`` is ``x = 1``; those of class bodies and of
decorated functions stay, because decorators read them; and docstrings and annotations of functions
where the body may ask for them), ``pass`` beside other statements, the
imports at the top of the body (what an imported name *means* is a part of its own), a final
``return a, b`` of plain local names (it is the list of outputs), a function's ``plt.close("all")``
at the end (a notebook closes figures there by itself), a cell's bare last name (it only shows
a value), whether the last value is printed (a final ``print(table.head())`` is
``table.head()``; see :mod:`zenbook.engine.shown`). The step's own name, called inside, reads as
"itself". In a key helpers above a body are code that it uses (:mod:`zenbook.core.source_helpers`).

The parameters are a set of names and count as inputs, as their defaults do; only the structure
of ``*args`` and ``**kwargs`` is part of the code.

Where a function's source is not to be believed (:mod:`zenbook.core.source_trusted`), the digest is
made of the code object instead (:mod:`zenbook.core.code_digest`), which is as exact but tells, for
instance, a renamed local variable apart from its original in other words.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any

from xxhash import xxh3_128_hexdigest

from zenbook.core.code_digest import code_digest
from zenbook.core.compiling import compiled
from zenbook.core.source_helpers import (
    Apart,
    Trimmed,
    apart_from,
    trimmed_cell,
    trimmed_function,
)
from zenbook.core.source_normal import (
    bare_last,
    binds_print,
    closes_figures,
    drop_imports,
    gives_value,
    how_annotated,
    imported_names,
    is_async,
    is_generator,
    means_print,
    normalised,
    own_returns,
    plain_names,
    printed_value,
    with_value,
)
from zenbook.core.source_outputs import named_outputs
from zenbook.core.source_trusted import FUTURES, FunctionNode, ReadLines, trusted
from zenbook.model import Manner


@dataclass(frozen=True, slots=True)
class Body:
    """A step's body in its normal form.

    ``code`` is its digest and ``source`` the text people read in a diff. ``inputs`` are a
    function's parameters (for a cell, see :mod:`zenbook.core.names`). ``returns`` are the plain
    names of the final return that was taken out (None if the returns are part of the code, () if
    nothing is returned); ``return_count`` is how many values every return gives, if they agree.
    ``imports`` says what each name imported at the top of the body is: ``"numpy"``,
    ``"sklearn.svm:SVC"``. ``last`` is a cell's bare last name that was taken out;
    ``shows`` says if the last value is printed, or dropped by a function.

    Where helpers stand above the body, ``key`` is the digest of the rest, ``helpers`` are those of
    a cell, and ``apart`` is a function's code without them.
    """

    code: str
    source: str
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    returns: tuple[str, ...] | None = None
    return_count: int | None = None
    imports: Mapping[str, str] = field(default_factory=dict)
    docstring: str = ""
    is_async: bool = False
    is_generator: bool = False
    last: str = ""
    shows: Manner = ""
    key: str = ""
    helpers: tuple[ast.FunctionDef, ...] = ()
    apart: Apart | None = None


def body_of_function(function: Callable[..., Any], read_lines: ReadLines | None = None) -> Body:
    """The normal form of a function's body; of the function itself, not of what it wraps."""
    function = plain_function(function)
    known = _remembered.get(function.__code__)
    named = named_outputs(function)
    if known is not None and known[0] == named:
        return known[1]
    found = trusted(function, read_lines)
    body = _from_code(function, named) if found is None else _from_node(found.node, function, named)
    if len(_remembered) > 4096:
        _remembered.clear()
    _remembered[function.__code__] = (named, body)
    return body


_remembered: dict[CodeType, tuple[Any, Body]] = {}


def body_of_cell(source: str | ast.Module) -> Body:
    """The normal form of a cell, given as the Python that IPython made of it.

    Raises SyntaxError if it is no Python.
    """
    tree = parse_cell(source)
    statements = list(tree.body)
    docstring = ""
    if len(statements) > 1 and _is_text(statements[0]):
        docstring = ast.get_docstring(tree) or ""
        statements = statements[1:]
    last = bare_last(statements)
    if last:
        statements = statements[:-1]
    imports = imported_names(statements)
    prints = any(map(printed_value, statements[-1:])) and not binds_print(tree)
    statements = with_value(statements) if prints else statements
    kept = normalised(drop_imports(statements))
    rest = trimmed_cell(statements)
    return Body(
        code=_digest(kept),
        source=source.strip("\n") if isinstance(source, str) else _text(tree.body),
        imports=imports,
        docstring=docstring,
        is_async=is_async(tree.body),
        last=last,
        shows="printed" if prints else "",
        key="" if rest.is_whole else _digest(normalised(drop_imports(rest.statements))),
        helpers=rest.helpers,
    )


def code_of_cell(source: str | ast.Module, inputs: Iterable[str], name: str = "cell") -> CodeType:
    """The code of a cell as a function of its inputs, whose free names are what the cell uses.

    What a function cannot hold is left out: star imports (their names are free, too), and those
    of the future.
    """
    tree = parse_cell(source)
    body = [node for node in tree.body if not _is_for_modules(node)] or [ast.Pass()]
    arguments = ast.arguments(
        [], [ast.arg(name) for name in sorted(inputs)], None, [], [], None, []
    )
    make = ast.AsyncFunctionDef if is_async(tree.body) else ast.FunctionDef
    node = make(name, arguments, body, [], None, None)
    module = ast.fix_missing_locations(ast.Module([node], []))
    code = compiled(module, f"<{name}>")
    return next(const for const in code.co_consts if isinstance(const, CodeType))


def output_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a function's outputs.

    ``Annotated[T, "name"]`` in the return annotation names one; else ``return a, b`` does; else
    they are ``output``, or ``output_0``, ``output_1``, ... where there are several.
    """
    return body_of_function(function).outputs


def parse_cell(source: str | ast.Module) -> ast.Module:
    """Parse a cell, with await allowed at its top."""
    if isinstance(source, ast.Module):
        return source
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    tree: ast.Module = compiled(source, "<cell>", flags)
    return tree


def plain_function(function: Any) -> FunctionType:
    """The Python function behind a method, a callable object or the like; TypeError if none."""
    if isinstance(function, FunctionType):
        return function
    inner = getattr(function, "__func__", None)
    if inner is None:
        inner = vars(type(function)).get("__call__")
    if not isinstance(inner, FunctionType):
        raise TypeError(f"{function!r} is not written in Python")
    return inner


# ------------------------------------------------------------------ two ways to a body


@dataclass(frozen=True, slots=True, eq=False)
class _Statements:
    """A function's statements, without its docstring, its list of outputs, and the closing of
    figures."""

    kept: list[ast.stmt]
    returns: list[ast.Return]
    names: tuple[str, ...] | None
    outputs: tuple[str, ...]
    taken: bool
    """Whether the final return was the list of outputs, and is not among the kept ones."""
    closing: ast.stmt | None
    """The statement that closes all figures, taken out."""


def _statements(node: FunctionNode, function: FunctionType, named: Any) -> _Statements:
    kept = node.body[1:] if _is_text(node.body[0]) else list(node.body)
    returns = own_returns(kept)
    names = _final_names(kept, returns, function.__code__)
    outputs = _outputs(named, names, _count(returns))
    taken = names == outputs and bool(names)
    if taken:
        kept = kept[:-1]
    closing = kept[-1] if kept and closes_figures(kept[-1], function) else None
    if closing is not None:
        kept = kept[:-1]
    return _Statements(kept, returns, names, outputs, taken, closing)


def closing_statement(node: FunctionNode, function: FunctionType) -> ast.stmt | None:
    """The ``plt.close("all")`` that is no part of a function's body."""
    return _statements(node, function, named_outputs(function)).closing


def last_expression(node: FunctionNode, function: FunctionType) -> ast.Expr | None:
    """The statement whose value a cell with this function's body shows, or that prints it; None
    if there is none."""
    return _last_of(_statements(node, function, named_outputs(function)), function)


def _last_of(found: _Statements, function: FunctionType) -> ast.Expr | None:
    if (found.returns and not found.taken) or bare_last(found.kept):
        return None
    last = found.kept[-1] if found.kept else None
    if not isinstance(last, ast.Expr):
        return None
    prints = printed_value(last) is not None and means_print(function)
    return last if prints or gives_value(last) else None


def _from_node(node: FunctionNode, function: FunctionType, named: Any) -> Body:
    code = function.__code__
    found = _statements(node, function, named)
    last, names = _last_of(found, function), found.names
    shows: Manner = "" if last is None else "dropped" if gives_value(last) else "printed"
    statements = with_value(found.kept) if shows == "printed" else found.kept
    own = function.__name__ if node.name in _global_names(code) else ""
    rest = Trimmed(statements) if own else trimmed_function(statements, code)
    known = {id(one) for one in (*rest.helpers, *rest.statements)}
    own_code = [one for one in statements if id(one) in known]  # without list = builtins.list
    kept = normalised(drop_imports(own_code), own_name=own and node.name)
    told = "" if found.taken or not names else repr(found.outputs)
    unbound = f"unbound {', '.join(rest.unbound)}" if rest.unbound else ""
    said = (_structure(code), told, unbound, _like_results(found, code), how_annotated(kept, code))
    return Body(
        code=_digest(kept, *said),
        source=_source_text(function) or _text([node]),
        inputs=_parameters(code),
        outputs=found.outputs,
        returns=names if found.taken else None if found.returns else (),
        return_count=_count(found.returns),
        imports=imported_names(statements),
        docstring=ast.get_docstring(node) or "",
        is_async=inspect.iscoroutinefunction(function),
        is_generator=is_generator(code),
        shows=shows,
        key="" if rest.is_whole else _digest(normalised(drop_imports(rest.statements)), *said),
        apart=apart_from(node, rest, code, code.co_flags & FUTURES),
    )


def _like_results(found: _Statements, code: CodeType) -> str:
    """Names of a function that are those of unnamed results, which a cell gives another meaning."""
    local = {*code.co_varnames, *code.co_cellvars}
    return "" if found.taken else " ".join(sorted(n for n in local if _UNNAMED.fullmatch(n)))


def _from_code(function: FunctionType, named: Any) -> Body:
    code = function.__code__
    outputs = _outputs(named, None, None)
    return Body(
        code=xxh3_128_hexdigest(f"code {code_digest(code, code.co_name)} {outputs!r}".encode()),
        source=_source_text(function),
        inputs=_parameters(code),
        outputs=outputs,
        docstring=inspect.cleandoc(function.__doc__ or ""),
        is_async=inspect.iscoroutinefunction(function),
        is_generator=is_generator(code),
    )


def _outputs(
    named: tuple[str | None, ...] | None, names: tuple[str, ...] | None, count: int | None
) -> tuple[str, ...]:
    """Annotated names first, then those of the return, then numbers."""
    if named is not None and (len(named) > 1 or named[0] is not None or count in (None, 0, 1)):
        if names is None or len(names) != len(named):
            names = None
        unnamed = names or _numbered(len(named))
        return tuple(name or unnamed[place] for place, name in enumerate(named))
    return names or _numbered(count or 1)


_UNNAMED = re.compile(r"output(_\d+)?")


def _numbered(count: int) -> tuple[str, ...]:
    return ("output",) if count == 1 else tuple(f"output_{place}" for place in range(count))


def _final_names(
    statements: list[ast.stmt], returns: list[ast.Return], code: CodeType
) -> tuple[str, ...] | None:
    """The plain local names of the only return, if it is the last statement of a function."""
    if is_generator(code) or len(returns) != 1 or statements[-1] is not returns[0]:
        return None
    names = plain_names(returns[0].value)
    local = {*code.co_varnames, *code.co_cellvars}
    if names is None or len(set(names)) != len(names) or not set(names) <= local:
        return None
    return names


def _count(returns: list[ast.Return]) -> int | None:
    counts = {
        len(node.value.elts)
        if isinstance(node.value, ast.Tuple)
        and len(node.value.elts) > 1
        and not any(isinstance(item, ast.Starred) for item in node.value.elts)
        else 1
        for node in returns
    }
    return counts.pop() if len(counts) == 1 else None if counts else 0


def _structure(code: CodeType) -> str:
    """``*args`` and ``**kwargs``, which make another function of the same statements."""
    extra = code.co_varnames[code.co_argcount + code.co_kwonlyargcount :]
    stars = [f"*{extra[0]}"] if code.co_flags & inspect.CO_VARARGS else []
    if code.co_flags & inspect.CO_VARKEYWORDS:
        stars.append(f"**{extra[len(stars)]}")
    return " ".join(stars)


def _parameters(code: CodeType) -> tuple[str, ...]:
    stars = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + stars]


def _global_names(code: CodeType) -> set[str]:
    from zenbook.core.code_reader import facts_of

    return {name.root for name in facts_of(code).names}


def _digest(statements: Iterable[ast.stmt], *more: str) -> str:
    text = "\n".join([ast.dump(node) for node in statements])
    said = [piece for piece in more if piece]
    return xxh3_128_hexdigest(repr((text, *said)).encode("utf-8", "surrogatepass"))


def _text(nodes: Iterable[ast.stmt]) -> str:
    return "\n".join(ast.unparse(node) for node in nodes)


def _source_text(function: FunctionType) -> str:
    """The text of a function, "" where there is none.

    ``inspect.getsource`` looks through every loaded module for the one a file belongs to, which
    takes 100 ms beside a large library; the function knows its globals.
    """
    code = function.__code__
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, function.__globals__)[code.co_firstlineno - 1 :]
    try:
        return textwrap.dedent("".join(inspect.getblock(lines))) if lines else ""
    except (SyntaxError, tokenize.TokenError):
        return ""  # the file is no longer what the code was made of


def _is_text(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _is_for_modules(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and (
        node.module == "__future__" or any(alias.name == "*" for alias in node.names)
    )
