"""What somebody has set in IPython's formatters, beyond what IPython, matplotlib and zenbook set.

One formatter lets values show themselves, one gives all forms of a value at once, and there is one
for each form (a MIME type). Each has printers by types and by single objects. Somebody may put a
formatter of another class there, too, as ``rich.pretty.install()`` does, with what it was told in
a closure.

There are two looks. What is registered tells a step that registers something; it counts code and
plain values only, for what the code uses may change with nothing registered. What is shown by it
counts all of that. Measured: 15 µs for both where nothing is set, 0.2 ms for a function.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType
from typing import Any

from zenbook.core.closure_origin import named
from zenbook.core.closure_trace import cells_of, is_atom
from zenbook.core.code_digest import code_digest
from zenbook.core.digest import fingerprint
from zenbook.core.kinds import is_a
from zenbook.core.shell import running_shell
from zenbook.errors import NotDigestible
from zenbook.world.watch_places import owner_of

_THEIR_OWN = frozenset({"IPython", "ipykernel", "matplotlib", "matplotlib_inline", "zenbook"})
_REGISTRIES = ("type_printers", "deferred_printers", "singleton_printers")
_NOT_TOLD = frozenset({*_REGISTRIES, "config", "parent", "enabled"})
"""What a formatter holds that is its printers, everybody's, or told of all formatters together."""
_SHOWING_ITSELF, _ALL_FORMS = "ipython_display", "mimebundle"

_Telling = Callable[[Any], str]


def formatters() -> Mapping[str, Any]:
    """The formatters of each form; none outside IPython."""
    found: Mapping[str, Any] = getattr(_display_formatter(), "formatters", {})
    return found


def registered() -> Iterator[str]:
    """Each thing that somebody has registered, as text."""
    yield from _set(_code_of)


def shown_by_registered() -> Iterator[str]:
    """Each thing that somebody has registered, with all that it uses by now, as text."""
    yield from _set(_all_of)


def shows_by_printing() -> bool:
    """Whether code of the user's shows values by itself, so that no display need tell of it."""
    formatter = getattr(_display_formatter(), f"{_SHOWING_ITSELF}_formatter", None)
    return any(
        owner_of(_file_of(printer)) == "user"
        for registry in _REGISTRIES
        for printer in getattr(formatter, registry, {}).values()
    )


# ---------------------------------------------------------------- what is set


def _display_formatter() -> Any:
    return getattr(running_shell(), "display_formatter", None)


def _asked() -> Iterator[tuple[str, Any]]:
    """All formatters, in the order in which they are asked, by what they are for."""
    display_formatter = _display_formatter()
    for name in (_SHOWING_ITSELF, _ALL_FORMS):
        if (formatter := getattr(display_formatter, f"{name}_formatter", None)) is not None:
            yield name, formatter
    yield from formatters().items()


def _set(tell: _Telling) -> Iterator[str]:
    display_formatter = _display_formatter()
    if display_formatter is None:
        return
    if not _is_their_own(type(display_formatter).format):
        yield f"display formatter {tell(type(display_formatter))}"
    yield from _put_on("display formatter", display_formatter, tell)
    for name, formatter in _asked():
        if name in (_SHOWING_ITSELF, _ALL_FORMS) and not formatter.enabled:
            yield f"{name} is off"
        if not _is_their_own(type(formatter).__call__):
            yield f"{name} {tell(type(formatter))}"
            held = getattr(formatter, "_trait_values", {})
            yield from (
                f"{name} {trait} {tell(value)}"
                for trait, value in held.items()
                if trait not in _NOT_TOLD
            )
        elif (asks := formatter.print_method) != type(formatter).print_method.default_value:
            yield f"{name} asks {asks}"
        yield from _put_on(name, formatter, tell)
        for registry in _REGISTRIES:
            for kind, printer in getattr(formatter, registry, {}).items():
                if not (_is_their_own(printer) or _is_outdated(kind)):
                    yield f"{name} {_name_of(kind)} {_home_of(printer)}.{tell(printer)}"


def _put_on(name: str, formatter: Any, tell: _Telling) -> Iterator[str]:
    """What was put on a formatter in the place of its class's methods."""
    for attribute, value in vars(formatter).items():
        if not attribute.startswith(("_trait", "_cross")):
            yield f"{name}.{attribute} {tell(value)}"


def _is_their_own(function: Any) -> bool:
    return _home_of(function).partition(".")[0] in _THEIR_OWN


def _function_of(printer: Any) -> Any:
    return getattr(printer, "func", printer)  # matplotlib's are partials


def _home_of(printer: Any) -> str:
    return str(getattr(_function_of(printer), "__module__", ""))


def _file_of(printer: Any) -> str:
    """The file of a printer's code; empty, as for code of a notebook, where nothing tells."""
    function = _function_of(printer)
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    home = getattr(sys.modules.get(_home_of(printer)), "__file__", None)
    return str(code.co_filename if code is not None else home or "")


def _is_outdated(kind: Any) -> bool:
    """Whether this is a class whose cell was executed again, and has made another since."""
    if not is_a(kind, type):
        return False
    now = named(kind.__module__, kind.__qualname__)
    return now is not kind and is_a(now, type)


def _name_of(kind: Any) -> str:
    """A type, a (module, name) pair of a type not yet imported, or the identity of one object."""
    return f"{kind.__module__}.{kind.__qualname__}" if is_a(kind, type) else str(kind)


# ---------------------------------------------------------------- as text


def _code_of(value: Any) -> str:
    """A value by its name, its code and the plain values that its code was given."""
    if is_atom(value):
        return repr(value)
    function = _function_of(value)
    if is_a(function, type):
        return f"{function.__qualname__} {_code_of(function.__call__)}"
    name = str(getattr(function, "__qualname__", type(function).__qualname__))
    if not isinstance(function, FunctionType):
        return name
    given = [
        *(function.__defaults__ or ()),
        *(function.__kwdefaults__ or {}).values(),
        *cells_of(function),
        *getattr(value, "args", ()),
        *getattr(value, "keywords", {}).values(),
    ]
    plain = [repr(each) for each in given if is_atom(each)]
    return f"{name} {code_digest(function.__code__)} {plain}"


def _all_of(value: Any) -> str:
    """A value by all that it is and uses; as far as its code, where no digest can tell."""
    try:
        return f"{_code_of(value)} {fingerprint(value)}"
    except NotDigestible:
        return _code_of(value)
