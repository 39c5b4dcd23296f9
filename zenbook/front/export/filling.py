"""Commands as Python literals, with what IPython fills into them: ``{x}`` and ``$x``.

IPython's own parser finds the fields. Where one of them has no value, such as ``$HOME`` or the
``{print $1}`` of an awk program, IPython leaves the whole command as it is, and so does a script.
"""

from __future__ import annotations

import ast

from zenbook.front.export.surroundings import Surroundings
from zenbook.front.export.where import Place


def filled(command: str, place: Place, around: Surroundings) -> str:
    """The command as a literal; an f-string where IPython would fill in values."""
    from IPython.utils.text import DollarFormatter

    try:
        parts = [(part[0], _expression(*part[1:])) for part in DollarFormatter().parse(command)]
    except ValueError:  # braces that do not match
        return literal(command)
    fields = [field for _, field in parts if field is not None]
    if not all(_has_value(field, around) for field in fields):
        return literal(command)
    if not fields:
        return literal("".join(text for text, _ in parts))
    quote = next((sign for sign in ('"', "'") if sign not in "".join(fields)), "")
    if not quote or "\\" in "".join(fields):
        raise place.error(f"`{command}` fills in quotes.", "Use subprocess.run with the text.")
    pieces = (_between(text, quote) + _braced(field) for text, field in parts)
    return f"f{quote}{''.join(pieces)}{quote}"


def _expression(field: str | None, spec: str | None, conversion: str | None) -> str | None:
    if field is None:
        return None
    return field + (f":{spec}" if spec else "") + (f"!{conversion}" if conversion else "")


def _braced(field: str | None) -> str:
    return "" if field is None else f"{{{field}}}"


def _between(text: str, quote: str) -> str:
    """What stands between the fields of an f-string."""
    return _escaped(text, quote).replace("{", "{{").replace("}", "}}")


def _escaped(text: str, quote: str) -> str:
    marks = (("\\", "\\\\"), (quote, f"\\{quote}"), ("\n", "\\n"), ("\t", "\\t"))
    for sign, written in marks:
        text = text.replace(sign, written)
    return text


def _has_value(field: str, around: Surroundings) -> bool:
    """Whether a field is an expression of names that the notebook may have."""
    try:
        tree = ast.parse(field.rpartition("!")[0] or field, mode="eval")
    except SyntaxError:
        return False
    return around.may_bind(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def literal(text: str) -> str:
    """A Python literal, readable where that is possible."""
    if not text.replace("\n", "").replace("\t", "").isprintable():
        return repr(text)
    if "\n" in text.removesuffix("\n"):
        quote = next((sign for sign in ('"""', "'''") if sign not in text), "")
        fine = quote and not text.endswith(quote[0])
        doubled = text.replace("\\", "\\\\")
        return f"{quote}{doubled}{quote}" if fine else repr(text)
    quote = "'" if '"' in text and "'" not in text else '"'
    return f"{quote}{_escaped(text, quote)}{quote}"
