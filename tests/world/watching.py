"""What tests of the watch share: run a body as a step would, and ask if its record holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any

from zenbook.world import files
from zenbook.world.hooks_set import IN_THREADS
from zenbook.world.ports import Seen
from zenbook.world.variables_set import is_about_variables_set
from zenbook.world.watch import SystemWatch
from zenbook.world.watch_once import FORGOTTEN
from zenbook.world.watch_workers import OTHERS


def see(body: Callable[..., Any], *values: Any) -> Seen:
    """Run a body under the watch, its string constants being the literals."""
    watch = SystemWatch(Path(".zenbook"))
    with watch.watching(list(literals_of(body.__code__)), values) as look:
        body(*values)
    return look()


def holds(seen: Seen) -> bool:
    """Whether everything that was read or written is now as it was, for a new process."""
    files.forget_digests()
    watch = SystemWatch(Path(".zenbook"))
    return all(watch.again(read) == read for read in (*seen.reads, *seen.wrote))


def names(seen: Seen) -> list[str]:
    """The names of the reads, but for what every ``subprocess.run`` does to the marks of warnings
    that were shown, what every call of joblib asks of its workers, who follows the threads that
    are started, and the variables that libraries and programs find, of which nobody here has set
    any."""
    known = (FORGOTTEN, IN_THREADS, OTHERS)
    found = (read.name for read in seen.reads if not is_about_variables_set(read.name))
    return [name for name in found if name not in known]


def wrote(seen: Seen) -> list[str]:
    """The names of the outputs."""
    return [read.name for read in seen.wrote]


def literals_of(code: CodeType) -> Iterator[str]:
    """String constants of a function and of those nested in it."""
    return _strings(code.co_consts)


def _strings(constants: Iterable[Any]) -> Iterator[str]:
    for constant in constants:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, CodeType):
            yield from _strings(constant.co_consts)
        elif isinstance(constant, (tuple, frozenset)):
            yield from _strings(constant)
