"""Small programs whose step ``f`` is keyed as the engine would key it, without running it."""

from __future__ import annotations

import importlib
import itertools
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from zenbook.core.closure import CodeClosure, Uses
from zenbook.core.digest import Digester
from zenbook.core.source import body_of_function
from zenbook.model import Part

_numbers = itertools.count()


@contextmanager
def program(
    folder: Path, text: str, files: Mapping[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """Run a program as a script with these files beside it; give its namespace."""
    home = folder / f"p{next(_numbers)}"
    for name, content in {"prog.py": text, **(files or {})}.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(content).lstrip("\n"))
    main = ModuleType("__main__")
    main.__file__ = str(home / "prog.py")
    before, old_main = set(sys.modules), sys.modules["__main__"]
    sys.path.insert(0, str(home))
    sys.modules["__main__"] = main
    importlib.invalidate_caches()
    try:
        source = (home / "prog.py").read_text()
        exec(compile(source, main.__file__, "exec", dont_inherit=True), main.__dict__)
        yield main.__dict__
    finally:
        sys.modules["__main__"] = old_main
        sys.path.remove(str(home))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "") or "").startswith(str(folder)):
                del sys.modules[name]


def uses_of(function: Any, closure: CodeClosure | None = None) -> Uses:
    """What a function uses."""
    closure = closure or CodeClosure()
    return closure.uses(function, None, Digester(closure))


def parts_of(function: Any, *args: Any, closure: CodeClosure | None = None) -> list[Part]:
    """The parts of a step's key: its code, its uses, its inputs by position."""
    closure = closure or CodeClosure()
    digester = Digester(closure)
    body = body_of_function(function)
    parts = [Part("code", "", body.code), Part("setting", "outputs", repr(body.outputs))]
    parts += [Part("input", str(i), digester.digest(arg)) for i, arg in enumerate(args)]
    parts += closure.uses(function, None, digester).parts
    return sorted(parts, key=lambda part: (part.kind, part.name))


def changed(before: list[Part], after: list[Part]) -> set[str]:
    """Names of the parts that differ."""
    return {part.name or "code" for part in set(before) ^ set(after)}
