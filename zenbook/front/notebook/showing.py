"""The values a cell shows: what ``_``, ``__``, ``___`` and ``Out[n]`` stand for after it.

Which statements show a value is the user's choice (``ast_node_interactivity``), and a function
may call ``sys.displayhook`` itself. So nothing is guessed from the cell's text: the display hook
is watched while the cell runs, and a hit gives it the same values in the same order. Three are
enough: with three or more every name that IPython keeps stands for one of the last three.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import FunctionType, MethodDescriptorType
from typing import Any

from zenbook.core.source_shown import LAST, SEVERAL
from zenbook.engine.mishap import users_lines
from zenbook.world.capture import muted, value_was_shown
from zenbook.world.capture_ipython import hearing_captured, results_taken, wrapped


class Shown:
    """The last values that one cell has shown, newest last, and how many it showed in all."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.count = 0
        self.calls = 0
        """Calls of the display hook: for values that are None, too."""

    def note(self, value: Any) -> None:
        """One more value was shown."""
        self.count += 1
        self.values = [*self.values[-2:], value]

    def kept(self, shows_last: bool) -> dict[str, Any]:
        """The values by the names they are kept under; ``shows_last``: with a None for a last
        expression that gave nothing to show."""
        found: dict[str, Any] = {LAST[0]: None} if shows_last else {}
        found |= dict(zip(LAST, reversed(self.values), strict=False))
        if self.calls > 1:
            found[SEVERAL] = True
        return found


def in_words(why: str) -> str:
    """A reason not to keep a result, without the names that these values are kept under."""
    name, _, rest = why.partition(" ")
    return f"the value it shows {rest}" if name in LAST else why


@contextmanager
def noting_shown(shell: Any, *, live: bool = False) -> Iterator[Shown]:
    """Note what goes through the shell's display hook while the block runs. ``live``: a hit shows
    the value anew, and so what its ``__repr__`` prints or displays is not recorded, either."""
    shown = Shown()
    silence = ExitStack()

    def noting(original: Callable[[Any], None]) -> Callable[[Any], None]:
        def update_user_ns(result: Any) -> None:
            shown.note(result)
            original(result)

        return update_user_ns

    def counting(original: Callable[[], None]) -> Callable[[], None]:
        def check_for_underscore() -> None:  # what a display hook begins with
            shown.calls += 1
            if live:
                silence.enter_context(muted())
            original()

        return check_for_underscore

    def ending(original: Callable[[], None]) -> Callable[[], None]:
        def finish_displayhook() -> None:
            silence.close()
            original()
            if live:
                value_was_shown()

        return finish_displayhook

    def hear(value: Any, _: object) -> None:
        shown.calls += 1
        if value is not None:
            shown.note(value)

    hook = shell.displayhook
    with (
        silence,
        hearing_captured(hook, hear),
        wrapped(hook, "update_user_ns", noting),
        wrapped(hook, "check_for_underscore", counting),
        wrapped(hook, "finish_displayhook", ending),
    ):
        yield shown


@contextmanager
def users_lines_shown(shell: Any) -> Iterator[None]:
    """Leave our own frames out of the tracebacks that the shell shows while the block runs."""

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def showtraceback(*args: Any, **named: Any) -> Any:
            if (error := sys.exception()) is not None:
                users_lines(error)
            return original(*args, **named)

        return showtraceback

    with wrapped(shell, "showtraceback", wrap):
        yield


def shown_live(tree: ast.Module, last: str, how: str) -> list[ast.stmt]:
    """What a hit shows by evaluating it, as a run does: a value that has a name, or a text. A text
    is no code, and so a record of the same code may have shown another.

    ``last`` is a cell's bare last name, ``how`` the shell's ``ast_node_interactivity``.
    """
    if how in ("all", "none"):
        return []
    if last or _is_text(tree.body[-1]):
        return [tree.body[-1]]
    return _assigned_last(tree.body[-1]) if how == "last_expr_or_assign" else []


def _is_text(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _assigned_last(last: ast.stmt) -> list[ast.stmt]:
    """What ``last_expr_or_assign`` shows after an assignment."""
    if not isinstance(last, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return []
    targets = last.targets if isinstance(last, ast.Assign) else [last.target]
    if len(targets) != 1 or not isinstance(targets[0], ast.Name):
        return []
    node = ast.Expr(ast.Name(targets[0].id, ast.Load()))
    return [ast.fix_missing_locations(ast.copy_location(node, last))]


def is_looked_up(last: ast.stmt, namespace: Mapping[str, Any]) -> bool:
    """Whether a last expression is a method that stands there ready, as in ``model.summary`` with
    its parentheses forgotten: nothing is computed for it, and a hit looks it up as a run does."""
    match last:
        case ast.Expr(ast.Attribute(ast.Name(name), method)) if name in namespace:
            kind = type(inspect.getattr_static(namespace[name], method, None))
            return kind in (FunctionType, MethodDescriptorType)
    return False


@contextmanager
def result_aside(shell: Any, result: Any) -> Iterator[None]:
    """Take what the cell itself has shown out of ``Out`` while the block runs: that IPython puts it
    there is no change that the cell has made."""
    shown, value = shell.user_ns.get("_oh"), getattr(result, "result", None)
    number = next(reversed(shown), None) if type(shown) is dict else None
    if number is None or value is None or shown[number] is not value:
        yield
        return
    del shown[number]
    try:
        yield
    finally:
        shown[number] = value


def show_again(shell: Any, kept: Mapping[str, Any]) -> None:
    """Give ``_``, ``__``, ``___`` and ``Out`` the values that a cell showed when it ran; under
    ``%%capture`` they stay what they are."""
    hook = shell.displayhook
    if results_taken(hook) is not None:
        return
    for name in reversed(LAST):
        if name in kept:
            hook.update_user_ns(kept[name])
    if LAST[0] in kept and getattr(hook, "exec_result", None) is not None:
        hook.exec_result.result = kept[LAST[0]]
