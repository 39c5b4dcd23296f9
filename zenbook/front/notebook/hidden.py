"""What code that does not stand in the cell may have done to the notebook's names.

``--inputs`` vouches for what ``exec``, ``eval`` and the like read. What they bind shows in the
namespace, unless a name stood for the very same object before (small numbers are always the same
object); what they change in place does not show at all. So the code they were given is looked at,
and the data are compared before and after.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import CodeType
from typing import Any

from zenbook.core.closure_trace import is_atom
from zenbook.core.code_facts import codes_within
from zenbook.core.made_digest import value_digest
from zenbook.engine.desk import Desk
from zenbook.front.notebook.namespace import Glimpse, is_code, written_by_functions
from zenbook.model import Call
from zenbook.world.executed import executed_code

_ANY_NAME = frozenset({"globals", "locals", "vars", "get_ipython", "__dict__", "setattr"})
"""By these code may bind names that do not stand in it."""
_BINDING = ("STORE_NAME", "DELETE_NAME", "STORE_GLOBAL", "DELETE_GLOBAL", "STORE_ATTR")


class Hidden:
    """The data before a cell with hidden code, and the code that was executed since."""

    def __init__(
        self, before: Glimpse, digest: Callable[[Any], str], codes: Sequence[CodeType]
    ) -> None:
        self._digest, self._codes = digest, codes
        self._before = {
            name: (value, value_digest(value, digest))
            for name, value in before.bound.items()
            if not is_atom(value) and not is_code(value)
        }

    def standing(self, before: Glimpse, after: Glimpse, known: Collection[str]) -> dict[str, str]:
        """What names stand for that may have been bound to what they stood for before."""
        bound = self._may_bind(after.bound)
        return {
            name: value_digest(value, self._digest)
            for name, value in before.bound.items()
            if name not in known
            and (bound is None or name in bound)
            and after.bound.get(name, known) is value
        }

    def changed(self, after: Glimpse, known: Collection[str]) -> Iterator[str]:
        """Sentences on data that it changed in place, apart from the inputs."""
        for name, (value, digest) in self._before.items():
            if name in known or after.bound.get(name, known) is not value:
                continue
            if value_digest(value, self._digest) != digest:
                yield f"{name} is changed in place by code that is not seen: add it to --inputs"

    def _may_bind(self, namespace: Mapping[str, Any]) -> Collection[str] | None:
        """Names that the code may have bound; None for any."""
        codes = [inner for code in self._codes for inner in codes_within(code)]
        named = {name for code in codes for name in code.co_names}
        if named & _ANY_NAME:
            return None
        reached = [namespace[name] for name in named if name in namespace]
        return {name for code in codes for name in _bound_by(code)} | written_by_functions(
            reached, namespace
        )


def is_widened(call: Call, desk: Desk) -> bool:
    """Whether something that the step's code uses had to be taken whole."""
    return bool(desk.code.uses(call.code, call.namespace, desk.digester()).widened)


@contextmanager
def watching_hidden(before: Glimpse, digest: Callable[[Any], str]) -> Iterator[Hidden]:
    """Look at the data now, and at the code that is executed while the block runs."""
    with executed_code() as codes:
        yield Hidden(before, digest, codes)


def _bound_by(code: CodeType) -> Iterator[str]:
    for step in dis.get_instructions(code):
        if step.opname in _BINDING:
            yield str(step.argval)
