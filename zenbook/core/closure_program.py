"""The program itself, a notebook or a script, as modules reach it: ``import __main__``,
``get_ipython().user_ns``; and what an import takes of a library."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from zenbook.core.code_facts import CodeFacts, Import

PROGRAM = "__main__"
_OF_THE_SHELL = frozenset({"user_global_ns", "user_module", "user_ns"})


def names_of_program() -> Mapping[str, Any]:
    """The globals of the program."""
    return vars(sys.modules[PROGRAM]) if PROGRAM in sys.modules else {}


def is_elsewhere(facts: CodeFacts, space: Mapping[str, Any]) -> bool:
    """Whether code with the globals ``space`` asks the shell for those of the program."""
    return not _OF_THE_SHELL.isdisjoint(facts.dynamic) and space is not names_of_program()


def taken_of_program(entry: Import, facts: CodeFacts) -> list[str]:
    """The names that code takes of the program which it imports."""
    if entry.attribute:
        return [entry.attribute]
    return [one.chain[0] for one in facts.taken if one.root == entry.bound and one.chain]


def taken_of(entry: Import, name: str, facts: CodeFacts) -> list[str]:
    """What the code takes of an installed module it imports; all of it if that cannot be told."""
    if entry.attribute:
        return [f"{name}.{entry.attribute}"]
    taken = [".".join((name, *one.chain)) for one in facts.taken if one.root == entry.bound]
    return taken or [name]
