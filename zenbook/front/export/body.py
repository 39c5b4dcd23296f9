"""The text of a step's body: the cell's own, comments and all, one level deeper."""

from __future__ import annotations

import ast
import re
from itertools import takewhile

from zenbook.core.source_normal import bare_last, printed_value
from zenbook.front.export.facts import draws
from zenbook.front.export.groups import Group, heading_above, loaded
from zenbook.front.export.layout import INDENT, indented, tidy
from zenbook.front.export.module import BUILTINS
from zenbook.front.export.pieces import Piece
from zenbook.front.export.plan import Plan
from zenbook.front.export.prose import heading_text
from zenbook.front.export.remembered import global_writes, names_of
from zenbook.front.export.unread import unread_names, without_unread

_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_NOT_PRINTED = ("<", "[<", "(<", "Text(", "{'whiskers'", "(array(", "Figure(", "[[<")


def body_text(plan: Plan, group: Group) -> str:
    """All statements of a step, indented; "" if none is left."""
    parts: list[str] = []
    for piece in group.copied:
        parts += [tidy(piece.text), ""]
    parts += _shadowing(group)
    before: Piece | None = None
    pyplot, names = _pyplot(plan), _drawing_names(plan)
    unread = unread_names(group, plan.facts)
    for piece in group.pieces:
        text = without_unread(piece, _piece_text(piece, group), unread)
        if pyplot and _ends_drawing(piece, pyplot, names):
            text = f'{text}\n{pyplot}.close("all")'.lstrip("\n")
        if not text:
            continue
        if before is not None:
            gap = _gap(before, piece)
            if note := _heading_note(before, piece):
                text = f"{note}\n{text}"
            parts.append("" if gap else "\x00")
        parts.append(text)
        before = piece
    joined = _joined(parts)
    return indented(tidy(joined)) if joined.strip() else ""


_DRAWING = ("matplotlib.pyplot", "matplotlib.pylab", "pylab")


def _pyplot(plan: Plan) -> str:
    """The name under which the script has pyplot, "" if it has no use for it."""
    imports = plan.module.imports
    known = {*_DRAWING, "matplotlib:pyplot", "matplotlib:pylab"}
    if named := next((name for name, what in imports.items() if what in known), ""):
        return named
    taken = any("plt" in piece.names.writes for piece in plan.pieces)
    return "plt" if _drawing_names(plan) and not taken else ""


def _drawing_names(plan: Plan) -> frozenset[str]:
    """Names imported out of pyplot: ``plot``, ``show``."""
    imports = plan.module.imports.items()
    return frozenset(name for name, what in imports if what.partition(":")[0] in _DRAWING)


def closed_with(plan: Plan) -> set[str]:
    """The name that closes figures in a step's body; none if no step draws."""
    pyplot, names = _pyplot(plan), _drawing_names(plan)
    pieces = (piece for group in plan.groups for piece in group.pieces)
    return {pyplot} if pyplot and any(_ends_drawing(p, pyplot, names) for p in pieces) else set()


def _ends_drawing(piece: Piece, pyplot: str, names: frozenset[str]) -> bool:
    """Whether a notebook would close figures here: it does at the end of each cell.

    A ``%%step`` cell that does not name pyplot must not name it in the script: its records are
    found by what it uses.
    """
    body = piece.cell.tree.body
    if not piece.is_last or not (draws(body, pyplot) or names & loaded(body)):
        return False
    return piece.cell.step is None or pyplot in names_of(piece.cell.tree).reads


def _joined(parts: list[str]) -> str:
    text = ""
    for part in parts:
        if part == "\x00":
            continue
        if part == "":
            text += "\n"
            continue
        text += part + "\n"
    return text


def _gap(before: Piece, piece: Piece) -> bool:
    """Whether a blank line stands between two pieces."""
    if before.cell is not piece.cell:
        return True
    if isinstance(before.nodes[-1], _DEFINES) or isinstance(piece.node, _DEFINES):
        return True
    lines = before.cell.text.split("\n")
    end = before.nodes[-1].end_lineno or 0
    between = lines[end : piece.line - 1]
    return any(not line.strip() for line in between)


def _heading_note(before: Piece, piece: Piece) -> str:
    """A merged cell's heading as a comment."""
    if before.cell is piece.cell or piece.cell.step is not None:
        return ""
    text = heading_text(heading_above(piece.cell))
    return f"# {text}" if text and len(text) < 80 else ""


def _shadowing(group: Group) -> list[str]:
    """A name of a builtin that the body reads before it binds it means the builtin at first."""
    names = group.names()
    early = sorted((names.builtins_read & names.writes) - group.inputs.keys())
    early = [name for name in early if name in BUILTINS]
    if not early:
        return []
    return ["import builtins", "", *(f"{name} = builtins.{name}" for name in early), ""]


def _piece_text(piece: Piece, group: Group) -> str:
    text = tidy(piece.text)
    if piece.is_last and isinstance(piece.nodes[-1], ast.Expr):
        text = _last_text(piece, text)
    if any(isinstance(node, ast.Global) for node in piece.nodes):
        return ""
    if any(isinstance(node, ast.Delete) for node in piece.nodes):
        text = _without_foreign(piece, text, group)
    return _without_global(piece, text, group)


def _without_foreign(piece: Piece, text: str, group: Group) -> str:
    """``del x`` of what an earlier step has made only takes a name away, which no step has here."""
    before = takewhile(lambda other: other is not piece, (*group.copied, *group.pieces))
    known = {name for other in before for name in other.names.writes} | group.inputs.keys()
    targets = [one for n in piece.nodes if isinstance(n, ast.Delete) for one in n.targets]
    kept = [one for one in targets if not isinstance(one, ast.Name) or one.id in known]
    if len(kept) == len(targets) or len(piece.nodes) > 1:
        return text
    comments = [line for line in text.split("\n") if line.startswith("#")] if kept else []
    return "\n".join([*comments, *([f"del {', '.join(map(ast.unparse, kept))}"] if kept else [])])


def _last_text(piece: Piece, text: str) -> str:
    """A cell's last expression: dropped if it only names a value, else as the notebook shows it."""
    last = piece.nodes[-1]
    if bare_last([last]):
        return _without_statement(piece, text)
    if not isinstance(last, ast.Expr):
        return text
    value = last.value
    if piece.cell.step is not None and not _is_shown_by_printing(value):
        return text  # another text would be another step
    if isinstance(value, ast.Constant):
        return _without_statement(piece, text)
    shown = piece.cell.shown
    is_quiet = piece.cell.text.rstrip().endswith(";")
    if shown is None and not (piece.cell.executed or is_quiet or _calls(value)):
        shown = ""  # it only shows a value, whatever that is
    if shown is None or not _tells(value, shown) or len(piece.nodes) > 1:
        return text
    if isinstance(value, ast.Call) and ast.unparse(value.func) in ("print", "display"):
        return text
    return _printed(piece, text)


def _is_shown_by_printing(value: ast.expr) -> bool:
    """Whether a step that prints this value is the step that shows it."""
    printed = ast.Expr(ast.Call(ast.Name("print"), [value], []))
    return printed_value(printed) is value


def _calls(value: ast.expr) -> bool:
    kinds = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom)
    return any(isinstance(node, kinds) for node in ast.walk(value))


def _tells(value: ast.expr, shown: str) -> bool:
    """Whether a shown result tells anybody anything: what a call to draw gives does not."""
    if not any(isinstance(node, ast.Call) for node in [value, *_members(value)]):
        return True
    return not shown.startswith(_NOT_PRINTED) or (shown.startswith("<class") and "\n" in shown)


def _members(value: ast.expr) -> list[ast.expr]:
    return value.elts if isinstance(value, ast.Tuple) else []


def _printed(piece: Piece, text: str) -> str:
    last = piece.nodes[-1]
    source = ast.get_source_segment(piece.cell.text, last)
    found = [*re.finditer(rf"(?m)^{re.escape(source)}", text)] if source else []
    if source is None or not found or not isinstance(last, ast.Expr):
        return text
    bare = source[1:-1] if _is_wrapped(source) else source
    if piece.cell.step is not None and _value_of(f"print({bare})") != ast.dump(last.value):
        bare = f"({bare})"  # ``a, b`` is one value
    start, end = found[-1].span()
    return f"{text[:start]}print({bare}){text[end:]}"


def _value_of(text: str) -> str:
    """What a call of print prints, as a dump; "" if it is not one value."""
    match ast.parse(text, mode="eval").body:
        case ast.Call(_, [value], []):
            return ast.dump(value)
    return ""


def _is_wrapped(source: str) -> bool:
    return source.startswith("(") and source.endswith(")") and source.count("(") == 1


def _without_statement(piece: Piece, text: str) -> str:
    """Only the comments of a piece whose statement is dropped."""
    if len(piece.nodes) > 1:
        cut = text.rfind(";")
        return text[:cut] if cut > 0 else text
    kept = [line for line in text.split("\n") if line.startswith("#")]
    return "\n".join(kept)


def _without_global(piece: Piece, text: str, group: Group) -> str:
    """``global x`` in a function of the body means the body's own ``x``: ``nonlocal``."""
    shared = {
        name
        for node in piece.nodes
        for inner in ast.walk(node)
        if isinstance(inner, ast.Global)
        for name in inner.names
    }
    for name in sorted(shared):
        own = any(name in other.names.always for other in group.pieces) or name in group.inputs
        if own:
            text = re.sub(rf"(?m)^(\s+)global ((?:\w+, *)*{name}\b)", r"\1nonlocal \2", text)
    return text


def declared_global(group: Group) -> list[str]:
    """Names that functions of the body assign and the body itself never binds."""
    shared = {name for node in group.nodes for name in global_writes(node)}
    own = {n for piece in group.pieces for n in _own(piece)} | group.inputs.keys()
    return sorted(shared - own)


def _own(piece: Piece) -> set[str]:
    functions = {n for node in piece.nodes for n in global_writes(node)}
    return set(piece.names.always) - functions


def module_text(piece: Piece) -> str:
    """A definition as it stands at module level; a named lambda becomes a function."""
    from zenbook.front.export.pieces import lambda_name

    name = lambda_name(piece.node)
    text = re.sub(
        r"\A((?:#.*\n+)+)", lambda found: re.sub(r"\n+", "\n", found[1]), tidy(piece.text)
    )
    if not name:
        return text
    value = getattr(piece.node, "value")  # noqa: B009
    arguments = ast.unparse(value.args)
    inner = ast.get_source_segment(piece.cell.text, value.body) or ast.unparse(value.body)
    comments = [line for line in text.split("\n") if line.startswith("#")]
    if "\n" in inner:
        inner = f"({inner})"
    return "\n".join([*comments, f"def {name}({arguments}):", f"{INDENT}return {inner}"])
