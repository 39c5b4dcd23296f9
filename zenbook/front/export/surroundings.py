"""What the text of a cell does not tell of its commands: names elsewhere, and what failed."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``words`` are the names in all of the notebook's code, None if nobody looked.

    ``failed`` are the cell's commands that failed when the notebook ran, ``folder`` is where the
    notebook lies.
    """

    words: frozenset[str] | None = None
    failed: frozenset[str] = frozenset()
    folder: Path = field(default_factory=Path)

    def free(self, name: str, cell: int) -> str:
        """A name that means nothing else in the notebook."""
        return f"{name}_{cell}" if name in (self.words or ()) else name

    def may_bind(self, names: Iterable[str]) -> bool:
        """Whether each of these names may have a value when the cell runs."""
        return self.words is None or set(names) <= self.words | vars(builtins).keys()


_SAYS_NOTHING = re.compile(
    r"\A\s*%%(?:file|writefile|bash|sh|script|html|javascript|js|latex|markdown|svg)\b.*"
    r"|\"{3}.*?\"{3}|'{3}.*?'{3}",
    re.DOTALL | re.IGNORECASE,
)
_NO_NAMES = re.compile(r"^\s*!.*|(?<==)\s*!.*|'[^'\n]*'|\"[^\"\n]*\"|#.*", re.MULTILINE)


def words_of(sources: Iterable[str]) -> frozenset[str]:
    """The names in the code of cells, without what stands only in commands, texts or comments."""
    found: set[str] = set()
    for source in sources:
        code = _NO_NAMES.sub("", _SAYS_NOTHING.sub("", source))
        found |= set(re.findall(r"(?<![\w${])[^\W\d]\w*", code))
    return frozenset(found)
