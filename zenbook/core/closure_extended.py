"""Methods that one library has put onto classes of another: ``tqdm.pandas(desc="...")`` gives
frames ``progress_apply``, which holds what it was told.

No version says so. They count for a step that may call them: their names are in its code, or in
code that it uses. Those that are called without being named, as ``_repr_html_`` is, count for all.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable
from types import FunctionType
from typing import Any

from zenbook.core.closure_origin import is_local_module, package_named
from zenbook.core.closure_trace import Trace
from zenbook.core.code_facts import any_name, named_in
from zenbook.core.code_reader import facts_of
from zenbook.core.kinds import is_a

Named = frozenset[str] | None
"""Names in some code; None where any name may be meant."""


def is_put_there(library: str, value: Any) -> bool:
    """Whether a class of this library has this function of another one, which is no decorator's
    around its own."""
    if not is_a(value, FunctionType):
        return False
    said = (value.__globals__.get("__name__"), value.__module__)
    homes = {_package(home) if isinstance(home, str) else "" for home in said}
    return homes.isdisjoint(("", library))


def names_within(code: Any, traces: Iterable[Trace]) -> Named:
    """Every name in the code of a step, and in what these traces have followed."""
    found: set[str] = set()
    codes = [getattr(getattr(code, "__func__", code), "__code__", code)]
    for trace in traces:
        if trace.by_text:
            return None
        codes += [function.__code__ for function, *_ in trace.functions]
    for facts in map(facts_of, codes):
        if any_name(facts):
            return None
        found |= named_in(facts)
    return frozenset(found)


def may_be_called(name: str, names: Named) -> bool:
    """Whether code with these names may call what is so called."""
    return names is None or name in names or name.startswith("_")


@functools.lru_cache(maxsize=4096)
def _package(module: str) -> str:
    """The installed package of a module that is loaded; "" for any other."""
    return package_named(module) if module in sys.modules and not is_local_module(module) else ""
