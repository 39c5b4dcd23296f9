"""Which options exist: parsing, help, completion and suggestions are all made from this table.

It stands alone so that ``%load_ext zenbook`` can show help without importing what parsing needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its spellings, what its value is called ("" for a switch), and its help."""

    names: tuple[str, ...]
    value: str
    text: str
    choices: tuple[str, ...] = ()
    many: bool = False

    @property
    def key(self) -> str:
        """The long spelling without dashes, in snake case."""
        return self.names[-1].lstrip("-").replace("-", "_")


STEP_OPTIONS: tuple[Option, ...] = (
    Option(
        ("-i", "--inputs"),
        "NAMES",
        "only these data are reasons, and code; +NAME adds to those found",
    ),
    Option(("-o", "--outputs"), "NAMES", "keep only these names"),
    Option(("--ignore",), "NAMES", "read, but no reason to run again unless changed in place"),
    Option(
        ("-d", "--files", "--depends"),
        "PATH",
        "a file, a glob or $VARIABLE it depends on",
        many=True,
    ),
    Option(("--version",), "TEXT", "free text; another text runs the step again"),
    Option(("--enable-cache",), "", "use a kept result although the pipeline says not to"),
    Option(("--no-cache",), "", "run now, and every time"),
    Option(("-f", "--force"), "", "run now and keep the new result"),
    Option(("--must-hit",), "", "an error instead of running, for checks"),
    Option(("-n", "--dry-run"), "", "say what would happen and do not run"),
    Option(("--ttl",), "TIME", "a kept result counts this long: 90s, 15m, 12h, 7d"),
    Option(("--seed",), "N", "seed random, numpy and torch before; put the outer state back after"),
    Option(("--rng",), "HOW", "how random states count", ("auto", "key", "ignore")),
    Option(("--replay",), "WHAT", "what a hit shows again", ("all", "display", "none")),
    Option(("-p", "--pipeline"), "NAME", "the pipeline this step belongs to"),
    Option(("-q", "--quiet"), "", "no line under the cell"),
)
PIPELINE_OPTIONS: tuple[Option, ...] = (
    Option(("--enable-cache",), "", "steps use kept results (the default)"),
    Option(("--no-cache",), "", "every step runs unless it says --enable-cache"),
    Option(("-q", "--quiet"), "", "do not show the graph"),
)


def suggestion(word: str, known: Iterable[str]) -> str:
    """`` Did you mean ...?`` for the closest known word; "" if none is close."""
    from zenbook.core.naming import closest

    close = closest(word, known)
    return f" Did you mean {close}?" if close else ""


def usage(magic: str, options: Iterable[Option]) -> str:
    """The help text of a magic's options, one line each."""
    rows = []
    for option in options:
        spelled = ", ".join(option.names)
        value = "|".join(option.choices) or option.value
        rows.append(aligned(spelled + (" " + value if value else ""), option.text, 32))
    return f"{magic} options:\n" + "\n".join(rows)


def aligned(said: str, meaning: str, width: int) -> str:
    """A row of help: what is said, and beside it, or below what is long, what that means."""
    gap = " " * (width - len(said)) if len(said) < width else f"\n{' ' * (width + 2)}"
    return f"  {said}{gap}{meaning}"
