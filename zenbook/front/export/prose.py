"""What the Markdown of a notebook says, in the plain words of a docstring or a name."""

from __future__ import annotations

import re

_NO_PROSE = re.compile(r"#|\||```|<|\$\$|\\\\?[\[b]|!|>|[-*_+]\s|[-*_]{3}|1\.")
"""What begins a heading, a table, code, a formula, a picture, a quotation, a list or a rule."""
_SHORT = re.compile(
    r"(?:\b(?:[A-Za-z]|a\.k\.a|e\.g|i\.e|etc|cf|vs|viz|resp|approx|al|figs?|eqs?|sec|ch|no|vol|dr"
    r"|mr|mrs|ms|prof|st|jr)\.)$",
    re.IGNORECASE,
)
"""What ends with a full stop and ends no sentence."""


def marked_headings(text: str) -> str:
    """Markdown whose underlined headings have the marks of the others: ``# Title``."""
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith("```")
        above = lines[-1] if lines else ""
        prose = bool(re.match(r" {0,3}[^\s#>|`*+-]", above))
        if not fenced and prose and re.fullmatch(r" {0,3}(={2,}|-{2,})\s*", line):
            lines[-1] = f"{'#' if '=' in line else '##'} {above.strip()}"
            lines.append("")
        else:
            lines.append(line)
    return "\n".join(lines)


def heading_text(line: str) -> str:
    """A heading, or a sentence, without its marks."""
    text = line.lstrip("#").strip().rstrip("#").strip()
    text = re.sub(r"<[^>]*>", "", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\{#[^}]*\}", "", text)
    parts = re.split(r"(`+[^`]+`+|\$\$?[^$]+\$\$?|\\\\?\(.+?\\\\?\))", text)
    words = [
        _verbatim(part) if place % 2 else _without_marks(part) for place, part in enumerate(parts)
    ]
    return " ".join("".join(words).split())


def _verbatim(part: str) -> str:
    """A piece of code, or a formula."""
    if part.startswith("`"):
        return part.strip("`")
    return _said(re.sub(r"^(?:\$\$?|\\\\?\()|(?:\$\$?|\\\\?\))$", "", part))


def _without_marks(text: str) -> str:
    text = re.sub(r"(?<!\w)__(?=\w)|(?<=\w)__(?!\w)", "", text)
    text = re.sub(r"[*`]|\$|(?<![\w\\])_|(?<!\\)_(?!\w)", "", text)
    return _said(re.sub(r"\\([^A-Za-z0-9\s])", r"\1", text)) if "\\" in text else text


_SIGNS = {
    "times": " x ",
    "cdot": "*",
    "le": "<=",
    "leq": "<=",
    "ge": ">=",
    "geq": ">=",
    "ne": "!=",
    "neq": "!=",
    "approx": "~",
    "sim": "~",
    "pm": "+-",
    "to": "->",
    "rightarrow": "->",
    "infty": "infinity",
    "dots": "...",
    "ldots": "...",
    "cdots": "...",
    "Vert": "||",
    "vert": "|",
    **dict.fromkeys(["left", "right", "big", "Big", "displaystyle", "limits", "rm", "bf"], ""),
}
_STYLES = (
    "text|textbf|textit|textrm|texttt|mathbf|mathrm|mathit|mathcal|mathbb|mathsf|boldsymbol|bm"
    "|operatorname|vec|hat|bar|tilde|overline|underline|emph|dot|ddot|mbox"
)


def _said(formula: str) -> str:
    """A formula as one would type it: ``beta_1 <= 2``."""
    for _ in range(3):  # one in another
        formula = re.sub(rf"\\(?:{_STYLES})\s*\{{([^{{}}]*)\}}", r"\1", formula)
        formula = re.sub(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"\1/\2", formula)
        formula = re.sub(r"\\sqrt\s*\{([^{}]*)\}", r"sqrt(\1)", formula)
        formula = re.sub(r"([_^])\{([^{}]*)\}", r"\1\2", formula)
    formula = re.sub(r"\\([A-Za-z]+)", lambda found: _SIGNS.get(found[1], found[1]), formula)
    return re.sub(r"\\[,;:!> ]|[{}]|\\(?=[^A-Za-z]|$)", "", formula.replace(r"\|", "||"))


def first_sentence(text: str) -> str:
    """The first sentence of a paragraph of prose, "" if the text begins with something else."""
    for block in re.split(r"\n\s*\n", text.strip()):
        flat = " ".join(block.split())
        if not flat or _NO_PROSE.match(flat) or re.fullmatch(r"\$[^$]*\$[.,;:]?", flat):
            continue
        return heading_text(flat[: _end(flat)])
    return ""


def _end(text: str) -> int:
    """Where the first sentence ends: not behind ``e.g.``, nor inside brackets."""
    for found in re.finditer(r"[.!?](?=\s+[^a-z]|\s*$)", text):
        sentence = text[: found.end()]
        if not _SHORT.search(sentence) and sentence.count("(") <= sentence.count(")"):
            return found.end()
    return len(text)
