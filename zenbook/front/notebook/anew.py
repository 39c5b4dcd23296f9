"""Execute a cell's definitions anew in the notebook, and take them back."""

from __future__ import annotations

import ast
import contextlib
import io
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from zenbook.core.compiling import compiled
from zenbook.errors import NotHere
from zenbook.front.notebook.definitions import bound_names, defines
from zenbook.front.notebook.namespace import MISSING, Glimpse, difference, glimpse


def execute(code: Any, namespace: dict[str, Any]) -> None:
    """Execute one of the user's own statements in the notebook."""
    exec(code, namespace)


def annotate(codes: Iterable[Any], namespace: dict[str, Any]) -> None:
    """Give names their annotations again, as far as these can still be evaluated."""
    for code in codes:
        with contextlib.suppress(Exception):
            execute(code, namespace)


class Anew:
    """Makes a cell's definitions in the notebook; can take them back."""

    def __init__(
        self,
        statements: Sequence[ast.stmt],
        namespace: dict[str, Any],
        compile_one: Callable[[ast.stmt], Any],
    ) -> None:
        self._statements = statements
        self._namespace = namespace
        self._compile = compile_one
        self._binds = frozenset(bound_names(statements))
        self._is_plain = all(map(_binds_literals, statements))
        self._before: dict[str, Any] = {}
        self.made: dict[str, Any] = {}
        """What was made, by name; also once it was taken back."""

    def make(self) -> None:
        """Execute the definitions, silently: what they print is among the recorded displays. Raises
        NotHere where one needs what the rest of the cell computes."""
        before = self._names()
        try:
            self._execute()
        except Exception as error:
            self._remember(before)
            self.take_back()
            told = f"{type(error).__name__}: {error}"
            raise NotHere(f"its definitions cannot be made alone ({told})") from error
        self._remember(before)
        self.made = {name: self._namespace.get(name) for name in self._before}

    def again(self, left: Mapping[str, Any]) -> None:
        """Make them for a hit, to hold what was left on them."""
        from zenbook.front.notebook.left_on import give

        self.take_back()
        self.make()
        give(left, self._namespace)

    def _execute(self) -> None:
        if self._is_plain:
            execute(compiled(ast.Module([*self._statements], []), "<literals>"), self._namespace)
            return
        with contextlib.redirect_stdout(io.StringIO()), _no_warnings():
            for node in self._statements:
                execute(self._compile(node), self._namespace)

    def _names(self) -> dict[str, Any]:
        """What the names stand for that they may bind: any, unless they only bind literals."""
        if self._is_plain:
            return {name: self._namespace[name] for name in self._binds if name in self._namespace}
        return glimpse(self._namespace, self._binds).bound

    def _remember(self, before: Mapping[str, Any]) -> None:
        nothing = frozenset[str]()
        moved = difference(Glimpse(dict(before), nothing), Glimpse(self._names(), nothing))
        for name in (*moved.bound, *moved.deleted):
            self._before.setdefault(name, before.get(name, MISSING))

    def take_back(self, besides: Collection[str] = ()) -> None:
        """Leave the namespace as it was before they were made, all but these names."""
        for name, value in self._before.items():
            if name in besides:
                continue
            if value is MISSING:
                self._namespace.pop(name, None)
            else:
                self._namespace[name] = value
        self._before.clear()


def _binds_literals(node: ast.stmt) -> bool:
    """Whether a definition runs no code of anybody's: it only gives names their literals."""
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Assign) and not defines(node))


@contextlib.contextmanager
def _no_warnings() -> Iterator[None]:
    """Nothing is shown, and the filters stay as they are. ``warnings.catch_warnings`` would make
    Python forget which warnings it has shown."""
    filters: Any = warnings.filters
    before = [*filters]
    filters.insert(0, _IGNORING)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        if [each for each in warnings.filters if each is not _IGNORING] == before:
            filters.remove(_IGNORING)
        else:
            with warnings.catch_warnings():  # which has Python look at the filters again
                pass
            warnings.filters[:] = before  # type: ignore[index]


_IGNORING: Any = ("ignore", None, Warning, None, 0)
