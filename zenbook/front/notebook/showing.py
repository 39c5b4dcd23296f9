"""The values a cell shows: what ``_``, ``__``, ``___`` and ``Out[n]`` stand for after it.

Which statements show a value is the user's choice (``ast_node_interactivity``), and a function
may call ``sys.displayhook`` itself. So nothing is guessed from the cell's text: the display hook
is watched while the cell runs, and a hit gives it the same values in the same order. Three are
enough: with three or more every name that IPython keeps stands for one of the last three.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from zenbook.core.source_shown import LAST
from zenbook.world.capture_ipython import wrapped


class Shown:
    """The last values that one cell has shown, newest last, and how many it showed in all."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.count = 0

    def note(self, value: Any) -> None:
        """One more value was shown."""
        self.count += 1
        self.values = [*self.values[-2:], value]

    def kept(self, shows_last: bool) -> dict[str, Any]:
        """The values by the names they are kept under; ``shows_last``: with a None for a last
        expression that gave nothing to show."""
        nothing = {LAST[0]: None} if shows_last else {}
        return nothing | dict(zip(LAST, reversed(self.values), strict=False))


def in_words(why: str) -> str:
    """A reason not to keep a result, without the names that these values are kept under."""
    name, _, rest = why.partition(" ")
    return f"the value it shows {rest}" if name in LAST else why


@contextmanager
def noting_shown(shell: Any) -> Iterator[Shown]:
    """Note what goes through the shell's display hook while the block runs."""
    shown = Shown()

    def noting(original: Callable[[Any], None]) -> Callable[[Any], None]:
        def update_user_ns(result: Any) -> None:
            shown.note(result)
            original(result)

        return update_user_ns

    with wrapped(shell.displayhook, "update_user_ns", noting):
        yield shown


def show_again(shell: Any, kept: Mapping[str, Any]) -> None:
    """Give ``_``, ``__``, ``___`` and ``Out`` the values that a cell showed when it ran."""
    hook = shell.displayhook
    for name in reversed(LAST):
        if name in kept:
            hook.update_user_ns(kept[name])
    if LAST[0] in kept and getattr(hook, "exec_result", None) is not None:
        hook.exec_result.result = kept[LAST[0]]
