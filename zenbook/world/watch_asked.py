"""The environment variables that a step asked for, as it found them."""

from __future__ import annotations

from collections.abc import Iterable

from zenbook.model import Read
from zenbook.world.variables import variable_read, variables_named
from zenbook.world.variables_set import HANDED_ON, asked_by_libraries, variable_set, variables_set


class Asked:
    """The variables of one step, by name."""

    def __init__(self, literals: Iterable[str]) -> None:
        self.literals = frozenset(literals)
        self._variables: dict[str, Read] = {}
        self._libraries: dict[str, str] = {}
        self._is_copied = False
        self.variables_set: set[str] = set()

    def variable(self, name: str) -> None:
        """An environment variable was asked for (``APP_*``: all that begin so, ``*``: all)."""
        if name not in self._variables:
            self._variables[name] = variable_read(name)

    def asked_by_library(self, name: str) -> None:
        """A library asked for a variable, which the program may have set; the step itself has
        not."""
        if name not in self._libraries and name not in self.variables_set:
            self._libraries[name] = variable_set(name)

    def handed_on(self) -> None:
        """A program gets the variables, or a library goes through all of them."""
        if HANDED_ON not in self._variables and not self.variables_set:
            self._variables[HANDED_ON] = variables_set()

    def copied_whole(self) -> None:
        """The whole environment was copied, to be handed on."""
        self._is_copied = True

    def variables(self) -> Iterable[Read]:
        """All of them; where the environment was copied as a whole, those that the code names
        matter, too."""
        for name in variables_named(self.literals) if self._is_copied else ():
            self.variable(name)
        if self._libraries:
            yield asked_by_libraries(self._libraries)
        yield from self._variables.values()
