"""Globals that only a formula names: ``df.query("x > @limit")``, ``pd.eval("a + b")``,
``pl.sql("SELECT * FROM frame")``.

A formula is a text. It may stand in the code that hands it to pandas, in the cell that calls that,
or under a name that either reads; which texts are formulas, nobody knows before. So each text
counts that says ``@name`` of something there is, or ``FROM name`` of a table.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

from zenbook.core.closure_origin import library_of
from zenbook.core.closure_trace import MISSING
from zenbook.core.code_facts import CodeFacts, Name
from zenbook.core.names_scope import names_in_formula

_TABLE = re.compile(r"\b(?:FROM|JOIN)\s+\"?([A-Za-z_]\w*)|,\s*\"?([A-Za-z_]\w*)", re.IGNORECASE)
_SELECT = re.compile(r"\b(?:SELECT|FROM)\b", re.IGNORECASE)
_LONGEST = 10_000
"""Characters of a text that may be a formula."""


def texts_read(
    facts: CodeFacts, space: Mapping[str, Any], inputs: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """The globals among what some code names and a cell's inputs that are texts, with these."""
    for name in (*(n.root for n in facts.names if n.scope == "global"), *inputs):
        value = space.get(name)
        if type(value) is str:
            yield name, value


def names_in_formulas(
    facts: CodeFacts, space: Mapping[str, Any], texts: Iterable[str], besides: Collection[str]
) -> list[Name]:
    """The globals that formulas name, in this code or among the texts that it reads; without those
    that it names itself and those ``besides``."""
    is_code = any(
        name.chain[-1:] == ("eval",) and isinstance(space.get(name.root), ModuleType)
        for name in facts.names
    )
    texts = [*facts.strings, *texts]
    likely = [text for text in texts if len(text) <= _LONGEST and (is_code or "@" in text)]
    found = {name for text in likely for name in names_in_formula(text, is_code=is_code)}
    known = {name.root for name in facts.names}.union(besides)
    return [Name(name) for name in sorted(found - known) if space.get(name, MISSING) is not MISSING]


def tables_in_texts(
    facts: CodeFacts, space: Mapping[str, Any], texts: Iterable[str], besides: Collection[str]
) -> list[Name]:
    """The same of globals that are tables, and that a text of SQL names."""
    texts = [*facts.strings, *texts]
    found = {name for text in texts for name in _tables_in(text) if is_table(space.get(name))}
    known = {name.root for name in facts.names}.union(besides)
    return [Name(name) for name in sorted(found - known)]


def _tables_in(text: str) -> Iterator[str]:
    """Names that may be tables in a text of SQL, which polars and duckdb look up in the program."""
    if len(text) <= _LONGEST and _SELECT.search(text):
        for first, further in _TABLE.findall(text):
            yield first or further


def is_table(value: Any) -> bool:
    """Whether such a library takes a value for a table."""
    library = library_of(type(value))
    return library in _TABLES or (library == "numpy" and type(value).__name__ == "ndarray")


_TABLES = frozenset({"duckdb", "pandas", "polars", "pyarrow"})
