"""What a step's code uses, transitively, and what that is now.

From a function (or a cell's code object) every free name is followed to the object it means at
this moment: helper functions by their code objects, classes attribute by attribute with their
bases, modules by the attributes taken from them, constants by value. Each used thing is one
part, so that a miss can say which one changed, and each part is named as the code refers to it:
moving a helper to another module changes nothing as long as its name stays.

What cannot be resolved widens to the whole module, never to nothing.

Speed. All that code objects say is remembered by code object. What a walk found is remembered
as a *trace*: the bindings it followed, as (dictionary, name, object). As long as each is still
the same object only mutable constants are digested again; a walk is made anew otherwise.
Measured with two helpers and one constant: see ``benchmarks``.

Rejected: digests by source text (the file may have changed since it was imported; functions are
replaced at run time), one digest for everything used (a miss could not be told), ``__globals__``
pickled by dill with ``recurse`` (values, not code, and 10 MB of them).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Protocol

from xxhash import xxh3_128_hexdigest

from zenbook.core.closure_origin import environment_parts, is_local_code
from zenbook.core.closure_static import ReadFile, StaticModules, read_text
from zenbook.core.closure_trace import Trace
from zenbook.core.closure_walk import Walk
from zenbook.errors import NotDigestible
from zenbook.model import Part

_MOST_TRACES = 512


class ValueDigests(Protocol):
    """Digests values; the ``Digester`` of :mod:`zenbook.core.digest`."""

    packages: set[str]

    def digest(self, value: Any) -> str:
        """32 hex digits of the value; raises NotDigestible."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Uses:
    """Everything a step's code uses.

    ``parts`` are of kind ``use``; ``literals`` the string constants of all the code;
    ``packages`` the installed top-level packages reached; ``constants`` the mutable constants by
    part name with their digests before; ``globals_read`` all constants by part name;
    ``stores_global`` the globals that the code assigns; ``widened`` sentences on what had to be
    taken whole; ``obstacles`` reasons ("NAME why") not to keep a result.
    """

    parts: tuple[Part, ...] = ()
    literals: tuple[str, ...] = ()
    packages: frozenset[str] = frozenset()
    constants: Mapping[str, tuple[Any, str]] = None  # type: ignore[assignment]
    globals_read: Mapping[str, Any] = None  # type: ignore[assignment]
    stores_global: tuple[str, ...] = ()
    widened: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("constants", "globals_read"):
            if getattr(self, name) is None:
                object.__setattr__(self, name, {})


class CodeClosure:
    """Follows code to everything it uses; digests functions, classes and modules met in values.

    ``read_file`` gives the text of a source file (for modules that are imported inside a body
    and not loaded yet); everything else is looked at in memory.
    """

    def __init__(self, read_file: ReadFile = read_text) -> None:
        self._static = StaticModules(read_file)
        self._traces: dict[object, Trace] = {}
        self._open: set[int] = set()

    # -------------------------------------------------------------- what a step uses

    def uses(self, code: Any, namespace: Mapping[str, Any] | None, digester: ValueDigests) -> Uses:
        """What this function uses; or this code object, with ``namespace`` as its globals."""
        if isinstance(code, MethodType):
            code = code.__func__
        if not isinstance(code, (FunctionType, CodeType)):
            return Uses()
        self._open.add(id(code))
        try:
            return self._uses(code, namespace, digester)
        finally:
            self._open.discard(id(code))

    def _uses(
        self, code: FunctionType | CodeType, namespace: Mapping[str, Any] | None, digester: Any
    ) -> Uses:
        trace = self._trace(code, namespace, False)
        parts = list(trace.parts)
        constants: dict[str, tuple[Any, str]] = {}
        obstacles = [f"{name} is a global that the step assigns" for name in trace.stores]
        for name, value in trace.constants:
            try:
                digest = digester.digest(value)
            except NotDigestible as error:
                parts.append(Part("use", name, f"not digestible {type(value).__qualname__}"))
                if name not in trace.soft:
                    obstacles.append(f"{name} {error.why}")
                continue
            parts.append(Part("use", name, digest, trace.preview(name)))
            if trace.is_mutable(value):
                constants[name] = (value, digest)
        return Uses(
            tuple(parts),
            trace.literals,
            trace.packages,
            constants,
            dict(trace.constants),
            trace.stores,
            trace.widened,
            tuple(obstacles),
        )

    def environment(self, packages: set[str] | frozenset[str]) -> tuple[Part, ...]:
        """The parts for Python's minor version and the versions of these top-level packages."""
        return environment_parts(packages)

    # -------------------------------------------------------------- code met in values

    def function(self, function: Any, digester: ValueDigests) -> str:
        """What a function does, with all it uses: 32 hex digits."""
        return self._whole(function, digester)

    def klass(self, cls: type, digester: ValueDigests) -> str:
        """What a class is: its bases, its attributes and all its methods use."""
        return self._whole(cls, digester)

    def module(self, module: ModuleType, digester: ValueDigests) -> str:
        """What a module holds: all of a local one, the name of an installed one."""
        return self._whole(module, digester)

    def is_local(self, obj: Any) -> bool:
        """Whether a function, class or module is the user's own code."""
        return is_local_code(obj)

    def _whole(self, obj: Any, digester: ValueDigests) -> str:
        if id(obj) in self._open:
            return "within itself"
        self._open.add(id(obj))
        try:
            trace = self._trace(obj, None, True)
            told = [*trace.whole, *((p.name, p.digest) for p in trace.parts)]
            for name, value in trace.constants:
                told.append((name, _digest_or_type(value, digester)))
            digester.packages |= trace.packages
        finally:
            self._open.discard(id(obj))
        return xxh3_128_hexdigest(repr(told).encode("utf-8", "surrogatepass"))

    # -------------------------------------------------------------- traces

    def _trace(self, obj: Any, namespace: Mapping[str, Any] | None, as_value: bool) -> Trace:
        key = (obj if isinstance(obj, CodeType) else id(obj), id(namespace), as_value)
        trace = self._traces.pop(key, None)
        if trace is None or not trace.holds():
            trace = Walk(obj, namespace, self._static, as_value).trace()
        if len(self._traces) >= _MOST_TRACES:
            del self._traces[next(iter(self._traces))]
        self._traces[key] = trace
        return trace


def _digest_or_type(value: Any, digester: ValueDigests) -> str:
    """Within a value there is no step that could be told "not kept"; the type must do."""
    try:
        return digester.digest(value)
    except NotDigestible:
        return f"not digestible {type(value).__qualname__}"
