"""Which values a cell may change in place, as far as its text tells.

Without types this is caution, not knowledge (measured over 819 real cells: precision .45), so a
run decides wherever there is one. What the text does tell is what the notebook's own functions
do with their arguments: one that only reads them changes nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from zenbook.core.trees import nodes_of

_CHANGING = re.compile(
    "append|extend|insert|pop|popitem|popleft|appendleft|remove|clear|update|setdefault|add"
    "|discard|sort|reverse|fit|fit_transform|partial_fit|train|load_state_dict|zero_grad|backward"
    "|step|compile|shuffle|fill|resize|itemset|add_node|add_edge|add_nodes_from|add_edges_from"
    "|add_module|write|set_params|rename_axis|setattr|put"
)
"""Methods that usually change what they are called on."""
_VIEWS = frozenset({"items", "values", "ravel", "reshape", "view", "setdefault", "get"})
_CHANGE_ARGUMENTS = frozenset({"shuffle", "heappush", "heappop"})
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class Changes:
    """What calling a function may change: arguments by position and name, and names outside it.

    ``everything`` is for what its text does not tell: a class keeps what it is given.
    """

    positions: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()
    everything: bool = False


NOTHING_KNOWN: Mapping[str, Changes] = {}


def function_changes(nodes: Iterable[ast.stmt]) -> dict[str, Changes]:
    """What each function and class defined by these statements may change when it is called."""
    functions: dict[str, list[FunctionNode]] = {}
    found: dict[str, Changes] = {}
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            found[node.name] = Changes(everything=True)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            functions.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    functions.setdefault(target.id, []).append(node.value)
    found.update(dict.fromkeys(functions, Changes()))
    for _ in functions:  # functions call each other; each round can only find more
        now = {name: _joined(_of(one, found) for one in each) for name, each in functions.items()}
        if all(found[name] == changes for name, changes in now.items()):
            break
        found.update(now)
    return found


def _joined(several: Iterable[Changes]) -> Changes:
    all_of_them = list(several)
    return Changes(
        frozenset().union(*(one.positions for one in all_of_them)),
        frozenset().union(*(one.names for one in all_of_them)),
        frozenset().union(*(one.outside for one in all_of_them)),
        any(one.everything for one in all_of_them),
    )


def _of(node: FunctionNode, known: Mapping[str, Changes]) -> Changes:
    arguments = node.args
    body: Sequence[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else node.body
    by_place = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    rest = [one.arg for one in (arguments.vararg, arguments.kwarg) if one is not None]
    own = {*by_place, *rest, *(one.arg for one in arguments.kwonlyargs)}
    changed = may_change_through(body, known)
    made = {
        inner.id
        for one in body
        for inner in ast.walk(one)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
    }
    if changed & set(rest):
        return Changes(everything=True)
    return Changes(
        frozenset(place for place, name in enumerate(by_place) if name in changed),
        frozenset(changed & own),
        frozenset(changed - own - made),
    )


def _aliases(body: Iterable[ast.AST]) -> dict[str, set[str]]:
    """Names that may stand for another name's value or a part of it: ``row`` for ``table``."""
    found: dict[str, set[str]] = {}
    for node in nodes_of(body):
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            pairs = [(node.target, node.iter)]
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            pairs = [(node.optional_vars, node.context_expr)]
        else:
            continue
        for target, value in pairs:
            sources = set(_roots_of(value))
            for inner in ast.walk(target):
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                    found.setdefault(inner.id, set()).update(sources)
    return found


def _roots_of(value: ast.expr) -> Iterator[str]:
    """Names whose value, or a part of it, an expression may give without a copy."""
    if isinstance(value, (ast.Name, ast.Attribute, ast.Subscript)):
        yield root_name(value)
    elif isinstance(value, (ast.Tuple, ast.List)):
        for item in value.elts:
            yield from _roots_of(item)
    elif isinstance(value, ast.IfExp):
        yield from (*_roots_of(value.body), *_roots_of(value.orelse))
    elif isinstance(value, ast.BoolOp):
        for item in value.values:
            yield from _roots_of(item)
    elif isinstance(value, ast.Call):
        called = ast.unparse(value.func)
        if called in ("zip", "enumerate", "iter", "reversed"):
            for item in value.args:
                yield from _roots_of(item)
        elif called.rpartition(".")[2] in _VIEWS:
            yield root_name(value.func)


def _with_sources(changed: set[str], aliases: Mapping[str, set[str]]) -> set[str]:
    waiting, found = list(changed), set(changed)
    while waiting:
        for source in aliases.get(waiting.pop(), set()) - found:
            found.add(source)
            waiting.append(source)
    return found


def may_change_through(
    nodes: Sequence[ast.AST], own: Mapping[str, Changes] = NOTHING_KNOWN
) -> set[str]:
    """Names whose value these statements may change in place, also by another name for a part of
    it: ``row = table["a"]``, then ``row.append(1)``."""
    return _with_sources(may_change(nodes, own), _aliases(nodes))


def may_change(nodes: Iterable[ast.AST], own: Mapping[str, Changes] = NOTHING_KNOWN) -> set[str]:
    """Names whose value these statements may change in place, where no run tells.

    ``own`` is what calling the notebook's own functions may change.
    """
    found: set[str] = set()
    for node in nodes_of(nodes):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            found.add(root_name(node))
        elif isinstance(node, ast.AugAssign):
            found.add(root_name(node.target))
        elif isinstance(node, ast.Call):
            found |= _changed_by(node, own)
    return found - {""}


def _changed_by(call: ast.Call, own: Mapping[str, Changes]) -> set[str]:
    found: set[str] = set()
    function = call.func
    in_place = any(
        key.arg in ("inplace", "out")
        and not (isinstance(key.value, ast.Constant) and not key.value.value)
        for key in call.keywords
    )
    if isinstance(function, ast.Attribute) and (_CHANGING.fullmatch(function.attr) or in_place):
        found.add(root_name(function.value))
    if isinstance(function, ast.Attribute) and function.attr in _CHANGE_ARGUMENTS:
        found |= {arg.id for arg in call.args if isinstance(arg, ast.Name)}
    if isinstance(function, ast.Name) and function.id in own:
        found |= _changed_by_own(call, own[function.id])
    return found


def _changed_by_own(call: ast.Call, changes: Changes) -> set[str]:
    spread = any(isinstance(arg, ast.Starred) for arg in call.args)
    given = [
        arg
        for place, arg in enumerate(call.args)
        if changes.everything or (changes.positions if spread else place in changes.positions)
    ]
    given += [
        key.value
        for key in call.keywords
        if changes.everything or key.arg in changes.names or (key.arg is None and changes.names)
    ]
    return {root for value in given for root in _roots_of(value)} | changes.outside


def root_name(node: ast.expr) -> str:
    """``df`` of ``df.loc[0].x``, "" if it begins with something else."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Starred)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
