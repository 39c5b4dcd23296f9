"""What things are called: steps, their functions, the pipeline; and their first sentence."""

from __future__ import annotations

import ast
import keyword
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from zenbook.front.export.deeds import deed_of
from zenbook.front.export.facts import draws
from zenbook.front.export.groups import Group, heading_above
from zenbook.front.export.module import BUILTINS
from zenbook.front.export.plan import Plan
from zenbook.front.export.prose import first_sentence, heading_text
from zenbook.front.export.reading import SourceCell
from zenbook.front.notebook.notebook_name import pipeline_name

_FILLING = frozenset(
    [
        "a",
        "an",
        "and",
        "the",
        "of",
        "for",
        "to",
        "in",
        "on",
        "with",
        "by",
        "from",
        "or",
        "is",
        "are",
        "our",
        "your",
        "its",
    ]
)


_LONG = 40
"""Characters of a name made of a heading."""


@dataclass(frozen=True, slots=True)
class Title:
    """A step's name in history, its function's name, and its sentence."""

    name: str
    function: str
    sentence: str


def pipeline_title(plan: Plan) -> tuple[str, str]:
    """The pipeline's name as the notebook's runs have it, and a function's name for it."""
    name = plan.notebook.pipeline or pipeline_name(plan.notebook.file)
    without_number = re.sub(r"^[\d\W_]+(?=[A-Za-z])", "", name)
    return name, identifier(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", without_number).lower())


def notebook_title(plan: Plan) -> str:
    """The notebook's title; "" if its first heading is that of a step among others like it."""
    notebook = plan.notebook
    headings = [heading for cell in notebook.cells if (heading := heading_above(cell))]
    level = min((len(one) - len(one.lstrip("#")) for one in headings), default=0)
    equals = [one for one in headings if len(one) - len(one.lstrip("#")) == level]
    is_a_steps = any(heading_text(group.heading) == notebook.title for group in plan.groups)
    if notebook.introduction or len(equals) < 2 or not is_a_steps:
        return notebook.title
    return ""


def identifier(text: str) -> str:
    """A valid Python name made of a text, ``step`` if nothing of it can be used."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"\W+", "_", plain).strip("_") or "step"
    name = f"step_{name}" if name[0].isdigit() else name
    return f"{name}_" if keyword.iskeyword(name) else name


def titles(plan: Plan, taken: Iterable[str]) -> list[Title]:
    """A title for each group; functions avoid the names in ``taken`` and each other's."""
    found: list[Title] = []
    names: set[str] = set()
    functions = set(taken)
    variables = {n for g in plan.groups for n in (*g.inputs, *g.outputs)}
    variables |= {name for piece in plan.pieces for name in piece.names.writes}
    variables |= {parameter.name for parameter in plan.parameters}
    for group in plan.groups:
        name = _unlike(_name(group, heading_over(group, plan)), names)
        names.add(name)
        base = identifier(name)
        avoid = functions | variables | BUILTINS
        function = base if base not in avoid else _unlike(f"{base}_step", avoid)
        functions.add(function)
        found.append(Title(name, function, _sentence(group, heading_over(group, plan))))
    return found


def _unlike(name: str, taken: set[str]) -> str:
    number, given = 1, name
    while given in taken:
        number += 1
        given = f"{name}_{number}"
    return given


def heading_over(group: Group, plan: Plan) -> str:
    """The heading under which a group begins: above its first cell, or above an earlier one.

    Only the first group of a notebook with headings can begin below somebody else's.
    """
    first = group.cells[0]
    if heading_above(first) or group is not plan.groups[0]:
        return group.heading
    cells = plan.notebook.cells
    before = [heading_above(cell) for cell in cells[: cells.index(first)]]
    return next((heading for heading in reversed(before) if heading), group.heading)


def _name(group: Group, heading: str) -> str:
    marked = group.marked
    if marked is not None and marked.step is not None:
        return marked.step.name or default_name(group)
    if heading:
        words = _words(heading_text(heading))
        if words and words[0].isdigit() and len(words) > 1:
            words = [word for word in words if not word.isdigit()] or words
        if words:
            return identifier(_joined_words(words))
    return _by_output(group)


def _words(text: str) -> list[str]:
    words: list[str] = re.findall(r"[A-Za-z0-9]+", _ascii(text).lower())
    return [word for word in words if word not in _FILLING] or words


def _joined_words(words: list[str]) -> str:
    """The first words, as many as make no long name."""
    name = words[0][:_LONG]
    for word in words[1:5]:
        if len(name) + 1 + len(word) > _LONG:
            break
        name = f"{name}_{word}"
    return name


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def default_name(group: Group) -> str:
    """As a ``%%step`` without a name is called: the only function defined, else the last output."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [node.name for node in group.nodes if isinstance(node, kinds)]
    if len(functions) == 1:
        return functions[0]
    return group.outputs[-1] if group.outputs else "step"


def _by_output(group: Group) -> str:
    if group.outputs:
        return identifier(f"make_{group.outputs[-1]}")
    if words := _words(_told_above(group.cells[0])):
        return identifier(_joined_words(words))
    if draws(group.nodes, "plt"):
        return identifier("_".join(["plot", *list(group.inputs)[:1]]))
    if deed := deed_of(group.nodes[-1]):
        return identifier("_".join(deed))
    called = _last_call(group)
    return identifier(called.rpartition(".")[2]) if called else f"cell_{group.cells[0].number}"


def _last_call(group: Group) -> str:
    """``random.seed`` of a step that ends with ``random.seed(3)``, "" if it ends otherwise."""
    value = getattr(group.nodes[-1], "value", None)
    called = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
    return called if re.fullmatch(r"[\w.]+", called) else ""


def _sentence(group: Group, heading: str) -> str:
    """From the nearest Markdown; else from what the step gives."""
    under = (cell for cell in group.cells if heading_above(cell) == group.heading)
    first = group.marked if group.marked is not None else next(under, group.cells[0])
    for cell in (*group.told_before, first):  # what repeats a cell is introduced where it began
        if sentence := _told_above(cell):
            return _ended(sentence.rstrip(":"))
    if heading := heading_above(first) or heading:
        return _ended(heading_text(heading))
    if group.outputs:
        return f"Make {_joined(group.outputs)}."
    if draws(group.nodes, "plt"):
        return f"Plot {_joined(list(group.inputs))}." if group.inputs else "Plot."
    if deed := deed_of(group.nodes[-1]):
        return f"{deed[0].capitalize()} {deed[1]}."
    if called := _last_call(group):
        return f"Call {called}."
    return f"What cell {first.number} of the notebook does."


def _told_above(cell: SourceCell) -> str:
    """The first sentence of the Markdown nearest above a cell, "" if there is none."""
    for text in reversed(cell.markdown):
        lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
        if sentence := first_sentence("\n".join(lines)):
            return sentence
    return ""


def _joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
